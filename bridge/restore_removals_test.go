package bridge_test

import (
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// Invariant 3: what was removed after the copy does not come back, also where the dialog is
// no longer: there it is the bot that removes what the visitor does not want to have said.
func TestInvariant03RemovalsAfterTheBackup(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	card := k.visitor.Acked(t, k.visitor.Say("My card is 1234"))
	shown := k.anna.Sees(t, k.room, "My card is 1234").ID
	oops := k.anna.Says(t, k.room, "That was for somebody else")
	heard := k.visitor.Hears(t, "That was for somebody else")
	next := k.upgrade(t)
	enters(t, k.anna.Client, next)
	pin := k.visitor.Acked(t, k.visitor.Say("My PIN is 4321"))
	secret := k.anna.Sees(t, next, "My PIN is 4321").ID
	saved := k.backup(t)
	k.visitor.Acked(t, k.visitor.Send(&wire.Redact{T: wire.TypeRedact, Target: card.ID}))
	k.visitor.Acked(t, k.visitor.Send(&wire.Redact{T: wire.TypeRedact, Target: pin.ID}))
	if _, err := k.anna.RedactEvent(t.Context(), k.room, oops); err != nil {
		t.Fatal(err)
	}
	for event, room := range map[id.EventID]id.RoomID{shown: k.room, oops: k.room, secret: next} {
		k.awaitRemoved(t, room, event)
	}
	k.StopBridge(t)
	k.restoreDatabase(t, saved)
	k.StartBridge(t, "")
	for what, entry := range map[string]chat.EntryID{"the card": card.ID, "the PIN": pin.ID, "what was for another": heard.ID} {
		k.query(t, what+" is gone again", `SELECT redacted FROM entry WHERE id = $1`, entry)
	}
}

// Invariant 3: an edit that a restored database reads back does not override one that the
// visitor has made since.
func TestInvariant03EditWhileARestoredDatabaseReads(t *testing.T) {
	t.Parallel()
	h := newHeld("account_data/chat.anteroom.boot")
	k := startTalk(t, bridgetest.Options{Through: h.Through(t)})
	saved := k.backup(t)
	edit := func(v *bridgetest.Visitor, text string) {
		t.Helper()
		v.Acked(t, v.Send(&wire.Edit{T: wire.TypeEdit, Target: k.first.ID, Text: text}))
	}
	edit(k.visitor, "Do you have black tea?")
	k.anna.Sees(t, k.room, "* Do you have black tea?")
	k.anna.Says(t, k.room, "Yes")
	k.visitor.Hears(t, "Yes")
	k.StopBridge(t)
	k.restoreDatabase(t, saved)
	h.hold(t)
	k.StartBridge(t, "")
	h.awaitOne(t)
	v := k.visitor.Tab().MustConnect(t)
	edit(v, "Do you have white tea?")
	h.release()
	k.anna.Sees(t, k.room, "* Do you have white tea?")
	v.Hears(t, "Yes")
	last := ""
	for _, e := range v.Entries() {
		if e.Kind == chat.Edit && e.Target == k.first.ID {
			last = e.Text
		}
	}
	if last != "Do you have white tea?" {
		t.Errorf("the visitor's message says %q", last)
	}
}

// editTooEarly edits what the bridge does not know yet, and is told to try again: with the
// edit that it returns.
func editTooEarly(t *testing.T, v *bridgetest.Visitor, target chat.EntryID, text string) *wire.Edit {
	t.Helper()
	edit := &wire.Edit{T: wire.TypeEdit, Client: "edit-of-what-comes", Target: target, Text: text}
	v.Write(edit)
	bridgetest.Frame(t, v, wire.TypeError, func(e wire.Error) bool {
		return e.Client == edit.Client && e.Code == chat.CodeUnavailable && e.RetryAfter > 0
	})
	return edit
}

// Invariant 3: what a visitor does about a message that a restored database has yet to read
// back is not refused for good: the widget asks again.
func TestInvariant03EditOfWhatIsReadBack(t *testing.T) {
	t.Parallel()
	h := newHeld("account_data/chat.anteroom.boot")
	k := startTalk(t, bridgetest.Options{Through: h.Through(t)})
	saved := k.backup(t)
	typo := k.visitor.Acked(t, k.visitor.Say("One kilo off tea"))
	k.anna.Sees(t, k.room, "One kilo off tea")
	k.StopBridge(t)
	k.restoreDatabase(t, saved)
	h.hold(t)
	k.StartBridge(t, "")
	h.awaitOne(t)
	v := k.visitor.Tab().MustConnect(t)
	edit := editTooEarly(t, v, typo.ID, "One kilo of tea")
	h.release()
	v.Hears(t, "One kilo off tea")
	v.Write(edit)
	v.Acked(t, edit.Client)
	k.anna.Sees(t, k.room, "* One kilo of tea")
}

// Invariant 3: a restored database may take for the message what was removed as its twin
// after the copy. Then the other event stays.
func TestInvariant03TwinOfTheBackup(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	k.StopBridge(t)
	ghost := k.as(t, k.asked.Sender)
	twin, err := ghost.SendMessageEvent(t.Context(), k.room, event.EventMessage, k.asked.Content.VeryRaw)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.as(t, bot).RedactEvent(t.Context(), k.room, k.asked.ID, mautrix.ReqRedact{Reason: "sent twice"}); err != nil {
		t.Fatal(err)
	}
	k.StartBridge(t, "")
	k.visitor.MustConnect(t)
	k.anna.Says(t, k.room, "We do")
	k.visitor.Hears(t, "We do") // what came before was heard
	found, err := k.as(t, bot).GetEvent(t.Context(), k.room, twin.EventID)
	if err != nil || found.Unsigned.RedactedBecause != nil {
		t.Errorf("the event that was left is removed, too (%v)", err)
	}
	k.query(t, "the event that was left counts", `SELECT EXISTS (SELECT 1 FROM event WHERE entry_id = $1 AND event_id = $2 AND NOT twin)`, k.first.ID, twin.EventID)
}
