package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/matrix/convert"
	"github.com/anteroom-chat/anteroom/bridge/matrix/notice"
	"github.com/anteroom-chat/anteroom/bridge/matrix/recipe"
	"github.com/anteroom-chat/anteroom/bridge/store"
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
		if err := m.hearStray(ctx, h); err != nil {
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
	return as(ctx, h.Position, marks.Last)
}

// hearEcho settles the outbox row of one of our own events: the surest proof
// that it arrived. A second event of the same entry is removed.
func (m *Matrix) hearEcho(ctx context.Context, h heard) error {
	key := entryKey(h.head.Content)
	if key == "" || h.head.ID == "" {
		return nil
	}
	entry, err := m.store.Entry(ctx, h.conv.visitor, key)
	if errors.Is(err, store.ErrNotFound) {
		return m.restoreEntry(ctx, h, key)
	}
	if err != nil || entry.Kind == chat.Redaction {
		return err
	}
	if lost, err := m.isLost(ctx, h); err != nil || lost {
		return err
	}
	var kept id.EventID
	if err := m.store.Write(ctx, func(ctx context.Context) (err error) {
		kept, err = m.recordSent(ctx, entry, h.Room, h.head.ID)
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
	return m.keepOne(ctx, entry, h.Room, kept, h.head.ID)
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
	_, err := m.hs.as(m.cfg.BotUserID()).GetEvent(ctx, room, at)
	if f := outcome(err); err != nil && (f == noRoom || f == refused) && isHomeserver(err) {
		return false, nil
	}
	return err == nil, err
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

// hearName takes over what operators call a visitor.
func (m *Matrix) hearName(ctx context.Context, h heard) error {
	var content event.RoomNameEventContent
	_ = json.Unmarshal(h.head.Content, &content)
	name := plain.Line(content.Name, dialog.MaxName)
	if h.conv.who.Desk || !h.current || m.cfg.IsOurs(h.head.Sender) || plain.Blank(name) {
		return nil
	}
	if err := m.store.SetApplied(ctx, string(h.conv.visitor), whatRoomName, content.Name); err != nil {
		return err
	}
	return second(m.dialog.Rename(ctx, h.conv.visitor, name, store.NamedByOperator))
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
	if user != h.conv.ghost || !h.current || h.conv.who.Desk {
		return nil
	}
	// A kick is a close: the ghost returns with the visitor's next message. A ban is a block.
	switch member.Membership {
	case event.MembershipBan:
		return m.dialog.Block(ctx, h.conv.visitor, true)
	case event.MembershipLeave:
		if err := m.dialog.Block(ctx, h.conv.visitor, false); err != nil { // also how a ban is lifted
			return err
		}
		m.queue.wake(h.conv.visitor)
		return nil
	case event.MembershipJoin, event.MembershipInvite, event.MembershipKnock:
		return nil
	default:
		return nil
	}
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
		return m.deliver(ctx, h, in, m.author(ctx, h.Room, h.head.Sender))
	case convert.Refuse:
		return m.keepBack(ctx, h, in)
	case convert.Internal:
		if err := m.keepInternal(ctx, h, in); err != nil {
			return err
		}
	case convert.Ignore:
		m.log.Debug().Str("event", h.Key).Str("type", h.head.Type).Str("reason", string(in.Reason)).Msg("An event is not for the visitor")
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

// command has an operator's command carried out.
func (m *Matrix) command(ctx context.Context, h heard, in convert.Incoming) error {
	allowed, err := m.mayCommand(ctx, h)
	if err != nil {
		return err
	}
	marks, err := m.store.Marks(ctx, h.conv.visitor)
	if err != nil {
		return err
	}
	return m.dialog.Command(ctx, dialog.Command{
		Site: h.conv.site, Visitor: h.conv.who, Sender: h.head.Sender, Name: m.author(ctx, h.Room, h.head.Sender).Name,
		Allowed: allowed, Text: in.Content.Text, Event: h.head.ID,
	}, func(ctx context.Context) error { return m.store.KeepArrival(ctx, h.Position, marks.Last) })
}

// mayCommand reports whether the sender is an operator of the site or has an
// operator's power in the room.
func (m *Matrix) mayCommand(ctx context.Context, h heard) (bool, error) {
	if h.conv.site.IsOperator(h.head.Sender) {
		return true, nil
	}
	var levels event.PowerLevelsEventContent
	if err := m.hs.as(m.cfg.BotUserID()).StateEvent(ctx, h.Room, event.StatePowerLevels, "", &levels); err != nil {
		return false, fmt.Errorf("read the power levels of %s: %w", h.Room, err)
	}
	return levels.GetUserLevel(h.head.Sender) >= recipe.OperatorLevel, nil
}

// keepBack answers an event instead of delivering it.
func (m *Matrix) keepBack(ctx context.Context, h heard, in convert.Incoming) error {
	if err := m.refuse(ctx, h, in); err != nil {
		return err
	}
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
	return nil // a note and a thread are just that
}

// deliver appends what somebody said in the room to the journal.
func (m *Matrix) deliver(ctx context.Context, h heard, in convert.Incoming, author chat.Author) error {
	instead, mended, err := m.standsFor(ctx, h, in)
	if err != nil {
		return err
	}
	if instead != "" {
		in = mended
	}
	said := dialog.Heard{Visitor: h.conv.visitor, Kind: in.Kind, Content: in.Content, Origin: h.Key, Author: author}
	if in.Target != "" {
		target, wait, err := m.targetOf(ctx, h, in, author)
		if err != nil {
			return err
		}
		if wait {
			return m.store.ParkArrival(ctx, h.Position, in.Target)
		}
		if target.ID == "" || target.Visitor != h.conv.visitor {
			return m.ignore(ctx, h)
		}
		said.Target = target.ID
	}
	if said.Kind == chat.Edit {
		said.Content.Stamp = h.head.Stamp
	}
	if said.Content.ReplyTo, err = m.answered(ctx, h, in.ReplyTo); err != nil {
		return err
	}
	if said.Content.File != nil {
		said.Content.File.ID = chat.NewFileID()
	}
	entry, err := m.record(ctx, h, in, said, instead)
	if err != nil {
		return fmt.Errorf("append what an operator did: %w", err)
	}
	if h.conv.site.IsOperator(h.head.Sender) {
		return m.dialog.Saw(ctx, h.conv.visitor, entry.Seq) // who answers has read
	}
	return nil
}

// answered returns the message that a reply is about, or "" when the visitor does not have it.
func (m *Matrix) answered(ctx context.Context, h heard, event id.EventID) (chat.EntryID, error) {
	if event == "" {
		return "", nil
	}
	target, err := m.store.EntryOf(ctx, event)
	if err != nil || target.Kind != chat.Message || target.Visitor != h.conv.visitor {
		return "", ignoreNotFound(err)
	}
	return target.ID, nil
}

// standsFor returns the event in whose place an edit is the message, and that
// message: one that was kept back, as a command or for its form, and that its
// author has mended.
func (m *Matrix) standsFor(ctx context.Context, h heard, in convert.Incoming) (id.EventID, convert.Incoming, error) {
	if in.Kind != chat.Edit {
		return "", in, nil
	}
	if _, err := m.store.EntryOf(ctx, in.Target); !errors.Is(err, store.ErrNotFound) {
		return "", in, err
	}
	kept, err := m.store.KeptArrival(ctx, in.Target)
	if err != nil || kept.Room != h.Room || readHead(kept.Raw).Sender != h.head.Sender {
		return "", in, ignoreNotFound(err)
	}
	mended := convert.Mend(kept.Raw, h.Raw)
	if mended.Verdict != convert.Deliver {
		return "", in, nil
	}
	return in.Target, mended, nil
}

// record appends the entry together with the book-keeping of its event, and of
// the one in whose place it stands.
func (m *Matrix) record(ctx context.Context, h heard, in convert.Incoming, said dialog.Heard, instead id.EventID) (chat.Entry, error) {
	recorded := false
	entry, err := m.dialog.Hear(ctx, said, func(ctx context.Context, e chat.Entry) error {
		recorded = true
		if instead != "" {
			if _, err := m.store.MapEvent(ctx, h.Room, instead, e); err != nil {
				return err
			}
		}
		return errors.Join(m.recordFile(ctx, e, in.Media), second(m.store.MapEvent(ctx, h.Room, h.head.ID, e)),
			m.store.FinishArrival(ctx, h.Position, e.Seq))
	})
	if err == nil && !recorded { // known by its origin already
		err = m.store.FinishArrival(ctx, h.Position, entry.Seq)
	}
	if err == nil {
		m.known(ctx, h.conv.visitor, h.head.ID)
	}
	return entry, err
}

func (m *Matrix) recordFile(ctx context.Context, e chat.Entry, at *convert.Media) error {
	if e.Content.File == nil || at == nil {
		return nil
	}
	return second(m.store.AddFile(ctx, store.File{
		File: *e.Content.File, Visitor: e.Visitor, Party: chat.Operator, State: store.Remote, MXC: at.URL, Entry: e.ID,
	}, "", now()))
}

// targetOf finds the entry that an edit, reaction or redaction is about. wait
// is true when the target is not known yet; an empty entry means that it never
// came to the visitor, so this need not either.
func (m *Matrix) targetOf(ctx context.Context, h heard, in convert.Incoming, author chat.Author) (target chat.Entry, wait bool, err error) {
	target, err = m.store.EntryOf(ctx, in.Target)
	if err == nil {
		if target.Redacted || !target.Visible() || in.Kind == chat.Edit && !editable(target, author) {
			return chat.Entry{}, false, nil
		}
		if in.Kind == chat.Edit {
			// The newest edit counts (specification, "Applying m.new_content"), and a
			// homeserver that was cut off may deliver an older one after it.
			newest, err := m.store.NewestEdit(ctx, target)
			if err == nil && newest.Content.Stamp > h.head.Stamp {
				return chat.Entry{}, false, nil
			}
			return target, false, ignoreNotFound(err)
		}
		return target, false, nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return target, false, err
	}
	state, err := m.store.ArrivalState(ctx, in.Target)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return target, true, nil
	case err != nil:
		return target, false, err
	default:
		return chat.Entry{}, state == store.InboxNew || state == store.InboxParked, nil
	}
}

// editable reports whether an edit counts: only the author's own (specification, "Validity of replacement events").
func editable(e chat.Entry, author chat.Author) bool {
	return e.Kind == chat.Message && e.Author.Party == author.Party && e.Author.ID == author.ID
}

// maxName is the longest name of an operator that visitors are shown, in characters.
const maxName = 100

// author is who wrote an event, as the room knows them.
func (m *Matrix) author(ctx context.Context, room id.RoomID, user id.UserID) chat.Author {
	a := chat.Author{Party: chat.Operator, ID: string(user), Name: user.Localpart()}
	member, err := m.hs.state.TryGetMember(ctx, room, user)
	if err != nil || member == nil {
		var asked event.MemberEventContent
		if err := m.hs.as(m.cfg.BotUserID()).StateEvent(ctx, room, event.StateMember, string(user), &asked); err != nil {
			return a // the local part has to do
		}
		member = &asked
		_ = m.hs.state.SetMember(ctx, room, user, member) // a cache: next time is soon enough
	}
	if name := plain.Line(member.Displayname, maxName); !plain.Blank(name) {
		a.Name = name
	}
	if avatar, ok := convert.MediaURL(string(member.AvatarURL)); ok {
		a.Avatar = string(avatar)
	}
	return a
}

func ignoreNotFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
