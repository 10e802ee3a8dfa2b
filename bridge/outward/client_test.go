package outward_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/outward"
)

func client(t *testing.T, o outward.Options) *outward.Client {
	t.Helper()
	c := outward.New(o)
	t.Cleanup(c.Close)
	return c
}

// local trusts all of loopback, as an admin may.
func local(t *testing.T) outward.Options {
	t.Helper()
	return outward.Options{Allow: allow(t, "127.0.0.0/8", "::1"), Timeout: 10 * time.Second}
}

func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

func portOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}

func get(t *testing.T, c *outward.Client, address string) (*outward.Response, error) {
	t.Helper()
	return c.Do(t.Context(), outward.Request{URL: address})
}

func TestRequestCarriesWhatWasAskedAndNothingMore(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:9")
	t.Setenv("http_proxy", "http://127.0.0.1:9")
	t.Setenv("ALL_PROXY", "http://127.0.0.1:9")
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodPut || string(body) != `{"a":1}` || r.Header.Get("Authorization") != "Bearer x" {
			t.Errorf("%s %q %v", r.Method, body, r.Header)
		}
		if r.UserAgent() != "Anteroom" || r.Header.Get("Cookie") != "" {
			t.Errorf("as %q with cookies %q", r.UserAgent(), r.Header.Get("Cookie"))
		}
		http.SetCookie(w, &http.Cookie{Name: "track", Value: "me"})
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "hello")
	})
	c := client(t, local(t))
	for range 2 {
		r, err := c.Do(t.Context(), outward.Request{
			Method: http.MethodPut, URL: s.URL, Body: []byte(`{"a":1}`),
			Header: http.Header{"Authorization": {"Bearer x"}, "User-Agent": {"something else"}},
		})
		if err != nil || r.Status != http.StatusTeapot || string(r.Body) != "hello" || r.Header.Get("Set-Cookie") == "" {
			t.Fatalf("%+v (%v)", r, err)
		}
	}
}

func TestLoopbackIsRefusedBeforeAnythingIsSent(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a plain socket, to see that nobody comes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	var came atomic.Int64
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			came.Add(1)
			_ = conn.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	_, resolver := startDNS(t, map[string][][]string{
		"loop.test.": {{"127.0.0.1"}}, "mapped.test.": {{"::ffff:127.0.0.1"}}, "six.test.": {{"::1"}}, "zero.test.": {{"0.0.0.0"}},
		"nat64.test.": {{"64:ff9b::7f00:1"}}, "meta.test.": {{"169.254.169.254"}}, "mixed.test.": {{"10.0.0.1", "::1", "192.168.0.1"}},
	})
	c := client(t, outward.Options{Resolver: resolver, Timeout: 5 * time.Second})
	for _, host := range []string{"127.0.0.1", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0"} {
		_, err := get(t, c, "http://"+net.JoinHostPort(strings.Trim(host, "[]"), port))
		wantCode(t, err, outward.ForbiddenAddress)
	}
	for _, name := range []string{"loop.test", "LOOP.test.", "mapped.test", "six.test", "zero.test", "nat64.test", "meta.test", "mixed.test"} {
		_, err := get(t, c, "http://"+name+":"+port)
		wantCode(t, err, outward.ForbiddenName)
	}
	// Ways to write 127.0.0.1 that only a resolver understands: whatever it makes of them, nothing is reached.
	for _, host := range []string{"127.1", "2130706433", "0x7f.0.0.1", "017700000001"} {
		if r, err := get(t, c, "http://"+host+":"+port); err == nil {
			t.Errorf("%s answered %+v", host, r)
		}
	}
	if n := came.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}

// A name that is harmless when it is looked at and forbidden when it is used.
func TestNameThatTurnsIsLookedAtWhenConnecting(t *testing.T) {
	var inner atomic.Int64
	s := serve(t, func(http.ResponseWriter, *http.Request) { inner.Add(1) })
	port := portOf(t, s.URL)
	// "Public" here is 127.0.0.2, which this admin allows; it leads to another server on the same port.
	listener, err := net.Listen("tcp", "127.0.0.2:"+port) //nolint:noctx // the address matters
	if err != nil {
		t.Fatal(err)
	}
	var outer atomic.Int64
	public := &httptest.Server{Listener: listener, Config: &http.Server{
		ReadHeaderTimeout: time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			outer.Add(1)
			w.Header().Set("Connection", "close")
			if r.URL.Path == "/turn" {
				http.Redirect(w, r, "/inner", http.StatusFound)
			}
		}),
	}}
	public.Start()
	t.Cleanup(public.Close)

	dns, resolver := startDNS(t, map[string][][]string{
		"rebind.test.": {{"127.0.0.2"}, {"127.0.0.1"}}, "turning.test.": {{"127.0.0.2"}, {"127.0.0.1"}},
	})
	c := client(t, outward.Options{Allow: allow(t, "127.0.0.2"), Resolver: resolver, Timeout: 5 * time.Second})
	if _, err := get(t, c, "http://rebind.test:"+port); err != nil {
		t.Fatalf("the first time: %v", err)
	}
	_, err = get(t, c, "http://rebind.test:"+port)
	wantCode(t, err, outward.ForbiddenName)
	if err == nil || !strings.Contains(err.Error(), "rebind.test") || !strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("%v does not say which name leads where", err)
	}
	_, err = get(t, c, "http://turning.test:"+port+"/turn")
	wantCode(t, err, outward.ForbiddenName)
	if outer.Load() != 2 || inner.Load() != 0 {
		t.Errorf("%d requests to the allowed server, %d to the forbidden one", outer.Load(), inner.Load())
	}
	dns.mu.Lock()
	defer dns.mu.Unlock()
	if dns.asked["rebind.test."] != 2 {
		t.Errorf("the name was looked up %d times", dns.asked["rebind.test."])
	}
}

