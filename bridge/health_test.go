package bridge

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/router"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

func ask(t *testing.T, h *health, path string) (int, condition) {
	t.Helper()
	mux := router.New()
	h.handle(mux)
	recorder := httptest.NewRecorder()
	mux.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	var c condition
	if err := json.Unmarshal(recorder.Body.Bytes(), &c); err != nil {
		t.Fatalf("%s: %v", recorder.Body, err)
	}
	return recorder.Code, c
}

// A writer that hangs is the one thing that a restart mends; until it has hung for long
// only new visitors are kept away.
func TestHealthOfAWriterThatHangs(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s, err := store.Open(t.Context(), store.Options{Type: "sqlite3", URI: filepath.Join(folder, "anteroom.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	h := newHealth(s, nil, folder)
	hangs, goOn := make(chan struct{}), make(chan struct{})
	ended := make(chan error)
	go func() {
		ended <- s.Write(context.WithoutCancel(t.Context()), func(context.Context) error {
			close(hangs)
			<-goOn
			return nil
		})
	}()
	<-hangs
	if code, c := ask(t, h, "/health/live"); code != http.StatusOK || c.Status != statusOK {
		t.Errorf("a write under way: %d %+v", code, c)
	}
	if code, c := ask(t, h, "/health/ready"); code != http.StatusServiceUnavailable || len(c.Reasons) != 1 || c.Reasons[0].Code != "database_slow" {
		t.Errorf("a writer that does not answer: %d %+v", code, c)
	}
	h.stuck = time.Nanosecond
	if code, c := ask(t, h, "/health/live"); code != http.StatusServiceUnavailable || len(c.Reasons) != 1 || c.Reasons[0].Code != "database_hangs" {
		t.Errorf("a writer that hangs: %d %+v", code, c)
	}
	close(goOn)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if code, c := ask(t, h, "/health/live"); code != http.StatusOK {
		t.Errorf("a writer that goes on: %d %+v", code, c)
	}
}

// Whoever sends visitors here hears of the stop before any of them is sent away.
func TestHealthSaysThatTheBridgeStopsBeforeItDoes(t *testing.T) {
	t.Parallel()
	h := newHealth(nil, nil, "")
	closed := false
	if err := h.stopsBefore(func(context.Context) error {
		closed = true
		//nolint:contextcheck // it asks as a client does, with the test's own
		if code, c := ask(t, h, "/health/ready"); code != http.StatusServiceUnavailable || len(c.Reasons) != 1 || c.Reasons[0].Code != "stopping" {
			t.Errorf("while sockets are closed: %d %+v", code, c)
		}
		return nil
	})(t.Context()); err != nil || !closed {
		t.Error("it was not closed", err)
	}
}
