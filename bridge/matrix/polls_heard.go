package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

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

// pollOnce asks for what is new in rooms since a token, and waits that long for
// something. Without a token it asks for everything, and does not wait.
func (m *Matrix) pollOnce(ctx context.Context, v chat.VisitorID, rooms []id.RoomID, since string, wait time.Duration) (*polled, error) {
	const redactions = 50
	nothing := &mautrix.FilterPart{NotTypes: []event.Type{{Type: "*"}}}
	filter, err := json.Marshal(&mautrix.Filter{
		Presence: nothing, AccountData: nothing,
		Room: &mautrix.RoomFilter{
			Rooms: rooms, AccountData: nothing, State: nothing,
			Timeline:  &mautrix.FilterPart{Types: []event.Type{event.EventRedaction}, Limit: redactions},
			Ephemeral: &mautrix.FilterPart{Types: []event.Type{event.EphemeralEventTyping, event.EphemeralEventReceipt}},
		},
	})
	if err != nil {
		return nil, err
	}
	query := map[string]string{"filter": string(filter), "timeout": "0", "set_presence": string(m.presenceOf(ctx, v))}
	if since != "" {
		query["since"], query["timeout"] = since, strconv.FormatInt(max(0, wait.Milliseconds()), 10)
	}
	ctx, cancel := context.WithTimeout(ctx, 2*pollFor)
	defer cancel()
	client := m.hs.as(m.cfg.GhostUserID(v))
	var resp polled
	_, err = client.MakeRequest(ctx, http.MethodGet, client.BuildURLWithQuery(mautrix.ClientURLPath{"v3", "sync"}, query), nil, &resp)
	if err == nil { // without a token the next poll would not wait
		_, err = named(resp.NextBatch)
	}
	return &resp, err
}

func (m *Matrix) takePolled(ctx context.Context, v chat.VisitorID, rooms []id.RoomID, resp *polled) error {
	var stored []store.Arrival
	for _, room := range rooms {
		for _, raw := range resp.Rooms.Join[room].Timeline.Events {
			stored = append(stored, store.Arrival{Key: arrivalKey(readHead(raw).ID, raw), Room: room, Raw: raw})
		}
	}
	if len(stored) > 0 {
		if err := m.store.StoreArrivals(ctx, stored, now()); err != nil {
			return err
		}
		m.inbox.wake()
	}
	room := rooms[0]
	for _, raw := range resp.Rooms.Join[room].Ephemeral.Events {
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
