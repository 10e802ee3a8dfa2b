package bridge_test

import (
	"context"
	"fmt"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// lookEvery is how long everything may take before the operator looks for rooms
// that she is not shown, and how long one has to be missed before she acts.
const lookEvery = 10 * time.Second

// settled is quiet for those who wait. From time to time the operator looks
// whether the homeserver shows her everything; without that she would wait in vain.
func (s *killTest) settled() bool {
	if s.quiet() {
		return true
	}
	if time.Since(s.looked) > lookEvery {
		s.unhide()
		s.looked = time.Now()
	}
	return false
}

// unhide brings the operator back into rooms that the homeserver hides from
// her. Dendrite 0.15.2 keeps two books of who is where, and carries from the one
// to the other over a queue that forgets what it did when it is killed: half a
// minute after its restart it repeats an old invitation, and from then on /sync
// leaves out a room that the operator joined long ago; or it loses the
// invitation, or the joining, on the way. Nothing of that can be seen by a
// bridge. A person goes into the room by hand, and starts the client anew.
func (s *killTest) unhide() {
	ctx, cancel := context.WithTimeout(s.Context(), lookEvery)
	defer cancel()
	missed, err := s.missed(ctx)
	if err != nil {
		return // the homeserver is not back yet
	}
	before := s.missing
	s.missing = missed
	for room, member := range before { // what is missed for the first time may be on its way
		if missed[room] == "" {
			s.anna.Reload() // a room that is shown again begins with what comes next
			continue
		}
		s.Logf("the homeserver hides %s from the operator, although it has her membership there: %s", room, member)
		s.hidden++
		if err := s.enter(ctx, room, missed[room]); err != nil {
			s.Logf("the operator tries that again: %v", err)
		}
	}
}

// enter renews the operator's membership of a room that she is not shown.
func (s *killTest) enter(ctx context.Context, room id.RoomID, member event.Membership) error {
	if member == event.MembershipInvite {
		_, err := s.anna.JoinRoomByID(ctx, room)
		return err
	}
	// Dendrite does nothing when somebody joins who is in; a name goes to all rooms.
	return s.anna.SetDisplayName(ctx, fmt.Sprintf("Anna %d", s.hidden))
}

// missed are the rooms of the bridge that the homeserver does not show to the
// operator as those she is in, and what it has of her membership there itself.
func (s *killTest) missed(ctx context.Context) (map[id.RoomID]event.Membership, error) {
	shown, err := s.anna.Shown(ctx)
	if err != nil {
		return nil, err
	}
	rooms, err := s.Bot(s.T).JoinedRooms(ctx)
	if err != nil {
		return nil, err
	}
	missed := map[id.RoomID]event.Membership{}
	for _, room := range rooms.JoinedRooms {
		var member event.MemberEventContent
		// No membership at all: she was not invited, and that would be a fault of ours.
		err := s.Bot(s.T).StateEvent(ctx, room, event.StateMember, string(s.anna.UserID), &member)
		if err == nil && !shown[room] && (member.Membership == event.MembershipJoin || member.Membership == event.MembershipInvite) {
			missed[room] = member.Membership
		}
	}
	return missed, nil
}
