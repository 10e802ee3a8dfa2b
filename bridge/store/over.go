package store

import (
	"context"
	"time"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

const (
	closedSince = selectVisitor + `JOIN dialog d ON d.visitor_id = v.id
		WHERE d.site = $1 AND d.status = 'closed' AND d.closed_at < $2 AND ` + isThrough + ` AND NOT v.desk ORDER BY d.closed_at LIMIT $3`
	// Who only reacted has a number, and has said nothing.
	silentSince = selectVisitor + `JOIN dialog d ON d.visitor_id = v.id
		WHERE d.site = $1 AND d.status IN ('', 'open') AND d.number <> 0 AND ` + silent + ` AND NOT v.desk LIMIT $3`
	silent = `d.said_at < $2 AND d.opened_at < $2 AND d.waiting_since < $2 AND ` + isThrough + `
		AND NOT EXISTS (SELECT 1 FROM entry e WHERE e.visitor_id = d.visitor_id AND e.kind <> 'notice' AND e.at >= $2)`
	// What is on its way to the homeserver, or came from there, is yet to be read.
	isThrough = `NOT EXISTS (SELECT 1 FROM outbox o WHERE o.visitor_id = d.visitor_id AND o.state = 'pending')
		AND NOT EXISTS (SELECT 1 FROM room r JOIN inbox i ON i.room_id = r.room_id WHERE r.visitor_id = d.visitor_id AND i.state = 'new')`
	isOverSince = `SELECT EXISTS (SELECT 1 FROM dialog d WHERE d.visitor_id = $1
		AND CASE WHEN d.status = 'closed' THEN d.closed_at < $2 AND ` + isThrough + ` ELSE ` + silent + ` END)`
)

// OverSince returns visitors of a site whose dialogs are closed since before the given time,
// those closed longest first, or in which nothing was said or done since, though nobody
// closed them; at most limit.
func (s *Store) OverSince(ctx context.Context, site chat.SiteID, before time.Time, limit int) (over []Visitor, err error) {
	for _, query := range []string{closedSince, silentSince} {
		rows, err := s.db.Query(ctx, query, site, milliseconds(before), limit-len(over))
		more, err := dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (Visitor, error) { return scanVisitor(row) }, err).AsList()
		if over = append(over, more...); err != nil || len(over) == limit {
			return over, err
		}
	}
	return over, nil
}

// IsOverSince reports whether a visitor's dialog is one of OverSince.
func (s *Store) IsOverSince(ctx context.Context, v chat.VisitorID, before time.Time) (bool, error) {
	return scanOne[bool](s.db.QueryRow(ctx, isOverSince, v, milliseconds(before)))
}
