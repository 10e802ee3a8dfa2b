package bridge_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3" // looks into the bridge's database
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

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
	t.Parallel()
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
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	k.confide(t)
	k.StopBridge(t)
	// Not after-store: what the last life had not converted has the bridge read the room, and
	// then the command is heard before the homeserver delivers it.
	for i, point := range []killpoint.Point{killpoint.BeforeErase, killpoint.AfterErase} {
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

// Invariant 24: what a visitor writes while it is erased is erased too, or
// begins the new dialog: nothing of it is lost in between.
func TestInvariant24WhatIsWrittenMeanwhileIsNotLost(t *testing.T) {
	t.Parallel()
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
