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
	"github.com/anteroom-chat/anteroom/bridge/matrix/convert"
	"github.com/anteroom-chat/anteroom/bridge/matrix/notice"
	"github.com/anteroom-chat/anteroom/bridge/matrix/recipe"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// sweepRooms leaves rooms of the bot that the database does not know: halves of
// creations that broke off, and dialogs whose visitor is not known any more.
// The operators in them are told, so that nobody writes into the void. Rooms of another
// database of this bridge are none of these.
func (m *Matrix) sweepRooms(ctx context.Context) error {
	beside, err := m.store.Meta(ctx, store.MetaBeside)
	if err != nil || beside != "" {
		return err
	}
	bot := m.hs.as(m.cfg.BotUserID())
	joined, err := bot.JoinedRooms(ctx)
	if err != nil {
		return fmt.Errorf("list the bot's rooms: %w", err)
	}
	for _, room := range joined.JoinedRooms {
		known, err := m.knowsRoom(ctx, room)
		if err != nil {
			return err
		}
		if known {
			continue
		}
		var mark recipe.DialogMark
		if err := bot.StateEvent(ctx, room, recipe.TypeDialog, "", &mark); err != nil {
			if f := outcome(err); f != noRoom && f != refused {
				return err
			}
			if err := m.leaveHalfMade(ctx, room); err != nil {
				return err
			}
			continue
		}
		if err := m.leaveStray(ctx, room, mark); err != nil {
			return err
		}
	}
	return nil
}

// leaveHalfMade leaves a room without a dialog's mark if it is one of ours all
// the same: a homeserver that dies while it creates a room keeps the first
// events of it, without mark and alias, so that nothing can adopt it. A young
// one may still be in the making.
func (m *Matrix) leaveHalfMade(ctx context.Context, room id.RoomID) error {
	bot := m.hs.as(m.cfg.BotUserID())
	created, err := bot.FullStateEvent(ctx, room, event.StateCreate, "")
	if err != nil {
		if f := outcome(err); f == noRoom || f == refused {
			return nil
		}
		return err
	}
	if created.Sender != m.cfg.BotUserID() || time.Since(time.UnixMilli(created.Timestamp)) < requestTimeout {
		return nil
	}
	var space recipe.SpaceMark
	if err := bot.StateEvent(ctx, room, recipe.TypeSpace, "", &space); err == nil {
		of, known := m.spaces.sites[space.Site]
		if !known || space.Shelf == "" || of.doubtful() > 0 {
			return nil // of a site that left the config, or whose spaces could not be looked at yet
		}
	} else if f := outcome(err); f != noRoom && f != refused {
		return err
	}
	m.log.Info().Stringer(trail.RoomID, room).Msg("The bot leaves a room whose creation broke off, or which it gave up")
	if _, err := bot.LeaveRoom(ctx, room); err != nil && outcome(err) == down {
		return err
	}
	return nil
}

func (m *Matrix) knowsRoom(ctx context.Context, room id.RoomID) (bool, error) {
	_, _, err := m.store.DialogOf(ctx, room)
	if errors.Is(err, store.ErrNotFound) {
		_, err = m.store.SiteOfRoom(ctx, room)
	}
	if errors.Is(err, store.ErrNotFound) {
		return m.store.IsErasing(ctx, room)
	}
	return err == nil, err
}

func (m *Matrix) leaveStray(ctx context.Context, room id.RoomID, mark recipe.DialogMark) error {
	if again, err := m.erasesAgain(ctx, room, mark); err != nil || again {
		return err
	}
	_, err := m.store.Visitor(ctx, mark.Visitor)
	if err == nil {
		var current id.RoomID
		if current, err = m.store.RoomOf(ctx, mark.Visitor); errors.Is(err, store.ErrNotFound) || err == nil && current == room {
			// The dialog's sender will adopt it, or has just made it. One whose creation
			// broke off before it had its alias cannot be adopted: the next start
			// leaves it, when the dialog has another.
			return nil
		}
		if succeeds, err := m.succeeds(ctx, mark.Visitor, room, current); err != nil || succeeds {
			return err
		}
	} else if errors.Is(err, store.ErrNotFound) {
		err = m.sayErased(ctx, room, mark, "stray-"+string(room))
	}
	if err != nil {
		return err
	}
	m.log.Info().Stringer(trail.RoomID, room).Str(trail.Visitor, string(mark.Visitor)).Msg("The bot leaves a room that the database does not know")
	if _, err := m.hs.as(m.cfg.BotUserID()).LeaveRoom(ctx, room); err != nil && outcome(err) == down {
		return err
	}
	return nil
}

