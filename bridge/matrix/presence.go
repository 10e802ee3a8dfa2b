package matrix

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// presence shows operators, by the presence of the visitors' ghosts, who is
// here and on which page. It is told on transitions; what the homeserver was
// told is an applied pair, so that a restart says nothing twice and leaves no
// ghost online whose visitor is gone. Nothing queues but the names of visitors:
// what is said of one is what holds when its turn comes.
type presence struct {
	// limit is for all that is told, keep-alives aside.
	limit *rate.Limiter
	bell  chan struct{}
	// telling is held while a presence is told and noted.
	telling sync.Mutex

	mu sync.Mutex
	// urgent are visitors who came or left, calm those who are on another page;
	// lined says of each in which line it stands.
	urgent, calm []chat.VisitorID
	lined        map[chat.VisitorID]bool
	// online are the ghosts that are online on the homeserver, with their status texts.
	online map[chat.VisitorID]string
	// texted is when a ghost's text was told; older than statusEvery it says nothing.
	texted map[chat.VisitorID]time.Time
	// later are those who go into the line again when their time has come.
	later map[chat.VisitorID]struct{}
}

const (
	// presencePerSecond is the most that is told in a second: 20 took a
	// homeserver's CPU from 32% to 81%.
	presencePerSecond = 5
	// statusEvery is how often the text of one ghost changes at most.
	statusEvery = 30 * time.Second
	// statusLength is the longest text, in characters.
	statusLength = 120
	// keepAliveEvery is within the 30 seconds after which Synapse takes a user
	// for gone who neither syncs nor says anything.
	keepAliveEvery = 25 * time.Second
	// mostKeptAlive ghosts, those whose visitors came last, are kept online there.
	mostKeptAlive = 200
	// repeatOffline is after the clean-up that Dendrite makes, every five minutes,
	// of who has not synced for five minutes: it makes them "unavailable", also
	// those who are offline (v0.15.2, syncapi/sync/requestpool.go, cleanPresence).
	repeatOffline = 11 * time.Minute
	// presenceAgain is when to tell again what could not be told.
	presenceAgain = 30 * time.Second
)

func newPresence() presence {
	return presence{
		limit: rate.NewLimiter(presencePerSecond, 1), bell: make(chan struct{}, 1),
		lined: map[chat.VisitorID]bool{}, online: map[chat.VisitorID]string{},
		texted: map[chat.VisitorID]time.Time{}, later: map[chat.VisitorID]struct{}{},
	}
}

// shown is what the homeserver shows of a visitor.
type shown struct {
	online bool
	text   string
}

// shown as an applied pair keeps it: "online Green tea". Nothing was told by the empty value.
func (s shown) String() string { return string(s.state()) + " " + s.text }

func (s shown) state() event.Presence {
	if s.online {
		return event.PresenceOnline
	}
	return event.PresenceOffline
}

func parseShown(value string) shown {
	state, text, _ := strings.Cut(value, " ")
	return shown{online: state == string(event.PresenceOnline), text: text}
}

// VisitorPresence says that a visitor came, or that it left.
func (m *Matrix) VisitorPresence(v chat.VisitorID, _ bool) {
	m.polls.wake()
	m.presence.change(v, true)
}

// VisitorMoved says that a visitor is on another page.
func (m *Matrix) VisitorMoved(v chat.VisitorID) { m.presence.change(v, false) }

// change puts a visitor into the line, once.
func (p *presence) change(v chat.VisitorID, urgent bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	wasUrgent, stands := p.lined[v]
	switch {
	case stands && (wasUrgent || !urgent):
		return
	case urgent:
		p.calm = slices.DeleteFunc(p.calm, func(other chat.VisitorID) bool { return stands && other == v })
		p.urgent = append(p.urgent, v)
	default:
		p.calm = append(p.calm, v)
	}
	p.lined[v] = urgent
	select {
	case p.bell <- struct{}{}:
	default:
	}
}

// next takes a visitor out of the line: first those who came or left.
func (p *presence) next() (v chat.VisitorID, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, line := range []*[]chat.VisitorID{&p.urgent, &p.calm} {
		if len(*line) > 0 {
			v, *line = (*line)[0], (*line)[1:]
			delete(p.lined, v)
			return v, true
		}
	}
	return "", false
}

