package store

import (
	"context"
	"time"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// AssistantRequest is an answer that is wanted of an assistant.
type AssistantRequest struct {
	Visitor chat.VisitorID
	// ID is unique in the dialog.
	ID string
	// Assistant is its name in the config.
	Assistant string
	// At is when it was ordered.
	At time.Time
}

// AddAssistantRequest keeps a request until it is finished; due at once.
func (s *Store) AddAssistantRequest(ctx context.Context, r AssistantRequest) error {
	return s.exec(ctx, `INSERT INTO assistant_request (visitor_id, id, assistant, at, next_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (visitor_id, id) DO NOTHING`, r.Visitor, r.ID, r.Assistant, milliseconds(r.At), milliseconds(r.At))
}

const assistantRequestColumns = `visitor_id, id, assistant, at`

func scanAssistantRequest(row dbutil.Scannable) (r AssistantRequest, err error) {
	var at int64
	err = row.Scan(&r.Visitor, &r.ID, &r.Assistant, &at)
	r.At = time.UnixMilli(at)
	return r, err
}

// TakeAssistantRequests returns due requests, as far as their share goes: first of
// the sites that have the fewest under way. next is when the next is due beside those
// that wait for their share; zero for never. Until the lease ends nobody else is given
// those that it returns.
func (s *Store) TakeAssistantRequests(ctx context.Context, now time.Time, lease time.Duration, share RequestShare) (taken []AssistantRequest, next time.Time, err error) {
	return takeDue(ctx, s, "assistant_request", takeShared("assistant_request", assistantRequestColumns), scanAssistantRequest, now, lease, share)
}

// ReleaseAssistantRequests makes all requests due: those that a process was
// answering when it ended are answered anew.
func (s *Store) ReleaseAssistantRequests(ctx context.Context, now time.Time) error {
	return s.exec(ctx, `UPDATE assistant_request SET next_at = $1 WHERE next_at > $1`, milliseconds(now))
}

// AssistantRequestsOf returns what is wanted of assistants in a dialog.
func (s *Store) AssistantRequestsOf(ctx context.Context, v chat.VisitorID) ([]AssistantRequest, error) {
	rows, err := s.db.Query(ctx, `SELECT `+assistantRequestColumns+` FROM assistant_request WHERE visitor_id = $1 ORDER BY at, id`, v)
	return dbutil.NewRowIterWithError(rows, scanAssistantRequest, err).AsList()
}

// FinishAssistantRequest forgets a request. It reports false if somebody else did.
func (s *Store) FinishAssistantRequest(ctx context.Context, r AssistantRequest) (bool, error) {
	return s.execChanged(ctx, `DELETE FROM assistant_request WHERE visitor_id = $1 AND id = $2`, r.Visitor, r.ID)
}

// HasAssistantRequest reports whether a request is not finished, once all that is
// being written is.
func (s *Store) HasAssistantRequest(ctx context.Context, r AssistantRequest) (has bool, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		has, err = scanOne[bool](s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM assistant_request WHERE visitor_id = $1 AND id = $2)`, r.Visitor, r.ID))
		return err
	})
	return has, err
}

// BotInputsLike returns what the bot has yet to hear in a dialog whose keys begin so,
// in order.
func (s *Store) BotInputsLike(ctx context.Context, v chat.VisitorID, prefix string) ([]BotInput, error) {
	rows, err := s.db.Query(ctx, `SELECT position, input_key, event, at FROM bot_input
		WHERE visitor_id = $1 AND substr(input_key, 1, length($2)) = $2 ORDER BY position`, v, prefix)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (in BotInput, err error) {
		var at int64
		err = row.Scan(&in.Position, &in.Key, &in.Event, &at)
		in.At = time.UnixMilli(at)
		return in, err
	}, err).AsList()
}

// SetPast records that all that a dialog's journal holds is settled: an assistant is
// told that it is past.
func (s *Store) SetPast(ctx context.Context, v chat.VisitorID) error {
	return s.exec(ctx, `UPDATE dialog SET past_seq = last_seq WHERE visitor_id = $1`, v)
}

// Past returns up to which number of a dialog's journal all is settled.
func (s *Store) Past(ctx context.Context, v chat.VisitorID) (int64, error) {
	return scanOne[int64](s.db.QueryRow(ctx, `SELECT past_seq FROM dialog WHERE visitor_id = $1`, v))
}
