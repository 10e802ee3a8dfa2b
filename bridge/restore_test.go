package bridge_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"maunium.net/go/mautrix"

	"github.com/anteroom-chat/anteroom/bridge/admin"
	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// Invariant 3: after a restored backup of the database, what the rooms have is taken back.
func TestInvariant03DatabaseRestoredFromABackup(t *testing.T) {
	k := startTalk(t, bridgetest.Options{})
	k.anna.Says(t, k.room, "Before the backup")
	k.visitor.Hears(t, "Before the backup")
	saved := filepath.Join(t.TempDir(), "backup")
	if _, err := admin.Backup(t.Context(), k.config(t), saved); err != nil {
		t.Fatal(err)
	}
	k.visitor.Acked(t, k.visitor.Say("After the backup"))
	k.anna.Sees(t, k.room, "After the backup")
	k.anna.Says(t, k.room, "Answered after the backup")
	k.visitor.Hears(t, "Answered after the backup")
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
	back := k.visitor.Tab().MustConnect(t)
	for _, text := range []string{"Do you have green tea?", "Before the backup", "After the backup", "Answered after the backup"} {
		back.Hears(t, text)
	}
	k.visitor.Close()
	k.visitor.MustConnect(t)
	bridgetest.Frame(t, k.visitor, wire.TypeWelcome, func(w wire.Welcome) bool { return w.Reset })
	back.Acked(t, back.Say("Life goes on"))
	k.anna.Sees(t, k.room, "Life goes on")
	for _, text := range []string{"Do you have green tea?", "After the backup"} {
		if n := count(bodies(k.anna, k.room), text); n != 1 {
			t.Errorf("the room has %q %d times", text, n)
		}
	}
}

// Invariant 3: what a restored database has missed is read page by page, and
// nothing falls between two pages: events that are sent at once have one depth,
// which Dendrite does not part (see olderFrom).
func TestInvariant03PagesOfARestoredDatabase(t *testing.T) {
	const clients, each = 10, 40
	k := startTalk(t, bridgetest.Options{Operators: []string{"bob"}})
	operators := []*bridgetest.Operator{k.anna, k.Colleague(t, "bob")}
	if _, err := operators[1].JoinRoomByID(t.Context(), k.room); err != nil {
		t.Fatal(err)
	}
	saved := filepath.Join(t.TempDir(), "backup")
	if _, err := admin.Backup(t.Context(), k.config(t), saved); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for client := range clients {
		all.Go(func() {
			for i := range each {
				operators[client%2].Says(t, k.room, fmt.Sprintf("%d.%d", client, i))
			}
		})
	}
	all.Wait()
	heard := func(v *bridgetest.Visitor) map[string]int {
		times := map[string]int{}
		for _, e := range v.Entries() {
			times[e.Text]++
		}
		return times
	}
	bridgetest.Await(t, "all that was said is heard", func() bool { return len(heard(k.visitor)) > clients*each })
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
	v := k.visitor.Tab().MustConnect(t)
	bridgetest.Await(t, "all that was said is heard again", func() bool { return len(heard(v)) > clients*each })
	for text, times := range heard(v) {
		if times > 1 {
			t.Errorf("%q was heard %d times", text, times)
		}
	}
}

// Invariant 3: after a restored backup of the homeserver, what it lost is sent again.
func TestInvariant03HomeserverRestoredFromABackup(t *testing.T) {
	k := startTalk(t, bridgetest.Options{})
	k.StopBridge(t)
	k.restoreHomeserver(t, func() {
		k.StartBridge(t, "")
		k.visitor.MustConnect(t)
		k.visitor.Acked(t, k.visitor.Say("Lost by the homeserver"))
		k.anna.Sees(t, k.room, "Lost by the homeserver")
		k.StopBridge(t)
	})
	k.StartBridge(t, "")
	bridgetest.Await(t, "the room has again what it lost", func() bool {
		resp, err := k.anna.Messages(t.Context(), k.room, "", "", mautrix.DirectionBackward, nil, 100)
		if err != nil {
			return false
		}
		n := 0
		for _, e := range resp.Chunk {
			if bridgetest.Body(e) == "Lost by the homeserver" {
				n++
			}
		}
		return n == 1
	})
}
