package store

import (
	"context"
	"errors"
	"time"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// HasFilled reports whether a visitor filled in a form of that name.
func (s *Store) HasFilled(ctx context.Context, v chat.VisitorID, form string) (bool, error) {
	return scanOne[bool](s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM form WHERE visitor_id = $1 AND form = $2)`, v, form))
}

// SetFilled records that a visitor filled in a form.
func (s *Store) SetFilled(ctx context.Context, v chat.VisitorID, form string, at time.Time) error {
	return s.exec(ctx, `INSERT INTO form (visitor_id, form, at) VALUES ($1, $2, $3) ON CONFLICT (visitor_id, form) DO NOTHING`, v, form, milliseconds(at))
}

// Filled is when a visitor filled in a form, by its name: start, handoff or away.
type Filled struct {
	Form string
	At   time.Time
}

// FilledBy are the forms that a visitor filled in, the oldest first.
func (s *Store) FilledBy(ctx context.Context, v chat.VisitorID) ([]Filled, error) {
	rows, err := s.db.Query(ctx, `SELECT form, at FROM form WHERE visitor_id = $1 ORDER BY at, form`, v)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (f Filled, err error) {
		var at int64
		err = row.Scan(&f.Form, &at)
		f.At = moment(at)
		return f, err
	}, err).AsList()
}

// ClosingRating is how a visitor rated what was closed at that time, and what it said
// to that; ErrNotFound if it did not.
func (s *Store) ClosingRating(ctx context.Context, v chat.VisitorID, closed time.Time) (r Rating, word string, err error) {
	err = noRows(s.db.QueryRow(ctx, `SELECT score, score_of, word FROM rating WHERE visitor_id = $1 AND closed_at = $2 ORDER BY at LIMIT 1`,
		v, milliseconds(closed)).Scan(&r.Score, &r.Of, &word))
	return r, word, err
}

// RateClosing keeps how a visitor rated what was closed at that time: once, as it was said last.
func (s *Store) RateClosing(ctx context.Context, v chat.VisitorID, closed time.Time, r Rating, word string, now time.Time) error {
	return s.Write(ctx, func(ctx context.Context) error {
		changed, err := s.execChanged(ctx, `UPDATE rating SET score = $3, score_of = $4, word = $5 WHERE visitor_id = $1 AND closed_at = $2`,
			v, milliseconds(closed), r.Score, r.Of, word)
		if err != nil {
			return err
		}
		if changed {
			return s.exec(ctx, `UPDATE dialog SET rating = $2, rating_of = $3 WHERE visitor_id = $1`, v, r.Score, r.Of)
		}
		return errors.Join(s.SetRating(ctx, v, r, now), s.exec(ctx, `UPDATE rating SET closed_at = $3, word = $4 WHERE visitor_id = $1 AND at = $2`,
			v, milliseconds(now), milliseconds(closed), word))
	})
}
