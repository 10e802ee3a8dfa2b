package quota

import (
	"errors"
	"net/netip"
	"sync"
)

var (
	// ErrOwnPart says that a customer has its part of what all share.
	ErrOwnPart = errors.New("the customer has its part")
	// ErrUsedUp says that too little is left of what all share.
	ErrUsedUp = errors.New("it is used up")
)

// Parts of what all share: a customer may have a quarter, since it could keep all others
// out. The last quarter is for customers who have little: few who take all that they may
// leave something to the rest.
const (
	partsOfAll   = 4
	littleOfPart = 128
)

// Shared is an amount that all customers share, see Customer. It is safe for concurrent use.
type Shared struct {
	part, little, kept int64

	mu   sync.Mutex
	free int64
	of   map[netip.Addr]int64
}

// NewShared makes an amount of which nothing is taken.
func NewShared(all int64) *Shared {
	part := all / partsOfAll
	return &Shared{part: part, little: part / littleOfPart, kept: all / partsOfAll, free: all, of: map[netip.Addr]int64{}}
}

// Take takes n of it for an address' customer, or nothing: then it is ErrOwnPart or
// ErrUsedUp. Call Release for what was taken.
func (s *Shared) Take(address netip.Addr, n int64) error {
	customer := Customer(address)
	s.mu.Lock()
	defer s.mu.Unlock()
	has := s.of[customer] + n
	if has > s.part {
		return ErrOwnPart
	}
	left := s.free - n
	if left < 0 || left < s.kept && has > s.little {
		return ErrUsedUp
	}
	s.free, s.of[customer] = left, has
	return nil
}

// Release gives n of it back.
func (s *Shared) Release(address netip.Addr, n int64) {
	customer := Customer(address)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free += n
	if s.of[customer] -= n; s.of[customer] <= 0 {
		delete(s.of, customer)
	}
}

// Taken is how much of it is taken, and by how many customers.
func (s *Shared) Taken() (amount int64, customers int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.of {
		amount += n
	}
	return amount, len(s.of)
}
