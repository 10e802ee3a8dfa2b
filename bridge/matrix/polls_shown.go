package matrix

import (
	"context"
	"fmt"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// A poll brings nothing when nothing happens, and nothing either when the
// homeserver does not show the ghost its room. So each poll asks from time to
// time for everything, where the room has to be: when it begins, once a
// homeserver that was cut off has repeated what it held (rereadAfter), and then
// each lookEvery. A room that was made or joined a moment ago may not be there
// yet, so one that is missing is looked for again after lookTwice. Meanwhile the
// poll goes on: an open request is how the bridge hears that the homeserver went away.
const (
	lookSoon  = 45 * time.Second
	lookEvery = time.Hour
	lookTwice = 5 * time.Second
)

// sight is when a poll last made sure, and will again make sure, that the ghost is shown its room.
type sight struct {
	due    time.Time
	missed bool // the last look did not find the room
	soon   bool // the look of lookSoon is done
}

// disturbed has the poll look once more, after the homeserver was cut off.
func (s *sight) disturbed() { *s = sight{due: time.Now().Add(lookSoon), soon: true} }

// look makes sure that the homeserver shows the ghost its room, if it is time.
func (m *Matrix) look(ctx context.Context, v chat.VisitorID, room id.RoomID, s *sight) error {
	if time.Now().Before(s.due) {
		return nil
	}
	shown, err := m.shows(ctx, v, room)
	if err == nil && !shown && !s.missed {
		s.due, s.missed = time.Now().Add(lookTwice), true
		return nil
	}
	if err == nil && !shown {
		err = m.renew(ctx, v, room)
	}
	if err != nil {
		return err
	}
	s.missed = false
	pause := lookEvery
	if !s.soon {
		pause, s.soon = lookSoon, true
	}
	s.due = time.Now().Add(pause)
	return nil
}

// shows reports whether the homeserver shows the ghost its room.
func (m *Matrix) shows(ctx context.Context, v chat.VisitorID, room id.RoomID) (bool, error) {
	resp, err := m.pollOnce(ctx, v, []id.RoomID{room}, "", 0)
	if err != nil {
		return false, err
	}
	_, shown := resp.Rooms.Join[room]
	return shown, nil
}

// renewedKey makes a member event differ from the one before it.
const renewedKey = "chat.anteroom.renewed"

// renew states the ghost's membership once more, and reads what it was not
// shown. Dendrite keeps two books of members; killed at a bad moment, it takes a
// ghost for invited in the one for /sync that is in the room by the other, until
// the next member event. From then on no removal by an operator, no receipt and
// no typing would come of that room.
func (m *Matrix) renew(ctx context.Context, v chat.VisitorID, room id.RoomID) error {
	ghost := m.cfg.GhostUserID(v)
	var member map[string]any
	if err := m.hs.as(m.cfg.BotUserID()).StateEvent(ctx, room, event.StateMember, string(ghost), &member); err != nil {
		return fmt.Errorf("look where %s is: %w", ghost, err)
	}
	if member["membership"] != string(event.MembershipJoin) {
		return nil // removed by an operator: it comes back with its next message only
	}
	m.log.Warn().Stringer(trail.RoomID, room).Str(trail.Visitor, string(v)).Msg("The homeserver does not show a ghost the room that it is in; its membership is renewed")
	member[renewedKey] = now().UnixMilli()
	if _, err := m.hs.as(ghost).SendStateEvent(ctx, room, event.StateMember, string(ghost), member); err != nil {
		return fmt.Errorf("renew the membership of %s: %w", ghost, err)
	}
	return m.rereadNewest(ctx, room)
}
