package bridgetest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
)

// Between stands between the bridge and the homeserver: give Through to
// Options. It remembers every request.
type Between struct {
	// Handle may answer a request in the homeserver's place, and then returns
	// true; forward passes one on. It is called from many goroutines.
	Handle func(w http.ResponseWriter, r *http.Request, body []byte, forward http.Handler) bool

	mu   sync.Mutex
	seen []string
}

// Through starts the proxy for the homeserver of that address and returns its own.
func (b *Between) Through(t testing.TB) func(homeserver string) string {
	return func(homeserver string) string {
		target, err := url.Parse(homeserver)
		if err != nil {
			t.Fatal(err)
		}
		forward := httputil.NewSingleHostReverseProxy(target)
		forward.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			b.mu.Lock()
			b.seen = append(b.seen, r.Method+" "+r.URL.Path+" "+r.URL.Query().Get("user_id"))
			b.mu.Unlock()
			if b.Handle == nil || !b.Handle(w, r, body, forward) {
				forward.ServeHTTP(w, r)
			}
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
}

// Requests returns the requests so far that match, each as its method, its
// path and the user that is acted as.
func (b *Between) Requests(matches func(string) bool) (found []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, request := range b.seen {
		if matches(request) {
			found = append(found, request)
		}
	}
	return found
}

// Refuse answers a request as a homeserver does that refuses it.
func Refuse(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"errcode":"M_UNKNOWN","error":"refused by the test"}`)
}
