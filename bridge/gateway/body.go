package gateway

import (
	"io"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/quota"
)

const (
	// smallBody is what a body or frame may have, in bytes, before it is counted: nearly
	// all are smaller, and go on when others have used up what there is.
	smallBody = 4 << 10
	// bodiesAtOnce is the memory, in bytes, for all that are larger and on their way: many
	// addresses together could send as many as there are connections.
	bodiesAtOnce = 128 << 20
	// bodiesOfOne is what one address may have of it: it could keep all others out.
	bodiesOfOne = bodiesAtOnce / 4
)

// bodies reads what visitors send, within a memory that all share.
type bodies struct {
	free *semaphore.Weighted
	// crowded takes the refusal of an address that has its part of the memory.
	crowded func(netip.Addr, error) error

	mu sync.Mutex
	of map[netip.Addr]int64 // bytes, by who sends them
}

func newBodies() *bodies {
	return &bodies{free: semaphore.NewWeighted(bodiesAtOnce), of: map[netip.Addr]int64{}}
}

// take takes n bytes of the memory for an address' customer, see quota.Customer. A
// chat.Error says that too much is on its way.
func (b *bodies) take(address netip.Addr, n int64) error {
	customer := quota.Customer(address)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.of[customer]+n > bodiesOfOne {
		return b.crowded(address, tooFast("Too much is being sent from here at once.", time.Second))
	}
	if !b.free.TryAcquire(n) {
		return chat.Errorf(chat.CodeUnavailable, "Too much is being sent at the moment; please try again.").After(time.Second)
	}
	b.of[customer] += n
	return nil
}

func (b *bodies) release(address netip.Addr, n int64) {
	customer := quota.Customer(address)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free.Release(n)
	if b.of[customer] -= n; b.of[customer] <= 0 {
		delete(b.of, customer)
	}
}

// readAll reads what an address sends from r, which yields most bytes or fewer, to its end.
// What it takes of the memory grows with what has come: who announces much and sends little
// takes little. A chat.Error says that too much is on its way.
func (b *bodies) readAll(address netip.Addr, r io.Reader, most int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, smallBody))
	if err != nil || len(data) < smallBody {
		return data, err
	}
	taken := int64(0)
	defer func() { b.release(address, taken) }()
	for {
		step := min(int64(len(data)), most-int64(len(data)))
		if step <= 0 { // its end comes, or the reader's own limit
			more, err := io.ReadAll(r)
			return append(data, more...), err
		}
		if err := b.take(address, step); err != nil {
			return nil, err
		}
		taken += step
		more, err := io.ReadAll(io.LimitReader(r, step))
		data = append(data, more...)
		if err != nil || int64(len(more)) < step {
			return data, err
		}
	}
}
