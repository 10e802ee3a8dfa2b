package store

import (
	"context"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Quarter is what happened on a site in a quarter of an hour.
type Quarter struct {
	Start time.Time
	// Asked, Replied and Bot are messages of visitors, operators and the bot.
	Asked, Replied, Bot int
	// Met are visitors who did something for the first time, Closed how often a dialog was closed.
	Met, Closed int
}

// Quarters returns the quarters of an hour of a site from a moment on in which
// something happened, in their order.
func (s *Store) Quarters(ctx context.Context, site chat.SiteID, since time.Time) ([]Quarter, error) {
	rows, err := s.db.Query(ctx, `SELECT quarter, asked, replied, bot, met, closed FROM figure WHERE site = $1 AND quarter >= $2 ORDER BY quarter`,
		site, quarterOf(since))
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (q Quarter, err error) {
		var number int64
		err = row.Scan(&number, &q.Asked, &q.Replied, &q.Bot, &q.Met, &q.Closed)
		q.Start = time.UnixMilli(number * quarter.Milliseconds())
		return q, err
	}, err).AsList()
}

// FirstAnswers returns how long visitors waited for an operator's first message in
// dialogs that were opened since a moment; those without an answer are not among them.
func (s *Store) FirstAnswers(ctx context.Context, site chat.SiteID, since time.Time) ([]time.Duration, error) {
	rows, err := s.db.Query(ctx, `SELECT answered_at - asked_at FROM opening WHERE site = $1 AND asked_at >= $2 AND answered_at > 0`,
		site, milliseconds(since))
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (time.Duration, error) {
		ms, err := scanOne[int64](row)
		return time.Duration(max(ms, 0)) * time.Millisecond, err
	}, err).AsList()
}

// RatingCount is how often a rating was given.
type RatingCount struct {
	Rating
	Count int
}

// Ratings returns which ratings were given since a moment, the best first.
func (s *Store) Ratings(ctx context.Context, site chat.SiteID, since time.Time) ([]RatingCount, error) {
	rows, err := s.db.Query(ctx, `SELECT score, score_of, COUNT(*) FROM rating WHERE site = $1 AND at >= $2
		GROUP BY score, score_of ORDER BY score_of DESC, score DESC`, site, milliseconds(since))
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (r RatingCount, err error) {
		err = row.Scan(&r.Score, &r.Of, &r.Count)
		return r, err
	}, err).AsList()
}

// Speakers are dialogs by who spoke in them.
type Speakers struct {
	// Visitors are those in which the visitor wrote; ByBot of these those in which the
	// bot said something and no operator did.
	Visitors, ByBot int
}

// SpeakersSince counts a site's dialogs by who spoke in them since a moment.
func (s *Store) SpeakersSince(ctx context.Context, site chat.SiteID, since time.Time) (n Speakers, err error) {
	err = s.db.QueryRow(ctx, `SELECT COUNT(*), COALESCE(SUM(CASE WHEN bot_at >= $2 AND replied_at < $2 THEN 1 ELSE 0 END), 0)
		FROM spoke WHERE site = $1 AND asked_at >= $2`, site, milliseconds(since)).Scan(&n.Visitors, &n.ByBot)
	return n, err
}

// Work is what an operator did.
type Work struct {
	Operator id.UserID
	// Messages to visitors, in so many dialogs.
	Messages, Dialogs int
}

// WorkSince returns what the operators of a site did since a moment, the busiest
// first, at most limit of them. A dialog that was erased counts no more.
func (s *Store) WorkSince(ctx context.Context, site chat.SiteID, since time.Time, limit int) ([]Work, error) {
	rows, err := s.db.Query(ctx, `SELECT operator, SUM(messages) FROM operator_figure WHERE site = $1 AND quarter >= $2
		GROUP BY operator ORDER BY 2 DESC, operator LIMIT $3`, site, quarterOf(since), limit)
	all, err := dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (w Work, err error) {
		err = row.Scan(&w.Operator, &w.Messages)
		return w, err
	}, err).AsList()
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Dialogs, err = scanOne[int](s.db.QueryRow(ctx, `SELECT COUNT(*) FROM operator_spoke WHERE site = $1 AND operator = $2 AND at >= $3`,
			site, all[i].Operator, milliseconds(since))); err != nil {
			return nil, err
		}
	}
	return all, nil
}

const openNow = `SELECT COUNT(*), COALESCE(SUM(CASE WHEN waiting_since > 0 AND NOT blocked THEN 1 ELSE 0 END), 0)
	FROM dialog WHERE status = 'open' AND site = $1 AND number > 0`

// OpenNow counts the open dialogs of a site, and those of them whose visitors wait for an
// answer. Who was shut out waits for none.
func (s *Store) OpenNow(ctx context.Context, site chat.SiteID) (open, waiting int, err error) {
	err = s.db.QueryRow(ctx, openNow, site).Scan(&open, &waiting)
	return open, waiting, err
}

// Opening is a time that a dialog was opened by its visitor, or by the bot for it.
type Opening struct {
	At time.Time
	// Asked is since when the visitor waited, Answered when an operator first said
	// something after that; zero if none did before the dialog was closed.
	Asked, Answered time.Time
}

// Openings returns the times that a dialog was opened, in their order.
func (s *Store) Openings(ctx context.Context, v chat.VisitorID) ([]Opening, error) {
	rows, err := s.db.Query(ctx, `SELECT opened_at, asked_at, answered_at FROM opening WHERE visitor_id = $1 ORDER BY opened_at`, v)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (o Opening, err error) {
		var opened, asked, answered int64
		err = row.Scan(&opened, &asked, &answered)
		o.At, o.Asked, o.Answered = time.UnixMilli(opened), time.UnixMilli(asked), moment(answered)
		return o, err
	}, err).AsList()
}

// RatedAt is a rating and when it was given.
type RatedAt struct {
	Rating
	At time.Time
	// Closed is when the dialog was closed that it rates; zero where a chain asked. Word is
	// what the visitor said to it.
	Closed time.Time
	Word   string
}

// RatingsOf returns the ratings that a visitor gave, in their order.
func (s *Store) RatingsOf(ctx context.Context, v chat.VisitorID) ([]RatedAt, error) {
	rows, err := s.db.Query(ctx, `SELECT score, score_of, at, closed_at, word FROM rating WHERE visitor_id = $1 ORDER BY at`, v)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (r RatedAt, err error) {
		var at, closed int64
		err = row.Scan(&r.Score, &r.Of, &at, &closed, &r.Word)
		r.At, r.Closed = time.UnixMilli(at), moment(closed)
		return r, err
	}, err).AsList()
}
