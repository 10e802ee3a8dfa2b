package storm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/storm/record"
)

// operator is a person at a Matrix client. It acts on the rooms that the bridge has
// recorded, for a homeserver that was killed may hide a room from /sync for a while.
type operator struct {
	*mautrix.Client
	s      *storm
	joined map[id.RoomID]bool
	own    map[int][]*word // by dialog
	// anew is set when the homeserver was restored from a copy: what was known of it may be wrong.
	anew atomic.Bool
}

// word is an operator's message.
type word struct {
	event id.EventID
	room  id.RoomID
	gone  bool
}

// testKey marks an operator's events, to find one whose answer got lost.
const testKey = "test.key"

// answerWithin is how long an operator's client waits for its homeserver.
const answerWithin = 20 * time.Second

// key is a new one, unique in the storm.
func (s *storm) key() string { return fmt.Sprintf("storm-%08d", s.keys.Add(1)) }

// follow has an operator's client read /sync until the test ends.
func (s *storm) follow(client *mautrix.Client) *operator {
	client.Client = &http.Client{Timeout: answerWithin}
	o := &operator{Client: client, s: s, joined: map[id.RoomID]bool{}, own: map[int][]*word{}}
	ctx, stop := context.WithCancel(context.WithoutCancel(s.Context()))
	var group sync.WaitGroup
	group.Go(func() { o.sync(ctx) })
	s.Cleanup(func() { stop(); group.Wait() })
	return o
}

// sync joins what the operator is invited to and records receipts.
func (o *operator) sync(ctx context.Context) {
	var answer struct {
		Next  string `json:"next_batch"`
		Rooms struct {
			Invite map[id.RoomID]json.RawMessage `json:"invite"`
			Join   map[id.RoomID]struct {
				Ephemeral struct {
					Events []struct {
						Type    string                                           `json:"type"`
						Content map[id.EventID]map[string]map[id.UserID]struct{} `json:"content"`
					} `json:"events"`
				} `json:"ephemeral"`
			} `json:"join"`
		} `json:"rooms"`
	}
	for since := ""; ctx.Err() == nil; {
		query := map[string]string{"timeout": "5000", "since": since, "filter": `{"room":{"timeline":{"limit":1}},"presence":{"types":[]}}`}
		answer.Rooms.Invite, answer.Rooms.Join = nil, nil
		if _, err := o.MakeRequest(ctx, http.MethodGet, o.BuildURLWithQuery(mautrix.ClientURLPath{"v3", "sync"}, query), nil, &answer); err != nil {
			pause(ctx, time.Second/4)
			continue
		}
		well := true
		for room := range answer.Rooms.Invite {
			if _, err := o.JoinRoomByID(ctx, room); err != nil {
				well = false
			}
		}
		for room, joined := range answer.Rooms.Join {
			for _, e := range joined.Ephemeral.Events {
				if e.Type != event.EphemeralEventReceipt.Type {
					continue
				}
				for at, kinds := range e.Content {
					for user := range kinds["m.read"] {
						if !slices.ContainsFunc(o.s.operators, func(o *operator) bool { return o.UserID == user }) {
							o.s.out.Write(record.Line{Kind: record.Receipt, Who: string(o.UserID), Room: string(room), Event: string(at), User: string(user)})
						}
					}
				}
			}
		}
		if well {
			since = answer.Next
		}
	}
}

// talk answers, edits, removes, reads and reacts until the time is over.
func (o *operator) talk(ctx context.Context) {
	dice := o.s.dice(diceOperators + 7*len(o.UserID)) // their names differ in length
	for pause(ctx, time.Duration(20+dice.IntN(120))*time.Millisecond) {
		if o.anew.Swap(false) {
			clear(o.joined)
			clear(o.own)
		}
		rooms := o.s.open()
		if len(rooms) == 0 || o.s.busy.Load() {
			continue
		}
		at := rooms[dice.IntN(len(rooms))]
		if !o.enter(ctx, at.room) {
			continue
		}
		var own *word
		if mine := o.own[at.talk.number]; len(mine) > 0 {
			const recent = 5
			mine = mine[max(0, len(mine)-recent):]
			// What was said before an upgrade is in another room, where no client mends it.
			if own = mine[dice.IntN(len(mine))]; own.gone || own.room != at.room {
				own = nil
			}
		}
		switch n := dice.IntN(20); {
		case n < 11:
			o.say(ctx, at, "tea")
		case n < 13 && own != nil:
			text := at.talk.text("operator", "edited")
			o.put(ctx, at, event.EventMessage, map[string]any{
				"msgtype": "m.text", "body": "* " + text, "m.new_content": map[string]any{"msgtype": "m.text", "body": text},
				"m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": own.event},
			}, record.Line{Op: record.Edit, Text: text, Target: string(own.event)})
		case n < 14 && own != nil:
			own.gone = true
			o.put(ctx, at, event.EventRedaction, nil, record.Line{Op: record.Redact, Target: string(own.event)})
		case n < 17 && at.newest != "":
			o.read(ctx, at)
		case n < 18 && at.newest != "":
			o.put(ctx, at, event.EventReaction, map[string]any{"m.relates_to": map[string]any{
				"rel_type": "m.annotation", "event_id": at.newest, "key": "👍",
			}}, record.Line{Op: record.React, Target: string(at.newest)})
		case n < 19 && own != nil:
			text := at.talk.text("operator", "among us")
			o.put(ctx, at, event.EventMessage, map[string]any{
				"msgtype": "m.text", "body": text, "m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": own.event},
			}, record.Line{Op: record.Thread, Text: text, Target: string(own.event)})
		case n == 19 && at.newest != "" && dice.IntN(3) == 0: // what the visitor said
			o.put(ctx, at, event.EventRedaction, nil, record.Line{Op: record.Redact, Target: string(at.newest)})
		}
	}
}

