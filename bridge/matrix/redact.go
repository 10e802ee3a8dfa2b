package matrix

import (
	"context"
	"errors"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/matrix/convert"
	"github.com/anteroom-chat/anteroom/bridge/matrix/notice"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// sendRedaction removes the target's event. One that was never sent cannot be
// seen by anyone, so there is nothing to do.
func (m *Matrix) sendRedaction(ctx context.Context, c *conversation, e chat.Entry) error {
	target, room, err := m.store.EventOf(ctx, e.Target)
	if errors.Is(err, store.ErrNotFound) {
		return m.giveUp(ctx, c, []chat.Entry{e}, store.Cancelled, "its target was never sent")
	}
	if err != nil {
		return err
	}
	if done, err := m.isRedacted(ctx, room, target); err != nil || done {
		if err != nil {
			return err
		}
		return m.giveUp(ctx, c, []chat.Entry{e}, store.Sent, "")
	}
	if room == c.room {
		if err := m.enterRoom(ctx, c); err != nil {
			return err
		}
	}
	killpoint.Reach(killpoint.BeforeSend)
	resp, err := m.hs.as(c.ghost).RedactEvent(ctx, room, target, mautrix.ReqRedact{
		TxnID: string(e.ID), Extra: map[string]any{convert.EntryKey: e.ID},
	})
	if err == nil {
		killpoint.Reach(killpoint.AfterSend)
		return m.sent(ctx, c, e, room, resp.EventID, nil)
	}
	if f := outcome(err); room == c.room || f != noRoom && f != refused {
		if err := m.mayDegrade(ctx, c, e, err); err != nil {
			return err
		}
	}
	if err := m.giveUp(ctx, c, []chat.Entry{e}, store.Failed, err.Error()); err != nil {
		return err
	}
	return m.tell(ctx, c, "unsent:"+string(e.ID), notice.SendFailed, notice.Args{Cause: cause(err), Event: target})
}

// isRedacted reports whether the homeserver has the event's redaction already.
func (m *Matrix) isRedacted(ctx context.Context, room id.RoomID, target id.EventID) (bool, error) {
	found, err := m.hs.as(m.cfg.BotUserID()).GetEvent(ctx, room, target)
	if err != nil {
		if f := outcome(err); f == noRoom || f == refused {
			return false, nil
		}
		return false, err
	}
	return found.Unsigned.RedactedBecause != nil, nil
}
