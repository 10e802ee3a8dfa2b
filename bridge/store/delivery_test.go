package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

const leaseTime = 2 * time.Minute

func day() time.Time { return time.UnixMilli(1_790_000_000_000) }

func queue(t *testing.T, s *store.Store, d store.Delivery, now time.Time) bool {
	t.Helper()
	fresh, err := s.QueueDelivery(t.Context(), d, now)
	if err != nil {
		t.Fatal(err)
	}
	return fresh
}

func take(t *testing.T, s *store.Store, kind store.DeliveryKind, now time.Time, limit int) []store.Delivery {
	t.Helper()
	taken, err := s.TakeDeliveries(t.Context(), kind, now, leaseTime, limit, nil)
	if err != nil {
		t.Fatal(err)
	}
	return taken
}

func takeOne(t *testing.T, s *store.Store, now time.Time) store.Delivery {
	t.Helper()
	taken := take(t, s, store.Mail, now, 10)
	if len(taken) != 1 {
		t.Fatalf("%d deliveries are due, want 1: %+v", len(taken), taken)
	}
	return taken[0]
}

func outcome(t *testing.T, s *store.Store, d store.Delivery, state store.DeliveryState, cause string) {
	t.Helper()
	got, why, err := s.DeliveryOutcome(t.Context(), d.ID)
	if err != nil || got != state || why != cause {
		t.Errorf("the delivery is %s, %q (%v), want %s, %q", got, why, err, state, cause)
	}
}

func TestSameEventForTheSameTargetIsQueuedOnce(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	if !queue(t, s, alert("opened-1"), day()) || queue(t, s, alert("opened-1"), day()) {
		t.Error("the first was not fresh, or the second was")
	}
	other := alert("opened-1")
	other.Target = "ivan@example.org"
	hook := alert("opened-1")
	hook.Kind = store.Webhook
	for _, d := range []store.Delivery{other, hook, alert("opened-2")} {
		if !queue(t, s, d, day()) {
			t.Errorf("%+v was taken for another", d)
		}
	}
	// Done ones are remembered too.
	for _, d := range take(t, s, store.Mail, day(), 10) {
		if err := s.FinishDelivery(t.Context(), d, day()); err != nil {
			t.Fatal(err)
		}
	}
	if queue(t, s, alert("opened-1"), day()) {
		t.Error("what was delivered is queued again")
	}
}

