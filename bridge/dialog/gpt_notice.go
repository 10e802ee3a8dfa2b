package dialog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/gpt"
	"github.com/anteroom-chat/anteroom/bot/gpt/knowledge/embed"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/config"
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

// tellFault tells operators that an endpoint fails, and that it works again.
func (w *writing) tellFault(ctx context.Context) error {
	if w.got.Code == gpt.CodeCancelled {
		return nil // by us, which says nothing of the endpoint
	}
	// A try that failed and was repeated in vain is worth no word.
	fails := w.got.Failed == talk.FailedEndpoint || w.got.Failed == "" && w.got.Endpoint > 0
	f := AssistantFault{Assistant: w.Assistant, Works: !fails, Answers: w.got.Failed == "", Why: w.got.Why}
	if err := w.tellOutage(ctx, w.site, w.began, f); err != nil {
		return err
	}
	id := assistantID{w.site.ID, w.Assistant}
	if !w.got.Searched || !w.bot.assistants.compares(id) {
		return nil
	}
	if why := w.got.SearchFault; why != nil && !errors.Is(why, embed.ErrResting) {
		w.log.Warn().Err(why).Str("site", string(w.site.ID)).Str("assistant", w.Assistant).Msg("A question could not be embedded; what the assistant knows was found by words")
	}
	return w.tellSearch(ctx, w.site, w.Assistant, w.began, w.got.SearchFault)
}

// tellSearch tells operators that an assistant finds what it knows by words alone, for
// its endpoint of embeddings fails, and that it does not fail any more.
func (s *Service) tellSearch(ctx context.Context, site *config.Site, assistant string, at time.Time, why error) error {
	return s.tellOutage(ctx, site, at, AssistantFault{Assistant: assistant, Works: why == nil, Answers: true, Search: true})
}

// tellOutage tells operators of a fault once an hour at most, and of its end once.
func (s *Service) tellOutage(ctx context.Context, site *config.Site, at time.Time, f AssistantFault) error {
	key := "assistant fails:"
	if f.Search {
		key = "assistant search fails:"
	}
	key += string(site.ID) + ":" + f.Assistant
	told, err := s.store.Meta(ctx, key)
	if err != nil {
		return err
	}
	state := fmt.Sprint(hour(at))
	switch {
	case !f.Works && (told == state || told == state+worksAgain):
		return nil
	case !f.Works:
		f.Origin = key + ":" + state
	case told == "", strings.HasSuffix(told, worksAgain):
		return nil
	default:
		state = told + worksAgain
		f.Origin = key + ":" + state
	}
	if err := s.store.SetMeta(ctx, key, state); err != nil {
		return err
	}
	return s.desk.AssistantFails(ctx, site, f)
}

// worksAgain marks the hour of a fault that is over: another one in it is not told of.
const worksAgain = " over"
