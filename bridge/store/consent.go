package store

import (
	"context"
	"errors"
	"time"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Consent is a text that a visitor agreed to, by the hex of its SHA-256, and when.
type Consent struct {
	Hash, Text string
	At         time.Time
}

// HasConsented reports whether a visitor agreed to the text of that hash.
func (s *Store) HasConsented(ctx context.Context, v chat.VisitorID, hash string) (bool, error) {
	return scanOne[bool](s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM consent WHERE visitor_id = $1 AND hash = $2)`, v, hash))
}

// AddConsent keeps what a visitor of the site agreed to, and when it first did.
func (s *Store) AddConsent(ctx context.Context, site chat.SiteID, v chat.VisitorID, c Consent) error {
	return errors.Join(
		s.exec(ctx, `INSERT INTO consent_text (site, hash, text) VALUES ($1, $2, $3) ON CONFLICT (site, hash) DO NOTHING`, site, c.Hash, c.Text),
		s.exec(ctx, `INSERT INTO consent (visitor_id, hash, at) VALUES ($1, $2, $3) ON CONFLICT (visitor_id, hash) DO NOTHING`, v, c.Hash, milliseconds(c.At)),
	)
}

// Consents are all texts that a visitor agreed to, the latest first.
func (s *Store) Consents(ctx context.Context, v chat.VisitorID) ([]Consent, error) {
	rows, err := s.db.Query(ctx, `SELECT c.hash, t.text, c.at FROM consent c JOIN visitor v ON v.id = c.visitor_id
		JOIN consent_text t ON t.site = v.site AND t.hash = c.hash WHERE c.visitor_id = $1 ORDER BY c.at DESC, c.hash`, v)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (c Consent, err error) {
		var at int64
		err = row.Scan(&c.Hash, &c.Text, &at)
		c.At = time.UnixMilli(at)
		return c, err
	}, err).AsList()
}
