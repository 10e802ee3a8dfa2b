package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/matrix/convert"
	"github.com/anteroom-chat/anteroom/bridge/matrix/notice"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// heard is an event of a dialog's room while it is converted.
type heard struct {
	store.InboxEvent
	head eventHead
	conv *conversation
	// current is false for a room that the dialog has left behind.
	current bool
}

// eventHead is what every event has; odd types of a field read as its zero.
type eventHead struct {
	ID       id.EventID
	Type     string
	Sender   id.UserID
	StateKey *string
	// Stamp is origin_server_ts, in Unix milliseconds.
	Stamp   int64
	Content json.RawMessage
}

func readHead(raw json.RawMessage) eventHead {
	var fields map[string]json.RawMessage
	var h eventHead
	_ = json.Unmarshal(raw, &fields)
	read := func(key string, into any) { _ = json.Unmarshal(fields[key], into) }
	read("event_id", &h.ID)
	read("type", &h.Type)
	read("sender", &h.Sender)
	read("state_key", &h.StateKey)
	read("origin_server_ts", &h.Stamp)
	h.Content = fields["content"]
	return h
}

// hear turns one stored event into what it means. It can be repeated at any point.
func (m *Matrix) hear(ctx context.Context, e store.InboxEvent) error {
	h := heard{InboxEvent: e, head: readHead(e.Raw)}
	v, current, err := m.store.DialogOf(ctx, e.Room)
	h.current = current
	if errors.Is(err, store.ErrNotFound) {
		// Events of an erased visitor's room are not stored any more; those of the same page
		// as the command are passed over, and what stayed from before would come up for ever.
		if erased, err := m.store.IsErased(ctx, e.Room); err != nil {
			return err
		} else if erased {
			return m.store.ForgetArrival(ctx, id.EventID(e.Key))
		}
		if parked, err := m.hearStray(ctx, h); err != nil || parked {
			return err
		}
		return m.store.FinishArrival(ctx, e.Position, 0)
	}
	if err != nil {
		return err
	}
	if h.conv, err = m.open(ctx, v); err != nil {
		if errors.Is(err, errErased) { // the site left the config
			return errors.Join(m.answerUnread(ctx, h), m.store.FinishArrival(ctx, e.Position, 0))
		}
		return err
	}
	if err := m.hearDialogs(ctx, h); err != nil {
		return err
	}
	m.known(ctx, v, id.EventID(e.Key))
	return nil
}

// hearDialogs takes an event of a dialog's room.
func (m *Matrix) hearDialogs(ctx context.Context, h heard) (err error) {
	switch {
	case h.head.StateKey != nil:
		err = m.hearState(ctx, h)
	case m.cfg.IsOurs(h.head.Sender):
		err = m.hearEcho(ctx, h)
	default:
		return m.hearPerson(ctx, h)
	}
	if err != nil {
		return err
	}
	return m.ignore(ctx, h)
}

// ignore ends an event that adds nothing to the journal.
func (m *Matrix) ignore(ctx context.Context, h heard) error {
	return m.finish(ctx, h, m.store.FinishArrival)
}

// finish ends an event at the journal's present end.
func (m *Matrix) finish(ctx context.Context, h heard, as func(ctx context.Context, position, seq int64) error) error {
	marks, err := m.store.Marks(ctx, h.conv.visitor)
	if err != nil {
		return err
	}
	if err := as(ctx, h.Position, marks.Last); err != nil {
		return err
	}
	m.onEvent(m.log.Debug(), h).Msg("An event adds nothing to the journal")
	return nil
}

// onEvent adds which event a line of the log is about, and the entry that it carries if
// it is our own.
func (m *Matrix) onEvent(e *zerolog.Event, h heard) *zerolog.Event {
	if e == nil { // the level is off
		return nil
	}
	e.Str(trail.EventID, h.Key).Str(trail.RoomID, string(h.Room)).Str("type", h.head.Type)
	if h.conv != nil {
		e.Str(trail.Visitor, string(h.conv.visitor))
	}
	if entry := entryKey(h.head.Content); entry.Valid() && m.cfg.IsOurs(h.head.Sender) {
		e.Str(trail.Entry, string(entry))
	}
	return e
}

// hearEcho settles the outbox row of one of our own events: the surest proof
// that it arrived. A second event of the same entry is removed.
func (m *Matrix) hearEcho(ctx context.Context, h heard) error {
	if h.head.Type == event.EventRedaction.Type {
		return m.restoreRemoval(ctx, h)
	}
	key := entryKey(h.head.Content)
	if !key.Valid() || h.head.ID == "" {
		return nil
	}
	entry, err := m.store.Entry(ctx, h.conv.visitor, key)
	if errors.Is(err, store.ErrNotFound) {
		return m.restoreEntry(ctx, h, key)
	}
	if err != nil {
		return err
	}
	switch lost, err := m.isLost(ctx, h); {
	case err != nil:
		return err
	case lost:
		return m.store.ForgetArrival(ctx, h.head.ID) // until it comes to light
	}
	return m.settleEcho(ctx, h, entry)
}

