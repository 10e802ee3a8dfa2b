package store

import (
	"context"
	"sync"

	"go.mau.fi/util/dbutil"
)

const (
	// logPages is how many pages SQLite's log has, 16 MiB, before a commit moves them into the
	// database itself: with no pause between commits nobody else comes to the log's end, after
	// which it begins anew. That commit waits until they are durable there.
	logPages = 4_000
	// writesBetween is how many writes come between two moves beside the writer: about a thousand pages.
	writesBetween = 100
)

// checkpoints moves what the log has into the database beside the writer: as a part of a
// commit, SQLite's own way, it makes those who wait for that one wait three times as long.
type checkpoints struct {
	db     *dbutil.Database
	writes int           // since the last; of the writer's loop alone
	due    chan struct{} // has a token when one is
	// moving is held by who moves: SQLite would tell a second one that it is busy.
	moving sync.Mutex
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
	if c.writes += n; c.writes >= writesBetween {
		c.ask()
	}
}

// ask has the log moved soon. So does a write that failed for want of room: a log that begins
// anew needs none.
func (c *checkpoints) ask() {
	c.writes = 0
	select {
	case c.due <- struct{}{}:
	default:
	}
}

func (c *checkpoints) run(ctx context.Context) {
	var long bool
	for {
		select {
		case <-c.due:
			// Of a long log the end is left to a commit, in whose way the next move would be.
			long = !long && c.move(ctx) >= logPages
		case <-ctx.Done():
			return
		}
	}
}

// move moves what nobody reads any more and returns how many pages the log has. One that
// fails is made up for by the next.
func (c *checkpoints) move(ctx context.Context) (pages int) {
	c.moving.Lock()
	defer c.moving.Unlock()
	var busy, moved int
	_ = c.db.QueryRow(ctx, `PRAGMA wal_checkpoint(PASSIVE)`).Scan(&busy, &pages, &moved)
	return pages
}

// empty does emptyLog's work after the move under way.
func (c *checkpoints) empty(ctx context.Context) (bool, error) {
	c.moving.Lock()
	defer c.moving.Unlock()
	return emptyLog(ctx, c.db)
}
