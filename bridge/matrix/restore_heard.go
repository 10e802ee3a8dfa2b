package matrix

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/matrix/convert"
	"github.com/anteroom-chat/anteroom/bridge/store"
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
