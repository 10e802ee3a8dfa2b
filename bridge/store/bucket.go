package store

import (
	"context"
	"errors"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// ShelfOpen is the shelf of open dialogs; those of closed ones are months ("2026-11").
const ShelfOpen = "open"

// ErrFull says that a space has had as many children as it may.
var ErrFull = errors.New("the space is full")

// Bucket is a space inside of a site's space, in which dialogs of one shelf are
// listed. A shelf's buckets are numbered from 1; the last one takes what comes.
type Bucket struct {
	Site   chat.SiteID
	Shelf  string
	Number int64
	Room   id.RoomID
}

const selectBucket = `SELECT b.site, b.shelf, b.number, b.room_id FROM bucket b `

func scanBucket(row dbutil.Scannable) (b Bucket, err error) {
	err = noRows(row.Scan(&b.Site, &b.Shelf, &b.Number, &b.Room))
	return b, err
}

// Buckets returns the buckets of a site.
func (s *Store) Buckets(ctx context.Context, site chat.SiteID) ([]Bucket, error) {
	rows, err := s.db.Query(ctx, selectBucket+`WHERE b.site = $1 ORDER BY b.shelf, b.number`, site)
	return dbutil.NewRowIterWithError(rows, scanBucket, err).AsList()
}

// UnlistedBuckets returns the buckets of a site that its space does not list.
func (s *Store) UnlistedBuckets(ctx context.Context, site chat.SiteID, root id.RoomID) ([]Bucket, error) {
	rows, err := s.db.Query(ctx, selectBucket+`WHERE b.site = $1 AND NOT EXISTS
		(SELECT 1 FROM child c WHERE c.space_id = $2 AND c.room_id = b.room_id AND c.state = 'in') ORDER BY b.shelf, b.number`, site, root)
	return dbutil.NewRowIterWithError(rows, scanBucket, err).AsList()
}

// LastBucket returns the bucket that takes what comes to a shelf, or ErrNotFound.
func (s *Store) LastBucket(ctx context.Context, site chat.SiteID, shelf string) (Bucket, error) {
	return scanBucket(s.db.QueryRow(ctx, selectBucket+`WHERE b.site = $1 AND b.shelf = $2 ORDER BY b.number DESC LIMIT 1`, site, shelf))
}

// AddBucket records a bucket, to be listed in its site's space, unless there is
// one of that number.
func (s *Store) AddBucket(ctx context.Context, b Bucket, space id.RoomID) error {
	return s.Write(ctx, func(ctx context.Context) error {
		return errors.Join(
			s.exec(ctx, `INSERT INTO bucket (site, shelf, number, room_id) VALUES ($1, $2, $3, $4)
				ON CONFLICT DO NOTHING`, b.Site, b.Shelf, b.Number, b.Room),
			s.SetChild(ctx, space, b.Room, ChildAdding),
		)
	})
}

// ForgetSpace drops what is known of a space that is gone: what it listed has to
// be listed elsewhere, that of closed dialogs at leisure. It returns the others.
func (s *Store) ForgetSpace(ctx context.Context, space id.RoomID) (open []chat.VisitorID, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		rows, err := s.db.Query(ctx, `UPDATE dialog SET move = CASE WHEN status = 'closed' THEN 2 ELSE 1 END WHERE visitor_id IN (
			SELECT r.visitor_id FROM child c JOIN room r ON r.room_id = c.room_id AND r.current WHERE c.space_id = $1 AND c.state IN ('adding', 'in'))
			RETURNING visitor_id`, space)
		if open, err = dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[chat.VisitorID], err).AsList(); err != nil {
			return err
		}
		return errors.Join(
			s.exec(ctx, `DELETE FROM child WHERE space_id = $1 OR room_id = $1`, space),
			s.exec(ctx, `DELETE FROM bucket WHERE room_id = $1`, space),
			s.ForgetApplied(ctx, SpaceSubject(space)),
		)
	})
	return open, err
}

// SpentBuckets returns the buckets of open dialogs that list nothing any more
// and take nothing, because a later one does.
func (s *Store) SpentBuckets(ctx context.Context, site chat.SiteID) ([]Bucket, error) {
	rows, err := s.db.Query(ctx, selectBucket+`WHERE b.site = $1 AND b.shelf = 'open'
		AND b.number < (SELECT max(number) FROM bucket WHERE site = b.site AND shelf = b.shelf)
		AND NOT EXISTS (SELECT 1 FROM child c WHERE c.space_id = b.room_id AND c.state <> 'out')`, site)
	return dbutil.NewRowIterWithError(rows, scanBucket, err).AsList()
}

// SpaceSubject names a bucket for SetApplied.
func SpaceSubject(space id.RoomID) string { return "space " + string(space) }

// SiteSubject names a site's space for SetApplied.
func SiteSubject(site chat.SiteID) string { return "site " + string(site) }

