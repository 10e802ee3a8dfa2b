package matrix

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// polls are long polls of /sync, one as the ghost of each visitor who is
// connected: a ghost is in one room, which makes them cheap, where one by the
// bot would cost the homeserver more than everything else together. They bring
// typing, receipts and redactions from homeservers that push none (Dendrite).
// Which kind a homeserver is shows by itself: one that pushes ends the polls,
// and one that refuses them (Synapse) is left alone.
type polls struct {
	bell chan struct{}
	mu   sync.Mutex
	// needless is set once the homeserver pushed something ephemeral.
	needless bool
	// served is true while polls are answered.
	served bool
	// refusals in a row, and until when they keep us from asking again.
	refusals     int
	refusedUntil time.Time
	running      map[chat.VisitorID]context.CancelFunc
	// roomless visitors were looked at and have nothing to poll yet; asked are
	// those who became worth another look while they were looked at.
	roomless, asked map[chat.VisitorID]struct{}
	// receipts that came before their event was known.
	receipts map[chat.VisitorID]id.EventID
}

const (
	// maxPolls run at once: 400 cost a homeserver 14% of a core.
	maxPolls = 500
	// pollFor is how long the homeserver holds back an empty answer.
	pollFor = 25 * time.Second
	// pollRefusals in a row, of whatever ghosts, mean that polls are not served
	// here; it is tried again after pollRetry.
	pollRefusals = 3
	pollRetry    = 10 * time.Minute
	// mostEarly receipts are remembered until their events are known.
	mostEarly = 1000
	// pollAgain is when a single poll that failed is started again.
	pollAgain = 5 * time.Second
)

func newPolls() polls {
	return polls{
		bell:    make(chan struct{}, 1),
		running: map[chat.VisitorID]context.CancelFunc{}, roomless: map[chat.VisitorID]struct{}{},
		asked:    map[chat.VisitorID]struct{}{},
		receipts: map[chat.VisitorID]id.EventID{},
	}
}

func (p *polls) wake() {
	select {
	case p.bell <- struct{}{}:
	default:
	}
}

// look makes a visitor worth a look again: it may have a room now.
func (p *polls) look(v chat.VisitorID) {
	p.mu.Lock()
	_, roomless := p.roomless[v]
	delete(p.roomless, v)
	if p.running[v] != nil {
		p.asked[v] = struct{}{}
	}
	p.mu.Unlock()
	if roomless {
		p.wake()
	}
}

// moved ends a visitor's poll and begins another: its ghost is in another room now.
func (p *polls) moved(v chat.VisitorID) {
	p.mu.Lock()
	if stop := p.running[v]; stop != nil {
		stop()
		delete(p.running, v)
	}
	delete(p.roomless, v)
	p.mu.Unlock()
	p.wake()
}

// pushed notes that the homeserver pushes ephemeral events by itself.
func (p *polls) pushed() {
	p.mu.Lock()
	before := p.needless
	p.needless = true
	p.mu.Unlock()
	if !before {
		p.wake()
	}
}

// early remembers a receipt for an event that is not known yet; only the newest counts.
func (p *polls) early(v chat.VisitorID, at id.EventID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for other := range p.receipts { // any: those whose event never came
		if len(p.receipts) < mostEarly {
			break
		}
		delete(p.receipts, other)
	}
	p.receipts[v] = at
}

// takeEarly returns the remembered receipt if it is for that event.
func (p *polls) takeEarly(v chat.VisitorID, at id.EventID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.receipts[v] != at {
		return false
	}
	delete(p.receipts, v)
	return true
}

