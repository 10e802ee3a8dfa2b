package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/matrix/notice"
	"github.com/anteroom-chat/anteroom/bridge/matrix/recipe"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// roleSpace is the role of a site's space among the site's rooms.
const roleSpace = "space"

// makeSpaces gives every site a space that has none yet, without which it has no rooms. Those
// that there are, are looked at beside the talk (runSpaces). A site whose space the homeserver
// does not make holds up no other, and is tried again there.
func (m *Matrix) makeSpaces(ctx context.Context) error {
	made, errs := 0, error(nil)
	for _, site := range m.cfg.Sites {
		if err := m.store.AddOperators(ctx, site.ID, site.Operators); err != nil {
			return err
		}
		_, err := m.store.SiteRoom(ctx, site.ID, roleSpace)
		if errors.Is(err, store.ErrNotFound) {
			err = m.checkSpaces(ctx, site)
		}
		switch {
		case err == nil:
			made++
		case ctx.Err() != nil || m.hs.isDown(ctx, err):
			return err
		default:
			err = fmt.Errorf("space of site %s: %w", site.ID, err)
			m.log.Error().Err(err).Msg("A site cannot begin")
			errs = errors.Join(errs, err)
		}
	}
	if made > 0 {
		return nil
	}
	return errs
}

// checkSpaces looks whether a site's spaces are there, and makes those that are
// not: somebody may have deleted one, or removed the bot from it. One that cannot
// be looked at holds up no other.
func (m *Matrix) checkSpaces(ctx context.Context, site *config.Site) error {
	root, err := m.checkRoot(ctx, site)
	if err != nil {
		return err
	}
	buckets, err := m.store.Buckets(ctx, site.ID)
	if err != nil {
		return err
	}
	var steps []func() error
	for _, b := range buckets {
		steps = append(steps, func() error { return m.checkBucket(ctx, site, root, b) })
	}
	return m.each(ctx, append(steps, func() error {
		if _, err := m.store.LastBucket(ctx, site.ID, store.ShelfOpen); !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return m.makeBucket(ctx, site, root, recipe.SpaceMark{Site: site.ID, Shelf: store.ShelfOpen, Number: 1})
	})...)
}

// checkRoot returns the site's space, a new one if that of before is gone.
func (m *Matrix) checkRoot(ctx context.Context, site *config.Site) (id.RoomID, error) {
	mark := recipe.SpaceMark{Site: site.ID}
	known, err := m.store.SiteRoom(ctx, site.ID, roleSpace)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", err
	}
	if known != "" {
		if gone, err := m.isGone(ctx, known, mark); err != nil || !gone {
			return known, err
		}
	}
	room, adopted, err := m.makeSpace(ctx, mark, recipe.Space(m.cfg, site, m.roomVersion))
	if err != nil {
		return "", err
	}
	if err := m.replaceRoot(ctx, site, known, room); err != nil || !adopted {
		return room, err
	}
	return room, m.rereadSpaces(ctx, site, room)
}

// replaceRoot records a site's space. A new one has no members and lists
// nothing yet, and nobody of it may enter the rooms of the one before.
func (m *Matrix) replaceRoot(ctx context.Context, site *config.Site, before, room id.RoomID) error {
	return m.store.Write(ctx, func(ctx context.Context) error {
		if err := errors.Join(
			m.store.SetSiteRoom(ctx, site.ID, roleSpace, room),
			m.store.ForgetApplied(ctx, store.SiteSubject(site.ID)),
		); err != nil {
			return err
		}
		if before == "" {
			store.AfterCommit(ctx, m.queue.resumeAll) // who wants a room of the site waits for it
			return nil
		}
		if _, err := m.store.ForgetSpace(ctx, before); err != nil {
			return err
		}
		open, err := m.store.MoveAll(ctx, site.ID)
		if err != nil {
			return err
		}
		m.wakeLater(ctx, open)
		m.log.Warn().Str(trail.Site, string(site.ID)).Stringer("before", before).Stringer("space", room).Msg("The site's space is gone or closed to the bot; there is a new one")
		return m.tellDesk(ctx, site, "replaced:"+string(before), notice.SpaceReplaced, notice.Args{
			Room: room, Via: []string{m.cfg.Homeserver.Domain},
		})
	})
}

