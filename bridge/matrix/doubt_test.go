package matrix

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Invariant 7: only what fails while other things get through counts against an entry.
func TestInvariant07AHomeserverThatFailsForAllCountsAgainstNoEntry(t *testing.T) {
	d := newDoubts()
	for range 100 {
		if n := d.fault("entry"); n != 0 {
			t.Fatalf("%d failures count although nothing got through", n)
		}
	}
	for i := range serverErrors {
		d.gotThrough()
		if n := d.fault("entry"); n != i+1 {
			t.Fatalf("%d failures count, want %d", n, i+1)
		}
	}
	d.clear("entry")
	if n := d.fault("entry"); n != 0 {
		t.Errorf("%d failures are left after the end", n)
	}
}

// Invariant 6: an entry that is pending still because giving it up failed is looked for
// before it is sent again.
func TestInvariant06WhatIsNotGivenUpStaysInDoubt(t *testing.T) {
	m := &Matrix{store: openStore(t), doubts: newDoubts()}
	m.doubts.doubt("entry")
	kept := func(context.Context) error { return errors.New("the notice was not kept") }
	if err := m.giveUpWith(t.Context(), &conversation{}, []chat.Entry{{ID: "entry"}}, "failed", "refused", kept); err == nil {
		t.Fatal("it is given up")
	}
	if !m.doubts.about("entry") {
		t.Error("nobody knows any more that it may have arrived")
	}
}

// Invariant 6: nothing is left of an entry once it has arrived, and what is put in doubt
// later is looked for as often as the first time.
func TestInvariant06LooksForAnEntryEndWithIt(t *testing.T) {
	d := newDoubts()
	d.refuse("entry")
	for range mostEarlyLooks {
		d.refuse(lookFor("entry"))
	}
	d.clear("entry")
	if len(d.refusals) != 0 {
		t.Errorf("left are %v", d.refusals)
	}
}

// Invariant 7: a change is let be for what the homeserver says over some seconds, not for how
// often it is asked in one.
func TestInvariant07SixRefusalsTakeSomeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoubts()
		for range 20 { // a visitor who clicks through the pages of a shop
			if n := d.refuseApart("name"); n > 4 {
				t.Fatalf("%d refusals count in two seconds", n)
			}
			<-time.After(100 * time.Millisecond)
		}
		d.clear("name")
		pause := 500 * time.Millisecond
		for n := 1; n <= 6; n++ { // as the queue waits by itself
			if got := d.refuseApart("name"); got != n {
				t.Fatalf("%d refusals count, want %d", got, n)
			}
			<-time.After(pause)
			pause *= 2
		}
	})
}
