package store

import (
	"context"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Urgency is how soon a dialog's room has to be listed where it belongs.
type Urgency int

// The urgencies.
const (
	MoveNow       Urgency = 1 // its status changed
	MoveAtLeisure Urgency = 2 // it is one of many, after an upgrade or a repair
)

// DueMoves returns dialogs of a site whose rooms may be listed in a wrong place:
// open ones, and those that were closed before the given time, the last closed first.
func (s *Store) DueMoves(ctx context.Context, site chat.SiteID, u Urgency, closedBefore time.Time, limit int) ([]chat.VisitorID, error) {
	rows, err := s.db.Query(ctx, `SELECT d.visitor_id FROM dialog d JOIN visitor v ON v.id = d.visitor_id JOIN room r ON r.visitor_id = v.id AND r.current
		WHERE d.move = $1 AND d.move > 0 AND v.site = $2 AND (d.status <> 'closed' OR d.closed_at <= $3)
		ORDER BY d.closed_at DESC LIMIT $4`, u, site, milliseconds(closedBefore), limit)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[chat.VisitorID], err).AsList()
}

// Moved records that a dialog as it stood is listed where it belongs, which is
// there. That does not hold if it stands otherwise by now, or a space was lost:
// root is the site's space.
func (s *Store) Moved(ctx context.Context, v chat.VisitorID, stood Dialog, there Spot, root id.RoomID) error {
	return s.exec(ctx, `UPDATE dialog SET move = 0 WHERE visitor_id = $1 AND status = $2 AND closed_at = $3
		AND EXISTS (SELECT 1 FROM child WHERE space_id = $4 AND room_id = $5 AND state = 'in')
		AND EXISTS (SELECT 1 FROM site_room WHERE room_id = $6)`, v, stood.Status, millisecondsOr0(stood.ClosedAt), there.Space, there.Room, root)
}

// MoveAll has all dialogs of a site looked at, at leisure, and returns those
// that are not closed: their operators wait.
func (s *Store) MoveAll(ctx context.Context, site chat.SiteID) (open []chat.VisitorID, err error) {
	return s.moveThose(ctx, site, `true`)
}

// MoveMisplaced is MoveAll without the closed dialogs that are listed as such.
func (s *Store) MoveMisplaced(ctx context.Context, site chat.SiteID) (open []chat.VisitorID, err error) {
	const listed = `EXISTS (SELECT 1 FROM room r JOIN child c ON c.room_id = r.room_id AND c.state = 'in' JOIN bucket b ON b.room_id = c.space_id
		WHERE r.visitor_id = dialog.visitor_id AND b.shelf `
	return s.moveThose(ctx, site, `(status <> 'closed' OR `+listed+`= 'open') OR NOT `+listed+`<> 'open'))`)
}

func (s *Store) moveThose(ctx context.Context, site chat.SiteID, condition string) (open []chat.VisitorID, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		if err := s.exec(ctx, `UPDATE dialog SET move = 2 WHERE move = 0 AND visitor_id IN
			(SELECT v.id FROM visitor v JOIN room r ON r.visitor_id = v.id AND r.current WHERE v.site = $1) AND `+condition, site); err != nil {
			return err
		}
		rows, err := s.db.Query(ctx, `SELECT d.visitor_id FROM dialog d JOIN visitor v ON v.id = d.visitor_id
			JOIN room r ON r.visitor_id = v.id AND r.current WHERE v.site = $1 AND d.status <> 'closed'`, site)
		open, err = dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[chat.VisitorID], err).AsList()
		return err
	})
	return open, err
}

// DoorOf returns the space whose members may enter a room; empty when that is not known.
func (s *Store) DoorOf(ctx context.Context, room id.RoomID) (id.RoomID, error) {
	return scanOne[id.RoomID](s.db.QueryRow(ctx, `SELECT space_id FROM room WHERE room_id = $1`, room))
}

// SetDoor records the space whose members may enter a room.
func (s *Store) SetDoor(ctx context.Context, room, space id.RoomID) error {
	return s.exec(ctx, `UPDATE room SET space_id = $2 WHERE room_id = $1`, room, space)
}
