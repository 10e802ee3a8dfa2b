package bridge_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
)

// A space that the homeserver cannot read any more holds up no message, also after a start, and
// what was to be listed in it is listed once it can.
func TestASpaceThatCannotBeReadHoldsUpNobody(t *testing.T) {
	t.Parallel()
	var broken atomic.Value // of the space's id
	b := &bridgetest.Between{Handle: func(w http.ResponseWriter, r *http.Request, _ []byte, _ http.Handler) bool {
		space, _ := broken.Load().(string)
		if space == "" || !strings.Contains(r.URL.Path, space) {
			return false
		}
		bridgetest.Refuse(w, http.StatusInternalServerError)
		return true
	}}
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	root, open := k.anna.Space(t), k.anna.Open(t, 0)
	k.awaitIn(t, root, k.room, "Open")
	k.StopBridge(t)
	broken.Store(string(open))
	k.StartBridge(t, "")
	k.visitor.MustConnect(t)
	k.visitor.Acked(t, k.visitor.Say("Is anybody there?"))
	k.anna.Sees(t, k.room, "Is anybody there?")
	other := k.Visitor().MustConnect(t)
	other.Acked(t, other.Say("I am new here"))
	room := k.anna.Room(t, 1)
	k.anna.Sees(t, room, "I am new here")
	k.anna.Says(t, room, "Welcome")
	other.Hears(t, "Welcome")
	broken.Store("")
	// It is tried again after a minute at most, and so is the dialog's own move.
	bridgetest.AwaitFor(t, 2*bridgetest.Patience, "the room is listed in Open", func() bool { return len(k.isIn(t, root, room)) == 1 })
}

// While the homeserver takes its time to make a space, those who wait to be listed in it talk, and
// others get rooms.
func TestASpaceInTheMakingHoldsUpNobody(t *testing.T) {
	t.Parallel()
	const visitors = 10 // more than there are workers
	made, holds := make(chan struct{}), atomic.Bool{}
	b := &bridgetest.Between{Handle: func(_ http.ResponseWriter, r *http.Request, body []byte, _ http.Handler) bool {
		if holds.Load() && strings.HasSuffix(r.URL.Path, "/createRoom") && strings.Contains(string(body), `"m.space"`) {
			<-made
		}
		return false
	}}
	k := startTalk(t, bridgetest.Options{Through: b.Through(t), Env: []string{string(killpoint.BucketChildren) + "=1"}})
	root := k.anna.Space(t)
	k.awaitIn(t, root, k.room, "Open")
	holds.Store(true)
	letGo := func() {
		if holds.CompareAndSwap(true, false) {
			close(made)
		}
	}
	defer letGo()
	for n := 1; n <= visitors; n++ {
		v := k.Visitor().MustConnect(t)
		v.Acked(t, v.Say(fmt.Sprintf("I am number %d", n)))
		room := k.anna.Room(t, n)
		k.anna.Sees(t, room, fmt.Sprintf("I am number %d", n))
		v.Acked(t, v.Say("And I go on"))
		k.anna.Sees(t, room, "And I go on")
	}
	letGo()
	for n := range visitors {
		k.awaitIn(t, root, k.anna.Room(t, n+1), "Open")
	}
}
