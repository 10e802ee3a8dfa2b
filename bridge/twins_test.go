package bridge_test

import (
	"encoding/json"
	"strings"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// Invariant 3: a homeserver that lost the removal of a twin has an entry twice again.
func TestInvariant03ARestoredHomeserverHasATwinAgain(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	k.StopBridge(t)
	twin, err := k.as(t, k.asked.Sender).SendMessageEvent(t.Context(), k.room, event.EventMessage, k.asked.Content.VeryRaw)
	if err != nil {
		t.Fatal(err)
	}
	k.restoreHomeserver(t, func() {
		k.StartBridge(t, "")
		k.awaitRemoved(t, k.room, twin.EventID)
		k.StopBridge(t)
	})
	if k.isRemoved(t, k.room, twin.EventID) {
		t.Fatal("the copy of the homeserver has the removal already")
	}
	k.StartBridge(t, "")
	k.awaitRemoved(t, k.room, twin.EventID)
	if k.isRemoved(t, k.room, k.asked.ID) {
		t.Error("the event that counts is removed, too")
	}
}

// Invariant 6: an edit that was aimed at a twin is not said again after a newer one, which
// would count then.
func TestInvariant06AnOldEditOfATwin(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	edit := func(text string) (wire.Ack, *event.Event) {
		acked := k.visitor.Acked(t, k.visitor.Send(&wire.Edit{T: wire.TypeEdit, Target: k.first.ID, Text: text}))
		return acked, k.anna.Sees(t, k.room, "* "+text)
	}
	old, first := edit("Do you have green tea?")
	_, newer := edit("Do you have white tea?")
	k.StopBridge(t)
	// The twin of the message, with the old edit aimed at it, which nothing else says.
	ghost := k.as(t, k.asked.Sender)
	twin, err := ghost.SendMessageEvent(t.Context(), k.room, event.EventMessage, k.asked.Content.VeryRaw)
	if err != nil {
		t.Fatal(err)
	}
	aside, err := ghost.SendMessageEvent(t.Context(), k.room, event.EventMessage,
		json.RawMessage(strings.ReplaceAll(string(first.Content.VeryRaw), string(k.asked.ID), string(twin.EventID))))
	if err != nil {
		t.Fatal(err)
	}
	k.change(t, `DELETE FROM event WHERE entry_id = $1`, old.ID)
	k.StartBridge(t, "")
	k.awaitRemoved(t, k.room, aside.EventID)
	// What would be said again, comes before this.
	k.visitor.MustConnect(t)
	k.visitor.Acked(t, k.visitor.Say("Thank you"))
	k.anna.Sees(t, k.room, "Thank you")
	resp, err := k.as(t, bot).Messages(t.Context(), k.room, "", "", mautrix.DirectionBackward, nil, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range resp.Chunk { // the newest first
		if strings.HasPrefix(bridgetest.Body(e), "* ") && e.Unsigned.RedactedBecause == nil {
			if e.ID != newer.ID {
				t.Errorf("the newest edit in the room says %q", bridgetest.Body(e))
			}
			break
		}
	}
}

// Invariant 6: a twin that a restored homeserver has again does not stand beside the event that
// counts where that came to light only after it was asked for what it lost.
func TestInvariant06ATwinBesideWhatCameToLight(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	k.StopBridge(t)
	light, err := k.as(t, k.asked.Sender).SendMessageEvent(t.Context(), k.room, event.EventMessage, k.asked.Content.VeryRaw)
	if err != nil {
		t.Fatal(err)
	}
	k.change(t, `UPDATE event SET twin = true WHERE entry_id = $1`, k.first.ID)
	k.change(t, `UPDATE outbox SET state = 'pending' WHERE entry_id = $1`, k.first.ID)
	k.StartBridge(t, "")
	k.awaitRemoved(t, k.room, light.EventID)
	k.query(t, "the earlier one counts", `SELECT EXISTS (SELECT 1 FROM event WHERE event_id = $1 AND NOT twin)`, k.asked.ID)
	if k.isRemoved(t, k.room, k.asked.ID) {
		t.Error("the one that counts is removed, too")
	}
}

// Invariants 6 and 7: a restored database may have said again what the homeserver had and did
// not show yet. The one that comes to light stood before what was said since, and stays.
func TestInvariant06TheEarlierOfTwinsStays(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	edit := k.visitor.Acked(t, k.visitor.Send(&wire.Edit{T: wire.TypeEdit, Target: k.first.ID, Text: "Do you have green tea?"}))
	edited := k.anna.Sees(t, k.room, "* Do you have green tea?")
	k.StopBridge(t)
	ghost := k.as(t, k.asked.Sender)
	again, err := ghost.SendMessageEvent(t.Context(), k.room, event.EventMessage, k.asked.Content.VeryRaw)
	if err != nil {
		t.Fatal(err)
	}
	aimed, err := ghost.SendMessageEvent(t.Context(), k.room, event.EventMessage,
		json.RawMessage(strings.ReplaceAll(string(edited.Content.VeryRaw), string(k.asked.ID), string(again.EventID))))
	if err != nil {
		t.Fatal(err)
	}
	for entry, event := range map[chat.EntryID]id.EventID{k.first.ID: again.EventID, edit.ID: aimed.EventID} {
		k.change(t, `UPDATE event SET event_id = $1 WHERE entry_id = $2`, event, entry)
	}
	for _, unheard := range []id.EventID{k.asked.ID, edited.ID} {
		k.change(t, `DELETE FROM inbox WHERE event_key = $1`, unheard)
	}
	k.StartBridge(t, "")
	k.awaitRemoved(t, k.room, again.EventID)
	k.awaitRemoved(t, k.room, aimed.EventID)
	k.query(t, "the earlier one counts", `SELECT EXISTS (SELECT 1 FROM event WHERE event_id = $1 AND NOT twin)`, k.asked.ID)
	k.query(t, "and its edit", `SELECT EXISTS (SELECT 1 FROM event WHERE event_id = $1 AND NOT twin)`, edited.ID)
	if k.isRemoved(t, k.room, k.asked.ID) || k.isRemoved(t, k.room, edited.ID) {
		t.Error("what counts is removed, too")
	}
}

// Invariant 6: an edit that went out within the later of two events is said again, about the
// earlier one, which does not have it.
func TestInvariant06TheEarlierOfTwinsIsEditedAgain(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	edit := k.visitor.Acked(t, k.visitor.Send(&wire.Edit{T: wire.TypeEdit, Target: k.first.ID, Text: "Do you have green tea?"}))
	k.anna.Sees(t, k.room, "* Do you have green tea?")
	k.StopBridge(t)
	again, err := k.as(t, k.asked.Sender).SendMessageEvent(t.Context(), k.room, event.EventMessage, map[string]any{
		"msgtype": "m.text", "body": "Do you have green tea?", "chat.anteroom.id": k.first.ID,
	})
	if err != nil {
		t.Fatal(err)
	}
	k.change(t, `UPDATE event SET event_id = $1 WHERE entry_id = $2`, again.EventID, k.first.ID)
	k.change(t, `UPDATE outbox SET state = 'folded' WHERE entry_id = $1`, edit.ID)
	k.change(t, `DELETE FROM event WHERE entry_id = $1`, edit.ID)
	k.change(t, `DELETE FROM inbox WHERE event_key = $1`, k.asked.ID)
	k.StartBridge(t, "")
	k.awaitRemoved(t, k.room, again.EventID)
	k.query(t, "the edit is said of it, or found to be", `SELECT EXISTS (SELECT 1 FROM outbox JOIN event ON event.entry_id = outbox.entry_id
		WHERE outbox.entry_id = $1 AND state = 'sent')`, edit.ID)
}

// Invariant 6: what was aimed at a twin is said again also where the message stands in a room
// that was upgraded since.
func TestInvariant06AnEditOfATwinAfterAnUpgrade(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	next := k.upgrade(t)
	edit := k.visitor.Acked(t, k.visitor.Send(&wire.Edit{T: wire.TypeEdit, Target: k.first.ID, Text: "Do you have white tea?"}))
	if _, err := k.anna.JoinRoomByID(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	k.anna.Sees(t, next, "Do you have white tea?")
	k.StopBridge(t)
	ghost := k.as(t, k.asked.Sender)
	twin, err := ghost.SendMessageEvent(t.Context(), next, event.EventMessage, k.asked.Content.VeryRaw)
	if err != nil {
		t.Fatal(err)
	}
	aside, err := ghost.SendMessageEvent(t.Context(), next, event.EventMessage, map[string]any{
		"msgtype": "m.text", "body": "* Do you have white tea?", "chat.anteroom.id": edit.ID,
		"m.new_content": map[string]any{"msgtype": "m.text", "body": "Do you have white tea?"},
		"m.relates_to":  map[string]any{"rel_type": "m.replace", "event_id": twin.EventID},
	})
	if err != nil {
		t.Fatal(err)
	}
	k.change(t, `DELETE FROM event WHERE entry_id = $1`, edit.ID)
	k.StartBridge(t, "")
	k.awaitRemoved(t, next, twin.EventID)
	k.awaitRemoved(t, next, aside.EventID)
	k.query(t, "the edit is said by another event", `SELECT EXISTS (SELECT 1 FROM event WHERE entry_id = $1 AND event_id <> $2 AND NOT twin)`, edit.ID, aside.EventID)
}
