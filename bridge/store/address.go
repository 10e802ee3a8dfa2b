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

// BlockedFor reports whether the address is shut out from which a visitor came
// last, or one from which it came when that was blocked.
func (s *Store) BlockedFor(ctx context.Context, v chat.VisitorID) (bool, error) {
	return scanOne[bool](s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM blocked_address WHERE `+blockedFor+`)`, v))
}

const blockedFor = `visitor_id = $1 OR hash = (SELECT hash FROM address WHERE address.visitor_id = $1)
	AND site = (SELECT site FROM visitor WHERE visitor.id = $1)`

// ShutOut reports whether an operator shut the visitor out, or the address from
// which it came last. Who is not there is not shut out.
func (s *Store) ShutOut(ctx context.Context, v chat.VisitorID) (bool, error) {
	return scanOne[bool](s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM dialog WHERE visitor_id = $1 AND blocked)
		OR EXISTS (SELECT 1 FROM address a JOIN visitor v ON v.id = a.visitor_id JOIN blocked_address b ON b.site = v.site AND b.hash = a.hash
			WHERE a.visitor_id = $1)`, v))
}

// ShutOutWith returns who came last from the addresses that BlockedFor tells of.
func (s *Store) ShutOutWith(ctx context.Context, v chat.VisitorID) ([]chat.VisitorID, error) {
	rows, err := s.db.Query(ctx, `SELECT a.visitor_id FROM blocked_address b JOIN address a ON a.hash = b.hash
		JOIN visitor v ON v.id = a.visitor_id AND v.site = b.site
		WHERE b.visitor_id = $1 OR b.hash = (SELECT hash FROM address WHERE visitor_id = $1) AND b.site = (SELECT site FROM visitor WHERE id = $1)`, v)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[chat.VisitorID], err).AsList()
}

// BlockAddress shuts a visitor's address out of its site. It reports whether that is new.
func (s *Store) BlockAddress(ctx context.Context, v Visitor, hash string, now time.Time) (bool, error) {
	return s.execChanged(ctx, `INSERT INTO blocked_address (site, hash, visitor_id, since) VALUES ($1, $2, $3, $4)
		ON CONFLICT (site, hash) DO NOTHING`, v.Site, hash, v.ID, milliseconds(now))
}

// Unblock lets in again who comes from the addresses that BlockedFor tells of.
func (s *Store) Unblock(ctx context.Context, v chat.VisitorID) error {
	return s.exec(ctx, `DELETE FROM blocked_address WHERE `+blockedFor, v)
}

// ForgetAddresses removes all that is kept of addresses, and lets all of them in.
func (s *Store) ForgetAddresses(ctx context.Context) error {
	return s.Write(ctx, func(ctx context.Context) error {
		return errors.Join(s.exec(ctx, `DELETE FROM address`), s.exec(ctx, `DELETE FROM blocked_address`),
			s.exec(ctx, `DELETE FROM assistant_usage WHERE scope = $1`, scopeAddress))
	})
}
