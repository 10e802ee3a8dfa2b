package bridge_test

import (
	"fmt"
	"strings"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
)

// answers sends a command and returns the bot's answer to it.
func answers(t *testing.T, o *bridgetest.Operator, room id.RoomID, command string) string {
	t.Helper()
	sent := o.Says(t, room, command)
	return bridgetest.Body(answerTo(t, o, room, sent))
}

func answerTo(t *testing.T, o *bridgetest.Operator, room id.RoomID, command id.EventID) *event.Event {
	t.Helper()
	return o.Event(t, room, "the answer to "+string(command), func(e *event.Event) bool {
		return e.Sender == bot && path(content(e), "msgtype") == "m.notice" &&
			path(content(e), "m.relates_to", "m.in_reply_to", "event_id") == string(command)
	})
}

// wants asks a text for words.
func wants(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%q is missing in:\n%s", word, text)
		}
	}
}

// With nothing but a Matrix client a dialog is found, taken, named, tagged, closed and opened again.
func TestOperatorsCommandADialog(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	ask := func(command string) string { t.Helper(); return answers(t, k.anna, k.room, command) }

	wants(t, ask("!visitor"), "#1", "open", "Online now", "Has been waiting", "First visit")
	wants(t, ask("!tag VIP customer"), "VIP customer")
	wants(t, ask("!TAG vip Customer"), "already")
	wants(t, ask("!set plan = team"), "plan = team")
	wants(t, ask("!take"), "@anna:localhost")
	wants(t, ask("!name Ann Tea"), "Ann Tea")
	k.anna.Event(t, k.room, "the room's new name", func(e *event.Event) bool {
		return e.Type.Type == event.StateRoomName.Type && path(content(e), "name") == "Ann Tea"
	})
	k.anna.Event(t, k.room, "the ghost's new name", func(e *event.Event) bool {
		return e.Type.Type == event.StateMember.Type && e.Sender == k.asked.Sender && path(content(e), "displayname") == "Ann Tea"
	})
	k.anna.Says(t, k.room, "We do!")
	k.visitor.Hears(t, "We do!")
	card := ask("!visitor")
	wants(t, card, "Ann Tea", "VIP customer", "plan = team", "Dialog of @anna:localhost", "Your last message: ")
	if strings.Contains(card, "Has been waiting") {
		t.Errorf("it still waits:\n%s", card)
	}
	wants(t, ask("!untag VIP CUSTOMER"), "gone")
	wants(t, ask("!unset plan"), "forgotten")
	wants(t, ask("!close"), "closed")
	wants(t, ask("!close"), "already")
	k.visitor.Acked(t, k.visitor.Say("One more thing"))
	k.anna.Event(t, k.anna.Desk(t), "that the visitor wrote again", func(e *event.Event) bool {
		return strings.Contains(bridgetest.Body(e), "Ann Tea") && strings.Contains(bridgetest.Body(e), "wrote again")
	})
	wants(t, ask("!visitor"), "open")
	// None of it reached the visitor.
	for _, e := range k.visitor.Entries() {
		if strings.HasPrefix(e.Text, "!") || strings.Contains(e.Text, "VIP") {
			t.Errorf("the visitor got %q", e.Text)
		}
	}
}

func TestWhoRenamesTheRoomRenamesTheVisitor(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	if _, err := k.anna.SendStateEvent(t.Context(), k.room, event.StateRoomName, "", map[string]any{"name": "  Ann\u202E the <b>Tea</b> lady "}); err != nil {
		t.Fatal(err)
	}
	k.anna.Event(t, k.room, "the ghost's new name", func(e *event.Event) bool {
		return e.Type.Type == event.StateMember.Type && path(content(e), "displayname") == "Ann the <b>Tea</b> lady"
	})
	wants(t, answers(t, k.anna, k.anna.Desk(t), "!find tea LADY"), "Ann the <b>Tea</b> lady")
}

