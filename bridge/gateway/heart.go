package gateway

import (
	"context"
	"sync"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/steady"
)

// heart holds the open sockets and beats for all of them from one goroutine:
// a wheel with one slot for each tick between two pings, so that no tick has
// to touch more than its share.
type heart struct {
	mu     sync.Mutex
	slots  []map[*socket]struct{}
	next   int // where the next socket goes
	closed bool
	gone   sync.WaitGroup // of sockets
	quit   chan struct{}
	done   chan struct{}
}

const wheelSlots = 30

func newHeart(p pacing, loop *steady.Loop) *heart {
	h := &heart{slots: make([]map[*socket]struct{}, wheelSlots), quit: make(chan struct{}), done: make(chan struct{})}
	for i := range h.slots {
		h.slots[i] = map[*socket]struct{}{}
	}
	go h.beat(p.ping/wheelSlots, loop)
	return h
}

func (h *heart) beat(every time.Duration, loop *steady.Loop) {
	defer close(h.done)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for slot := 0; ; slot = (slot + 1) % wheelSlots {
		select {
		case now := <-ticker.C:
			_ = loop.Step(context.Background(), func(context.Context) error {
				for _, s := range h.in(slot) {
					s.beat(now)
				}
				return nil
			})
		case <-h.quit:
			return
		}
	}
}

func (h *heart) in(slot int) []*socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	sockets := make([]*socket, 0, len(h.slots[slot]))
	for s := range h.slots[slot] {
		sockets = append(sockets, s)
	}
	return sockets
}

// add takes a socket in, or refuses it when the gateway closes.
func (h *heart) add(s *socket) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	s.slot = h.next
	h.next = (h.next + 1) % wheelSlots
	h.slots[s.slot][s] = struct{}{}
	h.gone.Add(1)
	return true
}

func (h *heart) remove(s *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.slots[s.slot], s)
	h.gone.Done()
}

// stop ends all sockets and waits until they are gone; those that are not by
// the end of ctx are cut.
func (h *heart) stop(ctx context.Context) error {
	h.mu.Lock()
	first := !h.closed
	h.closed = true
	h.mu.Unlock()
	if first {
		close(h.quit)
	}
	<-h.done
	each := func(do func(*socket)) {
		for slot := range h.slots {
			for _, s := range h.in(slot) {
				do(s)
			}
		}
	}
	each(func(s *socket) { s.because(endRestart); s.end(wire.CloseReconnect) })
	empty := make(chan struct{})
	go func() { h.gone.Wait(); close(empty) }()
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
		each(func(s *socket) { s.cut() })
		return ctx.Err()
	}
}
