package store

import (
	"context"
	"errors"
	"time"

	"go.mau.fi/util/dbutil"
)

// Trouble is what went wrong in one place, with its most frequent cause.
type Trouble struct {
	// Of is what could not be done: "entries" that the homeserver refuses, "events"
	// that cannot be converted, or a DeliveryKind that was given up.
	Of string
	// Count is how many came lately, Before how many older ones are kept: entries and
	// events stay for as long as their dialog, deliveries are forgotten after a while
	// and all count.
	Count, Before int64
	Cause         string
}

// What was set aside, and whether it came since $1.
const (
	refusedEntries = `SELECT o.error, e.at >= $1 AS lately FROM outbox o CROSS JOIN entry e WHERE o.state = 'failed' AND e.id = o.entry_id`
	oddEvents      = `SELECT error, received_at >= $1 AS lately FROM inbox WHERE state = 'failed'`
)

// setAside counts what came lately and what is older. The cause is that of what came
// lately, if anything did.
func setAside(of, failed string) string {
	return `WITH failed AS (` + failed + `) SELECT '` + of + `', (SELECT count(*) FROM failed WHERE lately),
		(SELECT count(*) FROM failed WHERE NOT lately), error FROM failed GROUP BY error ORDER BY sum(lately) DESC, count(*) DESC LIMIT 1`
}

// Troubles returns what was set aside or given up and is not forgotten yet, the most
// frequent cause of each kind alone. Since then is lately.
func (s *Store) Troubles(ctx context.Context, since time.Time) (all []Trouble, err error) {
	look := func(query string, args ...any) {
		rows, queryErr := s.db.Query(ctx, query, args...)
		found, queryErr := dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (t Trouble, err error) {
			err = row.Scan(&t.Of, &t.Count, &t.Before, &t.Cause)
			return t, err
		}, queryErr).AsList()
		all, err = append(all, found...), errors.Join(err, queryErr)
	}
	look(setAside("entries", refusedEntries), milliseconds(since))
	look(setAside("events", oddEvents), milliseconds(since))
	look(`SELECT kind, count(*), 0, max(error) FROM delivery WHERE state = 'failed' AND ended_at > 0 GROUP BY kind ORDER BY kind`)
	return all, err
}
