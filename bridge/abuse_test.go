package bridge_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// siege is a talk between a visitor and an operator, and attackers around it who reach
// the same door. Whatever they do, the two go on talking, and when the attackers have
// gone, nothing of them stays.
type siege struct {
	*talk
	address string // of the door, host and port
	figures string // where the bridge tells of itself
	said    int
}

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

// under attacks, and holds that both go on meanwhile and that the bridge is as small
// again after it. attack ends when its connections are closed, by whomever.
func (s *siege) under(t *testing.T, attack func(t *testing.T)) {
	t.Helper()
	routines, files := s.figure(t, "go_goroutines"), s.figure(t, "process_open_fds")
	over := make(chan struct{})
	go func() {
		defer close(over)
		attack(t)
	}()
	s.goesOn(t)
	<-over
	s.goesOn(t)
	// Some come and go at any time: senders, polls, connections to the homeserver.
	const more = 40
	bridgetest.Await(t, "the bridge lets go of all that the attack cost", func() bool {
		return s.figure(t, "go_goroutines") <= routines+more && s.figure(t, "process_open_fds") <= files+more
	})
}

// from opens a connection from an address of this machine.
func (s *siege) from(ctx context.Context, address string) (net.Conn, error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	return dialer.DialContext(ctx, "tcp", s.address)
}

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

// What hurts one door at a time, or all of them, hurts nobody else. What comes byte by
// byte comes all the time, since it takes longest to end.
func TestAbuse(t *testing.T) {
	s := startSiege(t, "{messages_per_minute: 6000, messages_burst: 1000, sessions_per_minute: 6000, dialogs_per_hour: 6000, uploads_per_hour: 1000, upload_bytes_per_hour: 20MiB}")
	s.under(t, func(t *testing.T) {
		var slow sync.WaitGroup
		slow.Go(func() { s.slowLoris(t) })
		s.thousandUploads(t)
		s.neverRead(t)
		s.malformed(t)
		s.guesses(t)
		slow.Wait()
	})
}

// slowLoris sends everything byte by byte, and returns when all of it has ended.
func (s *siege) slowLoris(t *testing.T) {
	const each = 15
	body := func(method, path string, header ...string) string {
		return method + " " + path + " HTTP/1.1\r\nHost: x\r\nOrigin: " + bridgetest.Origin + "\r\nContent-Length: 4000\r\n" + strings.Join(header, "") + "\r\n{"
	}
	slow := map[string]string{
		"nothing":        "",
		"the first line": "GET /heal",
		"headers":        "GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: ",
		"an upgrade":     "GET /v1/shop/socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-",
		"an exchange":    body("POST", "/v1/shop/frames"),
		"a transcript":   body("POST", "/v1/shop/transcript"),
		"the preview":    strings.Replace(body("POST", "/v1/shop/look"), bridgetest.Origin, s.URL, 1),
		"unsubscribing":  body("POST", "/v1/shop/unsubscribe?a=x", "Content-Type: application/x-www-form-urlencoded\r\n"),
		// Bodies that no handler reads.
		"a body of a GET":   body("GET", "/health/ready"),
		"a body for a page": body("GET", "/shop/chat"),
		"a panel's body":    body("GET", "/panel/shop"),
		"a sign-in":         strings.Replace(body("POST", "/panel/v1/session"), bridgetest.Origin, s.URL, 1),
		"an API's body":     body("POST", "/api/v1/sites/shop/contacts/bulk"),
		"a chunked body":    "POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
	}
	var all sync.WaitGroup
	for name, text := range slow {
		for range each {
			all.Go(func() {
				again := "x"
				if name == "nothing" {
					again = ""
				}
				s.drip(t, "127.0.0.2", text, again)
			})
		}
	}
	for range each { // a socket whose first frame, or next, is in fragments for ever
		for _, hello := range []bool{true, false} {
			all.Go(func() {
				conn, _, err := s.socket(t.Context(), "127.0.0.3")
				if err != nil {
					t.Errorf("open a socket: %v", err)
					return
				}
				if hello {
					if err := conn.WriteJSON(&wire.Hello{T: wire.TypeHello, Secret: s.Visitor().Secret}); err != nil {
						t.Error(err)
					}
				}
				s.dripOn(t, conn.NetConn(), masked(0x01, "{"), masked(0x00, "x"))
			})
		}
	}
	all.Wait()
}

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

