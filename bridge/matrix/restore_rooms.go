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
	joined, err := m.hs.as(m.cfg.BotUserID()).JoinedRooms(ctx)
	if err == nil && joined.JoinedRooms == nil {
		err = errGarbage
	}
	if err != nil {
		return fmt.Errorf("list the bot's rooms: %w", err)
	}
	in := make(map[id.RoomID]bool, len(joined.JoinedRooms))
	for _, room := range joined.JoinedRooms {
		in[room] = true
	}
	var unread error // one that cannot be read holds up no other for long
	for v, room := range rooms {
		own, err := m.passOver(ctx, room, m.rereadRoomsOf(ctx, v, room, known, in))
		if err != nil {
			return err
		}
		unread = errors.Join(unread, own)
	}
	if unread != nil {
		return unread
	}
	if err := m.rereadFirstRooms(ctx, known, in); err != nil {
		return err
	}
	m.inbox.wake()
	return m.rereadAllSpaces(ctx)
}

// rereadRoomsOf reads a dialog's room again, those before it and those that came after it.
func (m *Matrix) rereadRoomsOf(ctx context.Context, v chat.VisitorID, room id.RoomID, known place, in map[id.RoomID]bool) error {
	former, err := m.store.FormerRooms(ctx, v) // people remove what they said there
	for again := append(former, room); err == nil && len(again) > 0; {
		again, err = m.rereadNext(ctx, v, again, known, in)
	}
	return err
}

// rereadFirstRooms reads the rooms of dialogs that got theirs after the backup: in are the
// rooms that the bot is in, and who wrote for the first time when the backup was made is
// in one that a restored database does not know.
func (m *Matrix) rereadFirstRooms(ctx context.Context, known place, in map[id.RoomID]bool) error {
	for room := range maps.Clone(in) {
		if has, err := m.knowsRoom(ctx, room); err != nil {
			return err
		} else if has {
			continue
		}
		v, err := m.waitsForRoom(ctx, room)
		if err != nil {
			return err
		}
		if v == "" {
			continue
		}
		again, err := m.goOnInstead(ctx, v, "")
		for err == nil && len(again) > 0 {
			again, err = m.rereadNext(ctx, v, again, known, in)
		}
		if err != nil {
			return err
		}
	}
	return nil
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
	erased, err := m.wasErased(ctx, room)
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
// made one, and returns that: in place of a lost one, or as its first if that is "".
func (m *Matrix) goOnInstead(ctx context.Context, v chat.VisitorID, lost id.RoomID) ([]id.RoomID, error) {
	next, err := m.replacement(ctx, v, lost)
	if err != nil || next == "" {
		return nil, err
	}
	m.log.Info().Stringer(trail.RoomID, next).Str(trail.Visitor, string(v)).Msg("A room was made after the backup; its dialog goes on in it")
	return []id.RoomID{next}, m.store.Write(ctx, func(ctx context.Context) error {
		return errors.Join(m.store.SetRoom(ctx, v, next, now()), m.store.ForgetApplied(ctx, string(v)))
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

// replacement is the room that the bridge made in place of a dialog's lost one, or as its
// first if that is "", and "" if it made none. It bears one of the aliases by which adopt looks for it.
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
