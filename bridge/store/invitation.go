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

// InvitedIn records that an operator is invited as AskIn wanted.
func (s *Store) InvitedIn(ctx context.Context, v chat.VisitorID, operator id.UserID) error {
	return s.exec(ctx, `DELETE FROM invitation WHERE visitor_id = $1 AND operator = $2`, v, operator)
}
