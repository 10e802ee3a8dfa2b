package matrix

import (
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
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
