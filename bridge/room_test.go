package bridge_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
)

// Invariant 12: however many first messages come at once, there is one room.
func TestInvariant12FourTabsWriteFirstAtOnce(t *testing.T) {
	t.Parallel()
	s := bridgetest.Start(t, bridgetest.Options{})
	anna := s.Operator(t)
	first := s.Visitor()
	tabs := []*bridgetest.Visitor{first, first.Tab(), first.Tab(), first.Tab()}
	var wait sync.WaitGroup
	for _, tab := range tabs {
		wait.Go(func() {
			tab.MustConnect(t)
			tab.Acked(t, tab.Say("me first"))
		})
	}
	wait.Wait()
	room := anna.Room(t, 0)
	bridgetest.Await(t, "all four are in the room", func() bool { return count(bodies(anna, room), "me first") == 4 })
	k := &talk{Stack: s}
	joined, err := k.as(t, bot).JoinedRooms(t.Context())
	if err != nil || len(joined.JoinedRooms) != 4 {
		t.Errorf("the bot is in %v (%v), want the space, Open, the desk and one room", joined, err)
	}
}

// Invariant 17: a room that the bot has lost is replaced, and the dialog goes on.
func TestInvariant17RoomLost(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	for _, user := range []id.UserID{k.asked.Sender, bot} {
		if _, err := k.as(t, user).LeaveRoom(t.Context(), k.room); err != nil {
			t.Fatal(err)
		}
	}
	k.visitor.Acked(t, k.visitor.Say("Hello again"))
	next := k.anna.Room(t, 1)
	k.anna.Sees(t, next, "Hello again")
	k.anna.Event(t, next, "the word about the old room", func(e *event.Event) bool {
		return path(content(e), "msgtype") == "m.notice" && strings.Contains(string(e.Content.VeryRaw), string(k.room)[1:])
	})
	k.anna.Says(t, next, "Here I am")
	k.visitor.Hears(t, "Here I am")
}

// Invariant 17: a room that is deleted on the homeserver, of which nobody hears, is replaced.
func TestInvariant17RoomPurged(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	k.purges(t, dendritetest.Admin(t, k.Homeserver, "root"), k.room)
	k.StartBridge(t, "")
	k.visitor.MustConnect(t)
	k.visitor.Acked(t, k.visitor.Say("Hello again"))
	next := k.anna.Room(t, 1)
	k.anna.Sees(t, next, "Hello again")
	k.anna.Says(t, next, "Here I am")
	k.visitor.Hears(t, "Here I am")
}

// Invariant 17: the room that replaces a lost one says so, also when the bridge dies as soon as
// the room is recorded.
func TestInvariant17RoomLostAndTheBridgeKilled(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	for _, user := range []id.UserID{k.asked.Sender, bot} {
		if _, err := k.as(t, user).LeaveRoom(t.Context(), k.room); err != nil {
			t.Fatal(err)
		}
	}
	k.StopBridge(t)
	k.StartBridge(t, "", killpoint.Env+"="+string(killpoint.AfterRoomKnown))
	k.visitor.MustConnect(t)
	k.visitor.Say("Hello again")
	k.dies(t)
	k.StartBridge(t, "")
	k.visitor.MustConnect(t)
	next := k.anna.Room(t, 1)
	k.anna.Sees(t, next, "Hello again")
	k.anna.Event(t, next, "the word about the old room", func(e *event.Event) bool {
		return path(content(e), "msgtype") == "m.notice" && strings.Contains(string(e.Content.VeryRaw), string(k.room)[1:])
	})
}

// dies waits until the bridge has ended at the point that it was started with.
func (k *talk) dies(t *testing.T) {
	t.Helper()
	bridgetest.Await(t, "the bridge dies", func() bool { return !k.Alive() })
}