// enter joins a room once; members of the site's space need no invitation.
func (o *operator) enter(ctx context.Context, room id.RoomID) bool {
	if !o.joined[room] {
		_, err := o.JoinRoomByID(ctx, room)
		o.joined[room] = err == nil
	}
	return o.joined[room]
}

func (o *operator) say(ctx context.Context, at opened, what string) {
	text := at.talk.text("operator", what)
	content := map[string]any{"msgtype": "m.text", "body": text}
	if sent := o.put(ctx, at, event.EventMessage, content, record.Line{Op: record.Message, Text: text}); sent != "" {
		o.own[at.talk.number] = append(o.own[at.talk.number], &word{event: sent, room: at.room})
	}
}

// lastWord says in a dialog what nothing follows, and tells the dialog so.
func (o *operator) lastWord(ctx context.Context, t *talk) {
	for ; !t.bots && ctx.Err() == nil; pause(ctx, time.Second) {
		for _, at := range o.s.look().open {
			if at.talk != t || !o.enter(ctx, at.room) {
				continue
			}
			text := t.text("operator", "last")
			if o.put(ctx, at, event.EventMessage, map[string]any{"msgtype": "m.text", "body": text}, record.Line{Op: record.Message, Text: text}) == "" {
				break // in this room no more
			}
			t.mu.Lock()
			t.last = append(t.last, text)
			t.mu.Unlock()
			return
		}
	}
}

func (o *operator) read(ctx context.Context, at opened) {
	key := o.s.key()
	o.s.out.Write(record.Line{
		Kind: record.Put, Who: string(o.UserID), Dialog: at.talk.number, Op: record.Read, Key: key, Room: string(at.room), Target: string(at.newest),
	})
	_ = o.MarkRead(ctx, at.room, at.newest) // it is not promised that a receipt arrives
}

// put sends as a client does, until the homeserver has it: when it did not answer, the
// client looks whether the event is there before it sends again. What has begun is
// ended when the storm's time is over.
func (o *operator) put(ctx context.Context, at opened, kind event.Type, content map[string]any, l record.Line) (sent id.EventID) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer stop()
	l.Kind, l.Who, l.Dialog, l.Key, l.Room = record.Put, string(o.UserID), at.talk.number, o.s.key(), string(at.room)
	o.s.out.Write(l)
	for ctx.Err() == nil {
		var resp *mautrix.RespSendEvent
		var err error
		if kind == event.EventRedaction {
			resp, err = o.RedactEvent(ctx, at.room, id.EventID(l.Target), mautrix.ReqRedact{TxnID: l.Key, Extra: map[string]any{testKey: l.Key}})
		} else {
			content[testKey] = l.Key
			resp, err = o.SendMessageEvent(ctx, at.room, kind, content, mautrix.ReqSendEvent{TransactionID: l.Key})
		}
		if err == nil {
			sent = resp.EventID
			break
		}
		if sent = o.find(ctx, at.room, l.Key); sent != "" {
			break
		}
		o.joined[at.room] = false
		if !o.enter(ctx, at.room) && o.s.gone(at) {
			break // the room is another one by now
		}
		if isMissing(err) {
			break // what it is about is gone
		}
		pause(ctx, time.Second/4)
	}
	if sent != "" {
		l = record.Line{Kind: record.Sent, Who: l.Who, Dialog: l.Dialog, Key: l.Key, Event: string(sent), Room: l.Room}
		o.s.out.Write(l)
	}
	return sent
}

// find looks for an event by its key until the homeserver answers.
func (o *operator) find(ctx context.Context, room id.RoomID, key string) id.EventID {
	const recent = 200
	for {
		resp, err := o.Messages(ctx, room, "", "", mautrix.DirectionBackward, nil, recent)
		if err != nil {
			if !pause(ctx, time.Second/4) {
				return ""
			}
			if isForbidden(err) || isMissing(err) {
				return ""
			}
			continue
		}
		for _, e := range resp.Chunk {
			var c map[string]any
			if json.Unmarshal(e.Content.VeryRaw, &c) == nil && c[testKey] == key {
				return e.ID
			}
		}
		return ""
	}
}

// isRefused reports whether the homeserver answered that it will not do something.
func isRefused(err error) bool { return isForbidden(err) || isMissing(err) }

func isForbidden(err error) bool {
	var http mautrix.HTTPError
	return asError(err, &http) && http.IsStatus(403)
}

func isMissing(err error) bool {
	var http mautrix.HTTPError
	return asError(err, &http) && (http.IsStatus(404) || http.IsStatus(400))
}
