package dialog

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// seenEvery is how exactly the store knows when a visitor was here last: often
// enough for idleFor, seldom enough to cost nothing.
const seenEvery = time.Hour

// here notes that a visitor comes, when that was not noted for a while.
func (s *Service) here(ctx context.Context, v store.Visitor) error {
	at := now()
	if at.Sub(v.SeenAt) < seenEvery {
		return nil
	}
	return s.store.RaiseSeenAt(ctx, []chat.VisitorID{v.ID}, at)
}

// wasHere notes when the last connection of a visitor ended. The connection's
// own context is over by then.
func (s *Service) wasHere(v chat.VisitorID, at time.Time) {
	err := s.store.RaiseSeenAt(context.Background(), []chat.VisitorID{v}, at)
	if err != nil && !errors.Is(err, store.ErrClosed) {
		s.log.Warn().Err(err).Str("visitor", string(v)).Msg("When the visitor was here last could not be noted")
	}
}

// areHere notes that the visitors who are online are here: a page may stay open
// for longer than idleFor.
func (s *Service) areHere(ctx context.Context) error {
	at := now()
	for batch := range slices.Chunk(s.hub.unseen(at.Add(-seenEvery)), sweepBatch) {
		if err := s.store.RaiseSeenAt(ctx, batch, at); err != nil {
			return err
		}
		s.hub.noted(batch, at)
	}
	return nil
}
