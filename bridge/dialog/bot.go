package dialog

import (
	"context"
	"errors"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bot"
	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// takeOver silences the bot of a dialog because an operator speaks, for as long
// as the site wants. The desk is told when it was not silent before; word names what
// the operator says.
func (s *Service) takeOver(ctx context.Context, visitor chat.VisitorID, by chat.Author, word string) error {
	v, err := s.store.Visitor(ctx, visitor)
	if err != nil {
		return err
	}
	site, err := s.Site(v.Site)
	if err != nil || !site.Bot.Enabled {
		return err
	}
	stands, err := s.store.Dialog(ctx, v.ID)
	if err != nil {
		return err
	}
	spoke := stands.Bot.On(now())
	if !spoke && stands.Bot.OffUntil.IsZero() {
		return nil // silent until the dialog is closed, which is longer than any time
	}
	if err := s.SilenceBot(ctx, v.ID, id.UserID(by.ID), time.Duration(site.Bot.Pause)); err != nil || !spoke {
		return err
	}
	return s.desk.TookOver(ctx, site, v.ID, word)
}

// SilenceBot keeps the bot of a dialog silent for a time, or with 0 until the
// dialog is closed.
func (s *Service) SilenceBot(ctx context.Context, v chat.VisitorID, by id.UserID, span time.Duration) error {
	off := store.BotSwitch{OffSince: now(), By: by}
	if span > 0 {
		off.OffUntil = off.OffSince.Add(span)
	}
	return s.store.Write(ctx, func(ctx context.Context) error {
		if err := s.cut(ctx, v, cutByOperator); err != nil {
			return err
		}
		return s.store.SetBotOff(ctx, v, off)
	})
}

// keepSilent has the bot of a dialog be silent as it is in another one, which goes
// on there. A silence of its own stays.
func (s *Service) keepSilent(ctx context.Context, v chat.VisitorID, as store.BotSwitch) error {
	stands, err := s.store.Dialog(ctx, v)
	if at := now(); err != nil || as.On(at) || !stands.Bot.On(at) {
		return err
	}
	return s.store.SetBotOff(ctx, v, as)
}

// LetBotSpeak ends the bot's silence: it listens again from the visitor's next message on.
func (s *Service) LetBotSpeak(ctx context.Context, v chat.VisitorID) error {
	return s.store.Write(ctx, func(ctx context.Context) error {
		return errors.Join(s.setBotOn(ctx, v), s.store.SetPast(ctx, v), s.hurryBot(ctx, v))
	})
}

// HandToAssistant ends the bot's silence, and has an assistant talk with the visitor,
// who waits for no person any more. The same origin does so once.
func (s *Service) HandToAssistant(ctx context.Context, v chat.VisitorID, assistant, origin string) error {
	return s.store.Write(ctx, func(ctx context.Context) error {
		return errors.Join(s.setBotOn(ctx, v), s.store.ForgetPromise(ctx, v), s.hurryBot(ctx, v),
			s.tellBot(ctx, v, "run:"+origin, startOf(chain.AssistantChain(assistant))))
	})
}

// Continue ends the bot's silence, and has it go on where it was silenced. The
// same origin does so once.
func (s *Service) Continue(ctx context.Context, v chat.VisitorID, origin string) error {
	return s.store.Write(ctx, func(ctx context.Context) error {
		return errors.Join(s.setBotOn(ctx, v), s.tellBot(ctx, v, "continue:"+origin, talk.Event{Kind: talk.Continued}))
	})
}

func (s *Service) setBotOn(ctx context.Context, v chat.VisitorID) error {
	s.tellLeft(ctx, v)
	return s.store.SetBotOn(ctx, v)
}

// CanContinue reports whether the bot was silenced in the middle of a chain.
func (s *Service) CanContinue(ctx context.Context, v chat.VisitorID) (bool, error) {
	state, err := s.botState(ctx, v)
	if err != nil || state == nil {
		return false, err
	}
	switched, err := s.store.Dialog(ctx, v)
	return state.CanContinue(!switched.Bot.On(now())), err
}

// botState is where the bot stands in a dialog; nil if it had no turn yet, or that
// cannot be read: its next turn says so.
func (s *Service) botState(ctx context.Context, v chat.VisitorID) (*bot.State, error) {
	kept, err := s.store.BotState(ctx, v)
	return botStateOf(kept.State), err
}

// hurryBot has the bot look what was due while it was silent.
func (s *Service) hurryBot(ctx context.Context, v chat.VisitorID) error {
	store.AfterCommit(ctx, func() { s.bot.turns.wake(v) })
	return s.store.HurryBot(ctx, v, now())
}
