package bridge_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// Invariant 3: what the bot said after the copy is taken back as the visitor read it, and
// what it was about to do in the copy, which it has done since, is not done again.
func TestInvariant03BotAfterTheBackup(t *testing.T) {
	t.Parallel()
	site, _ := botOf(t, map[string]string{"order": `
on:
  - keywords: [order]
steps:
  - ask: "Green or black?"
    type: text
    save: tea
  - say: "{{ tea }}, then."
    buttons: [ { text: Prices, url: "https://shop.example.com/prices" }, { text: Again, goto: order } ]
`, "wait": `
on:
  - keywords: [wait]
steps:
  - say: "One moment"
  - pause: 5s
  - say: "Here I am"
`}, "")
	k := &talk{Stack: bridgetest.Start(t, bridgetest.Options{Site: site})}
	k.anna = k.Operator(t)
	k.anna.Space(t)
	asked, waits := k.Visitor().MustConnect(t), k.Visitor().MustConnect(t)
	asked.Acked(t, asked.Say("An order, please"))
	asked.Hears(t, "Green or black?")
	k.room = k.anna.Room(t, 0)
	k.anna.Sees(t, k.room, "Green or black?")
	waits.Acked(t, waits.Say("Can you wait?"))
	waits.Hears(t, "One moment")
	saved := k.backup(t)

	answer := asked.Say("Green")
	before := asked.Acked(t, answer)
	said := asked.Hears(t, "Green, then.")
	k.anna.Sees(t, k.room, "Green, then.\n[ Prices ] https://shop.example.com/prices  [ Again ]")
	waits.Hears(t, "Here I am")
	bridgetest.Await(t, "nothing is on its way", func() bool { return counted(t, k.Stack, `SELECT COUNT(*) FROM outbox WHERE state = 'pending'`) == 0 })
	k.StopBridge(t)
	k.restoreDatabase(t, saved)
	k.StartBridge(t, "")

	again := asked.Tab().MustConnect(t)
	reads(t, again, "visitor: An order, please", "bot: Green or black?", "visitor: Green", "bot: Green, then.")
	back := again.Entry(t, "the bot's words", func(e wire.Entry) bool { return e.ID == said.ID })
	if back.Offer == nil || len(back.Offer.Buttons) != 1 || back.Offer.Buttons[0].URL == "" {
		t.Errorf("a link is all that can still be pressed of %+v", back.Offer)
	}
	// A tab that did not hear of the acknowledgement says it once more.
	again.Write(&wire.Message{T: wire.TypeMessage, Client: answer, Text: "Green"})
	if ack := again.Acked(t, answer); ack.ID != before.ID {
		t.Errorf("the same message is %s, and was %s", ack.ID, before.ID)
	}
	again.Acked(t, again.Say("Another order"))
	reads(t, again, "visitor: An order, please", "bot: Green or black?", "visitor: Green", "bot: Green, then.", "visitor: Another order", "bot: Green or black?")
	waiting := waits.Tab().MustConnect(t)
	waiting.Hears(t, "Here I am") // as its room has it
	waiting.Acked(t, waiting.Say("Please wait"))
	reads(t, waiting, "visitor: Can you wait?", "bot: One moment", "bot: Here I am", "visitor: Please wait", "bot: One moment", "bot: Here I am")
	bridgetest.Await(t, "the room has the question", func() bool { return count(roomTalk(k.anna, k.room), "Green or black?") == 2 })
	want := []string{"An order, please", "Green or black?", "Green", "Green, then.\n[ Prices ] https://shop.example.com/prices  [ Again ]", "Another order", "Green or black?"}
	if talk := roomTalk(k.anna, k.room); !slices.Equal(talk, want) {
		t.Errorf("the room has %q", talk)
	}
}

// Invariant 3: so it is in a dialog that had no room yet when the copy was made.
func TestInvariant03FirstRoomAfterTheBackup(t *testing.T) {
	t.Parallel()
	h := newHeld("/messages")
	site, _ := botOf(t, map[string]string{"order": `
on:
  - keywords: [order]
steps:
  - ask: "Green or black?"
    type: text
    save: tea
  - say: "{{ tea }}, then."
`}, "")
	k := &talk{Stack: bridgetest.Start(t, bridgetest.Options{Site: site, Through: h.Through(t)})}
	k.anna = k.Operator(t)
	k.anna.Space(t)
	if err := k.Homeserver.Stop(); err != nil {
		t.Fatal(err)
	}
	v := k.Visitor().MustConnect(t)
	v.Acked(t, v.Say("An order, please"))
	v.Hears(t, "Green or black?")
	saved := k.backup(t)
	if err := k.Homeserver.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.room = k.anna.Room(t, 0)
	before := v.Acked(t, v.Say("Green"))
	v.Hears(t, "Green, then.")
	k.anna.Sees(t, k.room, "Green, then.")
	k.StopBridge(t)
	k.restoreDatabase(t, saved)
	h.hold(t)
	k.StartBridge(t, "")
	h.awaitOne(t)

	again := v.Tab().MustConnect(t)
	edit := editTooEarly(t, again, before.ID, "Green tea")
	again.Acked(t, again.Say("Another order"))
	h.release()
	again.Hears(t, "Green, then.")
	again.Write(edit)
	again.Acked(t, edit.Client)
	// The bot answers what came since when the room is read: before what was in there, or after.
	want := []string{"bot: Green or black?", "bot: Green or black?", "bot: Green, then.", "visitor: An order, please", "visitor: Another order", "visitor: Green"}
	bridgetest.Await(t, "nothing is lost, doubled or taken for an answer", func() bool { return slices.Equal(slices.Sorted(slices.Values(reading(again))), want) })
	bridgetest.Await(t, "the room has the question", func() bool { return count(roomTalk(k.anna, k.room), "Green or black?") == 2 })
}

