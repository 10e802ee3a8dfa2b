package gpt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"github.com/anteroom-chat/anteroom/bot/gpt/tokens"
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
	// met are all faults, also when it went well in the end.
	met []met
	// done reports whether an answer has begun to be shown: it is not asked for again.
	done func() bool
	// shorter makes the query shorter, once; false if it is as short as can be.
	shorter func() bool
}

// met is a fault of an endpoint.
type met struct {
	endpoint int
	fault    *fault
}

// ask asks the endpoints in order, from the one that answered last. one sends the
// query to an endpoint; its context ends when that takes too long, and it calls alive
// with each piece that comes.
func (q *asking) ask(ctx context.Context, one func(ctx context.Context, e *endpoint, alive func()) (said, error)) (said, *fault) {
	var last *fault
	for ; ; q.usage.Endpoint++ {
		left := len(q.a.endpoints) - q.usage.Endpoint
		// An endpoint that is silent leaves their share of the time to those behind it.
		share := time.Now().Add(time.Until(q.deadline) / time.Duration(left))
		answer, f := q.endure(ctx, q.a.endpoints[q.usage.Endpoint], share, one)
		if f == nil {
			return answer, nil
		}
		last = f
		if f.final() || q.done() || left == 1 || time.Until(q.deadline) <= 0 {
			return said{}, last
		}
	}
}

// endure asks one endpoint, again if that may help.
func (q *asking) endure(ctx context.Context, e *endpoint, share time.Time, one func(context.Context, *endpoint, func()) (said, error)) (said, *fault) {
	met := func(f *fault) { q.met = append(q.met, met{q.usage.Endpoint, f}) }
	learned := 0
	for try, pause := 1, firstPause; ; try, pause = try+1, 2*pause {
		answer, f := q.once(ctx, e, share, one)
		for f != nil && learned < maxLearned && (f.code == CodeStatus && e.odd.learn(f.message) || f.code == CodeLong && !q.done() && q.shorter()) {
			learned++
			answer, f = q.once(ctx, e, share, one)
		}
		if f == nil {
			return answer, nil
		}
		if !f.final() {
			met(f)
		}
		wait := max(pause-rand.N(pause/4), f.after) // #nosec G404 -- spreads load, guards nothing
		if !f.again || try == maxTries || q.done() || time.Until(share) <= wait {
			return said{}, f
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return said{}, faultOf(ctx, ctx.Err())
		}
	}
}

// once asks one endpoint once, and gives up when nothing comes for too long: the
// share until the first piece, the deadline until something is shown, and then as
// long as the visitor has waited at most between two pieces.
func (q *asking) once(ctx context.Context, e *endpoint, share time.Time, one func(context.Context, *endpoint, func()) (said, error)) (said, *fault) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(errStop)
	slow := time.AfterFunc(max(0, time.Until(share)), func() { stop(errSlow) })
	defer slow.Stop()
	most := time.AfterFunc(longest, func() { stop(errSlow) })
	defer most.Stop()
	alive := func() {
		wait := time.Until(q.deadline)
		if q.done() {
			wait = q.a.o.Timeout
		}
		slow.Reset(max(0, wait))
	}
	q.usage.Requests++
	answer, err := one(ctx, e, alive)
	if err == nil && answer.empty() {
		err = &fault{code: CodeEmpty, why: "its answer was empty", again: true}
	}
	if err != nil {
		return said{}, faultOf(ctx, err)
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
		for ; i < len(q.met) && q.met[i].endpoint == m.endpoint && q.met[i].fault.why == m.fault.why; i++ {
			times++
		}
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "endpoints[%d] (%s): %s", m.endpoint, q.a.endpoints[m.endpoint].model, m.fault.why)
		if times > 1 {
			fmt.Fprintf(&b, ", %d times", times)
		}
	}
	return q.met[0].fault.code, b.String() + "."
}

