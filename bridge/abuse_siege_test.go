package bridge_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
	"github.com/anteroom-chat/anteroom/bridge/gateway"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// siege is a talk between a visitor and an operator, and attackers around it who reach
// the same door. Whatever they do, the two go on talking, and when the attackers have
// gone, nothing of them stays.
type siege struct {
	*talk
	address string // of the door, host and port
	figures string // where the bridge tells of itself
	// line is what attackers reach it through; nil is the machine's own, which is faster than any.
	line *rate.Limiter
	said int
}

// resident is the bridge's memory, in bytes.
const resident = "process_resident_memory_bytes"

// proxy is the address from which X-Forwarded-For is believed.
const proxy = "127.0.0.9"

func startSiege(t *testing.T, limits string) *siege {
	t.Helper()
	figures := fmt.Sprintf("127.0.0.1:%d", dendritetest.Port(t))
	k := startTalk(t, bridgetest.Options{
		Limits:  limits,
		Gateway: "  trusted_proxies: [" + proxy + "]\nmetrics: {enabled: true, listen: \"" + figures + "\"}\n",
	})
	door, err := url.Parse(k.URL)
	if err != nil {
		t.Fatal(err)
	}
	return &siege{talk: k, address: door.Host, figures: "http://" + figures + "/metrics"}
}

// figure is one of the bridge's own.
func (s *siege) figure(t *testing.T, name string) float64 {
	t.Helper()
	for line := range strings.Lines(string(fetch(t, s.figures))) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			number, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				t.Fatal(err)
			}
			return number
		}
	}
	t.Fatalf("the bridge tells nothing of %s", name)
	return 0
}

// goesOn has both say something that the other gets.
func (s *siege) goesOn(t *testing.T) {
	t.Helper()
	s.said++
	asked, answered := fmt.Sprintf("question %d", s.said), fmt.Sprintf("answer %d", s.said)
	s.visitor.Acked(t, s.visitor.Say(asked))
	s.anna.Sees(t, s.room, asked)
	s.anna.Says(t, s.room, answered)
	s.visitor.Hears(t, answered)
}

// mostConnections are those of an attack, and more.
const mostConnections = 1000

// mostMemory is what the bridge may take more under an attack, in bytes: as much garbage as
// there is of use, and twice as much again for what the race detector notes of each word.
func mostMemory() float64 {
	most := 2 * gateway.MostMemory(mostConnections)
	if bridgetest.RaceEnabled {
		most *= 3
	}
	return float64(most)
}

// under attacks, and holds that both go on from its beginning to its end, that the bridge
// takes no more memory than it has for its visitors, and that it is as small again after
// it. attack ends when its connections are closed, by whomever.
func (s *siege) under(t *testing.T, attack func(t *testing.T)) {
	t.Helper()
	routines, files, before := s.figure(t, "go_goroutines"), s.figure(t, "process_open_fds"), s.figure(t, resident)
	rise := 0.0
	over := make(chan struct{})
	go func() {
		defer close(over)
		attack(t)
	}()
	pause := time.NewTicker(2 * time.Second) // as fast as people talk, and the limits let them
	defer pause.Stop()
	for meanwhile := true; meanwhile; {
		s.goesOn(t)
		rise = max(rise, s.figure(t, resident)-before)
		select {
		case <-over:
			meanwhile = false
		case <-pause.C:
		}
	}
	s.goesOn(t)
	if t.Logf("The attack took %.0f MiB of memory at most", rise/(1<<20)); rise > mostMemory() {
		t.Errorf("that is more than %.0f MiB", mostMemory()/(1<<20))
	}
	// Some come and go at any time: senders, polls, connections to the homeserver.
	const more = 40
	bridgetest.Await(t, "the bridge lets go of all that the attack cost", func() bool {
		return s.figure(t, "go_goroutines") <= routines+more && s.figure(t, "process_open_fds") <= files+more
	})
}

