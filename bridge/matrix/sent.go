package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/matrix/notice"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// fail ends an entry's way because it cannot be sent, and tells the room what it misses.
func (m *Matrix) fail(ctx context.Context, c *conversation, e chat.Entry, text string, folded []chat.Entry, why error) error {
	switch e.Kind {
	case chat.Message:
		return m.failAloud(ctx, c, e, folded, why, notice.Unsent(e.Author.Party), notice.Args{Text: text, Cause: cause(why)})
	case chat.Edit:
		return m.failAloud(ctx, c, e, folded, why, notice.EditFailed, notice.Args{Text: text, Cause: cause(why)})
	case chat.Notice:
		if e.Content.File != nil { // an export
			return m.failAloud(ctx, c, e, folded, why, notice.ExportLost, notice.Args{File: e.Content.File.Name, Cause: cause(why)})
		}
		m.log.Warn().Err(why).Str(trail.Visitor, string(c.visitor)).Str(trail.Entry, string(e.ID)).Msg("The homeserver refuses a notice")
	case chat.Reaction, chat.Redaction:
		// A reaction is not worth a line, and a removal has its own.
		m.log.Warn().Err(why).Str(trail.Visitor, string(c.visitor)).Str(trail.Entry, string(e.ID)).Str(trail.Kind, string(e.Kind)).Msg("The homeserver refuses something that no operator has to know of")
	}
	return m.giveUp(ctx, c, append(folded, e), store.Failed, why.Error())
}

// failAloud ends the way of an entry that cannot be sent together with what the room is told
// of it: told after that, it would be lost with a process that ends in between. What is told of
// a message repeats its words, and goes when the message is removed.
func (m *Matrix) failAloud(ctx context.Context, c *conversation, e chat.Entry, folded []chat.Entry, why error, kind notice.Kind, args notice.Args) error {
	return m.giveUpWith(ctx, c, append(folded, e), store.Failed, why.Error(), func(ctx context.Context) error {
		origin, message := "unsent:"+string(e.ID), e
		switch e.Kind {
		case chat.Message:
		case chat.Edit:
			message.ID = e.Target
		case chat.Notice, chat.Reaction, chat.Redaction:
			return m.tell(ctx, c, origin, kind, args)
		}
		plain, html := notice.Text(string(c.site.Language), kind, args)
		return m.dialog.NoticeAbout(ctx, message, origin, chat.Content{Text: plain, HTML: html})
	})
}

// sent records that an entry is that event, and that the edits folded into it need no
// way of their own, unless an earlier event of the entry stays in its place. Whose PUT
// was answered with the event is as; empty for an event that was seen in the room.
func (m *Matrix) sent(ctx context.Context, c *conversation, e chat.Entry, as id.UserID, room id.RoomID, event id.EventID, folded []chat.Entry) error {
	var kept id.EventID
	var doubted bool
	err := m.settleUnderLease(ctx, c, func(ctx context.Context) (err error) {
		if kept, err = m.recordSent(ctx, c, e, room, event); err != nil || kept != event {
			return err
		}
		for _, f := range folded {
			if err := m.end(ctx, c, f, store.Folded, ""); err != nil {
				return err
			}
		}
		// In here, or a removal that is heard at this moment would see too little.
		if doubted = as != "" && m.wasRemoved(ctx, c, as); doubted {
			_, err = m.store.DoubtEvent(ctx, event)
		}
		return err
	})
	if err != nil {
		return err
	}
	if doubted {
		m.doubts.doubt(e.ID)
		return fmt.Errorf("%w: %s was removed while it said %s", errEarly, as, e.ID)
	}
	killpoint.Reach(killpoint.AfterSettle)
	trail.Of(m.log.Debug(), &e).Str(trail.EventID, string(event)).Str(trail.RoomID, string(room)).Msg("The homeserver has an entry")
	m.doubts.clear(e.ID)
	m.known(ctx, c.visitor, kept)
	m.inbox.wake() // what waited for this event can run
	return errors.Join(m.keepOne(ctx, e, room, kept, event), m.aimAnew(ctx, e, room))
}

// recordSent maps an entry to its event. The edit of a message that never came
// to this room went out as the message itself, and stands for it from then on.
// It returns the event that the entry had before, if any.
func (m *Matrix) recordSent(ctx context.Context, c *conversation, e chat.Entry, room id.RoomID, event id.EventID) (id.EventID, error) {
	if err := m.end(ctx, c, e, store.Sent, ""); err != nil {
		return "", err
	}
	if e.Kind != chat.Edit {
		return m.store.MapEvent(ctx, room, event, e)
	}
	replaces, err := m.store.HasOtherEvent(ctx, e.Target, room, event)
	if err != nil {
		return "", err
	}
	if replaces {
		return m.store.MapEvent(ctx, room, event, e)
	}
	target, err := m.store.Entry(ctx, e.Visitor, e.Target)
	if err != nil {
		return "", err
	}
	return event, errors.Join(m.end(ctx, c, target, store.Sent, ""), m.store.MoveEvent(ctx, room, event, target))
}

