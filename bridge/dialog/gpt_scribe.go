package dialog

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/anteroom-chat/anteroom/bot/gpt"
	"github.com/anteroom-chat/anteroom/bot/gpt/tokens"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

const (
	// sumPart is how much of a dialog is summed up at once, in tokens, and sumParts how
	// many parts of it are, each with what came of those before. perSummed is what a
	// line takes beside its words.
	sumPart   = 4500
	sumParts  = 8
	perSummed = 8
)

// scribe writes by the site's own assistants.
type scribe struct{ *Service }

// writes says which assistant writes for operators: the one that answers without a
// chain, or else the first.
func writes(site *config.Site) *config.Assistant {
	if a := site.AlwaysAnswers(); a != nil {
		return a
	}
	for _, name := range site.AssistantNames() {
		return site.Assistants[name]
	}
	return nil
}

// Draft proposes the next answer to the visitor.
func (s scribe) Draft(ctx context.Context, site *config.Site, v store.Visitor, hint, language string) Writing {
	return s.use(ctx, site, v, func(ctx context.Context, w *writing) (gpt.Answer, error) {
		d, err := s.dialogFor(ctx, site, w.config, v, now())
		if language != "" {
			d.Language = language
		}
		d.Wish = hint
		if err != nil {
			return gpt.Answer{}, err
		}
		return w.made.For(d.Language).Draft(ctx, d), nil
	})
}

// Translate translates a text of the dialog.
func (s scribe) Translate(ctx context.Context, site *config.Site, v store.Visitor, text, _, into string) Writing {
	return s.use(ctx, site, v, func(ctx context.Context, w *writing) (gpt.Answer, error) {
		return w.made.For(into).Translate(ctx, text, into, pseudonym(v.ID)), nil
	})
}

// Sum sums the dialog up: a long one part by part.
func (s scribe) Sum(ctx context.Context, site *config.Site, v store.Visitor, language string) (said Writing, left int) {
	lines, err := s.allLines(ctx, v.ID)
	if err != nil {
		s.log.Warn().Err(err).Str(trail.Visitor, string(v.ID)).Msg("A dialog that is to be summed up cannot be read")
		return Writing{Failed: FailedEndpoint}, 0
	}
	parts, left := inParts(lines)
	for i, part := range parts {
		if i > 0 {
			part = append([]gpt.Line{{By: gpt.ByAssistant, Text: "What was said before this, summed up:\n" + said.Text}}, part...)
		}
		said = s.use(ctx, site, v, func(ctx context.Context, w *writing) (gpt.Answer, error) {
			d := gpt.Dialog{Visitor: pseudonym(v.ID), Lines: part, At: now().In(site.Location())}
			return w.made.For(language).Summary(ctx, d, language), nil
		})
		if said.Failed != "" {
			break
		}
	}
	return said, left
}

// inParts parts lines so that each part can be summed up, and says how many of the
// first ones are left out.
func inParts(lines []gpt.Line) (parts [][]gpt.Line, left int) {
	room, end := sumPart, len(lines)
	for i, l := range slices.Backward(lines) {
		cost := perSummed + tokens.Estimate(l.Text)
		if room -= cost; room < 0 && i+1 < end {
			parts = append(parts, lines[i+1:end])
			room, end = sumPart-cost, i+1
			if len(parts) == sumParts {
				slices.Reverse(parts)
				return parts, end
			}
		}
	}
	if end > 0 {
		parts = append(parts, lines[:end])
	}
	slices.Reverse(parts)
	return parts, 0
}

// allLines are the messages of a dialog from the first one on, as they are now.
func (s *Service) allLines(ctx context.Context, v chat.VisitorID) (lines []gpt.Line, err error) {
	const page = 500
	places, edited := []chat.EntryID(nil), map[chat.EntryID]string{}
	for last := int64(0); ; {
		entries, err := s.store.EntriesAfter(ctx, v, last, page)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			last = e.Seq
			switch {
			case e.Redacted:
			case e.Kind == chat.Edit:
				edited[e.Target] = inOwnWords(e.Content).Text
			case e.Kind == chat.Message:
				if text := lineOf(inOwnWords(e.Content)); text != "" {
					lines = append(lines, gpt.Line{By: speaks(e), Text: text})
					places = append(places, e.ID)
				}
			}
		}
		if len(entries) < page {
			break
		}
	}
	for i, id := range places {
		if text, ok := edited[id]; ok && text != "" {
			lines[i].Text = text
		}
	}
	return lines, nil
}

// inOwnWords is a content as its author wrote it.
func inOwnWords(c chat.Content) chat.Content {
	if c.Original != nil {
		c.Text = c.Original.Text
	}
	return c
}

// use has the site's assistant do something, as far as its limits go, and counts what
// it took.
func (s scribe) use(ctx context.Context, site *config.Site, v store.Visitor, do func(context.Context, *writing) (gpt.Answer, error)) Writing {
	a := writes(site)
	if a == nil {
		return Writing{Failed: FailedEndpoint}
	}
	w := &writing{
		Service: s.Service, underWay: &underWay{AssistantRequest: store.AssistantRequest{Visitor: v.ID, Assistant: a.Name, At: now()}},
		who: v, site: site, config: a, made: s.bot.assistants.of(assistantID{site.ID, a.Name}),
	}
	if w.made == nil {
		return Writing{Failed: FailedEndpoint, Why: "The assistant’s instruction or knowledge has faults."}
	}
	defer w.release() // also of what breaks off: others wait for the room in the limits
	err := w.reserve(ctx)
	if err == nil && w.over == "" {
		w.began = time.Now()
		w.got, err = do(ctx, w)
		w.took = time.Since(w.began)
		w.inTime(ctx)
	}
	if err != nil {
		s.log.Warn().Err(err).Str(trail.Visitor, string(v.ID)).Msg("An assistant could not be asked for operators")
		return Writing{Failed: FailedEndpoint}
	}
	w.account(context.WithoutCancel(ctx))
	return writingOf(w.got)
}

// inTime says of an answer that came to nothing at the end of the time that it had
// that it was too slow: nobody called it off.
func (w *writing) inTime(ctx context.Context) {
	if w.got.Code == gpt.CodeCancelled && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		w.got.Code, w.got.Why = gpt.CodeSlow, tooSlow
	}
}

// account keeps what an operator's wish took, and tells the desk what it has to know.
func (w *writing) account(ctx context.Context) {
	if err := w.store.Write(ctx, func(ctx context.Context) error {
		if w.got.Requests > 0 {
			u := store.Usage{Requests: 1, Prompt: int64(w.got.Prompt), Completion: int64(w.got.Completion)}
			if err := w.store.AddUsage(ctx, w.of, u); err != nil {
				return err
			}
		}
		return w.tellDesk(ctx)
	}); err != nil {
		w.log.Warn().Err(err).Str(trail.Visitor, string(w.Visitor)).Msg("What an assistant was used for could not be counted")
		return
	}
	w.measure(true)
}

// writingOf is an answer as operators get it.
func writingOf(a gpt.Answer) Writing {
	w := Writing{Text: a.Text, Failed: a.Failed, Down: a.Down}
	if a.Failed != "" {
		w.Text, w.Why = "", a.Why
	}
	for _, s := range a.Sources {
		w.Sources = append(w.Sources, chat.Source{Title: s.Title, URL: s.URL})
	}
	if a.Failed == "" && a.Text == "" {
		w.Failed = talk.FailedEndpoint
	}
	return w
}