// What operators make of it stays.
func TestTheDesksTopicSaysWhatTheRoomIsFor(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	desk := k.anna.Desk(t)
	topic := func() string {
		t.Helper()
		var said event.TopicEventContent
		if err := k.anna.StateEvent(t.Context(), desk, event.StateTopic, "", &said); err != nil {
			t.Fatal(err)
		}
		return said.Topic
	}
	wants(t, topic(), "Shop", "!help")
	if _, err := k.anna.SendStateEvent(t.Context(), desk, event.StateTopic, "", event.TopicEventContent{Topic: "Be kind"}); err != nil {
		t.Fatal(err)
	}
	k.StopBridge(t)
	k.StartBridge(t, "")
	for range 2 { // the second answer comes in a turn after the first has ended
		wants(t, answers(t, k.anna, desk, "!chats"), "#1")
	}
	if said := topic(); said != "Be kind" {
		t.Errorf("the topic is %q", said)
	}
}

func TestWrongCommandsAreAnsweredWithTheWayOut(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	ask := func(command string) string { t.Helper(); return answers(t, k.anna, k.room, command) }
	wants(t, ask("!clsoe"), "Nothing was sent", "!close")
	wants(t, ask("!привет"), "Nothing was sent", "!help")
	wants(t, ask("!tag"), "missing", "!tag TAG")
	wants(t, ask("!tag "+strings.Repeat("x", 51)), "too long", "!tag TAG")
	wants(t, ask("!set a b"), "missing", "!set KEY=VALUE")
	wants(t, ask("!set 1a=b"), "letter")
	wants(t, ask("!assign @nobody:localhost"), "no operator", "@anna:localhost")
	wants(t, ask("!close now"), "Nothing is needed", "!close")
	wants(t, ask("!help everything"), "no command !everything", "!help")
	wants(t, ask("!help clsoe"), "no command !clsoe", "mean !close")
	wants(t, ask("!help find"), "!find", "desk’s room")
	// A client writes a name in the place of whom it mentions.
	wants(t, bridgetest.Body(answerTo(t, k.anna, k.room, k.anna.Send(t, k.room, event.EventMessage, map[string]any{
		"msgtype": "m.text", "body": "!assign Anna", "m.mentions": map[string]any{"user_ids": []string{"@anna:localhost"}},
	}))), "The dialog is @anna:localhost’s now")
	wants(t, ask("!assign ANNA"), "already")
	wants(t, ask("!chats"), "desk’s room")
	wants(t, ask("!help close"), "!close")
	help := ask("!help")
	wants(t, help, "!visitor", "!close", "!block")
	if strings.Contains(help, "!chats") {
		t.Errorf("help lists what does not work here:\n%s", help)
	}
}

// The first note in a thread is confirmed, once for each dialog.
func TestTheFirstNoteIsConfirmedOnce(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	note := func(text string) id.EventID {
		return k.anna.Send(t, k.room, event.EventMessage, map[string]any{
			"msgtype": "m.text", "body": text, "m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": k.asked.ID},
		})
	}
	wants(t, bridgetest.Body(answerTo(t, k.anna, k.room, note("Is she a regular?"))), "Only operators see this")
	note("She is.")
	answers(t, k.anna, k.room, "!visitor")
	n := 0
	for _, e := range k.anna.Timeline(k.room) {
		if strings.Contains(bridgetest.Body(e), "Only operators see this") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("it was said %d times", n)
	}
}

func TestOnlyOperatorsCommand(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	bob := dendritetest.Operator(t, k.Homeserver, "bob")
	if _, err := k.anna.InviteUser(t.Context(), k.room, &mautrix.ReqInviteUser{UserID: bob.UserID}); err != nil {
		t.Fatal(err)
	}
	if _, err := bob.JoinRoomByID(t.Context(), k.room); err != nil {
		t.Fatal(err)
	}
	sent, err := bob.SendText(t.Context(), k.room, "!block")
	if err != nil {
		t.Fatal(err)
	}
	wants(t, bridgetest.Body(answerTo(t, k.anna, k.room, sent.EventID)), "Only operators")
	k.visitor.Acked(t, k.visitor.Say("Still here"))
	// A guest can talk, though.
	if _, err := bob.SendText(t.Context(), k.room, "Hello from Bob"); err != nil {
		t.Fatal(err)
	}
	k.visitor.Hears(t, "Hello from Bob")
}

