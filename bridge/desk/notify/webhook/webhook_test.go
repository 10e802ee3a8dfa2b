package webhook_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/anteroom-chat/anteroom/bridge/desk/notify/webhook"
	"github.com/anteroom-chat/anteroom/bridge/outward"
)

// The secret of the specification's own examples.
const known = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func secret(t *testing.T, text string) webhook.Secret {
	t.Helper()
	s, err := webhook.ParseSecret(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sender posts to loopback.
func sender(t *testing.T, now func() time.Time) *webhook.Sender {
	t.Helper()
	list, err := outward.ParseAllowList([]string{"127.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	client := outward.New(outward.Options{Allow: list, Timeout: 2 * time.Second})
	t.Cleanup(client.Close)
	return webhook.New(client, now)
}

// endpoint records what it is posted and answers as it is told.
type endpoint struct {
	*httptest.Server
	mu     sync.Mutex
	got    []posted
	answer http.HandlerFunc
}

type posted struct {
	header http.Header
	body   []byte
}

func start(t *testing.T, answer http.HandlerFunc) *endpoint {
	t.Helper()
	e := &endpoint{answer: answer}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e.mu.Lock()
		e.got = append(e.got, posted{r.Header, body})
		e.mu.Unlock()
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.UserAgent() != "Anteroom" {
			t.Errorf("%s of %s by %s", r.Method, r.Header.Get("Content-Type"), r.UserAgent())
		}
		e.answer(w, r)
	}))
	t.Cleanup(e.Close)
	return e
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func event() webhook.Event {
	return webhook.Event{
		ID: "abcdefghijklmnopqrstuvwxyz", Type: "dialog.opened", At: time.Date(2026, 3, 14, 9, 26, 53, 589793000, time.FixedZone("", 3*3600)),
		Data: json.RawMessage(`{"words": "Есть <чай>?"}`),
	}
}

func TestEndpointCanVerifyWhatItIsPosted(t *testing.T) {
	e := start(t, status(http.StatusNoContent))
	if err := sender(t, nil).Send(t.Context(), webhook.Endpoint{URL: e.URL, Secrets: []webhook.Secret{secret(t, known)}}, event()); err != nil {
		t.Fatal(err)
	}
	receiver, err := standardwebhooks.NewWebhook(known)
	if err != nil {
		t.Fatal(err)
	}
	got := e.got[0]
	if err := receiver.Verify(got.body, got.header); err != nil {
		t.Errorf("the specification's own library: %v", err)
	}
	if err := receiver.Verify(append(got.body, ' '), got.header); err == nil {
		t.Error("a changed body has the same signature")
	}
	if id := got.header.Get("webhook-id"); id != event().ID {
		t.Errorf("the id is %q", id)
	}
	var body map[string]any
	if err := json.Unmarshal(got.body, &body); err != nil {
		t.Fatal(err)
	}
	if len(body) != 3 || body["type"] != "dialog.opened" || body["timestamp"] != "2026-03-14T06:26:53.589793Z" ||
		fmt.Sprint(body["data"]) != "map[words:Есть <чай>?]" {
		t.Errorf("the body is %s", got.body)
	}
}

// The example of the specification's reference library: the same secret, id,
// time and body must give the same signature. The body has our form, so the
// signature was computed apart with: openssl dgst -sha256 -mac HMAC.
func TestSignatureIsTheOneThatOthersCompute(t *testing.T) {
	e := start(t, status(http.StatusOK))
	at := time.Unix(1614265330, 0)
	err := sender(t, func() time.Time { return at }).Send(t.Context(), webhook.Endpoint{URL: e.URL, Secrets: []webhook.Secret{secret(t, known)}},
		webhook.Event{ID: "msg_p5jXN8AQM9LWM0D4loKWxJek", Type: "test", At: at, Data: json.RawMessage(`{"test":2432232314}`)})
	if err != nil {
		t.Fatal(err)
	}
	const body = `{"type":"test","timestamp":"2021-02-25T15:02:10Z","data":{"test":2432232314}}`
	if string(e.got[0].body) != body {
		t.Fatalf("the body is %s", e.got[0].body)
	}
	if got := e.got[0].header.Get("webhook-timestamp"); got != "1614265330" {
		t.Errorf("the timestamp is %s", got)
	}
	if got := e.got[0].header.Get("webhook-signature"); got != "v1,jqrHleYPw2P/IJSlVxjf4GrYVviRi2nQczHXqsF3Bng=" {
		t.Errorf("the signature is %s", got)
	}
}

func TestEverySecretSignsWhileOneReplacesAnother(t *testing.T) {
	e := start(t, status(http.StatusOK))
	fresh := "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 64)))
	to := webhook.Endpoint{URL: e.URL, Secrets: []webhook.Secret{secret(t, fresh), secret(t, known)}}
	if err := sender(t, nil).Send(t.Context(), to, event()); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fresh, known} {
		receiver, err := standardwebhooks.NewWebhook(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := receiver.Verify(e.got[0].body, e.got[0].header); err != nil {
			t.Error(err)
		}
	}
}

func TestRepetitionHasTheSameIDAndBodyAndItsOwnTime(t *testing.T) {
	e := start(t, status(http.StatusBadGateway))
	now := time.Unix(1_790_000_000, 0)
	s := sender(t, func() time.Time { now = now.Add(time.Hour); return now })
	for range 2 {
		_ = s.Send(t.Context(), webhook.Endpoint{URL: e.URL, Secrets: []webhook.Secret{secret(t, known)}}, event())
	}
	a, b := e.got[0], e.got[1]
	if a.header.Get("webhook-id") != b.header.Get("webhook-id") || string(a.body) != string(b.body) {
		t.Errorf("%v %s\n%v %s", a.header, a.body, b.header, b.body)
	}
	if a.header.Get("webhook-timestamp") == b.header.Get("webhook-timestamp") || a.header.Get("webhook-signature") == b.header.Get("webhook-signature") {
		t.Error("both attempts are of the same time")
	}
}

func TestStatusDecidesWhatHappensNext(t *testing.T) {
	now := time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)
	var code int
	var header string
	e := start(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			t.Error("a redirect was followed")
		}
		w.Header().Set("Retry-After", header)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(code)
		_, _ = w.Write(make([]byte, 2<<20)) // nobody reads it
	})
	s := sender(t, func() time.Time { return now })
	for _, c := range []struct {
		code      int
		header    string
		reason    webhook.Reason
		permanent bool
		after     time.Duration
	}{
		{200, "", "", false, 0},
		{202, "", "", false, 0},
		{299, "", "", false, 0},
		{301, "", webhook.Refused, false, 0},
		{307, "", webhook.Refused, false, 0},
		{400, "", webhook.Refused, false, 0},
		{401, "", webhook.Refused, false, 0},
		{404, "", webhook.Refused, false, 0},
		{408, "", webhook.Busy, false, 0},
		{410, "", webhook.Gone, true, 0},
		{429, "120", webhook.Busy, false, 2 * time.Minute},
		{429, "Sat, 14 Mar 2026 09:30:00 GMT", webhook.Busy, false, 30 * time.Minute},
		{429, "Sat, 14 Mar 2026 08:30:00 GMT", webhook.Busy, false, 0},
		{503, "99999999", webhook.Busy, false, 24 * time.Hour},
		{503, "soon", webhook.Busy, false, 0},
		{500, "-5", webhook.Busy, false, 0},
		{502, "", webhook.Busy, false, 0},
	} {
		code, header = c.code, c.header
		err := s.Send(t.Context(), webhook.Endpoint{URL: e.URL + "/secret-path", Secrets: []webhook.Secret{secret(t, known)}}, event())
		if c.reason == "" {
			if err != nil {
				t.Errorf("%d: %v", c.code, err)
			}
			continue
		}
		got, ok := errors.AsType[*webhook.Error](err)
		if !ok || got.Reason != c.reason || got.Status != c.code || got.Permanent() != c.permanent || got.RetryAfter() != c.after {
			t.Errorf("%d %s: %+v", c.code, c.header, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%v tells the path", err)
		}
	}
}

