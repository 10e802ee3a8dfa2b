package dialog

import (
	"context"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// hand gives the dialog to the operators. Who has not acted yet has no room into
// which they could come: they are called with the first act, see callLate.
func (o *orders) hand(ctx context.Context, a talk.Hand) error {
	o.measureHand(ctx)
	if a.Stop {
		if err := o.SilenceBot(ctx, o.who.ID, o.cfg.BotUserID(), a.Pause); err != nil {
			return err
		}
	} else if err := o.store.SetPast(ctx, o.who.ID); err != nil { // it shall not cause another
		return err
	}
	call := handOff{Hand: a, Origin: o.origin()}
	if o.who.Number > 0 {
		return o.callTo(ctx, o.site, o.who, call)
	}
	return o.callEarly(ctx, o.who.ID, call)
}

// handOff is a call of operators to a dialog, and where it came from.
type handOff struct {
	talk.Hand
	// Wanted is true if the visitor asked for a person by the window's button.
	Wanted bool   `json:"wanted,omitempty"`
	Origin string `json:"origin"`
}

// callTo calls operators to a dialog that the bot gives them.
func (s *Service) callTo(ctx context.Context, site *config.Site, v store.Visitor, call handOff) error {
	stands, err := s.store.Dialog(ctx, v.ID)
	if err != nil {
		return err
	}
	at := now()
	opened, err := s.openDialog(ctx, v.ID, stands.Status, at)
	if err != nil {
		return err
	}
	if opened {
		if err := s.store.CountOpening(ctx, v.ID, at); err != nil {
			return err
		}
	}
	if err := s.store.SetWaiting(ctx, v.ID, at); err != nil {
		return err
	}
	if err := s.store.SetPromised(ctx, v.ID); err != nil {
		return err
	}
	by := calledByBot
	if call.Wanted {
		by = calledByVisitor
	}
	store.AfterCommit(ctx, func() {
		s.bot.botMetrics.handOffs.WithLabelValues(string(site.ID), by).Inc()
		s.hub.wakeListeners(v.ID) // a form may be due, see Flow
	})
	if to := id.UserID(call.Assign); site.IsOperator(to) {
		if _, err := s.Assign(ctx, v.ID, stands.Assignee, to); err != nil {
			return err
		}
		if err := s.Invite(ctx, v.ID, to); err != nil {
			return err
		}
	}
	if err := s.CallIn(ctx, v.ID); err != nil {
		return err
	}
	last, err := s.newestOf(ctx, v.ID, chat.Visitor)
	if err := ignoreGone(err); err != nil {
		return err
	}
	if err := s.happened(ctx, v.ID, Happening{Event: config.HandoffRequested, Reason: call.Reason}); err != nil {
		return err
	}
	return s.desk.HandedOff(ctx, site, v, Call{
		Origin: call.Origin, Text: call.Reason, Said: last.Content.Text, Entry: last.ID, Failed: call.Failed, Assistant: call.Assistant, Wanted: call.Wanted, By: channels(call.Notify),
	})
}