// changeLater puts a visitor into the line after a while. Of several such
// wishes the first holds.
func (p *presence) changeLater(v chat.VisitorID, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, waits := p.later[v]; waits {
		return
	}
	p.later[v] = struct{}{}
	time.AfterFunc(wait, func() {
		p.mu.Lock()
		delete(p.later, v)
		p.mu.Unlock()
		p.change(v, false)
	})
}

// introduce puts a visitor into the line of whom nothing was told, unless it waits.
func (p *presence) introduce(v chat.VisitorID) {
	p.mu.Lock()
	_, waits := p.later[v]
	p.mu.Unlock()
	if !waits {
		p.change(v, true)
	}
}

// due returns what to tell of a visitor now, if anything. A text that comes too
// early has to wait until its time has come.
func (p *presence) due(v chat.VisitorID, told, want shown, now time.Time) (shown, bool) {
	p.mu.Lock()
	wait := statusEvery - now.Sub(p.texted[v])
	p.mu.Unlock()
	if want.text != told.text && wait > 0 {
		want.text = told.text
		p.changeLater(v, wait)
	}
	return want, want != told
}

// done notes what was told of a visitor.
func (p *presence) done(v chat.VisitorID, before, told shown, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if told.online {
		p.online[v] = told.text
	} else {
		delete(p.online, v)
	}
	for other, at := range p.texted { // few: so many texts are not told in statusEvery
		if now.Sub(at) >= statusEvery {
			delete(p.texted, other)
		}
	}
	if told.text != before.text {
		p.texted[v] = now
	}
}

// alive returns the ghosts that are kept online, out of the visitors who are here.
func (p *presence) alive(here []chat.VisitorID) (kept []chat.VisitorID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, v := range here {
		if _, ok := p.online[v]; ok && len(kept) < mostKeptAlive {
			kept = append(kept, v)
		}
	}
	return kept
}

func (p *presence) of(v chat.VisitorID) (text string, online bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text, online = p.online[v]
	return text, online
}