// Invariant 17: a kick closes the dialog, and the ghost comes back with the
// visitor's next word; a ban is a block.
func TestInvariant17GhostKickedAndBanned(t *testing.T) {
	t.Parallel() // it waits for most of its time
	k := startTalk(t, bridgetest.Options{})
	ghost := k.asked.Sender
	k.kick(t, ghost)
	wants(t, answers(t, k.anna, k.room, "!visitor"), "· closed")
	k.visitor.Acked(t, k.visitor.Say("I am back"))
	k.anna.Sees(t, k.room, "I am back")
	wants(t, answers(t, k.anna, k.room, "!visitor"), "· open")

	// A kick that is heard only after the ghost came back closes nothing.
	k.StopBridge(t)
	k.kick(t, ghost)
	if _, err := k.as(t, bot).InviteUser(t.Context(), k.room, &mautrix.ReqInviteUser{UserID: ghost}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.as(t, ghost).JoinRoomByID(t.Context(), k.room); err != nil {
		t.Fatal(err)
	}
	k.StartBridge(t, "")
	wants(t, answers(t, k.anna, k.room, "!visitor"), "· open")

	k.visitor.MustConnect(t)
	k.ban(t, ghost)
	bridgetest.Frame(t, k.visitor, wire.TypeError, func(f wire.Error) bool { return f.Code == chat.CodeBlocked })
}

// Invariant 6: what the homeserver takes from a ghost while that is being removed may come
// to nobody's eyes, although it was answered with 200 and an event's id, and is answered so
// again to the same transaction (Dendrite), and whoever asks for it by its id gets it. It is
// sent once more when the removal is heard, and what people see then stays.
func TestInvariant06TakenWhileTheGhostWasRemoved(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	swallowed := map[string]string{} // by the path of the transaction
	b := &bridgetest.Between{Handle: func(w http.ResponseWriter, r *http.Request, body []byte, _ http.Handler) bool {
		mu.Lock()
		defer mu.Unlock()
		if _, id, _ := strings.Cut(r.URL.Path, "/event/$nowhere"); id != "" {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"event_id":"$nowhere%s","type":"m.room.message","sender":"@x:localhost","origin_server_ts":1,"content":{"msgtype":"m.text","body":"Said in between"}}`, id)
			return true
		}
		_, known := swallowed[r.URL.Path]
		if r.Method != http.MethodPut || !known && (len(swallowed) > 1 || !bytes.Contains(body, []byte("in between"))) {
			return false
		}
		if !known {
			swallowed[r.URL.Path] = fmt.Sprintf("$nowhere%d", len(swallowed))
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"event_id":%q}`, swallowed[r.URL.Path])
		return true
	}}
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	count := func() int { mu.Lock(); defer mu.Unlock(); return len(swallowed) }
	k.visitor.Acked(t, k.visitor.Say("Said in between"))
	bridgetest.Await(t, "it is taken", func() bool { return count() == 1 })
	k.query(t, "it is recorded", `SELECT COUNT(*) = 1 FROM event WHERE event_id = '$nowhere0'`)
	k.kick(t, k.asked.Sender)
	bridgetest.Await(t, "it is sent once more, and taken again", func() bool { return count() == 2 })
	k.query(t, "it is recorded again", `SELECT COUNT(*) = 1 FROM event WHERE event_id = '$nowhere1'`)
	k.KillBridge(t)
	k.kick(t, k.asked.Sender)
	k.StartBridge(t, "")
	k.anna.Sees(t, k.room, "Said in between")
	k.visitor.MustConnect(t)
	k.visitor.Acked(t, k.visitor.Say("And on"))
	k.anna.Sees(t, k.room, "And on")
	if n := k.times(t, "Said in between"); n != 1 {
		t.Errorf("the room has it %d times", n)
	}
}

