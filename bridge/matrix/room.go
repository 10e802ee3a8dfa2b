package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/matrix/notice"
	"github.com/anteroom-chat/anteroom/bridge/matrix/recipe"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// roomVersion is the version of new rooms.
type roomVersion = id.RoomVersion

// chooseRoomVersion takes the config's, else the homeserver's default if the
// recipe was tested with it, else the newest such version that the server has.
func (m *Matrix) chooseRoomVersion(ctx context.Context) error {
	if v := m.cfg.Homeserver.RoomVersion; v != "" {
		m.roomVersion = id.RoomVersion(v)
		return nil
	}
	capabilities, err := m.hs.as(m.cfg.BotUserID()).Capabilities(ctx)
	if err != nil {
		return err
	}
	offered := capabilities.RoomVersions
	if offered == nil {
		return errors.New("the homeserver does not say which room versions it has: set homeserver.room_version")
	}
	tested := recipe.Versions()
	if slices.Contains(tested, id.RoomVersion(offered.Default)) {
		m.roomVersion = id.RoomVersion(offered.Default)
		return nil
	}
	for _, v := range tested {
		if _, ok := offered.Available[string(v)]; ok {
			m.roomVersion = v
			return nil
		}
	}
	return fmt.Errorf("the homeserver has none of the room versions %v: upgrade it", tested)
}

// makeRoom gives the dialog a room: the one behind its alias if that is ours,
// else a new one. Only when the room is recorded, operators come in.
func (m *Matrix) makeRoom(ctx context.Context, c *conversation) error {
	name, err := m.prepareGhost(ctx, c)
	if err != nil {
		return err
	}
	former, err := m.store.FormerRoom(ctx, c.visitor)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	space, err := m.store.SiteRoom(ctx, c.site.ID, roleSpace)
	if err != nil {
		return fmt.Errorf("the site's space: %w", err)
	}
	room, alias, err := m.adopt(ctx, c)
	adopted := room != ""
	if err == nil && !adopted {
		room, err = m.createRoom(ctx, c, recipe.Room{Name: name, Alias: alias, Space: space, Former: former})
	}
	if err != nil {
		return err
	}
	if adopted { // made by a process that broke off, or by one whose database is lost
		if err := m.rereadRoom(ctx, c.visitor, room, place{}); err != nil {
			return err
		}
	}
	if err := m.settleUnderLease(ctx, c, func(ctx context.Context) error {
		// What the homeserver was told was about the room before.
		err := errors.Join(m.store.SetRoom(ctx, c.visitor, room, now()), m.store.ForgetApplied(ctx, string(c.visitor)))
		if !adopted {
			err = errors.Join(err, m.store.SetNewRoom(ctx, room, space))
		}
		if err = errors.Join(err, m.noteTold(ctx, c, room, name, adopted)); err != nil || former == "" {
			return err
		}
		// In here, or nobody would say it when the process ends after this.
		return m.tell(ctx, c, "replaced:"+string(room), notice.RoomReplaced,
			notice.Args{Room: former, Via: []string{m.cfg.Homeserver.Domain}})
	}); err != nil {
		return err
	}
	killpoint.Reach(killpoint.AfterRoomKnown)
	m.inbox.wake() // for what came of the room before it was known
	return nil
}

// noteTold notes what the homeserver knows of a room since it was made.
func (m *Matrix) noteTold(ctx context.Context, c *conversation, room id.RoomID, name string, adopted bool) (err error) {
	subject := string(c.visitor)
	if !c.who.Desk {
		err = m.store.SetApplied(ctx, subject, whatName, name)
	}
	if adopted { // as somebody made it, and perhaps changed it since
		return err
	}
	err = errors.Join(err, m.store.SetApplied(ctx, subject, whatOperators, operatorsIn(room, c.site.Operators)))
	switch {
	case c.who.Desk:
		return errors.Join(err, m.store.SetApplied(ctx, subject, whatTopic, recipe.DeskTopic(c.site)))
	default:
		return errors.Join(err, m.store.SetApplied(ctx, subject, whatRoomName, name))
	}
}

// prepareGhost makes sure that who speaks in the room exists, and returns the
// name that both have.
func (m *Matrix) prepareGhost(ctx context.Context, c *conversation) (string, error) {
	if c.who.Desk {
		return recipe.DeskName(c.site), nil
	}
	name, err := m.dialog.NameOf(ctx, c.visitor)
	if err != nil {
		return "", err
	}
	if err := m.hs.register(ctx, c.ghost); err != nil {
		return "", err
	}
	return name, m.nameGhost(ctx, c, name)
}

