package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/matrix/convert"
	"github.com/anteroom-chat/anteroom/bridge/matrix/notice"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// send brings one entry to the room, or ends its way for good. It returns an
// error when the entry must wait.
func (m *Matrix) send(ctx context.Context, t task, c *conversation, e chat.Entry) error {
	if m.doubts.about(e.ID) {
		found, err := m.lookBack(ctx, c, e)
		if err != nil {
			return err
		}
		if found != "" {
			return m.sent(ctx, c, e, c.room, found, nil)
		}
	}
	if e.Kind == chat.Redaction {
		return m.sendRedaction(ctx, c, e)
	}
	out, folded, err := m.compose(ctx, c, e)
	if err != nil {
		return err
	}
	if out == nil {
		return m.giveUp(ctx, c, append(folded, e), store.Cancelled, "redacted or without a target")
	}
	if out.file != nil && out.file.MXC == "" {
		if t != taskUpload {
			return errOtherTask{taskUpload}
		}
		return m.upload(ctx, c, e, *out.file)
	}
	return m.put(ctx, c, e, out, folded)
}

// outgoing is an entry as it will be sent: what it says after later edits, and
// as whom.
type outgoing struct {
	entry chat.Entry
	refs  convert.Refs
	file  *store.File
	as    id.UserID
}

// compose decides what an entry becomes. Later edits that wait behind an
// unsent message are folded into it and returned; a later redaction of it
// means that neither is ever sent (nil).
func (m *Matrix) compose(ctx context.Context, c *conversation, e chat.Entry) (*outgoing, []chat.Entry, error) {
	out := &outgoing{entry: e, as: c.ghost}
	if e.Author.Party == chat.Bot {
		out.as = m.cfg.BotUserID()
	}
	later, err := m.store.UnsentAbout(ctx, c.visitor, e.ID)
	if err != nil {
		return nil, nil, err
	}
	for _, l := range later {
		if l.Kind == chat.Redaction {
			return nil, later, nil
		}
		out.entry.Content.Text, out.entry.Content.HTML = l.Content.Text, l.Content.HTML
	}
	if e.Redacted {
		return nil, later, nil
	}
	if e.Target != "" {
		if ok, err := m.aim(ctx, c, out); err != nil || !ok {
			return nil, later, err
		}
	}
	if reply := out.entry.Content.ReplyTo; reply != "" {
		if out.refs.ReplyTo, err = m.eventIn(ctx, c.room, reply); err != nil {
			return nil, nil, err
		}
	}
	if f := out.entry.Content.File; f != nil {
		file, err := m.store.File(ctx, c.visitor, f.ID)
		if err != nil {
			return nil, nil, fmt.Errorf("file of entry %s: %w", e.ID, err)
		}
		out.file, out.refs.Media = &file, file.MXC
	}
	return out, later, nil
}

