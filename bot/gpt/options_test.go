package gpt_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot/gpt"
	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
)

func TestFaultsOfOptions(t *testing.T) {
	hot := 2.5
	_, err := gpt.New(gpt.Options{
		Instruction: map[string]string{"en": " ", "ru": strings.Repeat("я", gpt.MaxInstruction+1)},
		Endpoints: []gpt.Endpoint{
			{},
			{BaseURL: "api.openai.com", Model: "m"},
			{BaseURL: "https://key@host/v1", Model: "m", Key: "a b"},
			{BaseURL: "https://host/v1/chat/completions", Model: "m"},
			{BaseURL: "https://host/v1?key=1", Model: "m"},
		},
		Temperature: &hot, MaxTokens: -1, ContextTokens: 1 << 30, KnowledgeTokens: -5, Timeout: time.Hour, OnlyKnowledge: true,
		Tools: gpt.Tools{Set: []string{"a", "a"}, Tag: []string{""}},
	})
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	got := strings.Split(err.Error(), "\n")
	for _, want := range []string{
		"The assistant has no name.",
		"instruction.en: the text is empty.",
		"instruction.ru: the text has 20001 characters, more than 20000; put facts into the knowledge.",
		"endpoints[0].base_url: there is none; it is an address like https://api.openai.com/v1.",
		"endpoints[0].model: there is none.",
		"endpoints[1].base_url: this is no address like https://api.openai.com/v1.",
		"endpoints[2].base_url: a key does not belong into the address; give it as api_key.",
		"endpoints[2].api_key: the key has a space or a character that no key has.",
		"endpoints[3].base_url: leave out /chat/completions; it is added to the address.",
		"endpoints[4].base_url: only api-version may stand behind a question mark.",
		"temperature: 2.5 is not from 0 to 2.",
		"max_tokens: -1 is not from 1 to 32000.",
		"context_tokens: 1073741824 is not from 1 to 1048576.",
		"knowledge_tokens: -5 is not from 1 to 1048576.",
		"timeout: 1h0m0s is not from 100ms to 5m0s.",
		"only_knowledge: there is no knowledge to answer from.",
		`tools.set_variable[1]: "a" is there twice.`,
		"tools.add_tag[0]: the name is empty.",
	} {
		found := false
		for i, line := range got {
			if line == want {
				got[i], found = "", true
			}
		}
		if !found {
			t.Errorf("missing: %s", want)
		}
	}
	if rest := strings.TrimSpace(strings.Join(got, "\n")); rest != "" {
		t.Errorf("not expected: %s", rest)
	}
	if strings.Contains(err.Error(), "key@") {
		t.Error("a key is told")
	}
}

// TestAddresses checks where requests go, with which key, for each kind of endpoint.
func TestAddresses(t *testing.T) {
	for name, c := range map[string]struct{ behind, model, path, query, header string }{
		"OpenAI":              {"/v1", "gpt-4o-mini", "/v1/chat/completions", "", "Authorization"},
		"a slash behind":      {"/v1/", "gpt-4o-mini", "/v1/chat/completions", "", "Authorization"},
		"a local server":      {"", "llama3", "/chat/completions", "", "Authorization"},
		"Azure":               {"?api-version=2024-06-01", "gpt-4o.mini", "/openai/deployments/gpt-4o.mini/chat/completions", "api-version=2024-06-01", "Api-Key"},
		"Azure, a deployment": {"/openai/deployments/mine?api-version=2024-06-01", "", "/openai/deployments/mine/chat/completions", "api-version=2024-06-01", "Api-Key"},
		"Azure, version 1":    {"/openai/v1/", "gpt-4o", "/openai/v1/chat/completions", "", "Authorization"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gpttest.New()
			web := httptest.NewServer(s)
			t.Cleanup(web.Close)
			s.Says("Yes.")
			o := options()
			o.Endpoints = []gpt.Endpoint{{BaseURL: web.URL + c.behind, Key: "sk-secret", Model: c.model}}
			if got := answer(t, assistant(t, o), asks("Hi")); got.Text != "Yes." {
				t.Fatalf("%q, %s", got.Text, got.Why)
			}
			r := s.Last()
			if r.Path != c.path || r.Query != c.query || r.Key != "sk-secret" || r.Header.Get(c.header) == "" {
				t.Errorf("%s?%s with key %q, headers %v", r.Path, r.Query, r.Key, r.Header)
			}
		})
	}
}

