package notify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail/mailtest"
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
	swept  chan struct{}
}

func watch(s *store.Store) *watched {
	return &watched{Store: s, events: make(chan outcome, 1000), swept: make(chan struct{}, 1000)}
}

func (w *watched) SweepDeliveries(ctx context.Context, before time.Time, limit int) error {
	err := w.Store.SweepDeliveries(ctx, before, limit)
	w.swept <- struct{}{}
	return err
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

func TestMailServerThatIsDownForADayLosesNothing(t *testing.T) {
	down := mailtest.Start(t, mailtest.Options{Secure: "none"})
	down.Stop()
	h := newHouse(t)
	h.queue(t, store.Mail, "maria@example.org", "opened-1")
	begin := h.clock.Now()
	q, _ := h.run(t, notify.Options{Senders: map[store.DeliveryKind]notify.Sender{store.Mail: mails(t, down.Port)}})
	attempts := int64(0)
	for h.clock.Now().Sub(begin) < 24*time.Hour {
		o := h.expect(t, "later")
		attempts++
		wait := o.next.Sub(h.clock.Now())
		want := min(10*time.Second<<min(attempts-1, 20), time.Hour)
		if o.Attempts != attempts || wait > want || wait < want*3/4-time.Millisecond {
			t.Fatalf("after attempt %d (%d) it waits %s, want %s less up to a quarter", attempts, o.Attempts, wait, want)
		}
		h.clock.Set(o.next)
		q.Wake()
	}
	h.expect(t, "later")
	t.Logf("%d attempts in a day", attempts+1)

	// It comes back, on the same port; another alert came meanwhile.
	up := mailtest.Start(t, mailtest.Options{Secure: "none", Address: fmt.Sprintf("127.0.0.1:%d", down.Port)})
	h.queue(t, store.Mail, "ivan@example.org", "opened-1")
	h.clock.Add(time.Hour)
	q.Wake()
	first, second := h.expect(t, "done"), h.expect(t, "done")
	got := map[string]string{}
	for _, m := range up.Mails() {
		got[strings.Join(m.To, " ")] = m.Header("Message-Id")
	}
	if len(got) != 2 || len(up.Mails()) != 2 {
		t.Fatalf("the server got %v", got)
	}
	for _, o := range []outcome{first, second} {
		if got[o.Target] != "<"+string(o.ID)+"@shop.example>" {
			t.Errorf("%s got %s, want %s", o.Target, got[o.Target], o.ID)
		}
	}
}

func TestDeliveryIsGivenUpAfterThreeDaysAndSaidOnce(t *testing.T) {
	down := start(t, nil)
	down.Close()
	h := newHouse(t)
	h.queue(t, store.Webhook, down.URL+"/secret-path", "opened-1")
	var logged bytes.Buffer
	gaveUp := make(chan error, 10)
	q, stop := h.run(t, notify.Options{
		Senders: map[store.DeliveryKind]notify.Sender{store.Webhook: webhooks(t)},
		GaveUp:  func(_ context.Context, _ store.Delivery, cause error) { gaveUp <- cause },
		Log:     zerolog.New(&logged),
	})
	h.expect(t, "later")
	h.clock.Add(72*time.Hour - time.Millisecond)
	q.Wake()
	h.expect(t, "later")
	h.clock.Add(time.Hour)
	q.Wake()
	d := h.expect(t, "failed")
	cause := <-gaveUp
	stop()
	if _, ok := errors.AsType[*webhook.Error](cause); !ok || !strings.Contains(cause.Error(), "3 attempts in 72h") || len(gaveUp) != 0 {
		t.Errorf("given up because of %v, said %d times more", cause, len(gaveUp))
	}
	if state, why, err := h.DeliveryOutcome(t.Context(), d.ID); err != nil || state != store.DeliveryFailed || why != cause.Error() {
		t.Errorf("it is %s because of %q (%v)", state, why, err)
	}
	log := logged.String()
	if strings.Count(log, `"level":"warn"`) != 1 || !strings.Contains(log, string(d.ID)) || strings.Contains(log, "secret") {
		t.Errorf("logged:\n%s", log)
	}
}

// A mail that has nothing to say when it is to be sent ends without one, and is not tried again.
func TestAMailThatHasNothingToSayIsDropped(t *testing.T) {
	h := newHouse(t)
	post := mailtest.Start(t, mailtest.Options{})
	sender := mails(t, post.Port)
	sender.Compose = func(_ context.Context, d store.Delivery) (*notify.Letter, bool, error) {
		return nil, d.Origin == "read meanwhile", nil
	}
	h.queue(t, store.Mail, "maria@example.org", "read meanwhile")
	h.run(t, notify.Options{Senders: map[store.DeliveryKind]notify.Sender{store.Mail: sender}})
	d := h.expect(t, "dropped")
	if state, cause, err := h.DeliveryOutcome(t.Context(), d.ID); err != nil || state != store.DeliveryDropped || cause != "" {
		t.Errorf("it is %s, %q (%v)", state, cause, err)
	}
	h.queue(t, store.Mail, "maria@example.org", "not read")
	h.expect(t, "done")
	if all := post.Mails(); len(all) != 1 || !strings.Contains(all[0].Raw, "not read") {
		t.Errorf("%d mails were sent", len(all))
	}
}

func TestRefusedRecipientIsGivenUpAtOnceAndOthersAreNot(t *testing.T) {
	s := mailtest.Start(t, mailtest.Options{Secure: "none", Refuse: func(at, what string) error {
		switch {
		case at == "rcpt" && what == "gone@example.org":
			return mailtest.Refusal(550, "no such user")
		case at == "rcpt" && what == "grey@example.org":
			return mailtest.Refusal(450, "come back later")
		}
		return nil
	}})
	h := newHouse(t)
	for _, to := range []string{"gone@example.org", "grey@example.org", "maria@example.org", "no address"} {
		h.queue(t, store.Mail, to, "opened-1")
	}
	gaveUp := make(chan string, 10)
	h.run(t, notify.Options{
		Senders: map[store.DeliveryKind]notify.Sender{store.Mail: mails(t, s.Port)},
		GaveUp:  func(_ context.Context, d store.Delivery, _ error) { gaveUp <- d.Target },
	})
	became := map[string]string{}
	for range 4 {
		select {
		case o := <-h.events:
			became[o.Target] = o.what
		case <-time.After(timeout):
			t.Fatal("nothing more was recorded")
		}
	}
	if got := fmt.Sprint(became); got != "map[gone@example.org:failed grey@example.org:later maria@example.org:done no address:failed]" {
		t.Error(got)
	}
	if len(s.Mails()) != 1 || len(<-gaveUp+<-gaveUp) != len("gone@example.org"+"no address") {
		t.Errorf("%d mails were sent", len(s.Mails()))
	}
}

func TestEndpointDecidesWhenAndWhether(t *testing.T) {
	h := newHouse(t)
	busy := true
	var mu sync.Mutex
	e := start(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case r.URL.Path == "/gone":
			w.WriteHeader(http.StatusGone)
		case busy:
			w.Header().Set("Retry-After", "1800")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	})
	h.queue(t, store.Webhook, e.URL+"/busy", "opened-1")
	gaveUp := make(chan error, 1)
	q, _ := h.run(t, notify.Options{
		Senders: map[store.DeliveryKind]notify.Sender{store.Webhook: webhooks(t)},
		GaveUp:  func(_ context.Context, _ store.Delivery, cause error) { gaveUp <- cause },
	})
	o := h.expect(t, "later")
	if wait := o.next.Sub(h.clock.Now()); wait != 30*time.Minute {
		t.Errorf("it waits %s, and was asked to wait for half an hour", wait)
	}
	h.queue(t, store.Webhook, e.URL+"/gone", "opened-1")
	q.Wake()
	h.expect(t, "failed")
	if cause, ok := errors.AsType[*webhook.Error](<-gaveUp); !ok || cause.Reason != webhook.Gone {
		t.Errorf("given up because of %v", cause)
	}
	mu.Lock()
	busy = false
	mu.Unlock()
	h.clock.Set(o.next)
	q.Wake()
	if done := h.expect(t, "done"); done.ID != o.ID || e.counts()[string(o.ID)] != 2 {
		t.Errorf("posted: %v", e.counts())
	}
	h.queue(t, store.Webhook, "removed from the config", "opened-1")
	q.Wake()
	h.expect(t, "failed")
}

