package dialog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/gpt"
	"github.com/anteroom-chat/anteroom/bot/gpt/knowledge/embed"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// tellDesk tells operators what they have to know of an answer, in the transaction
// that keeps it: not once for each message, but once a day or an hour.
func (w *writing) tellDesk(ctx context.Context) error {
	if w.site == nil || w.config == nil {
		return nil
	}
	if w.over != "" {
		return w.desk.AssistantLimited(ctx, w.site, w.who, AssistantLimit{
			Origin: fmt.Sprintf("assistant limit:%s:%s:%s", w.Assistant, w.over, w.of.Day), Assistant: w.Assistant, Scope: w.over,
		})
	}
	if w.began.IsZero() {
		return nil // it was not asked
	}
	if err := w.tellFault(ctx); err != nil {
		return err
	}
	if len(w.got.Declined) == 0 {
		return nil
	}
	origin := fmt.Sprintf("assistant declined:%s:%d", w.Assistant, hour(w.began))
	return w.desk.Faulted(ctx, w.site, w.who, origin, ChainFault{
		Chain: chain.AssistantChain(w.Assistant), Code: "assistant_call", Text: strings.Join(w.got.Declined, " "),
	})
}

func hour(at time.Time) int64 { return at.Unix() / int64(time.Hour/time.Second) }

// mostRecoveries is how often an hour it is told that an assistant answers again: one
// that fails at every other question is told of a few times, and not at each of them.
const mostRecoveries = 3

// faultsTold is what operators were last told of an assistant's endpoints.
type faultsTold struct {
	// Hour is when; Causes and Notices are of that hour: what was told to be wrong since
	// the assistant answered last, and how many notices there were.
	Hour    int64    `json:"hour"`
	Causes  []string `json:"causes,omitempty"`
	Notices int      `json:"notices,omitempty"`
	// Fails is true if the last of them was that it fails; Recoveries counts the others.
	Fails      bool `json:"fails,omitempty"`
	Recoveries int  `json:"recoveries,omitempty"`
}

// news reports whether operators are to be told, and takes note of it.
func (t *faultsTold) news(cause string, fails, answers bool) bool {
	switch {
	case fails && t.Fails && slices.Contains(t.Causes, cause):
		return false
	case fails:
		t.Causes, t.Fails = append(t.Causes, cause), true
	case !answers, !t.Fails, t.Recoveries >= mostRecoveries: // a refusal says nothing of the endpoint
		return false
	default:
		t.Causes, t.Fails = nil, false
		t.Recoveries++
	}
	t.Notices++
	return true
}

// tellFault tells operators that an endpoint fails, and that it works again.
func (w *writing) tellFault(ctx context.Context) error {
	if w.got.Code == gpt.CodeCancelled {
		return nil // by us, which says nothing of the endpoint
	}
	// A try that failed and was repeated in vain is worth no word.
	answers := w.got.Failed == ""
	fails := w.got.Failed == talk.FailedEndpoint || answers && w.got.Endpoint > 0
	cause := string(w.got.Code)
	if answers {
		cause += ", another one answers"
	}
	f := AssistantFault{Assistant: w.Assistant, Works: !fails, Answers: answers, Why: w.got.Why, Code: string(w.got.Code)}
	if rests := answers && fails && w.got.Code == ""; !rests { // one that rests was told of when it failed
		if err := w.tellOutage(ctx, w.site, w.began, cause, f); err != nil {
			return err
		}
	}
	id := assistantID{w.site.ID, w.Assistant}
	if !w.got.Searched || !w.bot.assistants.compares(id) {
		return nil
	}
	if why := w.got.SearchFault; why != nil && !errors.Is(why, embed.ErrResting) {
		w.log.Warn().Err(why).Str(trail.Site, string(w.site.ID)).Str("assistant", w.Assistant).Msg("A question could not be embedded; what the assistant knows was found by words")
	}
	return w.tellSearch(ctx, w.site, w.Assistant, w.began, w.got.SearchFault)
}

// tellSearch tells operators that an assistant finds what it knows by words alone, for
// its endpoint of embeddings fails, and that it does not fail any more.
func (s *Service) tellSearch(ctx context.Context, site *config.Site, assistant string, at time.Time, why error) error {
	return s.tellOutage(ctx, site, at, "search", AssistantFault{Assistant: assistant, Works: why == nil, Answers: true, Search: true})
}

// tellOutage tells operators of a fault, once for each cause and hour, and of its end.
// Their last word is never that the assistant answers while it fails.
func (s *Service) tellOutage(ctx context.Context, site *config.Site, at time.Time, cause string, f AssistantFault) error {
	key := "assistant fails:"
	if f.Search {
		key = "assistant search fails:"
	}
	key += string(site.ID) + ":" + f.Assistant
	kept, err := s.store.Meta(ctx, key)
	if err != nil {
		return err
	}
	var told faultsTold
	if kept != "" && json.Unmarshal([]byte(kept), &told) != nil {
		told = faultsTold{}
	}
	if h := hour(at); told.Hour != h {
		told = faultsTold{Hour: h, Fails: told.Fails}
	}
	if !told.news(cause, !f.Works, f.Answers) {
		return nil
	}
	state, err := json.Marshal(told)
	if err != nil {
		return fmt.Errorf("write what operators were told of an assistant: %w", err)
	}
	if err := s.store.SetMeta(ctx, key, string(state)); err != nil {
		return err
	}
	f.Origin = fmt.Sprintf("%s:%d:%d", key, told.Hour, told.Notices)
	return s.desk.AssistantFails(ctx, site, f)
}
