package bridge

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/matrix"
	"github.com/anteroom-chat/anteroom/bridge/router"
	"github.com/anteroom-chat/anteroom/bridge/steady"
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

// openStore opens the database of a folder.
func openStore(t *testing.T, folder string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Type: "sqlite3", URI: filepath.Join(folder, "anteroom.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// A writer that hangs is mended by a restart; until it has hung for long
// only new visitors are kept away.
func TestHealthOfAWriterThatHangs(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := openStore(t, folder)
	h := newHealth(s, steady.New(0), nil, folder)
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

// A loop in which a lock is never given back ends by a restart alone; one that waits for a
// homeserver that is away needs none.
func TestHealthOfALoopThatHangs(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := openStore(t, folder)
	loops := steady.New(2)
	ctx, cancel := context.WithCancel(loops.On(t.Context()))
	watched := make(chan struct{})
	go func() { defer close(watched); _ = loops.Run(ctx, 10*time.Millisecond) }()
	h := newHealth(s, loops, func() matrix.Standing { return matrix.Away }, folder)
	var held sync.Mutex
	rests, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan error, 2)
	held.Lock()
	inbox, outbox := steady.Of(ctx, steady.Inbox), steady.Of(ctx, steady.Outbox)
	go func() {
		ended <- outbox.Step(ctx, func(ctx context.Context) error {
			defer steady.Rest(ctx)() // as the gate does
			close(rests)
			<-goOn
			return nil
		})
	}()
	<-rests // for longer than the inbox hangs, and is not named
	go func() {
		ended <- inbox.Step(ctx, func(context.Context) error {
			held.Lock()
			defer held.Unlock()
			return nil
		})
	}()
	await := func(what string, want int) (c condition) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); ; <-time.After(5 * time.Millisecond) {
			code, c := ask(t, h, "/health/live")
			if code == want {
				return c
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: %d %+v", what, code, c)
			}
		}
	}
	c := await("a loop that hangs", http.StatusServiceUnavailable)
	if len(c.Reasons) != 1 || c.Reasons[0].Code != "loop_hangs" || !strings.HasSuffix(c.Reasons[0].Text, ": inbox.") {
		t.Errorf("a loop that hangs: %+v", c)
	}
	held.Unlock()
	await("a loop that goes on", http.StatusOK)
	close(goOn)
	if err := errors.Join(<-ended, <-ended); err != nil {
		t.Error(err)
	}
	cancel()
	<-watched
}

