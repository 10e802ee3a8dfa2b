package bridge_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// Invariant 19: a ghost whom the homeserver does not show its room is deaf, and
// the poll notices. Dendrite 0.15.2 comes to that when it is killed right after
// an invitation: started again, it repeats the invitation to its own /sync, long
// after the ghost has joined.
func TestInvariant19AGhostIsShownItsRoomAgain(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	k.StopBridge(t)
	if err := k.Homeserver.Stop(); err != nil {
		t.Fatal(err)
	}
	k.hideRoom(t)
	if err := k.Homeserver.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.StartBridge(t, "")
	k.visitor.MustConnect(t)
	bridgetest.Await(t, "the ghost's membership is renewed", func() bool { return k.Logged("its membership is renewed") })
	if _, err := k.anna.RedactEvent(t.Context(), k.room, k.asked.ID); err != nil {
		t.Fatal(err)
	}
	k.visitor.Entry(t, "the removal", func(e wire.Entry) bool { return e.Kind == chat.Redaction && e.Target == k.first.ID })
}

// hideRoom has the stopped homeserver's /sync take the ghost for invited.
func (k *talk) hideRoom(t *testing.T) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(k.Homeserver.Dir(), "sync.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	done, err := db.ExecContext(t.Context(), `UPDATE syncapi_current_room_state SET membership = 'invite'
		WHERE room_id = $1 AND type = 'm.room.member' AND state_key LIKE '@anteroom_%'`, k.room)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("%d members were changed: %v", n, err)
	}
}
