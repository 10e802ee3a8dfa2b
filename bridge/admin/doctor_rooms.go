package admin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/matrix/recipe"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// mostRooms is how many dialogs' rooms are looked at, each by one request.
const mostRooms = 100

// siteRooms are rooms that are looked at, each site's space first.
type siteRooms []siteRoom

type siteRoom struct {
	site chat.SiteID
	id   id.RoomID
	// what is the room in a sentence: "the space of site shop".
	what  string
	space bool
	// ghost is who must be able to speak there; "" where only the bot does.
	ghost id.UserID
}

// siteRooms reads which rooms the bridge needs.
func (c *checker) siteRooms(ctx context.Context, s *store.Store) (rooms siteRooms) {
	unread := func(err error) siteRooms {
		c.fail("rooms.unreadable", "The database does not tell which rooms there are (%s): %s.", err, whenUnread)
		return nil
	}
	for _, site := range slices.Sorted(maps.Keys(c.cfg.Sites)) {
		space, err := s.SiteRoom(ctx, site, "space")
		if errors.Is(err, store.ErrNotFound) {
			continue // the bridge has not met the homeserver yet
		}
		if err != nil {
			return unread(err)
		}
		rooms = append(rooms, siteRoom{site: site, id: space, what: "the space of site " + string(site), space: true})
		buckets, err := s.Buckets(ctx, site)
		if err != nil {
			return unread(err)
		}
		for _, b := range buckets {
			rooms = append(rooms, siteRoom{site: site, id: b.Room, what: fmt.Sprintf("the space %s %d of site %s", b.Shelf, b.Number, site)})
		}
	}
	open, err := s.OpenRooms(ctx, mostRooms)
	if err != nil {
		return unread(err)
	}
	for _, o := range open {
		room := siteRoom{site: o.Site, id: o.Room, what: fmt.Sprintf("the room of visitor #%d of site %s", o.Number, o.Site), ghost: c.cfg.GhostUserID(o.Visitor)}
		if o.Desk {
			room.what, room.ghost = "the desk of site "+string(o.Site), ""
		}
		rooms = append(rooms, room)
	}
	return rooms
}

// rooms asks the homeserver how the rooms are that the bridge needs.
func (c *checker) rooms(ctx context.Context, rooms siteRooms) {
	well := true
	for _, room := range rooms {
		site := c.cfg.Sites[room.site]
		if site == nil || ctx.Err() != nil {
			continue // the site was taken out of the config
		}
		state, err := c.client.State(ctx, room.id)
		if code, text := c.roomFault(room, state, err); code != "" {
			well = false
			c.fail("rooms."+code, "%s", text)
			continue
		}
		if room.space {
			c.joined(room, site, state)
		}
	}
	if well && len(rooms) > 0 {
		c.good("rooms", "The bot has its power and nothing is encrypted in the %s that were looked at.", plural(len(rooms), "room"))
	}
}

// roomFault is what keeps a room from its purpose, as a code and a sentence; none if it is well.
func (c *checker) roomFault(room siteRoom, state mautrix.RoomStateMap, err error) (code, text string) {
	bot := c.cfg.BotUserID()
	where := fmt.Sprintf("%s (%s)", room.what, room.id)
	switch {
	case status(err) == http.StatusForbidden, status(err) == http.StatusNotFound, err == nil && !in(state, bot):
		return "bot_missing", fmt.Sprintf("The bot is not in %s: somebody removed it or deleted the room. The bridge makes another when it next needs it; after a restart it looks by itself.", where)
	case err != nil:
		return "untold", fmt.Sprintf("The homeserver does not tell of %s (%s).", where, why(err))
	case state[event.StateTombstone][""] != nil:
		return "", "" // the bridge moves on with it
	case state[event.StateEncryption][""] != nil:
		return "encrypted", fmt.Sprintf("%s is encrypted, so the bridge cannot read what operators write there: whoever switched it on has to upgrade the room (in Element: /upgraderoom); the conversation moves on there.", upper(where))
	}
	levels, ok := state[event.StatePowerLevels][""]
	if !ok {
		return "", ""
	}
	power := levels.Content.AsPowerLevels()
	if has := power.GetUserLevel(bot); has < recipe.BotLevel && !c.owns(state) {
		return "bot_power", fmt.Sprintf("The bot has a power of %d in %s and needs %d, so it can neither name the room nor take people in and out: give it back there, or have an admin of the homeserver do so.", has, where, recipe.BotLevel)
	}
	if room.ghost == "" {
		return "", ""
	}
	if has, needs := power.GetUserLevel(room.ghost), power.GetEventLevel(event.EventMessage); has < needs {
		return "ghost_power", fmt.Sprintf("The visitor's user %s may not write in %s: it has a power of %d, and messages need %d. Lower the power for messages there.", room.ghost, where, has, needs)
	}
	return "", ""
}

// owns reports whether the bot's power in a room is above all levels.
func (c *checker) owns(state mautrix.RoomStateMap) bool {
	create := state[event.StateCreate][""]
	return create != nil && create.Sender == c.cfg.BotUserID() && recipe.CreatorIsAbsolute(create.Content.AsCreate().RoomVersion)
}

func in(state mautrix.RoomStateMap, user id.UserID) bool {
	return membership(state, user) == event.MembershipJoin
}

func membership(state mautrix.RoomStateMap, user id.UserID) event.Membership {
	if member := state[event.StateMember][string(user)]; member != nil {
		return member.Content.AsMember().Membership
	}
	return event.MembershipLeave
}

// joined looks whether the operators of a site can see its dialogs.
func (c *checker) joined(space siteRoom, site *config.Site, state mautrix.RoomStateMap) {
	var invited, absent []string
	inside := 0
	for _, operator := range site.Operators {
		switch membership(state, operator) {
		case event.MembershipJoin:
			inside++
		case event.MembershipInvite:
			invited = append(invited, string(operator))
		case event.MembershipBan, event.MembershipKnock, event.MembershipLeave:
			absent = append(absent, string(operator))
		}
	}
	of := verdictIf(inside == 0)
	if len(invited) > 0 {
		c.add(of, "operators.invited", "%s has not accepted the invitation to %s yet, and sees no dialog until then.", strings.Join(invited, ", "), space.what)
	}
	if len(absent) > 0 {
		c.add(of, "operators.outside", "%s is not in %s, and sees no dialogs: a new invitation comes by !back in the desk's room, or when the bridge starts.", strings.Join(absent, ", "), space.what)
	}
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
