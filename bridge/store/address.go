package store

import (
	"context"
	"errors"
	"time"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// SetAddress records the hash of the address from which a visitor comes.
func (s *Store) SetAddress(ctx context.Context, v chat.VisitorID, hash string) error {
	known, err := s.AddressOf(ctx, v)
	if err != nil || known == hash {
		return err
	}
	return s.exec(ctx, `INSERT INTO address (visitor_id, hash) VALUES ($1, $2)
		ON CONFLICT (visitor_id) DO UPDATE SET hash = excluded.hash`, v, hash)
}

// AddressOf returns the hash of the address from which a visitor came last, or "".
func (s *Store) AddressOf(ctx context.Context, v chat.VisitorID) (string, error) {
	hash, err := scanOne[string](s.db.QueryRow(ctx, `SELECT hash FROM address WHERE visitor_id = $1`, v))
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return hash, err
}

// VisitorsAt returns the visitors of a site who came last from an address.
func (s *Store) VisitorsAt(ctx context.Context, site chat.SiteID, hash string) ([]chat.VisitorID, error) {
	rows, err := s.db.Query(ctx, `SELECT v.id FROM address a JOIN visitor v ON v.id = a.visitor_id WHERE a.hash = $2 AND v.site = $1`, site, hash)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[chat.VisitorID], err).AsList()
}

// AddressBlocked reports whether a site shut an address out.
func (s *Store) AddressBlocked(ctx context.Context, site chat.SiteID, hash string) (bool, error) {
	return scanOne[bool](s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM blocked_address WHERE site = $1 AND hash = $2)`, site, hash))
}

// BlockAddress shuts an address out of a site. It reports whether that is new.
func (s *Store) BlockAddress(ctx context.Context, site chat.SiteID, hash string, now time.Time) (bool, error) {
	return s.execChanged(ctx, `INSERT INTO blocked_address (site, hash, since) VALUES ($1, $2, $3) ON CONFLICT (site, hash) DO NOTHING`,
		site, hash, milliseconds(now))
}

// UnblockAddress lets an address in again.
func (s *Store) UnblockAddress(ctx context.Context, site chat.SiteID, hash string) error {
	return s.exec(ctx, `DELETE FROM blocked_address WHERE site = $1 AND hash = $2`, site, hash)
}
