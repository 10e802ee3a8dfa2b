package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// HasFilled reports whether a visitor filled in a form of that name.
func (s *Store) HasFilled(ctx context.Context, v chat.VisitorID, form string) (bool, error) {
	return scanOne[bool](s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM form WHERE visitor_id = $1 AND form = $2)`, v, form))
}

// SetFilled keeps what a visitor filled in, once for each form.
func (s *Store) SetFilled(ctx context.Context, v chat.VisitorID, f Filled) error {
	answers, err := json.Marshal(append([]FormAnswer{}, f.Answers...))
	if err != nil {
		return fmt.Errorf("write the answers of a form: %w", err)
	}
	return s.exec(ctx, `INSERT INTO form (visitor_id, form, at, answers) VALUES ($1, $2, $3, $4) ON CONFLICT (visitor_id, form) DO NOTHING`,
		v, f.Form, milliseconds(f.At), string(answers))
}

// Filled is what a visitor filled in, and when.
type Filled struct {
	// Form is its name: start, handoff or away.
	Form string
	At   time.Time
	// Answers are those that were given, in the order of the form.
	Answers []FormAnswer
}

// FormAnswer is the answer to a field, as it stands among the variables if nobody knew better.
type FormAnswer struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// FilledBy are the forms that a visitor filled in, the oldest first.
func (s *Store) FilledBy(ctx context.Context, v chat.VisitorID) ([]Filled, error) {
	rows, err := s.db.Query(ctx, `SELECT form, at, answers FROM form WHERE visitor_id = $1 ORDER BY at, form`, v)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (f Filled, err error) {
		var at int64
		var answers string
		if err := row.Scan(&f.Form, &at, &answers); err != nil {
			return f, err
		}
		f.At = moment(at)
		return f, json.Unmarshal([]byte(answers), &f.Answers)
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
		if !changed {
			if err := errors.Join(s.SetRating(ctx, v, r, now), s.exec(ctx, `UPDATE rating SET closed_at = $3, word = $4 WHERE visitor_id = $1 AND at = $2`,
				v, milliseconds(now), milliseconds(closed), word)); err != nil {
				return err
			}
		}
		return s.exec(ctx, `UPDATE dialog SET rating = $2, rating_of = $3, rating_word = $4 WHERE visitor_id = $1`, v, r.Score, r.Of, word)
	})
}
