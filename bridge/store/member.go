package store

import (
	"context"
	"errors"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// EnterRoom records that a person is in a dialog's room since then. Whoever is
// being taken out is that still.
func (s *Store) EnterRoom(ctx context.Context, room id.RoomID, user id.UserID, since time.Time) error {
	return s.exec(ctx, `INSERT INTO member (room_id, user_id, state, since) VALUES ($1, $2, 'in', $3)
		ON CONFLICT (room_id, user_id) DO UPDATE SET state = 'in', since = excluded.since WHERE member.state = 'archived'`,
		room, user, milliseconds(since))
}

// ExitRoom records that a person is not in a dialog's room any more.
func (s *Store) ExitRoom(ctx context.Context, room id.RoomID, user id.UserID) error {
	return s.Write(ctx, func(ctx context.Context) error {
		return errors.Join(
			s.exec(ctx, `DELETE FROM member WHERE room_id = $1 AND user_id = $2 AND state = 'in'`, room, user),
			s.exec(ctx, `UPDATE member SET state = 'archived' WHERE room_id = $1 AND user_id = $2 AND state = 'leaving'`, room, user),
		)
	})
}

// InRoom returns the people who are in a dialog's room, as far as that is known.
func (s *Store) InRoom(ctx context.Context, room id.RoomID) ([]id.UserID, error) {
	rows, err := s.db.Query(ctx, `SELECT user_id FROM member WHERE room_id = $1 AND state = 'in'`, room)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[id.UserID], err).AsList()
}

// UncountedRoom returns a room of a site of which it is not known who is in it, or ErrNotFound.
func (s *Store) UncountedRoom(ctx context.Context, site chat.SiteID) (id.RoomID, error) {
	return scanOne[id.RoomID](s.db.QueryRow(ctx, `SELECT r.room_id FROM room r JOIN visitor v ON v.id = r.visitor_id
		WHERE v.site = $1 AND NOT r.counted AND NOT v.desk LIMIT 1`, site))
}

// CountRoom records who is in a room, since long ago, unless that is known.
func (s *Store) CountRoom(ctx context.Context, room id.RoomID, users []id.UserID) error {
	return s.Write(ctx, func(ctx context.Context) error {
		err := s.exec(ctx, `UPDATE room SET counted = true WHERE room_id = $1`, room)
		for _, user := range users {
			err = errors.Join(err, s.EnterRoom(ctx, room, user, time.UnixMilli(0)))
		}
		return err
	})
}

// ForgetMembers has all rooms counted again, after the homeserver lost something.
func (s *Store) ForgetMembers(ctx context.Context) error {
	return s.Write(ctx, func(ctx context.Context) error {
		return errors.Join(
			s.exec(ctx, `DELETE FROM member WHERE state = 'in'`),
			s.exec(ctx, `UPDATE room SET counted = false`),
		)
	})
}

// CountIn returns in how many dialogs' rooms of a site a person is.
func (s *Store) CountIn(ctx context.Context, site chat.SiteID, user id.UserID) (int, error) {
	return scanOne[int](s.db.QueryRow(ctx, `SELECT count(*) FROM member m JOIN room r ON r.room_id = m.room_id JOIN visitor v ON v.id = r.visitor_id
		WHERE m.user_id = $2 AND m.state = 'in' AND v.site = $1 AND NOT v.desk`, site, user))
}

// Leaver is a person who is to be taken out of a closed dialog's room.
type Leaver struct {
	Visitor chat.VisitorID
	Room    id.RoomID
	User    id.UserID
}

func scanLeaver(row dbutil.Scannable) (l Leaver, err error) {
	err = noRows(row.Scan(&l.Visitor, &l.Room, &l.User))
	return l, err
}

// BeginArchive chooses the room of a site's longest closed dialog that a person
// is in, and records that they are being taken out of it; ErrNotFound without
// one. Who entered after it was closed stays in until the time enteredBefore has come.
func (s *Store) BeginArchive(ctx context.Context, site chat.SiteID, user id.UserID, enteredBefore time.Time) (l Leaver, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		if l, err = scanLeaver(s.db.QueryRow(ctx, `SELECT r.visitor_id, r.room_id, m.user_id FROM dialog d
			JOIN visitor v ON v.id = d.visitor_id JOIN room r ON r.visitor_id = v.id JOIN member m ON m.room_id = r.room_id
			WHERE d.status = 'closed' AND v.site = $1 AND m.user_id = $2 AND m.state = 'in' AND (m.since <= d.closed_at OR m.since <= $3)
			ORDER BY d.closed_at, r.room_id LIMIT 1`, site, user, milliseconds(enteredBefore))); err != nil {
			return err
		}
		return s.setMember(ctx, l, "leaving")
	})
	return l, err
}

// Leaving returns somebody whose taking out was begun and not ended, or ErrNotFound.
func (s *Store) Leaving(ctx context.Context) (Leaver, error) {
	return scanLeaver(s.db.QueryRow(ctx, `SELECT r.visitor_id, m.room_id, m.user_id FROM member m JOIN room r ON r.room_id = m.room_id
		WHERE m.state = 'leaving' LIMIT 1`))
}

// EndArchive records that a person was taken out of a room. A dialog that was
// opened meanwhile is looked at once more.
func (s *Store) EndArchive(ctx context.Context, l Leaver) error {
	return s.Write(ctx, func(ctx context.Context) error {
		return errors.Join(
			s.setMember(ctx, l, "archived"),
			s.exec(ctx, `UPDATE dialog SET move = 1 WHERE visitor_id = $1 AND status <> 'closed'`, l.Visitor),
		)
	})
}

// CancelArchive records that a person stays in a room after all.
func (s *Store) CancelArchive(ctx context.Context, l Leaver) error { return s.setMember(ctx, l, "in") }

func (s *Store) setMember(ctx context.Context, l Leaver, state string) error {
	return s.exec(ctx, `UPDATE member SET state = $3 WHERE room_id = $1 AND user_id = $2`, l.Room, l.User, state)
}

// Archived returns who was taken out of a room by archiving and did not come back.
func (s *Store) Archived(ctx context.Context, room id.RoomID) ([]id.UserID, error) {
	rows, err := s.db.Query(ctx, `SELECT user_id FROM member WHERE room_id = $1 AND state = 'archived' ORDER BY user_id`, room)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[id.UserID], err).AsList()
}

// ForgetArchivedOf drops that one person was taken out of a dialog's room by archiving.
func (s *Store) ForgetArchivedOf(ctx context.Context, v chat.VisitorID, user id.UserID) error {
	return s.exec(ctx, `DELETE FROM member WHERE user_id = $2 AND state = 'archived'
		AND room_id IN (SELECT room_id FROM room WHERE visitor_id = $1 AND current)`, v, user)
}