func TestAllowedHostIsTrustedByItsNameAlone(t *testing.T) {
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	_, resolver := startDNS(t, map[string][][]string{
		"crm.internal.": {{"127.0.0.1"}}, "sub.crm.internal.": {{"127.0.0.1"}}, "other.test.": {{"127.0.0.1"}},
	})
	c := client(t, outward.Options{Allow: allow(t, "crm.internal"), Resolver: resolver, Timeout: 5 * time.Second})
	for _, host := range []string{"crm.internal", "CRM.Internal"} {
		if _, err := get(t, c, "http://"+host+":"+portOf(t, s.URL)); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	for _, host := range []string{"sub.crm.internal", "other.test"} {
		_, err := get(t, c, "http://"+host+":"+portOf(t, s.URL))
		wantCode(t, err, outward.ForbiddenName)
	}
}

func TestRedirectsAreFollowedThreeTimes(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var n int
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &n)
		if n > 0 {
			http.Redirect(w, r, fmt.Sprintf("/%d", n-1), http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, r.Header.Get("X-Key")+r.Referer())
	})
	c := client(t, local(t))
	key := http.Header{"X-Key": {"k"}}
	r, err := c.Do(t.Context(), outward.Request{URL: s.URL + "/3", Header: key})
	if err != nil || string(r.Body) != "k" {
		t.Errorf("three redirects of the same host: %+v (%v)", r, err)
	}
	_, err = get(t, c, s.URL+"/4")
	wantCode(t, err, outward.TooManyRedirects)
	r, err = c.Do(t.Context(), outward.Request{URL: s.URL + "/1", NoRedirect: true})
	if err != nil || r.Status != http.StatusFound {
		t.Errorf("where none is wanted: %+v (%v)", r, err)
	}
}

func TestRedirectToAnotherOriginTakesNoSecretAlong(t *testing.T) {
	var seen atomic.Pointer[http.Request]
	other := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen.Store(r)
		if back := r.URL.Query().Get("back"); back != "" {
			http.Redirect(w, r, back, http.StatusFound)
		}
	})
	var returned atomic.Pointer[http.Request]
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/back":
			returned.Store(r)
		case "/307":
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		default:
			// The same address, another port: another origin.
			http.Redirect(w, r, other.URL+"/?back="+url.QueryEscape(r.URL.Query().Get("back")), http.StatusFound)
		}
	})
	c := client(t, local(t))
	secrets := http.Header{"Authorization": {"Bearer x"}, "X-Api-Key": {"k"}, "Cookie": {"c=1"}, "Webhook-Signature": {"v1,x"}}
	_, err := c.Do(t.Context(), outward.Request{Method: http.MethodPost, URL: s.URL + "/?token=t&back=" + url.QueryEscape(s.URL+"/back"), Header: secrets, Body: []byte("words")})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*http.Request{seen.Load(), returned.Load()} {
		if r == nil {
			t.Fatal("the redirect was not followed")
		}
		for name := range secrets {
			if got := r.Header.Get(name); got != "" {
				t.Errorf("%s: %s went along", name, got)
			}
		}
		if r.Method != http.MethodGet || r.ContentLength > 0 || r.Referer() != "" || r.UserAgent() != "Anteroom" {
			t.Errorf("%s with %d bytes, referred by %q, as %q", r.Method, r.ContentLength, r.Referer(), r.UserAgent())
		}
	}
	seen.Store(nil)
	_, err = c.Do(t.Context(), outward.Request{Method: http.MethodPost, URL: s.URL + "/307", Body: []byte("words")})
	wantCode(t, err, outward.RedirectWithBody)
	if seen.Load() != nil {
		t.Error("the other host was asked")
	}
}

