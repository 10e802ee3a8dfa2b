package matrix

import (
	"context"
	"fmt"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// A homeserver that is told of a ghost's removal while it takes an event of that ghost may
// answer 200 with the event's id, and put it in no timeline ("soft failure" in the
// specification of servers): it is there for who asks by its id, and nobody ever sees it.
// So when a removal is heard, what the ghost sent and the homeserver has not delivered back
// is in doubt: it is looked for in the room, and sent again, as another transaction, if the
// room shows the removal and not the event.

// doubtUnheard puts in doubt what a removed ghost said.
func (m *Matrix) doubtUnheard(ctx context.Context, v chat.VisitorID, room id.RoomID) error {
	doubted, err := m.store.DoubtUnheard(ctx, v, room)
	if err != nil {
		return fmt.Errorf("look at what was said before a removal: %w", err)
	}
	for _, e := range doubted {
		m.doubts.doubt(e)
	}
	if len(doubted) > 0 {
		m.queue.wake(v)
	}
	return nil
}

// wasRemoved reports whether a ghost, which was in the room when it began to say
// something, is not there any more.
func (m *Matrix) wasRemoved(ctx context.Context, c *conversation, as id.UserID) bool {
	return as == c.ghost && !c.who.Desk && !m.hs.state.IsInRoom(ctx, c.room, c.ghost)
}

// mostEarlyLooks is how often a room is looked at that does not show the removal yet.
const mostEarlyLooks = 5

// lookFor names, for doubts, the looks for an entry in a room that does not show the removal.
func lookFor(e chat.EntryID) chat.EntryID { return "look for " + e }

// again returns the transaction under which an entry is sent: its id, and another one after
// each event that may be in no timeline, for the homeserver would answer with that again.
func (m *Matrix) again(ctx context.Context, c *conversation, e chat.Entry) (txn string, times int, err error) {
	twins, err := m.store.Twins(ctx, e.ID, c.room)
	if err != nil || len(twins) == 0 {
		return string(e.ID), 0, err
	}
	return fmt.Sprintf("%s~%d", e.ID, len(twins)), len(twins), nil
}

// mayComeYet returns an error while a room shows neither an entry nor the removal that may
// have kept it out.
func (m *Matrix) mayComeYet(ctx context.Context, c *conversation, e chat.Entry, removal bool) error {
	if removal {
		return nil
	}
	_, times, err := m.again(ctx, c, e)
	if err != nil || times == 0 || m.doubts.refuse(lookFor(e.ID)) > mostEarlyLooks {
		return err
	}
	return fmt.Errorf("%w: %s shows no removal of %s", errEarly, c.room, c.ghost)
}

// isRemoval reports whether an event takes a ghost out of its room.
func isRemoval(e *event.Event, ghost id.UserID) bool {
	if e.Type.Type != event.StateMember.Type || e.StateKey == nil || id.UserID(*e.StateKey) != ghost {
		return false
	}
	to := readMember(e.Content.VeryRaw).Membership
	return to == event.MembershipLeave || to == event.MembershipBan
}
