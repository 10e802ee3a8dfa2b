package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// polls are long polls of /sync, one as the ghost of each visitor who is
// connected: a ghost is in one room, which makes them cheap, where one by the
// bot would cost the homeserver more than everything else together. They bring
// typing, receipts and redactions from homeservers that push none (Dendrite).
// Which kind a homeserver is shows by itself: one that pushes makes the polls
// stop, one that refuses them (Synapse) is one that pushes.
type polls struct {
	bell chan struct{}
	mu   sync.Mutex
	// needless is set once the homeserver pushed something ephemeral, or refuses the polls.
	needless bool
	refusals int
	running  map[chat.VisitorID]context.CancelFunc
	// receipts that came before their event was known.
	receipts map[chat.VisitorID]id.EventID
}

const (
	// maxPolls run at once: 400 cost a homeserver 14% of a core.
	maxPolls = 500
	// pollFor is how long the homeserver holds back an empty answer.
	pollFor = 25 * time.Second
	// pollRefusals in a row, of whatever ghosts, mean that polls are not served here.
	pollRefusals = 3
)

func newPolls() polls {
	return polls{
		bell:    make(chan struct{}, 1),
		running: map[chat.VisitorID]context.CancelFunc{}, receipts: map[chat.VisitorID]id.EventID{},
	}
}

func (p *polls) wake() {
	select {
	case p.bell <- struct{}{}:
	default:
	}
}

// pushed notes that the homeserver pushes ephemeral events by itself.
func (p *polls) pushed() {
	p.mu.Lock()
	p.needless = true
	p.mu.Unlock()
	p.wake()
}

// early remembers a receipt for an event that is not known yet; only the newest counts.
func (p *polls) early(v chat.VisitorID, at id.EventID) {
	p.mu.Lock()
	defer p.mu.Unlock()
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

// VisitorPresence says that a visitor's first socket came or the last one went.
func (m *Matrix) VisitorPresence(chat.VisitorID, bool) { m.polls.wake() }

// runPolls keeps one poll for each connected visitor who has a room.
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
	m.polls.mu.Lock()
	defer m.polls.mu.Unlock()
	wanted := map[chat.VisitorID]bool{}
	if !m.polls.needless {
		for _, v := range online {
			wanted[v] = true
		}
	}
	for v, stop := range m.polls.running {
		if !wanted[v] {
			stop()
			delete(m.polls.running, v)
		}
	}
	for v := range wanted {
		if m.polls.running[v] != nil || len(m.polls.running) >= maxPolls {
			continue
		}
		room, err := m.store.RoomOf(ctx, v)
		if err != nil || !m.hs.state.IsInRoom(ctx, room, m.cfg.GhostUserID(v)) {
			continue // woken again when there is one
		}
		ctx, stop := context.WithCancel(ctx)
		m.polls.running[v] = stop
		group.Go(func() { m.poll(ctx, v, room) })
	}
}

// poll follows one room as the visitor's ghost until ctx ends or the
// homeserver does not want it.
func (m *Matrix) poll(ctx context.Context, v chat.VisitorID, room id.RoomID) {
	defer m.forgetPoll(ctx, v)
	since, err := m.store.PollSince(ctx, v)
	if err != nil {
		return
	}
	for ctx.Err() == nil {
		if m.hs.gate.pass(ctx) != nil {
			return
		}
		resp, err := m.pollOnce(ctx, v, room, since)
		switch {
		case err == nil:
			m.pollWorked()
		case ctx.Err() != nil:
			return
		case outcome(err) == down || outcome(err) == unauthorized:
			m.hs.gate.close(err)
			continue
		case since != "" && status(err) < http.StatusInternalServerError:
			since = "" // a token that the server does not know (any more)
			continue
		default:
			m.pollRefused(err)
			return
		}
		if err := m.takePolled(ctx, v, room, resp); err != nil {
			m.log.Warn().Err(err).Msg("What a poll brought could not be stored; asking again")
			return
		}
		if resp.NextBatch != since {
			since = resp.NextBatch
			if err := m.store.SetPollSince(ctx, v, since); err != nil {
				return
			}
		}
	}
}

