package knowledge_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot/gpt/knowledge"
	"github.com/anteroom-chat/anteroom/bot/gpt/knowledge/embed"
)

// meanings are what the test's model knows: words that mean the same.
func meanings() [][]string {
	return [][]string{
		{"broken", "pieces", "wtf", "shards"}, {"return", "send back", "вернуть"}, {"cheap", "price", "cost"}, {"parcel", "post", "посылк"},
	}
}

// model is a server with embeddings that tell which of the meanings a text has.
func model(t *testing.T, asked *atomic.Int32) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		var request struct {
			Input []string `json:"input"`
		}
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			t.Error(err)
		}
		var data []map[string]any
		for i, text := range request.Input {
			v := make([]float64, len(meanings())+1)
			v[len(meanings())] = 0.1
			for m, words := range meanings() {
				for _, word := range words {
					v[m] += float64(strings.Count(strings.ToLower(text), word))
				}
			}
			data = append(data, map[string]any{"index": i, "embedding": v})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
	}))
	t.Cleanup(s.Close)
	return s
}

func ids(found []knowledge.Passage) string {
	var all []string
	for _, p := range found {
		all = append(all, p.ID)
	}
	return strings.Join(all, " ")
}

// TestFused finds by meaning what has none of the question's words, by words what
// the model knows nothing of, and does with words when the endpoint is down.
func TestFused(t *testing.T) {
	var asked atomic.Int32
	server := model(t, &asked)
	plain := loaded(t, folder(
		"en/a.md", "# Broken in transit\nPhotograph the shards.\n# How to send something back\nPrint the label.\n# Prices\nEach has its cost.\n# Gaiwan\n110 ml.\n",
		"ru/b.md", "# Посылка\nИдёт неделю.\n",
	))
	e := embed.New(embed.Options{BaseURL: server.URL, Model: "m", Rest: time.Hour})
	base, err := plain.Embed(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	const shattered = "everything came in pieces wtf"
	if found, err := plain.Search(t.Context(), shattered, 3); err != nil || ids(found) != "" {
		t.Errorf("words alone find %s, %v", ids(found), err)
	}
	for _, c := range []struct{ question, want string }{
		{shattered, "en/a#broken-in-transit"},
		{"how many ml has a gaiwan", "en/a#gaiwan"},
		{"can it be cheap", "en/a#prices"},
	} {
		found, err := base.Search(t.Context(), c.question, 1)
		if err != nil || ids(found) != c.want {
			t.Errorf("%q finds %s, %v", c.question, ids(found), err)
		}
	}
	if found, err := base.For("ru").Search(t.Context(), shattered, 5); err != nil || ids(found) != "ru/b#посылка" {
		t.Errorf("the view of a language finds %s, %v", ids(found), err)
	}
	before := asked.Load()
	if _, err := plain.Embed(t.Context(), e); err != nil || asked.Load() != before {
		t.Errorf("what is known is asked again: %v", err)
	}
	server.Close()
	for _, resting := range []bool{false, true} {
		found, err := base.Search(t.Context(), "which ml has the gaiwan", 1)
		if ids(found) != "en/a#gaiwan" || err == nil || errors.Is(err, embed.ErrResting) != resting {
			t.Errorf("without the endpoint: %s, %v", ids(found), err)
		}
	}
	if with, err := loaded(t, folder("c.md", "New.")).Embed(t.Context(), embed.New(embed.Options{BaseURL: server.URL, Wait: 1})); with != nil || err == nil {
		t.Errorf("got %v, %v", with, err)
	}
}

// TestPublic: whatever the search of a language finds is public, also what it falls
// back on.
func TestPublic(t *testing.T) {
	base := loaded(t, folder("en/a.md", "# Gaiwan\n110 ml.\n", "ru/b.md", "# Посылка\nИдёт неделю.\n"))
	view := base.For("ru")
	found, err := view.Search(t.Context(), "gaiwan", 3)
	if err != nil || ids(found) != "en/a#gaiwan" || ids(view.All()) != "ru/b#посылка" {
		t.Fatalf("of %s there is found %s, %v", ids(view.All()), ids(found), err)
	}
	if public := ids(view.Public()); public != "en/a#gaiwan ru/b#посылка" {
		t.Errorf("public is %s", public)
	}
}

// TestAddresses does not take words of addresses for words of a text.
func TestAddresses(t *testing.T) {
	base := loaded(t, folder("a.md", "# A\nSee [the page](https://shop.example/help/refund) or https://shop.example/voucher.\n# B\nOther.\n"))
	for question, want := range map[string]string{"help": "", "refund": "", "voucher": "", "shop": "", "page": "a#a"} {
		if found, err := base.Search(t.Context(), question, 3); err != nil || ids(found) != want {
			t.Errorf("%q finds %s, %v", question, ids(found), err)
		}
	}
}

// TestOtherLength has vectors of a question that do not fit the passages' any more.
func TestOtherLength(t *testing.T) {
	var size atomic.Int32
	size.Store(2)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		v := make([]int, size.Load())
		v[0] = 1
		_ = json.NewEncoder(w).Encode(map[string]any{"data": []any{map[string]any{"embedding": v}}})
	}))
	t.Cleanup(server.Close)
	base, err := loaded(t, folder("a.md", "Post.")).Embed(t.Context(), embed.New(embed.Options{BaseURL: server.URL}))
	if err != nil {
		t.Fatal(err)
	}
	size.Store(3)
	if found, err := base.Search(t.Context(), "post", 1); ids(found) != "a" || err == nil {
		t.Errorf("got %s, %v", ids(found), err)
	}
}
