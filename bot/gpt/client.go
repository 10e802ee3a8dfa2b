package gpt

import (
	"net/http"
	"strings"
	"sync/atomic"

	openai "github.com/sashabaranov/go-openai"

	"github.com/anteroom-chat/anteroom/bot/gpt/reach"
)

// endpoint is an Endpoint that can be asked.
type endpoint struct {
	client *openai.Client
	model  string
	odd    oddities
	// until is when it has rested, in nanoseconds since 1970; see restFor.
	until atomic.Int64
}

// newEndpoint reads the address; check has found it in order.
func newEndpoint(e Endpoint, transport http.RoundTripper) (*endpoint, error) {
	client, model, err := reach.Server{BaseURL: e.BaseURL, Key: e.Key, Model: e.Model, Transport: transport, Most: maxBody}.Client()
	if err != nil {
		return nil, err
	}
	made := &endpoint{client: client, model: model}
	if reasons(model) {
		made.odd.completionTokens.Store(true)
		made.odd.noTemperature.Store(true)
	}
	return made, nil
}

// maxBody is more than any answer has, in bytes.
const maxBody = 8 << 20

// reasons reports models that want other parameters than the rest; the client
// refuses theirs before they are sent.
func reasons(model string) bool {
	for _, family := range []string{"o1", "o3", "o4", "gpt-5"} {
		if strings.HasPrefix(model, family) {
			return true
		}
	}
	return false
}

// oddities are what an endpoint turned out not to take; they are left out from then on.
type oddities struct {
	noStreamOptions, completionTokens, noTemperature, noTools, noUser atomic.Bool
}

// learn takes note of a refusal that is about a parameter; false if it is not.
func (o *oddities) learn(message string) bool {
	message = strings.ToLower(message)
	for _, oddity := range []struct {
		flag  *atomic.Bool
		words []string
	}{
		{&o.noStreamOptions, []string{"stream_options"}},
		{&o.noStreamOptions, []string{"include_usage"}},
		{&o.completionTokens, []string{"max_tokens", "max_completion_tokens"}},
		{&o.noTemperature, []string{"temperature"}},
		{&o.noTools, []string{"tool", "support"}},
		{&o.noUser, []string{"'user'"}},
	} {
		about := true
		for _, word := range oddity.words {
			about = about && strings.Contains(message, word)
		}
		if about {
			oddity.flag.Store(true)
			return true
		}
	}
	return false
}
