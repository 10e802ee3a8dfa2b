package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Errand is something that a site's assistant is to write for operators.
type Errand struct {
	Visitor chat.VisitorID
	// ID is unique in the dialog.
	ID   string
	Kind ErrandKind
	// Order says what to write, in the core's own words.
	Order    string
	position int64
}

// ErrandKind is what is to be written.
type ErrandKind string

// The kinds of errands. Those of one kind and one dialog are done one after another.
const (
	// DraftErrand is an answer to the visitor, for an operator to send.
	DraftErrand ErrandKind = "draft"
	// SummaryErrand sums the dialog up.
	SummaryErrand ErrandKind = "summary"
	// TranslationErrand translates what the visitor wrote.
	TranslationErrand ErrandKind = "translation"
)

// AddErrand keeps an errand until it is finished; due at once. It reports whether
// there was none of that ID.
func (s *Store) AddErrand(ctx context.Context, e Errand, now time.Time) (fresh bool, err error) {
	return s.execChanged(ctx, `INSERT INTO errand (visitor_id, id, kind, errand, next_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (visitor_id, id) DO NOTHING`, e.Visitor, e.ID, e.Kind, e.Order, milliseconds(now))
}

// TakeErrands returns due errands in the order in which they were added, as far as
// their share goes: Limit in all, Site of one site and kind, and one of a dialog and
// kind. next is when the next is due beside those that wait for their share; zero for
// never. Until the lease ends nobody else is given those that it returns.
func (s *Store) TakeErrands(ctx context.Context, now time.Time, lease time.Duration, share RequestShare) (taken []Errand, next time.Time, err error) {
	taken, next, err = takeDue(ctx, s, "errand", takeErrands, scanErrand, now, lease, share)
	slices.SortFunc(taken, func(a, b Errand) int { return cmp.Compare(a.position, b.position) })
	return taken, next, err
}

// takeErrands differs from takeShared in what parts the errands, their kind as well, and
// in their order, which is that of the dialog.
const takeErrands = `UPDATE errand SET next_at = $2 WHERE next_at <= $1 AND position IN (
	SELECT position FROM (
		SELECT position, next_at, row_number() OVER (PARTITION BY site, kind ORDER BY busy DESC, position) AS of_site FROM (
			SELECT e.position, e.next_at, e.kind, v.site, e.next_at > $1 AS busy,
				row_number() OVER (PARTITION BY e.visitor_id, e.kind ORDER BY e.next_at > $1 DESC, e.position) AS of_kind
			FROM errand e JOIN visitor v ON v.id = e.visitor_id) AS ranked
		WHERE of_kind = 1) AS shared
	WHERE next_at <= $1 AND of_site <= $4 ORDER BY position LIMIT $3)
	RETURNING visitor_id, id, kind, errand, position`

func scanErrand(row dbutil.Scannable) (e Errand, err error) {
	err = row.Scan(&e.Visitor, &e.ID, &e.Kind, &e.Order, &e.position)
	return e, err
}

// ReleaseErrands makes all errands due: those that a process was at when it ended
// are done anew.
func (s *Store) ReleaseErrands(ctx context.Context, now time.Time) error {
	return s.exec(ctx, `UPDATE errand SET next_at = $1 WHERE next_at > $1`, milliseconds(now))
}

// PostponeErrand has an errand that was taken done at a later time. Those behind it
// wait for it.
func (s *Store) PostponeErrand(ctx context.Context, e Errand, until time.Time) error {
	return s.exec(ctx, `UPDATE errand SET next_at = $2 WHERE position = $1`, e.position, milliseconds(until))
}

// FailErrand counts a failure of an errand that was taken, and has it done again at a
// later time. It returns how often it has failed, or ErrNotFound if it is gone.
func (s *Store) FailErrand(ctx context.Context, e Errand, until time.Time) (failures int, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		failures, err = scanOne[int](s.db.QueryRow(ctx, `UPDATE errand SET failures = failures + 1, next_at = $2
			WHERE position = $1 RETURNING failures`, e.position, milliseconds(until)))
		return err
	})
	return failures, err
}

// FinishErrand forgets an errand that was taken. It reports false if somebody else did.
func (s *Store) FinishErrand(ctx context.Context, e Errand) (bool, error) {
	return s.execChanged(ctx, `DELETE FROM errand WHERE position = $1`, e.position)
}

// SetTranslate has a dialog translated from and into the language that its visitor
// speaks, a BCP 47 tag; empty ends that. It reports whether that is new.
func (s *Store) SetTranslate(ctx context.Context, v chat.VisitorID, language string) (bool, error) {
	return s.execChanged(ctx, `UPDATE dialog SET translate = $2 WHERE visitor_id = $1 AND translate <> $2`, v, language)
}

// NoticesAbout reports whether operators were told something about an entry.
func (s *Store) NoticesAbout(ctx context.Context, v chat.VisitorID, entry chat.EntryID) (bool, error) {
	return scanOne[bool](s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM entry
		WHERE visitor_id = $1 AND target = $2 AND target <> '' AND kind = 'notice')`, v, entry))
}
