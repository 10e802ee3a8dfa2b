package recipe

import (
	"fmt"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bot/months"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// monthFormat is how a month names a shelf.
const monthFormat = "2006-01"

// Shelf is the name of the shelf of dialogs that were closed then, in the site's time zone.
func Shelf(site *config.Site, closed time.Time) string {
	return closed.In(site.Location()).Format(monthFormat)
}

// SpaceAlias is the localpart of the alias of a site's space, or of one of its buckets.
func SpaceAlias(mark SpaceMark) string {
	alias := "anteroom_space_" + string(mark.Site)
	if mark.Shelf != "" {
		alias += fmt.Sprintf("_%s_%d", mark.Shelf, mark.Number)
	}
	return alias
}

// Space is the request that creates a site's space, whose members are the operators.
func Space(cfg *config.Config, site *config.Site, version id.RoomVersion) *mautrix.ReqCreateRoom {
	return space(cfg, site, version, site.Name, SpaceMark{Site: site.ID},
		&event.JoinRulesEventContent{JoinRule: event.JoinRuleInvite})
}

// Bucket is the request that creates a space inside of the site's space root, whose members may enter it.
func Bucket(cfg *config.Config, site *config.Site, version id.RoomVersion, mark SpaceMark, root id.RoomID) *mautrix.ReqCreateRoom {
	req := space(cfg, site, version, BucketName(site, mark), mark, Members(root))
	req.InitialState = append(req.InitialState, state(event.StateSpaceParent, string(root), Parent(cfg)))
	return req
}

func space(cfg *config.Config, site *config.Site, version id.RoomVersion, name string, mark SpaceMark, door *event.JoinRulesEventContent) *mautrix.ReqCreateRoom {
	req := base(cfg, site, version)
	req.Name = name
	req.RoomAliasName = SpaceAlias(mark)
	req.CreationContent["type"] = event.RoomTypeSpace
	req.InitialState = append(req.InitialState, state(event.StateJoinRules, "", door), state(TypeSpace, "", mark))
	// Only the bot lists rooms here.
	req.PowerLevelOverride.Events[event.StateSpaceChild.Type] = BotLevel
	return req
}

// Members is the rule that lets the members of a space in.
func Members(space id.RoomID) *event.JoinRulesEventContent {
	return &event.JoinRulesEventContent{
		JoinRule: event.JoinRuleRestricted,
		Allow:    []event.JoinRuleAllow{{Type: event.JoinRuleAllowRoomMembership, RoomID: space}},
	}
}

// Parent says that a room belongs to a space of ours.
func Parent(cfg *config.Config) *event.SpaceParentEventContent {
	return &event.SpaceParentEventContent{Via: []string{cfg.Homeserver.Domain}, Canonical: true}
}

// DeskChild lists the desk in its site's space, in front of all else.
func DeskChild(cfg *config.Config) *event.SpaceChildEventContent {
	child := Child(cfg)
	child.Order, child.Suggested = "0", true
	return child
}

// Child lists a room.
func Child(cfg *config.Config) *event.SpaceChildEventContent {
	return &event.SpaceChildEventContent{Via: []string{cfg.Homeserver.Domain}}
}

// BucketChild lists a bucket in its site's space: that of open dialogs behind
// the desk, then the months, the newest first, and in each the last bucket first.
func BucketChild(cfg *config.Config, mark SpaceMark) *event.SpaceChildEventContent {
	const lastYear, lastMonth, lastNumber = 9999, 12, 999_999
	child := Child(cfg)
	back := lastNumber - mark.Number
	if month, err := time.Parse(monthFormat, mark.Shelf); err == nil {
		child.Order = fmt.Sprintf("2-%04d-%02d-%06d", lastYear-month.Year(), lastMonth-int(month.Month()), back)
	} else {
		child.Order, child.Suggested = fmt.Sprintf("1-%06d", back), true
	}
	return child
}

// BucketName is the name of a bucket, in the operators' language; with the site's,
// because clients list what an operator of several sites has been invited to.
func BucketName(site *config.Site, mark SpaceMark) string {
	open, closed := "Open", "Closed"
	if site.Language == config.Russian {
		open, closed = "Открытые", "Закрытые"
	}
	name := open + " · " + site.Name
	if month, err := time.Parse(monthFormat, mark.Shelf); err == nil {
		name = fmt.Sprintf("%s · %s · %s %d", closed, site.Name, months.Alone(string(site.Language), month.Month()), month.Year())
	}
	if mark.Number > 1 {
		name += fmt.Sprintf(" · %d", mark.Number)
	}
	return name
}
