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

// TakeBotRequests returns due requests, at most limit, and when the next is due
// after them; zero for never. Until the lease ends nobody else is given those that it returns.
func (s *Store) TakeBotRequests(ctx context.Context, now time.Time, lease time.Duration, limit int) (taken []BotRequest, next time.Time, err error) {
	first, err := s.nextBotRequest(ctx)
	if err != nil || first.IsZero() || first.After(now) {
		return nil, first, err
	}
	err = s.Write(ctx, func(ctx context.Context) error {
		rows, err := s.db.Query(ctx, `UPDATE bot_request SET next_at = $2 WHERE next_at <= $1 AND (visitor_id, id) IN (
			SELECT visitor_id, id FROM bot_request WHERE next_at <= $1 ORDER BY next_at LIMIT $3)
			RETURNING visitor_id, id, request`, milliseconds(now), milliseconds(now.Add(lease)), limit)
		taken, err = dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (r BotRequest, err error) {
			err = row.Scan(&r.Visitor, &r.ID, &r.Request)
			return r, err
		}, err).AsList()
		return err
	})
	if err != nil {
		return nil, next, err
	}
	next, err = s.nextBotRequest(ctx)
	return taken, next, err
}

func (s *Store) nextBotRequest(ctx context.Context) (time.Time, error) {
	next, err := scanOne[sql.NullInt64](s.db.QueryRow(ctx, `SELECT min(next_at) FROM bot_request`))
	return moment(next.Int64), err
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
