package dialog

import (
	"context"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// saidKey begins the keys of what the bot hears of a visitor's messages.
const saidKey = "said:"

// leftToBot reports whether a message in a closed dialog may be the answer to what
// the bot has asked since, as for a rating: then it does not open the dialog, or no
// rated dialog would stay closed. If it turns out to be no answer, see openLate.
func (s *Service) leftToBot(ctx context.Context, e chat.Entry, stands store.Dialog) (bool, error) {
	v, err := s.store.Visitor(ctx, e.Visitor)
	if err != nil || stands.Status != store.StatusClosed || s.bot.chains.of(v.Site) == nil {
		return false, err
	}
	isSince := func(asked chat.Entry, err error) (bool, error) {
		since := err == nil && asked.Author.Party == chat.Bot && !asked.At.Before(stands.ClosedAt)
		return since, ignoreGone(err)
	}
	if e.Content.Answer != nil {
		return isSince(s.store.Entry(ctx, e.Visitor, e.Content.Answer.Entry))
	}
	if state, err := s.botState(ctx, e.Visitor); err != nil || state == nil || !state.Asks() {
		return false, err
	}
	return isSince(s.newestOf(ctx, e.Visitor, chat.Bot))
}

// openLate opens a closed dialog with a message that was left to the bot, if it was
// no answer after all.
func (o *orders) openLate(ctx context.Context) error {
	isWords := o.in.Event.Kind == talk.Said || o.in.Event.Kind == talk.Pressed
	message, isMessage := strings.CutPrefix(o.row.Key, saidKey)
	if !isWords || !isMessage || o.answersQuestion() {
		return nil
	}
	stands, err := o.store.Dialog(ctx, o.who.ID)
	if err != nil || stands.Status != store.StatusClosed {
		return err
	}
	e, err := o.store.Entry(ctx, o.who.ID, chat.EntryID(message))
	if err != nil || e.At.Before(stands.ClosedAt) { // who closed the dialog had read it
		return ignoreGone(err)
	}
	became, err := o.opens(ctx, e, stands)
	if err != nil || became == "" {
		return err
	}
	return o.tellBot(ctx, e.Visitor, openingKey(e), talk.Event{Kind: became})
}

// answersQuestion reports whether what the visitor said was an answer to what a chain
// asked; words for which it has but a way for all others are none.
func (t *turn) answersQuestion() (is bool) {
	for _, action := range t.actions {
		switch a := action.(type) {
		case talk.Count:
			is = is || a.What == talk.Replied
		case talk.Unmatched:
			return false
		default:
		}
	}
	return is
}

// openingKey is the key of what a message did to the dialog.
func openingKey(e chat.Entry) string { return "opening:" + string(e.ID) }
