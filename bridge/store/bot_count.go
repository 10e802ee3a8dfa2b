package store

import (
	"context"
	"errors"
	"time"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// StepCount is how often a step of a chain was reached, answered, and left
// without an answer.
type StepCount struct {
	Chain, Step                  string
	Entered, Answered, Abandoned int64
}

// CountStep adds to the counts of a step on a day, which is written as time.DateOnly.
func (s *Store) CountStep(ctx context.Context, site chat.SiteID, day string, c StepCount) error {
	return s.exec(ctx, `INSERT INTO bot_count (site, chain, step, day, entered, answered, abandoned) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (site, chain, step, day) DO UPDATE SET entered = bot_count.entered + excluded.entered,
			answered = bot_count.answered + excluded.answered, abandoned = bot_count.abandoned + excluded.abandoned`,
		site, c.Chain, c.Step, day, c.Entered, c.Answered, c.Abandoned)
}

// StepCounts returns the counts of a site's steps from a day on, by chain and
// step; of one chain, or with "" of all.
func (s *Store) StepCounts(ctx context.Context, site chat.SiteID, chain, since string) ([]StepCount, error) {
	rows, err := s.db.Query(ctx, `SELECT chain, step, sum(entered), sum(answered), sum(abandoned) FROM bot_count
		WHERE site = $1 AND day >= $2 AND ($3 = '' OR chain = $3) GROUP BY chain, step ORDER BY chain, step`, site, since, chain)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (c StepCount, err error) {
		err = row.Scan(&c.Chain, &c.Step, &c.Entered, &c.Answered, &c.Abandoned)
		return c, err
	}, err).AsList()
}

// SweepCounts forgets the counts of days before that one.
func (s *Store) SweepCounts(ctx context.Context, day string) error {
	return s.exec(ctx, `DELETE FROM bot_count WHERE day < $1`, day)
}

// Unmatched are words of a visitor that no chain was meant by.
type Unmatched struct {
	Text string
	At   time.Time
}

// AddUnmatched keeps words that no chain was meant by. They go with their visitor.
func (s *Store) AddUnmatched(ctx context.Context, site chat.SiteID, v chat.VisitorID, u Unmatched) error {
	return s.exec(ctx, `INSERT INTO bot_unmatched (site, visitor_id, text, at) VALUES ($1, $2, $3, $4)`, site, v, u.Text, milliseconds(u.At))
}

// Unmatched calls each with what was kept of a site since the given time, the oldest first.
func (s *Store) Unmatched(ctx context.Context, site chat.SiteID, since time.Time, each func(Unmatched)) error {
	rows, err := s.db.Query(ctx, `SELECT text, at FROM bot_unmatched WHERE site = $1 AND at >= $2 ORDER BY position`, site, milliseconds(since))
	return dbutil.NewRowIterWithError(rows, scanUnmatched, err).Iter(func(u Unmatched) (bool, error) { each(u); return true, nil })
}

// UnmatchedOf returns what is kept of one visitor, the oldest first.
func (s *Store) UnmatchedOf(ctx context.Context, v chat.VisitorID) ([]Unmatched, error) {
	rows, err := s.db.Query(ctx, `SELECT text, at FROM bot_unmatched WHERE visitor_id = $1 ORDER BY position`, v)
	return dbutil.NewRowIterWithError(rows, scanUnmatched, err).AsList()
}

func scanUnmatched(row dbutil.Scannable) (u Unmatched, err error) {
	var at int64
	err = row.Scan(&u.Text, &at)
	u.At = time.UnixMilli(at)
	return u, err
}

// SweepUnmatched forgets what was kept of a site before the given time, and all
// but the newest that many.
func (s *Store) SweepUnmatched(ctx context.Context, site chat.SiteID, before time.Time, most int) error {
	return s.exec(ctx, `DELETE FROM bot_unmatched WHERE site = $1 AND (at < $2 OR position <= (
		SELECT position FROM bot_unmatched WHERE site = $1 ORDER BY position DESC LIMIT 1 OFFSET $3))`, site, milliseconds(before), most)
}

// Rating is how a visitor rated a dialog: Score out of Of. Both are 0 before it did.
type Rating struct{ Score, Of int64 }

// SetRating records how the visitor rated the dialog, and keeps when.
func (s *Store) SetRating(ctx context.Context, v chat.VisitorID, r Rating, now time.Time) error {
	return s.Write(ctx, func(ctx context.Context) error {
		return errors.Join(
			s.exec(ctx, `UPDATE dialog SET rating = $2, rating_of = $3, rating_word = '' WHERE visitor_id = $1`, v, r.Score, r.Of),
			s.exec(ctx, `INSERT INTO rating (visitor_id, site, at, score, score_of) SELECT id, site, $2, $3, $4 FROM visitor WHERE id = $1
				ON CONFLICT (visitor_id, at) DO UPDATE SET score = excluded.score, score_of = excluded.score_of`, v, milliseconds(now), r.Score, r.Of),
		)
	})
}
