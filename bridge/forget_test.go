package bridge_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3" // looks into the bridge's database
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/admin"
	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
)

// quokka stands in everything that is told of the visitor in these tests.
const quokka = "quokka"

// confide leaves the word in every place that a conversation has.
func (k *talk) confide(t *testing.T) {
	t.Helper()
	v, anna := k.visitor, k.anna
	v.Write(&wire.PageView{T: wire.TypePage, Page: wire.Page{URL: bridgetest.Origin + "/quokka", Title: "The quokka page"}})
	said := v.Acked(t, v.Say("My name is Quokka"))
	v.Acked(t, v.Send(&wire.Edit{T: wire.TypeEdit, Target: said.ID, Text: "My name is Ann Quokka"}))
	v.Acked(t, v.SendFile(t, "quokka.txt", []byte("all about the quokka")))
	anna.Event(t, k.room, "the file", func(e *event.Event) bool {
		return path(content(e), "filename") == "quokka.txt" || bridgetest.Body(e) == "quokka.txt"
	})
	answers(t, anna, k.room, "!name Quokka Ann")
	answers(t, anna, k.room, "!tag quokka lover")
	answers(t, anna, k.room, "!set animal = quokka")
	anna.Says(t, k.room, "!note a quokka indeed")
	answered := anna.Says(t, k.room, "Dear quokka")
	v.Hears(t, "Dear quokka")
	anna.Send(t, k.room, event.EventMessage, map[string]any{
		"msgtype": "m.text", "body": "a note about the quokka", "m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": k.asked.ID},
	})
	anna.Send(t, k.room, event.EventReaction, map[string]any{"m.relates_to": map[string]any{"rel_type": "m.annotation", "event_id": k.asked.ID, "key": "👍"}})
	for kind, content := range map[event.Type]map[string]any{
		event.StateTopic: {"topic": "quokka matters"},
		{Type: "org.example.crm", Class: event.StateEventType}: {"contact": "quokka"},
	} {
		if _, err := anna.SendStateEvent(t.Context(), k.room, kind, "", content); err != nil {
			t.Fatal(err)
		}
	}
	// Dendrite keeps the reason of a removal with what was removed, and nothing takes it from there.
	if _, err := anna.RedactEvent(t.Context(), k.room, answered, mautrix.ReqRedact{Reason: "as asked"}); err != nil {
		t.Fatal(err)
	}
	// The desk knows it too.
	v.Acked(t, v.Say("And on"))
	answers(t, anna, k.room, "!close")
	v.Acked(t, v.Say("Once more about the quokka"))
	anna.Event(t, anna.Desk(t), "that the visitor wrote again", func(e *event.Event) bool {
		return strings.Contains(bridgetest.Body(e), "wrote again") && strings.Contains(bridgetest.Body(e), "quokka")
	})
	wants(t, answers(t, anna, anna.Desk(t), "!visitor 1"), "Quokka Ann")
	anna.Sees(t, k.room, "Once more about the quokka")
	anna.SeesPresence(t, k.asked.Sender, event.PresenceOnline, "The quokka page")
}

