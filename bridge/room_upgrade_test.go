package bridge_test

import (
	"database/sql"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// upgrade upgrades the dialog's room and waits until the bridge has followed.
func (k *talk) upgrade(t *testing.T) id.RoomID {
	t.Helper()
	client := k.as(t, bot)
	var resp struct {
		Room id.RoomID `json:"replacement_room"`
	}
	// Dendrite rejects an upgrade that meets another state event of the room.
	bridgetest.Await(t, "the homeserver upgrades the room", func() bool {
		_, err := client.MakeRequest(t.Context(), http.MethodPost, client.BuildClientURL("v3", "rooms", k.room, "upgrade"),
			map[string]any{"new_version": "11"}, &resp)
		return err == nil
	})
	bridgetest.Await(t, "the alias points to the successor", func() bool {
		alias, err := client.ResolveAlias(t.Context(), id.NewRoomAlias(k.asked.Sender.Localpart(), "localhost"))
		return err == nil && alias.RoomID == resp.Room
	})
	return resp.Room
}

// Invariant 17: the successor of an upgraded room carries the dialog on.
func TestInvariant17RoomUpgraded(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	next := k.upgrade(t)
	k.visitor.Acked(t, k.visitor.Say("Are you still there?"))
	if _, err := k.anna.JoinRoomByID(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	k.anna.Sees(t, next, "Are you still there?")
	k.anna.Says(t, next, "In the new room")
	k.visitor.Hears(t, "In the new room")
}

// Invariant 17: what operators remove is heard of in the successor of an upgraded room,
// and in the room before, without a word of the visitor.
func TestInvariant17RemovalsAfterAnUpgrade(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	before := k.anna.Says(t, k.room, "Said before")
	first := k.visitor.Hears(t, "Said before")
	next := k.upgrade(t)
	if _, err := k.anna.JoinRoomByID(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	after := k.anna.Says(t, next, "Said after")
	second := k.visitor.Hears(t, "Said after")
	for _, gone := range []struct {
		room  id.RoomID
		event id.EventID
		entry chat.EntryID
	}{{next, after, second.ID}, {k.room, before, first.ID}} {
		if _, err := k.anna.RedactEvent(t.Context(), gone.room, gone.event); err != nil {
			t.Fatal(err)
		}
		bridgetest.Frame(t, k.visitor, wire.TypeEntry, func(e wire.NewEntry) bool {
			return e.Entry.Kind == chat.Redaction && e.Entry.Target == gone.entry
		})
	}
}

// Invariant 17: what a visitor removes goes from the room before the upgrade, too, although the
// homeserver fails once meanwhile; the message was edited since, and stands in the successor.
func TestInvariant17RemovalFailsOnceAfterAnUpgrade(t *testing.T) {
	t.Parallel()
	var failed atomic.Bool
	var old atomic.Value // of the path that fails
	b := &bridgetest.Between{Handle: func(w http.ResponseWriter, r *http.Request, _ []byte, _ http.Handler) bool {
		if path, _ := old.Load().(string); path == "" || !strings.Contains(r.URL.Path, path) || !failed.CompareAndSwap(false, true) {
			return false
		}
		bridgetest.Refuse(w, http.StatusInternalServerError)
		return true
	}}
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	said := k.visitor.Acked(t, k.visitor.Say("My card is 12345"))
	before := k.anna.Sees(t, k.room, "My card is 12345")
	next := k.upgrade(t)
	if _, err := k.anna.JoinRoomByID(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	k.visitor.Acked(t, k.visitor.Send(&wire.Edit{T: wire.TypeEdit, Target: said.ID, Text: "My card is 1234"}))
	k.anna.Sees(t, next, "My card is 1234")
	old.Store("/redact/" + string(before.ID) + "/")
	k.visitor.Acked(t, k.visitor.Send(&wire.Redact{T: wire.TypeRedact, Target: said.ID}))
	k.awaitRemoved(t, k.room, before.ID)
	if !failed.Load() {
		t.Error("the homeserver did not fail")
	}
}

// Invariant 17: the successor of a room that was upgraded while the bridge was away is
// not taken for a stray, although the homeserver tells of the upgrade much later.
func TestInvariant17RoomUpgradedWhileAway(t *testing.T) {
	t.Parallel()
	h := newHeld("/transactions/")
	k := startTalk(t, bridgetest.Options{Inward: h.Through(t)})
	k.StopBridge(t)
	h.hold(t)
	next := k.upgrade(t)
	k.StartBridge(t, "")
	bridgetest.Await(t, "the dialog has followed", func() bool {
		at, err := k.currentRoom(t)
		return err == nil && at == next
	})
	h.release()
	k.visitor.MustConnect(t)
	k.visitor.Acked(t, k.visitor.Say("Are you still there?"))
	if _, err := k.anna.JoinRoomByID(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	k.anna.Sees(t, next, "Are you still there?")
}

// Invariant 17: a successor that lets nobody in is no room for the dialog, which gets a new one.
func TestInvariant17SuccessorIsClosed(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	client := k.as(t, bot)
	closed, err := k.as(t, k.asked.Sender).CreateRoom(t.Context(), &mautrix.ReqCreateRoom{Preset: "private_chat"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.SendStateEvent(t.Context(), k.room, event.StateTombstone, "",
		&event.TombstoneEventContent{Body: "moved", ReplacementRoom: closed.RoomID}); err != nil {
		t.Fatal(err)
	}
	bridgetest.Await(t, "the dialog has left the room", func() bool {
		at, err := k.currentRoom(t)
		return errors.Is(err, sql.ErrNoRows) || err == nil && at != k.room
	})
	k.visitor.Acked(t, k.visitor.Say("Where are we?"))
	next := k.anna.Room(t, 1)
	k.anna.Sees(t, next, "Where are we?")
	k.anna.Says(t, next, "Here")
	k.visitor.Hears(t, "Here")
}

// currentRoom is the dialog's room as the bridge's database has it.
func (k *talk) currentRoom(t *testing.T) (room id.RoomID, err error) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+k.Database()+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	err = db.QueryRowContext(t.Context(), `SELECT room_id FROM room WHERE current AND visitor_id = $1`,
		strings.TrimPrefix(k.asked.Sender.Localpart(), "anteroom_")).Scan(&room)
	return room, err
}

// Invariant 17: what a visitor removes from the room before holds up nothing in the next.
func TestInvariant17RemovalAfterAnUpgradeHoldsUpNothing(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	secret := k.visitor.Acked(t, k.visitor.Say("My password is 1234"))
	before := k.anna.Sees(t, k.room, "My password is 1234")
	next := k.upgrade(t)
	k.visitor.Acked(t, k.visitor.Send(&wire.Redact{T: wire.TypeRedact, Target: secret.ID}))
	k.visitor.Acked(t, k.visitor.Say("Forget it"))
	if _, err := k.anna.JoinRoomByID(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	k.anna.Sees(t, next, "Forget it")
	k.awaitRemoved(t, k.room, before.ID)
}

// Invariant 14: who is no operator any more leaves a successor as well that
// the bridge hears of only after it has put them out of the room before.
func TestInvariant14OperatorLeavesASuccessorThatIsHeardOfLater(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{Operators: []string{"bob"}})
	bob := k.Colleague(t, "bob")
	enters(t, bob.Client, k.room)
	k.StopBridge(t)
	next := k.upgrade(t)
	enters(t, bob.Client, next)
	k.setOperators(t, `"@anna:localhost"`)
	k.StartBridge(t, "")
	isOut(t, bob.Client)
	k.visitor.MustConnect(t)
	k.visitor.Acked(t, k.visitor.Say("Who is there?"))
	enters(t, k.anna.Client, next)
	k.anna.Sees(t, next, "Who is there?")
	isOut(t, bob.Client)
}
