package quota

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

// Turns let few work at the same time, and others wait: while somebody goes first, see
// First, and behind each other. The customers who wait come one after another, see
// Customer, however much each of them wants to have done: who asks for much waits for
// itself. It is safe for concurrent use.
type Turns struct {
	// most is how long who goes first holds up the others.
	most time.Duration

	mu    sync.Mutex
	free  int
	first int
	// next are the customers who wait, in the order in which they come.
	next []netip.Addr
	of   map[netip.Addr][]*waiter
	// given is when a turn was last given, and late ends the waiting for who goes first.
	given time.Time
	late  *time.Timer
}

type waiter struct {
	turn chan struct{} // closed when it has come
	gone bool          // it does not wait any more
}

// NewTurns has so many work at the same time, of whom each waits no longer than most for who
// goes first.
func NewTurns(n int, most time.Duration) *Turns {
	return &Turns{free: n, most: most, of: map[netip.Addr][]*waiter{}}
}

// First has nobody begin a turn until done is called.
func (t *Turns) First() (done func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.first++
	return sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.first--
		t.giveLocked(time.Now())
	})
}

// Wait waits for a turn of an address' customer, or until ctx ends, whose error it is
// then. Call done when the work is done; more than once is as once.
func (t *Turns) Wait(ctx context.Context, address netip.Addr) (done func(), err error) {
	if w := t.enter(Customer(address)); w != nil {
		select {
		case <-w.turn:
		case <-ctx.Done():
			t.leave(w)
			return func() {}, ctx.Err()
		}
	}
	return sync.OnceFunc(t.pass), nil
}

// enter takes a turn that is free, or returns what to wait for.
func (t *Turns) enter(customer netip.Addr) *waiter {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.free > 0 && t.first == 0 && len(t.next) == 0 {
		t.free--
		return nil
	}
	w := &waiter{turn: make(chan struct{})}
	if len(t.of[customer]) == 0 {
		t.next = append(t.next, customer)
	}
	t.of[customer] = append(t.of[customer], w)
	t.giveLocked(time.Now())
	return w
}

// leave waits no more; a turn that came nevertheless is passed on.
func (t *Turns) leave(w *waiter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w.gone = true
	select {
	case <-w.turn:
		t.free++
		t.giveLocked(time.Now())
	default:
	}
}

func (t *Turns) pass() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.free++
	t.giveLocked(time.Now())
}

// giveLocked gives the turns that are free to those who wait.
func (t *Turns) giveLocked(now time.Time) {
	for t.free > 0 && len(t.next) > 0 {
		if wait := t.most - now.Sub(t.given); t.first > 0 && wait > 0 {
			if t.late == nil {
				t.late = time.AfterFunc(wait, t.giveLate)
			}
			return
		}
		customer := t.next[0]
		t.next = t.next[1:]
		w := t.of[customer][0]
		if rest := t.of[customer][1:]; len(rest) > 0 {
			t.of[customer], t.next = rest, append(t.next, customer)
		} else {
			delete(t.of, customer)
		}
		if !w.gone {
			close(w.turn)
			t.free--
			t.given = now
		}
	}
}

func (t *Turns) giveLate() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.late = nil
	t.giveLocked(time.Now())
}
