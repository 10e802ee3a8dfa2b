package outward_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer is a DNS server on loopback whose answers a test decides.
type nameServer struct {
	mu      sync.Mutex
	answers map[string][][]string // per name: what the first, second, … question is answered; the last for ever
	asked   map[string]int
}

// startDNS serves those answers and returns a resolver that asks it.
func startDNS(t *testing.T, answers map[string][][]string) (*nameServer, *net.Resolver) {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	s := &nameServer{answers: answers, asked: map[string]int{}}
	go s.serve(conn)
	address := conn.LocalAddr().String()
	return s, &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", address)
	}}
}

func (s *nameServer) serve(conn *net.UDPConn) {
	buffer := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		m.Response, m.Authoritative, m.Additionals = true, true, nil
		m.Answers, m.RCode = s.answer(m.Questions[0])
		packed, err := m.Pack()
		if err != nil {
			continue
		}
		_, _ = conn.WriteToUDPAddrPort(packed, from)
	}
}

func (s *nameServer) answer(q dnsmessage.Question) (found []dnsmessage.Resource, code dnsmessage.RCode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := strings.ToLower(q.Name.String())
	turns := s.answers[name]
	if len(turns) == 0 {
		return nil, dnsmessage.RCodeNameError
	}
	// A lookup asks for both families; it counts once, by its question for IPv4.
	turn := turns[min(s.asked[name], len(turns)-1)]
	if q.Type == dnsmessage.TypeA {
		s.asked[name]++
	}
	for _, text := range turn {
		addr := netip.MustParseAddr(text)
		header := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: dnsmessage.ClassINET}
		switch {
		case addr.Is4() && q.Type == dnsmessage.TypeA:
			found = append(found, dnsmessage.Resource{Header: header, Body: &dnsmessage.AResource{A: addr.As4()}})
		case addr.Is6() && q.Type == dnsmessage.TypeAAAA:
			found = append(found, dnsmessage.Resource{Header: header, Body: &dnsmessage.AAAAResource{AAAA: addr.As16()}})
		}
	}
	return found, dnsmessage.RCodeSuccess
}
