package dialog

import (
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Who stops typing lets the bot's words go out, and does not cut short the pause
// after a failure.
func TestOnlyThePauseForWhoTypesEndsEarly(t *testing.T) {
	const v chat.VisitorID = "v"
	for _, held := range []bool{true, false} {
		q := newTurns()
		q.wake(v)
		_, d, err := q.next(t.Context())
		must(t, err)
		if held {
			d.held = now()
		}
		q.finish(v, true, time.Hour)
		q.stopped(v)
		if waits := len(q.line) == 0; waits == held {
			t.Errorf("held %t, pauses %t", held, waits)
		}
		if d.timer != nil {
			d.timer.Stop()
		}
	}
}

// Who typed in a dialog that the bot says nothing in is forgotten by the sweep.
func TestWhoTypedIsForgotten(t *testing.T) {
	who := newTypists()
	who.set("new", typesFor)
	who.set("old", typesFor)
	who.until["old"] = now()
	who.sweep()
	if len(who.until) != 1 || !who.types("new") {
		t.Errorf("left are %v", who.until)
	}
}
