package store

import (
	"context"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// UsualTags returns the tags that are used most on a site's newest contacts, of which so
// many are looked at, in the order of their use; at most limit.
func (s *Store) UsualTags(ctx context.Context, site chat.SiteID, newest, limit int) ([]string, error) {
	rows, err := s.db.Query(ctx, `SELECT MIN(t.tag) FROM (SELECT id FROM visitor WHERE site = $1 AND number > 0 ORDER BY number DESC LIMIT $2) v
		JOIN tag t ON t.visitor_id = v.id GROUP BY t.folded ORDER BY COUNT(*) DESC, t.folded LIMIT $3`, site, newest, limit)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[string], err).AsList()
}
