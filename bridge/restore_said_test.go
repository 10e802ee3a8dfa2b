package bridge_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"

	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// Invariant 3: a draft that was sent after the copy is not sent once more, by whichever
// reaction to it that is heard again.
func TestInvariant03DraftAfterTheBackup(t *testing.T) {
	t.Parallel()
	const said = "Yes, we have green tea."
	model := gpttest.Start(t)
	model.Otherwise(helper)
	k := startTalk(t, bridgetest.Options{Site: assistantOf(model, ""), Operators: []string{"bob"}})
	bob := k.Colleague(t, "bob")
	bob.Space(t)
	if _, err := bob.JoinRoomByID(t.Context(), k.room); err != nil {
		t.Fatal(err)
	}
	draft := inThread(t, k.anna, k.room, k.anna.Says(t, k.room, "!suggest"), said)
	k.anna.Event(t, k.room, "the mark under the draft", func(e *event.Event) bool {
		return e.Type.Type == event.EventReaction.Type && e.Sender == bot && path(content(e), "m.relates_to", "event_id") == string(draft.ID)
	})
	saved := k.backup(t)
	touch := func(o *bridgetest.Operator) {
		t.Helper()
		o.Send(t, k.room, event.EventReaction, map[string]any{
			"m.relates_to": map[string]any{"rel_type": "m.annotation", "event_id": draft.ID, "key": dialog.SendMark},
		})
	}
	touch(k.anna)
	k.visitor.Hears(t, said)
	k.anna.Sees(t, k.room, said)
	touch(bob)
	k.anna.Says(t, k.room, "Anything else?")
	k.visitor.Hears(t, "Anything else?")
	k.StopBridge(t)
	k.restoreDatabase(t, saved)
	k.StartBridge(t, "")

	again := k.visitor.Tab().MustConnect(t)
	again.Hears(t, "Anything else?")
	k.anna.Says(t, k.room, "Still there?")
	reads(t, again, "visitor: Do you have green tea?", "operator: "+said, "operator: Anything else?", "operator: Still there?")
	again.Acked(t, again.Say("No, thanks"))
	k.anna.Sees(t, k.room, "No, thanks")
	if talk := roomTalk(k.anna, k.room); strings.Join(talk, "\n") != strings.Join([]string{
		"Do you have green tea?", said, "Anything else?", "Still there?", "No, thanks",
	}, "\n") {
		t.Errorf("the room has %q", talk)
	}
}

// Invariant 3: a tab that did not hear of an acknowledgement says its message again before
// its room is read. That is one message, and what people do to it in the room counts.
func TestInvariant03SaidAgainBeforeItsRoomIsRead(t *testing.T) {
	t.Parallel()
	reads, sends := newHeld("/messages"), newHeld("/send/m.room.message/")
	b := &bridgetest.Between{Handle: func(w http.ResponseWriter, r *http.Request, body []byte, forward http.Handler) bool {
		return reads.Handle(w, r, body, forward) || sends.Handle(w, r, body, forward)
	}}
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	saved := k.backup(t)
	client := k.visitor.Say("Since the backup")
	k.visitor.Acked(t, client)
	shown := k.anna.Sees(t, k.room, "Since the backup")
	k.StopBridge(t)
	k.restoreDatabase(t, saved)
	reads.hold(t)
	sends.hold(t)
	k.StartBridge(t, "")
	reads.awaitOne(t)

	again := k.visitor.Tab().MustConnect(t)
	again.Write(&wire.Message{T: wire.TypeMessage, Client: client, Text: "Since the backup"})
	said := again.Acked(t, client)
	reads.release()
	k.anna.Send(t, k.room, event.EventMessage, map[string]any{
		"msgtype": "m.text", "body": "We know", "m.relates_to": map[string]any{"m.in_reply_to": map[string]any{"event_id": shown.ID}},
	})
	again.Entry(t, "the answer to it", func(e wire.Entry) bool { return e.Text == "We know" && e.ReplyTo == said.ID })
	sends.release()
	again.Acked(t, again.Say("Life goes on"))
	k.anna.Sees(t, k.room, "Life goes on")
	bridgetest.Await(t, "the room has it once", func() bool { return k.times(t, "Since the backup") == 1 })
	if k.isRemoved(t, k.room, shown.ID) {
		t.Error("what operators have answered is removed")
	}
	again.Send(&wire.Redact{T: wire.TypeRedact, Target: said.ID})
	k.awaitRemoved(t, k.room, shown.ID)
}

// Invariant 3: our own words are taken back as they were said, and not as if an operator had
// typed them.
func TestInvariant03OwnWordsAfterTheBackup(t *testing.T) {
	t.Parallel()
	model := gpttest.Start(t)
	model.Otherwise(helper)
	k := startTalk(t, bridgetest.Options{Site: assistantOf(model, "") + "    canned: { hello: Guten Tag }\n"})
	wants(t, answers(t, k.anna, k.room, "!translate on German"), "German ↔ English")
	saved := k.backup(t)
	mine := []string{"!!wow", "!close", "Ask https://matrix.to/#/@bob:example.org"}
	for _, text := range mine {
		k.visitor.Acked(t, k.visitor.Say(text))
		k.anna.Sees(t, k.room, text)
	}
	k.anna.Says(t, k.room, "!canned hello")
	k.visitor.Hears(t, "Guten Tag")
	k.anna.Sees(t, k.room, "Guten Tag")
	k.StopBridge(t)
	k.restoreDatabase(t, saved)
	k.StartBridge(t, "")

	again := k.visitor.Tab().MustConnect(t)
	again.Acked(t, again.Say("Still there?"))
	k.anna.Sees(t, k.room, "Still there?")
	var heard []string
	bridgetest.Await(t, "all is taken back", func() bool { heard = reading(again); return len(heard) == 6 })
	slices.Sort(heard)
	want := []string{"operator: Guten Tag", "visitor: !!wow", "visitor: !close", "visitor: Ask https://matrix.to/#/@bob:example.org", "visitor: Do you have green tea?", "visitor: Still there?"}
	if !slices.Equal(heard, want) {
		t.Errorf("the visitor reads %q", heard)
	}
}