// Invariant 3: a homeserver shows what it took some time later (Dendrite under load): the
// rooms are read when it shows all of it, and what is about a message in there waits.
func TestInvariant03WhatIsShownLateAfterTheBackup(t *testing.T) {
	t.Parallel()
	var late atomic.Bool
	var looks atomic.Int32
	b := &bridgetest.Between{Handle: func(w http.ResponseWriter, r *http.Request, _ []byte, forward http.Handler) bool {
		if !late.Load() || !isMessages(r) {
			return false
		}
		page(w, r, forward, func(e json.RawMessage) bool {
			if bytes.Contains(e, []byte("chat.anteroom.restored")) {
				looks.Add(1)
				return true
			}
			return bytes.Contains(e, []byte("Since the backup"))
		})
		return true
	}}
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	saved := k.backup(t)
	said := k.visitor.Acked(t, k.visitor.Say("Since the backup"))
	k.anna.Sees(t, k.room, "Since the backup")
	k.StopBridge(t)
	k.restoreDatabase(t, saved)
	late.Store(true)
	k.StartBridge(t, "")
	bridgetest.Await(t, "the bridge looks whether all is shown", func() bool { return looks.Load() > 2 })

	again := k.visitor.Tab().MustConnect(t)
	edit := editTooEarly(t, again, said.ID, "Since the last backup")
	late.Store(false)
	again.Hears(t, "Since the backup")
	again.Write(edit)
	again.Acked(t, edit.Client)
	k.anna.Sees(t, k.room, "* Since the last backup")
}

// Invariant 3: a command that was answered after the copy says, sends and begins nothing
// once more; what it set is set again.
func TestInvariant03CommandsAfterTheBackup(t *testing.T) {
	t.Parallel()
	hook := startHook(t)
	site, _ := botOf(t, map[string]string{
		"hours": "on: [ { keywords: [hours] } ]\nsteps: [ { say: We open at nine } ]\n",
		"bye":   "on: [ { dialog: closed } ]\nsteps: [ { say: \"How was it?\" } ]\n",
	}, fmt.Sprintf("    canned: { hello: Hello there }\n    webhooks: [{name: crm, url: %q, secret: %q, events: [tag.added, dialog.assigned, dialog.closed]}]\n", hook.url, hookSecret))
	k := startTalk(t, bridgetest.Options{Site: site, Gateway: "outward: [127.0.0.1]\n", Operators: []string{"bob"}})
	saved := k.backup(t)
	var commands []id.EventID
	for _, text := range []string{"!visitor", "!tag tea", "!run hours"} {
		commands = append(commands, k.anna.Says(t, k.room, text))
		answerTo(t, k.anna, k.room, commands[len(commands)-1])
	}
	k.visitor.Hears(t, "We open at nine")
	k.anna.Sees(t, k.room, "We open at nine")
	commands = append(commands, k.anna.Says(t, k.room, "!canned hello"))
	k.visitor.Hears(t, "Hello there")
	k.anna.Sees(t, k.room, "Hello there")
	for _, text := range []string{"!assign @bob:localhost", "!close"} {
		commands = append(commands, k.anna.Says(t, k.room, text))
		answerTo(t, k.anna, k.room, commands[len(commands)-1])
	}
	k.visitor.Hears(t, "How was it?")
	settled := func() {
		t.Helper()
		bridgetest.Await(t, "nothing is on its way", func() bool {
			return counted(t, k.Stack, `SELECT COUNT(*) FROM outbox WHERE state = 'pending'`)+counted(t, k.Stack, `SELECT COUNT(*) FROM delivery WHERE state = 'pending'`) == 0
		})
	}
	settled()
	says(t, k.anna, k.anna.Desk(t), "handed over")
	calls := func() (n int) {
		for _, e := range k.anna.Timeline(k.anna.Desk(t)) {
			if strings.Contains(bridgetest.Body(e), "handed over") && rung(e) == "[@bob:localhost]" {
				n++
			}
		}
		return n
	}
	told := hook.kinds()
	if slices.Sort(told); !slices.Equal(told, []string{"dialog.assigned", "dialog.closed", "tag.added"}) {
		t.Fatalf("the hook was told of %q", told)
	}
	k.StopBridge(t)
	k.restoreDatabase(t, saved)
	k.StartBridge(t, "")

	again := k.visitor.Tab().MustConnect(t)
	talk := []string{"visitor: Do you have green tea?", "bot: We open at nine", "operator: Hello there", "bot: How was it?"}
	reads(t, again, talk...)
	wants(t, answers(t, k.anna, k.room, "!visitor"), "tea") // after all that was heard again
	settled()
	stands := "SELECT COUNT(*) FROM dialog WHERE status = 'closed' AND assignee = '@bob:localhost'"
	if counted(t, k.Stack, stands) != 1 {
		t.Error("what the commands set is not set")
	}
	again.Acked(t, again.Say("Thanks"))
	k.anna.Sees(t, k.room, "Thanks")
	reads(t, again, append(talk, "visitor: Thanks")...)
	if said := roomTalk(k.anna, k.room); !slices.Equal(said, []string{"Do you have green tea?", "We open at nine", "Hello there", "How was it?", "Thanks"}) {
		t.Errorf("the room has %q", said)
	}
	if again := hook.kinds(); len(again) != len(told) {
		t.Errorf("the hook was told of %q in all", again)
	}
	says(t, k.anna, k.anna.Desk(t), "Thanks") // after a call that came once more
	if n := counted(t, k.Stack, "SELECT COUNT(*) FROM visitor WHERE number > 0"); n != 1 {
		t.Errorf("there are %d visitors: the desk was taken for one", n)
	}
	if n := calls(); n != 1 {
		t.Errorf("the dialog was handed over %d times", n)
	}
	for _, command := range commands {
		n := 0
		for _, e := range k.anna.Timeline(k.room) {
			if path(content(e), "m.relates_to", "m.in_reply_to", "event_id") == string(command) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s has %d answers", command, n)
		}
	}
	k.anna.Says(t, k.room, "!canned hello")
	reads(t, again, append(talk, "visitor: Thanks", "operator: Hello there")...)
}