// isSpace reports whether the bot is in a room and it is the space of that mark.
func (m *Matrix) isSpace(ctx context.Context, room id.RoomID, mark recipe.SpaceMark) (bool, error) {
	bot := m.cfg.BotUserID()
	// Who left a room still sees it as it was then.
	own, err := m.hs.membership(ctx, bot, room, bot)
	var found recipe.SpaceMark
	if err == nil && own == event.MembershipJoin {
		err = m.hs.as(bot).StateEvent(ctx, room, recipe.TypeSpace, "", &found)
	}
	if f := outcome(err); err != nil && (f == noRoom || f == refused) {
		return false, nil
	}
	return err == nil && own == event.MembershipJoin && found == mark, err
}

// isGone reports whether the space of that mark is lost. A single look proves
// nothing: Dendrite, killed and started, refuses what it allows a moment later.
func (m *Matrix) isGone(ctx context.Context, room id.RoomID, mark recipe.SpaceMark) (bool, error) {
	const looks = 4
	there, err := m.isSpace(ctx, room, mark)
	if err != nil {
		return false, err
	}
	name := chat.EntryID("space " + room)
	if !there && m.doubts.refuseApart(name) < looks {
		return false, fmt.Errorf("the space %s is gone or closed to the bot, as it seems; looking again", room)
	}
	m.doubts.clear(name)
	return !there, nil
}

// mostAliases are tried for a space: one that points to a room without the bot
// may be lost for ever (Dendrite).
const mostAliases = 20

// makeSpace returns the space of that mark behind its alias, or else a new one.
func (m *Matrix) makeSpace(ctx context.Context, mark recipe.SpaceMark, request *mautrix.ReqCreateRoom) (room id.RoomID, adopted bool, err error) {
	for n := 1; n <= mostAliases; n++ {
		request.RoomAliasName = recipe.SpaceAlias(mark)
		if n > 1 {
			request.RoomAliasName += fmt.Sprintf("_again_%d", n)
		}
		room, free, err := m.adoptSpace(ctx, id.NewRoomAlias(request.RoomAliasName, m.cfg.Homeserver.Domain), mark)
		if err != nil || room != "" {
			return room, true, err
		}
		if free {
			room, err := m.createSpace(ctx, request)
			return room, false, err
		}
	}
	return "", false, fmt.Errorf("no alias like %s is free", recipe.SpaceAlias(mark))
}

// adoptSpace returns the space behind an alias if it is ours, else whether the alias is free now.
func (m *Matrix) adoptSpace(ctx context.Context, alias id.RoomAlias, mark recipe.SpaceMark) (room id.RoomID, free bool, err error) {
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
	if ours, err := m.isSpace(ctx, resolved.RoomID, mark); err != nil || ours {
		return resolved.RoomID, false, err
	}
	_, err = bot.DeleteAlias(ctx, alias)
	if err != nil && (outcome(err) == down || status(err) == http.StatusTooManyRequests) {
		return "", false, fmt.Errorf("take %s from a room that is not ours: %w", alias, err)
	}
	return "", err == nil, nil
}

func (m *Matrix) createSpace(ctx context.Context, request *mautrix.ReqCreateRoom) (id.RoomID, error) {
	bot := m.hs.as(m.cfg.BotUserID())
	created, err := bot.CreateRoom(ctx, request)
	if err == nil {
		_, err = named(created.RoomID)
	}
	if err != nil {
		return "", err
	}
	var encryption event.EncryptionEventContent
	if err := bot.StateEvent(ctx, created.RoomID, event.StateEncryption, "", &encryption); err == nil {
		_, _ = bot.LeaveRoom(ctx, created.RoomID)
		return "", errors.New("the homeserver encrypts every new room by default, so the bridge could not read what operators write: " +
			"set encryption_enabled_by_default_for_room_type to invite or off")
	}
	return created.RoomID, nil
}

// wakeLater wakes dialogs once what is written here is durable.
func (m *Matrix) wakeLater(ctx context.Context, dialogs []chat.VisitorID) {
	store.AfterCommit(ctx, func() {
		for _, v := range dialogs {
			m.Wake(v)
		}
	})
}

// tellDesk tells a site's operators something in the desk's room, once for each origin.
func (m *Matrix) tellDesk(ctx context.Context, site *config.Site, origin string, kind notice.Kind, args notice.Args) error {
	desk, err := m.dialog.DeskOf(ctx, site.ID)
	if err != nil {
		return err
	}
	return m.tell(ctx, &conversation{visitor: desk.ID, who: desk, site: site}, origin, kind, args)
}

