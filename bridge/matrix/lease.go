package matrix

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// leases are the dialogs that this process may send for.
type leases struct {
	store *store.Store
	mu    sync.Mutex
	held  map[chat.VisitorID]store.Lease
	swept time.Time
}

const (
	leaseFor = time.Minute
	// sweepLeases is how often those are dropped that ran out: after a start many dialogs
	// have a turn in a minute, and each would look at all others.
	sweepLeases = time.Second
)

func newLeases(s *store.Store) leases {
	return leases{store: s, held: map[chat.VisitorID]store.Lease{}}
}

// take returns the dialog's lease, renewed when half of it is over. The owner
// of a SQLite database is whoever has the file's lock: after a crash the next
// process need not wait for the leases of the one before.
func (l *leases) take(ctx context.Context, v chat.VisitorID) (store.Lease, error) {
	l.mu.Lock()
	held, ok := l.held[v]
	l.mu.Unlock()
	now := now()
	if left := held.Expires.Sub(now); ok && left > leaseFor/2 && left <= leaseFor {
		return held, nil
	}
	lease, err := l.store.TakeLease(ctx, store.SenderLease(v), "sqlite", now, leaseFor)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		delete(l.held, v)
		return lease, err
	}
	if time.Since(l.swept) >= sweepLeases { // bounded: dialogs that fell silent are dropped
		l.swept = time.Now()
		maps.DeleteFunc(l.held, func(_ chat.VisitorID, other store.Lease) bool { return other.Expires.Before(now) })
	}
	l.held[v] = lease
	return lease, nil
}
