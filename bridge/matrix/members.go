package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/matrix/recipe"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

const (
	// inviteTimeout bounds an invitation: our homeserver answers it once the user's
	// server did, and a worker is held meanwhile.
	inviteTimeout = 20 * time.Second
	// callAnewAfter is when who could not be reached is invited again: before the
	// sites' spaces are looked at the next time (announceEvery).
	callAnewAfter = announceEvery / 2
)

// errSilent says that somebody else's server does not answer, while our homeserver
// does. It hides the error of the request, which looks like an outage.
type errSilent struct {
	user id.UserID
	// lasts is true once that was found often enough to go on without the user.
	lasts bool
}

// Error implements error.
func (e errSilent) Error() string { return "the server of " + string(e.user) + " does not answer" }

// members are who is to be in a room.
type members struct {
	// site is whose operators have power in the room; those who were it before go.
	site *config.Site
	room id.RoomID
	// former are the rooms before it.
	former []id.RoomID
	// invited do not have to find the way in by themselves.
	invited []id.UserID
	// anew has those invited again later whom their own server kept from it.
	anew bool
}

// settleMembers gives the operators of a room their power, removes those who
// left the config, also from the rooms before it, and invites each of those
// who are to be invited once. None of them waits for another.
func (m *Matrix) settleMembers(ctx context.Context, subject string, want members) error {
	steps := []func() error{func() error { return m.settleOperatorsOf(ctx, subject, want) }}
	for _, user := range want.invited {
		steps = append(steps, func() error { return m.callIn(ctx, subject, want, user) })
	}
	return m.each(ctx, steps...)
}

// settleOperatorsOf gives the operators of a room their power, and removes those who are none any more.
func (m *Matrix) settleOperatorsOf(ctx context.Context, subject string, want members) error {
	room, operators := want.room, want.site.Operators
	before, err := m.store.Applied(ctx, subject, whatOperators)
	if err != nil {
		return err
	}
	wanted := operatorsIn(room, operators)
	if before == wanted {
		return nil
	}
	gone, err := m.formerOperators(ctx, want, before)
	if err != nil {
		return err
	}
	return m.attempt(ctx, subject, whatOperators, wanted, func(ctx context.Context) error {
		for _, user := range gone {
			for _, room := range append([]id.RoomID{room}, want.former...) {
				if err := m.expel(ctx, room, user); err != nil {
					return err
				}
			}
			if err := m.store.SetApplied(ctx, subject, store.Invited(user), ""); err != nil {
				return err
			}
		}
		return m.empower(ctx, room, operators, gone)
	})
}

// callIn invites a user into a room once. What the user's own server keeps from it is
// let be as any other change is, or until later if it is to be tried anew.
func (m *Matrix) callIn(ctx context.Context, subject string, want members, user id.UserID) error {
	what := store.Invited(user)
	key := chat.EntryID(subject + " " + what)
	asked, err := m.store.Applied(ctx, subject, what)
	if err != nil || asked == string(want.room) || want.anew && m.doubts.waits(key) {
		return err
	}
	refusal := m.invite(ctx, want.room, user)
	silent, isSilent := errors.AsType[errSilent](refusal)
	if isSilent && !silent.lasts {
		return refusal
	}
	if isSilent {
		m.log.Warn().Err(refusal).Str("subject", subject).Str("what", what).Msg("An invitation that no message depends on is left out")
	} else if err := m.letBe(subject, what, refusal); err != nil {
		return err
	}
	if want.anew && (isSilent || status(refusal) >= http.StatusInternalServerError) {
		m.doubts.wait(key, callAnewAfter)
		return nil
	}
	return m.store.SetApplied(ctx, subject, what, string(want.room))
}

