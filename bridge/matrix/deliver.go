package matrix

import (
	"context"
	"errors"
	"fmt"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/matrix/convert"
	"github.com/anteroom-chat/anteroom/bridge/matrix/notice"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// deliver appends what somebody said in the room to the journal.
func (m *Matrix) deliver(ctx context.Context, h heard, in convert.Incoming, author chat.Author) error {
	instead, mended, err := m.standsFor(ctx, h, in)
	if err != nil {
		return err
	}
	if instead != "" {
		in = mended
	}
	if moved, err := m.hasMoved(ctx, h, in, author); err != nil || moved {
		return err
	}
	said := dialog.Heard{Visitor: h.conv.visitor, Kind: in.Kind, Content: in.Content, Origin: h.Key, Author: author, At: m.saidBefore(h)}
	said.ID, said.Client = m.ownKeys(h.head)
	if said.Draft, err = m.draftOf(ctx, h); err != nil {
		return err
	}
	if in.Target != "" {
		if ended, err := m.aimAt(ctx, h, in, &said); err != nil || ended {
			return err
		}
	}
	if said.Kind == chat.Edit {
		said.Content.Stamp = h.head.Stamp
	}
	if said.Content.ReplyTo, err = m.answered(ctx, h, in.ReplyTo); err != nil {
		return err
	}
	if err := m.translate(ctx, h, &said); err != nil {
		return err
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

// aimAt finds the entry that an event is about. It reports true if the event ends here: the
// entry is not known yet, or came to no visitor.
func (m *Matrix) aimAt(ctx context.Context, h heard, in convert.Incoming, said *dialog.Heard) (ended bool, err error) {
	target, wait, err := m.targetOf(ctx, h, in, said.Author)
	switch {
	case err != nil:
		return false, err
	case wait:
		m.onEvent(m.log.Debug(), h).Str("waits_for", string(in.Target)).Msg("An event waits for the one that it is about")
		return true, m.store.ParkArrival(ctx, h.Position, in.Target)
	case target.ID == "" || target.Visitor != h.conv.visitor:
		return true, m.aboutNothing(ctx, h, in)
	case in.Kind == chat.Redaction:
		err = m.removeOthers(ctx, h.Room, target.ID, in.Target)
	}
	said.Target = target.ID
	return false, err
}

// aboutNothing ends an event about one that came to no visitor. Who removes a command, or what
// was refused, removes what is kept of it, too.
func (m *Matrix) aboutNothing(ctx context.Context, h heard, in convert.Incoming) error {
	return m.finish(ctx, h, func(ctx context.Context, position, seq int64) error {
		return m.store.Write(ctx, func(ctx context.Context) error {
			kept, err := m.store.KeptArrival(ctx, in.Target)
			if err == nil && in.Kind == chat.Redaction && kept.Room == h.Room {
				err = m.store.ForgetKept(ctx, in.Target)
			}
			if ignoreNotFound(err) != nil {
				return err
			}
			return m.store.FinishArrival(ctx, position, seq)
		})
	})
}

// hasMoved answers an operator's message that its visitor cannot get any more: who signed in
// reads another dialog since, unless a tab is still at this one.
func (m *Matrix) hasMoved(ctx context.Context, h heard, in convert.Incoming, author chat.Author) (bool, error) {
	if in.Kind != chat.Message || author.Party != chat.Operator {
		return false, nil
	}
	to, err := m.movedTo(ctx, h.conv.visitor)
	if err != nil || to == "" {
		return false, err
	}
	room, err := m.store.RoomOf(ctx, to)
	if ignoreNotFound(err) != nil {
		return false, err
	}
	args := notice.Args{Room: room, Via: []string{m.cfg.Homeserver.Domain}, Event: h.head.ID}
	if err := m.tell(ctx, h.conv, "refused:"+h.Key, notice.SignedInSince, args); err != nil {
		return false, err
	}
	return true, m.finish(ctx, h, m.store.KeepArrival)
}

// movedTo is the dialog that a visitor reads in place of one; empty while it reads that.
func (m *Matrix) movedTo(ctx context.Context, v chat.VisitorID) (chat.VisitorID, error) {
	if m.dialog.Connections(v) > 0 {
		return "", nil
	}
	after, err := m.store.After(ctx, v, 1)
	if err != nil || len(after) == 0 {
		return "", err
	}
	return after[0].ID, nil
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
	if said.Content.File != nil {
		said.Content.File.ID = chat.NewFileID()
	}
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
		err = m.knownAlready(ctx, h, said, entry)
	}
	if err == nil {
		trail.Of(m.log.Debug(), &entry).Str(trail.EventID, string(h.head.ID)).Str(trail.RoomID, string(h.Room)).Msg("An event is an entry")
	}
	return entry, err
}

// knownAlready ends an event that is about an entry of the journal. Of our own events it may
// have been said once more to a restored database before this was read: then it is in the room.
func (m *Matrix) knownAlready(ctx context.Context, h heard, said dialog.Heard, entry chat.Entry) error {
	if said.ID != "" && said.ID != entry.ID && said.Kind != chat.Redaction {
		if err := m.settleEcho(ctx, h, entry); err != nil {
			return err
		}
	}
	return m.store.FinishArrival(ctx, h.Position, entry.Seq)
}

func (m *Matrix) recordFile(ctx context.Context, e chat.Entry, at *convert.Media) error {
	if e.Content.File == nil || at == nil {
		return nil
	}
	return second(m.store.AddFile(ctx, store.File{
		File: *e.Content.File, Visitor: e.Visitor, Party: e.Author.Party, State: store.Remote, MXC: at.URL, Entry: e.ID,
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
			if err == nil && stamped(newest) > h.head.Stamp {
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

// stamped is when an edit was made. A visitor's edit that comes from a room is taken back
// by a restored database, where the visitor may have edited since.
func stamped(e chat.Entry) int64 {
	if e.Author.Party == chat.Visitor && e.Content.Stamp == 0 {
		return e.At.UnixMilli()
	}
	return e.Content.Stamp
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
	if name := nameOf(member); name != "" {
		a.Name = name
	}
	if avatar, ok := convert.MediaURL(string(member.AvatarURL)); ok {
		a.Avatar = string(avatar)
	}
	return a
}

// nameOf is the name of a room's member; empty if it has none.
func nameOf(member *event.MemberEventContent) string {
	if name := plain.Line(member.Displayname, maxName); !plain.Blank(name) {
		return name
	}
	return ""
}

// OperatorName is the name by which the site's operators' room knows one of them, as far
// as the cache does.
func (m *Matrix) OperatorName(ctx context.Context, site chat.SiteID, operator id.UserID) string {
	desk, err := m.dialog.DeskOf(ctx, site)
	if err != nil {
		return ""
	}
	room, err := m.store.RoomOf(ctx, desk.ID)
	if err != nil {
		return ""
	}
	member, err := m.hs.state.TryGetMember(ctx, room, operator)
	if err != nil || member == nil {
		return ""
	}
	return nameOf(member)
}
