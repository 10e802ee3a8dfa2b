package store

import (
	"context"
	"sync"

	"go.mau.fi/util/dbutil"
)

const (
	// logPages is how many pages SQLite's log has, 64 MiB, before a commit moves them into the
	// database itself: with no pause between commits nobody else comes to the log's end, after
	// which it begins anew.
	logPages = 16_000
	// writesBetween is how many writes come between two moves beside the writer: some thousand pages.
	writesBetween = 200
)

// checkpoints moves what the log has into the database beside the writer: as a part of a
// commit, SQLite's own way, it makes those who wait for that one wait three times as long.
type checkpoints struct {
	db     *dbutil.Database
	writes int           // since the last; of the writer's loop alone
	due    chan struct{} // has a token when one is
	stop   func()
}

func newCheckpoints(db *dbutil.Database) *checkpoints {
	c := &checkpoints{db: db, due: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() { c.run(ctx) })
	c.stop = func() { cancel(); group.Wait() }
	return c
}

// wrote counts writes that are durable.
func (c *checkpoints) wrote(n int) {
	if c.writes += n; c.writes < writesBetween {
		return
	}
	c.writes = 0
	select {
	case c.due <- struct{}{}:
	default:
	}
}

func (c *checkpoints) run(ctx context.Context) {
	for {
		select {
		case <-c.due:
			// One that fails, for a disk that is full, is made up for by the next.
			var busy, pages, moved int
			_ = c.db.QueryRow(ctx, `PRAGMA wal_checkpoint(PASSIVE)`).Scan(&busy, &pages, &moved)
		case <-ctx.Done():
			return
		}
	}
}
