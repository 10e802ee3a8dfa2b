package bridgetest

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
)

// Operator is a person at a Matrix client: it joins every room that it is
// invited to and keeps what /sync brings.
type Operator struct {
	*mautrix.Client
	mu        sync.Mutex
	timeline  []*event.Event
	ephemeral []*event.Event
	presence  []*event.Event
	rooms     []id.RoomID // dialogs, in the order of their invitations
	spaces    []id.RoomID // sites' spaces
	open      []id.RoomID // the spaces of open dialogs inside of them
	desks     []id.RoomID
	anew      bool // the next /sync is a first one
}

// Operator starts syncing as anna until the test ends.
func (s *Stack) Operator(t testing.TB) *Operator {
	t.Helper()
	return s.follow(t, s.Anna)
}

// Colleague makes another user of the homeserver, who syncs until the test ends.
func (s *Stack) Colleague(t testing.TB, name string) *Operator {
	t.Helper()
	return s.follow(t, dendritetest.Operator(t, s.Homeserver, name))
}

func (s *Stack) follow(t testing.TB, client *mautrix.Client) *Operator {
	o := &Operator{Client: client}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var group sync.WaitGroup
	group.Go(func() { o.follow(ctx) })
	t.Cleanup(func() { stop(); group.Wait() })
	return o
}

type syncAnswer struct {
	NextBatch string                          `json:"next_batch"`
	Presence  struct{ Events []*event.Event } `json:"presence"`
	Rooms     struct {
		Invite map[id.RoomID]struct {
			State struct {
				Events []*event.Event `json:"events"`
			} `json:"invite_state"`
		} `json:"invite"`
		Join map[id.RoomID]struct {
			Timeline  struct{ Events []*event.Event } `json:"timeline"`
			State     struct{ Events []*event.Event } `json:"state"`
			Ephemeral struct{ Events []*event.Event } `json:"ephemeral"`
		} `json:"join"`
	} `json:"rooms"`
}

func (o *Operator) follow(ctx context.Context) {
	for since := ""; ctx.Err() == nil; {
		if o.begins() {
			since = ""
		}
		query := map[string]string{"timeout": "5000", "filter": `{"room":{"timeline":{"limit":500}}}`}
		if since != "" {
			query["since"] = since
		}
		var resp syncAnswer
		if _, err := o.MakeRequest(ctx, http.MethodGet, o.BuildURLWithQuery(mautrix.ClientURLPath{"v3", "sync"}, query), nil, &resp); err != nil {
			select { // the homeserver is down: tests do that
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
			}
			continue
		}
		if o.take(ctx, &resp) {
			since = resp.NextBatch
		}
	}
}

// Reload has the client begin anew, as one does who misses something; what it
// has already stays.
func (o *Operator) Reload() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.anew = true
}

func (o *Operator) begins() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	anew := o.anew
	o.anew = false
	return anew
}

// Shown returns the rooms that /sync shows to a client that starts anew.
func (o *Operator) Shown(ctx context.Context) (map[id.RoomID]bool, error) {
	query := map[string]string{"timeout": "0", "filter": `{"room":{"timeline":{"limit":1}}}`}
	var resp syncAnswer
	if _, err := o.MakeRequest(ctx, http.MethodGet, o.BuildURLWithQuery(mautrix.ClientURLPath{"v3", "sync"}, query), nil, &resp); err != nil {
		return nil, err
	}
	shown := map[id.RoomID]bool{}
	for room := range resp.Rooms.Join {
		shown[room] = true
	}
	return shown, nil
}

// take reports whether all is well: an invitation comes once, so one that
// could not be accepted has to be asked for again.
func (o *Operator) take(ctx context.Context, resp *syncAnswer) (well bool) {
	well = true
	for room, invite := range resp.Rooms.Invite {
		if !o.accept(ctx, room, invite.State.Events) {
			well = false
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.presence = append(o.presence, resp.Presence.Events...)
	for room, joined := range resp.Rooms.Join {
		for _, events := range [][]*event.Event{joined.State.Events, joined.Timeline.Events} {
			for _, e := range events {
				e.RoomID = room
				if !slices.ContainsFunc(o.timeline, func(known *event.Event) bool { return known.ID == e.ID }) {
					o.timeline = append(o.timeline, e)
				}
			}
		}
		for _, e := range joined.Ephemeral.Events {
			e.RoomID = room
			o.ephemeral = append(o.ephemeral, e)
		}
	}
	return well
}

// accept joins a room and files it by what an invited client is told of it: its
// kind and its name. It reports whether that worked.
func (o *Operator) accept(ctx context.Context, room id.RoomID, state []*event.Event) bool {
	var told struct{ Type, Name string }
	for _, e := range state {
		if e.Type.Type == event.StateCreate.Type || e.Type.Type == event.StateRoomName.Type {
			_ = json.Unmarshal(e.Content.VeryRaw, &told)
		}
	}
	if _, err := o.JoinRoomByID(ctx, room); err != nil {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case told.Type == string(event.RoomTypeSpace) && strings.HasPrefix(told.Name, "Open · "):
		o.open = append(o.open, room)
	case told.Type == string(event.RoomTypeSpace):
		o.spaces = append(o.spaces, room)
	case strings.HasPrefix(told.Name, "Operators’ desk"):
		o.desks = append(o.desks, room)
	default:
		o.rooms = append(o.rooms, room)
	}
	return true
}

// Room waits for the n-th dialog (from 0) that rings, and returns it once joined.
func (o *Operator) Room(t testing.TB, n int) id.RoomID {
	t.Helper()
	var room id.RoomID
	Await(t, "the operator is invited to dialog "+strconv.Itoa(n), func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		if len(o.rooms) <= n {
			return false
		}
		room = o.rooms[n]
		return true
	})
	return room
}

// Space waits for the site's space.
func (o *Operator) Space(t testing.TB) id.RoomID {
	t.Helper()
	return o.first(t, "the space", func() []id.RoomID { return o.spaces })
}

// Open waits for the n-th space (from 0) of open dialogs.
func (o *Operator) Open(t testing.TB, n int) (room id.RoomID) {
	t.Helper()
	Await(t, "the operator is invited to the space Open "+strconv.Itoa(n), func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		if len(o.open) <= n {
			return false
		}
		room = o.open[n]
		return true
	})
	return room
}