func (m *Matrix) createRoom(ctx context.Context, c *conversation, room recipe.Room) (id.RoomID, error) {
	killpoint.Reach(killpoint.BeforeCreate)
	room.Config, room.Site, room.Version, room.Visitor = m.cfg, c.site, m.roomVersion, c.visitor
	request := recipe.Dialog
	if c.who.Desk {
		request = recipe.Desk
	}
	resp, err := m.hs.as(m.cfg.BotUserID()).CreateRoom(ctx, request(room))
	if err != nil {
		return "", fmt.Errorf("create a room: %w", err)
	}
	killpoint.Reach(killpoint.AfterCreate)
	return named(resp.RoomID)
}

// adopt returns the room behind the dialog's alias if our bot made it for this
// dialog and it is still of use; else no room and the localpart of the alias
// that a new one takes. An alias that points anywhere else is taken away; one
// that the homeserver does not let go, because the bot is no longer in that
// room (Dendrite), is left behind for one with the room's number.
func (m *Matrix) adopt(ctx context.Context, c *conversation) (id.RoomID, string, error) {
	former, err := m.store.CountFormerRooms(ctx, c.visitor)
	if err != nil {
		return "", "", err
	}
	for _, localpart := range []string{c.visitor.Localpart(), fmt.Sprintf("%s_%d", c.visitor.Localpart(), former)} {
		room, free, err := m.adoptAlias(ctx, c, id.NewRoomAlias(localpart, m.cfg.Homeserver.Domain))
		if err != nil || room != "" || free {
			return room, localpart, err
		}
	}
	return "", "", fmt.Errorf("no alias is free for a room of %s", c.visitor)
}

// adoptAlias returns the room behind an alias if it is ours, else whether the alias is free now.
func (m *Matrix) adoptAlias(ctx context.Context, c *conversation, alias id.RoomAlias) (room id.RoomID, free bool, err error) {
	bot := m.hs.as(m.cfg.BotUserID())
	resolved, err := bot.ResolveAlias(ctx, alias)
	if err != nil {
		if outcome(err) == noRoom {
			return "", true, nil
		}
		return "", false, fmt.Errorf("resolve %s: %w", alias, err)
	}
	if _, err := named(resolved.RoomID); err != nil {
		return "", false, fmt.Errorf("resolve %s: %w", alias, err)
	}
	ours, err := m.isOurs(ctx, c.visitor, resolved.RoomID)
	if err != nil || ours {
		return resolved.RoomID, false, err
	}
	_, err = bot.DeleteAlias(ctx, alias)
	if err != nil && (outcome(err) == down || status(err) == http.StatusTooManyRequests) {
		return "", false, fmt.Errorf("take %s from a room that is not ours: %w", alias, err)
	}
	return "", err == nil, nil
}

// isOurs reports whether our bot created the room for this dialog and is in it.
// Rooms that the dialog left behind do not count.
func (m *Matrix) isOurs(ctx context.Context, v chat.VisitorID, room id.RoomID) (bool, error) {
	if _, current, err := m.store.DialogOf(ctx, room); err == nil && !current {
		return false, nil
	}
	bot := m.hs.as(m.cfg.BotUserID())
	var mark recipe.DialogMark
	err := bot.StateEvent(ctx, room, recipe.TypeDialog, "", &mark)
	if err == nil {
		var created *event.Event
		if created, err = bot.FullStateEvent(ctx, room, event.StateCreate, ""); err == nil {
			if created.Sender == "" || created.Sender == m.cfg.BotUserID() && mark.Visitor == "" {
				return false, errGarbage
			}
			return created.Sender == m.cfg.BotUserID() && mark.Visitor == v, nil
		}
	}
	if f := outcome(err); f == noRoom || f == refused {
		return false, nil
	}
	return false, err
}