// Whoever sends visitors here hears of the stop before any of them is sent away.
func TestHealthSaysThatTheBridgeStopsBeforeItDoes(t *testing.T) {
	t.Parallel()
	h := newHealth(nil, steady.New(0), nil, "")
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

// now is what ready says of the moment, not of the second before.
func (h *health) now(t *testing.T) (code int, first string) {
	t.Helper()
	h.mu.Lock()
	h.at = time.Time{}
	h.mu.Unlock()
	code, c := ask(t, h, "/health/ready")
	if live, _ := ask(t, h, "/health/live"); live != http.StatusOK {
		t.Error("a restart would be asked for")
	}
	if len(c.Reasons) == 0 {
		return code, c.Status
	}
	return code, c.Reasons[0].Code
}

// A disk that fills is told before it is full; no restart would help, so the process
// lives on, and is ready again when there is room.
func TestHealthOfADiskThatFills(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := syscall.Mount("full", folder, "tmpfs", 0, "size=32m"); err != nil {
		t.Skipf("a small disk cannot be mounted (%v)", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(folder, syscall.MNT_DETACH) })
	s := openStore(t, folder)
	h := newHealth(s, steady.New(0), func() matrix.Standing { return matrix.Up }, folder)
	if code, first := h.now(t); code != http.StatusOK || first != statusOK {
		t.Errorf("with room: %d %s", code, first)
	}
	ballast, err := os.Create(filepath.Join(folder, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ballast.Close() })
	fill := func(size int) error {
		_, err := ballast.Write(make([]byte, size))
		return err
	}
	if err := fill(20 << 20); err != nil {
		t.Fatal(err)
	}
	if code, first := h.now(t); code != http.StatusServiceUnavailable || first != "disk_full" {
		t.Errorf("with little room: %d %s", code, first)
	}
	for size := 1 << 20; size > 0; {
		if fill(size) != nil {
			size /= 2
		}
	}
	failed := false
	for i := 0; i < 1000 && !failed; i++ { // the write-ahead log has room that it took before
		failed = s.SetMeta(t.Context(), "filled", strings.Repeat("x", i*100)) != nil
	}
	if code, first := h.now(t); !failed || code != http.StatusServiceUnavailable || first != "disk_full" {
		t.Errorf("full, and writes fail (%v): %d %s", failed, code, first)
	}
	if err := ballast.Truncate(0); err != nil {
		t.Fatal(err)
	}
	if code, first := h.now(t); code != http.StatusOK || first != statusOK {
		t.Errorf("with room again: %d %s", code, first)
	}
}

// A write that has nothing to write succeeds on any disk, and mends nothing: on a disk that
// took no write (here one whose room is not told, as by a quota) the bridge is ready again
// only when it takes one.
func TestHealthOfADiskThatTakesNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := syscall.Mount("quota", folder, "tmpfs", 0, "size=32m"); err != nil {
		t.Skipf("a small disk cannot be mounted (%v)", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(folder, syscall.MNT_DETACH) })
	s := openStore(t, folder)
	h := newHealth(s, steady.New(0), func() matrix.Standing { return matrix.Up }, t.TempDir())
	ballast, err := os.Create(filepath.Join(folder, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ballast.Close() })
	for size := 1 << 20; size > 0; {
		if _, err := ballast.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	failed := false
	for i := 0; i < 1000 && !failed; i++ { // the write-ahead log has room that it took before
		failed = s.SetMeta(t.Context(), "filled", strconv.Itoa(i)) != nil
	}
	if !failed {
		t.Fatal("the disk takes all")
	}
	for _, again := range []string{"first", "again"} {
		if err := s.Write(t.Context(), func(context.Context) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if code, first := h.now(t); code != http.StatusServiceUnavailable || first != "database_fails" {
			t.Errorf("asked %s after a write of nothing: %d %s", again, code, first)
		}
	}
	if err := ballast.Truncate(0); err != nil {
		t.Fatal(err)
	}
	if code, first := h.now(t); code != http.StatusOK || first != statusOK {
		t.Errorf("with room: %d %s", code, first)
	}
}

// Another program that holds the database's lock makes writes wait and then fail; the
// bridge is ready by itself when it lets go.
func TestHealthOfADatabaseThatIsLocked(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := openStore(t, folder)
	h := newHealth(s, steady.New(0), func() matrix.Standing { return matrix.Up }, folder)
	other, err := sql.Open("sqlite3", "file:"+filepath.Join(folder, "anteroom.db")+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	holds, err := other.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	written := make(chan error, 1)
	go func() { written <- s.SetMeta(context.WithoutCancel(t.Context()), "waits", "for the lock") }()
	if err := <-written; err == nil {
		t.Fatal("a write went past the lock")
	}
	// What asks writes as well, and waits for the lock no longer than an answer may take.
	asked := time.Now()
	if code, first := h.now(t); code != http.StatusServiceUnavailable || first != "database_slow" && first != "database_fails" {
		t.Errorf("locked: %d %s", code, first)
	}
	if took := time.Since(asked); took > answerIn+time.Second {
		t.Errorf("locked: answered after %s", took)
	}
	if err := holds.Rollback(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; {
		code, first := h.now(t)
		if code == http.StatusOK && first == statusOK {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("let go: %d %s", code, first)
		}
	}
}