// An address of Azure is told by its host.
func TestAzureByItsHost(t *testing.T) {
	s := gpttest.New()
	s.Says("Yes.")
	o := options()
	o.Endpoints = []gpt.Endpoint{{BaseURL: "https://shop.openai.azure.com", Key: "sk-secret", Model: "gpt-4o"}}
	o.Transport = transport(func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Result(), nil
	})
	if got := answer(t, assistant(t, o), asks("Hi")); got.Text != "Yes." {
		t.Fatalf("%q, %s", got.Text, got.Why)
	}
	if r := s.Last(); r.Path != "/openai/deployments/gpt-4o/chat/completions" || r.Query != "api-version=2024-10-21" || r.Header.Get("Api-Key") != "sk-secret" {
		t.Errorf("%s?%s, headers %v", r.Path, r.Query, r.Header)
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestLocalServerGetsNoKey(t *testing.T) {
	t.Parallel()
	s := gpttest.Start(t)
	s.Says("Yes.")
	o := options(s)
	o.Endpoints[0].Key = ""
	answer(t, assistant(t, o), asks("Hi"))
	if header := s.Last().Header.Get("Authorization"); header != "" {
		t.Errorf("the header says %q", header)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	s := gpttest.Start(t)
	told := gpttest.Says("Two days.")
	told.Prompt, told.Completion = 120, 7
	untold := gpttest.Says("Delivery takes two days.")
	untold.Uncounted = true
	s.Script(told, untold, gpttest.Says("Delivery takes").Cut(2), gpttest.WrongKey(), gpttest.Says("Late").Hold(0))
	a := assistant(t, options(s))
	if got := answer(t, a, asks("Hi")); got.Prompt != 120 || got.Completion != 7 || got.FirstToken <= 0 {
		t.Errorf("told: %+v", got.Usage)
	}
	for _, name := range []string{"untold", "cut"} {
		if got := answer(t, a, asks("Hi")); got.Prompt < 200 || got.Prompt > 600 || got.Completion < 2 || got.Completion > 6 {
			t.Errorf("%s: %+v", name, got.Usage)
		}
	}
	if got := answer(t, a, asks("Hi")); got.Prompt != 0 {
		t.Errorf("refused: %+v", got.Usage)
	}
	o := options(s)
	o.Timeout = 300 * time.Millisecond
	if got := answer(t, assistant(t, o), asks("Hi")); got.Code != gpt.CodeSlow || got.Prompt < 200 || got.Prompt > 600 || got.Completion != 0 {
		t.Errorf("silent: %+v", got.Usage)
	}
	o.Endpoints[0].BaseURL = "http://127.0.0.1:1/v1"
	if got := answer(t, assistant(t, o), asks("Hi")); got.Prompt != 0 {
		t.Errorf("nobody there: %+v", got.Usage)
	}
}

// An endpoint is not believed about counts that cannot be: sums and metrics break of them.
func TestUsageThatCannotBe(t *testing.T) {
	t.Parallel()
	for _, streamed := range []bool{true, false} {
		for _, told := range [][2]int{{-5, 7}, {120, -7}, {5e18, 7}, {120, 5e18}, {100_000_001, 100_000_001}} {
			s := gpttest.Start(t)
			reply := gpttest.Says("Delivery takes two days.")
			reply.Prompt, reply.Completion = told[0], told[1]
			s.Script(reply)
			a := assistant(t, options(s))
			got := a.Draft(t.Context(), asks("Hi")) // it is written without a stream
			if streamed {
				s.Script(reply)
				got = answer(t, a, asks("Hi"))
			}
			if got.Prompt < 100 || got.Prompt > 600 || got.Completion < 2 || got.Completion > 7 {
				t.Errorf("streamed %t, told %v: %+v", streamed, told, got.Usage)
			}
		}
	}
}
