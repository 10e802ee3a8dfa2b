package quota

import (
	"math"
	"net/netip"
	"time"

	"golang.org/x/time/rate"
)

// Addresses are buckets by address. Whoever rents an IPv6 /48 has 65,536 networks of a /64,
// and each of them is an address to the limits: so all of a /48 together have an allowance
// of their own, which is ofNetwork times that of one.
type Addresses struct {
	each, network *Buckets[netip.Addr]
}

// ofNetwork is how many addresses' allowance an IPv6 /48 has: a company with many offices
// lives behind one, and its visitors are to notice nothing.
const ofNetwork = 16

// networkBits are those of what a provider gives to one customer at most.
const networkBits = 48

// NewAddresses makes buckets as NewBuckets does.
func NewAddresses(limit rate.Limit, burst int) *Addresses {
	return &Addresses{each: NewBuckets[netip.Addr](limit, burst), network: NewBuckets[netip.Addr](ofNetwork*limit, min(burst, math.MaxInt/ofNetwork)*ofNetwork)}
}

// Take is that of Buckets.
func (a *Addresses) Take(address netip.Addr, now time.Time) (giveBack func(), wait time.Duration) {
	return a.TakeN(address, 1, now)
}

// TakeN is that of Buckets: of both allowances, or of none.
func (a *Addresses) TakeN(address netip.Addr, n int, now time.Time) (giveBack func(), wait time.Duration) {
	own, wait := a.each.TakeN(address, n, now)
	network, wide := networkOf(address)
	if wait > 0 || !wide {
		return own, wait
	}
	shared, wait := a.network.TakeN(network, n, now)
	if wait > 0 {
		own()
		return func() {}, wait
	}
	return func() { own(); shared() }, 0
}

// Reserve takes one of both allowances, now or in advance, and returns how long to hold back
// until then. It takes nothing where that is longer than most: ok is false then.
func (a *Addresses) Reserve(address netip.Addr, now time.Time, most time.Duration) (wait time.Duration, ok bool) {
	wait, giveBack := a.each.ReserveWithin(address, now, most)
	network, wide := networkOf(address)
	if giveBack == nil || !wide {
		return wait, giveBack != nil
	}
	shared, taken := a.network.ReserveWithin(network, now, most)
	if taken == nil {
		giveBack()
		return 0, false
	}
	return max(wait, shared), true
}

// networkOf is the network around an IPv6 address; an IPv4 address has none that tells who it is.
func networkOf(address netip.Addr) (netip.Addr, bool) {
	if !address.Is6() || address.Is4In6() {
		return netip.Addr{}, false
	}
	return netip.PrefixFrom(address, networkBits).Masked().Addr(), true
}

// Customer is who has an address, for what all of its addresses together may have: the /48
// around one of IPv6, else the address alone.
func Customer(address netip.Addr) netip.Addr {
	if network, wide := networkOf(address); wide {
		return network
	}
	return address
}

// AddressCounter counts what addresses hold open, and what networks hold together.
type AddressCounter struct {
	each, network *Counter[netip.Addr]
}

// NewAddressCounter makes a counter as NewCounter does.
func NewAddressCounter(most int) *AddressCounter {
	return &AddressCounter{each: NewCounter[netip.Addr](most), network: NewCounter[netip.Addr](min(most, math.MaxInt/ofNetwork) * ofNetwork)}
}

// Enter counts one more, or refuses. Call Leave once for each that entered.
func (c *AddressCounter) Enter(address netip.Addr) bool {
	network, wide := networkOf(address)
	if wide && !c.network.Enter(network) {
		return false
	}
	if !c.each.Enter(address) {
		if wide {
			c.network.Leave(network)
		}
		return false
	}
	return true
}

// Leave counts one less.
func (c *AddressCounter) Leave(address netip.Addr) {
	c.each.Leave(address)
	if network, wide := networkOf(address); wide {
		c.network.Leave(network)
	}
}

// Count is how many of the address are open.
func (c *AddressCounter) Count(address netip.Addr) int { return c.each.Count(address) }
