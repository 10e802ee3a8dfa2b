package quota

import (
	"net/netip"
	"testing"
	"time"

	"golang.org/x/time/rate"
)

func TestBucketsCountByKeyAndGiveBack(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	b := NewBuckets[string](rate.Every(time.Second), 2)
	for i := range 2 {
		if _, wait := b.Take("a", now); wait != 0 {
			t.Errorf("token %d has to wait %s", i, wait)
		}
	}
	for range 2 { // a refusal costs nothing
		if _, wait := b.Take("a", now); wait != time.Second {
			t.Errorf("the third waits %s", wait)
		}
	}
	if _, wait := b.Take("b", now); wait != 0 {
		t.Errorf("another key waits %s", wait)
	}
	now = now.Add(time.Second)
	giveBack, wait := b.Take("a", now)
	if wait != 0 {
		t.Errorf("after a second it waits %s", wait)
	}
	giveBack()
	if _, wait := b.Take("a", now); wait != 0 {
		t.Errorf("what was given back waits %s", wait)
	}
}

func TestBucketsCountManyTokensAtOnce(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	b := NewBuckets[string](10, 100)
	giveBack, wait := b.TakeN("a", 70, now)
	if wait != 0 {
		t.Fatalf("70 of 100 wait %s", wait)
	}
	if _, wait := b.TakeN("a", 50, now); wait != 2*time.Second {
		t.Errorf("50 of 30 wait %s, want the time of 20", wait)
	}
	if _, wait := b.TakeN("a", 30, now); wait != 0 {
		t.Errorf("a refusal cost something: 30 of 30 wait %s", wait)
	}
	giveBack()
	if _, wait := b.TakeN("a", 70, now); wait != 0 {
		t.Errorf("what was given back waits %s", wait)
	}
	if _, wait := b.TakeN("b", 101, now); wait <= 0 {
		t.Error("more than there ever is was let through")
	}
	if _, wait := b.TakeN("a", 0, now); wait != 0 {
		t.Errorf("nothing waits %s", wait)
	}
}

func TestBucketsForgetIdleKeysAndAreBounded(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	b := NewBuckets[int](rate.Every(time.Second), 1)
	for i := range mostKeys + 10 {
		b.Take(i, now)
	}
	if n := len(b.byKey); n != mostKeys {
		t.Errorf("%d keys are kept, want %d", n, mostKeys)
	}
	b.Take(-1, now.Add(sweepEvery))
	if n := len(b.byKey); n != 1 {
		t.Errorf("%d keys are kept after a quiet minute, want 1", n)
	}
}

func TestBucketOfNothingRefusesAll(t *testing.T) {
	b := NewBuckets[int](0, 0)
	if _, wait := b.Take(1, time.Now()); wait <= 0 {
		t.Error("a limit of 0 let one through")
	}
}

func TestACounterLetsInWhatLeft(t *testing.T) {
	c := NewCounter[string](2)
	for i, want := range []bool{true, true, false} {
		if c.Enter("a") != want {
			t.Errorf("the one after %d enters: %t", i, !want)
		}
	}
	if !c.Enter("b") || c.Count("a") != 2 || c.Count("b") != 1 {
		t.Errorf("%d and %d have entered", c.Count("a"), c.Count("b"))
	}
	c.Leave("a")
	if !c.Enter("a") || c.Enter("a") {
		t.Error("one that left makes room for one")
	}
}

// What is taken in advance is held back, and what would have to wait too long takes nothing.
func TestReserveWithin(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	a := NewAddresses(1, 2)
	for i, want := range []time.Duration{0, 0, time.Second, 2 * time.Second} {
		if wait, ok := a.Reserve(netip.MustParseAddr("2001:db8:1:1::"), now, 2*time.Second); !ok || wait != want {
			t.Errorf("the %d. waits %s, %t", i, wait, ok)
		}
	}
	for range 3 {
		if _, ok := a.Reserve(netip.MustParseAddr("2001:db8:1:1::"), now, 2*time.Second); ok {
			t.Error("one more waits longer")
		}
	}
	if wait, ok := a.Reserve(netip.MustParseAddr("2001:db8:1:1::"), now.Add(time.Second), 2*time.Second); !ok || wait != 2*time.Second {
		t.Errorf("those that were refused have taken something: %s, %t", wait, ok)
	}
	if wait, ok := a.Reserve(netip.MustParseAddr("2001:db8:1:2::"), now, 0); !ok || wait != 0 {
		t.Errorf("another address waits %s, %t", wait, ok)
	}
}
