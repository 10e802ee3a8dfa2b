package bridge

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/matrix"
	"github.com/anteroom-chat/anteroom/bridge/router"
	"github.com/anteroom-chat/anteroom/bridge/steady"
)

// proxied are callers who all come through one trusted proxy.
type proxied struct{}

func (proxied) Peer(net.Addr) (netip.Addr, bool) { return netip.Addr{}, true }

func (proxied) Address(r *http.Request) netip.Addr {
	return netip.MustParseAddr(r.Header.Get("X-Forwarded-For"))
}

// direct are callers who come without a proxy, all from one address.
type direct struct{}

func (direct) Peer(net.Addr) (netip.Addr, bool) { return netip.MustParseAddr("192.0.2.1"), false }

func (direct) Address(*http.Request) netip.Addr { return netip.MustParseAddr("192.0.2.1") }

// openProxied opens a door behind a proxy at which an address has ConnectionsPerSocket
// requests under way at most. /slow answers when it is let.
func openProxied(t *testing.T) (url string, began <-chan struct{}, let func()) {
	t.Helper()
	cfg := config.Default()
	cfg.Gateway.Limits.SocketsPerAddress = 1
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	starts, end := make(chan struct{}), make(chan struct{})
	let = sync.OnceFunc(func() { close(end) })
	doors := router.New()
	doors.HandleFunc("GET /slow", func(http.ResponseWriter, *http.Request) {
		starts <- struct{}{}
		<-end
	})
	doors.HandleFunc("GET /quick", func(http.ResponseWriter, *http.Request) {})
	crowded := newCrowd(l, cfg, proxied{}, zerolog.Nop())
	server := &httptest.Server{Listener: crowded, Config: &http.Server{Handler: inTime(crowded.held(doors)), ReadHeaderTimeout: headerTimeout}}
	server.Start()
	t.Cleanup(server.Close)
	t.Cleanup(let)
	return server.URL, starts, let
}

func askFrom(t *testing.T, address, url string) int {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Error(err)
		return 0
	}
	request.Header.Set("X-Forwarded-For", address)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

// All connections are the proxy's; what one visitor behind it has under way is counted
// all the same, and others are served meanwhile.
func TestRequestsOfAnAddressBehindAProxyAreCounted(t *testing.T) {
	t.Parallel()
	const one, other = "192.0.2.1", "192.0.2.2"
	url, began, let := openProxied(t)
	var all sync.WaitGroup
	for range config.ConnectionsPerSocket {
		all.Go(func() {
			if status := askFrom(t, one, url+"/slow"); status != http.StatusOK {
				t.Errorf("a request is answered %d", status)
			}
		})
		<-began
	}
	if status := askFrom(t, one, url+"/quick"); status != http.StatusTooManyRequests {
		t.Errorf("one request too many is answered %d", status)
	}
	if status := askFrom(t, other, url+"/quick"); status != http.StatusOK {
		t.Errorf("another visitor is answered %d", status)
	}
	let()
	all.Wait()
	if status := askFrom(t, one, url+"/quick"); status != http.StatusOK {
		t.Errorf("once there is room, a request is answered %d", status)
	}
}

// Who asks faster than any page does waits; others notice nothing.
func TestRequestsOfAnAddressThatComeTooFastWait(t *testing.T) {
	t.Parallel()
	const one, other = "192.0.2.1", "192.0.2.2"
	url, _, _ := openProxied(t) // a request a second, and two at once
	start := time.Now()
	for range 3 {
		if status := askFrom(t, one, url+"/quick"); status != http.StatusOK {
			t.Errorf("a request is answered %d", status)
		}
	}
	if took := time.Since(start); took < 900*time.Millisecond {
		t.Errorf("three requests were answered within %s", took)
	}
	start = time.Now()
	if status := askFrom(t, other, url+"/quick"); status != http.StatusOK || time.Since(start) > 900*time.Millisecond {
		t.Errorf("another visitor is answered %d within %s", status, time.Since(start))
	}
}

// A body that nobody reads holds its connection for a moment only: it does not count any
// more, and may not make up for that by its number.
func TestBodyThatNobodyReadsEndsSoon(t *testing.T) {
	t.Parallel()
	url, _, _ := openProxied(t)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	began := time.Now()
	if _, err := io.WriteString(conn, "GET /quick HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\nContent-Length: 1000\r\n\r\nx"); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(began.Add(bodyTimeout))
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.HasPrefix(answer, "HTTP/1.1 200 ") {
		t.Errorf("answered %q, %v", answer, err)
	}
	if took := time.Since(began); took >= bodyTimeout/2 {
		t.Errorf("the connection was held for %s", took)
	}
}