func TestWhatCannotBeSentIsPermanentAndWhatCannotBeReachedIsNot(t *testing.T) {
	down := start(t, status(http.StatusOK))
	down.Close()
	up := start(t, status(http.StatusOK))
	signed := []webhook.Secret{secret(t, known)}
	for name, c := range map[string]struct {
		to     webhook.Endpoint
		change func(*webhook.Event)
		reason webhook.Reason
	}{
		"down":       {to: webhook.Endpoint{URL: down.URL, Secrets: signed}, reason: webhook.Unreachable},
		"forbidden":  {to: webhook.Endpoint{URL: "http://169.254.169.254/", Secrets: signed}, reason: webhook.Unusable},
		"scheme":     {to: webhook.Endpoint{URL: "ftp://example.com", Secrets: signed}, reason: webhook.Unusable},
		"no secret":  {to: webhook.Endpoint{URL: up.URL}, reason: webhook.Unusable},
		"the zero":   {to: webhook.Endpoint{URL: up.URL, Secrets: make([]webhook.Secret, 1)}, reason: webhook.Unusable},
		"id":         {to: webhook.Endpoint{URL: up.URL, Secrets: signed}, change: func(e *webhook.Event) { e.ID = "a.b" }, reason: webhook.Unusable},
		"type":       {to: webhook.Endpoint{URL: up.URL, Secrets: signed}, change: func(e *webhook.Event) { e.Type = "dialog opened" }, reason: webhook.Unusable},
		"data":       {to: webhook.Endpoint{URL: up.URL, Secrets: signed}, change: func(e *webhook.Event) { e.Data = json.RawMessage(`{`) }, reason: webhook.Unusable},
		"large data": {to: webhook.Endpoint{URL: up.URL, Secrets: signed}, change: func(e *webhook.Event) { e.Data = json.RawMessage(`"` + strings.Repeat("x", webhook.MaxBody) + `"`) }, reason: webhook.Unusable},
	} {
		ev := event()
		if c.change != nil {
			c.change(&ev)
		}
		err := sender(t, nil).Send(t.Context(), c.to, ev)
		if got, ok := errors.AsType[*webhook.Error](err); !ok || got.Reason != c.reason || got.Permanent() != (c.reason == webhook.Unusable) {
			t.Errorf("%s: %+v", name, err)
		}
	}
	if len(up.got) != 0 {
		t.Errorf("%d events were posted", len(up.got))
	}
}

func TestSecretOfAnotherFormIsRefusedWithoutRepeatingIt(t *testing.T) {
	bytes := func(n int) string {
		return "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("Q", n)))
	}
	for _, text := range []string{known, bytes(24), bytes(32), bytes(64), " " + known + "\n"} {
		s, err := webhook.ParseSecret(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if shown := fmt.Sprintf("%v %+v %#v %s", s, s, s, s); strings.Contains(shown, "MfKQ") || strings.Contains(shown, "&") {
			t.Errorf("it prints as %s", shown)
		}
	}
	for _, text := range []string{"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", bytes(23), bytes(65), known + "!", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwQ"} {
		if _, err := webhook.ParseSecret(text); err == nil || strings.Contains(err.Error(), "MfKQ") || strings.Contains(err.Error(), "UVFR") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
