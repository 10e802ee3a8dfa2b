package bridge_test

import (
	"database/sql"
	"path/filepath"
	"slices"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// Invariant 3: a restored database follows a room that was upgraded since, and reads both
// rooms, one after the other.
func TestInvariant03RoomUpgradedAfterTheBackup(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	saved := k.backup(t)
	k.anna.Says(t, k.room, "Said before the upgrade")
	k.visitor.Hears(t, "Said before the upgrade")
	next := k.upgrade(t)
	enters(t, k.anna.Client, next)
	k.visitor.Acked(t, k.visitor.Say("Are you still there?"))
	k.anna.Sees(t, next, "Are you still there?")
	k.anna.Says(t, next, "Said in the successor")
	k.visitor.Hears(t, "Said in the successor")
	k.goesOnIn(t, saved, next, "Do you have green tea?", "Said before the upgrade", "Are you still there?", "Said in the successor")
}

// Invariant 3: an edit of what was said before an upgrade is a message in the successor, and
// an edit for a database that was restored since.
func TestInvariant03EditInTheSuccessorAfterTheBackup(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	next := k.upgrade(t)
	enters(t, k.anna.Client, next)
	k.visitor.Acked(t, k.visitor.Say("Said in the successor"))
	k.anna.Sees(t, next, "Said in the successor")
	saved := k.backup(t)
	k.visitor.Acked(t, k.visitor.Send(&wire.Edit{T: wire.TypeEdit, Target: k.first.ID, Text: "Do you have white tea?"}))
	k.anna.Sees(t, next, "Do you have white tea?")
	k.anna.Says(t, next, "We have")
	k.visitor.Hears(t, "We have")
	back := k.goesOnIn(t, saved, next, "Do you have green tea?", "Said in the successor", "We have")
	if !slices.ContainsFunc(back.Entries(), func(e wire.Entry) bool {
		return e.Kind == chat.Edit && e.Target == k.first.ID && e.Text == "Do you have white tea?"
	}) {
		t.Error("the first message is not edited")
	}
}

// Invariant 3: a homeserver that was restored from before an upgrade has neither the
// successor nor what was said last in the room before it. All of that is said again, in turn.
func TestInvariant03HomeserverRestoredFromBeforeAnUpgrade(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	said := []string{"Lost before the upgrade", "Lost after the upgrade"}
	k.StopBridge(t)
	k.restoreHomeserver(t, func() {
		k.StartBridge(t, "")
		k.visitor.MustConnect(t)
		k.visitor.Acked(t, k.visitor.Say(said[0]))
		k.anna.Sees(t, k.room, said[0])
		next := k.upgrade(t)
		enters(t, k.anna.Client, next)
		k.visitor.Acked(t, k.visitor.Say(said[1]))
		k.anna.Sees(t, next, said[1])
		k.StopBridge(t)
	})
	k.StartBridge(t, "")
	bridgetest.Await(t, "the bot's rooms have again what they lost, once and in turn", func() bool {
		rooms, err := k.as(t, bot).JoinedRooms(t.Context())
		if err != nil {
			return false
		}
		var heard []string
		for _, room := range rooms.JoinedRooms {
			resp, err := k.as(t, bot).Messages(t.Context(), room, "", "", mautrix.DirectionBackward, nil, 100)
			if err != nil {
				return false
			}
			for _, e := range slices.Backward(resp.Chunk) {
				if text := bridgetest.Body(e); slices.Contains(said, text) && e.Unsigned.RedactedBecause == nil {
					heard = append(heard, text)
				}
			}
		}
		return slices.Equal(heard, said)
	})
}

// Invariant 3: a restored database finds the room that took a lost one's place since.
func TestInvariant03RoomReplacedAfterTheBackup(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	saved := k.backup(t)
	for _, user := range []id.UserID{k.asked.Sender, bot} {
		if _, err := k.as(t, user).LeaveRoom(t.Context(), k.room); err != nil {
			t.Fatal(err)
		}
	}
	k.visitor.Acked(t, k.visitor.Say("Are you still there?"))
	next := k.anna.Room(t, 1)
	k.anna.Sees(t, next, "Are you still there?")
	k.anna.Says(t, next, "Said in the new room")
	k.visitor.Hears(t, "Said in the new room")
	k.goesOnIn(t, saved, next, "Do you have green tea?", "Are you still there?", "Said in the new room")
}

// Invariant 3: a room that the bot is out of since the backup, and of which the copy has heard
// nothing, is read through once. Dendrite shows whoever left the newest page again and again.
func TestInvariant03RoomThatTheBotIsOutOfAfterTheBackup(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	saved := k.backup(t)
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(saved, filepath.Base(k.Database())))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `DELETE FROM inbox`); err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	for _, user := range []id.UserID{k.asked.Sender, bot} {
		if _, err := k.as(t, user).LeaveRoom(t.Context(), k.room); err != nil {
			t.Fatal(err)
		}
	}
	k.StopBridge(t)
	k.restoreDatabase(t, saved)
	k.StartBridge(t, "")
	k.visitor.MustConnect(t)
	k.visitor.Acked(t, k.visitor.Say("Are you still there?"))
	k.anna.Sees(t, k.anna.Room(t, 1), "Are you still there?")
}

