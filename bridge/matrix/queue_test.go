package matrix

import (
	"fmt"
	"slices"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Erasures that somebody asked for go before those for age, and take turns.
func TestPreferredGoFirst(t *testing.T) {
	q := newQueue()
	pass := func(v chat.VisitorID, of task) { // from the senders on, as each erasure comes
		q.mu.Lock()
		q.state[v].running = true
		q.mu.Unlock()
		q.finish(v, of, true, 0, false)
	}
	for i := range 20 {
		v := chat.VisitorID(fmt.Sprint("aged ", i))
		q.wake(v)
		if got, err := q.next(t.Context(), taskSend); err != nil || got != v {
			t.Fatalf("%s, %v", got, err)
		}
		pass(v, taskErase)
	}
	for _, v := range []chat.VisitorID{"asked A", "asked B"} {
		q.wake(v)
		if got, err := q.next(t.Context(), taskSend); err != nil || got != v {
			t.Fatalf("%s, %v", got, err)
		}
		q.prefer(v)
		pass(v, taskErase)
	}
	var order []chat.VisitorID
	for range 6 {
		v, err := q.next(t.Context(), taskErase)
		if err != nil {
			t.Fatal(err)
		}
		order = append(order, v)
		pass(v, taskErase)
	}
	// One stands at the door already.
	if want := []chat.VisitorID{"aged 0", "asked A", "asked B", "asked A", "asked B", "asked A"}; !slices.Equal(order, want) {
		t.Errorf("the order is %q", order)
	}
}

// An operator who commands waits for no other dialogs that were there before.
func TestWhoIsPreferredPassesThoseBefore(t *testing.T) {
	q := newQueue()
	for _, v := range []chat.VisitorID{"A", "B", "C", "commanded", "D"} {
		q.wake(v)
	}
	q.prefer("commanded")
	var order []chat.VisitorID
	for range 5 {
		v, err := q.next(t.Context(), taskSend)
		if err != nil {
			t.Fatal(err)
		}
		order = append(order, v)
		q.finish(v, taskSend, false, 0, false)
	}
	// One stands at the door already.
	if want := []chat.VisitorID{"A", "commanded", "B", "C", "D"}; !slices.Equal(order, want) {
		t.Errorf("the order is %q", order)
	}
}
