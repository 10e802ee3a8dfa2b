package matrix

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/matrix/recipe"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// rereadRooms stores what happened in every dialog's room since the last event
// that a restored database knows, as if it were delivered now.
func (m *Matrix) rereadRooms(ctx context.Context) error {
	known, err := m.knownPlace(ctx)
	if err != nil {
		return err
	}
	rooms, err := m.store.DialogRooms(ctx)
	if err != nil {
		return err
	}
	in, err := m.joinedRooms(ctx)
	if err != nil {
		return err
	}
	var unread error // one that cannot be read holds up no other for long
	read := func(room id.RoomID, again func() error) error {
		if m.reread[room] {
			return nil
		}
		own, err := m.passOver(ctx, string(room), again())
		if err == nil && own == nil {
			m.reread[room] = true
		}
		unread = errors.Join(unread, own)
		return err
	}
	for v, room := range rooms {
		if err := read(room, func() error { return m.rereadRoomsOf(ctx, v, room, known, in) }); err != nil {
			return err
		}
	}
	for room := range maps.Clone(in) {
		if has, err := m.knowsRoom(ctx, room); err != nil {
			return err
		} else if has {
			continue
		}
		if err := read(room, func() error { return m.rereadFirst(ctx, room, known, in) }); err != nil {
			return err
		}
	}
	if unread != nil {
		return unread
	}
	m.inbox.wake()
	if err := m.rereadAllSpaces(ctx); err != nil {
		return err
	}
	clear(m.reread)
	return nil
}

// joinedRooms are the rooms that the bot is in.
func (m *Matrix) joinedRooms(ctx context.Context) (map[id.RoomID]bool, error) {
	joined, err := m.hs.as(m.cfg.BotUserID()).JoinedRooms(ctx)
	if err == nil && joined.JoinedRooms == nil {
		err = errGarbage
	}
	if err != nil {
		return nil, fmt.Errorf("list the bot's rooms: %w", err)
	}
	in := make(map[id.RoomID]bool, len(joined.JoinedRooms))
	for _, room := range joined.JoinedRooms {
		in[room] = true
	}
	return in, nil
}

// rereadRoomsOf reads a dialog's room again, those before it and those that came after it.
func (m *Matrix) rereadRoomsOf(ctx context.Context, v chat.VisitorID, room id.RoomID, known place, in map[id.RoomID]bool) error {
	former, err := m.store.FormerRooms(ctx, v) // people remove what they said there
	for again := append(former, room); err == nil && len(again) > 0; {
		again, err = m.rereadNext(ctx, v, again, known, in)
	}
	return err
}

// rereadFirst reads a room that a restored database does not know if a dialog got it after
// the backup, as its first: who wrote for the first time when that was made is in one.
func (m *Matrix) rereadFirst(ctx context.Context, room id.RoomID, known place, in map[id.RoomID]bool) error {
	v, err := m.waitsForRoom(ctx, room)
	if err != nil || v == "" {
		return err
	}
	created, err := m.hs.as(m.cfg.BotUserID()).FullStateEvent(ctx, room, event.StateCreate, "")
	if err != nil {
		return err
	}
	if created.Sender == "" {
		return errGarbage
	}
	// The successor of an upgrade is come to by its predecessor, and others do not make our rooms.
	before := created.Content.AsCreate().Predecessor
	if created.Sender != m.cfg.BotUserID() || before != nil && in[before.RoomID] {
		return nil
	}
	again := []id.RoomID{room}
	for err = m.goOnIn(ctx, v, room); err == nil && len(again) > 0; {
		again, err = m.rereadNext(ctx, v, again, known, in)
	}
	return err
}

// waitsForRoom returns the dialog whose mark a room bears, if the database knows the dialog
// and no room of it.
func (m *Matrix) waitsForRoom(ctx context.Context, room id.RoomID) (chat.VisitorID, error) {
	var mark recipe.DialogMark
	err := m.hs.as(m.cfg.BotUserID()).StateEvent(ctx, room, recipe.TypeDialog, "", &mark)
	if f := outcome(err); err != nil {
		if f == noRoom || f == refused {
			err = nil // half made, or none of ours
		}
		return "", err
	}
	if _, err := m.store.Visitor(ctx, mark.Visitor); err != nil {
		return "", ignoreNotFound(err)
	}
	if _, err := m.store.RoomOf(ctx, mark.Visitor); err == nil || !errors.Is(err, store.ErrNotFound) {
		return "", err
	}
	return mark.Visitor, nil
}

