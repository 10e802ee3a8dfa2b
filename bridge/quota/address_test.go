package quota

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/time/rate"
)

// Whoever has a whole /48 does not have 65,536 times what one address may; others, and
// what has no such network, are counted each by itself.
func TestAddressesOfANetworkShareAnAllowance(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	of := func(network string, n int) netip.Addr { return netip.MustParseAddr(fmt.Sprintf("%s:%x::", network, n)) }
	buckets, open := NewAddresses(rate.Every(time.Second), 2), NewAddressCounter(2)
	var entered []netip.Addr
	taken := 0
	for n := range 100 {
		for range 3 {
			address := of("2001:db8:1", n)
			if _, wait := buckets.Take(address, now); wait == 0 {
				taken++
			}
			if open.Enter(address) {
				entered = append(entered, address)
			}
		}
	}
	if taken != 2*ofNetwork || len(entered) != 2*ofNetwork {
		t.Errorf("a /48 took %d and holds %d open", taken, len(entered))
	}
	giveBack, wait := buckets.Take(of("2001:db8:2", 1), now)
	if wait != 0 || !open.Enter(of("2001:db8:2", 1)) {
		t.Error("another network is refused")
	}
	giveBack()
	for n := range 100 {
		address := netip.MustParseAddr(fmt.Sprintf("192.0.2.%d", n))
		if _, wait := buckets.Take(address, now); wait != 0 || !open.Enter(address) {
			t.Fatalf("%s is refused", address)
		}
	}
	// A refusal by the network costs the address nothing.
	fresh := of("2001:db8:1", 100)
	if _, wait := buckets.Take(fresh, now); wait <= 0 {
		t.Error("a full network takes one more")
	}
	if _, wait := buckets.each.Take(fresh, now); wait != 0 {
		t.Error("a refused address has lost its own")
	}
	for _, address := range entered {
		open.Leave(address)
	}
	if len(open.network.byKey) != 1 || !open.Enter(fresh) {
		t.Errorf("who left is still counted: %v", open.network.byKey)
	}
	if _, wait := buckets.Take(fresh, now.Add(time.Minute)); wait != 0 {
		t.Error("the allowance does not come back")
	}
}