// seen is all that the client-server API tells anna of a room, as it comes.
func (k *talk) seen(t *testing.T, room id.RoomID) string {
	t.Helper()
	var all strings.Builder
	get := func(path mautrix.ClientURLPath, query map[string]string) []byte {
		t.Helper()
		raw, err := k.anna.MakeRequest(t.Context(), http.MethodGet, k.anna.BuildURLWithQuery(path, query), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	keep := func(raw []byte) []byte {
		all.Write(raw)
		all.WriteByte('\n')
		return raw
	}
	keep(get(mautrix.ClientURLPath{"v3", "rooms", room, "state"}, nil))
	for from := ""; ; {
		query := map[string]string{"dir": "b", "limit": "100"}
		if from != "" {
			query["from"] = from
		}
		var page struct {
			Chunk []json.RawMessage
			End   string
		}
		if err := json.Unmarshal(keep(get(mautrix.ClientURLPath{"v3", "rooms", room, "messages"}, query)), &page); err != nil {
			t.Fatal(err)
		}
		if len(page.Chunk) == 0 || page.End == "" || page.End == from {
			break
		}
		from = page.End
	}
	var sync struct {
		Rooms struct {
			Join map[id.RoomID]json.RawMessage
		}
	}
	if err := json.Unmarshal(get(mautrix.ClientURLPath{"v3", "sync"}, map[string]string{"filter": `{"room":{"timeline":{"limit":500}}}`}), &sync); err != nil {
		t.Fatal(err)
	}
	keep(sync.Rooms.Join[room])
	if ghost := k.asked.Sender; room == k.room {
		keep(get(mautrix.ClientURLPath{"v3", "presence", ghost, "status"}, nil))
	}
	return all.String()
}

// silent fails the test if a text has the word.
func silent(t *testing.T, room id.RoomID, seen string) {
	t.Helper()
	if i := strings.Index(strings.ToLower(seen), quokka); i >= 0 {
		t.Errorf("%s still says: … %s …", room, seen[max(0, i-400):min(len(seen), i+400)])
	}
}

// left returns the files of the bridge in which the word stands.
func (k *talk) left(t *testing.T) (files []string) {
	t.Helper()
	if err := filepath.WalkDir(k.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path) // #nosec G304 G122 -- of the test
		if bytes.Contains(bytes.ToLower(data), []byte(quokka)) {
			files = append(files, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return files
}

// erased waits until nothing is left to do, and looks whether it is done.
func (k *talk) erased(t *testing.T) {
	t.Helper()
	k.anna.Event(t, k.room, "the last word", func(e *event.Event) bool { return path(content(e), "chat.anteroom.erased") == true })
	bridgetest.Await(t, "the bridge is through", func() bool { return k.Logged("Nothing is left of an erased visitor") })
	k.anna.Event(t, k.anna.Desk(t), "that the visitor was erased", func(e *event.Event) bool {
		return bridgetest.Body(e) == "Visitor #1 was erased by @anna:localhost."
	})
	desk := k.anna.Desk(t)
	bridgetest.Await(t, "the desk's announcements are gone", func() bool {
		return !strings.Contains(strings.ToLower(k.seen(t, desk)), quokka)
	})
	k.neutral(t)
	if files := k.left(t); len(files) > 0 {
		t.Errorf("the word is left in %v", files)
	}
}

// neutral looks whether the room says nothing any more.
func (k *talk) neutral(t *testing.T) {
	t.Helper()
	seen := k.seen(t, k.room)
	silent(t, k.room, seen)
	if i := strings.Index(seen, "Do you have green tea?"); i >= 0 {
		t.Errorf("the room still says: … %s …", seen[max(0, i-600):min(len(seen), i+200)])
	}
	resp, err := k.anna.Messages(t.Context(), k.room, "", "", mautrix.DirectionBackward, nil, 500)
	if err != nil {
		t.Fatal(err)
	}
	last := 0
	for _, e := range resp.Chunk {
		said := content(e)
		if path(said, "chat.anteroom.erased") == true {
			last++
			continue
		}
		if e.Type.Type == event.EventMessage.Type && len(said) > 0 || e.Type.Type == event.EventReaction.Type && len(said) > 0 {
			t.Errorf("%s says %s", e.ID, e.Content.VeryRaw)
		}
	}
	if last != 1 {
		t.Errorf("there are %d last words", last)
	}
	var name event.RoomNameEventContent
	if err := k.anna.StateEvent(t.Context(), k.room, event.StateRoomName, "", &name); err != nil || name.Name != "Erased visitor #1" {
		t.Errorf("the room is called %q (%v)", name.Name, err)
	}
	ghost := k.asked.Sender
	if alias, err := k.anna.ResolveAlias(t.Context(), id.NewRoomAlias(ghost.Localpart(), "localhost")); err == nil {
		t.Errorf("the alias still leads to %s", alias.RoomID)
	}
	if profile, err := k.anna.GetProfile(t.Context(), ghost); err == nil && profile.DisplayName != "" {
		t.Errorf("the ghost is called %q", profile.DisplayName)
	}
	var hierarchy struct {
		Rooms []struct {
			RoomID id.RoomID `json:"room_id"`
		}
	}
	if _, err := k.anna.MakeRequest(t.Context(), http.MethodGet, k.anna.BuildClientURL("v1", "rooms", k.anna.Space(t), "hierarchy"), nil, &hierarchy); err != nil {
		t.Fatal(err)
	}
	for _, r := range hierarchy.Rooms {
		if r.RoomID == k.room {
			t.Errorf("the room is still in the space")
		}
	}
	if _, err := k.anna.SendText(t.Context(), k.room, "Anyone?"); err == nil {
		t.Error("an operator can still write")
	}
	joined, err := k.anna.JoinedMembers(t.Context(), k.room)
	if err != nil || len(joined.Joined) != 1 {
		t.Errorf("in the room are %v (%v)", joined, err)
	}
}

// Invariant 24: after !forget nothing is left of a visitor, here and on the
// homeserver, and nothing brings it back; the visitor begins anew.
func TestInvariant24AVisitorIsForgotten(t *testing.T) {
	k := startTalk(t, bridgetest.Options{})
	k.confide(t)
	wants(t, answers(t, k.anna, k.room, "!forget"), "erases visitor #1 for good", "!forget 1")
	wants(t, answers(t, k.anna, k.room, "!forget 2"), "Nothing was erased", "which is 1")
	before := k.anna.Timeline(k.room)
	k.anna.Says(t, k.room, "!forget 1")
	// The open tab comes back by itself to an empty dialog.
	bridgetest.Await(t, "the visitor's socket ends", func() bool { return !k.visitor.Connected() })
	if refusals := k.visitor.Refusals(); len(refusals) > 0 {
		t.Errorf("the visitor was told %v", refusals)
	}
	k.visitor.MustConnect(t)
	if n := k.visitor.Resets(); n != 1 || len(k.visitor.Entries()) > 0 {
		t.Errorf("%d resets, and the visitor has %v", n, k.visitor.Entries())
	}
	k.erased(t)

	// A repeated transaction brings nothing back.
	for _, e := range before {
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if status := k.deliver(t, `{"events":[`+string(raw)+`]}`); status != http.StatusOK {
			t.Errorf("a repeated event was answered %d", status)
		}
	}
	if files := k.left(t); len(files) > 0 {
		t.Errorf("after the transactions came again the word is left in %v", files)
	}
	// Nor does a start, and the visitor's next words are a new visitor's.
	k.StopBridge(t)
	k.StartBridge(t, "")
	k.visitor.MustConnect(t)
	k.visitor.Acked(t, k.visitor.Say("Hello, I am new here"))
	next := k.anna.Room(t, 1)
	if next == k.room {
		t.Error("the new dialog has the old room")
	}
	k.anna.Sees(t, next, "Hello, I am new here")
	wants(t, answers(t, k.anna, next, "!visitor"), "#2")
	wants(t, answers(t, k.anna, k.anna.Desk(t), "!visitor 1"), "no visitor #1")
	k.neutral(t)
}

// Invariant 24: an erasure is finished, once, wherever the bridge dies meanwhile.
func TestInvariant24ForgettingSurvivesKills(t *testing.T) {
	k := startTalk(t, bridgetest.Options{})
	k.confide(t)
	k.StopBridge(t)
	for i, point := range []killpoint.Point{killpoint.AfterStore, killpoint.BeforeErase, killpoint.AfterErase} {
		k.StartBridge(t, "", killpoint.Env+"="+string(point))
		if i == 0 {
			k.anna.Says(t, k.room, "!forget 1")
		}
		bridgetest.Await(t, "the bridge dies at "+string(point), func() bool { return !k.Alive() })
	}
	// From here on each life takes one step that counts and dies before it is noted.
	deaths := 0
	for through := false; !through; {
		k.StartBridge(t, "", killpoint.Env+"="+string(killpoint.Erasing)+":2")
		bridgetest.Await(t, "the bridge dies once more, or is through", func() bool {
			through = k.Logged("Nothing is left of an erased visitor")
			return through || !k.Alive()
		})
		if !through {
			deaths++
		}
	}
	t.Logf("died %d times on the way", deaths)
	if deaths < 10 {
		t.Errorf("the bridge died only %d times", deaths)
	}
	k.StopBridge(t)
	k.StartBridge(t, "")
	k.erased(t)
}

// Invariant 24: what a former room of the dialog holds goes too, and an outage
// of the homeserver only delays it.
func TestInvariant24FormerRoomsAndOutages(t *testing.T) {
	k := startTalk(t, bridgetest.Options{})
	k.visitor.Acked(t, k.visitor.Say("The quokka of the first room"))
	k.anna.Sees(t, k.room, "The quokka of the first room")
	former := k.room
	next := k.upgrade(t)
	if _, err := k.anna.JoinRoomByID(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	k.visitor.Acked(t, k.visitor.Say("The quokka of the second room"))
	k.anna.Sees(t, next, "The quokka of the second room")
	k.anna.Says(t, next, "!forget 1")
	bridgetest.Await(t, "the visitor's socket ends", func() bool { return !k.visitor.Connected() })
	if err := k.Homeserver.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	bridgetest.Await(t, "the bridge is through", func() bool { return k.Logged("Nothing is left of an erased visitor") })
	for _, room := range []id.RoomID{former, next} {
		silent(t, room, k.seen(t, room))
	}
	if files := k.left(t); len(files) > 0 {
		t.Errorf("the word is left in %v", files)
	}
}

// A large room is emptied page by page.
func TestALargeRoomIsEmptied(t *testing.T) {
	const messages = 250
	k := startTalk(t, bridgetest.Options{})
	for i := range messages {
		k.visitor.Say(fmt.Sprintf("quokka number %d", i))
	}
	bridgetest.Await(t, "all is said", k.visitor.AllAcked)
	k.anna.Sees(t, k.room, fmt.Sprintf("quokka number %d", messages-1))
	k.anna.Says(t, k.room, "!forget 1")
	k.erased(t)
}

// Closed dialogs are erased after the time that the site keeps them, and open
// ones never; nobody is left in their rooms.
func TestClosedDialogsAreErasedForTheirAge(t *testing.T) {
	k := startTalk(t, bridgetest.Options{Site: "    closed: {erase_after: 30d}\n"})
	k.visitor.Acked(t, k.visitor.Say("About the quokka"))
	answers(t, k.anna, k.room, "!close")
	other := k.Visitor().MustConnect(t)
	other.Acked(t, other.Say("I stay open"))
	open := k.anna.Room(t, 1)
	k.anna.Sees(t, open, "I stay open")
	third := k.Visitor().MustConnect(t)
	third.Acked(t, third.Say("Closed a moment ago"))
	young := k.anna.Room(t, 2)
	answers(t, k.anna, young, "!close")
	k.StopBridge(t)
	k.age(t, 31*24*time.Hour, 1)
	k.age(t, 29*24*time.Hour, 3)
	k.StartBridge(t, "")
	k.anna.Event(t, k.anna.Desk(t), "which visitors were erased", func(e *event.Event) bool {
		return bridgetest.Body(e) == "Erased, because the dialogs were closed for more than 30 days: visitors #1."
	})
	bridgetest.Await(t, "the bridge is through", func() bool { return k.Logged("Nothing is left of an erased visitor") })
	if files := k.left(t); len(files) > 0 {
		t.Errorf("the word is left in %v", files)
	}
	joined, err := k.anna.JoinedRooms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, room := range joined.JoinedRooms {
		if room == k.room {
			t.Error("the operator is still in the erased dialog's room")
		}
	}
	wants(t, answers(t, k.anna, open, "!visitor"), "#2")
	wants(t, answers(t, k.anna, young, "!visitor"), "#3")
}

// age closes a dialog earlier than it was. The bridge must be stopped.
func (k *talk) age(t *testing.T, by time.Duration, number int) {
	t.Helper()
	db, err := sql.Open("sqlite3", k.Database())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), `UPDATE dialog SET closed_at = $1, opened_at = 1 WHERE status = 'closed'
		AND visitor_id = (SELECT id FROM visitor WHERE number = $2)`, time.Now().Add(-by).UnixMilli(), number); err != nil {
		t.Fatal(err)
	}
}

// !export gives the operators a file with everything, once, and the visitor nothing.
func TestAVisitorIsExported(t *testing.T) {
	k := startTalk(t, bridgetest.Options{})
	k.confide(t)
	sent := k.anna.Says(t, k.room, "!export")
	export := k.anna.Event(t, k.room, "the export", func(e *event.Event) bool {
		return e.Sender == bot && path(content(e), "m.relates_to", "m.in_reply_to", "event_id") == string(sent)
	})
	said := content(export)
	name, _ := said["filename"].(string)
	if said["msgtype"] != "m.file" || path(said, "info", "mimetype") != "application/json" || !strings.HasPrefix(name, "visitor-1-") || !strings.HasSuffix(name, ".json") {
		t.Errorf("the export is %s", export.Content.VeryRaw)
	}
	url, _ := said["url"].(string)
	mxc, err := id.ParseContentURI(url)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := k.anna.Download(t.Context(), mxc)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Format    string
		Version   int
		Visitor   struct{ Name, First_page, Last_title string } //nolint:revive // keys of the file
		Tags      []string
		Variables map[string]string
		Entries   []struct {
			Seq               int64
			Kind, Party, Text string
			File              *struct {
				Name string
				Size int64
			}
		}
	}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	if all.Format != "chat.anteroom.visitor" || all.Version != 1 || all.Visitor.Name != "Quokka Ann" || all.Visitor.Last_title != "The quokka page" ||
		all.Visitor.First_page != bridgetest.Origin+"/tea" || all.Variables["animal"] != "quokka" || len(all.Tags) != 1 {
		t.Errorf("the export says %s", data)
	}
	wants(t, string(data), "My name is Quokka", "My name is Ann Quokka", "quokka.txt", "Once more about the quokka", "Do you have green tea?", "@anna:localhost")
	for i, e := range all.Entries {
		if e.Seq != int64(i)+1 {
			t.Fatalf("entry %d has the number %d", i, e.Seq)
		}
	}
	wants(t, answers(t, k.anna, k.room, "!export now"), "Nothing is needed", "!export")
	// Killed on its way, it comes once.
	for _, point := range []killpoint.Point{killpoint.BeforeAppend, killpoint.AfterAppend, killpoint.AfterUpload, killpoint.AfterSend} {
		k.StopBridge(t)
		k.StartBridge(t, "", killpoint.Env+"="+string(point))
		again := k.anna.Says(t, k.room, "!export")
		bridgetest.Await(t, "the bridge dies at "+string(point), func() bool { return !k.Alive() })
		k.StartBridge(t, "")
		answered := func() (n int) {
			for _, e := range k.anna.Timeline(k.room) {
				if path(content(e), "m.relates_to", "m.in_reply_to", "event_id") == string(again) {
					n++
				}
			}
			return n
		}
		bridgetest.Await(t, "the export comes", func() bool { return answered() > 0 })
		answers(t, k.anna, k.room, "!visitor")
		if n := answered(); n != 1 {
			t.Errorf("killed at %s, the export came %d times", point, n)
		}
	}
	k.visitor.MustConnect(t)
	k.anna.Says(t, k.room, "Goodbye")
	k.visitor.Hears(t, "Goodbye")
	for _, e := range k.visitor.Entries() {
		if e.File != nil && e.File.Name != "quokka.txt" || strings.Contains(e.Text, "visitor #1") {
			t.Errorf("the visitor got %+v", e)
		}
	}
}

// Invariant 24: what a visitor writes while it is erased is erased too, or
// begins the new dialog: nothing of it is lost in between.
func TestInvariant24WhatIsWrittenMeanwhileIsNotLost(t *testing.T) {
	const messages = 300
	k := startTalk(t, bridgetest.Options{})
	k.anna.Says(t, k.room, "!forget 1")
	for i := range messages {
		k.visitor.Say(fmt.Sprintf("quokka %d", i))
	}
	bridgetest.Await(t, "the visitor's socket ends", func() bool { return !k.visitor.Connected() })
	k.visitor.Say("the last word")
	k.visitor.MustConnect(t)
	bridgetest.Await(t, "all is said", k.visitor.AllAcked)
	next := k.anna.Room(t, 1)
	k.anna.Sees(t, next, "the last word")
	said := bodies(k.anna, next)
	t.Logf("%d of %d messages came after the erasure", len(said)-1, messages)
	for i, text := range said {
		want := fmt.Sprintf("quokka %d", messages-len(said)+1+i)
		if i == len(said)-1 {
			want = "the last word"
		}
		if text != want {
			t.Fatalf("message %d of the new dialog is %q, want %q", i, text, want)
		}
	}
	bridgetest.Await(t, "the bridge is through", func() bool { return k.Logged("Nothing is left of an erased visitor") })
	k.neutral(t)
}

// A room that the bot is not in any more holds up nothing, and the desk is told of it.
func TestAnErasedVisitorsLostRoomIsTold(t *testing.T) {
	k := startTalk(t, bridgetest.Options{})
	for _, user := range []id.UserID{k.asked.Sender, bot} {
		if _, err := k.as(t, user).LeaveRoom(t.Context(), k.room); err != nil {
			t.Fatal(err)
		}
	}
	k.visitor.Acked(t, k.visitor.Say("Hello again"))
	next := k.anna.Room(t, 1)
	k.anna.Sees(t, next, "Hello again")
	lost := k.room
	k.anna.Says(t, next, "!forget 1")
	told := k.anna.Event(t, k.anna.Desk(t), "that something is left", func(e *event.Event) bool {
		return strings.Contains(bridgetest.Body(e), "Something of an erased visitor is left (#1)")
	})
	wants(t, string(told.Content.VeryRaw), string(lost)[1:])
	bridgetest.Await(t, "the bridge is through", func() bool { return k.Logged("Nothing is left of an erased visitor") })
	if seen := k.seen(t, next); strings.Contains(seen, "Hello again") {
		t.Errorf("the other room still says: %s", seen)
	}
}

// Invariant 24: a backup from before an erasure brings nothing back, of the database or of the homeserver.
func TestInvariant24RestoredBackupsBringNothingBack(t *testing.T) {
	t.Run("database", func(t *testing.T) {
		k := startTalk(t, bridgetest.Options{})
		k.visitor.Acked(t, k.visitor.Say("About the quokka"))
		k.anna.Sees(t, k.room, "About the quokka")
		saved := filepath.Join(t.TempDir(), "backup")
		if _, err := admin.Backup(t.Context(), k.config(t), saved); err != nil {
			t.Fatal(err)
		}
		k.anna.Says(t, k.room, "!forget 1")
		k.erased(t)
		k.StopBridge(t)
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if err := os.RemoveAll(k.Database() + suffix); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.CopyFS(filepath.Dir(k.Database()), os.DirFS(saved)); err != nil {
			t.Fatal(err)
		}
		if files := k.left(t); len(files) == 0 {
			t.Fatal("the backup does not have it")
		}
		k.StartBridge(t, "")
		bridgetest.Await(t, "nothing is left of it", func() bool { return len(k.left(t)) == 0 })
		wants(t, answers(t, k.anna, k.anna.Desk(t), "!visitor 1"), "no visitor #1")
	})
	t.Run("homeserver", func(t *testing.T) {
		k := startTalk(t, bridgetest.Options{})
		k.visitor.Acked(t, k.visitor.Say("About the quokka"))
		k.anna.Sees(t, k.room, "About the quokka")
		k.StopBridge(t)
		k.restoreHomeserver(t, func() {
			k.StartBridge(t, "")
			k.anna.Says(t, k.room, "!forget 1")
			bridgetest.Await(t, "the bridge is through", func() bool { return k.Logged("Nothing is left of an erased visitor") })
			k.StopBridge(t)
		})
		k.StartBridge(t, "")
		bridgetest.Await(t, "the room is emptied again", func() bool {
			resp, err := k.anna.Messages(t.Context(), k.room, "", "", mautrix.DirectionBackward, nil, 100)
			if err != nil {
				return false
			}
			for _, e := range resp.Chunk {
				if bridgetest.Body(e) != "" {
					return false
				}
			}
			return true
		})
	})
}

// Invariant 24: of two visitors who are one person, each is erased by itself,
// and the other one's room does not name it any more.
func TestInvariant24TheOtherRoomOfAPersonForgetsToo(t *testing.T) {
	k := startTalk(t, bridgetest.Options{Site: bridgetest.WithIdentity})
	k.visitor.SignIn(t, bridgetest.Token(t, "4711", map[string]any{"name": "Ann Quokka"}))
	seesNotice(t, k.anna, k.room, "goes on in Ann Quokka")
	next := k.anna.Room(t, 1)
	seesNotice(t, k.anna, next, "What was written before")
	wants(t, answers(t, k.anna, k.room, "!visitor"), "goes on in Ann Quokka")
	wants(t, answers(t, k.anna, next, "!forget"), "erases visitor #2", "is the same person before signing in", "!forget 1")
	wants(t, answers(t, k.anna, k.room, "!forget"), "erases visitor #1", "is the same person since signing in", "!forget 2")
	k.anna.Says(t, next, "!forget 2")
	bridgetest.Await(t, "the bridge is through", func() bool { return k.Logged("Nothing is left of an erased visitor") })
	bridgetest.Await(t, "the other room names it no more", func() bool { return !strings.Contains(strings.ToLower(k.seen(t, k.room)), quokka) })
	wants(t, answers(t, k.anna, k.room, "!visitor"), "#1")
	if files := k.left(t); len(files) > 0 {
		t.Errorf("the word is left in %v", files)
	}
}
