package bridge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

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
		"a panel's session, to end it": func(i int) (int, chat.Code) {
			return ask(t, "DELETE", "/panel/v1/session", "", "Origin", s.URL, "Authorization", "Bearer anteroom_session_"+guess(i))
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
