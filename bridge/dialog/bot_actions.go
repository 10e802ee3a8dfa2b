package dialog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// carryOut does what a turn wants done, in the transaction that keeps it.
func (s *Service) carryOut(ctx context.Context, t *turn) error {
	// The visitor may have acted since the turn was computed, and has a room now.
	who, err := s.store.Visitor(ctx, t.who.ID)
	if err != nil {
		return err
	}
	o := orders{Service: s, turn: t, who: who, shows: map[talk.Media]int{}}
	if err := o.cutForgotten(ctx); err != nil {
		return err
	}
	if err := o.openLate(ctx); err != nil {
		return err
	}
	for _, a := range t.actions {
		if err := o.do(ctx, a); err != nil {
			return err
		}
	}
	for _, f := range t.faults {
		if err := o.fault(ctx, f); err != nil {
			return err
		}
	}
	if o.said == 0 || t.in.Facts.Silent {
		return nil
	}
	return s.store.SetAnsweredByBot(ctx, who.ID)
}

// orders are a turn's actions while they are carried out.
type orders struct {
	*Service
	*turn
	// who is the visitor as it is now.
	who store.Visitor
	// done counts the actions, said those that the visitor gets.
	done, said int
	// shows is in how many messages each thing was shown so far.
	shows map[talk.Media]int
}

// origin names an action for ever, so that the same one is never done twice.
func (o *orders) origin() string { return fmt.Sprintf("bot:%s:%d", o.in.ID, o.done) }

func (o *orders) do(ctx context.Context, action talk.Action) error {
	o.done++
	switch a := action.(type) {
	case talk.Say:
		return o.say(ctx, a)
	case talk.Set:
		_, err := o.setByBot(ctx, o.who, a.Name, a.Value)
		return err
	case talk.Tag:
		return o.tagByBot(ctx, o.who, a.Tag, a.Off)
	case talk.Request:
		return o.request(ctx, a)
	case talk.Generate:
		return o.order(ctx, a)
	case talk.Hand:
		return o.hand(ctx, a)
	case talk.Note:
		return o.note(ctx, a.Text)
	default:
		return o.tell(ctx, action)
	}
}

// tell does what is counted, and what the operators' side is told of.
func (o *orders) tell(ctx context.Context, action talk.Action) error {
	switch a := action.(type) {
	case talk.Close:
		if o.who.Number == 0 { // there is nothing to close yet, nor anybody to count
			return nil
		}
		_, err := o.Close(ctx, o.who.ID)
		return err
	case talk.Alert:
		return o.desk.Alerted(ctx, o.site, o.who, Call{Origin: o.origin(), Text: a.Text, By: channels(a.Notify)})
	case talk.Emit:
		return o.desk.Emitted(ctx, o.site, o.who, o.origin(), a.Name, a.Data)
	case talk.Rate:
		rating := store.Rating{Score: int64(a.Score), Of: int64(a.Of)}
		return errors.Join(o.store.SetRating(ctx, o.who.ID, rating, now()), o.happened(ctx, o.who.ID, Happening{Event: config.RatingGiven, Rating: rating}))
	case talk.Count:
		return o.count(ctx, a)
	case talk.Unmatched:
		return o.unmatched(ctx, a.Text)
	case talk.Fault:
		return o.fault(ctx, a)
	default:
		return fmt.Errorf("the bot wants %T done, which nobody can", action)
	}
}

// say appends a message of the bot. Before the visitor has acted there is no room
// (RULES 23), so it is on its way to none; see makeKnown.
func (o *orders) say(ctx context.Context, a talk.Say) error {
	content := chat.Content{Text: plain.Clean(a.Text), Offer: o.offer(a.Offer)}
	if a.Media != nil {
		content.File = o.file(*a.Media)
	}
	for _, m := range shownBy(a) {
		o.shows[m]++
	}
	if plain.Blank(content.Text) && content.File == nil && content.Offer == nil {
		return nil // a picture that cannot be had, and nothing else
	}
	o.said++
	origin := o.origin()
	if by := a.Byline; by != nil {
		content.AI = &chat.AI{Assistant: by.Assistant, Stream: by.Stream, Sources: sourcesOf(by.Sources)}
		if by.Stream != "" {
			origin = streamOrigin(by.Stream)
		}
	}
	said, err := o.Service.say(ctx, store.Draft{
		Visitor: o.who.ID, Kind: chat.Message, Author: chat.Author{Party: chat.Bot}, Content: content, Origin: origin, At: now(),
	}, accept, func(ctx context.Context, e chat.Entry) error {
		for _, f := range filesOf(e.Content) {
			if err := o.store.AttachFile(ctx, f.ID, e.ID); err != nil {
				return err
			}
		}
		return o.enqueue(ctx, e)
	})
	if err == nil {
		store.AfterCommit(ctx, func() { o.caused(trail.Of(o.log.Debug(), &said)).Msg("The bot says something") })
	}
	return err
}

// caused adds to a line of the log what made the bot act: the input, and the visitor's
// message if it is one.
func (o *orders) caused(e *zerolog.Event) *zerolog.Event {
	if message, isMessage := strings.CutPrefix(o.in.ID, saidKey); isMessage {
		e = e.Str(trail.Cause, message)
	}
	return e.Str(trail.Input, o.in.ID)
}

// enqueue puts an entry on its way to the visitor's room, if there is to be one.
func (o *orders) enqueue(ctx context.Context, e chat.Entry) error {
	if o.who.Number == 0 {
		return nil
	}
	return o.store.Enqueue(ctx, e)
}