func TestDeliveryIsKeptOrDroppedWithItsEvent(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	boom := errors.New("boom")
	err := s.Write(t.Context(), func(ctx context.Context) error {
		if _, err := s.QueueDelivery(ctx, alert("opened-1"), day()); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	if taken := take(t, s, store.Mail, day(), 10); len(taken) != 0 {
		t.Errorf("an event that was dropped is delivered: %+v", taken)
	}
}

func TestTakenDeliveryIsNobodyElsesUntilItsLeaseEnds(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	queue(t, s, alert("opened-1"), day())
	first := takeOne(t, s, day())
	if !chat.EntryID(first.ID).Valid() || first.Attempts != 1 || !first.Created.Equal(day()) || first.Payload == "" {
		t.Errorf("taken: %+v", first)
	}
	if again := take(t, s, store.Mail, day().Add(leaseTime-time.Millisecond), 10); len(again) != 0 {
		t.Fatalf("taken twice: %+v", again)
	}
	second := takeOne(t, s, day().Add(leaseTime))
	if second.ID != first.ID || second.Attempts != 2 {
		t.Errorf("after the lease: %+v", second)
	}
	// The former worker is late: only its success still counts.
	if err := s.PostponeDelivery(t.Context(), first, day(), day(), "late"); err != nil {
		t.Fatal(err)
	}
	if ours, err := s.FailDelivery(t.Context(), first, "late", day()); err != nil || ours {
		t.Errorf("the former worker gave it up: %t (%v)", ours, err)
	}
	outcome(t, s, second, store.DeliveryPending, "")
	if err := s.FinishDelivery(t.Context(), first, day()); err != nil {
		t.Fatal(err)
	}
	outcome(t, s, second, store.DeliveryDone, "")
	if ours, err := s.FailDelivery(t.Context(), second, "too late", day()); err != nil || ours {
		t.Errorf("a finished delivery was given up: %t (%v)", ours, err)
	}
}

func TestConcurrentTakersShareDeliveriesOut(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	const total = 60
	for i := range total {
		queue(t, s, alert(fmt.Sprint(i)), day())
	}
	var mu sync.Mutex
	seen := map[chat.DeliveryID]int{}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for {
				taken, err := s.TakeDeliveries(t.Context(), store.Mail, day(), leaseTime, 3, nil)
				if err != nil {
					t.Error(err)
				}
				if len(taken) == 0 {
					return
				}
				mu.Lock()
				for _, d := range taken {
					seen[d.ID]++
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if len(seen) != total {
		t.Errorf("%d of %d were taken", len(seen), total)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was taken %d times", id, n)
		}
	}
}

func TestFailingTargetHoldsBackItsOthersOnly(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	queue(t, s, alert("opened-1"), day())
	failing := takeOne(t, s, day())
	queue(t, s, alert("opened-2"), day())
	other := alert("opened-2")
	other.Target = "ivan@example.org"
	queue(t, s, other, day())
	next, hold := day().Add(time.Hour), day().Add(time.Minute)
	if err := s.PostponeDelivery(t.Context(), failing, next, hold, "450 later"); err != nil {
		t.Fatal(err)
	}
	outcome(t, s, failing, store.DeliveryPending, "450 later")
	if d := takeOne(t, s, day()); d.Target != other.Target {
		t.Errorf("due at once: %+v", d)
	}
	if d := takeOne(t, s, hold); d.Origin != "opened-2" || d.Target != failing.Target {
		t.Errorf("due after the hold: %+v", d)
	}
}

func TestEndedDeliveriesForgetWhatTheySaidAndAreSwept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "anteroom.db")
	s := open(t, path)
	queue(t, s, alert("done"), day())
	done := takeOne(t, s, day())
	queue(t, s, alert("failed"), day())
	failed := takeOne(t, s, day())
	queue(t, s, alert("waiting"), day())
	waiting := takeOne(t, s, day())
	if err := s.FinishDelivery(t.Context(), done, day()); err != nil {
		t.Fatal(err)
	}
	if ours, err := s.FailDelivery(t.Context(), failed, "550 no such user", day()); err != nil || !ours {
		t.Fatalf("%t (%v)", ours, err)
	}
	outcome(t, s, failed, store.DeliveryFailed, "550 no such user")
	rows, _ := contents(t, path, map[string]string{"delivery": "state,payload"})
	if got := fmt.Sprint(rows["delivery"]); got != `['done','' 'failed','' 'pending','{"subject":"A new chat"}']` {
		t.Errorf("kept: %s", got)
	}
	if _, err := s.SweepDeliveries(t.Context(), day(), 10); err != nil {
		t.Fatal(err)
	}
	outcome(t, s, done, store.DeliveryDone, "")
	if _, err := s.SweepDeliveries(t.Context(), day().Add(time.Second), 10); err != nil {
		t.Fatal(err)
	}
	for _, d := range []store.Delivery{done, failed} {
		if _, _, err := s.DeliveryOutcome(t.Context(), d.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s is still there (%v)", d.Origin, err)
		}
	}
	outcome(t, s, waiting, store.DeliveryPending, "")
}

func TestDeliveryAboutAnErasedVisitorIsDropped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "anteroom.db")
	s := open(t, path)
	d := alert("opened-1")
	d.Visitor = enter(t, s, "one")
	queue(t, s, d, time.Now())
	taken := takeOne(t, s, time.Now())
	if taken.Visitor != d.Visitor {
		t.Errorf("about %q, want %q", taken.Visitor, d.Visitor)
	}
	if _, err := s.DeleteIdleVisitors(t.Context(), time.Now().Add(time.Hour), 1); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.DeliveryOutcome(t.Context(), taken.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("it is still there (%v)", err)
	}
	if err := s.PostponeDelivery(t.Context(), taken, day(), day(), "x"); err != nil {
		t.Errorf("the end of its attempt: %v", err)
	}
}

// Whatever waits, whoever is busy: one for each receiver that is due and free, the
// oldest of its own, those first that have waited longest.
func TestTakenIsTheOldestOfEachFreeReceiver(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	run := 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		kind := store.DeliveryKind(fmt.Sprint("kind ", run)) // one database for all runs
		receiver := rapid.Custom(func(r *rapid.T) store.Receiver {
			return store.Receiver{Site: rapid.SampledFrom([]chat.SiteID{"shop", "bank"}).Draw(r, "site"), Target: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(r, "target")}
		})
		oldest := map[store.Receiver]string{}
		var order []store.Receiver
		for i, to := range rapid.SliceOfN(receiver, 0, 12).Draw(r, "waiting") {
			d := store.Delivery{Site: to.Site, Kind: kind, Target: to.Target, Origin: fmt.Sprint(i)}
			at := day().Add(time.Duration(i) * time.Millisecond)
			if _, err := s.QueueDelivery(t.Context(), d, at); err != nil {
				r.Fatal(err)
			}
			if _, ok := oldest[to]; !ok {
				oldest[to], order = d.Origin, append(order, to)
			}
		}
		busy := rapid.SliceOfNDistinct(receiver, 0, 4, func(to store.Receiver) store.Receiver { return to }).Draw(r, "busy")
		limit := rapid.IntRange(1, 7).Draw(r, "limit")
		order = slices.DeleteFunc(order, func(to store.Receiver) bool { return slices.Contains(busy, to) })
		taken, err := s.TakeDeliveries(t.Context(), kind, day().Add(time.Second), leaseTime, limit, busy)
		if err != nil {
			r.Fatal(err)
		}
		var got []store.Receiver
		for _, d := range taken {
			if got = append(got, d.Receiver()); d.Origin != oldest[d.Receiver()] {
				r.Errorf("of %v delivery %s was taken, and %s waited longer", d.Receiver(), d.Origin, oldest[d.Receiver()])
			}
		}
		if want := order[:min(limit, len(order))]; !slices.Equal(got, want) {
			r.Errorf("taken for %v, want %v (busy %v)", got, want, busy)
		}
	})
}
