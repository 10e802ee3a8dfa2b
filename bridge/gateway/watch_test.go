package gateway

import (
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// watch stands where the Matrix side stands and keeps what it is told.
type watch struct {
	typing, online chan bool
	// breaks, when set, is what happens at the next typing.
	breaks func()
	// greets, when set, is what happens when the next visitor comes.
	greets func()
}

func newWatch() *watch {
	const enough = 1000
	return &watch{typing: make(chan bool, enough), online: make(chan bool, enough)}
}

func (w *watch) Wake(chat.VisitorID) {}

func (w *watch) VisitorTyping(_ chat.VisitorID, on bool) {
	if breaks := w.breaks; breaks != nil {
		w.breaks = nil
		breaks()
	}
	keep(w.typing, on)
}

func (*watch) BotTyping(chat.VisitorID, bool) {}

func (w *watch) VisitorPresence(_ chat.VisitorID, online bool) {
	if greets := w.greets; greets != nil {
		w.greets = nil
		greets()
	}
	keep(w.online, online)
}

func (w *watch) VisitorMoved(chat.VisitorID) {}

// keep never blocks, as the core demands of a watcher.
func keep(to chan bool, what bool) {
	select {
	case to <- what:
	default:
	}
}

func expect[V comparable](t *testing.T, from <-chan V, want V) {
	t.Helper()
	select {
	case got := <-from:
		if got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	case <-time.After(within):
		t.Fatalf("nothing came, want %v", want)
	}
}

// eventually waits until the condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(within)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("it never came to be: %s", what)
		}
	}
}
