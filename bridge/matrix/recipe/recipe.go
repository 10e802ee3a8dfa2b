// Package recipe says how rooms are created: recipes for dialogs, for the desk
// and for spaces, tested on Dendrite and Synapse with room versions 10, 11 and 12.
//
// The preset is public_chat although nobody gets in uninvited: it is the one
// that stays unencrypted on homeservers that encrypt private rooms by default.
// The join rules, set explicitly, close the door.
package recipe

import (
	"slices"
	"strconv"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// Versions are the room versions that the recipes were tested with, best first.
func Versions() []id.RoomVersion { return []id.RoomVersion{id.RoomV12, id.RoomV11, id.RoomV10} }

// TypeDialog marks a dialog's room: the content is a DialogMark.
var TypeDialog = event.Type{Type: "chat.anteroom.dialog", Class: event.StateEventType} //nolint:gochecknoglobals // a constant of the protocol

// TypeSpace marks a site's space: the content is a SpaceMark.
var TypeSpace = event.Type{Type: "chat.anteroom.space", Class: event.StateEventType} //nolint:gochecknoglobals // a constant of the protocol

// TypeCard says in a dialog's room who the visitor is, for other clients and
// bots: the content is a Card, the state key is empty.
var TypeCard = event.Type{Type: "chat.anteroom.visitor", Class: event.StateEventType} //nolint:gochecknoglobals // a constant of the protocol

// DialogMark says whose dialog a room is.
type DialogMark struct {
	Site    chat.SiteID    `json:"site"`
	Visitor chat.VisitorID `json:"visitor"`
}

// SpaceMark says which site's space a room is; Shelf and Number are those of a
// bucket, and empty in the site's space itself.
type SpaceMark struct {
	Site   chat.SiteID `json:"site"`
	Shelf  string      `json:"shelf,omitempty"`
	Number int64       `json:"number,omitempty"`
}

// Power levels of our rooms. Operators may rename and moderate; what would cut
// the visitor off (encryption, an upgrade, the levels themselves) is the bot's.
const (
	BotLevel      = 100
	OperatorLevel = 50
	// tombstoneV12 is above every level but the creator's (room version 12, MSC4289).
	tombstoneV12 = 150
)

// Room is what the recipe of a dialog needs to know.
type Room struct {
	Config  *config.Config
	Site    *config.Site
	Version id.RoomVersion
	Visitor chat.VisitorID
	Name    string
	// Alias is the localpart of the room's alias.
	Alias string
	// Space is the site's space, whose members may join.
	Space id.RoomID
	// Former is the room that this one replaces, or empty.
	Former id.RoomID
}

// DeskName is the name of a site's desk, in the operators' language.
func DeskName(site *config.Site) string {
	if site.Language == config.Russian {
		return "Операторская · " + site.Name
	}
	return "Operators’ desk · " + site.Name
}

// DeskTopic says in a site's desk what the room is, in the operators' language.
func DeskTopic(site *config.Site) string {
	if site.Language == config.Russian {
		return "Здесь собираются обращения с сайта «" + site.Name + "»: кто пишет, кто ждёт ответа. Что умеют команды, покажет !help."
	}
	return "All that happens in the chat of " + site.Name + ": who writes and who waits for an answer. !help lists the commands."
}

// ErasedName is the name of an erased visitor's room, in the operators'
// language; without a number where that is not known any more.
func ErasedName(language config.Language, number int64) string {
	name, sign := "Erased visitor", " #"
	if language == config.Russian {
		name, sign = "Стёртый посетитель", " № "
	}
	if number == 0 {
		return name
	}
	return name + sign + strconv.FormatInt(number, 10)
}

// Desk is the request that creates a site's desk, to which operators come by invitation only.
func Desk(r Room) *mautrix.ReqCreateRoom {
	req := base(r.Config, r.Site, r.Version)
	req.Name, req.Topic = r.Name, DeskTopic(r.Site)
	req.RoomAliasName = r.Alias
	if r.Former != "" {
		req.CreationContent["predecessor"] = map[string]any{"room_id": r.Former}
	}
	req.InitialState = append(req.InitialState,
		state(event.StateJoinRules, "", &event.JoinRulesEventContent{JoinRule: event.JoinRuleInvite}),
		state(TypeDialog, "", DialogMark{Site: r.Site.ID, Visitor: r.Visitor}),
		state(event.StateSpaceParent, string(r.Space), Parent(r.Config)),
	)
	return req
}

// Dialog is the request that creates a dialog's room. Only the ghost is
// invited; operators are, once the room is recorded.
func Dialog(r Room) *mautrix.ReqCreateRoom {
	req := base(r.Config, r.Site, r.Version)
	req.Name = r.Name
	req.RoomAliasName = r.Alias
	req.Invite = []id.UserID{r.Config.GhostUserID(r.Visitor)}
	if r.Former != "" {
		req.CreationContent["predecessor"] = map[string]any{"room_id": r.Former}
	}
	req.InitialState = append(req.InitialState,
		state(event.StateJoinRules, "", Members(r.Space)),
		state(TypeDialog, "", DialogMark{Site: r.Site.ID, Visitor: r.Visitor}),
		state(event.StateSpaceParent, string(r.Space), Parent(r.Config)),
		state(event.StateBridge, "chat.anteroom/"+string(r.Site.ID)+"/"+string(r.Visitor), &event.BridgeEventContent{
			BridgeBot: r.Config.BotUserID(),
			Creator:   r.Config.BotUserID(),
			Protocol:  event.BridgeInfoSection{ID: "anteroom", DisplayName: "Anteroom"},
			Network:   &event.BridgeInfoSection{ID: string(r.Site.ID), DisplayName: r.Site.Name},
			Channel:   event.BridgeInfoSection{ID: string(r.Visitor), DisplayName: r.Name},
		}),
		state(event.StateElementFunctionalMembers, "", &event.ElementFunctionalMembersContent{
			ServiceMembers: []id.UserID{r.Config.BotUserID(), r.Config.DeliveredUserID()},
		}),
	)
	return req
}

// Direct is the request that creates the bot's chat with one operator, in which the
// bot alone writes and whom nobody else is asked into.
func Direct(cfg *config.Config, site *config.Site, operator id.UserID, version id.RoomVersion) *mautrix.ReqCreateRoom {
	req := base(cfg, site, version)
	req.Name = cfg.AppService.Bot.DisplayName + " · " + site.Name
	req.IsDirect = true
	req.Invite = []id.UserID{operator}
	req.InitialState = append(req.InitialState, state(event.StateJoinRules, "", &event.JoinRulesEventContent{JoinRule: event.JoinRuleInvite}))
	levels := req.PowerLevelOverride
	for _, user := range site.Operators {
		delete(levels.Users, user)
	}
	alone := BotLevel
	levels.InvitePtr, levels.StateDefaultPtr, levels.EventsDefault = &alone, &alone, alone
	for _, name := range []event.Type{event.StateRoomName, event.StateTopic, event.StateRoomAvatar} {
		levels.Events[name.Type] = alone
	}
	return req
}

func base(cfg *config.Config, site *config.Site, version id.RoomVersion) *mautrix.ReqCreateRoom {
	creation := map[string]any{}
	if !cfg.Homeserver.Federate {
		creation["m.federate"] = false
	}
	return &mautrix.ReqCreateRoom{
		Visibility:         "private",
		Preset:             "public_chat",
		RoomVersion:        version,
		CreationContent:    creation,
		PowerLevelOverride: Levels(cfg, site, version),
		InitialState: []*event.Event{
			state(event.StateHistoryVisibility, "", &event.HistoryVisibilityEventContent{HistoryVisibility: event.HistoryVisibilityShared}),
			state(event.StateGuestAccess, "", &event.GuestAccessEventContent{GuestAccess: event.GuestAccessForbidden}),
		},
	}
}

// Levels are the power levels of a site's rooms.
func Levels(cfg *config.Config, site *config.Site, version id.RoomVersion) *event.PowerLevelsEventContent {
	tombstone := BotLevel
	users := map[id.UserID]int{cfg.BotUserID(): BotLevel}
	if CreatorIsAbsolute(version) {
		tombstone = tombstoneV12
		delete(users, cfg.BotUserID()) // version 12 refuses levels that name the creator
	}
	for _, operator := range site.Operators {
		users[operator] = OperatorLevel
	}
	level := func(n int) *int { return &n }
	return &event.PowerLevelsEventContent{
		Users:           users,
		StateDefaultPtr: level(OperatorLevel),
		InvitePtr:       level(OperatorLevel),
		KickPtr:         level(OperatorLevel),
		BanPtr:          level(OperatorLevel),
		RedactPtr:       level(OperatorLevel),
		Events: map[string]int{
			event.StateEncryption.Type:        BotLevel,
			event.StateTombstone.Type:         tombstone,
			event.StateServerACL.Type:         BotLevel,
			event.StatePowerLevels.Type:       BotLevel,
			event.StateHistoryVisibility.Type: BotLevel,
			event.StateJoinRules.Type:         BotLevel,
			TypeCard.Type:                     BotLevel,
			event.StateRoomName.Type:          OperatorLevel,
			event.StateTopic.Type:             OperatorLevel,
			event.StateRoomAvatar.Type:        OperatorLevel,
		},
	}
}

// CreatorIsAbsolute reports whether the creator's power is above all levels.
func CreatorIsAbsolute(version id.RoomVersion) bool {
	return !slices.Contains([]id.RoomVersion{id.RoomV10, id.RoomV11}, version)
}

func state(t event.Type, key string, content any) *event.Event {
	return &event.Event{Type: t, StateKey: &key, Content: event.Content{Parsed: content}}
}