// enterRoom makes sure that the ghost is in the room; the cache spares the request.
func (m *Matrix) enterRoom(ctx context.Context, c *conversation) error {
	if m.hs.state.IsInRoom(ctx, c.room, c.ghost) {
		m.doubts.clear(entering(c.room))
		return nil
	}
	err := m.hs.join(ctx, c.ghost, m.cfg.BotUserID(), c.room)
	if err == nil {
		m.doubts.clear(entering(c.room))
		m.doubts.clear(moving(c.visitor))
		m.polls.moved(c.visitor) // the ghost's poll could not begin before
		return nil
	}
	if outcome(err) == noRoom {
		if repair := second(m.repairRoom(ctx, c)); repair != nil {
			return errors.Join(err, repair)
		}
		if now, repaired := m.store.RoomOf(ctx, c.visitor); repaired != nil || now != c.room {
			return err // it was followed, or given up
		}
	}
	return m.shutOut(ctx, c, err)
}

// entering is by which it is counted how often a room kept its ghost out, moving whether
// the dialog got another room for that.
func entering(room id.RoomID) chat.EntryID { return "enter " + chat.EntryID(room) }
func moving(v chat.VisitorID) chat.EntryID { return "move " + chat.EntryID(v) }

// shutOut returns why a ghost does not come into its room. One that keeps it out again and
// again while the homeserver works is given up for another: a Dendrite that was killed may
// have rooms into which nobody comes any more. Where the next one keeps it out, too, it is
// no matter of rooms, and what was to be said is refused (errRefused) until the ghost comes in.
func (m *Matrix) shutOut(ctx context.Context, c *conversation, why error) error {
	const most = 6 // some fifteen seconds, as for other refusals
	if !answered(why) || outcome(why) == down || m.doubts.refuse(entering(c.room)) < most {
		return why
	}
	if m.hs.isGone(ctx) {
		m.doubts.clear(entering(c.room)) // it refuses all
		return why
	}
	if m.doubts.refuse(moving(c.visitor)) > 1 {
		return errRefused{why}
	}
	m.log.Warn().Err(why).Stringer(trail.RoomID, c.room).Str(trail.Visitor, string(c.visitor)).Msg("A room keeps its visitor out; the dialog gets a new one")
	m.doubts.clear(entering(c.room))
	m.doubts.calm(c.visitor) // or the pauses of the next room would begin with this one's longest
	return errors.Join(why, m.store.LeaveRoom(ctx, c.visitor))
}

// repairRoom looks what is wrong with a room that refuses us, and reports
// whether it cured something: a ghost that was removed comes back with its next
// message, a banned one is blocked or let in again, an upgraded room is
// followed, one that is gone is replaced. The caller tries again later in any case.
func (m *Matrix) repairRoom(ctx context.Context, c *conversation) (cured bool, err error) {
	bot := m.cfg.BotUserID()
	// The bot's own membership first: who left a room still sees it as it was then.
	own, err := m.hs.membership(ctx, bot, c.room, bot)
	if f := outcome(err); err != nil && f != noRoom && f != refused {
		return false, err
	}
	if err != nil || own != event.MembershipJoin {
		m.log.Warn().Stringer(trail.RoomID, c.room).Str(trail.Visitor, string(c.visitor)).Msg("A room is gone or closed to the bot; the dialog gets a new one")
		return true, m.store.LeaveRoom(ctx, c.visitor)
	}
	var tombstone event.TombstoneEventContent
	err = m.hs.as(bot).StateEvent(ctx, c.room, event.StateTombstone, "", &tombstone)
	if err == nil && tombstone.ReplacementRoom != "" {
		// Its event may come much later, when the homeserver was backing off.
		return true, m.follow(ctx, c.visitor, c.room, tombstone.ReplacementRoom)
	}
	if f := outcome(err); err != nil && f != noRoom && f != refused {
		return false, err
	}
	member, err := m.hs.membership(ctx, bot, c.room, c.ghost)
	switch {
	case err != nil:
		return false, err
	case member == event.MembershipBan:
		return true, m.obeyBan(ctx, c)
	default:
		return member != event.MembershipJoin, m.hs.state.SetMembership(ctx, c.room, c.ghost, member)
	}
}