// childEnv makes the test binary a bridge that sends one webhook and is killed
// while it does.
const childEnv = "ANTEROOM_NOTIFY_TEST_DATABASE"

func TestChildThatIsKilled(t *testing.T) {
	path := os.Getenv(childEnv)
	if path == "" {
		t.Skip("runs only as the child of the next test")
	}
	h := &house{clock: newClock(), path: path}
	h.watched = watch(open(t, path))
	h.run(t, notify.Options{Senders: map[store.DeliveryKind]notify.Sender{store.Webhook: webhooks(t)}})
	<-h.events
	t.Error("the child was not killed")
}

func TestKillBetweenTheSendAndItsRecordSendsTheSameIDAgain(t *testing.T) {
	arrived, release := make(chan struct{}, 1), make(chan struct{})
	e := start(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		default:
			arrived <- struct{}{}
			<-r.Context().Done() // the child never hears the answer
		}
	})
	h := newHouse(t)
	h.queue(t, store.Webhook, e.URL, "opened-1")
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChildThatIsKilled$")
	child.Env = append(os.Environ(), childEnv+"="+h.path)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-arrived:
	case <-time.After(timeout):
		t.Error("the child sent nothing")
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	close(release)

	h.watched = watch(open(t, h.path))
	h.clock.Add(notify.DefaultLease - time.Millisecond)
	if taken, err := h.TakeDeliveries(t.Context(), store.Webhook, h.clock.Now(), time.Minute, 10, nil); err != nil || len(taken) != 0 {
		t.Fatalf("the lease of the killed one has no effect: %v (%v)", taken, err)
	}
	h.clock.Add(time.Millisecond)
	h.run(t, notify.Options{Senders: map[store.DeliveryKind]notify.Sender{store.Webhook: webhooks(t)}})
	o := h.expect(t, "done")
	if got := e.counts(); len(got) != 1 || got[string(o.ID)] != 2 || o.Attempts != 2 {
		t.Errorf("posted: %v, attempts %d", got, o.Attempts)
	}
}