// rereadNext reads a dialog's rooms again, of which the last is its present one, and
// returns the room that took its place since, if one did. in are the rooms that the bot is in.
func (m *Matrix) rereadNext(ctx context.Context, v chat.VisitorID, rooms []id.RoomID, known place, in map[id.RoomID]bool) ([]id.RoomID, error) {
	room := rooms[len(rooms)-1]
	erased, err := m.wasErased(ctx, v, room)
	if err == nil && erased {
		return nil, m.eraseRestored(ctx, v)
	}
	if err != nil {
		return nil, err
	}
	for _, again := range rooms {
		if err := m.rereadRoom(ctx, v, again, known); err != nil {
			return nil, err
		}
	}
	if in[room] {
		if next, err := m.followRestored(ctx, v, room); err != nil || next == room {
			return nil, err
		} else if next != "" {
			in[next] = true // by following
			return []id.RoomID{next}, nil
		}
	}
	return m.goOnInstead(ctx, v, room)
}

// goOnInstead has a dialog go on in the room that the bot made for it after the backup, if it
// made one, and returns that: in place of a lost one.
func (m *Matrix) goOnInstead(ctx context.Context, v chat.VisitorID, lost id.RoomID) ([]id.RoomID, error) {
	next, err := m.replacement(ctx, v, lost)
	if err != nil || next == "" {
		return nil, err
	}
	return []id.RoomID{next}, m.goOnIn(ctx, v, next)
}

// goOnIn has a dialog go on in a room that was made for it after the backup.
func (m *Matrix) goOnIn(ctx context.Context, v chat.VisitorID, room id.RoomID) error {
	m.log.Info().Stringer(trail.RoomID, room).Str(trail.Visitor, string(v)).Msg("A room was made after the backup; its dialog goes on in it")
	return m.store.Write(ctx, func(ctx context.Context) error {
		return errors.Join(m.store.SetRoom(ctx, v, room, now()), m.store.ForgetApplied(ctx, string(v)))
	})
}

// followRestored has a dialog follow its room if that was upgraded, and returns the
// room that it has then, or "" when the successor is closed to the bot.
func (m *Matrix) followRestored(ctx context.Context, v chat.VisitorID, room id.RoomID) (id.RoomID, error) {
	var tombstone event.TombstoneEventContent
	err := m.hs.as(m.cfg.BotUserID()).StateEvent(ctx, room, event.StateTombstone, "", &tombstone)
	if f := outcome(err); err != nil && f != noRoom && f != refused {
		return "", err
	}
	if err != nil || tombstone.ReplacementRoom == "" {
		return room, nil
	}
	if err := m.follow(ctx, v, room, tombstone.ReplacementRoom); err != nil {
		// All other rooms wait for this one; the tombstone's own event is heard in any case.
		const most = 3
		key := chat.EntryID("restored " + room)
		if !errors.Is(err, errPoison) && (!isHomeserver(err) || m.hs.isDown(ctx, err) || m.doubts.refuse(key) < most) {
			return "", err
		}
		m.doubts.clear(key)
		return room, nil
	}
	next, err := m.store.RoomOf(ctx, v)
	return next, ignoreNotFound(err)
}

// replacement is the room that the bridge made in place of a dialog's lost one, and "" if
// it made none. It bears one of the aliases by which adopt looks for it.
func (m *Matrix) replacement(ctx context.Context, v chat.VisitorID, lost id.RoomID) (id.RoomID, error) {
	former, err := m.store.CountFormerRooms(ctx, v)
	if err != nil {
		return "", err
	}
	if _, err := m.store.RoomOf(ctx, v); err == nil {
		former++ // as it counted when the lost one was left
	} else if !errors.Is(err, store.ErrNotFound) {
		return "", err
	}
	if room, _, err := m.behindAlias(ctx, v, v.Localpart(), lost); err != nil || room != "" {
		return room, err
	}
	for n := former; ; n++ {
		room, taken, err := m.behindAlias(ctx, v, fmt.Sprintf("%s_%d", v.Localpart(), n), lost)
		if err != nil || room != "" || !taken {
			return room, err
		}
	}
}

// behindAlias returns the room behind an alias if the bot made it for the dialog and is
// in it, and it is not the lost one; taken is whether there is such an alias.
func (m *Matrix) behindAlias(ctx context.Context, v chat.VisitorID, localpart string, lost id.RoomID) (room id.RoomID, taken bool, err error) {
	bot := m.cfg.BotUserID()
	resolved, err := m.hs.as(bot).ResolveAlias(ctx, id.NewRoomAlias(localpart, m.cfg.Homeserver.Domain))
	if err == nil {
		_, err = named(resolved.RoomID)
	} else if outcome(err) == noRoom {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("resolve %s: %w", localpart, err)
	}
	if resolved.RoomID == lost {
		return "", true, nil
	}
	// Who left a room still sees what it was then.
	own, err := m.hs.membership(ctx, bot, resolved.RoomID, bot)
	if f := outcome(err); err != nil && f != noRoom && f != refused {
		return "", true, err
	}
	if err != nil || own != event.MembershipJoin {
		return "", true, nil
	}
	ours, err := m.isOurs(ctx, v, resolved.RoomID)
	if err != nil || !ours {
		return "", true, err
	}
	return resolved.RoomID, true, nil
}
