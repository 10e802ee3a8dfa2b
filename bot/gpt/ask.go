package gpt

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"github.com/anteroom-chat/anteroom/bot/gpt/reach"
)

// query is what a model is asked, without what differs between endpoints.
type query struct {
	messages  []openai.ChatCompletionMessage
	tools     []openai.Tool
	user      string
	maxTokens int
}

// said is what a model answered.
type said struct {
	// text is as it came, whatever of it may be shown.
	text   string
	calls  []openai.ToolCall
	finish openai.FinishReason
	// refused is set when the model refused in so many words.
	refused bool
}

func (s said) empty() bool { return strings.TrimSpace(s.text) == "" && len(s.calls) == 0 && !s.refused }

// request is a query in an endpoint's own manner.
func (e *endpoint) request(q query, temperature *float64, stream bool) openai.ChatCompletionRequest {
	r := openai.ChatCompletionRequest{Model: e.model, Messages: q.messages}
	if stream && !e.odd.noStreamOptions.Load() {
		r.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
	}
	if e.odd.completionTokens.Load() {
		r.MaxCompletionTokens = q.maxTokens
	} else {
		r.MaxTokens = q.maxTokens
	}
	if temperature != nil && !e.odd.noTemperature.Load() {
		// The client leaves a plain 0 out.
		r.Temperature = max(float32(*temperature), math.SmallestNonzeroFloat32)
	}
	if !e.odd.noTools.Load() {
		r.Tools = q.tools
	}
	if !e.odd.noUser.Load() {
		r.User = q.user
	}
	return r
}

const (
	// maxTries is how often one endpoint is asked in vain, firstPause how long it is left
	// alone after the first time; each further pause is twice as long.
	maxTries   = 3
	firstPause = 250 * time.Millisecond
	// maxLearned is how often a query is sent again in another form.
	maxLearned = 6
	// longest is how long an answer may take that is being shown.
	longest = 10 * time.Minute
)

// asking is the way of one query through the endpoints.
type asking struct {
	a *Assistant
	// deadline is until when something must have come of it.
	deadline time.Time
	usage    *Usage
	// order are the numbers of the endpoints as they are asked, once that is known; at is
	// where in it the answer is, fresh how many from there on do not rest.
	order     []int
	at, fresh int
	// met are all faults, also when it went well in the end.
	met []met
	// done reports whether an answer has begun to be shown: it is not asked for again.
	done func() bool
	// shorter makes the query shorter, once; false if it is as short as can be.
	shorter func() bool
}

// errStop ends what is left of a request that is over.
var errStop = errors.New("no more is wanted")

// final reports whether after a fault another endpoint would not do better, or is not to.
func final(f *reach.Fault) bool {
	switch f.Code {
	case CodeRefused, CodeLeak, CodeLink, CodeCancelled:
		return true
	default:
		return false
	}
}

// met is a fault of an endpoint.
type met struct {
	endpoint int
	fault    *reach.Fault
}

// ask asks the endpoints in order, from the one that answered last in this answer; those
// that rest come last. one sends the query to an endpoint; its context ends when that
// takes too long, and it calls alive with each piece that comes.
func (q *asking) ask(ctx context.Context, one sending) (said, *reach.Fault) {
	if q.order == nil {
		q.order, q.fresh = q.a.order()
	}
	for ; ; q.at, q.fresh = q.at+1, q.fresh-1 {
		q.usage.Endpoint = q.order[q.at]
		e := q.a.endpoints[q.usage.Endpoint]
		// An endpoint that is silent leaves their share of the time to those behind it, but
		// not to those of which nothing is expected.
		left := len(q.order) - q.at
		share := time.Now().Add(time.Until(q.deadline) / time.Duration(max(1, min(q.fresh, left))))
		answer, f := q.endure(ctx, e, share, one)
		e.rests(q.a.now(), f)
		if f == nil {
			return answer, nil
		}
		if final(f) || q.done() || left == 1 || time.Until(q.deadline) <= 0 {
			return said{}, f
		}
	}
}

// restFor is how long an endpoint is asked after the others once it failed in a way
// that will last: each answer would wait for it first.
const restFor = 30 * time.Second