// Invariant 6: an edit of what came to nobody's eyes goes out once more, as an edit of the
// event that did come; in the room once.
func TestInvariant06EditOfWhatTheHomeserverDropped(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	swallowed := 0
	b := &bridgetest.Between{Handle: func(w http.ResponseWriter, r *http.Request, body []byte, _ http.Handler) bool {
		mu.Lock()
		defer mu.Unlock()
		if r.Method != http.MethodPut || swallowed > 0 || !bytes.Contains(body, []byte("in between")) {
			return false
		}
		swallowed++
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"event_id":"$nowhere"}`)
		return true
	}}
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	said := k.visitor.Acked(t, k.visitor.Say("Said in between"))
	k.query(t, "it is recorded", `SELECT COUNT(*) = 1 FROM event WHERE event_id = '$nowhere'`)
	k.visitor.Acked(t, k.visitor.Send(&wire.Edit{T: wire.TypeEdit, Target: said.ID, Text: "Said better"}))
	k.query(t, "the homeserver delivered the edit", `SELECT COUNT(*) = 1 FROM inbox JOIN event ON event_id = event_key JOIN entry ON entry.id = entry_id
		WHERE kind = 'edit' AND inbox.state = 'done'`)
	k.kick(t, k.asked.Sender)
	event := k.anna.Sees(t, k.room, "Said in between")
	bridgetest.Await(t, "one edit is left, of the event that came", func() bool {
		resp, err := k.anna.Messages(t.Context(), k.room, "", "", mautrix.DirectionBackward, nil, 100)
		if err != nil {
			return false
		}
		var aims []any
		for _, e := range resp.Chunk {
			if path(content(e), "m.new_content", "body") == "Said better" {
				aims = append(aims, path(content(e), "m.relates_to", "event_id"))
			}
		}
		return len(aims) == 1 && aims[0] == string(event.ID)
	})
}

// Invariant 17: a block stays until somebody lifts it, and a kick does not; to
// lift the ban that made it does, in the room or by the command.
func TestInvariant17WhatLiftsABlock(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	ghost := k.asked.Sender
	ask := func(command string) string { t.Helper(); return answers(t, k.anna, k.room, command) }
	back := func(text string) {
		t.Helper()
		v := k.visitor.Tab().MustConnect(t)
		v.Acked(t, v.Say(text))
		k.anna.Sees(t, k.room, text)
	}

	ask("!block")
	k.kick(t, ghost)
	wants(t, ask("!visitor"), "· closed", "Blocked")
	ask("!unblock")
	back("After the kick")

	k.ban(t, ghost)
	wants(t, ask("!visitor"), "Blocked")
	if _, err := k.anna.UnbanUser(t.Context(), k.room, &mautrix.ReqUnbanUser{UserID: ghost}); err != nil {
		t.Fatal(err)
	}
	if said := ask("!visitor"); strings.Contains(said, "Blocked") || strings.Contains(said, "· closed") {
		t.Errorf("who lifts the ban lifts the block, and closes nothing:\n%s", said)
	}
	back("After the ban")

	k.ban(t, ghost)
	wants(t, ask("!unblock"), "can write again")
	back("After the command")
	wants(t, ask("!unblock"), "not blocked")

	// A ban is a block once more, also right after the bot lifted one.
	k.ban(t, ghost)
	wants(t, ask("!visitor"), "Blocked")
}

func (k *talk) kick(t *testing.T, user id.UserID) {
	t.Helper()
	if _, err := k.anna.KickUser(t.Context(), k.room, &mautrix.ReqKickUser{UserID: user}); err != nil {
		t.Fatal(err)
	}
}

func (k *talk) ban(t *testing.T, user id.UserID) {
	t.Helper()
	if _, err := k.anna.BanUser(t.Context(), k.room, &mautrix.ReqBanUser{UserID: user}); err != nil {
		t.Fatal(err)
	}
}

// Invariant 13: operators can neither encrypt the room nor remove the bot.
func TestInvariant13OperatorsCannotCutTheVisitorOff(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	if _, err := k.anna.SendStateEvent(t.Context(), k.room, event.StateEncryption, "",
		&event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}); err == nil {
		t.Error("an operator switched encryption on")
	}
	if _, err := k.anna.KickUser(t.Context(), k.room, &mautrix.ReqKickUser{UserID: bot}); err == nil {
		t.Error("an operator removed the bot")
	}
	if _, err := k.anna.SendStateEvent(t.Context(), k.room, event.StateRoomName, "", map[string]any{"name": "Anna's customer"}); err != nil {
		t.Errorf("an operator cannot rename the room: %v", err)
	}
}

// Invariant 12: a room of the bot that the database does not know is left, and
// who is in it is told that nobody reads there.
func TestInvariant12StrayRoomsAreLeft(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	k.StopBridge(t)
	stray, err := k.as(t, bot).CreateRoom(t.Context(), &mautrix.ReqCreateRoom{
		Preset: "public_chat", Invite: []id.UserID{k.anna.UserID},
		InitialState: []*event.Event{{
			Type: event.NewEventType("chat.anteroom.dialog"), StateKey: new(string),
			Content: event.Content{Parsed: map[string]any{"site": "shop", "visitor": chat.NewVisitorID()}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	k.StartBridge(t, "")
	k.anna.Event(t, stray.RoomID, "that nobody reads there", func(e *event.Event) bool {
		return path(content(e), "msgtype") == "m.notice"
	})
	bridgetest.Await(t, "the bot leaves", func() bool {
		joined, err := k.as(t, bot).JoinedRooms(t.Context())
		return err == nil && len(joined.JoinedRooms) == 4
	})
}

// Invariant 12: a database that is new beside an old homeserver is a misspelt path, or a
// backup that was not put back: the rooms of the other one are there when it is.
func TestInvariant12RoomsOfAnotherDatabaseAreLetBe(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	k.StopBridge(t)
	data := filepath.Dir(k.Database())
	if err := os.Rename(data, data+".before"); err != nil {
		t.Fatal(err)
	}
	k.StartBridge(t, "")
	other := k.Visitor().MustConnect(t)
	other.Acked(t, other.Say("Is this the right database?"))
	k.anna.Sees(t, k.anna.Room(t, 1), "Is this the right database?")
	k.anna.Says(t, k.room, "Nobody hears me yet")
	bridgetest.Await(t, "the bridge has begun", func() bool { return k.Logged("rooms are as the config wants them") })
	k.StopBridge(t)
	if err := errors.Join(os.RemoveAll(data), os.Rename(data+".before", data)); err != nil {
		t.Fatal(err)
	}
	k.StartBridge(t, "")
	k.visitor.MustConnect(t)
	k.visitor.Hears(t, "Nobody hears me yet")
	k.visitor.Acked(t, k.visitor.Say("I do"))
	k.anna.Sees(t, k.room, "I do")
}

// setOperators writes other operators into the config of a bridge that stands still.
func (k *talk) setOperators(t *testing.T, operators string) {
	t.Helper()
	raw, err := os.ReadFile(k.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	raw = regexp.MustCompile(`operators: \[.*\]`).ReplaceAll(raw, []byte("operators: ["+operators+"]"))
	if err := os.WriteFile(k.ConfigPath(), raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// enters joins rooms as soon as they let somebody in.
func enters(t *testing.T, who *mautrix.Client, rooms ...id.RoomID) {
	t.Helper()
	bridgetest.Await(t, "the rooms let "+string(who.UserID)+" in", func() bool {
		for _, room := range rooms {
			if _, err := who.JoinRoomByID(t.Context(), room); err != nil {
				return false
			}
		}
		return true
	})
}

// isOut waits until somebody is in no room.
func isOut(t *testing.T, who *mautrix.Client) {
	t.Helper()
	bridgetest.Await(t, string(who.UserID)+" is out of all rooms", func() bool {
		joined, err := who.JoinedRooms(t.Context())
		return err == nil && len(joined.JoinedRooms) == 0
	})
}

// Invariant 14: an operator joins a dialog uninvited by being in the space; one
// who leaves the config leaves the space and the rooms, those of before as well.
func TestInvariant14OperatorsComeAndGoWithTheConfig(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	bob := dendritetest.Operator(t, k.Homeserver, "bob")
	if _, err := bob.JoinRoomByID(t.Context(), k.room); err == nil {
		t.Error("an outsider joined the dialog")
	}
	k.StopBridge(t)
	k.setOperators(t, `"@anna:localhost", "@bob:localhost"`)
	k.StartBridge(t, "")
	enters(t, bob, k.anna.Space(t), k.room)
	enters(t, bob, k.upgrade(t))
	k.StopBridge(t)
	k.setOperators(t, `"@anna:localhost"`)
	k.StartBridge(t, "")
	isOut(t, bob)
}
