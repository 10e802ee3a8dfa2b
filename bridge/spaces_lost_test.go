package bridge_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/admin"
	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
)

// The site's space and those inside of it are made anew when somebody deletes
// them, or removes the bot; rooms and operators come into the new ones.
func TestDeletedSpacesAreMadeAnew(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{Site: "    closed: {move_after: 0}\n"})
	root, open, desk := k.anna.Space(t), k.anna.Open(t, 0), k.anna.Desk(t)
	admin := dendritetest.Admin(t, k.Homeserver, "root")
	other := k.Visitor().MustConnect(t)
	other.Acked(t, other.Say("Me too"))
	done := k.anna.Room(t, 1)
	answers(t, k.anna, done, "!close")
	k.awaitIn(t, root, done, "Closed")
	k.awaitIn(t, root, k.room, "Open")
	tells := func(words string) *event.Event {
		t.Helper()
		return k.anna.Event(t, desk, words, func(e *event.Event) bool { return strings.Contains(bridgetest.Body(e), words) })
	}

	// The bot is out of Open: everybody hears of that at once.
	if _, err := k.as(t, bot).LeaveRoom(t.Context(), open); err != nil {
		t.Fatal(err)
	}
	tells("The space “Open · Shop” was deleted")
	k.anna.Open(t, 1)
	k.awaitIn(t, root, k.room, "Open")

	// The site's space is deleted on the homeserver, of which nobody hears.
	k.purges(t, admin, root)
	k.StartBridge(t, "")
	told := tells("The site's space was deleted")
	var next id.RoomID
	bridgetest.Await(t, "anna is in the new space", func() bool {
		joined, err := k.anna.JoinedRooms(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, room := range joined.JoinedRooms {
			if strings.Contains(bridgetest.Body(told), strings.TrimPrefix(string(room), "!")) {
				next = room
			}
		}
		return next != ""
	})
	k.awaitIn(t, next, k.room, "Open")
	k.awaitIn(t, next, done, "Closed")
	k.awaitIn(t, next, desk, "root")
	for _, room := range []id.RoomID{k.room, done} {
		if _, err := k.anna.LeaveRoom(t.Context(), room); err != nil {
			t.Fatal(err)
		}
		bridgetest.Await(t, "members of the new space enter the rooms", func() bool {
			_, err := k.anna.JoinRoomByID(t.Context(), room)
			return err == nil
		})
	}
	k.visitor.MustConnect(t)
	k.visitor.Acked(t, k.visitor.Say("All the same to me"))
	k.anna.Sees(t, k.room, "All the same to me")
	k.StopBridge(t)
	k.StartBridge(t, "")
	answers(t, k.anna, k.room, "!visitor")
	n := 0
	for _, e := range k.anna.Timeline(desk) {
		if strings.Contains(bridgetest.Body(e), "The site's space was deleted") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("it was said %d times that the space was deleted", n)
	}
}

// Invariant 3: a homeserver that comes back from a backup lists dialogs as they
// stand now, also in a space that it has lost.
func TestInvariant03SpacesOfARestoredHomeserver(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{Site: "    closed: {move_after: 0}\n"})
	root := k.anna.Space(t)
	k.awaitIn(t, root, k.room, "Open")
	k.restoreHomeserver(t, func() {
		answers(t, k.anna, k.room, "!close")
		k.awaitIn(t, root, k.room, "Closed")
	})
	k.awaitIn(t, root, k.room, "Closed")
}

// Invariant 3: a database that comes back from a backup learns what spaces were
// made since, and where they list dialogs.
func TestInvariant03SpacesOfARestoredDatabase(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{Site: "    closed: {move_after: 0}\n"})
	root := k.anna.Space(t)
	k.awaitIn(t, root, k.room, "Open")
	saved := filepath.Join(t.TempDir(), "backup")
	if _, err := admin.Backup(t.Context(), k.config(t), saved); err != nil {
		t.Fatal(err)
	}
	answers(t, k.anna, k.room, "!close")
	k.awaitIn(t, root, k.room, "Closed")
	before := tree(t, k.anna.Client, root)[root]
	k.StopBridge(t)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.RemoveAll(k.Database() + suffix); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Dir(k.Database()), os.DirFS(saved)); err != nil {
		t.Fatal(err)
	}
	k.StartBridge(t, "")
	k.visitor.MustConnect(t)
	k.awaitNone(t, "the command is read again", `SELECT count(*) FROM dialog WHERE status = 'open'`)
	k.awaitIn(t, root, k.room, "Closed")
	if after := tree(t, k.anna.Client, root)[root]; !slices.Equal(after, before) {
		t.Errorf("the site's space lists %+v, before %+v", after, before)
	}
	k.visitor.Acked(t, k.visitor.Say("Here again"))
	k.awaitIn(t, root, k.room, "Open")
}

// An operator who left the site's space is told of in the desk, and comes back by !back.
func TestOperatorsWhoLeftTheSpaceComeBack(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	root, open, desk := k.anna.Space(t), k.anna.Open(t, 0), k.anna.Desk(t)
	for _, space := range []id.RoomID{root, open} {
		if _, err := k.anna.LeaveRoom(t.Context(), space); err != nil {
			t.Fatal(err)
		}
	}
	notice := k.anna.Event(t, desk, "that anna is gone", func(e *event.Event) bool {
		return strings.Contains(bridgetest.Body(e), "@anna:localhost") && strings.Contains(bridgetest.Body(e), "no longer in the site's space")
	})
	wants(t, bridgetest.Body(notice), "!back")
	answers(t, k.anna, desk, "!back")
	bridgetest.Await(t, "anna is back in both spaces", func() bool { // the client joins whatever it is invited to
		joined, err := k.anna.JoinedRooms(t.Context())
		return err == nil && slices.Contains(joined.JoinedRooms, root) && slices.Contains(joined.JoinedRooms, open)
	})
}

// purges deletes a room on the homeserver, as its administrator does, and stops the bridge.
func (k *talk) purges(t *testing.T, admin *mautrix.Client, room id.RoomID) {
	t.Helper()
	for _, what := range []string{"evacuateRoom", "purgeRoom"} {
		if _, err := admin.MakeRequest(t.Context(), http.MethodPost, k.Homeserver.URL()+"/_dendrite/admin/"+what+"/"+string(room), struct{}{}, nil); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		bridgetest.Await(t, "the operator is shown that it has left", func() bool {
			shown, err := k.anna.FullSyncRequest(t.Context(), mautrix.ReqSync{})
			return err == nil && shown.Rooms.Join[room] == nil
		})
	}
	k.StopBridge(t)
	select {
	case <-k.Homeserver.Done(): // Dendrite 0.15.2 may panic over the last events of a room that it purges
		bridgetest.Await(t, "the homeserver is back", func() bool { return k.Homeserver.Restart(t.Context()) == nil })
	default:
	}
}
