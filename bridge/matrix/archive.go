package matrix

import (
	"context"
	"errors"
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

const (
	// archivePace is the time between two who are taken out of rooms, all sites together.
	archivePace = time.Second
	// archiveLook is how often it is looked for work without an occasion.
	archiveLook = time.Minute
	// ownEntryStays is how long somebody stays in a closed dialog's room whom
	// nobody asked in since it was closed.
	ownEntryStays = 24 * time.Hour
)

// archive takes operators who are in too many rooms out of those of closed dialogs.
type archive struct {
	// again holds a token when there may be work.
	again chan struct{}
}

func newArchive() archive { return archive{again: make(chan struct{}, 1)} }

func (a archive) wake() {
	select {
	case a.again <- struct{}{}:
	default:
	}
}

// countMember keeps the books of who is in which dialog's room.
func (m *Matrix) countMember(ctx context.Context, h heard, user id.UserID, member event.Membership) error {
	if h.conv.who.Desk || m.cfg.IsOurs(user) {
		return nil
	}
	switch member {
	case event.MembershipJoin:
		since := now()
		if sent := time.UnixMilli(h.head.Stamp); sent.Before(since) {
			since = sent
		}
		err := m.store.EnterRoom(ctx, h.Room, user, since)
		m.archive.wake()
		return err
	case event.MembershipLeave, event.MembershipBan:
		return m.store.ExitRoom(ctx, h.Room, user)
	case event.MembershipInvite, event.MembershipKnock:
		return nil
	default:
		return nil
	}
}

// archiveRooms works until ctx ends.
func (m *Matrix) archiveRooms(ctx context.Context) error {
	select {
	case <-m.ready:
	case <-ctx.Done():
		return ctx.Err()
	}
	pace := time.Duration(killpoint.Lower(killpoint.ArchivePace, int(archivePace/time.Millisecond))) * time.Millisecond
	for {
		if err := m.hs.gate.pass(ctx); err != nil {
			return err
		}
		did, err := m.archiveNext(ctx)
		if err != nil && ctx.Err() == nil && !m.hs.isDown(ctx, err) {
			m.log.Warn().Err(err).Stringer("again_in", archiveLook).Msg("An operator could not be taken out of a closed room")
		}
		pause, again := archiveLook, m.archive.again
		switch {
		case err != nil:
			again = nil
		case did:
			pause, again = pace, nil
		}
		select {
		case <-time.After(pause):
		case <-again:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// archiveNext takes one operator out of one room, or asks a room who is in it.
// It reports whether there was anything to do.
func (m *Matrix) archiveNext(ctx context.Context) (bool, error) {
	leaver, err := m.store.Leaving(ctx) // begun by a process that broke off
	if err == nil {
		return true, m.takeOut(ctx, leaver)
	}
	if !errors.Is(err, store.ErrNotFound) {
		return false, err
	}
	var errs error
	for _, site := range m.cfg.Sites {
		if site.Closed.ArchiveAbove == 0 {
			continue
		}
		did, err := m.archiveOf(ctx, site)
		errs = errors.Join(errs, err) // a room of one site that cannot be asked holds up no other site
		if did && err == nil {
			return true, errs
		}
	}
	return false, errs
}

func (m *Matrix) archiveOf(ctx context.Context, site *config.Site) (bool, error) {
	room, err := m.store.UncountedRoom(ctx, site.ID)
	if err == nil {
		return true, m.countRoom(ctx, room)
	}
	if !errors.Is(err, store.ErrNotFound) {
		return false, err
	}
	for _, operator := range site.Operators {
		in, err := m.store.CountIn(ctx, site.ID, operator)
		if err != nil {
			return false, err
		}
		if in <= site.Closed.ArchiveAbove {
			continue
		}
		leaver, err := m.store.BeginArchive(ctx, site.ID, operator, now().Add(-ownEntryStays))
		if err == nil {
			return true, m.takeOut(ctx, leaver)
		}
		if !errors.Is(err, store.ErrNotFound) {
			return false, err
		}
	}
	return false, nil
}

// countRoom asks the homeserver who is in a room from before the books.
func (m *Matrix) countRoom(ctx context.Context, room id.RoomID) error {
	joined, err := m.hs.as(m.cfg.BotUserID()).JoinedMembers(ctx, room)
	if !hopeless(err) {
		if err := m.letBe(string(room), "count", err); err != nil {
			return err
		}
	}
	var users []id.UserID
	if joined != nil {
		for user := range joined.Joined {
			if !m.cfg.IsOurs(user) {
				users = append(users, user)
			}
		}
	}
	return m.store.CountRoom(ctx, room, users)
}

// leaveIn ends the way out of somebody whose dialog was opened since that was begun.
func (m *Matrix) leaveIn(ctx context.Context, l store.Leaver) error {
	member, err := m.hs.membership(ctx, m.cfg.BotUserID(), l.Room, l.User)
	if err != nil && !hopeless(err) {
		if err := m.letBe(string(l.Room), "reopened "+string(l.User), err); err != nil {
			return err // nothing is known yet
		}
		member = event.MembershipJoin // else who is still in would be called back for nothing
	}
	if member == event.MembershipJoin {
		return m.store.CancelArchive(ctx, l)
	}
	return m.store.EndArchive(ctx, l)
}

// takeOut removes somebody from a closed dialog's room. It can be repeated.
func (m *Matrix) takeOut(ctx context.Context, l store.Leaver) error {
	stands, err := m.store.Dialog(ctx, l.Visitor)
	if err != nil {
		return err
	}
	bot := m.cfg.BotUserID()
	if stands.Status != store.StatusClosed {
		return m.leaveIn(ctx, l)
	}
	who, err := m.store.Visitor(ctx, l.Visitor)
	if err != nil {
		return err
	}
	reason := "Archived: the dialog is closed. You find it in the space Closed."
	if site, ok := m.cfg.Sites[who.Site]; ok && site.Language == config.Russian {
		reason = "В архиве: диалог закрыт. Его можно найти в пространстве «Закрытые»."
	}
	if _, err := m.hs.as(bot).KickUser(ctx, l.Room, &mautrix.ReqKickUser{UserID: l.User, Reason: reason}); !hopeless(err) {
		if err := m.letBe(string(l.Room), "archive "+string(l.User), err); err != nil {
			return err
		}
	}
	killpoint.Reach(killpoint.AfterArchive)
	if err := m.store.EndArchive(ctx, l); err != nil {
		return err
	}
	if stands, err = m.store.Dialog(ctx, l.Visitor); err == nil && stands.Status != store.StatusClosed {
		m.queue.wake(l.Visitor) // opened meanwhile
	}
	return err
}

// readmit has those asked back into the room of a dialog that is open again
// whom archiving took out: the operator who has the dialog, while that one alone
// is rung, else all whom the site invites. The others are asked back once they
// are to be. It reports whether it called the one, or nobody is to be called.
func (m *Matrix) readmit(ctx context.Context, c *conversation, stands store.Dialog) (called bool, err error) {
	closed := stands.Status == store.StatusClosed
	if closed {
		m.archive.wake()
	}
	archived, err := m.store.Archived(ctx, c.room)
	if err != nil || closed {
		return true, errors.Join(err, m.keepOut(ctx, c, archived)) // nobody is called to a closed dialog
	}
	if len(archived) == 0 {
		return false, nil
	}
	wanted, err := m.dialog.Rung(ctx, c.site, stands.Assignee)
	if err != nil {
		return false, err
	}
	alone := slices.Equal(wanted, []id.UserID{stands.Assignee})
	if !alone {
		if wanted, err = m.dialog.Invited(ctx, c.site, c.visitor); err != nil {
			return false, err
		}
	}
	wanted = slices.DeleteFunc(archived, func(user id.UserID) bool { return !slices.Contains(wanted, user) })
	return alone && len(wanted) > 0, m.store.Write(ctx, func(ctx context.Context) (err error) {
		for _, user := range wanted {
			err = errors.Join(err,
				m.store.ForgetArchivedOf(ctx, c.visitor, user),
				m.store.SetApplied(ctx, string(c.visitor), store.Invited(user), ""),
			)
		}
		return err
	})
}

// keepOut sees to it that nobody whom archiving took out counts as somebody who
// has yet to be invited: after a restored homeserver all do.
func (m *Matrix) keepOut(ctx context.Context, c *conversation, archived []id.UserID) error {
	for _, user := range archived {
		asked, err := m.store.Applied(ctx, string(c.visitor), store.Invited(user))
		if err == nil && asked != string(c.room) {
			err = m.store.SetApplied(ctx, string(c.visitor), store.Invited(user), string(c.room))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