// aim finds the event that an edit or a reaction is about. The edit of a
// message that never came to this room becomes a message itself; a reaction to
// one is dropped (false).
func (m *Matrix) aim(ctx context.Context, c *conversation, out *outgoing) (bool, error) {
	target, err := m.store.Entry(ctx, c.visitor, out.entry.Target)
	if errors.Is(err, store.ErrNotFound) || err == nil && target.Redacted {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if out.refs.Target, err = m.eventIn(ctx, c.room, target.ID); err != nil {
		return false, err
	}
	switch {
	case out.refs.Target != "" && out.entry.Kind == chat.Edit:
		out.refs.Original = &target.Content
		if f := target.Content.File; f != nil {
			file, err := m.store.File(ctx, c.visitor, f.ID)
			if err != nil {
				return false, err
			}
			out.refs.Media = file.MXC
		}
	case out.refs.Target != "":
	case out.entry.Kind == chat.Edit:
		text, html := out.entry.Content.Text, out.entry.Content.HTML
		out.entry.Kind, out.entry.Target, out.entry.Content = chat.Message, "", target.Content
		out.entry.Content.Text, out.entry.Content.HTML = text, html
	default:
		return false, nil
	}
	return true, nil
}

// eventIn returns the event of an entry if it is in that room, else "".
func (m *Matrix) eventIn(ctx context.Context, room id.RoomID, entry chat.EntryID) (id.EventID, error) {
	event, at, err := m.store.EventOf(ctx, entry)
	if errors.Is(err, store.ErrNotFound) || err == nil && at != room {
		return "", nil
	}
	return event, err
}

// put sends a composed entry, plainer when the homeserver refuses it as it is.
func (m *Matrix) put(ctx context.Context, c *conversation, e chat.Entry, out *outgoing, folded []chat.Entry) error {
	eventType, content, err := convert.ToMatrix(out.entry, out.refs)
	if err != nil {
		return m.fail(ctx, c, e, out.entry.Content.Text, folded, err)
	}
	if convert.TooLarge(content) {
		if content, err = m.degrade(ctx, out, content); err != nil {
			return err
		}
	}
	if out.as == c.ghost {
		if err := m.enterRoom(ctx, c); err != nil {
			return err
		}
	}
	var refusal error
	for content != nil {
		sent, err := m.putEvent(ctx, c, e, out.as, eventType, content)
		refusal = err
		if err == nil {
			return m.sent(ctx, c, e, c.room, sent, folded)
		}
		if errors.Is(err, errDuplicateReaction) {
			return m.giveUp(ctx, c, []chat.Entry{e}, store.Cancelled, "the homeserver has that reaction")
		}
		if err := m.mayDegrade(ctx, c, e, err); err != nil {
			return err
		}
		if content, err = m.degrade(ctx, out, content); err != nil {
			return err
		}
	}
	return m.fail(ctx, c, e, out.entry.Content.Text, folded, refusal)
}

// fail ends an entry's way because it cannot be sent, and tells the room what it misses.
func (m *Matrix) fail(ctx context.Context, c *conversation, e chat.Entry, text string, folded []chat.Entry, why error) error {
	if err := m.giveUp(ctx, c, append(folded, e), store.Failed, why.Error()); err != nil {
		return err
	}
	return m.tell(ctx, c, "unsent:"+string(e.ID), notice.SendFailed, notice.Args{Text: text, Cause: cause(why)})
}

var errDuplicateReaction = errors.New("the homeserver has that reaction")

func (m *Matrix) putEvent(ctx context.Context, c *conversation, e chat.Entry, as id.UserID, t event.Type, content any) (id.EventID, error) {
	m.doubts.doubt(e.ID)
	killpoint.Reach(killpoint.BeforeSend)
	resp, err := m.hs.as(as).SendMessageEvent(ctx, c.room, t, content, mautrix.ReqSendEvent{TransactionID: string(e.ID)})
	if err == nil {
		killpoint.Reach(killpoint.AfterSend)
		return resp.EventID, nil
	}
	if s := status(err); s >= http.StatusBadRequest && s < http.StatusInternalServerError {
		m.doubts.certain(e.ID) // a clear refusal: it is not there
	}
	if e, ok := errors.AsType[mautrix.RespError](err); ok && e.ErrCode == "M_DUPLICATE_ANNOTATION" {
		return "", errDuplicateReaction
	}
	return "", err
}

// serverErrors is how many 5xx answers to one entry, while the homeserver
// works for others, count as a refusal.
const serverErrors = 10

// mayDegrade returns nil when the refusal is about the content, so that a
// plainer one may pass, else the error with which the entry waits.
func (m *Matrix) mayDegrade(ctx context.Context, c *conversation, e chat.Entry, refusal error) error {
	switch outcome(refusal) {
	case refused:
		return nil
	case noRoom:
		cured, err := m.repairRoom(ctx, c)
		if err != nil {
			return err
		}
		const refusals = 3 // in a room that is well, a refusal is about the entry
		if !cured && m.doubts.refuse(e.ID) >= refusals {
			return nil
		}
		return refusal
	case later, down:
		if status(refusal) >= http.StatusInternalServerError && m.doubts.refuse(e.ID) >= serverErrors {
			return nil
		}
		return refusal
	case unauthorized:
		return refusal
	default:
		return refusal
	}
}

// degrade returns the next plainer content, or nil when there is none.
func (m *Matrix) degrade(ctx context.Context, out *outgoing, content any) (any, error) {
	plainer, ok := convert.Degrade(content)
	if !ok {
		return nil, nil
	}
	if plainer.Upload != nil {
		resp, err := m.hs.as(out.as).UploadBytesWithName(ctx, plainer.Upload.Data, plainer.Upload.Type, plainer.Upload.Name)
		if err != nil {
			return nil, fmt.Errorf("upload a long text: %w", err)
		}
		plainer.Attach(resp.ContentURI.CUString())
	}
	return plainer.Content, nil
}

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

// sent records that an entry is that event, and that the edits folded into it need no way of their own.
func (m *Matrix) sent(ctx context.Context, c *conversation, e chat.Entry, room id.RoomID, event id.EventID, folded []chat.Entry) error {
	var kept id.EventID
	err := m.settleUnderLease(ctx, c, func(ctx context.Context) (err error) {
		for _, f := range folded {
			if err := m.store.Settle(ctx, f.ID, store.Folded, ""); err != nil {
				return err
			}
		}
		kept, err = m.recordSent(ctx, e, room, event)
		return err
	})
	if err != nil {
		return err
	}
	killpoint.Reach(killpoint.AfterSettle)
	m.doubts.clear(e.ID)
	m.known(ctx, c.visitor, kept)
	m.inbox.wake() // what waited for this event can run
	if kept != event {
		return m.redactTwin(ctx, room, event)
	}
	return nil
}

// recordSent maps an entry to its event; the edit that became a message stands
// for the message. It returns the event that the entry had before, if any.
func (m *Matrix) recordSent(ctx context.Context, e chat.Entry, room id.RoomID, event id.EventID) (id.EventID, error) {
	if e.Kind == chat.Edit {
		_, _, err := m.store.EventOf(ctx, e.Target)
		if errors.Is(err, store.ErrNotFound) {
			target, err := m.store.Entry(ctx, e.Visitor, e.Target)
			if err != nil {
				return "", err
			}
			return event, errors.Join(
				m.store.Settle(ctx, e.ID, store.Sent, ""), m.store.Settle(ctx, target.ID, store.Sent, ""),
				second(m.store.MapEvent(ctx, room, event, target)))
		}
		if err != nil {
			return "", err
		}
	}
	if err := m.store.Settle(ctx, e.ID, store.Sent, ""); err != nil {
		return "", err
	}
	return m.store.MapEvent(ctx, room, event, e)
}

func second[T any](_ T, err error) error { return err }

// redactTwin removes an event that says what another one says already.
func (m *Matrix) redactTwin(ctx context.Context, room id.RoomID, twin id.EventID) error {
	_, err := m.hs.as(m.cfg.BotUserID()).RedactEvent(ctx, room, twin, mautrix.ReqRedact{Reason: "sent twice", TxnID: "twin-" + string(twin)})
	if f := outcome(err); err != nil && (f == down || f == later) {
		return err
	}
	return nil
}

// giveUp ends the way of entries without an event.
func (m *Matrix) giveUp(ctx context.Context, c *conversation, entries []chat.Entry, state store.SendState, why string) error {
	err := m.settleUnderLease(ctx, c, func(ctx context.Context) error {
		for _, e := range entries {
			if err := m.store.Settle(ctx, e.ID, state, why); err != nil {
				return err
			}
		}
		return nil
	})
	for _, e := range entries {
		m.doubts.clear(e.ID)
	}
	return err
}

// tell says something to the operators in the dialog's room, once for that origin.
func (m *Matrix) tell(ctx context.Context, c *conversation, origin string, kind notice.Kind, args notice.Args) error {
	plain, html := notice.Text(string(c.site.Language), kind, args)
	return m.dialog.Notice(ctx, c.visitor, origin, plain, html)
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
	for from := ""; ; {
		resp, err := m.hs.as(m.cfg.BotUserID()).Messages(ctx, c.room, from, "", mautrix.DirectionBackward, nil, page)
		if err != nil {
			if outcome(err) == noRoom {
				err = errors.Join(err, second(m.repairRoom(ctx, c)))
			}
			return "", fmt.Errorf("look back in %s: %w", c.room, err)
		}
		for _, found := range resp.Chunk {
			if entryKey(found.Content.VeryRaw) == e.ID && m.cfg.IsOurs(found.Sender) {
				return found.ID, nil
			}
			if found.ID == anchor {
				return "", nil
			}
		}
		if resp.End == "" || resp.End == from || len(resp.Chunk) == 0 {
			return "", nil
		}
		from = resp.End
	}
}

// entryKey reads which entry a content stands for, or "".
func entryKey(content json.RawMessage) chat.EntryID {
	var c struct {
		Entry chat.EntryID `json:"chat.anteroom.id"`
	}
	_ = json.Unmarshal(content, &c) // what cannot be read is not ours
	return c.Entry
}