// ForgetInvitations has an operator invited once more to the site's space and
// to those of its open dialogs.
func (s *Store) ForgetInvitations(ctx context.Context, site chat.SiteID, operator id.UserID) error {
	return s.exec(ctx, `DELETE FROM applied WHERE what = $2 AND (subject = $3
		OR subject IN (SELECT 'space ' || room_id FROM bucket WHERE site = $1))`, site, Invited(operator), SiteSubject(site))
}

// ChildState is how a room stands in a space.
type ChildState string

// The states of a child. What is being added or removed may be listed or not.
const (
	ChildAdding   ChildState = "adding"
	ChildIn       ChildState = "in"
	ChildRemoving ChildState = "removing"
	ChildOut      ChildState = "out"
)

// SetChild records how a room stands in a space.
func (s *Store) SetChild(ctx context.Context, space, room id.RoomID, state ChildState) error {
	return s.exec(ctx, `INSERT INTO child (space_id, room_id, state) VALUES ($1, $2, $3)
		ON CONFLICT (space_id, room_id) DO UPDATE SET state = excluded.state`, space, room, state)
}

// Listed records that a space lists a room, or does not any more, unless the
// space was given up meanwhile.
func (s *Store) Listed(ctx context.Context, space, room id.RoomID, state ChildState) error {
	return s.exec(ctx, `UPDATE child SET state = $3 WHERE space_id = $1 AND room_id = $2`, space, room, state)
}

// IsListed reports whether a space may list a room.
func (s *Store) IsListed(ctx context.Context, space, room id.RoomID) (bool, error) {
	return scanOne[bool](s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM child WHERE space_id = $1 AND room_id = $2 AND state <> 'out')`, space, room))
}

// Reserve takes a place for a room in the bucket that takes what comes to a
// shelf. It returns ErrNotFound if there is none, and ErrFull if it has had as
// many children as most, those that were removed counted: they stay in its state.
func (s *Store) Reserve(ctx context.Context, site chat.SiteID, shelf string, room id.RoomID, most int) (b Bucket, err error) {
	full := false
	err = s.Write(ctx, func(ctx context.Context) error {
		if b, err = s.LastBucket(ctx, site, shelf); err != nil {
			return err
		}
		others, err := scanOne[int](s.db.QueryRow(ctx, `SELECT count(*) FROM child WHERE space_id = $1 AND room_id <> $2`, b.Room, room))
		if full = others >= most; err != nil || full {
			return err
		}
		return s.SetChild(ctx, b.Room, room, ChildAdding)
	})
	if err == nil && full {
		return b, ErrFull
	}
	return b, err
}

// Spot is a space that lists a room of a dialog, or is about to.
type Spot struct {
	Space id.RoomID
	Room  id.RoomID
	State ChildState
	// Shelf is that of the bucket; empty in the site's space itself.
	Shelf string
}

// Spots returns where a dialog's rooms are listed, those of before as well.
func (s *Store) Spots(ctx context.Context, v chat.VisitorID) ([]Spot, error) {
	rows, err := s.db.Query(ctx, `SELECT c.space_id, c.room_id, c.state, coalesce(b.shelf, '') FROM room r
		JOIN child c ON c.room_id = r.room_id LEFT JOIN bucket b ON b.room_id = c.space_id
		WHERE r.visitor_id = $1 AND c.state <> 'out' ORDER BY c.space_id, c.room_id`, v)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (p Spot, err error) {
		err = row.Scan(&p.Space, &p.Room, &p.State, &p.Shelf)
		return p, err
	}, err).AsList()
}

// SpacesListing returns the spaces that may list a room.
func (s *Store) SpacesListing(ctx context.Context, room id.RoomID) ([]id.RoomID, error) {
	rows, err := s.db.Query(ctx, `SELECT space_id FROM child WHERE room_id = $1 AND state <> 'out' ORDER BY space_id`, room)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[id.RoomID], err).AsList()
}

// ReplaceChildren records which rooms a space lists, and that it lists no others.
func (s *Store) ReplaceChildren(ctx context.Context, space id.RoomID, states map[id.RoomID]ChildState) error {
	return s.Write(ctx, func(ctx context.Context) error {
		err := s.exec(ctx, `UPDATE child SET state = 'out' WHERE space_id = $1`, space)
		for room, state := range states {
			err = errors.Join(err, s.SetChild(ctx, space, room, state))
		}
		return err
	})
}

// StrayChildren returns the children of a site's spaces whose dialog is not
// known any more, because its visitor was erased.
func (s *Store) StrayChildren(ctx context.Context, site chat.SiteID) ([]Spot, error) {
	rows, err := s.db.Query(ctx, `SELECT c.space_id, c.room_id, c.state, b.shelf FROM bucket b JOIN child c ON c.space_id = b.room_id
		WHERE b.site = $1 AND c.state <> 'out' AND NOT EXISTS (SELECT 1 FROM room r WHERE r.room_id = c.room_id)`, site)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (p Spot, err error) {
		err = row.Scan(&p.Space, &p.Room, &p.State, &p.Shelf)
		return p, err
	}, err).AsList()
}
