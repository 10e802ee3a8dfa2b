package matrix

import (
	"context"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

const (
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

// VisitorPresence says that a visitor came, or that it left.
func (m *Matrix) VisitorPresence(v chat.VisitorID, _ bool) {
	m.polls.wake()
	m.presence.change(v, true)
}

// VisitorMoved says that a visitor is on another page.
func (m *Matrix) VisitorMoved(v chat.VisitorID) { m.presence.change(v, false) }

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
			m.log.Debug().Err(err).Str(trail.Visitor, string(v)).Msg("A visitor's presence could not be shown yet")
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
			continue
		}
		if s == (shown{}) {
			continue
		}
		visitor, err := m.store.Visitor(ctx, v)
		if ignoreNotFound(err) != nil {
			return err
		}
		if err == nil && !m.showsPresence(visitor.Site) {
			m.presence.change(v, false)
		}
	}
	return nil
}

// showsPresence reports whether a site's visitors are shown as present; those
// of a site that left the config are not.
func (m *Matrix) showsPresence(site chat.SiteID) bool {
	found, err := m.dialog.Site(site)
	return err == nil && found.Presence
}

// showPresence brings a ghost's presence up to date, and has the dialog's
// worker do so with the room. Who has no room has no ghost.
func (m *Matrix) showPresence(ctx context.Context, v chat.VisitorID) error {
	room, err := m.store.RoomOf(ctx, v)
	if err != nil {
		return ignoreNotFound(err)
	}
	m.queue.wake(v)
	if err := m.emptyCard(ctx, v, room); err != nil {
		return err
	}
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
	if err := m.notePresence(ctx, v, ""); err != nil {
		return ignoreNotFound(err)
	}
	if err := m.letBe(string(v), whatPresence, m.putPresence(ctx, m.cfg.GhostUserID(v), tell)); err != nil {
		return err
	}
	if err := m.notePresence(ctx, v, tell.String()); err != nil {
		return ignoreNotFound(err)
	}
	m.presence.done(v, told, tell, time.Now())
	if m.polls.work() && told.online && !tell.online {
		time.AfterFunc(repeatOffline, func() { m.repeatOffline(ctx, v) })
	}
	return nil
}

// notePresence records what the homeserver was told of a visitor, or returns
// store.ErrNotFound for one who is not known any more.
func (m *Matrix) notePresence(ctx context.Context, v chat.VisitorID, value string) error {
	return m.store.Write(ctx, func(ctx context.Context) error {
		if _, err := m.store.Visitor(ctx, v); err != nil {
			return err
		}
		return m.store.SetApplied(ctx, string(v), whatPresence, value)
	})
}

// repeatOffline has the homeserver told once more that a visitor is gone, if it still is.
func (m *Matrix) repeatOffline(ctx context.Context, v chat.VisitorID) {
	m.presence.telling.Lock()
	defer m.presence.telling.Unlock()
	if ctx.Err() != nil || m.dialog.Present(v) {
		return
	}
	if err := m.notePresence(ctx, v, ""); err != nil {
		m.log.Debug().Err(err).Str(trail.Visitor, string(v)).Msg("A visitor's presence is not repeated")
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
	shows := m.showsPresence(visitor.Site)
	value, err := m.store.Applied(ctx, string(v), whatPresence)
	if err != nil {
		return told, tell, false, err
	}
	told = parseShown(value)
	var want shown
	if shows {
		want = shown{online: m.dialog.Present(v), text: statusText(visitor.Page)}
	}
	tell, isDue = m.presence.due(v, told, want, time.Now())
	return told, tell, isDue || value == "" && shows, nil
}

// presenceOf is the presence that a ghost should have.
func (m *Matrix) presenceOf(ctx context.Context, v chat.VisitorID) event.Presence {
	visitor, err := m.store.Visitor(ctx, v)
	if err != nil {
		return event.PresenceOffline
	}
	return shown{online: m.showsPresence(visitor.Site) && m.dialog.Present(v)}.state()
}

// putPresence tells a ghost's presence, with its text also where that is empty:
// without one, Dendrite keeps the text before.
func (m *Matrix) putPresence(ctx context.Context, ghost id.UserID, s shown) error {
	as := m.hs.as(ghost)
	return second(as.MakeRequest(ctx, http.MethodPut, as.BuildClientURL("v3", "presence", ghost, "status"), struct {
		Presence event.Presence `json:"presence"`
		Text     string         `json:"status_msg"`
	}{s.state(), s.text}, nil))
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
	if err := m.putPresence(ctx, m.cfg.GhostUserID(v), shown{online: true, text: text}); err != nil && ctx.Err() == nil {
		m.hs.isDown(ctx, err)
	}
}
