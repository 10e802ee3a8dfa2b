package store

import (
	"context"
	"errors"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Status is how a dialog stands.
type Status string

// The statuses. A dialog is new until its visitor's first act, and open again
// with a message after it was closed.
const (
	StatusNew    Status = ""
	StatusOpen   Status = "open"
	StatusClosed Status = "closed"
)

// Dialog is how a dialog stands for the operators.
type Dialog struct {
	Status   Status
	OpenedAt time.Time
	ClosedAt time.Time
	// Assignee is the operator who took it, or empty.
	Assignee id.UserID
	// WaitingSince is when the first unanswered message came; zero when none waits.
	WaitingSince time.Time
	Blocked      bool
	Bot          BotSwitch
	// Called is true once operators were called into it, until it is closed.
	Called bool
	// Promised is true while the visitor waits for a person, whatever the bot says.
	Promised bool
	Rating   Rating
	// RatingWord is what the visitor said to that rating.
	RatingWord string
	// Translate is the language that the visitor speaks while the assistant translates
	// both ways, a BCP 47 tag; else empty.
	Translate string
	// Move is how soon it has to be looked where its room is listed; 0 when that is right.
	Move Urgency
	// Unread counts the visitor's messages that no operator has seen or answered; none
	// of a closed dialog.
	Unread int64
	// Last is the newest message that was not removed.
	Last LastMessage
	// Marks and Replied, the number of the newest message of an operator that was not
	// removed (0 without one), say how far that has come.
	Marks   Marks
	Replied int64
}

const dialogColumns = `d.status, d.opened_at, d.closed_at, d.assignee, d.waiting_since, d.blocked, d.bot_off_since, d.bot_off_until, d.bot_off_by, d.called, d.promised, d.move, d.rating, d.rating_of, d.rating_word, d.translate,
	d.unread, d.last_at, d.last_party, d.last_text, d.last_file, d.last_seq, d.read_seq, d.delivered_seq, d.seen_seq, d.left_seq, d.operator_seq`

// dialogRow is a dialog as its columns are read.
type dialogRow struct {
	d                       Dialog
	opened, closed, waiting int64
	botOff, botOn, last     int64
}

func (r *dialogRow) places() []any {
	return []any{
		&r.d.Status, &r.opened, &r.closed, &r.d.Assignee, &r.waiting, &r.d.Blocked, &r.botOff, &r.botOn, &r.d.Bot.By,
		&r.d.Called, &r.d.Promised, &r.d.Move, &r.d.Rating.Score, &r.d.Rating.Of, &r.d.RatingWord, &r.d.Translate,
		&r.d.Unread, &r.last, &r.d.Last.Party, &r.d.Last.Text, &r.d.Last.File,
		&r.d.Marks.Last, &r.d.Marks.Read, &r.d.Marks.Delivered, &r.d.Marks.Seen, &r.d.Marks.Left, &r.d.Replied,
	}
}

func (r *dialogRow) dialog() Dialog {
	r.d.OpenedAt, r.d.ClosedAt, r.d.WaitingSince = moment(r.opened), moment(r.closed), moment(r.waiting)
	r.d.Last.At = moment(r.last)
	r.d.Bot.OffSince, r.d.Bot.OffUntil = moment(r.botOff), moment(r.botOn)
	return r.d
}

// moment is the zero time for 0.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// millisecondsOr0 is what moment reads.
func millisecondsOr0(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return milliseconds(t)
}

// Dialog returns how a dialog stands, or ErrNotFound.
func (s *Store) Dialog(ctx context.Context, v chat.VisitorID) (Dialog, error) {
	var r dialogRow
	err := noRows(s.db.QueryRow(ctx, `SELECT `+dialogColumns+` FROM dialog d WHERE d.visitor_id = $1`, v).Scan(r.places()...))
	return r.dialog(), err
}

// OpenDialog opens a dialog. It reports whether it was not open.
func (s *Store) OpenDialog(ctx context.Context, v chat.VisitorID, now time.Time) (opened bool, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		if opened, err = s.execChanged(ctx, `UPDATE dialog SET status = 'open', opened_at = $2, move = 1 WHERE visitor_id = $1 AND status <> 'open'`,
			v, milliseconds(now)); err != nil || !opened {
			return err
		}
		return s.countUnread(ctx, v) // what was said meanwhile
	})
	return opened, err
}

