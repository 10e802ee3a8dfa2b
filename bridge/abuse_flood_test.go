package bridge_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// What one visitor, one address and many addresses send too much of is refused by its
// code, and what was acknowledged reaches the operator.
func TestAbuseFloods(t *testing.T) {
	s := startSiege(t, "{messages_per_minute: 60, messages_burst: 20, sockets_per_address: 50, sessions_per_minute: 30, dialogs_per_hour: 10, site_dialogs_per_hour: 30}")
	s.under(t, func(t *testing.T) { s.floodByVisitor(t) })
	s.under(t, func(t *testing.T) { s.floodByAddress(t) })
	s.under(t, func(t *testing.T) { s.floodByMany(t) })
	s.under(t, func(t *testing.T) { s.floodByPings(t) })
	s.under(t, func(t *testing.T) { s.halfOpen(t) })
}

func (s *siege) floodByVisitor(t *testing.T) {
	conn, code := s.enter(t, "127.0.0.2")
	if code != "" {
		t.Errorf("the visitor is refused with %s", code)
		return
	}
	const all = 180 // frames are held back above 200 at once
	for i := range all {
		if err := conn.WriteJSON(&wire.Message{T: wire.TypeMessage, Client: chat.ClientID(fmt.Sprintf("message-%d", i)), Text: fmt.Sprintf("flood %d", i)}); err != nil {
			t.Errorf("the flood is cut at %d: %v", i, err)
			return
		}
	}
	acked, refused := 0, 0
	for acked+refused < all {
		switch code := refusalOn(t, conn, wire.TypeAck); code {
		case "":
			acked++
		case chat.CodeTooFast:
			refused++
		default:
			t.Errorf("a message is refused with %s", code)
			return
		}
	}
	if acked < 20 || refused < all/2 {
		t.Errorf("%d messages are taken, %d refused; 20 may come at once, and one a second", acked, refused)
	}
	s.anna.Sees(t, s.anna.Room(t, 1), fmt.Sprintf("flood %d", 19))
	_ = conn.Close()
}

func (s *siege) floodByAddress(t *testing.T) {
	codes := map[chat.Code]int{}
	for range 120 {
		conn, code := s.enter(t, "127.0.0.3")
		if conn == nil {
			return
		}
		codes[code]++
	}
	if codes[""] < 25 || codes[""] > 50 || codes[chat.CodeTooFast] == 0 || codes[""]+codes[chat.CodeTooFast]+codes[chat.CodeTooManySockets] != 120 {
		t.Errorf("120 visitors of one address are answered %v; 30 new ones may come in a minute, and 50 sockets be open", codes)
	}
}

// floodByMany comes through the proxy: each /64 of IPv6 is an address, whatever stands in
// its second half, and for what all may do together there is the site's limit.
func (s *siege) floodByMany(t *testing.T) {
	codes := map[chat.Code]int{}
	for i := range 45 {
		conn, code := s.enter(t, proxy, "X-Forwarded-For", fmt.Sprintf("2001:db8:1:1::%x", i+1))
		if conn == nil {
			return
		}
		codes[code]++
	}
	if codes[chat.CodeTooFast] == 0 {
		t.Errorf("45 visitors of one /64 are answered %v", codes)
	}
	wrote := map[chat.Code]int{}
	for i := range 50 {
		// What a client says of itself stands left of what the proxy has seen.
		conn, code := s.enter(t, proxy, "X-Forwarded-For", fmt.Sprintf("192.0.2.1, 2001:db8:2:%x::1", i+1))
		if code != "" {
			t.Errorf("the visitor of another /64 is refused with %s", code)
			return
		}
		if err := conn.WriteJSON(&wire.Message{T: wire.TypeMessage, Client: "message-1", Text: "many"}); err != nil {
			t.Error(err)
		}
		wrote[refusalOn(t, conn, wire.TypeAck)]++
		_ = conn.Close()
	}
	if wrote[chat.CodeTooFast] == 0 || wrote[""] == 0 || wrote[""]+wrote[chat.CodeTooFast] != 50 {
		t.Errorf("50 new dialogs are answered %v; a site has 30 in an hour", wrote)
	}
}

// halfOpen opens connections that say nothing: they are counted as such, and one too many is told so.
func (s *siege) halfOpen(t *testing.T) {
	const most, tries = 50 * config.ConnectionsPerSocket, 600
	var open []net.Conn
	refused := 0
	for range tries {
		conn, err := s.from(t.Context(), "127.0.0.2")
		if err != nil {
			t.Errorf("connect: %v", err)
			return
		}
		open = append(open, conn)
	}
	for _, conn := range open { // the limit is known when the last was looked at
		_ = conn.SetReadDeadline(time.Now().Add(bridgetest.Patience))
		head, _ := bufio.NewReader(conn).ReadString('\n')
		if strings.HasPrefix(head, "HTTP/1.1 429 ") {
			refused++
		}
		_ = conn.Close()
	}
	// Those who were let in, and said nothing, ended without a word.
	if refused == 0 || refused > tries-most {
		t.Errorf("%d of %d connections were told that they are too many; %d are allowed", refused, tries, most)
	}
}

func (s *siege) floodByPings(t *testing.T) {
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			conn, _, err := s.socket(t.Context(), "127.0.0.4")
			if err != nil {
				t.Errorf("open a socket: %v", err)
				return
			}
			defer func() { _ = conn.Close() }()
			if err := conn.WriteJSON(&wire.Hello{T: wire.TypeHello, Secret: s.Visitor().Secret}); err != nil {
				t.Error(err)
			}
			late := time.Now().Add(bridgetest.Patience)
			for time.Now().Before(late) {
				if _, err := io.WriteString(conn.NetConn(), strings.Repeat(masked(0x89, "ping"), 100)); err != nil {
					return
				}
			}
			t.Error("pings may come without end")
		})
	}
	all.Wait()
}