// Desk waits for the site's desk room.
func (o *Operator) Desk(t testing.TB) id.RoomID {
	t.Helper()
	return o.first(t, "the desk", func() []id.RoomID { return o.desks })
}

func (o *Operator) first(t testing.TB, what string, rooms func() []id.RoomID) (room id.RoomID) {
	t.Helper()
	Await(t, "the operator is invited to "+what, func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		if len(rooms()) == 0 {
			return false
		}
		room = rooms()[0]
		return true
	})
	return room
}

// Timeline returns what came of a room, in order.
func (o *Operator) Timeline(room id.RoomID) []*event.Event {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(o.timeline), func(e *event.Event) bool { return e.RoomID != room })
}

// Event waits for an event of a room that matches.
func (o *Operator) Event(t testing.TB, room id.RoomID, what string, matches func(*event.Event) bool) *event.Event {
	t.Helper()
	return o.await(t, what, func() []*event.Event { return o.Timeline(room) }, matches)
}

// Ephemeral waits for a typing or receipt event of a room that matches.
func (o *Operator) Ephemeral(t testing.TB, room id.RoomID, what string, matches func(*event.Event) bool) *event.Event {
	t.Helper()
	return o.await(t, what, func() []*event.Event {
		o.mu.Lock()
		defer o.mu.Unlock()
		return slices.DeleteFunc(slices.Clone(o.ephemeral), func(e *event.Event) bool { return e.RoomID != room })
	}, matches)
}

// Presences returns what came of a user's presence, in order.
func (o *Operator) Presences(user id.UserID) (all []event.PresenceEventContent) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, e := range o.presence {
		var content event.PresenceEventContent
		if e.Sender == user && json.Unmarshal(e.Content.VeryRaw, &content) == nil {
			all = append(all, content)
		}
	}
	return all
}

// SeesPresence waits until a user is shown so, with that text.
func (o *Operator) SeesPresence(t testing.TB, user id.UserID, as event.Presence, text string) {
	t.Helper()
	Await(t, "the operator sees "+string(user)+" "+string(as)+" with "+strconv.Quote(text), func() bool {
		all := o.Presences(user)
		return len(all) > 0 && all[len(all)-1].Presence == as && all[len(all)-1].StatusMessage == text
	})
}

func (o *Operator) await(t testing.TB, what string, all func() []*event.Event, matches func(*event.Event) bool) *event.Event {
	t.Helper()
	var found *event.Event
	Await(t, "the operator sees "+what, func() bool {
		for _, e := range all() {
			if matches(e) {
				found = e
				return true
			}
		}
		return false
	})
	return found
}

// Body is the text of a message event, else "".
func Body(e *event.Event) string {
	var content struct{ Body string }
	_ = json.Unmarshal(e.Content.VeryRaw, &content)
	if e.Type.Type != event.EventMessage.Type {
		return ""
	}
	return content.Body
}

// Sees waits for a message with that body.
func (o *Operator) Sees(t testing.TB, room id.RoomID, body string) *event.Event {
	t.Helper()
	return o.Event(t, room, "the message "+strconv.Quote(body), func(e *event.Event) bool { return Body(e) == body })
}

// Send sends an event of any content and returns its id.
func (o *Operator) Send(t testing.TB, room id.RoomID, kind event.Type, content any) id.EventID {
	t.Helper()
	resp, err := o.SendMessageEvent(t.Context(), room, kind, content)
	if err != nil {
		t.Fatalf("the operator sends %s: %v", kind.Type, err)
	}
	return resp.EventID
}

// Says sends a text.
func (o *Operator) Says(t testing.TB, room id.RoomID, text string) id.EventID {
	t.Helper()
	return o.Send(t, room, event.EventMessage, map[string]any{"msgtype": "m.text", "body": text})
}
