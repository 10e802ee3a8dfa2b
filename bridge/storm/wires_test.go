package storm_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/storm/record"
)

// wires is the network between visitors and the bridge: it can delay what passes, hold
// it so that both ends think that the other lives (half-open), cut, and refuse.
type wires struct {
	url    string
	target string
	ctx    context.Context // ends with the test

	mu    sync.Mutex
	state wireState
	until time.Time
	open  map[net.Conn]bool
	spells
}

type wireState int

const (
	wiresWell wireState = iota
	wiresSlow
	wiresHeld
	wiresRefused
)

// slowness is what a slow network adds to whatever passes.
const slowness = 300 * time.Millisecond

func newWires(t *testing.T, target string) *wires {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wires{ctx: t.Context(), url: "http://" + l.Addr().String(), target: strings.TrimPrefix(target, "http://"), open: map[net.Conn]bool{}}
	t.Cleanup(func() { _ = l.Close(); w.cut() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go w.join(conn)
		}
	}()
	return w
}

// be makes the network so for a while.
func (w *wires) be(name record.Op, state wireState, span time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begin(name, span)
	w.state, w.until = state, time.Now().Add(span)
}

func (w *wires) now() (wireState, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	left := time.Until(w.until)
	if left <= 0 {
		return wiresWell, 0
	}
	return w.state, left
}

// ended are the faults since it was asked last.
func (w *wires) ended() []spell {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over()
}

// hit counts what the present trouble met.
func (w *wires) hit() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.present.hits++
}

// cut ends all connections, and reports whether there were any.
func (w *wires) cut() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for conn := range w.open {
		_ = conn.Close() // that is the point
	}
	return len(w.open) > 0
}

func (w *wires) join(in net.Conn) {
	defer func() { _ = in.Close() }()
	if state, _ := w.now(); state == wiresRefused {
		w.hit()
		return
	}
	const within = 5 * time.Second
	dialer := net.Dialer{Timeout: within}
	out, err := dialer.DialContext(w.ctx, "tcp", w.target)
	if err != nil {
		return
	}
	defer func() { _ = out.Close() }()
	w.keep(in, out)
	defer w.forget(in, out)
	done := make(chan struct{}, 2)
	go func() { w.pump(out, in); done <- struct{}{} }()
	go func() { w.pump(in, out); done <- struct{}{} }()
	<-done
}

func (w *wires) keep(all ...net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, conn := range all {
		w.open[conn] = true
	}
}

func (w *wires) forget(all ...net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, conn := range all {
		delete(w.open, conn)
	}
}

func (w *wires) pump(to, from net.Conn) {
	const size = 16 << 10
	buffer := make([]byte, size)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			switch state, left := w.now(); state {
			case wiresSlow:
				w.hit()
				<-time.After(slowness)
			case wiresHeld:
				w.hit()
				<-time.After(left)
			case wiresWell, wiresRefused:
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