// stream asks an endpoint and calls text with each piece of the answer; an error of
// text ends it.
func (e *endpoint) stream(ctx context.Context, r openai.ChatCompletionRequest, usage *Usage, alive func(), text func(piece string) error) (said, error) {
	stream, err := e.client.CreateChatCompletionStream(ctx, r)
	if err != nil {
		return said{}, err
	}
	defer stream.Close()
	var answer said
	var whole strings.Builder
	var calls calling
	told, chunks := false, 0
	defer func() {
		if !told && chunks > 0 {
			usage.Prompt += promptTokens(r)
			usage.Completion += tokens.Estimate(whole.String())
		}
	}()
	for {
		chunk, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF) && answer.finish != "":
			answer.text, answer.calls = whole.String(), calls.all
			return answer, nil
		case errors.Is(err, io.EOF) && chunks == 0:
			return said{}, &fault{code: CodeMalformed, why: "it sent what is no answer", again: true}
		case err != nil:
			return said{}, err
		}
		chunks++
		if chunk.Usage != nil {
			told = true
			usage.Prompt += chunk.Usage.PromptTokens
			usage.Completion += chunk.Usage.CompletionTokens
		}
		if len(chunk.Choices) == 0 {
			continue
		}
		choice := chunk.Choices[0]
		if choice.FinishReason != "" && choice.FinishReason != openai.FinishReasonNull {
			answer.finish = choice.FinishReason
		}
		answer.refused = answer.refused || choice.Delta.Refusal != "" || choice.FinishReason == openai.FinishReasonContentFilter
		if choice.Delta.Content == "" && len(choice.Delta.ToolCalls) == 0 && choice.Delta.ReasoningContent == "" {
			continue
		}
		alive()
		calls.add(choice.Delta.ToolCalls)
		whole.WriteString(choice.Delta.Content)
		if whole.Len() > maxAnswer || calls.size > maxAnswer {
			return said{}, &fault{code: CodeMalformed, why: "its answer has no end"}
		}
		if choice.Delta.Content != "" {
			if err := text(choice.Delta.Content); err != nil {
				return said{}, err
			}
		}
	}
}

// maxAnswer is more bytes than an answer has.
const maxAnswer = 256 << 10

// calling puts the pieces of tool calls together.
type calling struct {
	all  []openai.ToolCall
	size int
}

// maxCalls is how many tools one answer may call; what is beyond is not looked at.
const maxCalls = 16

func (c *calling) add(pieces []openai.ToolCall) {
	for _, piece := range pieces {
		at := len(c.all) - 1
		switch {
		case piece.Index != nil:
			at = *piece.Index
		case piece.ID != "" || at < 0: // some servers send whole calls without numbers
			at = len(c.all)
		}
		if at < 0 || at > len(c.all) || at >= maxCalls {
			continue
		}
		if at == len(c.all) {
			c.all = append(c.all, openai.ToolCall{Type: openai.ToolTypeFunction})
		}
		call := &c.all[at]
		if piece.ID != "" {
			call.ID = piece.ID
		}
		call.Function.Name += piece.Function.Name
		call.Function.Arguments += piece.Function.Arguments
		c.size += len(piece.Function.Name) + len(piece.Function.Arguments)
	}
}

// whole asks an endpoint without a stream.
func (e *endpoint) whole(ctx context.Context, r openai.ChatCompletionRequest, usage *Usage) (said, error) {
	response, err := e.client.CreateChatCompletion(ctx, r)
	if err != nil {
		return said{}, err
	}
	if len(response.Choices) == 0 {
		return said{}, &fault{code: CodeMalformed, why: "it sent what is no answer", again: true}
	}
	choice := response.Choices[0]
	if usage.Prompt += response.Usage.PromptTokens; response.Usage.PromptTokens == 0 {
		usage.Prompt += promptTokens(r)
	}
	if usage.Completion += response.Usage.CompletionTokens; response.Usage.CompletionTokens == 0 {
		usage.Completion += tokens.Estimate(choice.Message.Content)
	}
	return said{
		text: choice.Message.Content, finish: choice.FinishReason,
		refused: choice.Message.Refusal != "" || choice.FinishReason == openai.FinishReasonContentFilter,
	}, nil
}

// promptTokens is about how long a prompt is.
func promptTokens(r openai.ChatCompletionRequest) int {
	const each = 4 // around a message
	n := 0
	for _, m := range r.Messages {
		n += each + tokens.Estimate(m.Content)
		for _, c := range m.ToolCalls {
			n += tokens.Estimate(c.Function.Arguments)
		}
	}
	for _, t := range r.Tools {
		n += tokens.Estimate(fmt.Sprint(t.Function.Name, t.Function.Description))
	}
	return n
}