// A command is carried out and answered once, wherever the bridge dies meanwhile.
func TestCommandsAreCarriedOutOnce(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	for i, point := range []killpoint.Point{
		killpoint.BeforeStore, killpoint.AfterStore, killpoint.BeforeConvert, killpoint.AfterConvert,
		killpoint.BeforeAppend, killpoint.BeforeSend, killpoint.AfterSend, killpoint.AfterSettle,
	} {
		k.StopBridge(t)
		k.StartBridge(t, "", killpoint.Env+"="+string(point))
		tag := fmt.Sprintf("tag-%d", i)
		sent := k.anna.Says(t, k.room, "!tag "+tag)
		bridgetest.Await(t, "the bridge dies at "+string(point), func() bool { return !k.Alive() })
		k.StartBridge(t, "")
		wants(t, bridgetest.Body(answerTo(t, k.anna, k.room, sent)), tag)
		card := answers(t, k.anna, k.room, "!visitor")
		wants(t, card, tag)
		n := 0
		for _, e := range k.anna.Timeline(k.room) {
			if path(content(e), "m.relates_to", "m.in_reply_to", "event_id") == string(sent) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("killed at %s, the command has %d answers", point, n)
		}
	}
}

// The desk's room says who writes, and lists and finds dialogs.
func TestTheDeskAnnouncesListsAndFinds(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	desk := k.anna.Desk(t)
	first := k.anna.Event(t, desk, "that somebody wrote", func(e *event.Event) bool {
		return strings.Contains(bridgetest.Body(e), "Do you have green tea?")
	})
	wants(t, bridgetest.Body(first), "#1", "wrote for the first time", "matrix.to")
	wants(t, string(first.Content.VeryRaw), "m.text", "@anna:localhost")
	other := k.Visitor().MustConnect(t)
	other.Acked(t, other.Say("Бальзам есть? <b>@room</b>"))
	room := k.anna.Room(t, 1)
	answers(t, k.anna, room, "!name Пётр Ёлкин")
	ask := func(command string) string { t.Helper(); return answers(t, k.anna, desk, command) }
	wants(t, ask("!chats"), "Open dialogs", "#1", "#2", "Пётр Ёлкин", "waits since")
	wants(t, ask("!find елкин петр"), "#2", "Пётр Ёлкин")
	wants(t, ask("!find nobody"), "no such dialog")
	wants(t, ask("!visitor 2"), "Пётр Ёлкин", "The room")
	wants(t, ask("!visitor 99"), "no visitor #99")
	wants(t, ask("!visitor two"), "No visitor is called “two”")
	wants(t, ask("!visitor петр елкин"), "Пётр Ёлкин")
	wants(t, ask("!visitor #"), "missing")
	answers(t, k.anna, room, "!close")
	wants(t, ask("!chats closed"), "Closed dialogs", "Пётр Ёлкин")
	if open := ask("!chats"); strings.Contains(open, "Пётр") {
		t.Errorf("a closed dialog is listed as open:\n%s", open)
	}
	// Who left a room comes back by its number.
	if _, err := k.anna.LeaveRoom(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	wants(t, ask("!open 2"), "open again", "Пётр Ёлкин")
	bridgetest.Await(t, "anna is back in the room", func() bool {
		joined, err := k.anna.JoinedMembers(t.Context(), room)
		return err == nil && len(joined.Joined) > 0
	})
	wants(t, ask("!chats"), "Пётр Ёлкин")
	wants(t, ask("!away"), "anna is away")
	wants(t, ask("!back"), "back")
	wants(t, ask("!close"), "visitor’s room")
}
