package bridge_test

import (
	"net/http"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
)

// shutOut is a talk whose homeserver lets the ghost into no room that matches, once it is out.
func shutOut(t *testing.T, matches func(k *talk, path string) bool) *talk {
	t.Helper()
	var k *talk
	out := make(chan struct{})
	b := &bridgetest.Between{Handle: func(w http.ResponseWriter, r *http.Request, _ []byte, _ http.Handler) bool {
		select {
		case <-out:
		default:
			return false
		}
		ghost := id.UserID(r.URL.Query().Get("user_id"))
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/join") || ghost != k.asked.Sender || !matches(k, r.URL.Path) {
			return false
		}
		bridgetest.Refuse(w, http.StatusInternalServerError) // as Dendrite refuses those who may not join
		return true
	}}
	k = startTalk(t, bridgetest.Options{Through: b.Through(t)})
	close(out)
	k.kick(t, k.asked.Sender)
	wants(t, answers(t, k.anna, k.room, "!visitor"), "· closed")
	k.visitor.Acked(t, k.visitor.Say("Let me in"))
	return k
}

// Invariant 17: a room that keeps its ghost out for good is replaced, and the dialog goes on.
func TestInvariant17RoomThatKeepsItsGhostOut(t *testing.T) {
	t.Parallel()
	k := shutOut(t, func(k *talk, path string) bool { return strings.Contains(path, string(k.room)) })
	next := k.anna.Room(t, 1)
	k.anna.Sees(t, next, "Let me in")
	k.anna.Says(t, next, "Come in")
	k.visitor.Hears(t, "Come in")
}

// Invariant 17: operators are told what a visitor said whose ghost comes into no room.
func TestInvariant17GhostThatComesIntoNoRoom(t *testing.T) {
	t.Parallel()
	k := shutOut(t, func(*talk, string) bool { return true })
	next := k.anna.Room(t, 1)
	k.anna.Event(t, next, "the notice with the visitor's words", func(e *event.Event) bool {
		return path(content(e), "msgtype") == "m.notice" && strings.Contains(bridgetest.Body(e), "Let me in")
	})
}