// runPolls keeps one poll for each connected visitor who has a room, the most
// recent ones if they are too many.
func (m *Matrix) runPolls(ctx context.Context) error {
	select {
	case <-m.ready:
	case <-ctx.Done():
		return ctx.Err()
	}
	var group sync.WaitGroup
	defer group.Wait()
	for {
		m.adjustPolls(ctx, &group)
		select {
		case <-m.polls.bell:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (m *Matrix) adjustPolls(ctx context.Context, group *sync.WaitGroup) {
	online := m.dialog.Online()
	here := make(map[chat.VisitorID]bool, len(online))
	for _, v := range online {
		here[v] = true
	}
	p := &m.polls
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.needless || time.Now().Before(p.refusedUntil) {
		online = nil
	}
	wanted := map[chat.VisitorID]bool{}
	for _, v := range online {
		if _, none := p.roomless[v]; !none && len(wanted) < maxPolls {
			wanted[v] = true
		}
	}
	for v, stop := range p.running {
		if !wanted[v] {
			stop()
			delete(p.running, v)
		}
	}
	maps.DeleteFunc(p.roomless, func(v chat.VisitorID, _ struct{}) bool { return !here[v] })
	maps.DeleteFunc(p.asked, func(v chat.VisitorID, _ struct{}) bool { return p.running[v] == nil })
	for v := range wanted {
		if p.running[v] == nil {
			polling, stop := context.WithCancel(ctx)
			p.running[v] = stop
			delete(p.asked, v)
			group.Go(func() {
				m.poll(polling, v)
				stop()
			})
		}
	}
}

// poll follows a visitor's room as its ghost until ctx ends, and has itself
// started again when it fails.
func (m *Matrix) poll(ctx context.Context, v chat.VisitorID) {
	rooms, err := m.pollable(ctx, v)
	if err == nil && len(rooms) > 0 {
		err = m.follower(ctx, v, rooms)
	}
	m.polls.mu.Lock()
	if ctx.Err() != nil { // told to end, by whoever holds the lock; another may run by now
		m.polls.mu.Unlock()
		return
	}
	delete(m.polls.running, v)
	_, asked := m.polls.asked[v]
	delete(m.polls.asked, v)
	if err == nil && !asked {
		m.polls.roomless[v] = struct{}{}
	}
	m.polls.mu.Unlock()
	if asked {
		m.polls.wake()
	}
	if err != nil {
		m.log.Debug().Err(err).Str(trail.Visitor, string(v)).Msg("A poll failed; it is started again")
		time.AfterFunc(pollAgain, m.polls.wake)
	}
}

// mostFormer is of how many rooms before a dialog's present one removals are heard.
const mostFormer = 3

// pollable returns the room of a visitor whose ghost is in it, and behind it those that
// it left in upgrades, where operators go on to remove what was said; else nothing.
func (m *Matrix) pollable(ctx context.Context, v chat.VisitorID) ([]id.RoomID, error) {
	room, err := m.store.RoomOf(ctx, v)
	if err != nil {
		return nil, ignoreNotFound(err)
	}
	former, err := m.store.FormerRooms(ctx, v)
	if err != nil {
		return nil, err
	}
	slices.Reverse(former)
	rooms := append([]id.RoomID{room}, former[:min(len(former), mostFormer)]...)
	ghost := m.cfg.GhostUserID(v)
	if m.hs.state.IsInRoom(ctx, room, ghost) {
		return rooms, nil
	}
	if err := m.hs.gate.pass(ctx); err != nil {
		return nil, err
	}
	// The cache may be new or wrong; the homeserver knows.
	member, err := m.hs.membership(ctx, m.cfg.BotUserID(), room, ghost)
	if err != nil || member != event.MembershipJoin {
		return nil, err
	}
	return rooms, m.hs.state.SetMembership(ctx, room, ghost, member)
}

// follower polls for what happens in rooms, of which the first is the dialog's present one.
func (m *Matrix) follower(ctx context.Context, v chat.VisitorID, rooms []id.RoomID) error {
	since, err := m.store.PollSince(ctx, v)
	if err != nil {
		return err
	}
	// What happened while nobody polled; Dendrite's /sync forgets some of it when it is killed.
	for _, room := range rooms {
		if err := m.rereadNewest(ctx, room); err != nil {
			m.isAway(ctx, err)
			return err
		}
	}
	var sees sight
	for {
		if err := m.hs.gate.pass(ctx); err != nil {
			return err
		}
		var resp *polled
		err := m.look(ctx, v, rooms[0], &sees)
		if err == nil {
			resp, err = m.pollOnce(ctx, v, rooms, since, min(pollFor, time.Until(sees.due)))
		}
		if err != nil {
			sees.disturbed()
			if ctx.Err() == nil {
				m.metrics.polls.WithLabelValues(pollFailed).Inc()
			}
			if since, err = m.pollFailed(ctx, since, err); err != nil {
				return err
			}
			continue
		}
		m.pollWorked()
		m.metrics.polls.WithLabelValues(pollAnswered).Inc()
		if err := m.takePolled(ctx, v, rooms, resp); err != nil {
			return err
		}
		if resp.NextBatch != since {
			since = resp.NextBatch
			if err := m.store.SetPollSince(ctx, v, since); err != nil {
				return err
			}
		}
	}
}

// pollFailed returns the token to ask with again, or the error that ends the poll.
func (m *Matrix) pollFailed(ctx context.Context, since string, err error) (string, error) {
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.Is(err, errGarbage) && !m.hs.isGone(ctx):
		m.pollRefused(ctx, err) // a homeserver that serves all but this holds back nobody
		return "", err
	case m.isAway(ctx, err):
		return since, nil
	case since != "" && status(err) != 0 && status(err) < http.StatusInternalServerError:
		return "", nil // a token that the homeserver does not know (any more)
	default:
		m.pollRefused(ctx, err)
		return "", err
	}
}

// isAway reports whether a poll failed because the homeserver is not there. One that
// is being stopped refuses what it knows (Dendrite, whose database is closed by then),
// so it is asked: an outage that nobody notices hides that it comes back from a backup.
func (m *Matrix) isAway(ctx context.Context, err error) bool {
	return m.hs.isDown(ctx, err) || (isHomeserver(err) && m.hs.isGone(ctx))
}

func (m *Matrix) pollWorked() {
	m.polls.mu.Lock()
	m.polls.refusals, m.polls.served = 0, true
	m.polls.mu.Unlock()
}

// work reports whether the homeserver answers polls, and needs them.
func (p *polls) work() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.served && !p.needless
}

func (m *Matrix) pollRefused(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	m.polls.mu.Lock()
	defer m.polls.mu.Unlock()
	m.polls.refusals++
	if m.polls.refusals < pollRefusals {
		return
	}
	m.polls.refusals, m.polls.served = 0, false
	m.polls.refusedUntil = time.Now().Add(pollRetry)
	time.AfterFunc(pollRetry, m.polls.wake)
	m.log.Info().Err(err).Stringer("again_in", pollRetry).Msg("The homeserver serves no polls for appservice users; typing and receipts are expected with its pushes")
}
