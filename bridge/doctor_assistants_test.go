package bridge_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
)

// modelsBehindAKey is an endpoint that wants "model-key", and beside it, under other
// paths, what else may stand at an address that somebody mistyped. Nobody may ask it for
// what costs.
func modelsBehindAKey(t *testing.T) (url string) {
	t.Helper()
	model := gpttest.New()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := func(status int, body string) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
		switch door, _, _ := strings.Cut(r.URL.Path[1:], "/"); {
		case r.Method != http.MethodGet:
			t.Errorf("the endpoint was asked to %s %s", r.Method, r.URL)
		case door == "page":
			answer(http.StatusOK, "<!doctype html><title>Welcome</title>")
		case door == "broken":
			answer(http.StatusBadGateway, "upstream")
		case door == "poor":
			answer(http.StatusTooManyRequests, `{"error":{"message":"You exceeded your quota","code":"insufficient_quota"}}`)
		case door == "narrow":
			answer(http.StatusForbidden, `{"error":{"message":"Missing scopes: api.model.read"}}`)
		case r.Header.Get("Authorization") != "Bearer model-key":
			answer(http.StatusUnauthorized, `{"error":{"message":"Incorrect API key provided: wrong-key","code":"invalid_api_key"}}`)
		default:
			model.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// endpoints has the doctor look at assistants whose endpoint is not as it should be.
func endpoints(t *testing.T, p patient, url string) {
	away := fmt.Sprintf("http://127.0.0.1:%d", dendritetest.Port(t))
	for _, c := range []struct {
		name, from, to string
		faults         []string
		note           string
	}{
		{"has another key", "api_key: model-key", "api_key: wrong-key", []string{"assistants.key: endpoints[0] cannot be asked for its models: it does not accept the key (401). Correct its api_key"}, ""},
		{"is away", url + "/v1", away + "/v1", []string{"assistants.unreachable: See whether base_url is right"}, ""},
		{"is a page", url + "/v1", url + "/page", []string{"assistants.other_program: Correct base_url"}, ""},
		{"is broken", url + "/v1", url + "/broken", []string{"assistants.fails: it answered 502"}, ""},
		{"is not paid", url + "/v1", url + "/poor", []string{"assistants.quota: no money left"}, ""},
		{"keeps its models", url + "/v1", url + "/narrow", nil, "assistants.untold"},
		{"has another model", "model: gpttest", "model: gpttest-2", nil, "assistants.model"},
	} {
		path := p.altered(t, c.from, c.to)
		t.Run(c.name, func(t *testing.T) {
			d := p.doctor(t, "-c", path)
			if d.expect(t, c.faults...); c.note != "" && !d.has("note "+c.note) {
				t.Errorf("it does not say %s: %v", c.note, d.findings)
			}
			for _, text := range d.findings {
				if strings.Contains(text, "wrong-key") {
					t.Errorf("the key is told: %s", text)
				}
			}
		})
	}
}