func (m *Matrix) forgetPoll(ctx context.Context, v chat.VisitorID) {
	m.polls.mu.Lock()
	if ctx.Err() == nil { // ended by itself; else whoever stopped it has dropped it
		delete(m.polls.running, v)
	}
	m.polls.mu.Unlock()
}

func (m *Matrix) pollWorked() {
	m.polls.mu.Lock()
	m.polls.refusals = 0
	m.polls.mu.Unlock()
}

func (m *Matrix) pollRefused(err error) {
	m.polls.mu.Lock()
	defer m.polls.mu.Unlock()
	m.polls.refusals++
	if m.polls.refusals >= pollRefusals && !m.polls.needless {
		m.polls.needless = true
		m.log.Info().Err(err).Msg("The homeserver serves no polls for appservice users; typing and receipts come with its pushes")
	}
}

// polled is the part of a /sync answer that the filter lets through.
type polled struct {
	NextBatch string `json:"next_batch"`
	Rooms     struct {
		Join map[id.RoomID]struct {
			Timeline struct {
				Events []json.RawMessage `json:"events"`
			} `json:"timeline"`
			Ephemeral struct {
				Events []json.RawMessage `json:"events"`
			} `json:"ephemeral"`
		} `json:"join"`
	} `json:"rooms"`
}

func (m *Matrix) pollOnce(ctx context.Context, v chat.VisitorID, room id.RoomID, since string) (*polled, error) {
	const redactions = 50
	nothing := &mautrix.FilterPart{NotTypes: []event.Type{{Type: "*"}}}
	filter, err := json.Marshal(&mautrix.Filter{
		Presence: nothing, AccountData: nothing,
		Room: &mautrix.RoomFilter{
			Rooms: []id.RoomID{room}, AccountData: nothing, State: nothing,
			Timeline:  &mautrix.FilterPart{Types: []event.Type{event.EventRedaction}, Limit: redactions},
			Ephemeral: &mautrix.FilterPart{Types: []event.Type{event.EphemeralEventTyping, event.EphemeralEventReceipt}},
		},
	})
	if err != nil {
		return nil, err
	}
	query := map[string]string{"filter": string(filter), "timeout": "0", "set_presence": string(event.PresenceOffline)}
	if since != "" {
		query["since"], query["timeout"] = since, strconv.FormatInt(pollFor.Milliseconds(), 10)
	}
	ctx, cancel := context.WithTimeout(ctx, 2*pollFor)
	defer cancel()
	client := m.hs.as(m.cfg.GhostUserID(v))
	var resp polled
	_, err = client.MakeRequest(ctx, http.MethodGet, client.BuildURLWithQuery(mautrix.ClientURLPath{"v3", "sync"}, query), nil, &resp)
	return &resp, err
}

func (m *Matrix) takePolled(ctx context.Context, v chat.VisitorID, room id.RoomID, resp *polled) error {
	joined := resp.Rooms.Join[room]
	var stored []store.Arrival
	for _, raw := range joined.Timeline.Events {
		stored = append(stored, store.Arrival{Key: arrivalKey(readHead(raw).ID, raw), Room: room, Raw: raw})
	}
	if len(stored) > 0 {
		if err := m.store.StoreArrivals(ctx, stored, now()); err != nil {
			return err
		}
		m.inbox.wake()
	}
	for _, raw := range joined.Ephemeral.Events {
		switch head := readHead(raw); head.Type {
		case event.EphemeralEventTyping.Type:
			m.hearTyping(ctx, v, room, head.Content)
		case event.EphemeralEventReceipt.Type:
			m.hearReceipts(ctx, v, head.Content)
		}
	}
	return nil
}

// known runs once an entry's event is known: a receipt for it may have come before.
func (m *Matrix) known(ctx context.Context, v chat.VisitorID, at id.EventID) {
	if !m.polls.takeEarly(v, at) {
		return
	}
	if err := m.operatorRead(ctx, v, at); err != nil && !errors.Is(err, context.Canceled) {
		m.log.Warn().Err(err).Msg("An operator's receipt could not be recorded")
	}
}