// succeeds reports whether a room is to replace the dialog's present one, which was upgraded
// while we were away, and has the dialog follow. The homeserver may tell of the upgrade
// much later, and whoever left the successor by then cannot enter it again: nobody is there.
func (m *Matrix) succeeds(ctx context.Context, v chat.VisitorID, room, current id.RoomID) (bool, error) {
	var tombstone event.TombstoneEventContent
	err := m.hs.as(m.cfg.BotUserID()).StateEvent(ctx, current, event.StateTombstone, "", &tombstone)
	if f := outcome(err); err != nil && f != noRoom && f != refused {
		return false, err
	}
	if err != nil || tombstone.ReplacementRoom != room {
		return false, nil
	}
	if err := m.follow(ctx, v, current, room); err != nil {
		if errors.Is(err, errPoison) {
			return false, nil
		}
		return false, err
	}
	m.queue.wake(v)
	return true, nil
}

// sayErased tells a room that nobody reads it any more. The homeserver's memory
// of the transaction id keeps that from being said twice.
func (m *Matrix) sayErased(ctx context.Context, room id.RoomID, mark recipe.DialogMark, txn string) error {
	language, kind := config.English, notice.SiteGone
	if site, ok := m.cfg.Sites[mark.Site]; ok {
		language, kind = site.Language, notice.VisitorErased
	}
	plain, html := notice.Text(string(language), kind, notice.Args{})
	_, err := m.hs.as(m.cfg.BotUserID()).SendMessageEvent(ctx, room, event.EventMessage, &event.MessageEventContent{
		MsgType: event.MsgNotice, Body: plain, Format: event.FormatHTML, FormattedBody: html, Mentions: &event.Mentions{},
	}, mautrix.ReqSendEvent{TransactionID: txn})
	if err != nil && (outcome(err) == down || outcome(err) == later) {
		return err
	}
	return nil
}

// hearStray takes what comes of rooms without a dialog: the bot does not stay
// where others invited it, and who writes to an erased visitor is told. It parks
// what comes of a room that a living dialog does not know yet.
func (m *Matrix) hearStray(ctx context.Context, h heard) (parked bool, err error) {
	if site, err := m.store.SiteOfRoom(ctx, h.Room); err == nil {
		return false, m.hearSpace(ctx, h, site)
	} else if !errors.Is(err, store.ErrNotFound) {
		return false, err
	}
	if h.head.StateKey == nil {
		return m.answerStray(ctx, h)
	}
	user := id.UserID(*h.head.StateKey)
	if h.head.Type == event.StateMember.Type && user == m.cfg.BotUserID() && !m.cfg.IsOurs(h.head.Sender) &&
		readMember(h.head.Content).Membership == event.MembershipInvite {
		select {
		case m.declines <- h.Room:
		default: // that invitation stays open, which harms nobody
		}
	}
	return false, nil
}

// declinesWaiting is how many invitations may wait to be declined.
const declinesWaiting = 64

// declineInvitations turns down what strangers invite the bot into, one after the other and
// beside the inbox: a homeserver does so together with the server of who invited, which may
// take the request and say nothing.
func (m *Matrix) declineInvitations(ctx context.Context) error {
	for {
		select {
		case room := <-m.declines:
			if err := m.hs.gate.pass(ctx); err != nil {
				return err
			}
			if err := m.decline(ctx, room); err != nil {
				m.log.Debug().Err(err).Stringer(trail.RoomID, room).Msg("An invitation could not be declined; it stays open")
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (m *Matrix) decline(ctx context.Context, room id.RoomID) error {
	if known, err := m.knowsRoom(ctx, room); err != nil || known {
		return err // the successor of a dialog's room, which has followed meanwhile
	}
	ctx, cancel := context.WithTimeout(ctx, inviteTimeout)
	defer cancel()
	_, err := m.hs.as(m.cfg.BotUserID()).LeaveRoom(ctx, room)
	return err
}

func (m *Matrix) answerStray(ctx context.Context, h heard) (parked bool, err error) {
	var mark recipe.DialogMark
	if err := m.hs.as(m.cfg.BotUserID()).StateEvent(ctx, h.Room, recipe.TypeDialog, "", &mark); err != nil {
		if f := outcome(err); f != noRoom && f != refused {
			return false, err
		}
		return false, nil // not a room of ours
	}
	if _, err := m.store.Visitor(ctx, mark.Visitor); err == nil {
		return true, m.store.ParkStray(ctx, h.Position, h.Room)
	} else if !errors.Is(err, store.ErrNotFound) {
		return false, err
	}
	return false, m.answerUnread(ctx, h)
}

// answerUnread tells a person who wrote in a room that nobody reads it.
func (m *Matrix) answerUnread(ctx context.Context, h heard) error {
	if m.cfg.IsOurs(h.head.Sender) || h.head.ID == "" || h.head.StateKey != nil {
		return nil
	}
	if in := convert.FromMatrix(h.Raw); in.Verdict != convert.Deliver && in.Verdict != convert.Refuse {
		return nil
	}
	var mark recipe.DialogMark // without one the text is English
	_ = m.hs.as(m.cfg.BotUserID()).StateEvent(ctx, h.Room, recipe.TypeDialog, "", &mark)
	return m.sayErased(ctx, h.Room, mark, "unread-"+string(h.head.ID))
}
