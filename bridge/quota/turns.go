package quota

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// leastRest is the shortest rest: a process that sleeps hears of shorter ones too late.
const leastRest = time.Millisecond

// Turns let few work at the same time, and others wait behind each other, and behind who goes
// first, see First. While somebody talks those that rest have half of the time:
// after some of them comes a rest as long as they took, or as turns wait at most, in which one
// less is given to anybody. So who goes first finds processors, and not a line before them.
// The customers who wait come one after another, see Customer, however
// much each of them wants to have done: who asks for much waits for itself. It is safe for
// concurrent use.
type Turns struct {
	// most is how long turns that could begin wait for who goes first.
	most time.Duration
	// talks reports whether somebody is in the middle of a talk, in which the next word may come soon.
	talks func() bool

	mu    sync.Mutex
	free  int
	first int
	// next are the customers who wait, in the order in which they come.
	next []netip.Addr
	of   map[netip.Addr][]*waiter
	// since is when somebody began to go first, or turns began behind that.
	since time.Time
	// worked is what turns took since their last rest.
	worked time.Duration
	// late ends the waiting for who goes first; nil while nobody waits for that.
	late *time.Timer
}

type waiter struct {
	customer netip.Addr
	turn     chan struct{} // closed when it has come
}

// NewTurns has so many work at the same time. While always somebody goes first, so many begin
// each time that most has passed; talks reports whether somebody is in the middle of a talk.
func NewTurns(n int, most time.Duration, talks func() bool) *Turns {
	return &Turns{free: n, most: most, talks: talks, of: map[netip.Addr][]*waiter{}}
}

// First has turns that have not begun wait until done is called, but not for longer than most.
func (t *Turns) First() (done func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.first == 0 {
		t.since = time.Now()
	}
	t.first++
	return sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.first--
		t.giveLocked(time.Now())
	})
}

// Wait waits for a turn of an address' customer, or until ctx ends, whose error it is
// then. Call done when the work is done; more than once is as once. Whether such turns rest
// is told by rests.
func (t *Turns) Wait(ctx context.Context, address netip.Addr, rests bool) (done func(), err error) {
	if w := t.enter(Customer(address)); w != nil {
		select {
		case <-w.turn:
		case <-ctx.Done():
			t.leave(w)
			return func() {}, ctx.Err()
		}
	}
	began := time.Now()
	return sync.OnceFunc(func() {
		var worked time.Duration
		if rests {
			worked = time.Since(began)
		}
		t.pass(worked)
	}), nil
}

// enter takes a turn that is free, or returns what to wait for.
func (t *Turns) enter(customer netip.Addr) *waiter {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.free > 0 && t.first == 0 && len(t.next) == 0 {
		t.free--
		return nil
	}
	w := &waiter{customer, make(chan struct{})}
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
	at := slices.Index(t.of[w.customer], w)
	if at < 0 {
		t.free++
		t.giveLocked(time.Now())
		return
	}
	if t.of[w.customer] = slices.Delete(t.of[w.customer], at, at+1); len(t.of[w.customer]) == 0 {
		delete(t.of, w.customer)
		t.next = slices.DeleteFunc(t.next, func(c netip.Addr) bool { return c == w.customer })
	}
}

// pass ends a turn, of which so much is to be rested from.
func (t *Turns) pass(worked time.Duration) {
	talks := t.talks()
	t.mu.Lock()
	defer t.mu.Unlock()
	if talks {
		t.worked += worked
	}
	if t.worked >= leastRest {
		time.AfterFunc(min(t.worked, t.most), t.rested)
		t.worked = 0
		return
	}
	t.free++
	t.giveLocked(time.Now())
}

func (t *Turns) rested() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.free++
	t.giveLocked(time.Now())
}

// giveLocked gives the turns that are free to those who wait.
func (t *Turns) giveLocked(now time.Time) {
	if t.free == 0 || len(t.next) == 0 {
		return
	}
	if t.first > 0 {
		if wait := t.most - now.Sub(t.since); wait > 0 {
			if t.late == nil {
				t.late = time.AfterFunc(wait, t.giveLate)
			}
			return
		}
		t.since = now
	}
	for t.free > 0 && len(t.next) > 0 {
		customer := t.next[0]
		t.next = t.next[1:]
		close(t.of[customer][0].turn)
		t.free--
		if rest := t.of[customer][1:]; len(rest) > 0 {
			t.of[customer], t.next = rest, append(t.next, customer)
		} else {
			delete(t.of, customer)
		}
	}
}

func (t *Turns) giveLate() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.late = nil
	t.giveLocked(time.Now())
}

// Waiting is how many wait for a turn.
func (t *Turns) Waiting() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, waiters := range t.of {
		n += len(waiters)
	}
	return n
}