// obeyBan blocks the visitor whose ghost is banned. A ban that was heard did
// that already: if the visitor is not blocked, a command lifted it since, and
// the bot lifts it in the room too.
func (m *Matrix) obeyBan(ctx context.Context, c *conversation) error {
	bot := m.hs.as(m.cfg.BotUserID())
	ban, err := bot.FullStateEvent(ctx, c.room, event.StateMember, string(c.ghost))
	if err != nil {
		return fmt.Errorf("look at the ban of %s: %w", c.ghost, err)
	}
	heard, err := m.store.ArrivalState(ctx, ban.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if heard != store.InboxDone {
		return m.dialog.Block(ctx, c.visitor, true)
	}
	if blocked, err := m.store.Blocked(ctx, c.visitor); err != nil || blocked {
		return err
	}
	return second(bot.UnbanUser(ctx, c.room, &mautrix.ReqUnbanUser{UserID: c.ghost}))
}

// follow moves a dialog to the successor of its room. A successor that does not let the bot
// in, however often it asks, leaves the dialog without a room: it gets a new one.
func (m *Matrix) follow(ctx context.Context, v chat.VisitorID, old, successor id.RoomID) error {
	bot := m.cfg.BotUserID()
	if _, err := m.hs.as(bot).JoinRoom(ctx, string(successor), &mautrix.ReqJoinRoom{Via: []string{m.cfg.Homeserver.Domain}}); err != nil {
		const most = 3
		if key := chat.EntryID("successor " + successor); hopeless(err) && m.doubts.refuse(key) >= most {
			m.doubts.clear(key)
			m.log.Warn().Err(err).Stringer("room", successor).Str("visitor", string(v)).Msg("The successor of a room is closed to the bot; the dialog gets a new one")
			return m.store.LeaveRoom(ctx, v)
		}
		return fmt.Errorf("join the successor %s: %w", successor, err)
	}
	created, err := m.hs.as(bot).FullStateEvent(ctx, successor, event.StateCreate, "")
	if err == nil {
		_, err = named(created.Sender)
	}
	if err != nil {
		return fmt.Errorf("look at the successor %s: %w", successor, err)
	}
	if p := created.Content.AsCreate().Predecessor; p == nil || p.RoomID != old {
		return fmt.Errorf("%w: room %s does not name %s as its predecessor", errPoison, successor, old)
	}
	entered := id.RoomID("")
	if m.hs.state.IsInRoom(ctx, old, m.cfg.GhostUserID(v)) { // not one that was removed
		entered = successor
	}
	return m.store.Write(ctx, func(ctx context.Context) error {
		return errors.Join(
			m.store.SetRoom(ctx, v, successor, now()),
			m.store.ForgetApplied(ctx, string(v)),
			m.store.SetApplied(ctx, string(v), whatAlias, now().Format(time.RFC3339)),
			m.store.SetApplied(ctx, string(v), whatEnter, string(entered)),
		)
	})
}

// settleGhost brings the ghost from a room that was upgraded into its successor: without
// it there, no removal, receipt or typing of an operator would be heard of, until the
// visitor writes.
func (m *Matrix) settleGhost(ctx context.Context, c *conversation) error {
	room, err := m.store.Applied(ctx, string(c.visitor), whatEnter)
	if err != nil || room != string(c.room) {
		return err
	}
	return m.attempt(ctx, string(c.visitor), whatEnter, "", func(ctx context.Context) error { return m.enterRoom(ctx, c) })
}

// aliasAfter is how long an upgrade has to move the room's alias by itself, as
// Dendrite and Synapse do. One that finds the alias moved fails, half done.
const aliasAfter = 10 * time.Second

// settleAlias has the dialog's alias point to its room, which was upgraded a while ago.
func (m *Matrix) settleAlias(ctx context.Context, c *conversation) error {
	since, err := m.store.Applied(ctx, string(c.visitor), whatAlias)
	if err != nil || since == "" {
		return err
	}
	if upgraded, err := time.Parse(time.RFC3339, since); err == nil && time.Since(upgraded) < aliasAfter {
		return nil
	}
	bot, alias := m.hs.as(m.cfg.BotUserID()), m.cfg.RoomAlias(c.visitor)
	return m.attempt(ctx, string(c.visitor), whatAlias, "", func(ctx context.Context) error {
		at, err := bot.ResolveAlias(ctx, alias)
		if err == nil && at.RoomID == c.room {
			return nil
		}
		if err == nil {
			_, err = bot.DeleteAlias(ctx, alias)
		}
		if err == nil || outcome(err) == noRoom {
			_, err = bot.CreateAlias(ctx, alias, c.room)
		}
		if err != nil {
			return fmt.Errorf("move %s: %w", alias, err)
		}
		return nil
	})
}
