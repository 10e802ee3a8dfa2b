package matrix

import (
	"context"
	"errors"
	"fmt"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/matrix/recipe"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// roleSpace is the role of a site's space among the site's rooms.
const roleSpace = "space"

// makeSpaces gives every site of the config its space, with the operators as members.
func (m *Matrix) makeSpaces(ctx context.Context) error {
	for _, site := range m.cfg.Sites {
		space, err := m.space(ctx, site)
		if err != nil {
			return fmt.Errorf("space of site %s: %w", site.ID, err)
		}
		m.log.Debug().Str("site", string(site.ID)).Stringer("space", space).Msg("The site's space is there")
	}
	return nil
}

// settleSpaces invites operators to the spaces and removes those who left the
// config. Nothing waits for it: an operator whose server is down is no reason
// to keep visitors waiting.
func (m *Matrix) settleSpaces(ctx context.Context) error {
	for _, site := range m.cfg.Sites {
		space, err := m.store.SiteRoom(ctx, site.ID, roleSpace)
		if err == nil {
			err = m.settleMembers(ctx, "site "+string(site.ID), members{room: space, operators: site.Operators, invited: site.Operators})
		}
		if err != nil {
			return fmt.Errorf("operators of site %s: %w", site.ID, err)
		}
	}
	return nil
}

func (m *Matrix) space(ctx context.Context, site *config.Site) (id.RoomID, error) {
	bot := m.hs.as(m.cfg.BotUserID())
	alias := id.NewRoomAlias(recipe.SpaceAlias(site.ID), m.cfg.Homeserver.Domain)
	known, err := m.store.SiteRoom(ctx, site.ID, roleSpace)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", err
	}
	for _, room := range []id.RoomID{known, m.resolved(ctx, alias)} {
		if room == "" {
			continue
		}
		var mark recipe.SpaceMark
		err := bot.StateEvent(ctx, room, recipe.TypeSpace, "", &mark)
		if err == nil && mark.Site == site.ID {
			return room, m.keepSpace(ctx, site, known, room)
		}
		if f := outcome(err); err != nil && f != noRoom && f != refused {
			return "", err
		}
	}
	if _, err := bot.DeleteAlias(ctx, alias); err != nil && outcome(err) == down {
		return "", err
	}
	created, err := bot.CreateRoom(ctx, recipe.Space(m.cfg, site, m.roomVersion))
	if err != nil {
		return "", err
	}
	var encryption event.EncryptionEventContent
	if err := bot.StateEvent(ctx, created.RoomID, event.StateEncryption, "", &encryption); err == nil {
		_, _ = bot.LeaveRoom(ctx, created.RoomID)
		return "", errors.New("the homeserver encrypts every new room by default, so the bridge could not read what operators write: " +
			"set encryption_enabled_by_default_for_room_type to invite or off")
	}
	return created.RoomID, m.keepSpace(ctx, site, known, created.RoomID)
}

func (m *Matrix) resolved(ctx context.Context, alias id.RoomAlias) id.RoomID {
	if resp, err := m.hs.as(m.cfg.BotUserID()).ResolveAlias(ctx, alias); err == nil {
		return resp.RoomID
	}
	return ""
}

// keepSpace records a site's space. A new one has no members and no rooms yet.
func (m *Matrix) keepSpace(ctx context.Context, site *config.Site, known, room id.RoomID) error {
	if known == room {
		return nil
	}
	return m.store.Write(ctx, func(ctx context.Context) error {
		return errors.Join(
			m.store.SetSiteRoom(ctx, site.ID, roleSpace, room),
			m.store.ForgetApplied(ctx, "site "+string(site.ID)),
		)
	})
}
