package notify_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/desk/notify"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail/mailtest"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/webhook"
	"github.com/anteroom-chat/anteroom/bridge/outward"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

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
