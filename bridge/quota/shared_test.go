package quota

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
)

func TestSharedLeavesSomethingToOthers(t *testing.T) {
	const all = 1 << 20
	s := NewShared(all)
	of := func(n int) netip.Addr { return netip.MustParseAddr(fmt.Sprintf("2001:db8:%x:%x::", n, n)) }
	if err := s.Take(of(1), s.part); err != nil {
		t.Fatal(err)
	}
	if err := s.Take(netip.MustParseAddr("2001:db8:1:9::"), 1); !errors.Is(err, ErrOwnPart) {
		t.Errorf("another address of a customer that has its part takes more: %v", err)
	}
	for n := 2; n < partsOfAll; n++ {
		if err := s.Take(of(n), s.part); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Take(of(5), s.little+1); !errors.Is(err, ErrUsedUp) {
		t.Errorf("what is left for those who have little is taken by who wants much: %v", err)
	}
	littles := 0
	for n := 5; s.Take(of(n), s.little) == nil; n++ {
		littles++
	}
	if littles != littleOfPart {
		t.Errorf("%d who want little found room, of %d", littles, littleOfPart)
	}
	if amount, customers := s.Taken(); amount != all || customers != partsOfAll-1+littles {
		t.Errorf("%d are taken by %d", amount, customers)
	}
	if err := s.Take(of(4), 1); !errors.Is(err, ErrUsedUp) {
		t.Errorf("more is taken than there is: %v", err)
	}
	for n := 1; n < partsOfAll; n++ {
		s.Release(of(n), s.part)
	}
	for n := range littles {
		s.Release(of(5+n), s.little/2)
		s.Release(of(5+n), s.little-s.little/2)
	}
	if amount, customers := s.Taken(); amount != 0 || customers != 0 || s.free != all {
		t.Errorf("of what was given back %d are taken by %d", amount, customers)
	}
}
