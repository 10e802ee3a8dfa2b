package admin

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/dendrite"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
)

// answers are what a program says at some paths, each "status body"; at all
// others it says 404.
type answers map[string]string

func (a answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, body := http.StatusNotFound, "{}"
	if answer, ok := a[r.URL.Path]; ok {
		if _, err := fmt.Sscanf(answer, "%d", &status); err != nil {
			panic(err)
		}
		_, body, _ = strings.Cut(answer, " ")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprint(w, body)
}

// before stands before a homeserver and answers itself at some paths.
func before(t *testing.T, address string, own answers) string {
	t.Helper()
	target, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := own[r.URL.Path]; ok {
			own.ServeHTTP(w, r)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

const (
	appPing   = "/_matrix/app/v1/ping"
	homePing  = "/_matrix/client/v1/appservice/anteroom/ping"
	wellKnown = "200 {}"
)

// TestCheckOnlineNamesTheFault puts other programs where the bridge or the
// proxy should be, and lets the homeserver answer a ping as Synapse does.
func TestCheckOnlineNamesTheFault(t *testing.T) {
	port := dendritetest.Port(t)
	configPath := writeConfig(t, fmt.Sprintf("http://127.0.0.1:%d", port), dendritetest.Port(t), dendritetest.Port(t))
	server := dendritetest.Start(t, dendrite.Options{Port: port, Registrations: []string{register(t, configPath)}})
	dendritetest.Operator(t, server, "ann")
	for _, c := range []struct {
		name                       string
		homeserver, bridge, public answers
		want                       [][3]string
	}{
		{
			name: "another program on the port",
			want: [][3]string{{"✗", "bridge", "it is not Anteroom"}},
		},
		{
			name:   "a bridge with an older config",
			bridge: answers{appPing: "403 {}"},
			want:   [][3]string{{"✗", "bridge", "another hs_token"}},
		},
		{
			name:   "a homeserver without ping, a proxy without the bridge",
			bridge: answers{appPing: wellKnown},
			public: answers{"/health/ready": "502 Bad Gateway"},
			want: [][3]string{
				{"✓", "bridge", ""},
				{"–", "ping", "cannot be asked whether"},
				{"✗", "public url", "does not reach the bridge"},
			},
		},
		{
			name:       "a homeserver that cannot reach the bridge, a proxy with another site",
			homeserver: answers{homePing: `502 {"errcode": "M_CONNECTION_FAILED", "error": "no route"}`},
			bridge:     answers{appPing: wellKnown},
			public:     answers{"/health/ready": "200 <html>"},
			want: [][3]string{
				{"✗", "ping", "cannot reach the bridge"},
				{"✗", "public url", "must hand /health/"},
			},
		},
		{
			name:       "a homeserver with an older registration, a proxy without WebSocket",
			homeserver: answers{homePing: `502 {"errcode": "M_BAD_STATUS", "status": 403}`},
			bridge:     answers{appPing: wellKnown},
			public:     answers{"/health/ready": `200 {"status":"ok"}`, "/v1/shop/socket": "400 {}"},
			want: [][3]string{
				{"✗", "ping", "another hs_token or url"},
				{"✓", "public url", ""},
				{"✗", "websocket", "must pass WebSocket on"},
			},
		},
		{
			name:       "a homeserver that pings, a public address that is not there",
			homeserver: answers{homePing: `200 {"duration_ms": 7}`},
			bridge:     answers{appPing: wellKnown},
			want:       [][3]string{{"✓", "ping", "7 ms"}, {"✗", "public url", "gives 404"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			bridge, public := httptest.NewServer(c.bridge), httptest.NewServer(c.public)
			defer bridge.Close()
			defer public.Close()
			text, err := os.ReadFile(configPath)
			if err != nil {
				t.Fatal(err)
			}
			path := writeConfig(t, before(t, server.URL(), c.homeserver), portOf(bridge), portOf(public))
			moved, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			// The homeserver knows the tokens of the first config.
			tokens := tokenLines(text)
			moved = bytes.Replace(moved, []byte("  as_token: \"\"\n"), tokens, 1)
			if err := os.WriteFile(path, moved, 0o600); err != nil {
				t.Fatal(err)
			}
			output, _ := checkOnline(t.Context(), t, path)
			want(t, output, append(c.want, [3]string{"✓", "operators", ""})...)
		})
	}
}

func portOf(server *httptest.Server) int {
	return server.Listener.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // a TCP listener
}

func tokenLines(text []byte) []byte {
	var lines []byte
	for line := range bytes.Lines(text) {
		if bytes.Contains(line, []byte("s_token: ")) {
			lines = append(lines, line...)
		}
	}
	return lines
}

// spoken is a connection whose other end has spoken already.
type spoken struct {
	net.Conn
	first io.Reader
}

func (c spoken) Read(p []byte) (int, error) { return c.first.Read(p) }

// A mail server speaks before it is asked. Which of its two errors net/http then has is a
// matter of moments.
func TestWhoSpeaksFirstIsStrange(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	go func() {
		var open []net.Conn
		for {
			conn, err := listener.Accept()
			if err != nil {
				break
			}
			_, _ = io.WriteString(conn, "220 mail.example.org\r\n")
			open = append(open, conn)
		}
		for _, conn := range open {
			_ = conn.Close()
		}
	}()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		greeting := make([]byte, 3)
		if _, err := io.ReadFull(conn, greeting); err != nil {
			return nil, err
		}
		return spoken{conn, io.MultiReader(bytes.NewReader(greeting), conn)}, nil
	}}}
	for range 200 {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String(), nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := client.Do(request)
		if err == nil {
			_ = answer.Body.Close()
		}
		if !strange(err) {
			t.Fatalf("%v is not strange", err)
		}
		if said := why(err); said != "what is there does not speak HTTP" {
			t.Fatalf("says %q", said)
		}
	}
}

// Who says nothing in time, or hangs up, is told of in words of ours; and a DNS that is away
// does not make of a name one that does not exist.
func TestWhyIsForPeople(t *testing.T) {
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	get := func(ctx context.Context, client *http.Client) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+silent.Addr().String(), nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := client.Do(request)
		if err == nil {
			_ = answer.Body.Close()
		}
		return err
	}
	soon, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"late by the client's clock", get(t.Context(), &http.Client{Timeout: 20 * time.Millisecond}), "it takes too long"},
		{"late by the caller's clock", get(soon, http.DefaultClient), "it takes too long"},
		{"hangs up", &url.Error{Op: "Get", Err: io.EOF}, "it hangs up"},
		{"no such name", &net.DNSError{Name: "chat.example.com", IsNotFound: true}, "the name chat.example.com does not exist in DNS"},
		{"DNS is away", &net.DNSError{Name: "chat.example.com", IsTimeout: true}, "DNS does not say where chat.example.com is"},
	} {
		if got := why(c.err); got != c.want {
			t.Errorf("%s: says %q, want %q", c.name, got, c.want)
		}
	}
}
