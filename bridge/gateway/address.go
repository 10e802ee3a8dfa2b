package gateway

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// clientAddress is where a request comes from, as limits count it: one IPv4
// address, or the first address of an IPv6 /64, since a single host may use
// any address of its own network. It is the zero Addr when the connection has
// no address (a Unix socket); all of those count as one.
//
// X-Forwarded-For is believed as far as it was written by trusted proxies: each
// adds the peer that it saw at the right, so the rightmost hop that is not
// itself a trusted proxy is the client, and what stands left of it is the
// client's own word.
func clientAddress(r *http.Request, trusted []config.Prefix) netip.Addr {
	address := parseAddress(r.RemoteAddr)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && isTrusted(address, trusted); i-- {
		hop := parseAddress(strings.TrimSpace(hops[i]))
		if !hop.IsValid() {
			break
		}
		address = hop
	}
	return network(address)
}

// network is the address as limits count it.
func network(address netip.Addr) netip.Addr {
	if address.Is6() {
		const network = 64
		return netip.PrefixFrom(address, network).Masked().Addr()
	}
	return address
}

// Address is where a request comes from, as limits count it.
func (g *Gateway) Address(r *http.Request) netip.Addr {
	return clientAddress(r, g.cfg.Gateway.TrustedProxies)
}

// Peer is where a connection comes from, as limits count it, and whether that is a
// trusted proxy, behind which many are.
func (g *Gateway) Peer(remote net.Addr) (address netip.Addr, proxy bool) {
	address = parseAddress(remote.String())
	return network(address), isTrusted(address, g.cfg.Gateway.TrustedProxies)
}

// caller is what a request tells of who makes it.
type caller struct {
	address netip.Addr
	agent   string
	// place holds the headers that tell where the caller is, if a trusted proxy
	// wrote them, else nil. The others would cost memory as long as the connection lasts.
	place http.Header
}

func (g *Gateway) callerOf(r *http.Request) caller {
	trusted := g.cfg.Gateway.TrustedProxies
	c := caller{address: clientAddress(r, trusted), agent: r.UserAgent()}
	for _, name := range []string{g.cfg.Gateway.Places.CountryHeader, g.cfg.Gateway.Places.CityHeader} {
		if name != "" && isTrusted(parseAddress(r.RemoteAddr), trusted) {
			if c.place == nil {
				c.place = http.Header{}
			}
			c.place[http.CanonicalHeaderKey(name)] = r.Header.Values(name)
		}
	}
	return c
}

// admitAddress refuses with CodeBlocked who comes from an address that was shut
// out. It returns the hash that stands for the address; empty where none is kept.
func (g *Gateway) admitAddress(ctx context.Context, site chat.SiteID, c caller) (hash string, err error) {
	if !g.cfg.Gateway.StoreAddresses || !c.address.IsValid() {
		return "", nil
	}
	hash = g.links.address(site, c.address)
	return hash, g.dialog.Admit(ctx, site, hash)
}

// parseAddress reads an address with or without a port; the zero Addr if it is neither.
func parseAddress(s string) netip.Addr {
	if withPort, err := netip.ParseAddrPort(s); err == nil {
		return withPort.Addr().Unmap().WithZone("")
	}
	address, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return address.Unmap().WithZone("")
}

func isTrusted(address netip.Addr, trusted []config.Prefix) bool {
	for _, prefix := range trusted {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}