// settleEcho settles the entry that an event of ours says.
func (m *Matrix) settleEcho(ctx context.Context, h heard, entry chat.Entry) error {
	if aside, err := m.aimsAside(ctx, entry, h.Room, h.head.ID, h.head.Content); err != nil || aside {
		m.queue.wake(h.conv.visitor)
		return err
	}
	var kept id.EventID
	if err := m.store.Write(ctx, func(ctx context.Context) (err error) {
		kept, err = m.recordSent(ctx, h.conv, entry, h.Room, h.head.ID)
		return err
	}); err != nil {
		return err
	}
	m.doubts.clear(entry.ID)
	m.known(ctx, h.conv.visitor, kept)
	// An event that came to light only after its entry was removed has to go
	// too: its redaction was dropped, because there seemed to be nothing to redact.
	if entry.Redacted {
		return m.redactTwin(ctx, h.Room, h.head.ID)
	}
	return errors.Join(m.keepOne(ctx, entry, h.Room, kept, h.head.ID), m.aimAnew(ctx, entry, h.Room))
}

// isLost reports whether an event was delivered before the homeserver was
// restored from a backup that does not have it: it proves nothing any more.
func (m *Matrix) isLost(ctx context.Context, h heard) (bool, error) {
	before, err := m.metaNumber(ctx, metaResentAt)
	if err != nil || h.Position > before {
		return false, err
	}
	there, err := m.hasEvent(ctx, h.Room, h.head.ID)
	return !there, err
}

// hasEvent reports whether the homeserver has an event.
func (m *Matrix) hasEvent(ctx context.Context, room id.RoomID, at id.EventID) (bool, error) {
	_, has, err := m.find(ctx, room, at)
	return has, err
}

// find returns an event as the homeserver has it now, and whether it does.
func (m *Matrix) find(ctx context.Context, room id.RoomID, at id.EventID) (found *event.Event, has bool, err error) {
	found, err = m.hs.as(m.cfg.BotUserID()).GetEvent(ctx, room, at)
	if f := outcome(err); err != nil && (f == noRoom || f == refused) && isHomeserver(err) {
		return nil, false, nil
	}
	if err == nil {
		_, err = named(found.ID)
	}
	return found, err == nil, err
}

// hearState follows what happens to the room and its members.
func (m *Matrix) hearState(ctx context.Context, h heard) error {
	switch h.head.Type {
	case event.StateMember.Type:
		return m.hearMember(ctx, h)
	case event.StateTombstone.Type:
		var content event.TombstoneEventContent
		_ = json.Unmarshal(h.head.Content, &content)
		if current, err := m.store.RoomOf(ctx, h.conv.visitor); err != nil || current != h.Room || content.ReplacementRoom == "" {
			return ignoreNotFound(err)
		}
		if err := m.follow(ctx, h.conv.visitor, h.Room, content.ReplacementRoom); err != nil {
			return err
		}
		m.queue.wake(h.conv.visitor)
		return nil
	case event.StateRoomName.Type:
		return m.hearName(ctx, h)
	case event.StateEncryption.Type:
		return m.tell(ctx, h.conv, "encryption:"+string(h.Room), notice.EncryptionOn, notice.Args{})
	default:
		if in := convert.FromMatrix(h.Raw); in.Verdict == convert.Refuse && !m.cfg.IsOurs(h.head.Sender) {
			return m.refuse(ctx, h, in) // a live location begins as a state event
		}
		return nil
	}
}

func (m *Matrix) hearMember(ctx context.Context, h heard) error {
	member := readMember(h.head.Content)
	user := id.UserID(*h.head.StateKey)
	if member.Membership == event.MembershipInvite && m.cfg.IsOurs(user) {
		return nil // ours accept at once; the invitation's event may come after that
	}
	if err := m.hs.state.SetMember(ctx, h.Room, user, &member); err != nil {
		return err
	}
	if err := m.countMember(ctx, h, user, member.Membership); err != nil {
		return err
	}
	if user != h.conv.ghost || !h.current || h.conv.who.Desk {
		return nil
	}
	if member.Membership == event.MembershipLeave || member.Membership == event.MembershipBan {
		if err := m.doubtUnheard(ctx, h.conv.visitor, h.Room); err != nil {
			return err
		}
	}
	switch member.Membership {
	case event.MembershipBan:
		return m.dialog.Block(ctx, h.conv.visitor, true)
	case event.MembershipLeave:
		return m.hearRemoval(ctx, h)
	case event.MembershipJoin, event.MembershipInvite, event.MembershipKnock:
		return nil
	default:
		return nil
	}
}

