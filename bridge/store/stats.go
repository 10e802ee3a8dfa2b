package store

import (
	"context"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Said is one message, as it is counted.
type Said struct {
	Visitor  chat.VisitorID
	Party    chat.Party
	Operator id.UserID
	At       time.Time
}

// SaidSince calls each with the messages of a site from a moment on, dialog by
// dialog and in the order of each.
func (s *Store) SaidSince(ctx context.Context, site chat.SiteID, since time.Time, each func(Said)) error {
	rows, err := s.db.Query(ctx, `SELECT e.visitor_id, e.party, e.author_id, e.at FROM entry e JOIN visitor v ON v.id = e.visitor_id
		WHERE e.kind = 'message' AND e.at >= $2 AND v.site = $1 ORDER BY e.visitor_id, e.seq`, site, milliseconds(since))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var said Said
		var at int64
		if err := rows.Scan(&said.Visitor, &said.Party, &said.Operator, &at); err != nil {
			return err
		}
		said.At = time.UnixMilli(at)
		each(said)
	}
	return rows.Err()
}

// Counts are how the dialogs of a site stand.
type Counts struct {
	// Open dialogs, and how many of them wait for an answer.
	Open, Waiting int
	// New visitors wrote for the first time since the moment asked for; Closed
	// dialogs were closed since then, and stay so.
	New, Closed int
}

// Counts returns how the dialogs of a site stand.
func (s *Store) Counts(ctx context.Context, site chat.SiteID, since time.Time) (c Counts, err error) {
	of := func(condition string) string {
		return `(SELECT COUNT(*) FROM visitor v JOIN dialog d ON d.visitor_id = v.id WHERE v.site = $1 AND v.number > 0 AND ` + condition + `)`
	}
	err = s.db.QueryRow(ctx, `SELECT `+of(`d.status = 'open'`)+`, `+of(`d.status = 'open' AND d.waiting_since > 0`)+`, `+
		of(`v.created_at >= $2`)+`, `+of(`d.status = 'closed' AND d.closed_at >= $2`), site, milliseconds(since)).
		Scan(&c.Open, &c.Waiting, &c.New, &c.Closed)
	return c, err
}
