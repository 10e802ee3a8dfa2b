package bridge_test

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// restoreHomeserver runs between with a homeserver that then goes back to what it was before.
func (k *talk) restoreHomeserver(t *testing.T, between func()) {
	t.Helper()
	stop := func() {
		if err := k.Homeserver.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	start := func() {
		if err := k.Homeserver.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	saved := t.TempDir()
	if err := os.CopyFS(saved, os.DirFS(k.Homeserver.Dir())); err != nil {
		t.Fatal(err)
	}
	start()
	between()
	stop()
	if err := os.RemoveAll(k.Homeserver.Dir()); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(k.Homeserver.Dir(), os.DirFS(saved)); err != nil {
		t.Fatal(err)
	}
	start()
}

// Invariant 3: a homeserver that comes back from a backup is noticed while the
// bridge runs on, and an edit that went out within its message is not forgotten.
func TestInvariant03HomeserverRestoredWhileTheBridgeRuns(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	k.restoreHomeserver(t, func() {
		if err := k.Homeserver.Stop(); err != nil {
			t.Fatal(err)
		}
		typo := k.visitor.Acked(t, k.visitor.Say("One kilo off tea"))
		k.visitor.Acked(t, k.visitor.Send(&wire.Edit{T: wire.TypeEdit, Target: typo.ID, Text: "One kilo of tea"}))
		if err := k.Homeserver.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		k.anna.Sees(t, k.room, "One kilo of tea")
	})
	bridgetest.Await(t, "the room has again what it lost, as it was edited", func() bool {
		resp, err := k.anna.Messages(t.Context(), k.room, "", "", mautrix.DirectionBackward, nil, 100)
		if err != nil {
			return false
		}
		n := 0
		for _, e := range resp.Chunk {
			if bridgetest.Body(e) == "One kilo of tea" {
				n++
			}
			if bridgetest.Body(e) == "One kilo off tea" {
				t.Fatal("the room has the text from before the edit")
			}
		}
		return n == 1
	})
	k.visitor.Acked(t, k.visitor.Say("On we go"))
	bridgetest.Await(t, "life goes on", func() bool {
		resp, err := k.anna.Messages(t.Context(), k.room, "", "", mautrix.DirectionBackward, nil, 10)
		if err != nil || len(resp.Chunk) == 0 || bridgetest.Body(resp.Chunk[0]) != "On we go" {
			return false
		}
		n := 0
		for _, e := range resp.Chunk {
			if bridgetest.Body(e) == "One kilo of tea" {
				n++
			}
		}
		return n == 1 // neither twice nor removed as a twin
	})
}

// change changes the bridge's database behind its back.
func (k *talk) change(t *testing.T, statement string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+k.Database()+"?_busy_timeout=10000")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// illRoom is a talk whose homeserver does not show its room once ill is set.
func illRoom(t *testing.T) (k *talk, ill *atomic.Bool) {
	t.Helper()
	ill = new(atomic.Bool)
	b := refusing(http.StatusInternalServerError, func(r *http.Request, _ []byte) bool {
		return ill.Load() && isMessages(r) && strings.Contains(r.URL.Path, string(k.room))
	})
	k = startTalk(t, bridgetest.Options{Through: b.Through(t)})
	return k, ill
}

// holdsUpNobody looks that a room which cannot be read is passed over, and named, and that
// somebody else is heard.
func (k *talk) holdsUpNobody(t *testing.T) {
	t.Helper()
	other := k.Visitor().MustConnect(t)
	said := other.Acked(t, other.Say("Is anybody there?"))
	k.query(t, "another visitor's message is sent", `SELECT EXISTS (SELECT 1 FROM event WHERE entry_id = $1)`, said.ID)
	for line := range strings.Lines(k.Log(t)) {
		if strings.Contains(line, "it is passed over") && strings.Contains(line, string(k.room)) {
			return
		}
	}
	t.Error("nobody is told which room was passed over")
}

// Invariant 3: one room that a restored homeserver does not show holds up no other for long.
func TestInvariant03ARoomThatARestoredHomeserverDoesNotShow(t *testing.T) {
	t.Parallel() // it waits for most of its time
	k, ill := illRoom(t)
	k.restoreHomeserver(t, func() {
		k.visitor.Acked(t, k.visitor.Say("Lost by the homeserver"))
		k.anna.Sees(t, k.room, "Lost by the homeserver")
		ill.Store(true)
	})
	k.holdsUpNobody(t)
	if !k.Logged("nothing is sent to it yet") {
		t.Error("nobody is told what the homeserver waits for")
	}
}

// Invariant 3: nor does one that a restored database has missed something of.
func TestInvariant03ARoomThatARestoredDatabaseCannotRead(t *testing.T) {
	t.Parallel() // it waits for most of its time
	k, ill := illRoom(t)
	saved := k.backup(t)
	k.visitor.Acked(t, k.visitor.Say("Said after the backup"))
	k.anna.Sees(t, k.room, "Said after the backup")
	k.StopBridge(t)
	k.restoreDatabase(t, saved)
	ill.Store(true)
	k.StartBridge(t, "")
	k.holdsUpNobody(t)
}

// Invariant 3: nor does one of which a restored database is not told whose it is.
func TestInvariant03AFirstRoomThatARestoredDatabaseCannotRead(t *testing.T) {
	t.Parallel() // it waits for most of its time
	var k *talk
	var ill atomic.Bool
	b := refusing(http.StatusInternalServerError, func(r *http.Request, _ []byte) bool {
		return ill.Load() && strings.HasSuffix(strings.TrimSuffix(r.URL.Path, "/"), string(k.room)+"/state/chat.anteroom.dialog")
	})
	k, saved := firstRoomAfterABackup(t, b.Through(t))
	k.StopBridge(t)
	k.restoreDatabase(t, saved)
	ill.Store(true)
	k.StartBridge(t, "")
	k.holdsUpNobody(t)
}

// Invariant 3: with a file's message a restored homeserver lost the file.
func TestInvariant03ARestoredHomeserverLostAFile(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	k.StopBridge(t)
	list := []byte("bowl 42\nmug 28\n")
	k.restoreHomeserver(t, func() {
		k.StartBridge(t, "")
		k.visitor.MustConnect(t)
		k.visitor.Acked(t, k.visitor.SendFile(t, "list.txt", list))
		k.anna.Sees(t, k.room, "list.txt")
		k.StopBridge(t)
	})
	k.StartBridge(t, "")
	bridgetest.Await(t, "the room has the file again", func() bool { return k.times(t, "list.txt") == 1 })
	resp, err := k.as(t, bot).Messages(t.Context(), k.room, "", "", mautrix.DirectionBackward, nil, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range resp.Chunk {
		if bridgetest.Body(e) != "list.txt" {
			continue
		}
		_ = e.Content.ParseRaw(e.Type)
		bytes, err := k.anna.DownloadBytes(t.Context(), e.Content.AsMessage().URL.ParseOrIgnore())
		if err != nil || string(bytes) != string(list) {
			t.Errorf("the file is %q (%v)", bytes, err)
		}
	}
}

// Invariant 3: a file that waits to be brought is no refused one because a restored
// homeserver does not know the visitor any more.
func TestInvariant03ARestoredHomeserverLostWhoBringsAFile(t *testing.T) {
	t.Parallel()
	var ill atomic.Bool
	b := refusing(http.StatusInternalServerError, func(r *http.Request, _ []byte) bool {
		return ill.Load() && strings.HasSuffix(r.URL.Path, "/upload")
	})
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	var said wire.Ack
	k.restoreHomeserver(t, func() {
		ill.Store(true)
		v := k.Visitor().MustConnect(t)
		said = v.Acked(t, v.SendFile(t, "list.txt", []byte("bowl 42")))
		bridgetest.Await(t, "it is to be brought", func() bool {
			return len(b.Requests(func(r string) bool { return strings.Contains(r, "/upload ") })) > 0
		})
	})
	bridgetest.Await(t, "the bridge notices", func() bool { return k.Logged("The homeserver was restored from a backup") })
	ill.Store(false)
	k.query(t, "the file is sent", `SELECT state = 'sent' FROM outbox WHERE entry_id = $1`, said.ID)
}

// Invariant 3: what a restored homeserver seemed to have lost may come to light later, as
// Dendrite goes on with what it had begun. Then it is there twice.
func TestInvariant03WhatWasLostComesToLight(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	k.StopBridge(t)
	var lost *event.Event
	var said wire.Ack
	k.restoreHomeserver(t, func() {
		k.StartBridge(t, "")
		k.visitor.MustConnect(t)
		said = k.visitor.Acked(t, k.visitor.Say("Lost for a while"))
		lost = k.anna.Sees(t, k.room, "Lost for a while")
		k.query(t, "the bridge has heard it", `SELECT EXISTS (SELECT 1 FROM inbox WHERE event_key = $1 AND state = 'done')`, lost.ID)
		k.StopBridge(t)
	})
	k.StartBridge(t, "")
	bridgetest.Await(t, "it is said again", func() bool { return k.times(t, "Lost for a while") == 1 })
	k.query(t, "another event says it", `SELECT EXISTS (SELECT 1 FROM event WHERE entry_id = $1 AND event_id <> $2)`, said.ID, lost.ID)
	raw, err := json.Marshal(map[string]any{"events": []any{map[string]any{
		"event_id": lost.ID, "room_id": k.room, "sender": lost.Sender, "type": "m.room.message",
		"origin_server_ts": lost.Timestamp, "content": json.RawMessage(lost.Content.VeryRaw),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if status := k.deliver(t, string(raw)); status != http.StatusOK {
		t.Fatalf("the homeserver's transaction was answered %d", status)
	}
	k.query(t, "the late one is its twin", `SELECT EXISTS (SELECT 1 FROM event WHERE entry_id = $1 AND event_id = $2 AND twin)`, said.ID, lost.ID)
}

// Invariant 6: an edit is not sent before the message that it is about, when that has to be
// said again.
func TestInvariant06EditOfWhatIsSaidAgain(t *testing.T) {
	t.Parallel()
	h := newHeld("/send/m.room.message/")
	h.drops = true
	k := startTalk(t, bridgetest.Options{Through: h.Through(t)})
	h.hold(t)
	k.visitor.Acked(t, k.visitor.Say("One moment"))
	h.awaitOne(t)
	edit := k.visitor.Acked(t, k.visitor.Send(&wire.Edit{T: wire.TypeEdit, Target: k.first.ID, Text: "Do you have white tea?"}))
	k.KillBridge(t)
	h.hold(t)
	k.StartBridge(t, "")
	h.awaitOne(t) // with both to be sent in one turn
	k.change(t, `UPDATE outbox SET state = 'pending' WHERE entry_id = $1`, k.first.ID)
	k.change(t, `DELETE FROM event WHERE entry_id = $1`, k.first.ID)
	h.release()
	// By itself it would be a message in the other's place.
	k.query(t, "the edit goes with the message", `SELECT state = 'folded' FROM outbox WHERE entry_id = $1`, edit.ID)
}

// Invariant 3: a file that a restored homeserver lost is in a backup that is made before the
// homeserver has it again.
func TestInvariant03AFileOnItsWayAgainIsInABackup(t *testing.T) {
	t.Parallel()
	h := newHeld("/upload")
	k := startTalk(t, bridgetest.Options{Through: h.Through(t)})
	isThere := func(e *event.Event) bool { return path(content(e), "msgtype") == "m.file" }
	k.StopBridge(t)
	k.restoreHomeserver(t, func() {
		k.StartBridge(t, "")
		k.visitor.MustConnect(t)
		k.visitor.Acked(t, k.visitor.SendFile(t, "plan.txt", []byte("the whole plan")))
		k.anna.Event(t, k.room, "the file", isThere)
		k.StopBridge(t)
	})
	h.hold(t)
	k.StartBridge(t, "")
	h.awaitOne(t)
	saved := k.backup(t)
	k.KillBridge(t)
	if err := os.RemoveAll(k.config(t).Gateway.DataDir); err != nil {
		t.Fatal(err)
	}
	k.restoreDatabase(t, saved)
	h.release()
	k.StartBridge(t, "")
	bridgetest.Await(t, "the room has the file again", func() bool {
		resp, err := k.anna.Messages(t.Context(), k.room, "", "", mautrix.DirectionBackward, nil, 100)
		return err == nil && slices.ContainsFunc(resp.Chunk, isThere)
	})
}
