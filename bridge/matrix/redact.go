package matrix

import (
	"context"
	"net/http"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/matrix/convert"
	"github.com/anteroom-chat/anteroom/bridge/matrix/notice"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// sendRedaction removes the target's event, and whatever else says the same:
// its edits, and the event of a room before this one. A target that was never
// sent cannot be seen by anyone, so there is nothing to do.
func (m *Matrix) sendRedaction(ctx context.Context, c *conversation, e chat.Entry) error {
	targets, err := m.store.EventsAbout(ctx, c.visitor, e.Target)
	if err != nil {
		return err
	}
	if len(targets) == 0 {
		return m.giveUp(ctx, c, []chat.Entry{e}, store.Cancelled, "its target was never sent")
	}
	killpoint.Reach(killpoint.BeforeSend)
	// The target's own goes last: its redaction ends the entry's way.
	if err := m.redactAlso(ctx, c, e, targets[1:]); err != nil {
		return err
	}
	own := targets[0]
	as := m.remover(c, e, own)
	txn, _, err := m.again(ctx, c, e)
	if err != nil {
		return err
	}
	removed, err := m.redact(ctx, c, as, own, e.ID, txn, map[string]any{convert.EntryKey: e.ID})
	if err == nil {
		m.doubts.clear(asked(e.ID, own))
		killpoint.Reach(killpoint.AfterSend)
		if removed == "" {
			return m.giveUp(ctx, c, []chat.Entry{e}, store.Sent, "")
		}
		if own.Room != c.room {
			as = "" // the bot's, whom nobody removes
		}
		return m.sent(ctx, c, e, as, own.Room, removed, nil)
	}
	if own.Room == c.room {
		if err := m.mayDegrade(ctx, c, e, err); err != nil {
			return err
		}
	} else if !m.givesUp(ctx, own, e.ID, err) {
		return err
	}
	kind, args := notice.RemovalFailed, notice.Args{Cause: cause(err), Event: own.Event}
	if own.Room != c.room {
		kind, args = notice.RemovalFailedBefore, notice.Args{Cause: cause(err), Room: own.Room, Via: []string{m.cfg.Homeserver.Domain}}
	}
	return m.failAloud(ctx, c, e, nil, err, kind, args)
}

// remover is who removes an event for an entry: what the bot says of a message, or in its place,
// only the bot may remove.
func (m *Matrix) remover(c *conversation, e chat.Entry, target store.RoomEvent) id.UserID {
	if target.Party == chat.Bot {
		return m.cfg.BotUserID()
	}
	return m.speaker(c, e)
}

// redactAlso removes what says the same as a removed message. What the
// homeserver refuses for good is let be.
func (m *Matrix) redactAlso(ctx context.Context, c *conversation, e chat.Entry, targets []store.RoomEvent) error {
	for _, also := range targets {
		_, err := m.redact(ctx, c, m.remover(c, e, also), also, e.ID, string(e.ID)+string(also.Event), nil)
		switch {
		case err == nil:
			m.doubts.clear(asked(e.ID, also))
		case hopeless(err):
		case also.Room != c.room && m.givesUp(ctx, also, e.ID, err):
		case also.Room == c.room && (isForeign(err) || status(err) >= http.StatusInternalServerError) && m.doubts.fault(e.ID) >= serverErrors:
		default:
			return err
		}
	}
	return nil
}

// mostAsked is how often a room that the dialog left is asked to remove something while the
// homeserver fails for it alone: what was removed must not stay there for one fault, and the
// present room must not wait for it for ever.
const mostAsked = 5

// givesUp reports whether a removal in a room that the dialog left is to be given up.
func (m *Matrix) givesUp(ctx context.Context, target store.RoomEvent, by chat.EntryID, err error) bool {
	if hopeless(err) {
		return true
	}
	if status(err) == 0 || status(err) == http.StatusTooManyRequests || m.hs.isDown(ctx, err) {
		return false
	}
	if m.doubts.refuse(asked(by, target)) < mostAsked {
		return false
	}
	m.doubts.clear(asked(by, target))
	return true
}

// asked is by which the refusals of a removal of one of an entry's events are counted.
func asked(by chat.EntryID, target store.RoomEvent) chat.EntryID {
	return by + " " + chat.EntryID(target.Event)
}

// hopeless reports whether the homeserver refuses us for good. What a proxy says in its place
// is no word about a room.
func hopeless(err error) bool {
	f := outcome(err)
	return isHomeserver(err) && !isForeign(err) && (f == noRoom || f == refused)
}

// redact removes one event for an entry, as who said it, and returns the redaction's event, or
// "" when the homeserver has one already. In a room that was upgraded only the
// bot still has the power for it.
func (m *Matrix) redact(ctx context.Context, c *conversation, as id.UserID, target store.RoomEvent, by chat.EntryID, txn string, extra map[string]any) (id.EventID, error) {
	if done, err := m.isRedacted(ctx, target.Room, target.Event); err != nil || done {
		return "", err
	}
	if target.Room != c.room {
		as = m.cfg.BotUserID()
	} else if as == c.ghost {
		if err := m.enterRoom(ctx, c); err != nil {
			return "", err
		}
	}
	m.log.Debug().Str(trail.Visitor, string(c.visitor)).Str(trail.Entry, string(by)).Str(trail.EventID, string(target.Event)).
		Str(trail.RoomID, string(target.Room)).Msg("The homeserver is asked to remove an event")
	resp, err := m.hs.as(as).RedactEvent(ctx, target.Room, target.Event, mautrix.ReqRedact{TxnID: txn, Extra: extra})
	if err != nil {
		return "", err
	}
	return named(resp.EventID)
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
	_, err = named(found.ID)
	return found.Unsigned.RedactedBecause != nil, err
}