func TestRedirectIsCheckedLikeTheFirstAddress(t *testing.T) {
	var target atomic.Value
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", target.Load().(string))
		w.WriteHeader(http.StatusFound)
	})
	_, resolver := startDNS(t, map[string][][]string{"meta.test.": {{"169.254.169.254"}}})
	o := local(t)
	o.Resolver = resolver
	c := client(t, o)
	for to, code := range map[string]outward.Code{
		"http://169.254.169.254/latest/meta-data/": outward.ForbiddenAddress,
		"http://[::ffff:a9fe:a9fe]/":               outward.ForbiddenAddress,
		"http://meta.test/":                        outward.ForbiddenName,
		"file:///etc/passwd":                       outward.BadScheme,
		"http://user:pw@127.0.0.1/":                outward.Credentials,
	} {
		target.Store(to)
		_, err := get(t, c, s.URL)
		wantCode(t, err, code)
	}
}

func TestRedirectFromHTTPSToHTTPIsRefused(t *testing.T) {
	var asked atomic.Int64
	plain := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain.URL, http.StatusFound)
	}))
	t.Cleanup(secure.Close)
	o := local(t)
	o.RootCAs = secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	_, err := get(t, client(t, o), secure.URL)
	wantCode(t, err, outward.InsecureRedirect)
	if asked.Load() != 0 {
		t.Error("the plain server was asked")
	}
	// Without that authority the server is a stranger.
	_, err = get(t, client(t, local(t)), secure.URL)
	wantCode(t, err, outward.Certificate)
}

func TestAnswerOverItsLimitIsRefused(t *testing.T) {
	const most = 64 << 10
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/exact":
			_, _ = w.Write(make([]byte, most))
		case "/over":
			_, _ = w.Write(make([]byte, most+1))
		case "/endless":
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 4096)); err != nil {
					return
				}
			}
		case "/bomb":
			var packed bytes.Buffer
			z := gzip.NewWriter(&packed)
			_, _ = z.Write(make([]byte, 100*most))
			_ = z.Close()
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed.Bytes())
		case "/headers":
			for i := range 200 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 1000))
			}
		}
	})
	o := local(t)
	o.MaxBody = most
	c := client(t, o)
	if r, err := get(t, c, s.URL+"/exact"); err != nil || len(r.Body) != most {
		t.Errorf("as much as allowed: %v", err)
	}
	for _, path := range []string{"/over", "/endless", "/bomb"} {
		_, err := get(t, c, s.URL+path)
		wantCode(t, err, outward.TooLarge)
	}
	_, err := get(t, c, s.URL+"/headers")
	wantCode(t, err, outward.BadAnswer)
	if r, err := c.Do(t.Context(), outward.Request{URL: s.URL + "/endless", NoBody: true}); err != nil || r.Status != http.StatusOK {
		t.Errorf("where the body does not matter: %+v (%v)", r, err)
	}
}

func TestServerThatHangsEndsByTheTimeLimit(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/half" {
			_, _ = io.WriteString(w, "half of")
			_ = http.NewResponseController(w).Flush()
		}
		<-r.Context().Done()
	})
	o := local(t)
	o.Timeout = 300 * time.Millisecond
	c := client(t, o)
	for _, path := range []string{"/", "/half"} {
		start := time.Now()
		_, err := get(t, c, s.URL+path)
		wantCode(t, err, outward.Timeout)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s took %s", path, took)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Do(ctx, outward.Request{URL: s.URL}); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who went away got %v", err)
	}
}

func TestEveryOtherFailureHasItsCode(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := http.NewResponseController(w).Hijack()
		_, _ = io.WriteString(conn, "not HTTP at all\r\n\r\n")
		_ = conn.Close()
	})
	cut := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := http.NewResponseController(w).Hijack()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
		_ = conn.Close()
	})
	down := serve(t, func(http.ResponseWriter, *http.Request) {})
	down.Close()
	_, resolver := startDNS(t, map[string][][]string{})
	o := local(t)
	o.Resolver = resolver
	c := client(t, o)
	for address, code := range map[string]outward.Code{
		s.URL: outward.BadAnswer, cut.URL: outward.Unreachable, down.URL + "/?token=secret": outward.Unreachable,
		"http://nowhere.test/secret": outward.Unreachable, strings.Replace(cut.URL, "http:", "https:", 1): outward.BadAnswer,
	} {
		_, err := get(t, c, address)
		wantCode(t, err, code)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v tells a secret", err)
		}
		if e, ok := errors.AsType[*outward.Error](err); !ok || !e.Temporary() {
			t.Errorf("%v is not temporary", err)
		}
	}
	_, err := c.Do(t.Context(), outward.Request{URL: s.URL, Method: "GET /"})
	wantCode(t, err, outward.BadRequest)
	_, err = c.Do(t.Context(), outward.Request{URL: s.URL, Header: http.Header{"X-Name": {"a\r\nX-Evil: b"}}})
	wantCode(t, err, outward.BadRequest)
}
