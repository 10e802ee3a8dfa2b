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

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/router"
)

// proxied are callers who all come through one trusted proxy.
type proxied struct{}

func (proxied) Peer(net.Addr) (netip.Addr, bool) { return netip.Addr{}, true }

func (proxied) Address(r *http.Request) netip.Addr {
	return netip.MustParseAddr(r.Header.Get("X-Forwarded-For"))
}

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
