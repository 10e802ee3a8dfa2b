package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/matrix/recipe"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// erasesAgain begins an erasure anew in a room that a restored homeserver has
// in the state of before. It reports whether the room is such a one.
func (m *Matrix) erasesAgain(ctx context.Context, room id.RoomID, mark recipe.DialogMark) (bool, error) {
	erased, err := m.store.IsErased(ctx, room)
	if err != nil || !erased || !mark.Visitor.Valid() {
		return erased, err
	}
	m.log.Warn().Stringer(trail.RoomID, room).Msg("The homeserver has an erased visitor's room again; it is emptied once more")
	if err := m.store.AddErasure(ctx, store.Erasure{Visitor: mark.Visitor, Site: mark.Site, At: now()}, []id.RoomID{room}); err != nil {
		return false, err
	}
	m.queue.wake(mark.Visitor)
	return true, nil
}

// wasErased reports whether a visitor whose room the database knows was erased after the
// backup that the database comes from: the last that our bot did in the room was to take its
// mark off, and the ghost bears one.
func (m *Matrix) wasErased(ctx context.Context, v chat.VisitorID, room id.RoomID) (bool, error) {
	mark, err := m.hs.as(m.cfg.BotUserID()).FullStateEvent(ctx, room, recipe.TypeDialog, "")
	if err == nil {
		return mark.Sender == m.cfg.BotUserID() && len(keys(mark.Content.VeryRaw)) == 0, nil
	}
	if f := outcome(err); !isHomeserver(err) || f != noRoom && f != refused && f != later {
		return false, err
	}
	// The bot is not in the room, and nothing can be read in it.
	who, err := m.store.Visitor(ctx, v)
	if err != nil || who.Desk {
		return false, ignoreNotFound(err)
	}
	return m.bearsMark(ctx, m.cfg.GhostUserID(v))
}

// accountDataErased is what the ghost of an erased visitor bears: its rooms may be made after
// the backup from which a database comes back, which then knows none to look into.
const accountDataErased = "chat.anteroom.erased"

type ghostMark struct {
	Erased bool `json:"erased"`
}

// bearsMark reports whether the visitor of a ghost was erased. What is not the homeserver's
// own "no" is an error: an answer that is wrong here would bring the visitor back.
func (m *Matrix) bearsMark(ctx context.Context, ghost id.UserID) (bool, error) {
	// One that is not there yet could not be asked.
	if err := m.hs.register(ctx, ghost); err != nil {
		return false, err
	}
	var mark ghostMark
	err := m.hs.as(ghost).GetAccountData(ctx, accountDataErased, &mark)
	if status(err) == http.StatusNotFound && !isForeign(err) {
		return false, nil
	}
	return mark.Erased, err
}

// eraseRoomless erases again who was erased after the backup that the database comes from,
// and in it has something to send and no room yet.
func (m *Matrix) eraseRoomless(ctx context.Context) error {
	rooms, err := m.store.DialogRooms(ctx)
	if err != nil {
		return err
	}
	waiting, err := m.store.DialogsWithUnsent(ctx)
	if err != nil {
		return err
	}
	var unread error // one that cannot be asked holds up no other for long
	for _, v := range waiting {
		if _, has := rooms[v]; has {
			continue
		}
		ghost := m.cfg.GhostUserID(v)
		erased, err := m.bearsMark(ctx, ghost)
		own, err := m.passOver(ctx, string(ghost), err)
		if err == nil && erased {
			err = m.eraseRestored(ctx, v)
		}
		if err != nil {
			return fmt.Errorf("look whether %s was erased: %w", v, err)
		}
		unread = errors.Join(unread, own)
	}
	return unread
}

// eraseRestored erases a visitor once more whom a restored database has again.
// In the rooms that were left then there is nothing to do.
func (m *Matrix) eraseRestored(ctx context.Context, v chat.VisitorID) error {
	m.log.Warn().Str(trail.Visitor, string(v)).Msg("The restored database has a visitor who was erased; erasing it again")
	return m.dialog.Erase(ctx, v, "", func(ctx context.Context, _ store.Visitor) error {
		rooms, err := m.store.ErasureRooms(ctx, v)
		for _, room := range rooms {
			err = errors.Join(err, m.store.SetApplied(ctx, erasureSubject(v), leaving(room.Room), "done"))
		}
		return err
	})
}
