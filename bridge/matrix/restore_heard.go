package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/matrix/convert"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// A restored database stores what it reads in the rooms, and hears it in its turn. Only then
// does it know what operators said, and what they answered.

// AwaitRestored waits until a database that a backup left has heard what the rooms have:
// what was about to be done in it was done long ago, or by somebody else.
func (m *Matrix) AwaitRestored(ctx context.Context) error {
	copied, err := m.store.Meta(ctx, store.MetaCopy)
	if err != nil {
		return err
	}
	if copied == "" && m.unheard.Load() == 0 {
		return nil
	}
	select {
	case <-m.heard:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Restoring reports whether a restored database has yet to hear what the rooms have.
func (m *Matrix) Restoring() bool { return m.rereads.Load() || m.unheard.Load() > 0 }

// noteUnheard notes up to where the inbox has what was read in the rooms.
func (m *Matrix) noteUnheard(ctx context.Context) error {
	newest, err := m.store.NewestArrival(ctx)
	if err != nil {
		return err
	}
	if err := m.store.SetMeta(ctx, metaUnheard, strconv.FormatInt(newest, 10)); err != nil {
		return err
	}
	m.unheard.Store(newest)
	return nil
}

// noteHeard notes when all of that was heard.
func (m *Matrix) noteHeard(ctx context.Context) error {
	if upTo := m.unheard.Load(); upTo > 0 {
		waits, err := m.store.HasNewArrivals(ctx, upTo)
		if err != nil || waits {
			return err
		}
		if err := m.store.Write(ctx, func(ctx context.Context) error {
			noted, err := m.metaNumber(ctx, metaUnheard)
			if err != nil || noted != upTo { // restored once more meanwhile
				return err
			}
			return m.store.SetMeta(ctx, metaUnheard, "")
		}); err != nil {
			return err
		}
		m.unheard.CompareAndSwap(upTo, 0)
	}
	m.heardOnce.Do(func() { close(m.heard) })
	return nil
}

// saidBefore is when an event was said that a restored database hears once more; zero for all
// others. What is ours and not known is such a one, and what people said before this process
// began, which read it in the rooms.
func (m *Matrix) saidBefore(h heard) time.Time {
	at := time.UnixMilli(h.head.Stamp)
	again := m.cfg.IsOurs(h.head.Sender) || h.Position <= m.unheard.Load() && at.Before(m.began)
	if h.head.Stamp <= 0 || !again {
		return time.Time{}
	}
	return at
}

// wentOn reports whether the visitor or the bot said something to the other that a restored
// database does not know. What operators and the bridge say among themselves is nothing to it.
func (m *Matrix) wentOn(ctx context.Context, v chat.VisitorID, missed []store.Arrival) (bool, error) {
	for _, e := range missed {
		head := readHead(e.Raw)
		key := entryKey(head.Content)
		if !key.Valid() || !m.isTalk(e, head) {
			continue
		}
		if _, err := m.store.Entry(ctx, v, key); err != nil {
			return errors.Is(err, store.ErrNotFound), ignoreNotFound(err)
		}
	}
	return false, nil
}

// isTalk reports whether an event is a message of the visitor or of the bot to the visitor.
func (m *Matrix) isTalk(e store.Arrival, head eventHead) bool {
	switch {
	case !m.cfg.IsOurs(head.Sender) || operatorKey(head.Content) != "":
		return false
	case head.Sender == m.cfg.BotUserID():
		return convert.FromBot(e.Raw).Verdict == convert.Deliver
	default:
		in := convert.FromOwn(e.Raw)
		return in.Verdict == convert.Deliver && in.Kind == chat.Message
	}
}

// restoreEntry takes back into the journal what our own users said in a room
// and the database does not know any more. Notices to operators stay where they are, as
// all that the bot says in the desk.
func (m *Matrix) restoreEntry(ctx context.Context, h heard, key chat.EntryID) error {
	if h.conv.who.Desk {
		return nil
	}
	author := chat.Author{Party: chat.Visitor}
	in := convert.FromOwn(h.Raw)
	if h.head.Sender != h.conv.ghost {
		if operator := operatorKey(h.head.Content); operator != "" {
			author = m.author(ctx, h.Room, operator)
		} else {
			author, in = chat.Author{Party: chat.Bot}, convert.FromBot(h.Raw)
		}
	}
	if in.Verdict != convert.Deliver {
		return nil
	}
	if err := m.editAgain(ctx, h, &in); err != nil {
		return err
	}
	m.log.Info().Str(trail.Visitor, string(h.conv.visitor)).Str(trail.Entry, string(key)).Msg("An entry that a restored database does not know is taken back from its room")
	return m.deliver(ctx, h, in, author)
}

// editAgain makes an edit again of what came to its room as a message, since what it is
// about was said in the room before.
func (m *Matrix) editAgain(ctx context.Context, h heard, in *convert.Incoming) error {
	var c struct {
		Edits chat.EntryID `json:"chat.anteroom.edits"`
	}
	if err := json.Unmarshal(h.head.Content, &c); err != nil || !c.Edits.Valid() || in.Kind != chat.Message {
		return nil // what cannot be read is not ours
	}
	at, _, err := m.store.EventOf(ctx, c.Edits)
	if err != nil {
		return ignoreNotFound(err)
	}
	in.Kind, in.Target, in.ReplyTo, in.Media = chat.Edit, at, "", nil
	in.Content = chat.Content{Text: in.Content.Text, HTML: in.Content.HTML}
	return nil
}

// restoreRemoval takes back that one of our users removed an event which a restored
// database still has the entry of. Dendrite drops what else we say in a redaction, so
// that it is known by what it removes.
func (m *Matrix) restoreRemoval(ctx context.Context, h heard) error {
	in := convert.FromMatrix(h.Raw)
	if in.Target == "" || isTwinRemoval(h.head.Content) {
		return nil
	}
	target, err := m.store.EntryOf(ctx, in.Target)
	if err != nil || target.Redacted || target.Visitor != h.conv.visitor || target.Kind != chat.Message && target.Kind != chat.Reaction {
		return ignoreNotFound(err)
	}
	if own, _, err := m.store.EventOf(ctx, target.ID); err != nil || own != in.Target {
		return ignoreNotFound(err) // another event says the same, and that one stays
	}
	m.log.Info().Str(trail.Visitor, string(h.conv.visitor)).Str(trail.Entry, string(target.ID)).Msg("A removal that a restored database does not know is taken back from its room")
	return m.deliver(ctx, h, in, target.Author)
}
