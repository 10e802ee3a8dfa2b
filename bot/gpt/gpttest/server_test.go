package gpttest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
)

// call sends a request and returns its status and body.
func call(t *testing.T, method, address, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer sk-1")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(got)
}

const asks = `{"model":"m","messages":[{"role":"user","content":"Hi"}]}`

func TestControlDoor(t *testing.T) {
	s := gpttest.Start(t)
	door := strings.TrimSuffix(s.URL, "/v1") + "/gpttest"
	completions := s.URL + "/chat/completions"
	for _, c := range []struct {
		method, address, body string
		status                int
		says                  string
	}{
		{"POST", completions, asks, 400, "Nothing is scripted"},
		{"POST", door + "/script", `[{"pieces":["One","."]},{"status":429,"code":"busy","retry_after":"1"}]`, 204, ""},
		{"POST", door + "/always", `{"pieces":["More"]}`, 204, ""},
		{"POST", completions, asks, 200, `"content":"One."`},
		{"POST", completions, asks, 429, `"code":"busy"`},
		{"POST", completions, asks, 200, `"content":"More"`},
		{"POST", completions, `{"stream":true,"messages":[]}`, 200, "data: [DONE]\n\n"},
		{"GET", door + "/requests", "", 200, `"key":"sk-1"`},
		{"POST", door + "/script", `[{"peices":[]}]`, 400, "unknown field"},
		{"POST", completions, `{`, 400, "unexpected end"},
		{"DELETE", door, "", 204, ""},
		{"GET", door + "/requests", "", 200, "[]"},
		{"POST", door + "/release", "", 204, ""},
		{"GET", door + "/other", "", 404, "no such control"},
		{"GET", s.URL + "/models", "", 200, "gpttest"},
		{"GET", s.URL + "/other", "", 404, "Unknown request URL"},
	} {
		status, body := call(t, c.method, c.address, c.body)
		if status != c.status || !strings.Contains(body, c.says) {
			t.Errorf("%s %s %s: %d %s; want %d %s", c.method, c.address, c.body, status, body, c.status, c.says)
		}
	}
}

func TestEmbeddings(t *testing.T) {
	s := gpttest.Start(t)
	status, body := call(t, http.MethodPost, s.URL+"/embeddings", `{"model":"m","input":["доставка в Москву","доставку по Москве","a teapot"]}`)
	var answer struct {
		Data []struct {
			Index     int       `json:"index"`
			Embedding []float64 `json:"embedding"`
		} `json:"data"`
	}
	if err := json.NewDecoder(bytes.NewReader([]byte(body))).Decode(&answer); err != nil || status != 200 || len(answer.Data) != 3 {
		t.Fatal(status, body, err)
	}
	near := func(a, b []float64) (sum float64) {
		for i := range a {
			sum += a[i] * b[i]
		}
		return sum
	}
	one, two, three := answer.Data[0].Embedding, answer.Data[1].Embedding, answer.Data[2].Embedding
	if math.Abs(near(one, one)-1) > 1e-5 || near(one, two) < 0.5 || near(one, three) > 0.3 {
		t.Errorf("%f to itself, %f to the same words, %f to others", near(one, one), near(one, two), near(one, three))
	}
	s.Embeddings(func(r gpttest.Request) gpttest.Reply { return gpttest.Fails(503, "", strings.Join(r.Input, "+")) })
	if status, body := call(t, http.MethodPost, s.URL+"/embeddings", `{"input":"x"}`); status != 503 || !strings.Contains(body, `"x"`) {
		t.Errorf("%d %s", status, body)
	}
}

func TestPiecesAreTheText(t *testing.T) {
	for text, n := range map[string]int{"": 0, "a": 1, "One two\nthree": 3, " a": 1, "Чай и кофе": 3} {
		if r := gpttest.Says(text); r.Text() != text || len(r.Pieces) != n {
			t.Errorf("%q: %q", text, r.Pieces)
		}
	}
}
