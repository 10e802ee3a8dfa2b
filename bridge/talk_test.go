package bridge_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"net/http"
	"strings"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// talk is a stack in which a visitor and the operator have begun to talk.
type talk struct {
	*bridgetest.Stack
	anna    *bridgetest.Operator
	visitor *bridgetest.Visitor
	room    id.RoomID
	// first is the visitor's first message, on both sides.
	first wire.Ack
	asked *event.Event
}

func startTalk(t *testing.T, o bridgetest.Options) *talk {
	t.Helper()
	s := bridgetest.Start(t, o)
	return beginTalk(t, s)
}

func beginTalk(t *testing.T, s *bridgetest.Stack) *talk {
	t.Helper()
	k := &talk{Stack: s, anna: s.Operator(t)}
	k.anna.Space(t)
	k.visitor = s.Visitor().MustConnect(t)
	k.first = k.visitor.Acked(t, k.visitor.Say("Do you have green tea?"))
	k.room = k.anna.Room(t, 0)
	k.asked = k.anna.Sees(t, k.room, "Do you have green tea?")
	return k
}

// isRemoved says whether an event of one of the dialog's rooms is redacted.
func (k *talk) isRemoved(t *testing.T, room id.RoomID, target id.EventID) bool {
	t.Helper()
	now, err := k.as(t, bot).GetEvent(t.Context(), room, target)
	return err == nil && now.Unsigned.RedactedBecause != nil
}

func (k *talk) awaitRemoved(t *testing.T, room id.RoomID, target id.EventID) {
	t.Helper()
	bridgetest.Await(t, string(target)+" is removed", func() bool { return k.isRemoved(t, room, target) })
}

// content reads an event's content into a map.
func content(e *event.Event) map[string]any {
	var m map[string]any
	_ = json.Unmarshal(e.Content.VeryRaw, &m)
	return m
}

// path reads a value of nested objects, nil if a key is missing.
func path(m map[string]any, keys ...string) any {
	var at any = m
	for _, key := range keys {
		object, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = object[key]
	}
	return at
}