// CloseDialog closes a dialog; nothing waits in it any more, and the bot may
// speak again. It reports whether it was not closed: one in which a visitor only
// reacted has no status yet, and is listed until somebody closes it.
func (s *Store) CloseDialog(ctx context.Context, v chat.VisitorID, now time.Time) (closed bool, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		if closed, err = s.execChanged(ctx, `UPDATE dialog SET status = 'closed', closed_at = $2, waiting_since = 0, unread = 0,
			bot_off_since = 0, bot_off_until = 0, bot_off_by = '', called = false, promised = false, past_seq = last_seq, left_seq = last_seq, move = 1
			WHERE visitor_id = $1 AND status <> 'closed'`, v, milliseconds(now)); err != nil || !closed {
			return err
		}
		if _, err := s.EndRecall(ctx, v); err != nil {
			return err
		}
		return s.countClosed(ctx, v, now)
	})
	return closed, err
}

// SetCalled records that operators are called into a dialog, those too who left its room.
func (s *Store) SetCalled(ctx context.Context, v chat.VisitorID) error {
	return s.Write(ctx, func(ctx context.Context) error {
		return errors.Join(
			s.exec(ctx, `UPDATE dialog SET called = true WHERE visitor_id = $1 AND NOT called`, v),
			s.WantRecall(ctx, v),
		)
	})
}

// SetWaiting records since when a message waits for an answer, unless one waits already.
func (s *Store) SetWaiting(ctx context.Context, v chat.VisitorID, since time.Time) error {
	return s.exec(ctx, `UPDATE dialog SET waiting_since = $2 WHERE visitor_id = $1 AND waiting_since = 0`, v, milliseconds(since))
}

// SetPromised records that the visitor waits for a person.
func (s *Store) SetPromised(ctx context.Context, v chat.VisitorID) error {
	return s.exec(ctx, `UPDATE dialog SET promised = true WHERE visitor_id = $1 AND NOT promised`, v)
}

// ForgetPromise records that the visitor waits for no person any more.
func (s *Store) ForgetPromise(ctx context.Context, v chat.VisitorID) error {
	return s.exec(ctx, `UPDATE dialog SET promised = false WHERE visitor_id = $1 AND promised`, v)
}

// SetAnswered records that no message waits for an answer: a person gave it.
func (s *Store) SetAnswered(ctx context.Context, v chat.VisitorID) error {
	return s.Write(ctx, func(ctx context.Context) error {
		_, err := s.EndRecall(ctx, v)
		return errors.Join(err, s.exec(ctx, `UPDATE dialog SET waiting_since = 0, promised = false WHERE visitor_id = $1 AND (waiting_since <> 0 OR promised)`, v))
	})
}

// SetAnsweredByBot records the same of who does not wait for a person.
func (s *Store) SetAnsweredByBot(ctx context.Context, v chat.VisitorID) error {
	return s.exec(ctx, `UPDATE dialog SET waiting_since = 0 WHERE visitor_id = $1 AND waiting_since <> 0 AND NOT promised`, v)
}

// SetEarlyCalls keeps whom the bot calls before the visitor's first act, in place
// of what was kept before; empty for nobody.
func (s *Store) SetEarlyCalls(ctx context.Context, v chat.VisitorID, calls string) error {
	return s.exec(ctx, `UPDATE dialog SET early_calls = $2 WHERE visitor_id = $1`, v, calls)
}

// EarlyCalls returns what SetEarlyCalls kept; empty for nothing.
func (s *Store) EarlyCalls(ctx context.Context, v chat.VisitorID) (string, error) {
	return scanOne[string](s.db.QueryRow(ctx, `SELECT early_calls FROM dialog WHERE visitor_id = $1`, v))
}

