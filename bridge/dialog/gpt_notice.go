package dialog

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/gpt"
	"github.com/anteroom-chat/anteroom/bot/talk"
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

// tellFault tells operators that an endpoint fails, once an hour at most, and that it
// works again.
func (w *writing) tellFault(ctx context.Context) error {
	if w.got.Code == gpt.CodeCancelled {
		return nil // by us, which says nothing of the endpoint
	}
	key := "assistant fails:" + string(w.site.ID) + ":" + w.Assistant
	told, err := w.store.Meta(ctx, key)
	if err != nil {
		return err
	}
	// A try that failed and was repeated in vain is worth no word.
	fails := w.got.Failed == talk.FailedEndpoint || w.got.Failed == "" && w.got.Endpoint > 0
	f := AssistantFault{Assistant: w.Assistant, Works: !fails, Answers: w.got.Failed == "", Why: w.got.Why}
	switch state := fmt.Sprint(hour(w.began)); {
	case fails && told == state, fails && told == state+worksAgain:
		return nil
	case fails:
		f.Origin = key + ":" + state
		if err := w.store.SetMeta(ctx, key, state); err != nil {
			return err
		}
	case told == "", strings.HasSuffix(told, worksAgain):
		return nil
	default:
		f.Origin = key + ":" + told + worksAgain
		if err := w.store.SetMeta(ctx, key, told+worksAgain); err != nil {
			return err
		}
	}
	return w.desk.AssistantFails(ctx, w.site, f)
}

// worksAgain marks the hour of a fault that is over: another one in it is not told of.
const worksAgain = " over"
