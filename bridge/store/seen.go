package store

import (
	"context"
	"time"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// RaiseSeenAt records that the visitors are, or were, here at that time.
func (s *Store) RaiseSeenAt(ctx context.Context, visitors []chat.VisitorID, at time.Time) error {
	return s.Write(ctx, func(ctx context.Context) error {
		for _, v := range visitors {
			if err := s.exec(ctx, `UPDATE visitor SET seen_at = $2 WHERE id = $1 AND seen_at < $2`, v, milliseconds(at)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Came records that a visitor is here since then, unless that is known. A
// visitor who was erased meanwhile is passed over.
func (s *Store) Came(ctx context.Context, v chat.VisitorID, since time.Time) error {
	return s.Write(ctx, func(ctx context.Context) error {
		if err := s.exec(ctx, `INSERT INTO presence (visitor_id, since) SELECT id, CAST($2 AS BIGINT) FROM visitor WHERE id = $1
			ON CONFLICT (visitor_id) DO NOTHING`, v, milliseconds(since)); err != nil {
			return err
		}
		return s.RaiseSeenAt(ctx, []chat.VisitorID{v}, since)
	})
}

// Left records that a visitor is not here any more, and was here last at that time.
func (s *Store) Left(ctx context.Context, v chat.VisitorID, at time.Time) error {
	return s.Write(ctx, func(ctx context.Context) error {
		if err := s.exec(ctx, `DELETE FROM presence WHERE visitor_id = $1`, v); err != nil {
			return err
		}
		return s.RaiseSeenAt(ctx, []chat.VisitorID{v}, at)
	})
}

// Here is a visitor who is here since a time, and was last seen at another.
type Here struct {
	Visitor       chat.VisitorID
	Since, SeenAt time.Time
}

// WhoIsHere returns the visitors who are recorded as being here, those who came last first.
func (s *Store) WhoIsHere(ctx context.Context) ([]Here, error) {
	rows, err := s.db.Query(ctx, `SELECT v.id, p.since, v.seen_at FROM presence p JOIN visitor v ON v.id = p.visitor_id ORDER BY p.since DESC`)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (h Here, err error) {
		var since, seen int64
		err = row.Scan(&h.Visitor, &since, &seen)
		h.Since, h.SeenAt = time.UnixMilli(since), time.UnixMilli(seen)
		return h, err
	}, err).AsList()
}
