package gpt_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot/gpt"
	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bot/gpt/knowledge"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// TestEachFaultHasItsFallBack: whatever an endpoint does, an answer comes in time,
// with a code and a sentence, and nothing of the endpoint's own words.
func TestEachFaultHasItsFallBack(t *testing.T) {
	for _, c := range []struct {
		name   string
		reply  gpttest.Reply
		failed talk.Failure
		code   gpt.Code
		tries  int
	}{
		{"wrong key", gpttest.WrongKey(), talk.FailedEndpoint, gpt.CodeKey, 1},
		{"unknown model", gpttest.UnknownModel(), talk.FailedEndpoint, gpt.CodeModel, 1},
		{"unknown model, Ollama", gpttest.Reply{Status: 404, Body: `{"error":"model 'gpt-9' not found"}`}, talk.FailedEndpoint, gpt.CodeModel, 1},
		{"context too long", gpttest.TooLong(), talk.FailedEndpoint, gpt.CodeLong, 2}, // once more with less
		{"context too long, llama.cpp", gpttest.Fails(400, "exceed_context_size_error", "the request exceeds the available context size"), talk.FailedEndpoint, gpt.CodeLong, 2},
		{"busy", gpttest.Busy(""), talk.FailedEndpoint, gpt.CodeBusy, 3},
		{"busy for long", gpttest.Busy("60"), talk.FailedEndpoint, gpt.CodeBusy, 1},
		{"no money", gpttest.NoMoney(), talk.FailedEndpoint, gpt.CodeQuota, 1},
		{"broken", gpttest.Fails(500, "", "oops"), talk.FailedEndpoint, gpt.CodeStatus, 3},
		{"broken gateway", gpttest.Reply{Status: 502, Body: "<html>Bad gateway</html>"}, talk.FailedEndpoint, gpt.CodeStatus, 3},
		{"redirection", gpttest.Reply{Status: 302, Location: "https://evil.com/v1/chat/completions"}, talk.FailedEndpoint, gpt.CodeStatus, 1},
		{"bad request", gpttest.Fails(400, "odd", "You said: my secret is swordfish"), talk.FailedEndpoint, gpt.CodeStatus, 1},
		{"empty", gpttest.Empty(), talk.FailedEndpoint, gpt.CodeEmpty, 3},
		{"blank", gpttest.Says(" \n "), talk.FailedEndpoint, gpt.CodeEmpty, 3},
		{"thoughts alone", gpttest.Says("<think>Well</think>"), talk.FailedEndpoint, gpt.CodeEmpty, 1},
		{"malformed", gpttest.Malformed(""), talk.FailedEndpoint, gpt.CodeMalformed, 3},
		{"no stream", gpttest.Reply{Status: 200, Unended: true, Raw: ""}, talk.FailedEndpoint, gpt.CodeCut, 3},
		{"cut before the first word", gpttest.Says("Delivery").Cut(0), talk.FailedEndpoint, gpt.CodeCut, 3},
		{"error within the stream", gpttest.Reply{Raw: "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\ndata: [DONE]\n\n"}, talk.FailedEndpoint, gpt.CodeStatus, 3},
		{"refusal", gpttest.Refuses("I cannot help with that."), talk.FailedRefused, gpt.CodeRefused, 1},
		{"filter", gpttest.Reply{Finish: "content_filter", Pieces: []string{}}, talk.FailedRefused, gpt.CodeRefused, 1},
		{"filter, Azure", gpttest.Fails(400, "content_filter", "The response was filtered"), talk.FailedRefused, gpt.CodeRefused, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := gpttest.Start(t)
			s.Always(c.reply)
			o := options(s)
			o.Timeout = 3 * time.Second
			got := answer(t, assistant(t, o), asks("My secret is swordfish"))
			if got.Failed != c.failed || got.Code != c.code || got.Text != "" {
				t.Errorf("%s, %s (%s) %q; want %s, %s", got.Failed, got.Code, got.Why, got.Text, c.failed, c.code)
			}
			if n := len(s.Requests()); n != c.tries || got.Requests != n {
				t.Errorf("%d requests, %d counted; want %d", n, got.Requests, c.tries)
			}
			if strings.Contains(got.Why, "swordfish") || strings.Contains(got.Why, "oops") {
				t.Errorf("the endpoint's words are told: %s", got.Why)
			}
		})
	}
}

