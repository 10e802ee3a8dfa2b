package outward

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// AllowList is what the admin trusts although it is not public. The zero value
// allows nothing more.
type AllowList struct {
	prefixes []netip.Prefix
	hosts    map[string]bool
}

// ParseAllowList reads entries that are addresses ("10.1.2.3"), ranges
// ("10.0.0.0/8", "fd00::/8") or names of hosts ("crm.internal"). A name is
// trusted wherever it leads, but it alone: not the names below it, and not the
// address itself under another name.
func ParseAllowList(entries []string) (AllowList, error) {
	list := AllowList{hosts: map[string]bool{}}
	for _, entry := range entries {
		s := strings.TrimSpace(entry)
		if addr, err := netip.ParseAddr(s); err == nil {
			addr = addr.Unmap().WithZone("")
			list.prefixes = append(list.prefixes, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		if prefix, err := netip.ParsePrefix(s); err == nil {
			list.prefixes = append(list.prefixes, prefix.Masked())
			continue
		}
		host := normalHost(s)
		if u, err := url.Parse("http://" + host + "/"); err != nil || host == "" || u.Host != host || strings.Contains(host, ":") {
			return AllowList{}, fmt.Errorf("%q is neither a host like crm.internal nor an address or range like 10.0.0.0/8; leave out scheme, port and path", entry)
		}
		list.hosts[host] = true
	}
	return list, nil
}

// normalHost is the form in which hosts are compared.
func normalHost(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

func (l AllowList) host(host string) bool { return l.hosts[normalHost(host)] }

// permits reports whether a connection to the address may be made: it is
// public, or the list names it. Forms of IPv6 that carry an IPv4 address are
// judged by that one.
func (l AllowList) permits(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	inner, carries := carried(addr)
	for _, prefix := range l.prefixes {
		if prefix.Contains(addr) || carries && prefix.Contains(inner) {
			return true
		}
	}
	if carries && !public(inner) {
		return false
	}
	return public(addr)
}

// carried returns the IPv4 address within a NAT64 (RFC 6052) or 6to4 (RFC 3056)
// address: a gateway on the way would connect to that.
func carried(addr netip.Addr) (netip.Addr, bool) {
	if !addr.Is6() {
		return netip.Addr{}, false
	}
	b := addr.As16()
	switch {
	case within(addr, "64:ff9b::/96"):
		return netip.AddrFrom4([4]byte(b[12:16])), true
	case within(addr, "2002::/16"):
		return netip.AddrFrom4([4]byte(b[2:6])), true
	default:
		return netip.Addr{}, false
	}
}

// public reports whether an address belongs to the open internet, by IANA's
// registries of special addresses (RFC 6890).
func public(addr netip.Addr) bool {
	if addr.Is4() {
		return !within(addr,
			"0.0.0.0/8",       // this host and network
			"10.0.0.0/8",      // private
			"100.64.0.0/10",   // shared by carriers (RFC 6598)
			"127.0.0.0/8",     // loopback
			"169.254.0.0/16",  // link-local, with the clouds' metadata services
			"172.16.0.0/12",   // private
			"192.0.0.0/24",    // protocol assignments
			"192.0.2.0/24",    // documentation
			"192.88.99.0/24",  // former 6to4 relays
			"192.168.0.0/16",  // private
			"198.18.0.0/15",   // benchmarks
			"198.51.100.0/24", // documentation
			"203.0.113.0/24",  // documentation
			"224.0.0.0/4",     // multicast
			"240.0.0.0/4",     // reserved, and broadcast
		)
	}
	// Only 2000::/3 is handed out to the internet (and NAT64 leads there);
	// everything else is local, private, multicast or an old way to write IPv4.
	return within(addr, "64:ff9b::/96") || within(addr, "2000::/3") && !within(addr,
		"2001::/23",     // protocol assignments, Teredo among them
		"2001:db8::/32", // documentation
		"3fff::/20",     // documentation
	)
}

func within(addr netip.Addr, prefixes ...string) bool {
	for _, p := range prefixes {
		if netip.MustParsePrefix(p).Contains(addr) {
			return true
		}
	}
	return false
}

// CheckURL says what is wrong with an address before anything is asked of it,
// for the edge where a config is read: form, scheme, credentials, an address
// that is not public. What a name leads to is only seen when it is connected to.
func CheckURL(address string, allow AllowList) error {
	u, err := url.Parse(address)
	if err != nil {
		// The parser's error repeats the address, which may be a secret.
		return errorf(BadURL, nil, "The address is not a URL.")
	}
	if fault := checkURL(u, allow); fault != nil {
		return fault
	}
	return nil
}

func checkURL(u *url.URL, allow AllowList) *Error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return errorf(BadScheme, nil, "The address must begin with https:// or http://.")
	case u.User != nil:
		return errorf(Credentials, nil, "The address must not carry a user name or password: send them in a header.")
	case u.Hostname() == "":
		return errorf(BadURL, nil, "The address names no host.")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return errorf(BadURL, nil, "The port of the address must be between 1 and 65535.")
		}
	}
	if addr, err := netip.ParseAddr(u.Hostname()); err == nil && !allow.permits(addr) {
		return errorf(ForbiddenAddress, nil, "%s is not a public address: add it to the allow list if this is intended.", addr)
	}
	return nil
}