// firstRoomAfterABackup is a talk whose room was made when the copy was taken already, in
// which the visitor asked for it, and the copy.
func firstRoomAfterABackup(t *testing.T, through func(string) string) (k *talk, saved string) {
	t.Helper()
	k = &talk{Stack: bridgetest.Start(t, bridgetest.Options{Through: through})}
	k.anna = k.Operator(t)
	k.anna.Space(t)
	if err := k.Homeserver.Stop(); err != nil {
		t.Fatal(err)
	}
	k.visitor = k.Visitor().MustConnect(t)
	k.visitor.Acked(t, k.visitor.Say("Do you have green tea?"))
	saved = k.backup(t)
	if err := k.Homeserver.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.room = k.anna.Room(t, 0)
	k.asked = k.anna.Sees(t, k.room, "Do you have green tea?")
	return k, saved
}

// Invariant 3: a restored database finds a dialog's first room also if that was upgraded since.
func TestInvariant03FirstRoomUpgradedAfterTheBackup(t *testing.T) {
	t.Parallel()
	k, saved := firstRoomAfterABackup(t, nil)
	k.anna.Says(t, k.room, "We do")
	k.visitor.Hears(t, "We do")
	next := k.upgrade(t)
	enters(t, k.anna.Client, next)
	k.visitor.Acked(t, k.visitor.Say("And black?"))
	k.anna.Sees(t, next, "And black?")
	k.goesOnIn(t, saved, next, "Do you have green tea?", "We do", "And black?")
}

// goesOnIn restores the database, and looks that the visitor has what was said, in that
// order and once, and goes on in that room. It returns the tab that looked.
func (k *talk) goesOnIn(t *testing.T, saved string, room id.RoomID, said ...string) *bridgetest.Visitor {
	t.Helper()
	k.StopBridge(t)
	k.restoreDatabase(t, saved)
	k.StartBridge(t, "")
	back := k.visitor.Tab().MustConnect(t)
	back.Hears(t, said[len(said)-1])
	var heard []string
	for _, e := range back.Entries() {
		if e.Kind == chat.Message && e.Author.Party != chat.Bot {
			heard = append(heard, e.Text)
		}
	}
	if !slices.Equal(heard, said) {
		t.Errorf("the visitor has %q, want %q", heard, said)
	}
	k.anna.Says(t, room, "Shall we go on?")
	back.Hears(t, "Shall we go on?")
	back.Acked(t, back.Say("Life goes on"))
	k.anna.Sees(t, room, "Life goes on")
	return back
}