func TestTalk(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	anna, v, room := k.anna, k.visitor, k.room

	t.Run("the visitor sees the operator type and read before any answer", func(t *testing.T) {
		if _, err := anna.UserTyping(t.Context(), room, true, bridgetest.Patience); err != nil {
			t.Fatal(err)
		}
		bridgetest.Frame(t, v, wire.TypeTyping, func(f wire.Typing) bool { return f.On && f.Author != nil && f.Author.Name == "anna" })
		if err := anna.MarkRead(t.Context(), room, k.asked.ID); err != nil {
			t.Fatal(err)
		}
		bridgetest.Await(t, "the visitor learns that its message was seen", func() bool { return v.Seen() >= k.first.Seq })
		if _, err := anna.UserTyping(t.Context(), room, false, 0); err != nil {
			t.Fatal(err)
		}
	})

	t.Run("the operator sees who asks and from where", func(t *testing.T) {
		member := anna.Event(t, room, "the visitor's ghost", func(e *event.Event) bool {
			return e.Type.Type == event.StateMember.Type && e.GetStateKey() == string(k.asked.Sender) &&
				content(e)["membership"] == "join"
		})
		if name, _ := content(member)["displayname"].(string); !strings.HasPrefix(name, "Berlin ") {
			t.Errorf("the ghost is called %q", name)
		}
		name := anna.Event(t, room, "the room's name", func(e *event.Event) bool { return e.Type.Type == event.StateRoomName.Type })
		if got, _ := content(name)["name"].(string); !strings.HasPrefix(got, "Berlin ") {
			t.Errorf("the room is called %q", got)
		}
	})
	t.Run("the operator answers", func(t *testing.T) {
		anna.Send(t, room, event.EventMessage, map[string]any{
			"msgtype": "m.text", "body": "Yes, **Sencha**.", "format": "org.matrix.custom.html",
			"formatted_body": `Yes, <strong>Sencha</strong>.<script>alert(1)</script>`,
		})
		answer := v.Hears(t, "Yes, **Sencha**.")
		if answer.Author.Name != "anna" || answer.Author.Party != chat.Operator || strings.Contains(answer.Author.ID, "anna") {
			t.Errorf("the author is %+v", answer.Author)
		}
		if answer.HTML != "Yes, <strong>Sencha</strong>." {
			t.Errorf("HTML %q", answer.HTML)
		}
	})
	t.Run("visitor edits, operator sees a replacement", func(t *testing.T) {
		v.Acked(t, v.Send(&wire.Edit{T: wire.TypeEdit, Target: k.first.ID, Text: "Do you have Sencha?"}))
		anna.Event(t, room, "the edit", func(e *event.Event) bool {
			c := content(e)
			return path(c, "m.new_content", "body") == "Do you have Sencha?" &&
				path(c, "m.relates_to", "event_id") == string(k.asked.ID) && path(c, "m.relates_to", "rel_type") == "m.replace"
		})
	})
	t.Run("operator edits", func(t *testing.T) {
		sent := anna.Says(t, room, "It costs 9 euro")
		original := v.Hears(t, "It costs 9 euro")
		anna.Send(t, room, event.EventMessage, map[string]any{
			"msgtype": "m.text", "body": "* It costs 8 euro", "m.new_content": map[string]any{"msgtype": "m.text", "body": "It costs 8 euro"},
			"m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": sent},
		})
		v.Entry(t, "the edit", func(e wire.Entry) bool {
			return e.Kind == chat.Edit && e.Target == original.ID && e.Text == "It costs 8 euro"
		})
	})
	t.Run("reactions both ways, and taken back", func(t *testing.T) {
		mine := v.Acked(t, v.Send(&wire.Reaction{T: wire.TypeReaction, Target: k.first.ID, Key: "👍"}))
		reacted := anna.Event(t, room, "the reaction", func(e *event.Event) bool {
			return e.Type.Type == event.EventReaction.Type && path(content(e), "m.relates_to", "event_id") == string(k.asked.ID)
		})
		v.Acked(t, v.Send(&wire.Redact{T: wire.TypeRedact, Target: mine.ID}))
		anna.Event(t, room, "the reaction's removal", func(e *event.Event) bool {
			return e.Type.Type == event.EventRedaction.Type && (e.Redacts == reacted.ID || path(content(e), "redacts") == string(reacted.ID))
		})
		resp, err := anna.SendReaction(t.Context(), room, k.asked.ID, "❤️")
		if err != nil {
			t.Fatal(err)
		}
		theirs := v.Entry(t, "the operator's reaction", func(e wire.Entry) bool {
			return e.Kind == chat.Reaction && e.Target == k.first.ID && e.Author.Party == chat.Operator
		})
		if _, err := anna.RedactEvent(t.Context(), room, resp.EventID); err != nil {
			t.Fatal(err)
		}
		v.Entry(t, "the removal of the operator's reaction", func(e wire.Entry) bool {
			return e.Kind == chat.Redaction && e.Target == theirs.ID
		})
	})
	t.Run("replies both ways", func(t *testing.T) {
		anna.Send(t, room, event.EventMessage, map[string]any{
			"msgtype": "m.text", "body": "> <@ghost> Do you\n\nGreen, yes", "m.relates_to": map[string]any{"m.in_reply_to": map[string]any{"event_id": k.asked.ID}},
		})
		theirs := v.Hears(t, "Green, yes")
		if theirs.ReplyTo != k.first.ID {
			t.Errorf("it answers %q, not %q", theirs.ReplyTo, k.first.ID)
		}
		v.Acked(t, v.Send(&wire.Message{T: wire.TypeMessage, Text: "Great", ReplyTo: theirs.ID}))
		reply := anna.Sees(t, room, "Great")
		if path(content(reply), "m.relates_to", "m.in_reply_to", "event_id") == nil {
			t.Errorf("no reply: %s", reply.Content.VeryRaw)
		}
	})
	t.Run("redactions both ways", func(t *testing.T) {
		mine := v.Acked(t, v.Say("My card is 1234"))
		seen := anna.Sees(t, room, "My card is 1234")
		v.Acked(t, v.Send(&wire.Redact{T: wire.TypeRedact, Target: mine.ID}))
		anna.Event(t, room, "the redaction", func(e *event.Event) bool {
			return e.Type.Type == event.EventRedaction.Type && (e.Redacts == seen.ID || path(content(e), "redacts") == string(seen.ID))
		})
		sent := anna.Says(t, room, "A wrong answer")
		theirs := v.Hears(t, "A wrong answer")
		if _, err := anna.RedactEvent(t.Context(), room, sent); err != nil {
			t.Fatal(err)
		}
		v.Entry(t, "the operator's redaction", func(e wire.Entry) bool { return e.Kind == chat.Redaction && e.Target == theirs.ID })
		// Invariant 5: the operator may remove the visitor's words too.
		rude := v.Acked(t, v.Say("Something rude"))
		if _, err := anna.RedactEvent(t.Context(), room, anna.Sees(t, room, "Something rude").ID); err != nil {
			t.Fatal(err)
		}
		v.Entry(t, "the removal of its own message", func(e wire.Entry) bool { return e.Kind == chat.Redaction && e.Target == rude.ID })
	})
	t.Run("typing both ways", func(t *testing.T) {
		v.Write(&wire.Typing{T: wire.TypeTyping, On: true})
		anna.Ephemeral(t, room, "the visitor typing", func(e *event.Event) bool {
			return e.Type.Type == event.EphemeralEventTyping.Type && strings.Contains(string(e.Content.VeryRaw), string(k.asked.Sender))
		})
		if _, err := anna.UserTyping(t.Context(), room, true, bridgetest.Patience); err != nil {
			t.Fatal(err)
		}
		bridgetest.Frame(t, v, wire.TypeTyping, func(f wire.Typing) bool { return f.On && f.Author != nil && f.Author.Name == "anna" })
	})
	t.Run("pictures both ways", func(t *testing.T) {
		var picture bytes.Buffer
		if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
			t.Fatal(err)
		}
		v.Acked(t, v.SendFile(t, "receipt.png", picture.Bytes()))
		sent := anna.Sees(t, room, "receipt.png")
		c := content(sent)
		if c["msgtype"] != "m.image" || path(c, "info", "w") != 40.0 {
			t.Errorf("the picture is %s", sent.Content.VeryRaw)
		}
		url, _ := c["url"].(string)
		uri := id.MustParseContentURI(url)
		got, err := anna.MakeFullRequest(t.Context(), mautrix.FullRequest{
			Method: http.MethodGet, URL: anna.BuildClientURL("v1", "media", "download", uri.Homeserver, uri.FileID),
		})
		if err != nil || !bytes.Equal(got, picture.Bytes()) {
			t.Errorf("the operator fetches %d bytes (%v), want %d", len(got), err, picture.Len())
		}
		up, err := anna.UploadBytesWithName(t.Context(), picture.Bytes(), "image/png", "tea.png")
		if err != nil {
			t.Fatal(err)
		}
		anna.Send(t, room, event.EventMessage, map[string]any{
			"msgtype": "m.image", "body": "Our best", "filename": "tea.png", "url": up.ContentURI.String(),
			"info": map[string]any{"mimetype": "image/png", "w": 40, "h": 30, "size": picture.Len()},
		})
		shown := v.Hears(t, "Our best")
		if shown.File == nil || shown.File.Kind != chat.Image || shown.File.Name != "tea.png" {
			t.Fatalf("the visitor gets %+v", shown.File)
		}
		if body := fetch(t, shown.File.URL); !bytes.Equal(body, picture.Bytes()) {
			t.Errorf("the visitor fetches %d bytes, want %d", len(body), picture.Len())
		}
	})
	t.Run("what is internal stays so", func(t *testing.T) {
		for _, c := range []map[string]any{
			{"msgtype": "m.notice", "body": "internal notice"},
			{"msgtype": "m.text", "body": "internal thread", "m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": k.asked.ID}},
			{"msgtype": "m.text", "body": "!important now"},
		} {
			anna.Send(t, room, event.EventMessage, c)
		}
		anna.Event(t, room, "the answer to the command", func(e *event.Event) bool {
			return path(content(e), "msgtype") == "m.notice" && strings.Contains(bridgetest.Body(e), "!!")
		})
		anna.Says(t, room, "!!important")
		v.Hears(t, "!important")
		for _, e := range v.Entries() {
			if strings.Contains(e.Text, "internal") || strings.Contains(e.Text, "close") || e.Kind == chat.Notice {
				t.Errorf("the visitor sees %+v", e)
			}
		}
	})
	t.Run("what cannot be delivered is answered at once", func(t *testing.T) {
		anna.Send(t, room, event.NewEventType("org.matrix.msc3381.poll.start"), map[string]any{"org.matrix.msc3381.poll.start": map[string]any{}})
		anna.Event(t, room, "the answer to the poll", func(e *event.Event) bool {
			return path(content(e), "msgtype") == "m.notice" && strings.Contains(strings.ToLower(bridgetest.Body(e)), "poll")
		})
	})
	t.Run("two tabs and a later return see the same", func(t *testing.T) {
		tab := v.Tab().MustConnect(t)
		tab.Acked(t, tab.Say("From the other tab"))
		v.Hears(t, "From the other tab")
		v.Close()
		tab.Close()
		anna.Says(t, room, "Said meanwhile")
		v.MustConnect(t)
		v.Hears(t, "Said meanwhile")
		fresh := v.Tab().MustConnect(t)
		fresh.Hears(t, "Said meanwhile")
	})
}

