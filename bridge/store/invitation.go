package store

import (
	"context"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// AskIn records that an operator is to be invited into a dialog's room, also
// one who was invited before.
func (s *Store) AskIn(ctx context.Context, v chat.VisitorID, operator id.UserID) error {
	return s.Write(ctx, func(ctx context.Context) error {
		if err := s.SetApplied(ctx, string(v), Invited(operator), ""); err != nil {
			return err
		}
		return s.exec(ctx, `INSERT INTO invitation (visitor_id, operator) VALUES ($1, $2) ON CONFLICT DO NOTHING`, v, operator)
	})
}

// AskedIn returns the operators for whom AskIn waits.
func (s *Store) AskedIn(ctx context.Context, v chat.VisitorID) ([]id.UserID, error) {
	rows, err := s.db.Query(ctx, `SELECT operator FROM invitation WHERE visitor_id = $1 ORDER BY operator`, v)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[id.UserID], err).AsList()
}

// recall names, for SetApplied, that operators are to be called back into a dialog's room.
const recall = "recall"

// WantRecall records that somebody is to be in an open dialog's room, also if all
// operators left it: they are called back once there are some to call. That ends when
// one answers, and when the dialog is closed or its visitor shut out.
func (s *Store) WantRecall(ctx context.Context, v chat.VisitorID) error {
	return s.exec(ctx, `INSERT INTO applied (subject, what, value) SELECT visitor_id, $2, 'wanted' FROM dialog
		WHERE visitor_id = $1 AND status <> 'closed' AND NOT blocked AND NOT EXISTS (SELECT 1 FROM erasure WHERE visitor_id = $1)
		ON CONFLICT (subject, what) DO NOTHING`, v, recall)
}

// RecallWanted reports whether WantRecall waits.
func (s *Store) RecallWanted(ctx context.Context, v chat.VisitorID) (bool, error) {
	value, err := s.Applied(ctx, string(v), recall)
	return value != "", err
}

// EndRecall records that nobody is to be called back. It reports whether somebody was.
func (s *Store) EndRecall(ctx context.Context, v chat.VisitorID) (bool, error) {
	return s.execChanged(ctx, `DELETE FROM applied WHERE subject = $1 AND what = $2`, v, recall)
}

// InvitedIn records that an operator is invited as AskIn wanted.
func (s *Store) InvitedIn(ctx context.Context, v chat.VisitorID, operator id.UserID) error {
	return s.exec(ctx, `DELETE FROM invitation WHERE visitor_id = $1 AND operator = $2`, v, operator)
}