// Invariant 3: what an operator alone said after the copy is heard before the bot speaks, and
// ends no question of a chain: nor does what the bridge tells operators.
func TestInvariant03OperatorsAloneAfterTheBackup(t *testing.T) {
	t.Parallel()
	site, _ := botOf(t, map[string]string{"order": `
on:
  - keywords: [order]
steps:
  - ask: "Green or black?"
    type: text
    save: tea
  - say: "{{ tea }}, then."
`, "wait": `
on:
  - keywords: [wait]
steps:
  - say: "One moment"
  - pause: 30s
  - say: "Nobody is here"
`}, "")
	var room atomic.Value
	var looks atomic.Int32
	rereads := newHeld("/messages") // of the room that the operator spoke in, after it was read again
	b := &bridgetest.Between{Handle: func(w http.ResponseWriter, r *http.Request, body []byte, forward http.Handler) bool {
		of, _ := room.Load().(id.RoomID)
		return of != "" && isMessages(r) && strings.Contains(r.URL.Path, string(of)) && looks.Add(1) > 1 && rereads.Handle(w, r, body, forward)
	}}
	k := &talk{Stack: bridgetest.Start(t, bridgetest.Options{Site: site, Through: b.Through(t)})}
	k.anna = k.Operator(t)
	k.anna.Space(t)
	asked, waits := k.Visitor().MustConnect(t), k.Visitor().MustConnect(t)
	asked.Acked(t, asked.Say("An order, please"))
	asked.Hears(t, "Green or black?")
	askedIn := k.anna.Room(t, 0)
	k.anna.Sees(t, askedIn, "Green or black?")
	waits.Acked(t, waits.Say("Can you wait?"))
	waits.Hears(t, "One moment")
	k.room = k.anna.Room(t, 1)
	k.anna.Sees(t, k.room, "One moment")
	saved := k.backup(t)

	k.anna.Says(t, k.room, "I am here")
	waits.Hears(t, "I am here")
	answers(t, k.anna, askedIn, "!visitor")
	k.query(t, "the pause is over", `SELECT MAX(at) < CAST(unixepoch('subsec') * 1000 AS INTEGER) - 30000 FROM entry`)
	k.StopBridge(t)
	k.restoreDatabase(t, saved)
	rereads.hold(t)
	room.Store(k.room)
	k.StartBridge(t, "")
	rereads.awaitOne(t)

	again, waiting := asked.Tab().MustConnect(t), waits.Tab().MustConnect(t)
	again.Acked(t, again.Say("Green"))
	rereads.release()
	again.Hears(t, "Green, then.")
	waiting.Hears(t, "I am here")
	k.anna.Says(t, k.room, "Anything else?")
	reads(t, waiting, "visitor: Can you wait?", "bot: One moment", "operator: I am here", "operator: Anything else?")
	reads(t, again, "visitor: An order, please", "bot: Green or black?", "visitor: Green", "bot: Green, then.")
}
