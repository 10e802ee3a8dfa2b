package dialog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// cutter is who cuts an assistant short.
type cutter int

const (
	// cutByOperator is an operator's word, an order to be silent, a block or a close:
	// what the visitor was not shown is never said.
	cutByOperator cutter = iota
	// cutByNews are newer words of the visitor: an answer that is complete is said.
	cutByNews
	// cutByRemoval is that the question was removed: what the visitor was not shown
	// any of is not said.
	cutByRemoval
	// cutForOlder is the same, while an older question still waits: if nothing was
	// shown, the assistant is asked anew.
	cutForOlder
)

// tellCut tells the bot of an answer that was cut.
func (s *Service) tellCut(ctx context.Context, r store.AssistantRequest, by cutter) error {
	why := talk.FailedCut
	if by == cutForOlder {
		why = talk.FailedStale
	}
	return s.tellBot(ctx, r.Visitor, answerKey(r), talk.Event{
		Kind: talk.Responded, Request: r.ID, Response: &talk.Response{Reply: &talk.Reply{Failed: why}},
	})
}

// cutRemoved cuts the answer to a visitor's message short that is removed: to its newest
// one, for older ones were answered or are one reason among others.
func (s *Service) cutRemoved(ctx context.Context, removed chat.Entry) error {
	if removed.Kind != chat.Message || removed.Author.Party != chat.Visitor || !s.bot.assists {
		return nil
	}
	newest, err := s.newestOf(ctx, removed.Visitor, chat.Visitor)
	if err != nil || newest.ID != removed.ID {
		return ignoreGone(err)
	}
	waits, err := s.waitsBefore(ctx, removed)
	if err != nil {
		return err
	}
	if waits {
		return s.cut(ctx, removed.Visitor, cutForOlder)
	}
	return s.cut(ctx, removed.Visitor, cutByRemoval)
}

// waitsBefore reports whether a message of the visitor stands before one, and nobody
// has said anything since.
func (s *Service) waitsBefore(ctx context.Context, e chat.Entry) (bool, error) {
	var seqs [3]int64
	for i, party := range []chat.Party{chat.Visitor, chat.Bot, chat.Operator} {
		before, err := s.store.NewestOf(ctx, e.Visitor, party, e.Seq-1)
		if err := ignoreGone(err); err != nil {
			return false, err
		}
		seqs[i] = before.Seq
	}
	return seqs[0] > max(seqs[1], seqs[2]), nil
}

// questionGone reports whether the visitor has removed what it wrote last, and nothing
// before that waits: a chain may have paused in between.
func (s *Service) questionGone(ctx context.Context, v chat.VisitorID) (bool, error) {
	gone, err := s.store.LastRemoved(ctx, v, chat.Visitor)
	if err != nil || !gone {
		return false, err
	}
	marks, err := s.store.Marks(ctx, v)
	if err != nil {
		return false, err
	}
	waits, err := s.waitsBefore(ctx, chat.Entry{Visitor: v, Seq: marks.Last + 1})
	return !waits, err
}

// streamOrigin is the origin of what an assistant said in answer to an order, be it
// complete or cut short: the journal never has both.
func streamOrigin(id string) string { return "gpt:" + id }

// cut ends what an assistant writes in a dialog, in the transaction of whatever cuts
// it, and before that: what the visitor was shown so far becomes the bot's entry,
// marked as interrupted; one that was complete and about to be said becomes whole.
// The bot is told, unless it has been told that the answer is complete.
func (s *Service) cut(ctx context.Context, v chat.VisitorID, by cutter) error {
	if !s.bot.assists {
		return nil // no site has an assistant
	}
	if err := s.cutComplete(ctx, v, by); err != nil {
		return err
	}
	open, err := s.store.AssistantRequestsOf(ctx, v)
	if err != nil {
		return err
	}
	for _, r := range open {
		if err := s.cutOne(ctx, r, by); err != nil {
			return err
		}
	}
	return nil
}

// cutForgotten cuts answers short that no chain waits for after the turn: it gave them
// up, or broke off.
func (o *orders) cutForgotten(ctx context.Context) error {
	if !o.bot.assists {
		return nil
	}
	open, err := o.store.AssistantRequestsOf(ctx, o.who.ID)
	if err != nil {
		return err
	}
	for _, r := range open {
		if o.after.Awaits(r.ID) {
			continue
		}
		if err := o.cutOne(ctx, r, cutByNews); err != nil {
			return err
		}
	}
	return nil
}

// cutOne cuts an answer short that is being written.
func (s *Service) cutOne(ctx context.Context, r store.AssistantRequest, by cutter) error {
	shown := s.holdShown(r) //nolint:contextcheck // it looks once the transaction of ctx is over
	if by == cutForOlder && !plain.Blank(shown) {
		by = cutByRemoval // the visitor has read some of an answer
	}
	if _, err := s.store.FinishAssistantRequest(ctx, r); err != nil {
		return err
	}
	said := &chat.AI{Assistant: r.Assistant, Stream: r.ID, Interrupted: true, Sources: sourcesOf(s.bot.answering.sourcesOf(r))}
	if err := s.sayCut(ctx, r.Visitor, strings.TrimRight(shown, " \n"), said); err != nil {
		return err
	}
	return s.tellCut(ctx, r, by)
}

