package gpt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptrace"
	"strings"
	"sync/atomic"

	openai "github.com/sashabaranov/go-openai"

	"github.com/anteroom-chat/anteroom/bot/gpt/reach"
	"github.com/anteroom-chat/anteroom/bot/gpt/tokens"
)

// stream asks an endpoint and calls text with each piece of the answer; an error of
// text ends it.
func (e *endpoint) stream(ctx context.Context, r openai.ChatCompletionRequest, usage *Usage, alive func(), text func(piece string) error) (said, error) {
	ctx, sent := watched(ctx)
	stream, err := e.client.CreateChatCompletionStream(ctx, r)
	if err != nil {
		sent.countUnanswered(r, err, usage)
		return said{}, err
	}
	defer func() { _ = stream.Close() }() // it was only read
	var got received
	defer func() { got.count(r, usage) }()
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return got.end()
		}
		if err != nil {
			return said{}, err
		}
		piece, some := got.add(chunk)
		if !some {
			continue
		}
		alive()
		if got.text.Len() > maxAnswer || got.calls.size > maxAnswer {
			return said{}, &reach.Fault{Code: CodeMalformed, Why: "its answer has no end"}
		}
		if piece != "" {
			if err := text(piece); err != nil {
				return said{}, err
			}
		}
	}
}

// received is what has come of a stream.
type received struct {
	answer said
	text   strings.Builder
	calls  calling
	chunks int
	usage  *openai.Usage
}

// add takes a chunk and returns its words; false if there is nothing in it.
func (g *received) add(chunk openai.ChatCompletionStreamResponse) (piece string, some bool) {
	g.chunks++
	if chunk.Usage != nil && countable(chunk.Usage.PromptTokens) && countable(chunk.Usage.CompletionTokens) {
		g.usage = chunk.Usage
	}
	if len(chunk.Choices) == 0 {
		return "", false
	}
	choice := chunk.Choices[0]
	if choice.FinishReason != "" && choice.FinishReason != openai.FinishReasonNull {
		g.answer.finish = choice.FinishReason
	}
	g.answer.refused = g.answer.refused || choice.Delta.Refusal != "" || choice.FinishReason == openai.FinishReasonContentFilter
	g.calls.add(choice.Delta.ToolCalls)
	g.text.WriteString(choice.Delta.Content)
	// What a model thinks aloud in a field of its own shows that it is at work.
	some = choice.Delta.Content != "" || len(choice.Delta.ToolCalls) > 0 || choice.Delta.ReasoningContent != ""
	return choice.Delta.Content, some
}

// end is the answer once the stream has ended. Without a reason for its end it was cut.
func (g *received) end() (said, error) {
	switch {
	case g.answer.finish != "":
		g.answer.text, g.answer.calls = g.text.String(), g.calls.all
		return g.answer, nil
	case g.chunks == 0:
		return said{}, &reach.Fault{Code: CodeMalformed, Why: "it sent what is no answer", Again: true}
	default:
		return said{}, io.ErrUnexpectedEOF
	}
}

// count counts the tokens, by estimate if the endpoint did not: also of an answer that
// was cut before its first words, for its prompt was read.
func (g *received) count(r openai.ChatCompletionRequest, usage *Usage) {
	if g.usage != nil {
		usage.Prompt += g.usage.PromptTokens
		usage.Completion += g.usage.CompletionTokens
		return
	}
	usage.Prompt += promptTokens(r)
	usage.Completion += tokens.Estimate(g.text.String())
}

// mostTokens is more than any request costs.
const mostTokens = 100_000_000

// countable reports whether a count that an endpoint told can be one. Sums and metrics
// are made of it, which break of a negative one and of one that overflows.
func countable(told int) bool { return told >= 0 && told <= mostTokens }

// sentRequest is a request of which is noted whether the endpoint got it.
type sentRequest struct{ whole atomic.Bool }

// watched is a context for one request.
func watched(ctx context.Context) (context.Context, *sentRequest) {
	s := &sentRequest{}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(info httptrace.WroteRequestInfo) {
		if info.Err == nil {
			s.whole.Store(true)
		}
	}}), s
}

// countUnanswered counts the prompt of a request that was given up before anything came:
// the endpoint was at work on it. One that it refused, or did not get, costs nothing.
func (s *sentRequest) countUnanswered(r openai.ChatCompletionRequest, err error, usage *Usage) {
	if _, refused := errors.AsType[*reach.Fault](err); !refused && s.whole.Load() {
		usage.Prompt += promptTokens(r)
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
	ctx, sent := watched(ctx)
	response, err := e.client.CreateChatCompletion(ctx, r)
	if err != nil {
		sent.countUnanswered(r, err, usage)
		return said{}, err
	}
	if len(response.Choices) == 0 {
		return said{}, &reach.Fault{Code: CodeMalformed, Why: "it sent what is no answer", Again: true}
	}
	choice := response.Choices[0]
	if told := response.Usage.PromptTokens; told != 0 && countable(told) {
		usage.Prompt += told
	} else {
		usage.Prompt += promptTokens(r)
	}
	if told := response.Usage.CompletionTokens; told != 0 && countable(told) {
		usage.Completion += told
	} else {
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
