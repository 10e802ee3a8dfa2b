package notify_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/webhook"
	"github.com/anteroom-chat/anteroom/bridge/outward"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

const (
	secret  = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	timeout = 20 * time.Second
)

// clock is a time that only the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.UnixMilli(1_790_000_000_000)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = at
}

func (c *clock) Add(d time.Duration) { c.Set(c.Now().Add(d)) }

// outcome is what a queue recorded.
type outcome struct {
	store.Delivery
	what  string // "done", "later", "failed", "dropped"
	next  time.Time
	cause string
}

// watched is the real store, and tells the test what the queue records.
type watched struct {
	*store.Store
	events chan outcome
	swept  chan bool // whether there was anything to sweep
}

func watch(s *store.Store) *watched {
	return &watched{Store: s, events: make(chan outcome, 1000), swept: make(chan bool, 1000)}
}

func (w *watched) SweepDeliveries(ctx context.Context, before time.Time, limit int) (bool, error) {
	some, err := w.Store.SweepDeliveries(ctx, before, limit)
	w.swept <- some
	return some, err
}

func (w *watched) FinishDelivery(ctx context.Context, d store.Delivery, now time.Time) error {
	err := w.Store.FinishDelivery(ctx, d, now)
	w.events <- outcome{d, "done", time.Time{}, ""}
	return err
}

func (w *watched) PostponeDelivery(ctx context.Context, d store.Delivery, next, hold time.Time, cause string) error {
	err := w.Store.PostponeDelivery(ctx, d, next, hold, cause)
	w.events <- outcome{d, "later", next, cause}
	return err
}

func (w *watched) FailDelivery(ctx context.Context, d store.Delivery, cause string, now time.Time) (bool, error) {
	ours, err := w.Store.FailDelivery(ctx, d, cause, now)
	w.events <- outcome{d, "failed", time.Time{}, cause}
	return ours, err
}

func (w *watched) DropDelivery(ctx context.Context, d store.Delivery, now time.Time) (bool, error) {
	ours, err := w.Store.DropDelivery(ctx, d, now)
	w.events <- outcome{d, "dropped", time.Time{}, ""}
	return ours, err
}

func (w *watched) expect(t *testing.T, what string) outcome {
	t.Helper()
	select {
	case o := <-w.events:
		if o.what != what {
			t.Fatalf("%s is %s (%s), want %s", o.Origin, o.what, o.cause, what)
		}
		return o
	case <-time.After(timeout):
		t.Fatalf("nothing was recorded, want %s", what)
	}
	return outcome{}
}

// house is a database with a queue beside it.
type house struct {
	*watched
	clock *clock
	path  string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{clock: newClock(), path: filepath.Join(t.TempDir(), "anteroom.db")}
	h.watched = watch(open(t, h.path))
	return h
}

func open(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Type: "sqlite3", URI: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// run starts a queue; stop ends it and returns when it has ended.
func (h *house) run(t *testing.T, o notify.Options) (q *notify.Queue, stop func()) {
	t.Helper()
	o.Deliveries, o.Now = h.watched, h.clock.Now
	q = notify.New(o)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		q.Run(ctx)
	}()
	stop = func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(timeout):
			t.Error("the queue did not stop")
		}
	}
	t.Cleanup(stop)
	return q, stop
}

func (h *house) queue(t *testing.T, kind store.DeliveryKind, target, origin string) {
	t.Helper()
	d := store.Delivery{Site: "shop", Kind: kind, Target: target, Origin: origin, Payload: notify.Letter{Subject: "Новый чат", Text: origin}.Payload()}
	if kind == store.Webhook {
		e, err := notify.NewEvent("dialog.opened", map[string]string{"origin": origin})
		if err != nil {
			t.Fatal(err)
		}
		d.Payload = e.Payload()
	}
	fresh, err := h.QueueDelivery(t.Context(), d, h.clock.Now())
	if err != nil || !fresh {
		t.Fatalf("queue: fresh %t (%v)", fresh, err)
	}
}

func mails(t *testing.T, port int) notify.Mails {
	t.Helper()
	m, err := mail.New(mail.Options{Host: "127.0.0.1", Port: port, Security: mail.None, From: "chat@shop.example", Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return notify.Mails{Mailer: m}
}

// webhooks posts to whatever URL the delivery's target is.
func webhooks(t *testing.T) notify.Webhooks {
	t.Helper()
	list, err := outward.ParseAllowList([]string{"127.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	client := outward.New(outward.Options{Allow: list, Timeout: timeout})
	t.Cleanup(client.Close)
	signer, err := webhook.ParseSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	return notify.Webhooks{Sender: webhook.New(client, nil), Endpoint: func(_ chat.SiteID, target string) (webhook.Endpoint, bool) {
		return webhook.Endpoint{URL: target, Secrets: []webhook.Secret{signer}}, strings.HasPrefix(target, "http")
	}}
}

// endpoint counts what it is posted by id.
type endpoint struct {
	*httptest.Server
	mu     sync.Mutex
	posted map[string]int
}

func start(t *testing.T, answer http.HandlerFunc) *endpoint {
	t.Helper()
	e := &endpoint{posted: map[string]int{}}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then the server notices that the client went away
		e.mu.Lock()
		e.posted[r.Header.Get("webhook-id")]++
		e.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) counts() map[string]int {
	e.mu.Lock()
	defer e.mu.Unlock()
	counts := map[string]int{}
	for id, n := range e.posted {
		counts[id] = n
	}
	return counts
}