// end ends an entry's way, and counts that once.
func (m *Matrix) end(ctx context.Context, c *conversation, e chat.Entry, state store.SendState, why string) error {
	ended, err := m.store.Settle(ctx, e.ID, state, why)
	if err != nil || !ended {
		return err
	}
	if state == store.Sent {
		if err := m.wantRecall(ctx, c, e); err != nil {
			return err
		}
	}
	store.AfterCommit(ctx, func() {
		m.metrics.settled.WithLabelValues(string(state)).Inc()
		switch state {
		case store.Failed:
			trail.Of(m.log.Warn(), &e).Str(trail.RoomID, string(c.room)).Msg("The homeserver refuses an entry; operators do not get it")
		case store.Cancelled, store.Folded:
			trail.Of(m.log.Debug(), &e).Str("state", string(state)).Msg("An entry need not be sent")
		case store.Pending, store.Sent:
		}
		if state == store.Sent {
			m.metrics.send.WithLabelValues(string(c.site.ID), string(e.Author.Party)).Observe(max(0, time.Since(e.At).Seconds()))
		}
	})
	return nil
}

func second[T any](_ T, err error) error { return err }

// giveUp ends the way of entries without an event.
func (m *Matrix) giveUp(ctx context.Context, c *conversation, entries []chat.Entry, state store.SendState, why string) error {
	return m.giveUpWith(ctx, c, entries, state, why, func(context.Context) error { return nil })
}

// giveUpWith is giveUp; also runs in the same transaction.
func (m *Matrix) giveUpWith(ctx context.Context, c *conversation, entries []chat.Entry, state store.SendState, why string, also func(context.Context) error) error {
	err := m.settleUnderLease(ctx, c, func(ctx context.Context) error {
		for _, e := range entries {
			if err := m.end(ctx, c, e, state, why); err != nil {
				return err
			}
		}
		return also(ctx)
	})
	if err != nil {
		return err // they are pending still, and may be there already
	}
	for _, e := range entries {
		m.doubts.clear(e.ID)
	}
	return nil
}

// tell says something to the operators in the dialog's room, once for that
// origin, as an answer to the event that it is about.
func (m *Matrix) tell(ctx context.Context, c *conversation, origin string, kind notice.Kind, args notice.Args) error {
	plain, html := notice.Text(string(c.site.Language), kind, args)
	said := chat.Content{Text: plain, HTML: html}
	if strings.HasPrefix(string(args.Event), "$") { // not the hash of one that has no id
		said.Answers = string(args.Event)
	}
	return m.dialog.Notice(ctx, c.visitor, origin, said)
}

// lookBack searches the room for the event of an entry whose PUT may or may
// not have arrived: from the newest event back to the last one that is known to
// be older, so that neither clocks nor the number of events between matter.
func (m *Matrix) lookBack(ctx context.Context, c *conversation, e chat.Entry) (id.EventID, error) {
	anchor, err := m.store.LastEventBefore(ctx, c.visitor, c.room, e.Seq)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", err
	}
	const page = 100
	removal := false
	for from := ""; ; {
		resp, err := whole(m.hs.as(m.cfg.BotUserID()).Messages(ctx, c.room, from, "", mautrix.DirectionBackward, nil, page))
		if err != nil {
			if outcome(err) == noRoom {
				err = errors.Join(err, second(m.repairRoom(ctx, c)))
			}
			return "", fmt.Errorf("look back in %s: %w", c.room, err)
		}
		for _, found := range resp.Chunk {
			if says, err := m.says(ctx, c.room, found, e); err != nil {
				return "", err
			} else if says {
				return found.ID, nil
			}
			removal = removal || isRemoval(found, c.ghost)
			if found.ID == anchor {
				return "", m.mayComeYet(ctx, c, e, removal)
			}
		}
		end := olderFrom(from, resp.Start, resp.End)
		if end == "" || end == from || len(resp.Chunk) == 0 {
			return "", m.mayComeYet(ctx, c, e, removal)
		}
		from = end
	}
}

// says reports whether an event is that of an entry.
func (m *Matrix) says(ctx context.Context, room id.RoomID, found *event.Event, e chat.Entry) (bool, error) {
	if entryKey(found.Content.VeryRaw) != e.ID || !m.cfg.IsOurs(found.Sender) {
		return false, nil
	}
	aside, err := m.aimsAside(ctx, e, room, found.ID, found.Content.VeryRaw)
	return !aside, err
}

// entryKey reads which entry a content stands for, or "".
func entryKey(content json.RawMessage) chat.EntryID {
	var c struct {
		Entry chat.EntryID `json:"chat.anteroom.id"`
	}
	_ = json.Unmarshal(content, &c) // what cannot be read is not ours
	return c.Entry
}

// ownKeys are the entry that one of our own events stands for, and the widget's own key of
// it; both are empty for others, and "" is what cannot be read.
func (m *Matrix) ownKeys(head eventHead) (entry chat.EntryID, client chat.ClientID) {
	if !m.cfg.IsOurs(head.Sender) {
		return "", ""
	}
	var c struct {
		Client chat.ClientID `json:"chat.anteroom.client"`
	}
	if err := json.Unmarshal(head.Content, &c); err == nil && c.Client.Valid() {
		client = c.Client
	}
	return entryKey(head.Content), client
}

// operatorKey reads on whose behalf the bot sent a content, or "".
func operatorKey(content json.RawMessage) id.UserID {
	var c struct {
		Operator id.UserID `json:"chat.anteroom.operator"`
	}
	_ = json.Unmarshal(content, &c) // what cannot be read is not ours
	return c.Operator
}