// Invariant 21: the visitor sees how far operators read or answered; operators see what the
// visitor's browser has, by the receipt of a user that writes nothing, and what was read.
func TestInvariant21ReceiptsGoBothWays(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	seen := func(ack wire.Ack) {
		t.Helper()
		bridgetest.Await(t, "the visitor learns that its message was seen", func() bool { return k.visitor.Seen() >= ack.Seq })
	}
	if err := k.anna.MarkRead(t.Context(), k.room, k.asked.ID); err != nil {
		t.Fatal(err)
	}
	seen(k.first)
	more := k.visitor.Acked(t, k.visitor.Say("And black tea?"))
	k.anna.Sees(t, k.room, "And black tea?")
	if k.visitor.Seen() >= more.Seq {
		t.Error("it is seen before anybody read it")
	}
	sent := k.anna.Says(t, k.room, "Read me")
	seen(more)

	theirs := k.visitor.Hears(t, "Read me")
	receipt := func(user id.UserID) func(e *event.Event) bool {
		return func(e *event.Event) bool {
			return e.Type.Type == event.EphemeralEventReceipt.Type && path(content(e), string(sent), "m.read", string(user)) != nil
		}
	}
	const taker = id.UserID("@anteroom_delivered:localhost")
	k.visitor.Write(&wire.Delivered{T: wire.TypeDelivered, Seq: theirs.Seq})
	k.anna.Ephemeral(t, k.room, "delivered", receipt(taker))
	k.visitor.Write(&wire.Read{T: wire.TypeRead, Seq: theirs.Seq})
	k.anna.Ephemeral(t, k.room, "read", receipt(k.asked.Sender))
	for _, e := range k.anna.Timeline(k.room) {
		if e.Sender == taker && e.Type.Type == event.EventMessage.Type {
			t.Errorf("who takes messages for the visitor says %q", bridgetest.Body(e))
		}
	}
}

func fetch(t testing.TB, url string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s %v", url, resp.Status, err)
	}
	return body
}
