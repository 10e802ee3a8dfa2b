package dialog

import (
	"context"
	"slices"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// seenEvery is how exactly the store knows that a visitor is here: often enough
// for idleFor, seldom enough to cost nothing. When a visitor left is noted exactly.
const seenEvery = time.Hour

// here notes that a visitor comes, when that was not noted for a while.
func (s *Service) here(ctx context.Context, v store.Visitor) error {
	at := now()
	if at.Sub(v.SeenAt) < seenEvery {
		return nil
	}
	return s.store.RaiseSeenAt(ctx, []chat.VisitorID{v.ID}, at)
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
