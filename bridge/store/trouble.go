package store

import (
	"context"
	"errors"

	"go.mau.fi/util/dbutil"
)

// Trouble is what went wrong in one place, with its most frequent cause.
type Trouble struct {
	// Of is what could not be done: "entries" that the homeserver refuses, "events"
	// that cannot be converted, or a DeliveryKind that was given up.
	Of    string
	Count int64
	Cause string
}

// Troubles returns what was set aside or given up and is not forgotten yet, the most
// frequent cause of each kind alone.
func (s *Store) Troubles(ctx context.Context) (all []Trouble, err error) {
	for _, query := range []string{
		`SELECT 'entries', (SELECT count(*) FROM outbox WHERE state = 'failed'), error FROM outbox WHERE state = 'failed'
			GROUP BY error ORDER BY count(*) DESC LIMIT 1`,
		`SELECT 'events', (SELECT count(*) FROM inbox WHERE state = 'failed'), error FROM inbox WHERE state = 'failed'
			GROUP BY error ORDER BY count(*) DESC LIMIT 1`,
		`SELECT kind, count(*), max(error) FROM delivery WHERE state = 'failed' AND ended_at > 0 GROUP BY kind ORDER BY kind`,
	} {
		rows, queryErr := s.db.Query(ctx, query)
		found, queryErr := dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (t Trouble, err error) {
			err = row.Scan(&t.Of, &t.Count, &t.Cause)
			return t, err
		}, queryErr).AsList()
		all, err = append(all, found...), errors.Join(err, queryErr)
	}
	return all, err
}