// What is asked again and again goes by the indexes of open and closed dialogs, and never
// through all the visitors of a site, of whom there may be hundreds of thousands: so the
// site is that of the dialog. A test reads the plans.
const (
	takeUnanswered = `UPDATE dialog SET alerted_for = waiting_since WHERE visitor_id IN (
		SELECT visitor_id FROM dialog
		WHERE site = $1 AND status = 'open' AND NOT blocked AND waiting_since > 0 AND waiting_since <= $2 AND alerted_for <> waiting_since
		ORDER BY waiting_since LIMIT $3) RETURNING visitor_id`
	openDialogs   = `SELECT visitor_id FROM dialog WHERE site = $1 AND status = 'open' ORDER BY opened_at`
	silentDialogs = `SELECT visitor_id FROM dialog
		WHERE site = $1 AND status = 'open' AND (waiting_since = 0 OR blocked) AND opened_at <= $2 AND said_at <= $2
		ORDER BY opened_at LIMIT $3`
)

// TakeUnanswered returns the open dialogs of a site whose visitors wait since
// before the given time, each once for each wait, the longest first.
func (s *Store) TakeUnanswered(ctx context.Context, site chat.SiteID, before time.Time, limit int) (found []chat.VisitorID, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		rows, err := s.db.Query(ctx, takeUnanswered, site, milliseconds(before), limit)
		found, err = dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[chat.VisitorID], err).AsList()
		return err
	})
	return found, err
}

// OpenDialogs returns the open dialogs of a site.
func (s *Store) OpenDialogs(ctx context.Context, site chat.SiteID) ([]chat.VisitorID, error) {
	rows, err := s.db.Query(ctx, openDialogs, site)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[chat.VisitorID], err).AsList()
}

// SilentDialogs returns open dialogs of a site in which nothing was said since
// the given time, at most limit. Not those whose visitors wait for an answer; who
// was shut out waits for none.
func (s *Store) SilentDialogs(ctx context.Context, site chat.SiteID, since time.Time, limit int) ([]chat.VisitorID, error) {
	rows, err := s.db.Query(ctx, silentDialogs, site, milliseconds(since), limit)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[chat.VisitorID], err).AsList()
}

// Assign gives a dialog to an operator, or to nobody, provided that before is
// who has it now. It reports whether that was so.
func (s *Store) Assign(ctx context.Context, v chat.VisitorID, before, operator id.UserID) (bool, error) {
	return s.execChanged(ctx, `UPDATE dialog SET assignee = $3 WHERE visitor_id = $1 AND assignee = $2`, v, before, operator)
}

// Assigned returns the dialogs of a site that somebody has.
func (s *Store) Assigned(ctx context.Context, site chat.SiteID) ([]Found, error) {
	rows, err := s.db.Query(ctx, selectFound+`WHERE v.site = $1 AND d.assignee <> '' ORDER BY v.number`, site)
	return dbutil.NewRowIterWithError(rows, scanFound, err).AsList()
}

// DeskOf returns the site's own dialog with its operators, and makes it at the first call.
func (s *Store) DeskOf(ctx context.Context, site chat.SiteID, now time.Time) (v Visitor, err error) {
	find := func(ctx context.Context) (Visitor, error) {
		return scanVisitor(s.db.QueryRow(ctx, selectVisitor+`WHERE v.site = $1 AND v.desk`, site))
	}
	if v, err = find(ctx); !errors.Is(err, ErrNotFound) {
		return v, err
	}
	err = s.Write(ctx, func(ctx context.Context) error {
		if v, err = find(ctx); !errors.Is(err, ErrNotFound) {
			return err
		}
		v = Visitor{ID: chat.NewVisitorID(), Site: site, CreatedAt: now, SeenAt: now, Desk: true}
		return s.insertVisitor(ctx, v)
	})
	return v, err
}
