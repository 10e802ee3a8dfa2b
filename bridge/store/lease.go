package store

import (
	"context"
	"errors"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// ErrFenced says that another owner took a lease over: what this one still
// wants to write under it must be dropped.
var ErrFenced = errors.New("the lease was taken over")

// Lease is the right to work on something alone (a dialog's sender, a ghost's
// poll) until it expires. Fence rises with every new owner.
type Lease struct {
	Name    string
	Owner   string
	Fence   int64
	Expires time.Time
}

// SenderLease names the right to send for a dialog.
func SenderLease(v chat.VisitorID) string { return "send:" + string(v) }

// TakeLease gets or renews a lease. It returns ErrFenced while another owner holds it.
func (s *Store) TakeLease(ctx context.Context, name, owner string, now time.Time, duration time.Duration) (l Lease, err error) {
	l = Lease{Name: name, Owner: owner, Expires: now.Add(duration)}
	err = s.Write(ctx, func(ctx context.Context) error {
		l.Fence, err = scanOne[int64](s.db.QueryRow(ctx, `INSERT INTO lease (name, owner, fence, expires_at) VALUES ($1, $2, 1, $3)
			ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at,
				fence = CASE WHEN lease.owner = excluded.owner THEN lease.fence ELSE lease.fence + 1 END
			WHERE lease.owner = excluded.owner OR lease.expires_at <= $4
			RETURNING fence`, name, owner, milliseconds(l.Expires), milliseconds(now)))
		if errors.Is(err, ErrNotFound) {
			return ErrFenced
		}
		return err
	})
	return l, err
}

// Guard returns ErrFenced inside a Write when the lease is no longer this owner's.
func (s *Store) Guard(ctx context.Context, l Lease) error {
	held, err := scanOne[bool](s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM lease WHERE name = $1 AND owner = $2 AND fence = $3)`,
		l.Name, l.Owner, l.Fence))
	if err == nil && !held {
		return ErrFenced
	}
	return err
}