// hearRemoval follows what somebody did to a ghost that is not in the room now.
// To lift its ban is to unblock the visitor. A kick is a close: the ghost
// returns with the visitor's next message, unless that is blocked by a command.
func (m *Matrix) hearRemoval(ctx context.Context, h heard) error {
	if m.cfg.IsOurs(h.head.Sender) {
		return nil // it left by itself, or the bot lifted its ban because a command had unblocked it
	}
	// Dendrite delivers events without what they replaced, and the cache of
	// members may be ahead of this event.
	removed, err := m.hs.as(m.cfg.BotUserID()).GetEvent(ctx, h.Room, h.head.ID)
	if err != nil && status(err) == http.StatusNotFound {
		err = errors.Join(errEarly, err) // Dendrite's views of a room fill one after another
	}
	if err == nil {
		_, err = named(removed.ID)
	}
	if err != nil {
		return fmt.Errorf("look at how %s left %s: %w", h.conv.ghost, h.Room, err)
	}
	if before := removed.Unsigned.PrevContent; before != nil && readMember(before.VeryRaw).Membership == event.MembershipBan {
		if err := m.dialog.Block(ctx, h.conv.visitor, false); err != nil {
			return err
		}
		m.queue.wake(h.conv.visitor)
		return nil
	}
	stands, err := m.hs.membership(ctx, m.cfg.BotUserID(), h.Room, h.conv.ghost)
	if err != nil && !hopeless(err) {
		return fmt.Errorf("look where %s is: %w", h.conv.ghost, err)
	}
	if stands == event.MembershipJoin {
		return nil // the kick is heard late: the visitor has written since, and the dialog is open
	}
	if !m.saidBefore(h).IsZero() {
		return m.dialog.CloseAgain(ctx, h.conv.visitor)
	}
	return second(m.dialog.Close(ctx, h.conv.visitor))
}

func readMember(content json.RawMessage) event.MemberEventContent {
	var member event.MemberEventContent
	_ = json.Unmarshal(content, &member) // odd content has no membership and is passed over
	return member
}

// hearPerson takes what a person wrote in the room.
func (m *Matrix) hearPerson(ctx context.Context, h heard) error {
	in := convert.FromMatrix(h.Raw)
	if in.Verdict == convert.Internal && in.Reason == convert.ReasonCommand && in.Kind != chat.Edit {
		return m.command(ctx, h, in)
	}
	if h.conv.who.Desk {
		return m.ignore(ctx, h) // operators among themselves
	}
	switch in.Verdict {
	case convert.Deliver:
		if sends, err := m.sendDraft(ctx, h, in); err != nil || sends {
			return err
		}
		return m.deliver(ctx, h, in, m.author(ctx, h.Room, h.head.Sender))
	case convert.Refuse:
		return m.keepBack(ctx, h, in)
	case convert.Internal:
		if err := m.keepInternal(ctx, h, in); err != nil {
			return err
		}
		m.onEvent(m.log.Debug(), h).Str("reason", string(in.Reason)).Msg("An event is not for the visitor")
	case convert.Ignore:
		m.onEvent(m.log.Debug(), h).Str("reason", string(in.Reason)).Msg("An event is not for the visitor")
	}
	return m.ignore(ctx, h)
}

func (m *Matrix) refuse(ctx context.Context, h heard, in convert.Incoming) error {
	kind, ok := notice.OfReason(in.Reason)
	if !ok {
		return nil
	}
	return m.tell(ctx, h.conv, "refused:"+h.Key, kind, notice.Args{Text: in.Content.Text, Event: h.head.ID})
}

// keepBack answers an event instead of delivering it.
func (m *Matrix) keepBack(ctx context.Context, h heard, in convert.Incoming) error {
	if err := m.refuse(ctx, h, in); err != nil {
		return err
	}
	m.onEvent(m.log.Debug(), h).Str("reason", string(in.Reason)).Msg("An event is refused, and its sender told so")
	return m.finish(ctx, h, m.store.KeepArrival)
}

// keepInternal answers what an operator might believe to have reached the visitor.
func (m *Matrix) keepInternal(ctx context.Context, h heard, in convert.Incoming) error {
	if in.Kind == chat.Edit {
		if _, err := m.store.EntryOf(ctx, in.Target); err != nil {
			return ignoreNotFound(err)
		}
		return m.tell(ctx, h.conv, "refused:"+h.Key, notice.EditKept, notice.Args{Event: h.head.ID})
	}
	if in.Reason == convert.ReasonThread {
		// Said once for each dialog, by its origin: whoever tries it wants to know.
		return m.tell(ctx, h.conv, "first note", notice.FirstNote, notice.Args{Event: h.head.ID})
	}
	return nil
}

func ignoreNotFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
