package store

import (
	"context"
	"errors"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// SetRoom makes a room the dialog's current one; the former one, if any,
// becomes old but stays known. What was parked for the room is new again.
func (s *Store) SetRoom(ctx context.Context, v chat.VisitorID, room id.RoomID, now time.Time) error {
	return s.Write(ctx, func(ctx context.Context) error {
		// A clock may be set back, and rooms have the order in which the dialog had them.
		newest, err := scanOne[int64](s.db.QueryRow(ctx, `SELECT coalesce(max(created_at), -1) FROM room WHERE visitor_id = $1`, v))
		if err != nil {
			return err
		}
		return errors.Join(
			s.exec(ctx, `UPDATE room SET current = false WHERE visitor_id = $1 AND room_id <> $2 AND current`, v, room),
			s.exec(ctx, `INSERT INTO room (room_id, visitor_id, current, created_at) VALUES ($1, $2, true, $3)
				ON CONFLICT (room_id) DO UPDATE SET current = true`, room, v, max(milliseconds(now), newest+1)),
			s.exec(ctx, `UPDATE dialog SET move = 1 WHERE visitor_id = $1`, v),
			s.exec(ctx, `UPDATE inbox SET state = 'new', waits_for = '' WHERE state = 'parked' AND waits_for = $1`, room),
		)
	})
}

// SetNewRoom records that a dialog's room was just made: there is nobody in it
// yet, and the members of that space may enter.
func (s *Store) SetNewRoom(ctx context.Context, room, space id.RoomID) error {
	return s.exec(ctx, `UPDATE room SET space_id = $2, counted = true WHERE room_id = $1`, room, space)
}

// RoomOf returns the dialog's current room, or ErrNotFound.
func (s *Store) RoomOf(ctx context.Context, v chat.VisitorID) (id.RoomID, error) {
	return scanOne[id.RoomID](s.db.QueryRow(ctx, `SELECT room_id FROM room WHERE visitor_id = $1 AND current`, v))
}

// FormerRoom returns the room that the dialog had last before its current one, or ErrNotFound.
func (s *Store) FormerRoom(ctx context.Context, v chat.VisitorID) (id.RoomID, error) {
	return scanOne[id.RoomID](s.db.QueryRow(ctx, `SELECT room_id FROM room WHERE visitor_id = $1 AND NOT current
		ORDER BY created_at DESC LIMIT 1`, v))
}

// FormerRooms returns the rooms that the dialog had before its current one.
func (s *Store) FormerRooms(ctx context.Context, v chat.VisitorID) ([]id.RoomID, error) {
	rows, err := s.db.Query(ctx, `SELECT room_id FROM room WHERE visitor_id = $1 AND NOT current ORDER BY created_at`, v)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[id.RoomID], err).AsList()
}

// CountFormerRooms returns how many rooms the dialog had before its current one.
func (s *Store) CountFormerRooms(ctx context.Context, v chat.VisitorID) (int, error) {
	return scanOne[int](s.db.QueryRow(ctx, `SELECT count(*) FROM room WHERE visitor_id = $1 AND NOT current`, v))
}

// LeaveRoom makes the dialog's current room an old one, so that a new one is made.
func (s *Store) LeaveRoom(ctx context.Context, v chat.VisitorID) error {
	return s.exec(ctx, `UPDATE room SET current = false WHERE visitor_id = $1 AND current`, v)
}

// DialogOf returns the dialog of a room and whether the room is its current
// one, or ErrNotFound.
func (s *Store) DialogOf(ctx context.Context, room id.RoomID) (v chat.VisitorID, current bool, err error) {
	err = noRows(s.db.QueryRow(ctx, `SELECT visitor_id, current FROM room WHERE room_id = $1`, room).Scan(&v, &current))
	return v, current, err
}

// DialogRooms returns the current room of every dialog.
func (s *Store) DialogRooms(ctx context.Context) (map[chat.VisitorID]id.RoomID, error) {
	type pair struct {
		visitor chat.VisitorID
		room    id.RoomID
	}
	rows, err := s.db.Query(ctx, `SELECT visitor_id, room_id FROM room WHERE current`)
	return dbutil.RowIterAsMap(dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (p pair, err error) {
		err = row.Scan(&p.visitor, &p.room)
		return p, err
	}, err), func(p pair) (chat.VisitorID, id.RoomID) { return p.visitor, p.room })
}

