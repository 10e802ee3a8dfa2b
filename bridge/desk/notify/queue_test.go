package notify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/desk/notify"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail/mailtest"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/webhook"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

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
		GaveUp:  func(_ context.Context, _ store.Delivery, cause error) error { gaveUp <- cause; return nil },
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

// What is sent once more by hand is tried as long as what is new, however old it is.
func TestWhatIsReplayedHasThreeDaysOnceMore(t *testing.T) {
	var posts atomic.Int64
	e := start(t, func(w http.ResponseWriter, _ *http.Request) {
		switch posts.Add(1) {
		case 1:
			w.WriteHeader(http.StatusGone)
		case 2:
			w.Header().Set("Retry-After", "1800")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	})
	h := newHouse(t)
	queued := h.clock.Now()
	h.queue(t, store.Webhook, e.URL, "opened-1")
	q, _ := h.run(t, notify.Options{Senders: map[store.DeliveryKind]notify.Sender{store.Webhook: webhooks(t)}})
	h.expect(t, "failed")
	h.clock.Add(4 * 24 * time.Hour)
	if again, err := h.ReplayDeliveries(t.Context(), "shop", e.URL, h.clock.Now()); err != nil || again != 1 {
		t.Fatalf("%d are tried again (%v)", again, err)
	}
	q.Wake()
	o := h.expect(t, "later")
	if wait := o.next.Sub(h.clock.Now()); wait != 30*time.Minute || !o.Created.Equal(queued) {
		t.Errorf("it waits %s, and was asked to wait for half an hour; it is of %s", wait, o.Created)
	}
	h.clock.Set(o.next)
	q.Wake()
	if done := h.expect(t, "done"); done.ID != o.ID || done.Attempts != 3 {
		t.Errorf("done is %+v", done)
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
		GaveUp:  func(_ context.Context, d store.Delivery, _ error) error { gaveUp <- d.Target; return nil },
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
		GaveUp:  func(_ context.Context, _ store.Delivery, cause error) error { gaveUp <- cause; return nil },
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

// However much has ended is swept in one go, in parts that hold up nobody.
func TestAllThatEndedIsSwept(t *testing.T) {
	const many = 1001
	h := newHouse(t)
	if err := h.Write(t.Context(), func(ctx context.Context) error {
		for i := range many {
			if _, err := h.QueueDelivery(ctx, store.Delivery{Site: "shop", Kind: store.Webhook, Target: fmt.Sprint(i), Origin: "opened-1"}, h.clock.Now()); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	ended, err := h.TakeDeliveries(t.Context(), store.Webhook, h.clock.Now(), time.Minute, many, nil)
	if err != nil || len(ended) != many {
		t.Fatalf("%d were queued (%v)", len(ended), err)
	}
	if err := h.Write(t.Context(), func(ctx context.Context) (err error) {
		for _, d := range ended {
			err = errors.Join(err, h.Store.FinishDelivery(ctx, d, h.clock.Now()))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	h.clock.Add(notify.DefaultKeep + time.Second)
	_, stop := h.run(t, notify.Options{Senders: map[store.DeliveryKind]notify.Sender{store.Webhook: webhooks(t)}})
	for some := true; some; {
		select {
		case some = <-h.swept:
		case <-time.After(timeout):
			t.Fatal("the sweep ended before all was swept")
		}
	}
	stop()
	for _, d := range ended {
		if _, _, err := h.DeliveryOutcome(t.Context(), d.ID); !errors.Is(err, store.ErrNotFound) {
			t.Fatalf("of %s is left what became of it (%v)", d.Target, err)
		}
	}
}
