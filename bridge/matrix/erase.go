package matrix

import (
	"context"
	"errors"
	"fmt"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/matrix/notice"
	"github.com/anteroom-chat/anteroom/bridge/matrix/recipe"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// erasing is the homeserver's side of a visitor's erasure: the visitor is gone
// from the database already. Every step can be repeated; those that are done
// are noted among the applied values, under a subject of their own.
//
// The operators who were in the room stay in it, to read the last word, and
// leave when they like; nobody can write there any more, and the bot has left.
// Where a dialog is erased for its age alone, nobody asked for it, and dead
// rooms would come into sight every day: there, everybody is taken out first
// and no word is said.
type erasing struct {
	*Matrix
	store.Erasure
	language config.Language
	location *time.Location
	ghost    id.UserID
	subject  string
}

// erase takes an erasure as far as one room's page of events, and hands it back
// while something is left: the visitors behind it shall not wait for a large room.
func (m *Matrix) erase(ctx context.Context, t task, v chat.VisitorID) error {
	left, err := m.store.ErasureOf(ctx, v)
	if errors.Is(err, store.ErrNotFound) {
		return errErased
	}
	if err != nil {
		return err
	}
	if left.By != "" {
		m.queue.prefer(v) // somebody waits for it
	}
	if t != taskErase {
		return errOtherTask{taskErase}
	}
	e := &erasing{
		Matrix: m, Erasure: left, language: config.English, location: time.UTC, ghost: m.cfg.GhostUserID(v), subject: erasureSubject(v),
	}
	if site, err := m.dialog.Site(left.Site); err == nil {
		e.language, e.location = site.Language, site.Location()
	}
	return e.advance(ctx)
}

// wakeErasures brings those to the workers that an earlier process left.
func (m *Matrix) wakeErasures(ctx context.Context) error {
	left, err := m.store.Erasures(ctx)
	if err != nil {
		return fmt.Errorf("read the erasures: %w", err)
	}
	for _, v := range left {
		m.queue.wake(v)
	}
	return nil
}

func (e *erasing) advance(ctx context.Context) error {
	if err := e.once(ctx, "scrub", e.scrub); err != nil {
		return err
	}
	if err := e.once(ctx, "find rooms", e.findRooms); err != nil {
		return err
	}
	rooms, err := e.store.ErasureRooms(ctx, e.Visitor)
	if err != nil {
		return err
	}
	if len(rooms) == 0 {
		if err := e.compact(ctx); err != nil {
			return err
		}
		if err := e.store.EndErasure(ctx, e.Visitor, e.subject); err != nil {
			return err
		}
		e.log.Info().Str(trail.Visitor, string(e.Visitor)).Msg("Nothing is left of an erased visitor")
		return e.scrub(ctx)
	}
	if err := e.blankGhost(ctx); err != nil {
		return err
	}
	if err := e.emptyRoom(ctx, rooms[0]); err != nil {
		return err
	}
	return errOtherTask{taskErase}
}

// once does a step unless it is done.
func (e *erasing) once(ctx context.Context, step string, do func(context.Context) error) error {
	return e.attempt(ctx, e.subject, step, "done", func(ctx context.Context) error {
		err := do(ctx)
		killpoint.Reach(killpoint.Erasing)
		return err
	})
}

// scrub takes what was removed out of the database's log as well.
func (m *Matrix) scrub(ctx context.Context) error {
	done, err := m.store.Scrub(ctx)
	if err == nil && !done {
		m.log.Warn().Msg("The database's log still holds what was removed, because somebody reads it; it goes as the log is written anew")
	}
	return err
}

// compact comes before the end of the last of several erasures, so that it is
// repeated when the process dies, and the database is not written anew for each.
// Where dialogs are erased for their age, that would be every hour: nobody asked for
// it, so once a day will do. Where it fails, the erasure ends all the same and Compact
// does it some time: it needs as much room on the disk again, and the disk may be full.
func (e *erasing) compact(ctx context.Context) error {
	if others, err := e.store.OthersErasing(ctx, e.Erasure); err != nil || others {
		return err
	}
	if err := e.store.CompactLater(ctx, e.By != ""); err != nil {
		return err
	}
	err := e.Compact(ctx)
	if err == nil || ctx.Err() != nil {
		return err
	}
	e.log.Warn().Err(err).Msg("The database cannot be written anew without what was removed; trying again in an hour")
	return nil
}

// Compact writes the database anew if erasures left that to do, and it is time. It is run
// from time to time.
func (m *Matrix) Compact(ctx context.Context) error {
	if did, err := m.store.CompactDue(ctx, now()); err != nil || !did {
		return err
	}
	return m.scrub(ctx)
}

// findRooms adds rooms that the database does not know: those that were being
// made when the visitor was erased. Their alias names them.
func (e *erasing) findRooms(ctx context.Context) error {
	known, err := e.store.ErasureRooms(ctx, e.Visitor)
	if err != nil {
		return err
	}
	for n := range len(known) + 1 {
		localpart := e.Visitor.Localpart()
		if n > 0 {
			localpart = fmt.Sprintf("%s_%d", localpart, n)
		}
		resolved, err := e.bot().ResolveAlias(ctx, id.NewRoomAlias(localpart, e.cfg.Homeserver.Domain))
		if err != nil && outcome(err) == noRoom {
			continue
		}
		if err != nil {
			return err
		}
		ours, err := e.isOurs(ctx, e.Visitor, resolved.RoomID)
		if err != nil {
			return err
		}
		if ours {
			if err := e.store.AddErasure(ctx, e.Erasure, []id.RoomID{resolved.RoomID}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *erasing) bot() *mautrix.Client { return e.hs.as(e.cfg.BotUserID()) }

// blankGhost takes from the ghost what the visitor was called, and marks it. It comes before
// the ghost leaves its rooms, since a profile's change reaches only those.
func (e *erasing) blankGhost(ctx context.Context) error {
	if err := e.once(ctx, "ghost's mark", func(ctx context.Context) error {
		return e.hs.as(e.ghost).SetAccountData(ctx, accountDataErased, ghostMark{Erased: true})
	}); err != nil {
		return err
	}
	if err := e.once(ctx, "ghost's name", func(ctx context.Context) error {
		return e.hs.as(e.ghost).SetDisplayName(ctx, "")
	}); err != nil {
		return err
	}
	if err := e.once(ctx, "ghost's avatar", func(ctx context.Context) error {
		return e.hs.as(e.ghost).SetAvatarURL(ctx, id.ContentURI{})
	}); err != nil {
		return err
	}
	return e.once(ctx, "ghost's presence", func(ctx context.Context) error {
		e.presence.telling.Lock() // or what is being told would come after it
		defer e.presence.telling.Unlock()
		return e.putPresence(ctx, e.ghost, shown{})
	})
}

// emptyRoom brings one room a step further: it is closed, so that nothing can
// come after what is removed, then emptied, and left.
func (e *erasing) emptyRoom(ctx context.Context, room store.ErasureRoom) error {
	steps := []struct {
		name string
		do   func(context.Context, id.RoomID) error
	}{
		{"close ", e.closeRoom},
		{"take out of ", e.expel},
		{"withdraw ghost from ", e.withdrawGhost},
		{"hide ", e.conceal},
		{"neutral ", e.neutralise},
	}
	for _, step := range steps {
		if err := e.once(ctx, step.name+string(room.Room), func(ctx context.Context) error { return step.do(ctx, room.Room) }); err != nil {
			return e.orLost(ctx, room.Room, err)
		}
	}
	done, err := e.removeEvents(ctx, room)
	if err != nil || !done {
		return e.orLost(ctx, room.Room, err)
	}
	if e.By != "" {
		if err := e.once(ctx, "last word in "+string(room.Room), func(ctx context.Context) error { return e.lastWord(ctx, room.Room) }); err != nil {
			return e.orLost(ctx, room.Room, err)
		}
	}
	// Noted before it is done: who has left cannot look whether all is well.
	if err := e.store.SetApplied(ctx, e.subject, leaving(room.Room), "done"); err != nil {
		return err
	}
	if _, err := e.bot().LeaveRoom(ctx, room.Room); err != nil {
		return e.orLost(ctx, room.Room, err)
	}
	killpoint.Reach(killpoint.Erasing)
	return e.endRoom(ctx, room.Room)
}

func leaving(room id.RoomID) string { return "leave " + string(room) }

// endRoom forgets a room in which nothing is left to do.
func (e *erasing) endRoom(ctx context.Context, room id.RoomID) error {
	if err := e.hs.state.ForgetRoom(ctx, room, e.ghost); err != nil {
		return err
	}
	return e.store.EndErasureRoom(ctx, room)
}

// orLost returns err, unless the bot is not in the room any more: then there is
// nothing that can be done in it, and the desk is told.
func (e *erasing) orLost(ctx context.Context, room id.RoomID, err error) error {
	if f := outcome(err); err == nil || !isHomeserver(err) || f == down || f == unauthorized {
		return err
	}
	bot := e.cfg.BotUserID()
	own, ownErr := e.hs.membership(ctx, bot, room, bot)
	if f := outcome(ownErr); ownErr != nil && f != noRoom && f != refused {
		return err
	}
	if ownErr == nil && own == event.MembershipJoin {
		return err
	}
	left, err := e.store.Applied(ctx, e.subject, leaving(room))
	if err != nil {
		return err
	}
	if left == "" {
		e.log.Warn().Stringer(trail.RoomID, room).Str(trail.Visitor, string(e.Visitor)).Msg("A room of an erased visitor cannot be emptied, because the bot is not in it any more")
		if err := e.tellLost(ctx, room); err != nil {
			return err
		}
	}
	return e.endRoom(ctx, room)
}

func (e *erasing) tellLost(ctx context.Context, room id.RoomID) error {
	if _, err := e.dialog.Site(e.Site); err != nil {
		return nil // nobody is left to be told
	}
	desk, err := e.dialog.DeskOf(ctx, e.Site)
	if err != nil {
		return err
	}
	plain, html := notice.Text(string(e.language), notice.ErasedRoomLost, notice.Args{
		Number: e.Number, Room: room, Via: []string{e.cfg.Homeserver.Domain},
	})
	return e.dialog.Notice(ctx, desk.ID, "not erased:"+string(room), chat.Content{Text: plain, HTML: html})
}

// closeRoom lets nobody write or change anything in the room but the bot, and
// nobody in.
func (e *erasing) closeRoom(ctx context.Context, room id.RoomID) error {
	var levels event.PowerLevelsEventContent
	if err := e.bot().StateEvent(ctx, room, event.StatePowerLevels, "", &levels); err != nil {
		return fmt.Errorf("read the power levels of %s: %w", room, err)
	}
	level := recipe.BotLevel
	levels.EventsDefault, levels.StateDefaultPtr, levels.InvitePtr = level, &level, &level
	for kind, needed := range levels.Events {
		levels.Events[kind] = max(needed, level)
	}
	if _, err := e.bot().SendStateEvent(ctx, room, event.StatePowerLevels, "", &levels); err != nil {
		return err
	}
	return second(e.bot().SendStateEvent(ctx, room, event.StateJoinRules, "", &event.JoinRulesEventContent{JoinRule: event.JoinRuleInvite}))
}

// expel withdraws the invitations of people who have not come yet, and takes
// everybody out where nobody asked for the erasure.
func (e *erasing) expel(ctx context.Context, room id.RoomID) error {
	members, err := e.bot().Members(ctx, room)
	if err != nil {
		return err
	}
	for _, member := range members.Chunk {
		user := id.UserID(member.GetStateKey())
		is := readMember(member.Content.VeryRaw).Membership
		if e.cfg.IsOurs(user) || is != event.MembershipInvite && (is != event.MembershipJoin || e.By != "") {
			continue
		}
		if _, err := e.bot().KickUser(ctx, room, &mautrix.ReqKickUser{UserID: user}); err != nil {
			return err
		}
	}
	return nil
}

// withdrawGhost lets the ghost and the user of the receipts leave.
func (e *erasing) withdrawGhost(ctx context.Context, room id.RoomID) error {
	for _, user := range []id.UserID{e.ghost, e.cfg.DeliveredUserID()} {
		is, err := e.hs.membership(ctx, e.cfg.BotUserID(), room, user)
		if err != nil {
			return err
		}
		if is == event.MembershipJoin || is == event.MembershipInvite {
			if _, err := e.hs.as(user).LeaveRoom(ctx, room); err != nil {
				return err
			}
		}
	}
	return nil
}

// conceal takes the room's aliases away, and the room out of the site's spaces.
func (e *erasing) conceal(ctx context.Context, room id.RoomID) error {
	aliases, err := e.bot().GetAliases(ctx, room)
	if err != nil {
		return err
	}
	for _, alias := range aliases.Aliases {
		if _, err := e.bot().DeleteAlias(ctx, alias); err != nil && outcome(err) != noRoom {
			return err
		}
	}
	spaces, err := e.store.SpacesListing(ctx, room)
	if err != nil {
		return err
	}
	for _, space := range spaces {
		if err := e.hide(ctx, space, room); err != nil && outcome(err) != noRoom {
			return err
		}
	}
	return nil
}

// lastWord tells the people who stay what happened, once.
func (e *erasing) lastWord(ctx context.Context, room id.RoomID) error {
	const page = 20
	newest, err := whole(e.bot().Messages(ctx, room, "", "", mautrix.DirectionBackward, nil, page))
	if err != nil {
		return err
	}
	for _, said := range newest.Chunk {
		if e.isLastWord(said) {
			return nil
		}
	}
	format := "Jan 2, 2006, 15:04"
	if e.language == config.Russian {
		format = "02.01.2006, 15:04"
	}
	plain, html := notice.Text(string(e.language), notice.Erased, notice.Args{At: e.At.In(e.location).Format(format)})
	_, err = e.bot().SendMessageEvent(ctx, room, event.EventMessage, &lastWord{MessageEventContent: event.MessageEventContent{
		MsgType: event.MsgNotice, Body: plain, Format: event.FormatHTML, FormattedBody: html, Mentions: &event.Mentions{},
	}, Last: true}, mautrix.ReqSendEvent{TransactionID: "erased-" + string(room)})
	return err
}

// lastWord is the content of the one event that stays readable.
type lastWord struct {
	event.MessageEventContent
	Last bool `json:"chat.anteroom.erased"`
}

// erasureSubject is the subject of what the homeserver was told for an erasure.
func erasureSubject(v chat.VisitorID) string { return "erasure " + string(v) }