// rests lets the endpoint rest after some faults, and no longer after an answer.
func (e *endpoint) rests(now time.Time, f *reach.Fault) {
	if f == nil {
		e.until.Store(0)
		return
	}
	switch f.Code {
	case CodeSlow, CodeUnreachable, CodeKey, CodeQuota:
		e.until.Store(now.Add(restFor).UnixNano())
	default:
	}
}

// order is the order in which the endpoints are asked, by their numbers; fresh are how
// many of them do not rest, or all if all do.
func (a *Assistant) order() (order []int, fresh int) {
	now := a.now().UnixNano()
	var resting []int
	for i, e := range a.endpoints {
		if now < e.until.Load() {
			resting = append(resting, i)
		} else {
			order = append(order, i)
		}
	}
	if len(order) == 0 {
		return resting, len(resting)
	}
	return append(order, resting...), len(order)
}

// sending sends the query to an endpoint.
type sending func(ctx context.Context, e *endpoint, alive func()) (said, error)

// endure asks one endpoint, again if that may help.
func (q *asking) endure(ctx context.Context, e *endpoint, share time.Time, one sending) (said, *reach.Fault) {
	for try, pause := 1, firstPause; ; try, pause = try+1, 2*pause {
		answer, f := q.fit(ctx, e, share, one)
		if f == nil {
			return answer, nil
		}
		if !final(f) {
			q.met = append(q.met, met{q.usage.Endpoint, f})
		}
		wait := max(pause-rand.N(pause/4), f.After) // #nosec G404 -- spreads load, guards nothing
		if !f.Again || try == maxTries || q.done() || time.Until(share) <= wait {
			return said{}, f
		}
		if f := rest(ctx, wait); f != nil {
			return said{}, f
		}
	}
}

// rest waits, unless the answer is not wanted any more.
func rest(ctx context.Context, wait time.Duration) *reach.Fault {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return reach.Of(ctx, ctx.Err())
	}
}

// fit asks once, and at once again in another form if the endpoint does not take this one.
func (q *asking) fit(ctx context.Context, e *endpoint, share time.Time, one sending) (said, *reach.Fault) {
	answer, f := q.once(ctx, e, share, one)
	for range maxLearned {
		if f == nil || !q.mend(e, f) {
			break
		}
		answer, f = q.once(ctx, e, share, one)
	}
	return answer, f
}

// mend changes the form of the query after a fault that is about it.
func (q *asking) mend(e *endpoint, f *reach.Fault) bool {
	switch f.Code {
	case CodeStatus:
		return e.odd.learn(f.Message)
	case CodeLong:
		return !q.done() && q.shorter()
	default:
		return false
	}
}

// once asks one endpoint once, and gives up when nothing comes for too long: the
// share until the first piece, the deadline until something is shown, and then, in
// this round and in further ones, as long as the visitor has waited at most between
// two pieces.
func (q *asking) once(ctx context.Context, e *endpoint, share time.Time, one sending) (said, *reach.Fault) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(errStop)
	patience := func(until time.Time) time.Duration {
		if q.done() {
			return q.a.o.Timeout
		}
		return max(0, time.Until(until))
	}
	slow := time.AfterFunc(patience(share), func() { stop(reach.ErrSlow) })
	defer slow.Stop()
	most := time.AfterFunc(longest, func() { stop(reach.ErrSlow) })
	defer most.Stop()
	alive := func() { slow.Reset(patience(q.deadline)) }
	q.usage.Requests++
	answer, err := one(ctx, e, alive)
	if err == nil && answer.empty() {
		err = &reach.Fault{Code: CodeEmpty, Why: "its answer was empty", Again: true}
	}
	if err != nil {
		return said{}, reach.Of(ctx, err)
	}
	return answer, nil
}

// why tells operators what happened at the endpoints, and the code of what was first.
func (q *asking) why() (Code, string) {
	if len(q.met) == 0 {
		return "", ""
	}
	var b strings.Builder
	for i := 0; i < len(q.met); {
		m, times := q.met[i], 0
		for ; i < len(q.met) && q.met[i].endpoint == m.endpoint && q.met[i].fault.Why == m.fault.Why; i++ {
			times++
		}
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "endpoints[%d] (%s): %s", m.endpoint, q.a.endpoints[m.endpoint].model, m.fault.Why)
		if times > 1 {
			fmt.Fprintf(&b, ", %d times", times)
		}
	}
	return q.met[0].fault.Code, b.String() + "."
}