func TestSilentEndpointFailsInTime(t *testing.T) {
	t.Parallel()
	s := gpttest.Start(t)
	s.Always(gpttest.Says("Late").Hold(0))
	o := options(s)
	o.Timeout = 300 * time.Millisecond
	begin := time.Now()
	got := answer(t, assistant(t, o), asks("Hi"))
	if took := time.Since(begin); got.Failed != talk.FailedEndpoint || got.Code != gpt.CodeSlow || took < o.Timeout {
		t.Errorf("%s, %s after %s", got.Failed, got.Code, took)
	}
}

func TestEndpointThatShowsNothingFailsInTime(t *testing.T) {
	t.Parallel()
	s := gpttest.Start(t)
	// It is alive for much longer than that, but what it says is held back: nothing is a
	// whole word.
	s.Always(gpttest.Reply{Pieces: strings.Split(strings.Repeat("a", 4000), "")}.Slow(0, 5*time.Millisecond))
	o := options(s)
	o.Timeout = 300 * time.Millisecond
	if got := answer(t, assistant(t, o), asks("Hi")); got.Failed != talk.FailedEndpoint || got.Code != gpt.CodeSlow {
		t.Errorf("%s, %s", got.Failed, got.Code)
	}
}

func TestNoEndpointAtAll(t *testing.T) {
	t.Parallel()
	o := options()
	o.Endpoints = []gpt.Endpoint{{BaseURL: "http://127.0.0.1:1/v1", Model: "m"}}
	got := answer(t, assistant(t, o), asks("Hi"))
	if got.Failed != talk.FailedEndpoint || got.Code != gpt.CodeUnreachable || got.Why != "endpoints[0] (m): there is no connection to it, 3 times." {
		t.Errorf("%s, %s: %s", got.Failed, got.Code, got.Why)
	}
}

func TestEndpointThatIsNone(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("<html>Welcome to nginx</html>"))
	}))
	t.Cleanup(web.Close)
	o := options()
	o.Endpoints = []gpt.Endpoint{{BaseURL: web.URL, Model: "m"}}
	got := answer(t, assistant(t, o), asks("Hi"))
	if got.Failed != talk.FailedEndpoint || got.Code != gpt.CodeMalformed {
		t.Errorf("%s, %s: %s", got.Failed, got.Code, got.Why)
	}
}

func TestBusyEndpointIsAskedAgainWhenItSays(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]string{"seconds": "1", "date": "", "none": "-"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gpttest.Start(t)
			least := time.Second
			switch after {
			case "":
				after = time.Now().Add(2 * time.Second).UTC().Format(http.TimeFormat) // of whole seconds
			case "-":
				after, least = "", 0
			}
			s.Script(gpttest.Busy(after), gpttest.Says("Two days."))
			begin := time.Now()
			got := answer(t, assistant(t, options(s)), asks("Hi"))
			if took := time.Since(begin); got.Text != "Two days." || got.Failed != "" || took < least {
				t.Errorf("%q, %s after %s", got.Text, got.Failed, took)
			}
			if got.Code != gpt.CodeBusy || got.Why == "" || got.Requests != 2 {
				t.Errorf("operators hear of %q: %s", got.Code, got.Why)
			}
		})
	}
}

func TestSecondEndpointAnswersInPlaceOfTheFirst(t *testing.T) {
	for name, reply := range map[string]gpttest.Reply{
		"wrong key": gpttest.WrongKey(), "broken": gpttest.Fails(500, "", ""), "silent": gpttest.Says("Late").Hold(0), "busy for long": gpttest.Busy("600"),
		"cut before anything was shown": gpttest.Reply{Pieces: []string{"Deli"}}.Cut(1), "empty": gpttest.Empty(), "malformed": gpttest.Malformed("Deli"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := gpttest.Start(t), gpttest.Start(t)
			first.Always(reply)
			second.Says("Two days.")
			o := options(first, second)
			o.Timeout = 4 * time.Second
			got := answer(t, assistant(t, o), asks("Hi"))
			if got.Text != "Two days." || got.Failed != "" || got.Endpoint != 1 || got.Why == "" {
				t.Errorf("%q of endpoint %d, %s (%s)", got.Text, got.Endpoint, got.Failed, got.Why)
			}
			if n := len(second.Requests()); n != 1 {
				t.Errorf("the second got %d requests", n)
			}
		})
	}
}