// from opens a connection from an address of this machine.
func (s *siege) from(ctx context.Context, address string) (net.Conn, error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	conn, err := dialer.DialContext(ctx, "tcp", s.address)
	if err != nil || s.line == nil {
		return conn, err
	}
	return lined{conn, s.line}, nil
}

// lined is a connection over a line that all share, whose rate is in bytes a second.
type lined struct {
	net.Conn
	line *rate.Limiter
}

// Write is as slow as the line.
func (c lined) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		piece := p[n:min(len(p), n+c.line.Burst())]
		if err = c.line.WaitN(context.Background(), len(piece)); err != nil {
			return n, err
		}
		var wrote int
		wrote, err = c.Conn.Write(piece)
		n += wrote
	}
	return n, err
}

func (c lined) SetLinger(seconds int) error { return c.Conn.(*net.TCPConn).SetLinger(seconds) }

func (c lined) SetReadBuffer(bytes int) error { return c.Conn.(*net.TCPConn).SetReadBuffer(bytes) }

func (s *siege) dialer(address string) websocket.Dialer {
	return websocket.Dialer{
		Subprotocols:   []string{wire.Subprotocol},
		NetDialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return s.from(ctx, address) },
	}
}

// socket opens a WebSocket from an address, with more headers in pairs.
func (s *siege) socket(ctx context.Context, address string, header ...string) (*websocket.Conn, *http.Response, error) {
	dialer := s.dialer(address)
	h := http.Header{"Origin": {bridgetest.Origin}}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return dialer.DialContext(ctx, "ws://"+s.address+"/v1/shop/socket", h)
}

// enter opens a socket and says hello with a new secret. The code is that of the refusal,
// empty when the visitor was let in.
func (s *siege) enter(t *testing.T, address string, header ...string) (*websocket.Conn, chat.Code) {
	conn, _, err := s.socket(t.Context(), address, header...)
	if err != nil {
		t.Errorf("open a socket: %v", err)
		return nil, chat.CodeInternal
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.WriteJSON(&wire.Hello{T: wire.TypeHello, Secret: s.Visitor().Secret}); err != nil {
		t.Error(err)
	}
	return conn, refusalOn(t, conn, wire.TypeWelcome)
}

// refusalOn reads on to a frame of that type, or an error's code.
func refusalOn(t *testing.T, conn *websocket.Conn, want wire.Type) chat.Code {
	_ = conn.SetReadDeadline(time.Now().Add(bridgetest.Patience))
	for {
		var frame wire.Error
		if err := conn.ReadJSON(&frame); err != nil {
			t.Errorf("no %s came, and no error: %v", want, err)
			return chat.CodeInternal
		}
		switch frame.T {
		case wire.TypeError:
			return frame.Code
		case want:
			return ""
		default:
		}
	}
}

// drip writes a text and then one byte again and again, and returns when the bridge has
// closed the connection.
func (s *siege) drip(t *testing.T, address, text, again string) {
	conn, err := s.from(t.Context(), address)
	if err != nil {
		t.Errorf("connect: %v", err)
		return
	}
	s.dripOn(t, conn, text, again)
}

func (s *siege) dripOn(t *testing.T, conn net.Conn, text, again string) {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = io.Copy(io.Discard, conn)
	}()
	defer func() { _ = conn.Close() }()
	late := time.NewTimer(bridgetest.Patience)
	defer late.Stop()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	_, _ = io.WriteString(conn, text)
	for {
		select {
		case <-gone:
			return
		case <-tick.C:
			_, _ = io.WriteString(conn, again)
		case <-late.C:
			t.Errorf("the bridge still listens to %.60q", text)
			return
		}
	}
}

// masked is a client's frame of a WebSocket (RFC 6455 section 5.2) under a mask of zeros.
func masked(first byte, payload string) string {
	return string([]byte{first, 0x80 | byte(len(payload)), 0, 0, 0, 0}) + payload
}
