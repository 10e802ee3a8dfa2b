package gateway

import (
	"net/http"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/config"
)

func TestClientAddress(t *testing.T) {
	var trusted []config.Prefix
	for _, text := range []string{"127.0.0.1", "10.0.0.0/8", "2001:db8:ffff::/48"} {
		var p config.Prefix
		must(t, p.UnmarshalText([]byte(text)))
		trusted = append(trusted, p)
	}
	for _, test := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"a direct visitor", "192.0.2.7:1234", nil, "192.0.2.7"},
		{"a direct visitor who lies", "192.0.2.7:1234", []string{"198.51.100.1"}, "192.0.2.7"},
		{"one proxy", "127.0.0.1:1234", []string{"192.0.2.7"}, "192.0.2.7"},
		{"one proxy, a visitor who lies", "127.0.0.1:1234", []string{"198.51.100.1, 192.0.2.7"}, "192.0.2.7"},
		{"two proxies", "127.0.0.1:1234", []string{"198.51.100.1, 192.0.2.7, 10.1.2.3"}, "192.0.2.7"},
		{"two headers", "127.0.0.1:1234", []string{"198.51.100.1", "192.0.2.7,10.1.2.3"}, "192.0.2.7"},
		{"hops with ports", "127.0.0.1:1234", []string{"192.0.2.7:99, 10.1.2.3:80"}, "192.0.2.7"},
		{"only proxies", "127.0.0.1:1234", []string{"10.9.9.9, 10.1.2.3"}, "10.9.9.9"},
		{"no header behind a proxy", "127.0.0.1:1234", nil, "127.0.0.1"},
		{"nonsense in the header", "127.0.0.1:1234", []string{"192.0.2.7, unknown"}, "127.0.0.1"},
		{"IPv6 is counted by network", "[2001:db8:1:2:3:4:5:6]:1234", nil, "2001:db8:1:2::"},
		{"IPv6 behind IPv6", "[2001:db8:ffff::1]:1", []string{"2001:db8:1:2:3:4:5:6"}, "2001:db8:1:2::"},
		{"IPv6 in brackets", "127.0.0.1:1", []string{"[2001:db8:1:2::6]:443"}, "2001:db8:1:2::"},
		{"IPv4 in IPv6", "[::ffff:127.0.0.1]:1", []string{"::ffff:192.0.2.7"}, "192.0.2.7"},
		{"IPv6 with a zone", "[fe80::1%eth0]:1", nil, "fe80::"},
		{"a Unix socket", "@", []string{"192.0.2.7"}, "invalid IP"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: test.peer, Header: http.Header{"X-Forwarded-For": test.forwarded}}
			if got := clientAddress(r, trusted).String(); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
