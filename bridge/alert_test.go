package bridge_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"maunium.net/go/mautrix/event"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail/mailtest"
)

const hookSecret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=" // #nosec G101 -- of a test

// hook is a server of others that is told of events.
type hook struct {
	url string
	mu  sync.Mutex
	got []map[string]any
}

func startHook(t *testing.T) *hook {
	t.Helper()
	verifier, err := standardwebhooks.NewWebhook(hookSecret)
	if err != nil {
		t.Fatal(err)
	}
	h := &hook{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := verifier.Verify(body, r.Header); err != nil {
			t.Errorf("the signature: %v", err)
			w.WriteHeader(http.StatusForbidden)
			return
		}
		var told map[string]any
		if err := json.Unmarshal(body, &told); err != nil {
			t.Errorf("%s: %v", body, err)
		}
		h.mu.Lock()
		h.got = append(h.got, told)
		h.mu.Unlock()
	}))
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

func (h *hook) has(kind string) map[string]any {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, told := range h.got {
		if told["type"] == kind {
			return told
		}
	}
	return nil
}

// kinds are those of all that it was told.
func (h *hook) kinds() (kinds []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, told := range h.got {
		kinds = append(kinds, fmt.Sprint(told["type"]))
	}
	return kinds
}

// Who writes is announced in the desk's room, by mail and by webhook, at once
// and again when nobody answers; operators who are there are rung.
func TestOperatorsAreAlerted(t *testing.T) {
	t.Parallel() // it waits for most of its time
	post, hook := mailtest.Start(t, mailtest.Options{}), startHook(t)
	s := bridgetest.Start(t, bridgetest.Options{
		Gateway: fmt.Sprintf("mail: {host: 127.0.0.1, port: %d, security: none, from: \"Shop chat <chat@example.com>\"}\noutward: [127.0.0.1]\n", post.Port),
		Site: fmt.Sprintf(`    alerts:
      unanswered_after: 10s
      emails: [ann@example.com]
      webhook: {url: "%s", secret: "%s"}
`, hook.url, hookSecret),
	})
	anna := s.Operator(t)
	desk := anna.Desk(t)
	v := s.Visitor().MustConnect(t)
	v.Acked(t, v.Say("Is <b>green</b> tea in stock?"))
	rings := func(words string) *event.Event {
		t.Helper()
		return anna.Event(t, desk, words, func(e *event.Event) bool { return strings.Contains(bridgetest.Body(e), words) })
	}
	first := rings("wrote for the first time")
	if users := fmt.Sprint(path(content(first), "m.mentions", "user_ids")); users != "[@anna:localhost]" || path(content(first), "msgtype") != "m.text" {
		t.Errorf("the announcement rings %s as %v", users, path(content(first), "msgtype"))
	}
	mailed := func(words string) mailtest.Received {
		t.Helper()
		var found mailtest.Received
		bridgetest.Await(t, "the mail: "+words, func() bool {
			for _, m := range post.Mails() {
				if strings.Contains(m.Header("Subject"), words) {
					found = m
					return true
				}
			}
			return false
		})
		return found
	}
	if m := mailed("wrote"); m.To[0] != "ann@example.com" || !strings.Contains(m.Raw, "green") {
		t.Errorf("the mail is\n%s", m.Raw)
	}
	bridgetest.Await(t, "the webhook is told", func() bool { return hook.has("dialog.opened") != nil })
	told := hook.has("dialog.opened")
	if path(told, "data", "text") != "Is <b>green</b> tea in stock?" || path(told, "data", "visitor", "number") != 1.0 {
		t.Errorf("the webhook is told %v", told)
	}
	rings("has been waiting for an answer")
	mailed("is waiting for an answer")
	bridgetest.Await(t, "the webhook is told again", func() bool { return hook.has("dialog.unanswered") != nil })
	// Who is away is not rung.
	answers(t, anna, desk, "!away")
	other := s.Visitor().MustConnect(t)
	other.Acked(t, other.Say("Anybody?"))
	quiet := rings("Anybody?")
	if path(content(quiet), "msgtype") != "m.notice" || path(content(quiet), "m.mentions", "user_ids") != nil {
		t.Errorf("somebody who is away is rung: %s", quiet.Content.VeryRaw)
	}
}

// Outside of the opening hours nobody is rung, and mails go out all the same.
func TestNobodyIsRungWhenTheSiteIsClosed(t *testing.T) {
	t.Parallel()
	post := mailtest.Start(t, mailtest.Options{})
	s := bridgetest.Start(t, bridgetest.Options{
		Gateway: fmt.Sprintf("mail: {host: 127.0.0.1, port: %d, security: none, from: chat@example.com}\n", post.Port),
		Site: `    opening_hours:
      mon-sun: 00:00-24:00
      holidays: [{from: 2020-01-01, to: 2020-12-31}, {from: 2026-01-01, to: 2026-12-31}, {from: 2027-01-01, to: 2027-12-31}, {from: 2028-01-01, to: 2028-12-31}]
    alerts: {emails: [ann@example.com]}
`,
	})
	anna := s.Operator(t)
	desk := anna.Desk(t)
	v := s.Visitor().MustConnect(t)
	v.Acked(t, v.Say("Hello in the night"))
	said := anna.Event(t, desk, "the announcement", func(e *event.Event) bool { return strings.Contains(bridgetest.Body(e), "Hello in the night") })
	if path(content(said), "msgtype") != "m.notice" {
		t.Errorf("somebody is rung: %s", said.Content.VeryRaw)
	}
	bridgetest.Await(t, "the mail", func() bool { return len(post.Mails()) == 1 })
}
