package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// BotState is where the bot stands in a dialog. State is the bot's own matter;
// it is empty before its first turn, when Version is 0.
type BotState struct {
	State   string
	Version int64
	// Due is when time alone brings the next turn; zero for never.
	Due time.Time
}

// BotState returns where the bot stands in a dialog.
func (s *Store) BotState(ctx context.Context, v chat.VisitorID) (b BotState, err error) {
	var due int64
	err = noRows(s.db.QueryRow(ctx, `SELECT state, version, due_at FROM bot_state WHERE visitor_id = $1`, v).Scan(&b.State, &b.Version, &due))
	if errors.Is(err, ErrNotFound) {
		return BotState{}, nil
	}
	b.Due = moment(due)
	return b, err
}

// SetBotState records where the bot stands after a turn that began at version
// b.Version, which rises by it. It reports false, and records nothing, when
// there was another turn meanwhile or the dialog is gone.
func (s *Store) SetBotState(ctx context.Context, v chat.VisitorID, b BotState) (bool, error) {
	due := millisecondsOr0(b.Due)
	if b.Version > 0 {
		return s.execChanged(ctx, `UPDATE bot_state SET state = $2, version = version + 1, due_at = $4
			WHERE visitor_id = $1 AND version = $3`, v, b.State, b.Version, due)
	}
	return s.execChanged(ctx, `INSERT INTO bot_state (visitor_id, state, version, due_at) SELECT id, $2, 1, CAST($3 AS BIGINT) FROM visitor WHERE id = $1
		ON CONFLICT (visitor_id) DO NOTHING`, v, b.State, due)
}

// HurryBot has time bring a turn of the bot now, where it was to bring one later or none.
func (s *Store) HurryBot(ctx context.Context, v chat.VisitorID, now time.Time) error {
	return s.exec(ctx, `UPDATE bot_state SET due_at = $2 WHERE visitor_id = $1 AND (due_at = 0 OR due_at > $2)`, v, milliseconds(now))
}

// BotDue calls each with the dialogs in which time brings a turn within a span,
// and returns when it does next after it; zero for never.
func (s *Store) BotDue(ctx context.Context, after, until time.Time, each func(chat.VisitorID)) (next time.Time, err error) {
	rows, err := s.db.Query(ctx, `SELECT visitor_id FROM bot_state WHERE due_at > $1 AND due_at <= $2 ORDER BY due_at`,
		max(milliseconds(after), 0), milliseconds(until))
	err = dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[chat.VisitorID], err).
		Iter(func(v chat.VisitorID) (bool, error) { each(v); return true, nil })
	if err != nil {
		return next, err
	}
	var due sql.NullInt64
	err = s.db.QueryRow(ctx, `SELECT min(due_at) FROM bot_state WHERE due_at > $1`, milliseconds(until)).Scan(&due)
	return moment(due.Int64), err
}

// BotInput is something that the bot has yet to hear.
type BotInput struct {
	Position int64
	// Key names what it came from; unique in the dialog.
	Key string
	// Event is what happened, in the bot's own words.
	Event string
	At    time.Time
}

// AddBotInput keeps something for the bot to hear, after all that waits. The
// same key is kept once; whether it was heard already, the bot itself remembers for
// a while. A visitor who is gone is passed over.
func (s *Store) AddBotInput(ctx context.Context, v chat.VisitorID, in BotInput) (fresh bool, err error) {
	return s.execChanged(ctx, `INSERT INTO bot_input (visitor_id, input_key, event, at) SELECT id, $2, $3, CAST($4 AS BIGINT) FROM visitor WHERE id = $1
		ON CONFLICT (visitor_id, input_key) DO NOTHING`, v, in.Key, in.Event, milliseconds(in.At))
}

// NextBotInput returns what the bot is to hear next in a dialog, or ErrNotFound.
func (s *Store) NextBotInput(ctx context.Context, v chat.VisitorID) (BotInput, error) {
	in, err := scanBotInput(s.db.QueryRow(ctx, selectBotInput+`LIMIT 1`, v))
	return in, noRows(err)
}

// BotInputs returns all that the bot has yet to hear in a dialog, in its order.
func (s *Store) BotInputs(ctx context.Context, v chat.VisitorID) ([]BotInput, error) {
	rows, err := s.db.Query(ctx, selectBotInput, v)
	return dbutil.NewRowIterWithError(rows, scanBotInput, err).AsList()
}

// NewestBotInput returns the position of the newest thing that the bot has yet to hear in
// any dialog, 0 for none.
func (s *Store) NewestBotInput(ctx context.Context) (int64, error) {
	return scanOne[int64](s.db.QueryRow(ctx, `SELECT COALESCE(max(position), 0) FROM bot_input`))
}

const selectBotInput = `SELECT position, input_key, event, at FROM bot_input WHERE visitor_id = $1 ORDER BY position `

func scanBotInput(row dbutil.Scannable) (in BotInput, err error) {
	var at int64
	err = row.Scan(&in.Position, &in.Key, &in.Event, &at)
	in.At = time.UnixMilli(at)
	return in, err
}

// FinishBotInput forgets what the bot has heard. It reports false if that is not there
// any more: it was heard already, or taken back.
func (s *Store) FinishBotInput(ctx context.Context, in BotInput) (bool, error) {
	return s.execChanged(ctx, `DELETE FROM bot_input WHERE position = $1`, in.Position)
}

// DialogsWithBotInput returns the dialogs in which the bot has something to hear.
func (s *Store) DialogsWithBotInput(ctx context.Context) ([]chat.VisitorID, error) {
	rows, err := s.db.Query(ctx, `SELECT DISTINCT visitor_id FROM bot_input`)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[chat.VisitorID], err).AsList()
}

// EnqueueBot puts what the bot has said in a dialog on its way to Matrix, the
// newest that many: of what it says before the visitor acts, nothing is. What has an
// origin that begins with always goes besides, however old it is.
func (s *Store) EnqueueBot(ctx context.Context, v chat.VisitorID, most int, always string) error {
	return s.exec(ctx, `INSERT INTO outbox (entry_id, visitor_id, seq, state)
		SELECT id, visitor_id, seq, 'pending' FROM entry WHERE visitor_id = $1 AND party = 'bot' AND (origin LIKE $3
			OR seq IN (SELECT seq FROM entry WHERE visitor_id = $1 AND party = 'bot' AND origin NOT LIKE $3 ORDER BY seq DESC LIMIT $2))
		ON CONFLICT (entry_id) DO NOTHING`, v, most, always+"%")
}
