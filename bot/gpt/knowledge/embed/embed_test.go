package embed_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot/gpt/knowledge/embed"
	"github.com/anteroom-chat/anteroom/bot/gpt/reach"
)

// server answers /v1/embeddings as told, and keeps what it was asked.
type server struct {
	*httptest.Server
	mu     sync.Mutex
	asked  [][]string
	answer func(w http.ResponseWriter, r *http.Request, input []string)
}

func serve(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, input []string)) *server {
	t.Helper()
	s := &server{answer: answer}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct {
			Model string   `json:"model"`
			Input []string `json:"input"`
		}
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/embeddings" || request.Model != "small" || r.Header.Get("Authorization") != "Bearer secret" {
			t.Errorf("an odd request: %s %s %v %+v", r.Method, r.URL, err, request)
		}
		s.mu.Lock()
		s.asked = append(s.asked, request.Input)
		answer := s.answer
		s.mu.Unlock()
		answer(w, r, request.Input)
	}))
	t.Cleanup(s.Close)
	return s
}

// taken is what was asked since the last time.
func (s *server) taken() [][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}

func (s *server) now(answer func(w http.ResponseWriter, r *http.Request, input []string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *server) options() embed.Options {
	return embed.Options{BaseURL: s.URL + "/v1", Key: "secret", Model: "small", Batch: 2, Wait: time.Millisecond}
}

// lengths answers with vectors that tell the texts apart, in the wrong order.
func lengths(size int) func(w http.ResponseWriter, r *http.Request, input []string) {
	return func(w http.ResponseWriter, _ *http.Request, input []string) {
		var data []map[string]any
		for i, text := range input {
			v := make([]float64, size)
			v[0], v[size-1] = 1, float64(len(text))
			data = append(data, map[string]any{"object": "embedding", "index": i, "embedding": v})
		}
		slices.Reverse(data)
		_ = json.NewEncoder(w).Encode(map[string]any{"object": "list", "data": data, "model": "small"})
	}
}

func refuse(status int) func(w http.ResponseWriter, r *http.Request, input []string) {
	return func(w http.ResponseWriter, _ *http.Request, _ []string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"error":{"message":"no","type":"x","code":"y"}}`)
	}
}

func TestPassages(t *testing.T) {
	s := serve(t, lengths(3))
	o := s.options()
	o.PassagePrefix, o.QuestionPrefix = "passage: ", "query: "
	e := embed.New(o)
	vectors, err := e.Passages(t.Context(), []string{"a", "bb", "ccc"})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range vectors {
		if length := float64(v[0]*v[0] + v[1]*v[1] + v[2]*v[2]); math.Abs(length-1) > 1e-6 {
			t.Errorf("the length of a vector is %f", length)
		}
		if want := float32(len("passage: ") + i + 1); math.Abs(float64(v[2]/v[0]-want)) > 1e-4 {
			t.Errorf("passage %d has the vector of another: %v", i, v)
		}
	}
	if got, want := fmt.Sprint(s.taken()), "[[passage: a passage: bb] [passage: ccc]]"; got != want {
		t.Errorf("asked %s, want %s", got, want)
	}
	if _, err := e.Passages(t.Context(), []string{"ccc", "dddd", "a"}); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(s.taken()), "[[passage: dddd]]"; got != want {
		t.Errorf("asked %s, want %s", got, want)
	}
	if _, err := e.Passages(t.Context(), []string{"bb"}); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(s.taken()), "[[passage: bb]]"; got != want {
		t.Errorf("what was dropped is still kept: asked %s", got)
	}
	for range 2 {
		if _, err := e.Question(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := fmt.Sprint(s.taken()), "[[query: a]]"; got != want {
		t.Errorf("asked %s, want %s", got, want)
	}
}

func TestRepeated(t *testing.T) {
	s := serve(t, nil)
	for _, c := range []struct{ status, want int }{{429, 2}, {500, 2}, {503, 2}, {408, 2}, {401, 1}, {404, 1}, {400, 1}} {
		failed := false
		s.now(func(w http.ResponseWriter, r *http.Request, input []string) {
			if !failed {
				failed = true
				refuse(c.status)(w, r, input)
				return
			}
			lengths(3)(w, r, input)
		})
		_, err := embed.New(s.options()).Passages(t.Context(), []string{"a"})
		if got := len(s.taken()); got != c.want || (err == nil) != (c.want == 2) {
			t.Errorf("%d: asked %d times, want %d: %v", c.status, got, c.want, err)
		}
	}
	s.now(refuse(500))
	if _, err := embed.New(s.options()).Passages(t.Context(), []string{"a"}); err == nil || len(s.taken()) != 5 {
		t.Errorf("it gives up at another time: %v", err)
	}
}

// TestHalf keeps what came before the endpoint failed for good.
func TestHalf(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request, input []string) {
		if input[0] == "c" {
			refuse(400)(w, r, input)
			return
		}
		lengths(3)(w, r, input)
	})
	e := embed.New(s.options())
	texts := []string{"a", "b", "c"}
	if _, err := e.Passages(t.Context(), texts); err == nil {
		t.Fatal("no error")
	}
	s.taken()
	s.now(lengths(3))
	if _, err := e.Passages(t.Context(), texts); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(s.taken()); got != "[[c]]" {
		t.Errorf("asked %s", got)
	}
}

func TestGivenUp(t *testing.T) {
	s := serve(t, refuse(500))
	ctx, cancel := context.WithCancel(t.Context())
	s.now(func(w http.ResponseWriter, r *http.Request, input []string) {
		refuse(500)(w, r, input)
		cancel()
	})
	o := s.options()
	o.Wait = time.Hour
	if _, err := embed.New(o).Passages(ctx, []string{"a"}); err == nil || len(s.taken()) != 1 {
		t.Errorf("got %v", err)
	}
}

// TestOtherModel gets longer vectors from one day to the next.
func TestOtherModel(t *testing.T) {
	s := serve(t, lengths(3))
	e := embed.New(s.options())
	if _, err := e.Passages(t.Context(), []string{"a", "b"}); err != nil {
		t.Fatal(err)
	}
	s.now(lengths(5))
	vectors, err := e.Passages(t.Context(), []string{"a", "b", "c"})
	if err != nil || len(vectors[0]) != 5 || len(vectors[2]) != 5 {
		t.Errorf("got %v, %v", vectors, err)
	}
	turn := 3
	s.now(func(w http.ResponseWriter, r *http.Request, input []string) {
		turn++
		lengths(turn)(w, r, input)
	})
	if _, err := embed.New(s.options()).Passages(t.Context(), []string{"a", "b", "c"}); err == nil || !strings.Contains(err.Error(), "different lengths") {
		t.Errorf("got %v", err)
	}
}

func TestOddAnswers(t *testing.T) {
	s := serve(t, nil)
	for _, c := range []struct{ body, want string }{
		{`{"data":[]}`, "another number"},
		{`{"data":[{"index":0,"embedding":[1]}]}`, "another number"},
		{`{"data":[{"index":1,"embedding":[1]},{"index":1,"embedding":[1]}]}`, "another number"},
		{`{"data":[{"index":0,"embedding":[1]},{"index":2,"embedding":[1]}]}`, "another number"},
		{`{"data":[{"index":-1,"embedding":[1]},{"index":1,"embedding":[1]}]}`, "another number"},
		{`{"data":[{"index":0,"embedding":[]},{"index":1,"embedding":[1]}]}`, "is empty"},
		{`{"data":[{"index":0,"embedding":[0,0]},{"index":1,"embedding":[1]}]}`, "is empty"},
		{`{"data":[{"index":0,"embedding":[1` + strings.Repeat(",1", 1<<14) + `]},{"index":1,"embedding":[1]}]}`, "is empty"},
		{`{"data":[{"index":0,"embedding":[1e999]},{"index":1,"embedding":[1]}]}`, "no answer"},
		{`{"data":[{"index":0,"embedding":[1,2]},{"index":1,"embedding":[1]}]}`, "different lengths"},
		{`<html>`, "no answer"},
		{`{"data":`, "ended before"},
		{``, "ended before"},
	} {
		s.now(func(w http.ResponseWriter, _ *http.Request, _ []string) { _, _ = w.Write([]byte(c.body)) })
		_, err := embed.New(s.options()).Passages(t.Context(), []string{"a", "b"})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60s: got %v, want %s", c.body, err, c.want)
		}
	}
	s.now(func(w http.ResponseWriter, _ *http.Request, _ []string) {
		_, _ = w.Write([]byte(`{"data":[{"embedding":[1,0]},{"embedding":[0,1]}]}`))
	})
	if v, err := embed.New(s.options()).Passages(t.Context(), []string{"a", "b"}); err != nil || v[0][0] != 1 || v[1][1] != 1 {
		t.Errorf("without numbers: %v, %v", v, err)
	}
}

// TestResting waits for no endpoint twice that does not answer, whoever sets the time.
func TestResting(t *testing.T) {
	for name, limit := range map[string]time.Duration{"by the options": time.Minute, "by the caller": 20 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(_ http.ResponseWriter, r *http.Request, _ []string) { <-r.Context().Done() })
			o := s.options()
			o.QuestionTimeout, o.Rest = time.Minute+20*time.Millisecond-limit, time.Hour
			told := 0
			o.Failed = func(error) { told++ }
			e := embed.New(o)
			ctx, cancel := context.WithTimeoutCause(t.Context(), limit, reach.ErrSlow)
			defer cancel()
			_, err := e.Question(ctx, "a")
			if f, ok := errors.AsType[*reach.Fault](err); !ok || f.Code != reach.Slow {
				t.Errorf("got %v", err)
			}
			s.now(lengths(3))
			if _, err := e.Question(t.Context(), "b"); !errors.Is(err, embed.ErrResting) {
				t.Errorf("got %v", err)
			}
			if told != 1 {
				t.Errorf("the failure is told of %d times", told)
			}
			if got := fmt.Sprint(s.taken()); strings.Contains(got, "b") { // the first may not have come in its time
				t.Errorf("asked %s while it rests", got)
			}
		})
	}
}

func TestRestIsOver(t *testing.T) {
	s := serve(t, refuse(500))
	o := s.options()
	o.Rest = time.Nanosecond
	e := embed.New(o)
	if _, err := e.Question(t.Context(), "a"); err == nil {
		t.Error("no error")
	}
	s.now(lengths(3))
	if _, err := e.Question(t.Context(), "a"); err != nil {
		t.Errorf("it rests for too long: %v", err)
	}
}

// TestNothingOfTheEndpointsWordsIsTold: they end in the log.
func TestNothingOfTheEndpointsWordsIsTold(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request, _ []string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprintf(w, `{"error":{"message":"bad key %s","type":"x"}}`, r.Header.Get("Authorization"))
	})
	_, questionErr := embed.New(s.options()).Question(t.Context(), "a")
	_, passageErr := embed.New(s.options()).Passages(t.Context(), []string{"a"})
	for _, err := range []error{questionErr, passageErr} {
		if err == nil || strings.Contains(fmt.Sprintf("%v %+v", err, err), "secret") || !strings.Contains(err.Error(), "it does not accept the key (401)") {
			t.Errorf("got %v", err)
		}
	}
}

// TestNoRedirectionIsFollowed: it would take the key and the texts elsewhere.
func TestNoRedirectionIsFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirection is followed") }))
	t.Cleanup(elsewhere.Close)
	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request, _ []string) { http.Redirect(w, r, elsewhere.URL, status) })
		if _, err := embed.New(s.options()).Question(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), "leads elsewhere") {
			t.Errorf("%d: got %v", status, err)
		}
	}
}

// TestAzure has its own path, version and header.
func TestAzure(t *testing.T) {
	var got string
	azure := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = fmt.Sprintf("%s %q %q", r.URL, r.Header.Get("Api-Key"), r.Header.Get("Authorization"))
		lengths(3)(w, r, []string{"a"})
	}))
	t.Cleanup(azure.Close)
	o := embed.Options{BaseURL: azure.URL + "?api-version=2024-10-21", Key: "secret", Model: "small"}
	if _, err := embed.New(o).Question(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	if want := `/openai/deployments/small/embeddings?api-version=2024-10-21 "secret" ""`; got != want {
		t.Errorf("asked %s, want %s", got, want)
	}
}

// TestLeft checks that a visitor who leaves says nothing of the endpoint.
func TestLeft(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(_ http.ResponseWriter, r *http.Request, _ []string) {
		cancel()
		<-r.Context().Done()
	})
	o := s.options()
	o.QuestionTimeout = time.Minute
	e := embed.New(o)
	if _, err := e.Question(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	s.now(lengths(3))
	if _, err := e.Question(t.Context(), "a"); err != nil {
		t.Errorf("got %v", err)
	}
}

// TestManyQuestions remembers the last ones, and not all for ever.
func TestManyQuestions(t *testing.T) {
	s := serve(t, lengths(3))
	e := embed.New(s.options())
	for i := range 300 {
		if _, err := e.Question(t.Context(), fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	s.taken()
	for _, c := range []struct {
		question string
		asked    int
	}{{"299", 0}, {"100", 0}, {"1", 1}} {
		if _, err := e.Question(t.Context(), c.question); err != nil {
			t.Fatal(err)
		}
		if got := len(s.taken()); got != c.asked {
			t.Errorf("question %s was asked %d times, want %d", c.question, got, c.asked)
		}
	}
}