// neverRead asks for much and reads nothing; such a socket is let go, and its visitor finds all of it with another connection.
func (s *siege) neverRead(t *testing.T) {
	const messages, size = 40, 30_000
	for i := range messages {
		s.anna.Says(t, s.room, fmt.Sprintf("long %02d ", i)+strings.Repeat("x", size))
	}
	s.visitor.Entry(t, "the last long message", func(e wire.Entry) bool { return strings.HasPrefix(e.Text, fmt.Sprintf("long %02d ", messages-1)) })
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			conn, _, err := s.socket(t.Context(), "127.0.0.2")
			if err != nil {
				t.Errorf("open a socket: %v", err)
				return
			}
			defer func() { _ = conn.Close() }()
			if tcp, ok := conn.NetConn().(*net.TCPConn); ok {
				_ = tcp.SetReadBuffer(4096)
			}
			if err := conn.WriteJSON(&wire.Hello{T: wire.TypeHello, Secret: s.visitor.Secret}); err != nil {
				t.Error(err)
			}
			late := time.Now().Add(bridgetest.Patience)
			for time.Now().Before(late) {
				if conn.WriteJSON(&wire.History{T: wire.TypeHistory, Before: 1000, Limit: 100}) != nil {
					return
				}
			}
			t.Error("a socket that reads nothing is kept")
		})
	}
	all.Wait()
	again := s.visitor.Tab().MustConnect(t)
	again.ScrollUp(t)
	for i := range messages {
		again.Entry(t, "every long message", func(e wire.Entry) bool { return strings.HasPrefix(e.Text, fmt.Sprintf("long %02d ", i)) })
	}
}

// malformed sends what is too large, too deep or packed; it is refused at the edge.
func (s *siege) malformed(t *testing.T) {
	deep := strings.Repeat("[", 30_000)
	ask := func(method, path, body string, header ...string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(header); i += 2 {
			request.Header.Set(header[i], header[i+1])
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		said, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(said)
	}
	for name, c := range map[string]struct {
		method, path, body string
		header             []string
		status             int
	}{
		"huge headers":      {"GET", "/health/ready", "", []string{"X-Huge", strings.Repeat("x", 100_000)}, http.StatusRequestHeaderFieldsTooLarge},
		"a deep exchange":   {"POST", "/v1/shop/frames", deep, []string{"Origin", bridgetest.Origin}, http.StatusBadRequest},
		"a deep hello":      {"POST", "/v1/shop/frames", `{"hello":{"t":"hello","secret":` + deep, []string{"Origin", bridgetest.Origin}, http.StatusBadRequest},
		"a large exchange":  {"POST", "/v1/shop/frames", strings.Repeat(" ", 1<<20), []string{"Origin", bridgetest.Origin}, http.StatusRequestEntityTooLarge},
		"a packed exchange": {"POST", "/v1/shop/frames", "\x1f\x8b\x08\x00", []string{"Origin", bridgetest.Origin, "Content-Encoding", "gzip"}, http.StatusBadRequest},
		"a deep sign-in":    {"POST", "/panel/v1/session", deep[:10_000], []string{"Origin", s.URL}, http.StatusBadRequest},
		"a deep identity":   {"POST", "/v1/shop/identity", deep, []string{"Origin", bridgetest.Origin}, http.StatusBadRequest},
		"deep settings":     {"POST", "/v1/shop/look", deep, []string{"Origin", s.URL}, http.StatusOK},
		"yaml that grows": {
			"POST", "/v1/shop/look", `{"title": &a "` + strings.Repeat("x", 1000) + `", "team": [*a,*a,*a,*a,*a,*a,*a,*a,*a]}`,
			[]string{"Origin", s.URL},
			http.StatusOK,
		},
	} {
		if status, said := ask(c.method, c.path, c.body, c.header...); status != c.status || c.status == http.StatusOK && !strings.Contains(said, `"faults":["`) {
			t.Errorf("%s is answered %d %.200s, want %d", name, status, said, c.status)
		}
	}
	// No frame is unpacked: the extension is not agreed to, and a frame that uses it ends the socket.
	dialer := s.dialer("127.0.0.2")
	dialer.EnableCompression = true
	conn, response, err := dialer.DialContext(t.Context(), "ws://"+s.address+"/v1/shop/socket", http.Header{"Origin": {bridgetest.Origin}})
	if err != nil {
		t.Errorf("open a socket: %v", err)
		return
	}
	if agreed := response.Header.Get("Sec-WebSocket-Extensions"); agreed != "" {
		t.Errorf("the bridge agrees to %q", agreed)
	}
	s.dripOn(t, conn.NetConn(), masked(0xc1, "\xaa"), "")
	// In a frame the depth is the frame's fault, and the socket goes on.
	conn, code := s.enter(t, "127.0.0.2")
	if code != "" {
		t.Errorf("the visitor is refused with %s", code)
		return
	}
	for _, text := range []string{
		deep, `{"t":"event","cid":"client-000001","name":"x","data":` + deep + strings.Repeat("]", len(deep)) + "}",
		`{"t":"message","cid":"client-000002","text":` + strings.Repeat(`{"a":`, 9_000) + "1" + strings.Repeat("}", 9_000) + "}",
	} {
		if err := conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			t.Error(err)
		}
		if code := refusalOn(t, conn, wire.TypeAck); code != chat.CodeBadFrame {
			t.Errorf("%.60s… is answered %q", text, code)
		}
	}
}