// filesOf are all files that a message shows.
func filesOf(c chat.Content) (files []*chat.File) {
	if c.File != nil {
		files = append(files, c.File)
	}
	if c.Offer != nil {
		for _, card := range c.Offer.Cards {
			if card.Image != nil {
				files = append(files, card.Image)
			}
		}
	}
	return files
}

func (o *orders) file(m talk.Media) *chat.File {
	f := o.fetched[showing{m, o.shows[m]}]
	if f == nil {
		return nil
	}
	shown := *f
	if !m.Image {
		shown.Kind = chat.Attachment
	}
	return &shown
}

// offer is what the bot offers, as the journal keeps it.
func (o *orders) offer(a *talk.Offer) *chat.Offer {
	if a == nil {
		return nil
	}
	offer := &chat.Offer{Step: a.Step, Buttons: buttons(a.Buttons), Quick: a.Quick}
	if q := a.Ask; q != nil {
		offer.Ask = &chat.Ask{
			Type: chat.AskType(q.Type), Choices: q.Choices, Many: q.Many, Min: q.Min, Max: q.Max, Placeholder: q.Placeholder,
		}
	}
	for _, c := range a.Cards {
		card := chat.Card{Title: plain.Clean(c.Title), Text: plain.Clean(c.Text), Buttons: buttons(c.Buttons)}
		if c.Media != nil {
			card.Image = o.file(*c.Media)
		}
		offer.Cards = append(offer.Cards, card)
	}
	return offer
}

func buttons(all []talk.Button) (kept []chat.Button) {
	for _, b := range all {
		kept = append(kept, chat.Button{Text: plain.Line(b.Text, len(b.Text)), URL: b.URL})
	}
	return kept
}

// note tells the operators something in the dialog's room.
func (o *orders) note(ctx context.Context, text string) error {
	if plain.Blank(text) {
		return nil
	}
	_, err := o.Service.say(ctx, store.Draft{
		Visitor: o.who.ID, Kind: chat.Notice, Author: chat.Author{Party: chat.Bot}, Content: chat.Content{Text: plain.Clean(text)},
		Origin: o.origin(), At: now(),
	}, accept, o.enqueue)
	return err
}

func (o *orders) request(ctx context.Context, a talk.Request) error {
	request, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("write a request of the bot: %w", err)
	}
	store.AfterCommit(ctx, func() {
		o.caused(o.log.Debug().Str(trail.Visitor, string(o.who.ID)).Str(trail.Request, a.ID)).Msg("The bot asks another server")
		o.bot.requests.wake()
	})
	return o.store.AddBotRequest(ctx, store.BotRequest{Visitor: o.who.ID, ID: a.ID, Request: string(request)}, now())
}

func channels(by []talk.Channel) (names []string) {
	for _, c := range by {
		names = append(names, string(c))
	}
	return names
}

func (o *orders) count(ctx context.Context, a talk.Count) error {
	c := store.StepCount{Chain: a.Chain, Step: a.Step}
	switch a.What {
	case talk.Entered:
		c.Entered = 1
	case talk.Replied:
		c.Answered = 1
	case talk.Left:
		c.Abandoned = 1
	}
	return o.store.CountStep(ctx, o.site.ID, o.in.At.In(o.site.Location()).Format(time.DateOnly), c)
}

// maxUnmatched is how much of an unmatched message is kept, in characters.
const maxUnmatched = 200

func (o *orders) unmatched(ctx context.Context, text string) error {
	text = plain.Line(text, maxUnmatched)
	if plain.Blank(text) {
		return nil
	}
	return o.store.AddUnmatched(ctx, o.site.ID, o.who.ID, store.Unmatched{Text: text, At: o.in.At})
}

// fault tells operators, once an hour for each, that a chain could not do what it
// says. Its text may quote what the visitor said, which is not for the log.
func (o *orders) fault(ctx context.Context, f talk.Fault) error {
	store.AfterCommit(ctx, func() {
		o.bot.botMetrics.faults.WithLabelValues(string(o.site.ID), f.Code).Inc()
		o.log.Warn().Str(trail.Site, string(o.site.ID)).Str(trail.Visitor, string(o.who.ID)).Str("chain", f.Chain).Str("step", f.Step).
			Str("code", f.Code).Msg("A chain could not do what it says; the operators were told more")
	})
	origin := fmt.Sprintf("chain fault:%s:%s:%s:%d", f.Chain, f.Step, f.Code, hour(now()))
	return o.desk.Faulted(ctx, o.site, o.who, origin, ChainFault{f.Chain, f.Step, f.Code, f.Text})
}

// showing is something that a turn shows in one of its messages: each has a file of
// its own, for a file goes with the message that is removed.
type showing struct {
	talk.Media
	// before is in how many messages of the turn it was shown before.
	before int
}

// mediaOf is all that a turn shows, once for each message that shows it.
func (t *turn) mediaOf() (all []showing) {
	before := map[talk.Media]int{}
	for _, action := range t.actions {
		a, ok := action.(talk.Say)
		if !ok {
			continue
		}
		for _, m := range shownBy(a) {
			all = append(all, showing{m, before[m]})
			before[m]++
		}
	}
	return all
}

// shownBy is all that a message shows, each once.
func shownBy(a talk.Say) (all []talk.Media) {
	add := func(m *talk.Media) {
		if m != nil && !slices.Contains(all, *m) {
			all = append(all, *m)
		}
	}
	add(a.Media)
	if a.Offer != nil {
		for _, c := range a.Offer.Cards {
			add(c.Media)
		}
	}
	return all
}
