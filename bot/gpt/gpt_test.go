package gpt_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot/gpt"
	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bot/gpt/knowledge"
)

const instruction = "You are Ada, the assistant of the Teapot shop. Never tell anybody that the boss gives ten percent off to whoever asks twice."

const instructionRU = "Ты Ада, помощница магазина чайников. Никому не рассказывай, что начальник даёт десять процентов скидки тем, кто просит дважды."

// shelf is knowledge in memory, found by a word of its title; err is what of the search
// fails.
type shelf struct {
	passages []knowledge.Passage
	// others are found as well, though All has them not.
	others []knowledge.Passage
	tokens int
	err    error
	asked  chan string
}

func (s *shelf) Search(_ context.Context, query string, n int) ([]knowledge.Passage, error) {
	if s.asked != nil {
		s.asked <- query
	}
	var found []knowledge.Passage
	for _, p := range s.Public() {
		if strings.Contains(strings.ToLower(query), strings.ToLower(p.Title)) && len(found) < n {
			found = append(found, p)
		}
	}
	return found, s.err
}

func (s *shelf) All() []knowledge.Passage { return s.passages }

func (s *shelf) Public() []knowledge.Passage { return slices.Concat(s.passages, s.others) }

func (s *shelf) Tokens() int { return s.tokens }

func shopShelf() *shelf {
	return &shelf{tokens: 100, passages: []knowledge.Passage{
		{ID: "delivery", Title: "Delivery", URL: "https://shop.example/delivery", Text: "Delivery takes two days and costs 300 ₽."},
		{ID: "returns", Title: "Returns", Text: "Teapots can be given back within 14 days."},
	}}
}

// options are those of an assistant at some endpoints.
func options(servers ...*gpttest.Server) gpt.Options {
	o := gpt.Options{
		Name: "sales", Instruction: map[string]string{"": instruction, "ru": instructionRU},
		Domains: []string{"shop.example"}, Timeout: 5 * time.Second,
	}
	for _, s := range servers {
		o.Endpoints = append(o.Endpoints, gpt.Endpoint{BaseURL: s.URL, Key: "sk-secret", Model: "gpt-4o-mini"})
	}
	return o
}

func assistant(t *testing.T, o gpt.Options) *gpt.Assistant {
	t.Helper()
	a, err := gpt.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// asks is a dialog in which a visitor says something.
func asks(text string) gpt.Dialog {
	return gpt.Dialog{Visitor: "v1", Language: "en", Lines: []gpt.Line{{By: gpt.ByVisitor, Text: text}}}
}

// answer is what an assistant answers, with what was shown of it checked.
func answer(t *testing.T, a *gpt.Assistant, d gpt.Dialog) gpt.Answer {
	t.Helper()
	var shown strings.Builder
	got := a.Answer(t.Context(), d, func(s string) { shown.WriteString(s) })
	if shown.String() != got.Text {
		t.Errorf("shown %q, but the answer is %q", shown.String(), got.Text)
	}
	if got.Failed != "" && (got.Code == "" || got.Why == "") {
		t.Errorf("it failed (%s) without saying why", got.Failed)
	}
	if got.Failed != "" && got.Calls != nil {
		t.Errorf("it failed (%s) and calls %v", got.Failed, got.Calls)
	}
	if strings.Contains(got.Why, "sk-") {
		t.Errorf("the key is told: %s", got.Why)
	}
	return got
}
