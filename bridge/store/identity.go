package store

import (
	"context"
	"errors"
	"time"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// ErrEnded says that a session was signed out.
var ErrEnded = errors.New("the session has ended")

// EnterIdentity returns the visitor that one of a site's own users is, on every
// device, and makes it at the first time. The device of an older one stays.
func (s *Store) EnterIdentity(ctx context.Context, site chat.SiteID, subject string, d Device, now time.Time) (v Visitor, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		v, err = scanVisitor(s.db.QueryRow(ctx, selectVisitor+`JOIN identity i ON i.visitor_id = v.id
			WHERE i.site = $1 AND i.subject = $2`, site, subject))
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		v = Visitor{ID: chat.NewVisitorID(), Site: site, CreatedAt: now, SeenAt: now, Device: d}
		return errors.Join(
			s.insertVisitor(ctx, v),
			s.exec(ctx, `INSERT INTO identity (site, subject, visitor_id, created_at) VALUES ($1, $2, $3, $4)`,
				site, subject, v.ID, milliseconds(now)),
		)
	})
	return v, err
}

// Subject returns the site's own id of the user that the visitor is; empty for
// one who is not signed in.
func (s *Store) Subject(ctx context.Context, v chat.VisitorID) (string, error) {
	subject, err := scanOne[string](s.db.QueryRow(ctx, `SELECT subject FROM identity WHERE visitor_id = $1`, v))
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return subject, err
}

// AddSession lets a visitor in by one more secret.
func (s *Store) AddSession(ctx context.Context, site chat.SiteID, secretHash string, v chat.VisitorID, now time.Time) error {
	return s.exec(ctx, `INSERT INTO session (site, secret_hash, visitor_id, created_at, used_at) VALUES ($1, $2, $3, $4, $4)`,
		site, secretHash, v, milliseconds(now))
}

// mostDropped is how many sessions go in one write.
const mostDropped = 1000

// DropSessions removes all but that many sessions of a visitor: the one named stays, of the
// others those that have ended go first, and then those used least recently. It returns
// which went.
func (s *Store) DropSessions(ctx context.Context, v chat.VisitorID, but string, most int) ([]string, error) {
	rows, err := s.db.Query(ctx, `DELETE FROM session WHERE visitor_id = $1 AND secret_hash IN (SELECT secret_hash FROM session WHERE visitor_id = $1
		ORDER BY secret_hash <> $2, ended_at > 0, used_at DESC LIMIT $3 OFFSET $4) RETURNING secret_hash`, v, but, mostDropped, most)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[string], err).AsList()
}

// EndSession shuts a session for ever. It returns whose it was, or ErrNotFound
// if there is none, or it has ended already.
func (s *Store) EndSession(ctx context.Context, site chat.SiteID, secretHash string, now time.Time) (v chat.VisitorID, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		v, err = scanOne[chat.VisitorID](s.db.QueryRow(ctx, `UPDATE session SET ended_at = $3
			WHERE site = $1 AND secret_hash = $2 AND ended_at = 0 RETURNING visitor_id`, site, secretHash, milliseconds(now)))
		return err
	})
	return v, err
}

// SignedIn records that the visitor before signed in and is the visitor after
// since. It reports whether that is new.
func (s *Store) SignedIn(ctx context.Context, before, after chat.VisitorID, now time.Time) (bool, error) {
	return s.execChanged(ctx, `INSERT INTO sign_in (before_id, after_id, at) VALUES ($1, $2, $3)
		ON CONFLICT (before_id, after_id) DO NOTHING`, before, after, milliseconds(now))
}

// Before returns which visitors somebody was before signing in, After who the
// visitor is since; the latest first, at most limit.
func (s *Store) Before(ctx context.Context, after chat.VisitorID, limit int) ([]Visitor, error) {
	return s.visitors(ctx, `JOIN sign_in s ON s.before_id = v.id WHERE s.after_id = $1 ORDER BY s.at DESC LIMIT $2`, after, limit)
}

// After is explained beside Before.
func (s *Store) After(ctx context.Context, before chat.VisitorID, limit int) ([]Visitor, error) {
	return s.visitors(ctx, `JOIN sign_in s ON s.after_id = v.id WHERE s.before_id = $1 ORDER BY s.at DESC LIMIT $2`, before, limit)
}

func (s *Store) visitors(ctx context.Context, which string, args ...any) ([]Visitor, error) {
	rows, err := s.db.Query(ctx, selectVisitor+which, args...)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (Visitor, error) { return scanVisitor(row) }, err).AsList()
}