// formerOperators returns who is to leave a room: of those whom the homeserver
// was told before, and of all there ever were when that is forgotten or was said
// of another room.
func (m *Matrix) formerOperators(ctx context.Context, want members, before string) ([]id.UserID, error) {
	users, known := splitOperators(want.room, before)
	if !known {
		var err error
		if users, err = m.store.EverOperators(ctx, want.site.ID); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(users, want.site.IsOperator), nil
}

// expel removes who is no operator any more from a room, if it is there or invited.
func (m *Matrix) expel(ctx context.Context, room id.RoomID, user id.UserID) error {
	now, err := m.hs.membership(ctx, m.cfg.BotUserID(), room, user)
	if err == nil && (now == event.MembershipJoin || now == event.MembershipInvite) {
		_, err = m.hs.as(m.cfg.BotUserID()).KickUser(ctx, room, &mautrix.ReqKickUser{UserID: user, Reason: "no operator of this site any more"})
	}
	if err != nil && !hopeless(err) {
		return err
	}
	return nil
}

// empower sets the power of the operators in a room, and takes it from those
// who are gone. Levels that somebody else set are left alone.
func (m *Matrix) empower(ctx context.Context, room id.RoomID, operators, gone []id.UserID) error {
	bot := m.hs.as(m.cfg.BotUserID())
	var levels event.PowerLevelsEventContent
	if err := bot.StateEvent(ctx, room, event.StatePowerLevels, "", &levels); err != nil {
		return fmt.Errorf("read the power levels of %s: %w", room, err)
	}
	changed := false
	for _, user := range operators {
		if levels.Users[user] < recipe.OperatorLevel {
			if levels.Users == nil {
				levels.Users = map[id.UserID]int{}
			}
			levels.Users[user], changed = recipe.OperatorLevel, true
		}
	}
	for _, user := range gone {
		if _, ok := levels.Users[user]; ok {
			delete(levels.Users, user)
			changed = true
		}
	}
	if !changed {
		return nil
	}
	return second(bot.SendStateEvent(ctx, room, event.StatePowerLevels, "", &levels))
}

// operatorsIn is the value of whatOperators: a room and its operators. Without the
// room, a turn that began before an upgrade would say it of the successor.
func operatorsIn(room id.RoomID, operators []id.UserID) string {
	names := make([]string, len(operators))
	for i, user := range operators {
		names[i] = string(user)
	}
	slices.Sort(names)
	return strings.Join(append([]string{string(room)}, names...), " ")
}

// splitOperators returns the operators of operatorsIn, if that was said of this room.
func splitOperators(room id.RoomID, value string) (users []id.UserID, known bool) {
	names := strings.Fields(value)
	if len(names) == 0 || names[0] != string(room) {
		return nil, false
	}
	for _, name := range names[1:] {
		users = append(users, id.UserID(name))
	}
	return users, true
}

// invite asks a user into a room, unless it is there or was asked already. Each request
// to a server that hangs holds a worker for as long: a user who was silent is not asked
// for a while, in whichever room, and then by one worker at a time.
func (m *Matrix) invite(ctx context.Context, room id.RoomID, user id.UserID) error {
	bot := m.cfg.BotUserID()
	if m.hs.state.IsInRoom(ctx, room, user) {
		return nil
	}
	if ask, lasts := m.doubts.asks(user); !ask {
		return errSilent{user, lasts}
	}
	began := time.Now()
	asking, cancel := context.WithTimeout(ctx, inviteTimeout)
	defer cancel()
	_, err := m.hs.as(bot).InviteUser(asking, room, &mautrix.ReqInviteUser{UserID: user})
	if err != nil && errors.Is(asking.Err(), context.DeadlineExceeded) && ctx.Err() == nil && !m.hs.isGone(ctx) {
		return errSilent{user, m.doubts.silent(user, began)}
	}
	if err == nil || status(err) != 0 {
		m.doubts.heard(user)
	}
	if err == nil || outcome(err) != noRoom {
		return err
	}
	member, memberErr := m.hs.membership(ctx, bot, room, user)
	if memberErr == nil && (member == event.MembershipJoin || member == event.MembershipInvite) {
		return nil
	}
	return err
}