func TestTwoQueuesOnOneDatabaseNeverSendTwice(t *testing.T) {
	e := start(t, func(http.ResponseWriter, *http.Request) {})
	h := newHouse(t)
	const total = 80
	for i := range total {
		h.queue(t, store.Webhook, fmt.Sprintf("%s/%d", e.URL, i%7), fmt.Sprint(i))
	}
	o := notify.Options{Senders: map[store.DeliveryKind]notify.Sender{store.Webhook: webhooks(t)}}
	h.run(t, o)
	h.run(t, o)
	for range total {
		h.expect(t, "done")
	}
	counts := e.counts()
	if len(counts) != total {
		t.Errorf("%d of %d were sent", len(counts), total)
	}
	for id, n := range counts {
		if n != 1 {
			t.Errorf("%s was sent %d times", id, n)
		}
	}
}

// A dead endpoint with a long queue must cost the others nothing.
func TestWhatHangsHoldsUpNobodyElse(t *testing.T) {
	hanging := start(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	fine := start(t, func(http.ResponseWriter, *http.Request) {})
	s := mailtest.Start(t, mailtest.Options{Secure: "none"})
	list, err := outward.ParseAllowList([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	client := outward.New(outward.Options{Allow: list, Timeout: 300 * time.Millisecond})
	t.Cleanup(client.Close)
	hooks := webhooks(t)
	hooks.Sender = webhook.New(client, nil)
	h := newHouse(t)
	const waiting = 50
	for i := range waiting {
		h.queue(t, store.Webhook, hanging.URL, fmt.Sprint(i))
	}
	h.clock.Add(time.Second)
	h.queue(t, store.Webhook, fine.URL, "opened-1")
	h.queue(t, store.Mail, "maria@example.org", "opened-1")
	h.run(t, notify.Options{Senders: map[store.DeliveryKind]notify.Sender{store.Mail: mails(t, s.Port), store.Webhook: hooks}})
	done := map[store.DeliveryKind]bool{}
	for failed := 0; len(done) < 2; {
		select {
		case o := <-h.events:
			if o.what == "done" {
				done[o.Kind] = true
			} else if failed++; failed > 2*notify.DefaultParallel {
				t.Fatalf("%d sends to the endpoint that hangs came first; done so far: %v", failed, done)
			}
		case <-time.After(timeout):
			t.Fatalf("done so far: %v", done)
		}
	}
}

// Who takes a POST and never answers holds one place: the others get all of theirs
// while it hangs, and it is never sent two at once.
func TestWhoNeverAnswersHoldsOnePlace(t *testing.T) {
	arrived := make(chan struct{}, 100)
	hanging := start(t, func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	})
	fine := start(t, func(http.ResponseWriter, *http.Request) {})
	h := newHouse(t)
	const each = 10
	for i := range each {
		h.queue(t, store.Webhook, hanging.URL, fmt.Sprint(i))
	}
	h.clock.Add(time.Second)
	for i := range each {
		h.queue(t, store.Webhook, fine.URL+"/a", fmt.Sprint(i))
		h.queue(t, store.Webhook, fine.URL+"/b", fmt.Sprint(i))
	}
	// With two places a second one for the receiver that hangs would hold up all.
	_, stop := h.run(t, notify.Options{
		Senders: map[store.DeliveryKind]notify.Sender{store.Webhook: webhooks(t)}, Parallel: 2, Grace: time.Millisecond,
	})
	<-arrived
	for range 2 * each {
		h.expect(t, "done") // the clock stands still: none of the hanging one's has failed
	}
	if n := len(hanging.counts()); n != 1 {
		t.Errorf("the receiver that hangs was sent %d at once", n)
	}
	stop()
	if o := h.expect(t, "later"); o.Target != hanging.URL || len(hanging.counts()) != 1 {
		t.Errorf("%s was cut off", o.Target)
	}
}

// A receiver gets what it is told one after another, however many places are free.
func TestOneReceiverIsSentOneAtATime(t *testing.T) {
	var mu sync.Mutex
	under, most := 0, 0
	e := start(t, func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		under++
		most = max(most, under)
		mu.Unlock()
		runtime.Gosched()
		mu.Lock()
		under--
		mu.Unlock()
	})
	h := newHouse(t)
	const total = 40
	for i := range total {
		h.queue(t, store.Webhook, e.URL, fmt.Sprint(i))
		h.clock.Add(time.Millisecond)
	}
	h.run(t, notify.Options{Senders: map[store.DeliveryKind]notify.Sender{store.Webhook: webhooks(t)}})
	for i := range total {
		if o := h.expect(t, "done"); o.Origin != fmt.Sprint(i) {
			t.Fatalf("delivery %s came in place of %d", o.Origin, i)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if most != 1 {
		t.Errorf("%d were under way at once", most)
	}
}

func TestStopLetsASendEndAndCutsOffWhatHangs(t *testing.T) {
	arrived, release := make(chan struct{}, 2), make(chan struct{})
	e := start(t, func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		if r.URL.Path == "/hangs" {
			<-r.Context().Done()
			return
		}
		<-release
	})
	h := newHouse(t)
	h.queue(t, store.Webhook, e.URL+"/slow", "opened-1")
	h.queue(t, store.Webhook, e.URL+"/hangs", "opened-1")
	_, stop := h.run(t, notify.Options{
		Senders: map[store.DeliveryKind]notify.Sender{store.Webhook: webhooks(t)}, Grace: 300 * time.Millisecond,
	})
	<-arrived
	<-arrived
	ended := make(chan struct{})
	go func() { stop(); close(ended) }()
	close(release)
	if o := h.expect(t, "done"); !strings.HasSuffix(o.Target, "/slow") {
		t.Errorf("done: %s", o.Target)
	}
	o := h.expect(t, "later")
	if !strings.HasSuffix(o.Target, "/hangs") || !o.next.Equal(h.clock.Now()) {
		t.Errorf("%s is due at %s", o.Target, o.next)
	}
	<-ended
	// The next start goes on at once.
	if taken, err := h.TakeDeliveries(t.Context(), store.Webhook, h.clock.Now(), time.Minute, 10, nil); err != nil || len(taken) != 1 || taken[0].ID != o.ID {
		t.Errorf("due: %v (%v)", taken, err)
	}
}

type breaking struct{}

func (breaking) Send(context.Context, store.Delivery) error { panic("at the wrong moment") }

func TestFaultOfASenderIsAFailureLikeAnother(t *testing.T) {
	h := newHouse(t)
	h.queue(t, store.Mail, "maria@example.org", "opened-1")
	h.run(t, notify.Options{Senders: map[store.DeliveryKind]notify.Sender{store.Mail: breaking{}}})
	if o := h.expect(t, "later"); !strings.Contains(o.cause, "fault of the program") {
		t.Error(o.cause)
	}
}

func TestWhatEndedIsSweptAfterAWeek(t *testing.T) {
	e := start(t, func(http.ResponseWriter, *http.Request) {})
	h := newHouse(t)
	h.queue(t, store.Webhook, e.URL, "opened-1")
	o := notify.Options{Senders: map[store.DeliveryKind]notify.Sender{store.Webhook: webhooks(t)}}
	_, stop := h.run(t, o)
	done := h.expect(t, "done")
	<-h.swept
	stop()
	for _, step := range []struct {
		wait  time.Duration
		found bool
	}{{notify.DefaultKeep, true}, {time.Second, false}} {
		h.clock.Add(step.wait)
		_, stop := h.run(t, o) // sweeps as it starts
		<-h.swept
		stop()
		_, _, err := h.DeliveryOutcome(t.Context(), done.ID)
		if (err == nil) != step.found {
			t.Errorf("after %s it is there: %t (%v)", step.wait, err == nil, err)
		}
	}
}

func TestBackoffDoublesToAnHour(t *testing.T) {
	for attempts, want := range map[int64]time.Duration{
		0: 10 * time.Second, 1: 10 * time.Second, 2: 20 * time.Second, 5: 160 * time.Second, 9: 2560 * time.Second, 10: time.Hour, 70: time.Hour, 1 << 40: time.Hour,
	} {
		for range 100 {
			if got := notify.Backoff(attempts); got > want || got < want*3/4-1 {
				t.Errorf("after %d attempts it waits %s, want up to %s", attempts, got, want)
			}
		}
	}
}