// An outage of the first endpoint is waited for by one visitor and not by all.
func TestFailingEndpointRests(t *testing.T) {
	for name, reply := range map[string]gpttest.Reply{"silent": gpttest.Says("Late").Hold(0), "wrong key": gpttest.WrongKey(), "no money": gpttest.NoMoney()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := gpttest.Start(t), gpttest.Start(t)
			first.Always(reply)
			second.Always(gpttest.Says("Two days."))
			o := options(first, second)
			o.Timeout = 4 * time.Second
			a, now := assistant(t, o), time.Now()
			a.SetNow(func() time.Time { return now })
			asked := func(endpoint, firstAsked int) {
				t.Helper()
				got := answer(t, a, asks("Hi"))
				if got.Text != "Two days." || got.Endpoint != endpoint || len(first.Requests()) != firstAsked {
					t.Errorf("%q of endpoint %d, the first was asked %d times (%s)", got.Text, got.Endpoint, len(first.Requests()), got.Why)
				}
			}
			asked(1, 1)
			asked(1, 1)
			now = now.Add(29 * time.Second)
			asked(1, 1)
			now = now.Add(2 * time.Second)
			asked(1, 2)

			// All rest: they are asked all the same, and who answers rests no longer.
			second.Always(gpttest.WrongKey())
			if got := answer(t, a, asks("Hi")); got.Failed == "" || got.Endpoint != 0 || len(first.Requests()) != 3 {
				t.Errorf("%q of endpoint %d, the first was asked %d times", got.Text, got.Endpoint, len(first.Requests()))
			}
			first.Always(gpttest.Says("Two days."))
			asked(0, 4)
			asked(0, 5)
		})
	}
}

func TestBusyEndpointDoesNotRest(t *testing.T) {
	t.Parallel()
	first, second := gpttest.Start(t), gpttest.Start(t)
	first.Script(gpttest.Busy("600"), gpttest.Says("One."))
	second.Says("Two.")
	a := assistant(t, options(first, second))
	if one, two := answer(t, a, asks("Hi")), answer(t, a, asks("Hi")); one.Text != "Two." || two.Text != "One." {
		t.Errorf("%q, then %q", one.Text, two.Text)
	}
}

// An answer that breaks off keeps what was shown of it; no other one is put behind it.
func TestCutAfterSomethingWasShown(t *testing.T) {
	for name, reply := range map[string]gpttest.Reply{
		"cut": gpttest.Says("Delivery takes two days").Cut(3), "without an end": {Pieces: []string{"Delivery", " takes", " two"}, Unended: true},
		"malformed": gpttest.Malformed("Delivery takes two"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := gpttest.Start(t), gpttest.Start(t)
			first.Always(reply)
			second.Always(gpttest.Says("No."))
			got := answer(t, assistant(t, options(first, second)), asks("Hi"))
			if got.Text != "Delivery takes" || got.Failed != talk.FailedEndpoint {
				t.Errorf("%q, %s", got.Text, got.Failed)
			}
			if n := len(first.Requests()) + len(second.Requests()); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestStallAfterSomethingWasShown(t *testing.T) {
	t.Parallel()
	s := gpttest.Start(t)
	s.Always(gpttest.Says("Delivery takes two days").Hold(3))
	o := options(s)
	o.Timeout = 3 * time.Second // for the first words too
	if got := answer(t, assistant(t, o), asks("Hi")); got.Text != "Delivery takes" || got.Code != gpt.CodeSlow {
		t.Errorf("%q, %s", got.Text, got.Code)
	}
}

// Slow is not stalled: the time is until the visitor has something.
func TestSlowAnswerIsShownToItsEnd(t *testing.T) {
	t.Parallel()
	s := gpttest.Start(t)
	s.Always(gpttest.Says(strings.TrimSpace(strings.Repeat("Two days. ", 5))).Slow(0, 500*time.Millisecond))
	o := options(s)
	o.Timeout = 3 * time.Second
	if got := answer(t, assistant(t, o), asks("Hi")); got.Failed != "" || !strings.HasSuffix(got.Text, "days. Two days.") {
		t.Errorf("%q, %s", got.Text, got.Why)
	}
}

// Who reads already gets the rest: a further round has its time, though the deadline
// until something is shown is over.
func TestFurtherRoundAfterTheDeadline(t *testing.T) {
	t.Parallel()
	s := gpttest.Start(t)
	looks := gpttest.Says("Well, I will look it up.").Calling("search_knowledge", `{"query":"delivery"}`).Slow(0, time.Second)
	s.Script(looks, gpttest.Says("Two days."))
	o := options(s)
	o.Timeout = 4 * time.Second // the first round takes longer, and waits less between two words
	shelf := &patientShelf{shelf: shopShelf()}
	shelf.tokens = 1 << 20
	o.Knowledge = shelf
	got := answer(t, assistant(t, o), asks("Hi"))
	if got.Failed != "" || got.Text != "Well, I will look it up.\n\nTwo days." {
		t.Errorf("%q, %s (%s)", got.Text, got.Failed, got.Why)
	}
	if left := shelf.left; left < time.Second {
		t.Errorf("the search has %s", left)
	}
}

// patientShelf keeps how long the last search might have taken.
type patientShelf struct {
	*shelf
	left time.Duration
}

func (s *patientShelf) Search(ctx context.Context, query string, n int) ([]knowledge.Passage, error) {
	deadline, _ := ctx.Deadline()
	s.left = time.Until(deadline)
	return s.shelf.Search(ctx, query, n)
}

func TestCancelledAnswerReturnsAtOnce(t *testing.T) {
	t.Parallel()
	for name, hold := range map[string]int{"before the first word": 0, "in mid-stream": 3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gpttest.Start(t)
			s.Always(gpttest.Says("Delivery takes two days").Hold(hold))
			o := options(s)
			o.Timeout = time.Minute
			a := assistant(t, o)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			shown := make(chan string, 10)
			done := make(chan gpt.Answer, 1)
			go func() { done <- a.Answer(ctx, asks("Hi"), func(s string) { shown <- s }) }()
			want := ""
			if hold > 0 {
				want = <-shown + <-shown
			}
			await(t, "the answer is held", func() bool { return s.Held() == 1 })
			cancel()
			got := <-done // though the endpoint is held still, and the timeout is long
			if got.Text != want || got.Failed != talk.FailedEndpoint || got.Code != gpt.CodeCancelled {
				t.Errorf("%q, %s, %s", got.Text, got.Failed, got.Code)
			}
			if got.Prompt < 200 || got.Prompt > 600 { // the endpoint has read it
				t.Errorf("its prompt is counted as %d tokens", got.Prompt)
			}
			await(t, "the endpoint hears of it", func() bool { return s.HungUp() == 1 })
		})
	}
}

// await waits until something holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	for !holds() {
		select {
		case <-time.After(2 * time.Millisecond):
		case <-deadline.C:
			t.Fatal("waited in vain: " + what)
		}
	}
}