// holdShown keeps a visitor from being shown more of an answer, and returns what it
// was shown. Should what cuts the answer come to nothing, it goes on.
func (s *Service) holdShown(r store.AssistantRequest) (shown string) {
	st, shown := s.streams.hold(r.Visitor)
	if st != nil && st.id != r.ID {
		st.release() // another one, which is complete; of this one nothing was shown
		st, shown = nil, ""
	}
	// Writes are one after another: this one comes when the one under way is kept or not.
	go func() {
		there, err := s.store.HasAssistantRequest(context.Background(), r)
		switch {
		case err != nil: // the bridge ends
		case !there:
			s.bot.answering.stop(r.Visitor, r.ID)
			if st != nil {
				s.endCut(context.Background(), st)
			}
		case st != nil:
			st.release()
		}
	}()
	return shown
}

// endCut ends what the visitor was shown of an answer that is cut: its entry takes the
// place of that, or else it is taken away.
func (s *Service) endCut(ctx context.Context, st *stream) {
	_, err := s.store.EntryByOrigin(ctx, st.visitor, streamOrigin(st.id))
	s.streams.end(st, errors.Is(err, store.ErrNotFound))
}

// cutComplete says what is complete and was not said yet, as far as it is to be.
func (s *Service) cutComplete(ctx context.Context, v chat.VisitorID, by cutter) error {
	waiting, err := s.store.BotInputsLike(ctx, v, answerPrefix)
	if err != nil {
		return err
	}
	for _, in := range waiting {
		var e talk.Event
		if err := json.Unmarshal([]byte(in.Event), &e); err != nil {
			return fmt.Errorf("read what the bot is to hear: %w", err)
		}
		if e.Response == nil || e.Response.Reply == nil || e.Response.Reply.Text == "" || e.Response.Reply.Failed != "" {
			continue // what was shown of an answer that failed has been taken away
		}
		if err := s.cutReply(ctx, v, in, e, by); err != nil {
			return err
		}
	}
	return nil
}

// cutReply says a complete reply, or takes it away from the bot if the visitor has
// not seen any of it and is not to.
func (s *Service) cutReply(ctx context.Context, v chat.VisitorID, in store.BotInput, e talk.Event, by cutter) error {
	reply := e.Response.Reply
	st := s.streams.current(v)
	seen := st != nil && st.id == e.Request && st.hasShown()
	if by != cutByNews && !seen {
		if _, err := s.store.FinishBotInput(ctx, in); err != nil {
			return err
		}
		if st != nil && st.id == e.Request {
			store.AfterCommit(ctx, func() { s.streams.end(st, true) })
		}
		return s.tellCut(ctx, store.AssistantRequest{Visitor: v, ID: e.Request, Assistant: assistantOfKey(in.Key)}, by)
	}
	return s.sayCut(ctx, v, reply.Text, &chat.AI{Assistant: assistantOfKey(in.Key), Stream: e.Request, Sources: sourcesOf(reply.Sources)})
}

// sayCut appends what an assistant said when it was cut short.
func (s *Service) sayCut(ctx context.Context, v chat.VisitorID, text string, ai *chat.AI) error {
	text = plain.Clean(text)
	if plain.Blank(text) {
		return nil
	}
	killpoint.Reach(killpoint.BeforeCut)
	_, err := s.say(ctx, store.Draft{
		Visitor: v, Kind: chat.Message, Author: chat.Author{Party: chat.Bot}, Content: chat.Content{Text: text, AI: ai},
		Origin: streamOrigin(ai.Stream), At: now(),
	}, accept, func(ctx context.Context, e chat.Entry) error {
		who, err := s.store.Visitor(ctx, v)
		if err != nil || who.Number == 0 { // there is no room yet, see orders.say
			return err
		}
		return s.store.Enqueue(ctx, e)
	})
	return err
}

func sourcesOf(all []talk.Source) (sources []chat.Source) {
	for _, s := range all {
		sources = append(sources, chat.Source{Title: s.Title, URL: s.URL})
	}
	return sources
}

// endStream ends what the visitor was shown of an answer, in the turn that heard of it.
func (s *Service) endStream(t *turn) {
	e := t.in.Event
	if e.Kind != talk.Responded || e.Response == nil || e.Response.Reply == nil {
		return
	}
	st := s.streams.current(t.who.ID)
	if st == nil || st.id != e.Request {
		return
	}
	said := false
	for _, a := range t.actions {
		if say, ok := a.(talk.Say); ok && say.Byline != nil && say.Byline.Stream == e.Request {
			said = true
		}
	}
	s.streams.end(st, !said)
}