// hearSpace takes what comes of a space of ours: that the bot or an operator is
// not in it any more.
func (m *Matrix) hearSpace(ctx context.Context, h heard, siteID chat.SiteID) error {
	if h.head.Type != event.StateMember.Type || h.head.StateKey == nil {
		return nil
	}
	member, user := readMember(h.head.Content), id.UserID(*h.head.StateKey)
	if err := m.hs.state.SetMember(ctx, h.Room, user, &member); err != nil {
		return err
	}
	site, known := m.cfg.Sites[siteID]
	if !known || member.Membership != event.MembershipLeave && member.Membership != event.MembershipBan {
		return nil
	}
	if user == m.cfg.BotUserID() {
		m.spaces.doubt(site.ID)
		return nil
	}
	root, err := m.store.SiteRoom(ctx, site.ID, roleSpace)
	if err != nil || root != h.Room || !site.IsOperator(user) {
		return ignoreNotFound(err)
	}
	// In a space that is deleted everybody leaves.
	if there, err := m.isSpace(ctx, root, recipe.SpaceMark{Site: site.ID}); err != nil || !there {
		return err
	}
	return m.tellDesk(ctx, site, "left:"+h.Key, notice.OperatorLeft, notice.Args{Name: string(user)})
}

// rereadSpaces reads from the homeserver what a site's spaces list, when our own
// books may be older or newer than that, and has those dialogs looked at that are listed in a wrong place.
func (m *Matrix) rereadSpaces(ctx context.Context, site *config.Site, root id.RoomID) error {
	listed, err := m.rereadChildren(ctx, root)
	if err != nil {
		return err
	}
	for room, state := range listed {
		if state != store.ChildIn {
			continue
		}
		if err := m.rereadBucket(ctx, site, root, room); err != nil {
			return err
		}
	}
	open, err := m.store.MoveMisplaced(ctx, site.ID)
	m.wakeLater(ctx, open)
	return err
}

// rereadBucket takes a child of the site's space for what its mark says.
func (m *Matrix) rereadBucket(ctx context.Context, site *config.Site, root, room id.RoomID) error {
	if _, _, err := m.store.DialogOf(ctx, room); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	var mark recipe.SpaceMark
	if err := m.hs.as(m.cfg.BotUserID()).StateEvent(ctx, room, recipe.TypeSpace, "", &mark); err != nil {
		if f := outcome(err); f == noRoom || f == refused {
			return nil // a space that is gone
		}
		return err
	}
	if mark.Site != site.ID || mark.Shelf == "" {
		return nil
	}
	if _, err := m.store.SiteOfRoom(ctx, room); errors.Is(err, store.ErrNotFound) {
		if err := m.store.AddBucket(ctx, store.Bucket{Site: site.ID, Shelf: mark.Shelf, Number: mark.Number, Room: room}, root); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	_, err := m.rereadChildren(ctx, room)
	return err
}

// rereadChildren records what a space lists, and returns it.
func (m *Matrix) rereadChildren(ctx context.Context, space id.RoomID) (map[id.RoomID]store.ChildState, error) {
	var state []struct {
		Type     string          `json:"type"`
		StateKey id.RoomID       `json:"state_key"`
		Content  json.RawMessage `json:"content"`
	}
	bot := m.hs.as(m.cfg.BotUserID())
	if _, err := bot.MakeRequest(ctx, http.MethodGet, bot.BuildClientURL("v3", "rooms", space, "state"), nil, &state); err != nil {
		if f := outcome(err); f == noRoom || f == refused {
			return nil, nil // it is looked at by checkSpaces
		}
		return nil, fmt.Errorf("read the space %s: %w", space, err)
	}
	children := map[id.RoomID]store.ChildState{}
	for _, e := range state {
		if e.Type != event.StateSpaceChild.Type {
			continue
		}
		var child event.SpaceChildEventContent
		_ = json.Unmarshal(e.Content, &child)
		children[e.StateKey] = store.ChildOut
		if len(child.Via) > 0 {
			children[e.StateKey] = store.ChildIn
		}
	}
	return children, m.store.ReplaceChildren(ctx, space, children)
}

// rereadAllSpaces is rereadSpaces for all sites, after a backup was restored.
func (m *Matrix) rereadAllSpaces(ctx context.Context) error {
	for _, site := range m.cfg.Sites {
		m.spaces.doubt(site.ID)
		root, err := m.store.SiteRoom(ctx, site.ID, roleSpace)
		if err == nil {
			err = m.rereadSpaces(ctx, site, root)
		}
		if ignoreNotFound(err) != nil {
			return err
		}
	}
	return nil
}