// openFull opens a door that takes two connections, both of which others hold.
func openFull(t *testing.T, folder string) *crowd {
	t.Helper()
	cfg := config.Default()
	cfg.Gateway.Limits.Connections = 2
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	crowded := newCrowd(l, cfg, direct{}, zerolog.Nop())
	h := newHealth(openStore(t, folder), steady.New(0), func() matrix.Standing { return matrix.Up }, folder)
	h.isCrowded = crowded.isFull
	doors := router.New()
	h.handle(doors)
	doors.HandleFunc("GET /quick", func(http.ResponseWriter, *http.Request) {})
	doors.HandleFunc("GET /held", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	server := &httptest.Server{Listener: crowded, Config: newServer(t.Context(), zerolog.Nop(), "visitors", crowded.held(doors))}
	server.Start()
	t.Cleanup(server.Close)
	for range 2 {
		if _, err := io.WriteString(enter(t, crowded), "GET /held HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	openAre(t, crowded, 2)
	return crowded
}

// enter connects, and says nothing.
func enter(t *testing.T, door net.Listener) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", door.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// openAre waits until so many connections count.
func openAre(t *testing.T, c *crowd, n int64) {
	t.Helper()
	late, again := time.After(10*time.Second), time.NewTicker(time.Millisecond)
	defer again.Stop()
	for c.open.Load() != n {
		select {
		case <-again.C:
		case <-late:
			t.Fatalf("%d connections count, not %d", c.open.Load(), n)
		}
	}
}

// askAlone asks on a connection of its own.
func askAlone(t *testing.T, door net.Listener, path string) (code int, body string) {
	t.Helper()
	conn := enter(t, door)
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	said, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !answer.Close {
		t.Errorf("%s on a connection too many does not end it", path)
	}
	return answer.StatusCode, string(said)
}

// A supervisor would end a bridge whose only fault is that many talk with it.
func TestHealthIsToldWhenAllConnectionsAreTaken(t *testing.T) {
	t.Parallel()
	full := openFull(t, t.TempDir())
	if code, said := askAlone(t, full, "/health/live"); code != http.StatusOK || !strings.Contains(said, `"ok"`) {
		t.Errorf("live: %d %s", code, said)
	}
	if code, said := askAlone(t, full, "/health/ready"); code != http.StatusOK || !strings.Contains(said, `"crowded"`) {
		t.Errorf("ready: %d %s", code, said)
	}
	if code, said := askAlone(t, full, "/quick"); code != http.StatusServiceUnavailable || !strings.Contains(said, `"unavailable"`) {
		t.Errorf("all else: %d %s", code, said)
	}
	openAre(t, full, 2)
	// Those who say nothing have their moment, and no more.
	for range spares {
		enter(t, full)
	}
	openAre(t, full, 2+spares)
	if code, said := askAlone(t, full, "/health/live"); code != http.StatusServiceUnavailable || !strings.Contains(said, `"unavailable"`) {
		t.Errorf("live, over all: %d %s", code, said)
	}
	openAre(t, full, 2)
	if code, said := askAlone(t, full, "/health/live"); code != http.StatusOK {
		t.Errorf("live, after them: %d %s", code, said)
	}
}

// It is a limit that is to be raised, and no other program on the port.
func TestDoctorNamesTheLimitOfConnections(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	full := openFull(t, folder)
	refuses := func(why *chat.Error) net.Addr {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { full.turnAway(w, why) }))
		t.Cleanup(server.Close)
		return server.Listener.Addr()
	}
	for _, c := range []struct {
		what string
		door net.Addr
		want string
	}{
		{"a full bridge", full.Addr(), "gateway.limits.connections is reached"},
		{"one that has no room even for this question", refuses(tooMany()), "gateway.limits.connections is reached"},
		{"one that many share an address at", refuses(tooManyFromHere()), "gateway.trusted_proxies"},
	} {
		told := doctorOf(t, folder, c.door, "visitors.", "public_url.")()
		for _, code := range []string{"bad visitors.crowded", "bad public_url.crowded"} {
			if !strings.Contains(told[code], c.want) {
				t.Errorf("of %s it says %v", c.what, told)
			}
		}
	}
}

// Who asks for health may share an address with one who asks for much.
func TestHealthIsNoRequestOfAnAddress(t *testing.T) {
	t.Parallel()
	full := openFull(t, t.TempDir())
	for full.requests.Enter(netip.MustParseAddr("192.0.2.1")) {
		continue
	}
	doors := router.New()
	doors.HandleFunc("GET /health/live", func(http.ResponseWriter, *http.Request) {})
	doors.HandleFunc("GET /quick", func(http.ResponseWriter, *http.Request) {})
	for path, want := range map[string]int{"/health/live": http.StatusOK, "/quick": http.StatusTooManyRequests} {
		answer := httptest.NewRecorder()
		full.held(doors).ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if answer.Code != want {
			t.Errorf("%s is answered %d", path, answer.Code)
		}
	}
}
