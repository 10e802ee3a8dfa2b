package dialog

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Overtaken ends what the bot had under way in a dialog when the database was copied that
// is back now: the room knows how that went on, and what the copy waits for was answered.
// Of what the bot has yet to hear, the copy has all up to that place. What is known of the
// visitor stays.
func (s *Service) Overtaken(ctx context.Context, v chat.VisitorID, copied int64) error {
	return s.store.Write(ctx, func(ctx context.Context) error {
		if err := s.dropOrders(ctx, v, copied); err != nil {
			return err
		}
		kept, err := s.store.BotState(ctx, v)
		state := botStateOf(kept.State)
		if err != nil || state == nil {
			return err
		}
		state.End(now())
		written, err := json.Marshal(state)
		if err != nil {
			return fmt.Errorf("write where the bot stands: %w", err)
		}
		kept.State, kept.Due = string(written), state.Due()
		_, err = s.store.SetBotState(ctx, v, kept)
		return err
	})
}

// dropOrders forgets what the bot has yet to hear of the copy, and what it asked for.
func (s *Service) dropOrders(ctx context.Context, v chat.VisitorID, copied int64) error {
	inputs, err := s.store.BotInputs(ctx, v)
	if err != nil {
		return err
	}
	for _, in := range inputs {
		if in.Position > copied {
			continue
		}
		if _, err := s.store.FinishBotInput(ctx, in); err != nil {
			return err
		}
	}
	requests, err := s.store.BotRequests(ctx, v)
	if err != nil {
		return err
	}
	for _, r := range requests {
		if _, err := s.store.FinishBotRequest(ctx, r); err != nil {
			return err
		}
	}
	asked, err := s.store.AssistantRequestsOf(ctx, v)
	if err != nil {
		return err
	}
	for _, r := range asked {
		if _, err := s.store.FinishAssistantRequest(ctx, r); err != nil {
			return err
		}
	}
	return nil
}
