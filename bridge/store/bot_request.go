package store

import (
	"context"
	"database/sql"
	"time"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// BotRequest is an HTTP request that the bot wants made.
type BotRequest struct {
	Visitor chat.VisitorID
	// ID is unique in the dialog.
	ID string
	// Request says what to ask, in the bot's own words.
	Request string
}

// AddBotRequest keeps a request until it is finished; due at once.
func (s *Store) AddBotRequest(ctx context.Context, r BotRequest, now time.Time) error {
	return s.exec(ctx, `INSERT INTO bot_request (visitor_id, id, request, next_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (visitor_id, id) DO NOTHING`, r.Visitor, r.ID, r.Request, milliseconds(now))
}

// RequestShare is how many requests may be under way at once: Limit more than are,
// Site for one site, and one for a visitor.
type RequestShare struct{ Limit, Site int }

// takeShared is the query that takes what is due of a table of requests, until $2: at
// most $3, first of the sites that have the fewest under way, of each site at most $4
// and of each visitor one.
func takeShared(table, columns string) string {
	return `UPDATE ` + table + ` SET next_at = $2 WHERE next_at <= $1 AND (visitor_id, id) IN (
		SELECT visitor_id, id FROM (
			SELECT visitor_id, id, next_at, row_number() OVER (PARTITION BY site ORDER BY busy DESC, next_at, visitor_id) AS of_site FROM (
				SELECT r.visitor_id, r.id, r.next_at, v.site, r.next_at > $1 AS busy,
					row_number() OVER (PARTITION BY r.visitor_id ORDER BY r.next_at > $1 DESC, r.next_at, r.id) AS of_visitor
				FROM ` + table + ` r JOIN visitor v ON v.id = r.visitor_id) AS ranked
			WHERE of_visitor = 1) AS shared
		WHERE next_at <= $1 AND of_site <= $4 ORDER BY of_site, next_at LIMIT $3)
		RETURNING ` + columns
}

// takeDue takes what is due of a table by a query such as takeShared, if anything is.
func takeDue[T any](ctx context.Context, s *Store, table, query string, scan func(dbutil.Scannable) (T, error),
	now time.Time, lease time.Duration, share RequestShare,
) (taken []T, next time.Time, err error) {
	first, err := s.nextOf(ctx, table, time.UnixMilli(0))
	if err != nil || first.IsZero() || first.After(now) {
		return nil, first, err
	}
	err = s.Write(ctx, func(ctx context.Context) error {
		rows, err := s.db.Query(ctx, query, milliseconds(now), milliseconds(now.Add(lease)), share.Limit, share.Site)
		taken, err = dbutil.NewRowIterWithError(rows, scan, err).AsList()
		return err
	})
	if err != nil {
		return nil, next, err
	}
	next, err = s.nextOf(ctx, table, now)
	return taken, next, err
}

// nextOf returns when something of a table is due after that; zero for never.
func (s *Store) nextOf(ctx context.Context, table string, after time.Time) (time.Time, error) {
	next, err := scanOne[sql.NullInt64](s.db.QueryRow(ctx, `SELECT min(next_at) FROM `+table+` WHERE next_at > $1`, milliseconds(after)))
	return moment(next.Int64), err
}

// TakeBotRequests returns due requests, as far as their share goes, and when the
// next is due beside those that wait for their share; zero for never. Until the
// lease ends nobody else is given those that it returns.
func (s *Store) TakeBotRequests(ctx context.Context, now time.Time, lease time.Duration, share RequestShare) (taken []BotRequest, next time.Time, err error) {
	return takeDue(ctx, s, "bot_request", takeShared("bot_request", "visitor_id, id, request"), scanBotRequest, now, lease, share)
}

// BotRequests returns the requests of a dialog that are not finished, by when they are due.
func (s *Store) BotRequests(ctx context.Context, v chat.VisitorID) ([]BotRequest, error) {
	rows, err := s.db.Query(ctx, `SELECT visitor_id, id, request FROM bot_request WHERE visitor_id = $1 ORDER BY next_at, id`, v)
	return dbutil.NewRowIterWithError(rows, scanBotRequest, err).AsList()
}

func scanBotRequest(row dbutil.Scannable) (r BotRequest, err error) {
	err = row.Scan(&r.Visitor, &r.ID, &r.Request)
	return r, err
}

// ReleaseBotRequests makes all requests due: those that a process was making
// when it ended are made again.
func (s *Store) ReleaseBotRequests(ctx context.Context, now time.Time) error {
	return s.exec(ctx, `UPDATE bot_request SET next_at = $1 WHERE next_at > $1`, milliseconds(now))
}

// FinishBotRequest forgets a request. It reports false if somebody else did.
func (s *Store) FinishBotRequest(ctx context.Context, r BotRequest) (bool, error) {
	return s.execChanged(ctx, `DELETE FROM bot_request WHERE visitor_id = $1 AND id = $2`, r.Visitor, r.ID)
}
