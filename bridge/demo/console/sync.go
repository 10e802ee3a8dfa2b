package console

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

const (
	syncTimeout = 30 * time.Second
	// retryAfter is how long to wait for a homeserver that does not answer.
	retryAfter = time.Second
	// filter keeps the first answer small; presence is not shown.
	filter = `{"presence":{"types":[]},"room":{"timeline":{"limit":30}}}`
)

// sync follows the homeserver until ctx ends.
func (c *console) sync(ctx context.Context) {
	since, down := "", false
	for ctx.Err() == nil {
		req := mautrix.ReqSync{Since: since, FilterID: filter, SetPresence: event.PresenceOnline}
		if since != "" {
			req.Timeout = int(syncTimeout.Milliseconds())
		}
		resp, err := c.client.FullSyncRequest(ctx, req)
		if err != nil {
			if ctx.Err() == nil && !down {
				c.say("The homeserver does not answer; trying again. (%s)", reason(err))
			}
			down = true
			wait(ctx, retryAfter)
			continue
		}
		if down {
			c.say("The homeserver answers again.")
		}
		down = false
		c.take(ctx, resp, since == "")
		since = resp.NextBatch
	}
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// take reads one answer of /sync. Of the first one only names and texts are
// kept: what was said before is not shown again.
func (c *console) take(ctx context.Context, resp *mautrix.RespSync, first bool) {
	for room := range resp.Rooms.Invite {
		if _, err := c.client.JoinRoomByID(ctx, room); err != nil && ctx.Err() == nil {
			c.say("Could not join %s: %s", room, reason(err))
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	// In the order in which they were made, so that each keeps its number over starts.
	for _, room := range slices.SortedFunc(maps.Keys(resp.Rooms.Join), func(a, b id.RoomID) int {
		return cmp.Or(cmp.Compare(made(resp.Rooms.Join[a]), made(resp.Rooms.Join[b])), cmp.Compare(a, b))
	}) {
		update := resp.Rooms.Join[room]
		for _, evt := range update.State.Events {
			c.state(room, evt)
		}
		for _, evt := range update.Timeline.Events {
			c.state(room, evt)
			switch d := c.rooms[room]; {
			case d != nil:
				c.timeline(d, evt, first)
			case c.names[room] == "" && !first: // the bot's chat with the operator alone
				c.private(evt)
			}
		}
		if d := c.rooms[room]; d != nil && !first {
			for _, evt := range update.Ephemeral.Events {
				c.ephemeral(d, evt)
			}
		}
	}
	c.aim()
	if first && len(c.dialogs) > 0 {
		c.say("%s\n", c.term.Paint.Dim(fmt.Sprintf("  %d from before; /list shows them.", len(c.dialogs))))
	}
}

// made is when the room of an update was made, in Unix milliseconds; 0 where
// the update does not say, as of a room that is known.
func made(update *mautrix.SyncJoinedRoom) int64 {
	for _, evt := range slices.Concat(update.State.Events, update.Timeline.Events) {
		if evt.Type.Type == event.StateCreate.Type {
			return evt.Timestamp
		}
	}
	return 0
}

// state learns which rooms are dialogs, and their names.
func (c *console) state(room id.RoomID, evt *event.Event) {
	if evt.StateKey == nil || !parse(evt, event.StateEventType) {
		return
	}
	switch content := evt.Content.Parsed.(type) {
	case *event.MemberEventContent:
		if !ghost.MatchString(*evt.StateKey) || c.rooms[room] != nil {
			return
		}
		d := &dialog{number: len(c.dialogs) + 1, room: room, name: clean(content.Displayname), said: map[id.EventID]saying{}}
		if name := c.names[room]; name != "" {
			d.name = name
		}
		c.dialogs, c.rooms[room] = append(c.dialogs, d), d
	case *event.RoomNameEventContent:
		// Kept for all rooms: state comes in any order, and only the ghost
		// tells that a room is a dialog.
		c.names[room] = clean(content.Name)
		if d := c.rooms[room]; d != nil && content.Name != "" {
			d.name = c.names[room]
		}
	}
}

func parse(evt *event.Event, class event.TypeClass) bool {
	evt.Type.Class = class
	return evt.Content.Parsed != nil || evt.Content.ParseRaw(evt.Type) == nil
}

// timeline keeps, and if it is news shows, what happened in a dialog.
func (c *console) timeline(d *dialog, evt *event.Event, old bool) {
	if evt.StateKey != nil || !parse(evt, event.MessageEventType) {
		return
	}
	visitor := ghost.MatchString(evt.Sender.String())
	switch content := evt.Content.Parsed.(type) {
	case *event.MessageEventContent:
		c.message(d, evt, content, visitor, old)
	case *event.ReactionEventContent:
		if visitor && !old {
			c.show(d, evt, fmt.Sprintf("%s on %s", clean(content.RelatesTo.Key), d.quote(content.RelatesTo.EventID)))
		}
	case *event.RedactionEventContent:
		target := content.Redacts
		if target == "" {
			target = evt.Redacts
		}
		if visitor && !old {
			c.show(d, evt, "removed "+d.quote(target))
		}
		delete(d.said, target)
	}
}

// private shows what the bot tells the operator alone, such as the link to the panel.
func (c *console) private(evt *event.Event) {
	if evt.StateKey != nil || evt.Sender == c.client.UserID || !parse(evt, event.MessageEventType) {
		return
	}
	if content, ok := evt.Content.Parsed.(*event.MessageEventContent); ok {
		c.say("%s  %s", c.term.Paint.Dim(clock(time.UnixMilli(evt.Timestamp))), clean(content.Body))
	}
}

func (c *console) message(d *dialog, evt *event.Event, content *event.MessageEventContent, visitor, old bool) {
	if !visitor {
		content = folded(content)
	}
	text, said := d.told(evt, content)
	if visitor {
		d.lastHeard, d.lastText, d.lastAt, d.typing = evt.ID, text, evt.Timestamp, false
		if c.latest == nil || d.lastAt >= c.latest.lastAt {
			c.latest = d
		}
	}
	if old || c.sent[evt.ID] {
		return
	}
	switch {
	case visitor:
		c.show(d, evt, said)
	case content.MsgType == event.MsgNotice:
		c.show(d, evt, c.term.Paint.Dim("("+said+")"))
	default: // an operator in another client
		c.show(d, evt, c.term.Paint.Dim(evt.Sender.Localpart()+": ")+said)
	}
}

// told is what a message holds, which is remembered, and how it is shown.
func (d *dialog) told(evt *event.Event, content *event.MessageEventContent) (text, shown string) {
	text = describe(content)
	target := content.RelatesTo.GetReplaceID()
	if target == "" {
		d.remember(evt.ID, evt.Sender, text)
	}
	switch {
	case target != "" && content.NewContent != nil:
		text = describe(content.NewContent)
		shown = "edited " + d.quote(target) + " to: " + text
		d.remember(target, evt.Sender, text)
	case content.RelatesTo.GetThreadParent() != "":
		shown = "internal note, not sent to the visitor: " + text
	case content.RelatesTo.GetReplyTo() != "":
		shown = text + "  (about " + d.quote(content.RelatesTo.GetReplyTo()) + ")"
	default:
		shown = text
	}
	return text, shown
}

// folded is the content with no more of its text than is shown.
func folded(content *event.MessageEventContent) *event.MessageEventContent {
	short := *content
	short.Body = fold(short.Body)
	if short.NewContent != nil {
		short.NewContent = folded(short.NewContent)
	}
	return &short
}

// ephemeral shows that a visitor begins to type, or has read an answer.
func (c *console) ephemeral(d *dialog, evt *event.Event) {
	if !parse(evt, event.EphemeralEventType) {
		return
	}
	switch content := evt.Content.Parsed.(type) {
	case *event.TypingEventContent:
		typing := slices.ContainsFunc(content.UserIDs, func(user id.UserID) bool { return ghost.MatchString(user.String()) })
		if typing && !d.typing {
			c.show(d, nil, c.term.Paint.Dim("is typing …"))
			// Such lines stay: one until the visitor has written is enough.
			d.typing = true
		}
	case *event.ReceiptEventContent:
		for read, receipts := range *content {
			for user := range receipts[event.ReceiptTypeRead] {
				if said, known := d.said[read]; known && ghost.MatchString(user.String()) && !ghost.MatchString(said.sender.String()) {
					c.show(d, nil, c.term.Paint.Dim("has read "+d.quote(read)))
				}
			}
		}
	}
}

// show writes one line of a dialog; the caller holds the lock.
func (c *console) show(d *dialog, evt *event.Event, text string) {
	at := time.Now()
	if evt != nil {
		at = time.UnixMilli(evt.Timestamp)
	}
	c.aim()
	c.say("%s  %s  %s", c.term.Paint.Dim(clock(at)), c.term.Paint.Number(d.number, d.head(time.Now())), text)
}

// quote names a message by its first words.
func (d *dialog) quote(event id.EventID) string {
	said, known := d.said[event]
	if !known {
		return "an earlier message"
	}
	return "“" + short(said.text, 40) + "”"
}
