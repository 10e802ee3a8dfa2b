package dialog

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// A request carries its secrets and a key that is the same when it is made again,
// and its outcome is heard once.
func TestARequestIsMade(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	var keys []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		_, _ = fmt.Fprintf(w, "%s %s %s %s", r.Method, r.Header.Get("Authorization"), r.Header.Get("Content-Type"), body)
	}))
	t.Cleanup(server.Close)
	c.says(t, "client-1", "Hi")
	next := c.begun(t)
	text := func(s string) talk.Spliced { return talk.Spliced{{Text: s}} }
	next.actions = []talk.Action{
		talk.Request{
			ID: "r1", Method: "POST", URL: text(server.URL), Type: "text/plain", Body: text("tea"), Timeout: time.Second,
			Headers: map[string]talk.Spliced{"Authorization": {{Text: "Bearer "}, {Secret: "token"}}},
		},
		talk.Request{ID: "r2", Method: "GET", URL: text("http://10.0.0.1/"), Timeout: time.Second},
		talk.Request{ID: "r3", Method: "GET", URL: talk.Spliced{{Secret: "unknown"}}},
	}
	must(t, c.commit(t.Context(), next))
	take := func() []store.BotRequest {
		t.Helper()
		taken, _, err := c.store.TakeBotRequests(t.Context(), now(), requestLease, store.RequestShare{Limit: 10, Site: 10})
		must(t, err)
		return taken
	}
	for range 3 {
		taken := take()
		if again := take(); len(again) > 0 || len(taken) != 1 {
			t.Fatalf("taken %d, then %d", len(taken), len(again))
		}
		r := taken[0]
		_, err := c.ask(t.Context(), r) // made, and not recorded: the process ended there
		if (err == nil) != (r.ID == "r1") {
			t.Errorf("%s: %v", r.ID, err)
		}
		c.makeRequest(t.Context(), r)
		c.makeRequest(t.Context(), r) // somebody else's is not heard twice
	}
	if len(keys) != 3 || keys[0] == "" || keys[1] != keys[0] || keys[2] != keys[0] {
		t.Errorf("the keys are %q", keys)
	}
	outcomes := map[string]talk.Response{}
	for len(outcomes) < 3 {
		next := c.begun(t)
		if next.in.Event.Kind == talk.Responded {
			outcomes[next.in.Event.Request] = *next.in.Event.Response
		}
		must(t, c.commit(t.Context(), next))
	}
	if none, err := c.nextTurn(t.Context(), c.in.Visitor); err != nil || none != nil {
		t.Errorf("more is heard: %+v, %v", none, err)
	}
	if got := outcomes["r1"]; got.Status != 200 || got.Body != "POST Bearer hush text/plain tea" {
		t.Errorf("the answer is %+v", got)
	}
	if f := outcomes["r2"].Fault; !strings.Contains(f, "not a public address") {
		t.Errorf("a private address: %q", f)
	}
	if f := outcomes["r3"].Fault; f != "the config has no secret unknown" {
		t.Errorf("an unknown secret: %q", f)
	}
}
