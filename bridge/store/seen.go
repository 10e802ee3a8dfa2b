package store

import (
	"context"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// RaiseSeenAt records that the visitors are, or were, here at that time.
func (s *Store) RaiseSeenAt(ctx context.Context, visitors []chat.VisitorID, at time.Time) error {
	return s.Write(ctx, func(ctx context.Context) error {
		for _, v := range visitors {
			if err := s.exec(ctx, `UPDATE visitor SET seen_at = $2 WHERE id = $1 AND seen_at < $2`, v, milliseconds(at)); err != nil {
				return err
			}
		}
		return nil
	})
}