// guesses tries secrets: who does is soon told to wait, and learns nothing before that.
func (s *siege) guesses(t *testing.T) {
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return s.from(ctx, "127.0.0.2") },
	}}
	ask := func(t *testing.T, method, path, body string, header ...string) (int, chat.Code) {
		request, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		for i := 0; i < len(header); i += 2 {
			request.Header.Set(header[i], header[i+1])
		}
		answer, err := client.Do(request)
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		defer func() { _ = answer.Body.Close() }()
		var refusal struct{ Code chat.Code }
		_ = json.NewDecoder(answer.Body).Decode(&refusal)
		return answer.StatusCode, refusal.Code
	}
	guess := func(i int) string { return fmt.Sprintf("%043d", i) }
	for name, try := range map[string]func(i int) (int, chat.Code){
		"a panel's link": func(i int) (int, chat.Code) {
			return ask(t, "POST", "/panel/v1/session", `{"link":"`+guess(i)+`"}`, "Origin", s.URL)
		},
		"a panel's session": func(i int) (int, chat.Code) {
			return ask(t, "GET", "/api/v1/sites/shop", "", "Authorization", "Bearer anteroom_session_"+guess(i))
		},
		"an API's token": func(i int) (int, chat.Code) {
			return ask(t, "GET", "/api/v1/sites/shop", "", "Authorization", "Bearer anteroom_"+guess(i))
		},
		"a mail's link": func(i int) (int, chat.Code) {
			return ask(t, "POST", "/v1/shop/return", `{"link":"`+guess(i)+`","secret":"`+guess(i)+`"}`, "Origin", bridgetest.Origin)
		},
		"a visitor's session": func(i int) (int, chat.Code) {
			return ask(t, "POST", "/v1/shop/transcript", `{"secret":"`+guess(i)+`"}`, "Origin", bridgetest.Origin)
		},
		"an unsubscribe link": func(i int) (int, chat.Code) {
			return ask(t, "GET", "/v1/shop/unsubscribe?a="+guess(i), "")
		},
	} {
		told := false
		for i := range 1000 {
			status, code := try(i)
			if status < 400 || status >= http.StatusInternalServerError {
				t.Errorf("guess %d of %s is answered %d %s", i, name, status, code)
				break
			}
			if told = status == http.StatusTooManyRequests; told {
				break
			}
		}
		// That link is signed and costs no reading: there is nothing to hold back.
		if !told && name != "an unsubscribe link" {
			t.Errorf("%s can be guessed without end", name)
		}
	}
}

// thousandUploads sends files of all kinds and gives half of them up half-way: they leave on the disk what
// was sent whole, and nothing else.
func (s *siege) thousandUploads(t *testing.T) {
	kinds := []string{"text/plain", "text/html", "image/png", "image/svg+xml", "application/x-msdownload", "", "x/y; charset=\"", "multipart/form-data"}
	const visitors, each = 100, 10
	var all sync.WaitGroup
	lane := make(chan struct{}, 8)
	for v := range visitors {
		all.Go(func() {
			lane <- struct{}{}
			defer func() { <-lane }()
			address := fmt.Sprintf("198.51.100.%d", v)
			conn, code := s.enter(t, proxy, "X-Forwarded-For", address)
			if code != "" {
				t.Errorf("a visitor is refused with %s", code)
				return
			}
			defer func() { _ = conn.Close() }()
			for i := range each {
				s.sendUpload(t, conn, address, i, kinds[(v+i)%len(kinds)])
			}
		})
	}
	all.Wait()
	var whole, other int64
	bridgetest.Await(t, "nothing of what broke off lies on the disk", func() bool {
		whole, other = s.bytesOnDisk(t)
		return other == 0
	})
	if most := int64(visitors * each * mostOfAnUpload / 2); whole == 0 || whole > most {
		t.Errorf("%d bytes of uploads lie on the disk, of %d at most that were sent whole", whole, most)
	}
}