func TestParametersThatAnEndpointDoesNotTake(t *testing.T) {
	t.Parallel()
	s := gpttest.Start(t)
	s.Script(
		gpttest.Fails(400, "unsupported_parameter", "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."),
		gpttest.Fails(400, "unsupported_value", "Unsupported value: 'temperature' does not support 0.3 with this model."),
		gpttest.Fails(400, "", "unknown field stream_options"),
		gpttest.Fails(400, "", "registry.ollama.ai/library/gemma:2b does not support tools"),
		gpttest.Says("One."), gpttest.Says("Two."),
	)
	o := options(s)
	temperature := 0.3
	o.Temperature, o.Tools.HandOver = &temperature, true
	a := assistant(t, o)
	if got := answer(t, a, asks("Hi")); got.Text != "One." || got.Why != "" {
		t.Errorf("%q, %s", got.Text, got.Why)
	}
	if got := answer(t, a, asks("Hi")); got.Text != "Two." || got.Requests != 1 {
		t.Errorf("%q after %d requests: nothing was learned", got.Text, got.Requests)
	}
	body := string(s.Last().Body)
	for _, key := range []string{`"max_tokens"`, `"temperature"`, `"stream_options"`, `"tools"`} {
		if strings.Contains(body, key) {
			t.Errorf("%s is sent still: %s", key, body)
		}
	}
	if !strings.Contains(body, `"max_completion_tokens":500`) {
		t.Errorf("the answer is not bounded: %s", body)
	}
}

func TestLongPromptIsSentAgainWithLess(t *testing.T) {
	t.Parallel()
	s := gpttest.Start(t)
	s.Script(gpttest.TooLong(), gpttest.Says("Two days."))
	d := asks("How long does delivery take?")
	for range 50 {
		d.Lines = append([]gpt.Line{{By: gpt.ByVisitor, Text: strings.Repeat("words ", 50)}}, d.Lines...)
	}
	got := answer(t, assistant(t, options(s)), d)
	requests := s.Requests()
	if got.Text != "Two days." || len(requests) != 2 || len(requests[1].Body)*2 > len(requests[0].Body) {
		t.Errorf("%q after %d requests", got.Text, len(requests))
	}
	if !strings.HasSuffix(requests[1].Asked(), "How long does delivery take?") {
		t.Errorf("the question was left out: %q", requests[1].Asked())
	}
}
