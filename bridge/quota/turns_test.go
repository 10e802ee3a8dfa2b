package quota

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"
)

const neverLate = time.Hour

func nobodyTalks() bool { return false }

func from(address string) netip.Addr { return netip.MustParseAddr(address) }

// line has those addresses wait for a turn, one after another, and tells who got one.
func line(t *testing.T, turns *Turns, addresses ...string) (came chan string) {
	t.Helper()
	came = make(chan string, len(addresses))
	for i, address := range addresses {
		go func() {
			done, err := turns.Wait(t.Context(), from(address), false)
			if err != nil {
				return
			}
			came <- address
			done()
		}()
		awaitWaiting(t, turns, i+1)
	}
	return came
}

func awaitWaiting(t *testing.T, turns *Turns, n int) {
	t.Helper()
	for start := time.Now(); turns.Waiting() != n; {
		if time.Since(start) > 10*time.Second {
			t.Fatalf("%d wait, and not %d", turns.Waiting(), n)
		}
		<-time.After(time.Millisecond)
	}
}

func order(came chan string) (all []string) {
	for range cap(came) {
		all = append(all, <-came)
	}
	return all
}

// Who asks for much waits for itself, and a network of many addresses is one who asks.
func TestTurnsGoFromOneCustomerToTheNext(t *testing.T) {
	turns := NewTurns(1, neverLate, nobodyTalks)
	done, err := turns.Wait(t.Context(), from("192.0.2.9"), false)
	if err != nil {
		t.Fatal(err)
	}
	came := line(t, turns, "192.0.2.1", "192.0.2.1", "192.0.2.1", "2001:db8:1:1::", "2001:db8:1:2::", "192.0.2.2")
	done()
	done() // more than once is as once
	want := []string{"192.0.2.1", "2001:db8:1:1::", "192.0.2.2", "192.0.2.1", "2001:db8:1:2::", "192.0.2.1"}
	if all := order(came); !slices.Equal(all, want) {
		t.Errorf("they came as %v", all)
	}
	if turns.Waiting() != 0 || turns.free != 1 || len(turns.of) != 0 {
		t.Errorf("in the end: %d wait, %d free", turns.Waiting(), turns.free)
	}
}

// Who does not wait any longer takes no turn along.
func TestTurnsAreNotLostWithWhoLeaves(t *testing.T) {
	turns := NewTurns(1, neverLate, nobodyTalks)
	done, err := turns.Wait(t.Context(), from("192.0.2.9"), false)
	if err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := turns.Wait(ctx, from("192.0.2.1"), false)
		left <- err
	}()
	awaitWaiting(t, turns, 1)
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("who left is told %v", err)
	}
	done()
	if done, err = turns.Wait(t.Context(), from("192.0.2.2"), false); err != nil {
		t.Fatal(err)
	}
	done()
	if turns.free != 1 {
		t.Errorf("%d turns are free", turns.free)
	}
}

// While somebody goes first no turn begins; but not for ever.
func TestTurnsBeginBehindWhoGoesFirst(t *testing.T) {
	turns := NewTurns(1, neverLate, nobodyTalks)
	first := turns.First()
	came := line(t, turns, "192.0.2.1")
	if len(came) != 0 {
		t.Error("a turn began")
	}
	first()
	first()
	order(came)
	if turns.first != 0 {
		t.Errorf("%d go first", turns.first)
	}

	turns = NewTurns(1, time.Millisecond, nobodyTalks)
	defer turns.First()()
	for range 3 {
		done, err := turns.Wait(t.Context(), from("192.0.2.1"), false)
		if err != nil {
			t.Fatal(err)
		}
		done()
	}
}

// While somebody talks, turns have half of the time.
func TestTurnsRestWhileSomebodyTalks(t *testing.T) {
	talks := false
	turns := NewTurns(1, neverLate, func() bool { return talks })
	const work = 500 * time.Millisecond
	turn := func(rests bool) {
		done, err := turns.Wait(t.Context(), from("192.0.2.1"), rests)
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(work)
		done()
	}
	free := func() int {
		turns.mu.Lock()
		defer turns.mu.Unlock()
		return turns.free
	}
	turn(true)
	turns.First()()
	if free() != 1 {
		t.Error("it rests, though nobody talks")
	}
	talks = true
	turn(false)
	if free() != 1 {
		t.Error("one rests that should not")
	}
	turn(true)
	ended := time.Now()
	if free() != 0 {
		t.Error("it does not rest")
	}
	turn(true)
	if took := time.Since(ended); took < 2*work {
		t.Errorf("the next one, of %v, was done %v after it", work, took)
	}
	talks = false
	turn(true)
	if free() != 1 {
		t.Error("it rests still")
	}
}
