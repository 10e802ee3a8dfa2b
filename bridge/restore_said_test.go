package bridge_test

import (
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"

	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
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
