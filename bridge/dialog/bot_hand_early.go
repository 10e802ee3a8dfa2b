package dialog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// mostEarlyCalls is how many different calls are kept that come before the
// visitor's first act, the newest: pages tell the bot of events for ever.
const mostEarlyCalls = 10

// callEarly keeps calls of the bot until the visitor's first act, after those that
// are kept. One that says the same as another takes its place.
func (s *Service) callEarly(ctx context.Context, v chat.VisitorID, calls ...handOff) error {
	kept, err := s.earlyCalls(ctx, v)
	if err != nil {
		return err
	}
	for _, call := range calls {
		kept = append(slices.DeleteFunc(kept, call.saysAs), call)
	}
	text, err := json.Marshal(kept[max(len(kept)-mostEarlyCalls, 0):])
	if err != nil {
		return fmt.Errorf("write calls of the bot: %w", err)
	}
	return s.store.SetEarlyCalls(ctx, v, string(text))
}

// saysAs reports whether two calls are of the same people in the same words.
func (h handOff) saysAs(other handOff) bool {
	return h.Assign == other.Assign && h.Reason == other.Reason && slices.Equal(h.Notify, other.Notify)
}

func (s *Service) earlyCalls(ctx context.Context, v chat.VisitorID) (calls []handOff, err error) {
	kept, err := s.store.EarlyCalls(ctx, v)
	if err != nil || kept == "" {
		return nil, err
	}
	if err := json.Unmarshal([]byte(kept), &calls); err != nil {
		return nil, fmt.Errorf("read calls of the bot: %w", err)
	}
	return calls, nil
}

// takeEarlyCalls returns the calls that are kept, and keeps them no longer.
func (s *Service) takeEarlyCalls(ctx context.Context, v chat.VisitorID) ([]handOff, error) {
	calls, err := s.earlyCalls(ctx, v)
	if err != nil || len(calls) == 0 {
		return nil, err
	}
	return calls, s.store.SetEarlyCalls(ctx, v, "")
}

// callLate calls, with a visitor's first act, whom the bot called before it.
func (s *Service) callLate(ctx context.Context, v chat.VisitorID) error {
	calls, err := s.takeEarlyCalls(ctx, v)
	if err != nil || len(calls) == 0 || wasTold(ctx) {
		return err
	}
	visitor, err := s.store.Visitor(ctx, v)
	if err != nil {
		return err
	}
	site, err := s.Site(visitor.Site)
	if err != nil {
		return err
	}
	for _, call := range calls {
		if err := s.callTo(ctx, site, visitor, call); err != nil {
			return err
		}
	}
	return nil
}

// callInstead has those come to a user whom the bot called for a visitor that it
// was, and that never acted: at once if the user has a room, else with its first act.
func (s *Service) callInstead(ctx context.Context, site *config.Site, before, after chat.VisitorID) error {
	calls, err := s.takeEarlyCalls(ctx, before)
	if err != nil || len(calls) == 0 {
		return err
	}
	stands, err := s.store.Dialog(ctx, before)
	if err != nil {
		return err
	}
	if err := s.keepSilent(ctx, after, stands.Bot); err != nil {
		return err
	}
	user, err := s.store.Visitor(ctx, after)
	if err != nil {
		return err
	}
	if user.Number == 0 {
		return s.callEarly(ctx, after, calls...)
	}
	for _, call := range calls {
		if err := s.callTo(ctx, site, user, call); err != nil {
			return err
		}
	}
	return nil
}