// SetSiteRoom records a room that a site has once, by its role ("space").
func (s *Store) SetSiteRoom(ctx context.Context, site chat.SiteID, role string, room id.RoomID) error {
	return s.exec(ctx, `INSERT INTO site_room (site, role, room_id) VALUES ($1, $2, $3)
		ON CONFLICT (site, role) DO UPDATE SET room_id = excluded.room_id`, site, role, room)
}

// SiteRoom returns a site's room by its role, or ErrNotFound.
func (s *Store) SiteRoom(ctx context.Context, site chat.SiteID, role string) (id.RoomID, error) {
	return scanOne[id.RoomID](s.db.QueryRow(ctx, `SELECT room_id FROM site_room WHERE site = $1 AND role = $2`, site, role))
}

// SiteOfRoom returns the site whose space or bucket the room is, or ErrNotFound.
func (s *Store) SiteOfRoom(ctx context.Context, room id.RoomID) (chat.SiteID, error) {
	return scanOne[chat.SiteID](s.db.QueryRow(ctx, `SELECT site FROM site_room WHERE room_id = $1
		UNION SELECT site FROM bucket WHERE room_id = $1`, room))
}

// Applied returns what the homeserver was last told about a subject (a
// visitor, a site), or "" when it was told nothing.
func (s *Store) Applied(ctx context.Context, subject, what string) (string, error) {
	value, err := scanOne[string](s.db.QueryRow(ctx, `SELECT value FROM applied WHERE subject = $1 AND what = $2`, subject, what))
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return value, err
}

// AllApplied returns what the homeserver was last told by that name, of all subjects.
func (s *Store) AllApplied(ctx context.Context, what string) (map[string]string, error) {
	type pair struct{ subject, value string }
	rows, err := s.db.Query(ctx, `SELECT subject, value FROM applied WHERE what = $1`, what)
	return dbutil.RowIterAsMap(dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (p pair, err error) {
		err = row.Scan(&p.subject, &p.value)
		return p, err
	}, err), func(p pair) (string, string) { return p.subject, p.value })
}

// SetApplied records what the homeserver was told about a subject; nothing of a
// visitor who is being erased.
func (s *Store) SetApplied(ctx context.Context, subject, what, value string) error {
	return s.exec(ctx, `INSERT INTO applied (subject, what, value) SELECT $1, $2, $3
		WHERE NOT EXISTS (SELECT 1 FROM erasure WHERE visitor_id = $1)
		ON CONFLICT (subject, what) DO UPDATE SET value = excluded.value`, subject, what, value)
}

// Invited names, for SetApplied, that a user was asked into a dialog's room.
func Invited(user id.UserID) string { return "invited " + string(user) }

// NotAppliedIn returns the dialogs of a site that have a room and whose applied
// value of that name is not the room's id followed by that value.
func (s *Store) NotAppliedIn(ctx context.Context, site chat.SiteID, what, value string) ([]chat.VisitorID, error) {
	rows, err := s.db.Query(ctx, `SELECT v.id FROM visitor v JOIN room r ON r.visitor_id = v.id AND r.current
		LEFT JOIN applied a ON a.subject = v.id AND a.what = $2
		WHERE v.site = $1 AND (a.value IS NULL OR a.value <> r.room_id || $3)`, site, what, value)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[chat.VisitorID], err).AsList()
}

// ForgetAllApplied drops all that the homeserver was told, after it lost some of it.
func (s *Store) ForgetAllApplied(ctx context.Context) error {
	return s.exec(ctx, `DELETE FROM applied`)
}

// ForgetApplied drops what the homeserver was told about a subject, so that it is told again.
func (s *Store) ForgetApplied(ctx context.Context, subject string) error {
	return s.exec(ctx, `DELETE FROM applied WHERE subject = $1`, subject)
}
