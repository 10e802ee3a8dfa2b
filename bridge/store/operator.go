package store

import (
	"context"
	"errors"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// AddOperators records who is an operator of a site, for good.
func (s *Store) AddOperators(ctx context.Context, site chat.SiteID, users []id.UserID) error {
	return s.Write(ctx, func(ctx context.Context) (err error) {
		for _, user := range users {
			err = errors.Join(err, s.exec(ctx, `INSERT INTO operator (site, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, site, user))
		}
		return err
	})
}

// EverOperators returns who is an operator of a site or ever was.
func (s *Store) EverOperators(ctx context.Context, site chat.SiteID) ([]id.UserID, error) {
	rows, err := s.db.Query(ctx, `SELECT user_id FROM operator WHERE site = $1 ORDER BY user_id`, site)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[id.UserID], err).AsList()
}