// runPresence tells the homeserver who is here, until ctx ends.
func (m *Matrix) runPresence(ctx context.Context) error {
	select {
	case <-m.ready:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := m.untilDone(ctx, "see who was shown as online", m.recallPresence); err != nil {
		return err
	}
	var group sync.WaitGroup
	defer group.Wait()
	group.Go(func() { m.keepAlive(ctx) })
	for {
		if err := m.hs.gate.pass(ctx); err != nil {
			return err
		}
		v, ok := m.presence.next()
		if !ok {
			select {
			case <-m.presence.bell:
			case <-ctx.Done():
				return ctx.Err()
			}
			continue
		}
		if err := m.showPresence(ctx, v); err != nil && ctx.Err() == nil {
			m.hs.isDown(ctx, err)
			m.log.Debug().Err(err).Str("visitor", string(v)).Msg("A visitor's presence could not be shown yet")
			m.presence.changeLater(v, presenceAgain)
		}
	}
}

// recallPresence takes up which ghosts the last process left online, or may have.
func (m *Matrix) recallPresence(ctx context.Context) error {
	told, err := m.store.AllApplied(ctx, whatPresence)
	if err != nil {
		return err
	}
	for subject, value := range told {
		s, v := parseShown(value), chat.VisitorID(subject)
		m.presence.done(v, s, s, time.Now())
		if s.online || value == "" {
			m.presence.change(v, true)
		}
	}
	return nil
}

// showPresence brings a ghost's presence up to date, and has the dialog's
// worker do so with the room. Who has no room has no ghost.
func (m *Matrix) showPresence(ctx context.Context, v chat.VisitorID) error {
	if _, err := m.store.RoomOf(ctx, v); err != nil {
		return ignoreNotFound(err)
	}
	m.queue.wake(v)
	if _, _, isDue, err := m.presenceDue(ctx, v); err != nil || !isDue {
		return err
	}
	if err := m.presence.limit.Wait(ctx); err != nil {
		return err
	}
	m.presence.telling.Lock()
	defer m.presence.telling.Unlock()
	told, tell, isDue, err := m.presenceDue(ctx, v) // it may be another one by now
	if err != nil || !isDue {
		return err
	}
	// Should the process end in between, it is told again.
	if err := m.store.SetApplied(ctx, string(v), whatPresence, ""); err != nil {
		return err
	}
	if err := m.attempt(ctx, string(v), whatPresence, tell.String(), func(ctx context.Context) error {
		return m.putPresence(ctx, v, tell)
	}); err != nil {
		return err
	}
	m.presence.done(v, told, tell, time.Now())
	if m.polls.work() && told.online && !tell.online {
		time.AfterFunc(repeatOffline, func() { m.repeatOffline(ctx, v) })
	}
	return nil
}

// repeatOffline has the homeserver told once more that a visitor is gone, if it still is.
func (m *Matrix) repeatOffline(ctx context.Context, v chat.VisitorID) {
	m.presence.telling.Lock()
	defer m.presence.telling.Unlock()
	if ctx.Err() != nil || m.dialog.Present(v) {
		return
	}
	if err := m.store.SetApplied(ctx, string(v), whatPresence, ""); err != nil {
		m.log.Debug().Err(err).Str("visitor", string(v)).Msg("A visitor's presence is not repeated")
		return
	}
	m.presence.change(v, false)
}

// presenceDue compares what the homeserver was told of a visitor with what holds.
func (m *Matrix) presenceDue(ctx context.Context, v chat.VisitorID) (told, tell shown, isDue bool, err error) {
	visitor, err := m.store.Visitor(ctx, v)
	if err != nil {
		return told, tell, false, ignoreNotFound(err)
	}
	site, err := m.dialog.Site(visitor.Site)
	if err != nil {
		return told, tell, false, nil // it left the config
	}
	value, err := m.store.Applied(ctx, string(v), whatPresence)
	if err != nil {
		return told, tell, false, err
	}
	told = parseShown(value)
	var want shown
	if site.Presence {
		want = shown{online: m.dialog.Present(v), text: statusText(visitor.Page)}
	}
	tell, isDue = m.presence.due(v, told, want, time.Now())
	return told, tell, isDue || value == "" && site.Presence, nil
}

// presenceOf is the presence that a ghost should have.
func (m *Matrix) presenceOf(ctx context.Context, v chat.VisitorID) event.Presence {
	visitor, err := m.store.Visitor(ctx, v)
	if err != nil {
		return event.PresenceOffline
	}
	site, err := m.dialog.Site(visitor.Site)
	return shown{online: err == nil && site.Presence && m.dialog.Present(v)}.state()
}

func (m *Matrix) putPresence(ctx context.Context, v chat.VisitorID, s shown) error {
	return m.hs.as(m.cfg.GhostUserID(v)).SetPresence(ctx, mautrix.ReqPresence{Presence: s.state(), StatusMsg: s.text})
}

// keepAlive repeats who is online, where no polls do so: where a homeserver
// serves them (Dendrite), each is a sign of life, and one that refuses them
// (Synapse) forgets after 30 seconds who says nothing.
func (m *Matrix) keepAlive(ctx context.Context) {
	pace := rate.NewLimiter(rate.Every(keepAliveEvery/mostKeptAlive), 1)
	ticker := time.NewTicker(keepAliveEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		if m.polls.work() {
			continue
		}
		for _, v := range m.presence.alive(m.dialog.Online()) {
			if pace.Wait(ctx) != nil || !m.hs.gate.isOpen() {
				break
			}
			m.repeatPresence(ctx, v)
		}
	}
}

func (m *Matrix) repeatPresence(ctx context.Context, v chat.VisitorID) {
	m.presence.telling.Lock()
	defer m.presence.telling.Unlock()
	text, online := m.presence.of(v)
	if !online {
		return
	}
	if err := m.putPresence(ctx, v, shown{online: true, text: text}); err != nil && ctx.Err() == nil {
		m.hs.isDown(ctx, err)
	}
}

// statusText is the page that a visitor is on, as people read it: its title, or
// its address without the parts in which sites keep their secrets.
func statusText(p store.Page) string {
	if title := plain.Line(p.Title, statusLength); !plain.Blank(title) {
		return title
	}
	u, err := url.Parse(p.URL)
	if err != nil {
		return ""
	}
	return plain.Line((&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String(), statusLength)
}
