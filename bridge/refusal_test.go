package bridge_test

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
)

// refusing is a homeserver that refuses what match is true of with that status.
func refusing(status int, match func(r *http.Request, body []byte) bool) *bridgetest.Between {
	return &bridgetest.Between{Handle: func(w http.ResponseWriter, r *http.Request, body []byte, _ http.Handler) bool {
		if !match(r, body) {
			return false
		}
		bridgetest.Refuse(w, status)
		return true
	}}
}

// Invariant 7: a message that the homeserver refuses for good is told of in the
// room, and the next one goes on.
func TestInvariant07OneRefusedMessageHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	b := refusing(http.StatusForbidden, func(r *http.Request, body []byte) bool {
		return r.Method == http.MethodPut && bytes.Contains(body, []byte("buy pills")) && !bytes.Contains(body, []byte("m.notice"))
	})
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	k.visitor.Acked(t, k.visitor.Say("buy pills"))
	k.visitor.Acked(t, k.visitor.Say("And another thing"))
	k.anna.Sees(t, k.room, "And another thing")
	k.anna.Event(t, k.room, "that a message is missing", func(e *event.Event) bool {
		return path(content(e), "msgtype") == "m.notice" && strings.Contains(bridgetest.Body(e), "403")
	})
}

// Invariant 7: what the room is told of a refused message, or of a refused change of one, has its
// words, and goes when the visitor removes it.
func TestInvariant07WordsOfARefusedMessageGoWithIt(t *testing.T) {
	t.Parallel()
	b := refusing(http.StatusForbidden, func(r *http.Request, body []byte) bool {
		return r.Method == http.MethodPut && bytes.Contains(body, []byte("buy pills")) && !bytes.Contains(body, []byte("m.notice"))
	})
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	said := k.visitor.Acked(t, k.visitor.Say("buy pills"))
	k.visitor.Acked(t, k.visitor.Send(&wire.Edit{T: wire.TypeEdit, Target: k.first.ID, Text: "buy pills instead"}))
	for target, words := range map[chat.EntryID]string{said.ID: "a message of the visitor is missing here", k.first.ID: "the change is missing here"} {
		told := k.anna.Event(t, k.room, words, func(e *event.Event) bool {
			return path(content(e), "msgtype") == "m.notice" && strings.Contains(strings.ToLower(bridgetest.Body(e)), words)
		})
		if !strings.Contains(bridgetest.Body(told), "buy pills") {
			t.Errorf("the room is told %q", bridgetest.Body(told))
		}
		k.visitor.Acked(t, k.visitor.Send(&wire.Redact{T: wire.TypeRedact, Target: target}))
		k.awaitRemoved(t, k.room, told.ID)
	}
	k.awaitRemoved(t, k.room, k.asked.ID)
}

// Invariants 4 and 7: what is given up is told in the room, also when the bridge dies
// as it is about to say so.
func TestInvariant07WhatIsGivenUpIsToldAfterAKill(t *testing.T) {
	t.Parallel()
	b := refusing(http.StatusForbidden, func(r *http.Request, body []byte) bool {
		return r.Method == http.MethodPut && bytes.Contains(body, []byte("buy pills")) && !bytes.Contains(body, []byte("m.notice"))
	})
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	k.StopBridge(t)
	k.StartBridge(t, "", killpoint.Env+"="+string(killpoint.BeforeAppend)+":3") // twice for the message itself
	k.visitor.MustConnect(t)
	k.visitor.Say("buy pills")
	k.dies(t)
	k.StartBridge(t, "")
	k.anna.Event(t, k.room, "that a message is missing", func(e *event.Event) bool {
		return path(content(e), "msgtype") == "m.notice" && strings.Contains(bridgetest.Body(e), "403")
	})
	k.StopBridge(t)
	k.StartBridge(t, "", killpoint.Env+"="+string(killpoint.BeforeAppend))
	if status := k.deliver(t, `{"events":[{"event_id":"$odd","room_id":"`+string(k.room)+`","type":"m.room.tombstone","state_key":"",
		"sender":"@anna:localhost","content":{"replacement_room":"!nowhere:localhost"}}]}`); status != http.StatusOK {
		t.Fatalf("the event was answered %d", status)
	}
	k.dies(t)
	k.StartBridge(t, "")
	k.anna.Event(t, k.room, "the notice about the event", func(e *event.Event) bool {
		return path(content(e), "msgtype") == "m.notice" && strings.Contains(string(e.Content.VeryRaw), "$odd")
	})
}

// Invariant 7: a text that is too long for an event is given up and told of where the
// homeserver takes no file in its place either.
func TestInvariant07ALongTextThatMayBeNoFileHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	b := refusing(http.StatusForbidden, func(r *http.Request, _ []byte) bool { return strings.HasSuffix(r.URL.Path, "/upload") })
	k := startTalk(t, bridgetest.Options{Site: "    max_length: 7000\n", Through: b.Through(t)})
	k.visitor.Acked(t, k.visitor.Send(&wire.Edit{T: wire.TypeEdit, Target: k.first.ID, Text: strings.Repeat("<", 6000)}))
	k.visitor.Acked(t, k.visitor.Say("And another thing"))
	k.anna.Sees(t, k.room, "And another thing")
	k.anna.Event(t, k.room, "that an edit is missing", func(e *event.Event) bool {
		return path(content(e), "msgtype") == "m.notice" && strings.Contains(bridgetest.Body(e), "the change is missing here") && strings.Contains(bridgetest.Body(e), "403")
	})
}

// Invariant 7: a homeserver that cuts an upload off, as Synapse does with a file that is
// larger than it takes, is there; the file is told of, and the next message goes on.
func TestInvariant07AnUploadThatIsCutOffHoldsUpNobody(t *testing.T) {
	t.Parallel() // it waits for most of its time
	b := &bridgetest.Between{Handle: func(_ http.ResponseWriter, r *http.Request, _ []byte, _ http.Handler) bool {
		if strings.HasSuffix(r.URL.Path, "/upload") {
			panic(http.ErrAbortHandler)
		}
		return false
	}}
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	k.visitor.Acked(t, k.visitor.SendFile(t, "plan.txt", []byte("the whole plan")))
	k.visitor.Acked(t, k.visitor.Say("Did you get it?"))
	k.anna.Sees(t, k.room, "Did you get it?")
	k.anna.Event(t, k.room, "that a file is missing", func(e *event.Event) bool {
		return path(content(e), "msgtype") == "m.notice" && strings.Contains(bridgetest.Body(e), "plan.txt")
	})
	if k.Logged(heldBack) {
		t.Error("the homeserver was taken for down")
	}
}

// Invariant 7: a homeserver that takes a file, and then says nothing, is asked a few times; the
// file is told of, and the next message goes on.
func TestInvariant07AnUploadThatStandsStillHoldsUpNobody(t *testing.T) {
	t.Parallel()
	var tries atomic.Int32
	b := &bridgetest.Between{Handle: func(_ http.ResponseWriter, r *http.Request, _ []byte, _ http.Handler) bool {
		if !strings.HasSuffix(r.URL.Path, "/upload") {
			return false
		}
		tries.Add(1)
		<-r.Context().Done()
		return true
	}}
	k := startTalk(t, bridgetest.Options{Through: b.Through(t), Env: []string{string(killpoint.TransferStall) + "=3000"}})
	k.visitor.Acked(t, k.visitor.SendFile(t, "plan.txt", []byte("the whole plan")))
	k.visitor.Acked(t, k.visitor.Say("Did you get it?"))
	k.anna.Sees(t, k.room, "Did you get it?")
	k.anna.Event(t, k.room, "that a file is missing", func(e *event.Event) bool {
		return path(content(e), "msgtype") == "m.notice" && strings.Contains(bridgetest.Body(e), "plan.txt")
	})
	if n := tries.Load(); n != 3 {
		t.Errorf("it was tried %d times", n)
	}
	if k.Logged(heldBack) {
		t.Error("the homeserver was taken for down")
	}
}

// Invariant 7: words that a proxy before the homeserver takes for an attack, and cuts off,
// are no outage for the others.
func TestInvariant07WordsThatAreCutOffHoldUpNobody(t *testing.T) {
	t.Parallel() // it waits for most of its time
	const attack = "1 UNION SELECT"
	var cuts atomic.Int32
	b := &bridgetest.Between{Handle: func(_ http.ResponseWriter, r *http.Request, body []byte, _ http.Handler) bool {
		if strings.Contains(r.URL.Path, "/send/") && bytes.Contains(body, []byte(attack)) {
			cuts.Add(1)
			panic(http.ErrAbortHandler)
		}
		return false
	}}
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	k.visitor.Acked(t, k.visitor.Say("How do I write "+attack+"?"))
	bridgetest.Await(t, "it is cut off a third time", func() bool { return cuts.Load() >= 3 })
	before := k.LoggedTimes(heldBack)
	other := k.Visitor().MustConnect(t)
	other.Acked(t, other.Say("Is anybody there?"))
	k.anna.Sees(t, k.anna.Room(t, 1), "Is anybody there?")
	bridgetest.Await(t, "it is tried again", func() bool { return cuts.Load() >= 6 })
	if times := k.LoggedTimes(heldBack); times > before {
		t.Errorf("the homeserver was taken for down %d times, and %d times before", times, before)
	}
}

// Invariant 17: a kicked ghost stays out until the visitor writes, whatever operators write meanwhile.
func TestInvariant17KickedGhostStaysOutUntilItsVisitorWrites(t *testing.T) {
	t.Parallel()
	b := &bridgetest.Between{}
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	if _, err := k.anna.KickUser(t.Context(), k.room, &mautrix.ReqKickUser{UserID: k.asked.Sender}); err != nil {
		t.Fatal(err)
	}
	answers(t, k.anna, k.room, "!visitor") // by the bot, so the dialog's sender ran after the kick
	k.anna.Says(t, k.room, "Still delivered")
	theirs := k.visitor.Hears(t, "Still delivered")
	k.visitor.Write(&wire.Read{T: wire.TypeRead, Seq: theirs.Seq})
	bridgetest.Await(t, "the receipts were settled", func() bool {
		return len(b.Requests(func(r string) bool {
			return strings.Contains(r, "/receipt/") && strings.HasSuffix(r, "@anteroom_delivered:localhost")
		})) > 0
	})
	var member event.MemberEventContent
	if err := k.anna.StateEvent(t.Context(), k.room, event.StateMember, string(k.asked.Sender), &member); err != nil || member.Membership != event.MembershipLeave {
		t.Fatalf("the ghost is %q (%v)", member.Membership, err)
	}
	k.visitor.Acked(t, k.visitor.Say("Here again"))
	k.anna.Sees(t, k.room, "Here again")
}

// Invariant 18: should encryption be switched on all the same, the room is told what that means.
func TestInvariant18EncryptionIsNeverSilent(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	if _, err := k.as(t, bot).SendStateEvent(t.Context(), k.room, event.StateEncryption, "",
		&event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}); err != nil {
		t.Fatal(err)
	}
	k.anna.Event(t, k.room, "that messages do not arrive", func(e *event.Event) bool {
		return path(content(e), "msgtype") == "m.notice" && strings.Contains(strings.ToLower(bridgetest.Body(e)), "encryption")
	})
}

// Invariant 19: the bot never polls /sync; ghosts of connected visitors do.
func TestInvariant19OnlyGhostsPoll(t *testing.T) {
	t.Parallel()
	b := &bridgetest.Between{}
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	k.anna.Says(t, k.room, "Hello")
	k.visitor.Hears(t, "Hello")
	isSync := func(r string) bool { return strings.Contains(r, "/sync ") }
	bridgetest.Await(t, "the ghost polls", func() bool { return len(b.Requests(isSync)) > 0 })
	for _, request := range b.Requests(isSync) {
		if !strings.HasSuffix(request, string(k.asked.Sender)) {
			t.Errorf("%s", request)
		}
	}
}

// Invariant 9: what has a latest value is said once, also over a restart.
func TestInvariant09NothingIsSaidTwice(t *testing.T) {
	t.Parallel()
	b := &bridgetest.Between{}
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	sent := k.anna.Says(t, k.room, "Read this")
	theirs := k.visitor.Hears(t, "Read this")
	said := func() int {
		return len(b.Requests(func(r string) bool {
			return strings.Contains(r, "/receipt/") || strings.Contains(r, "/state/") && strings.HasPrefix(r, "PUT") ||
				strings.Contains(r, "/invite") || strings.Contains(r, "/displayname")
		}))
	}
	k.visitor.Write(&wire.Read{T: wire.TypeRead, Seq: theirs.Seq})
	k.anna.Ephemeral(t, k.room, "the receipt", func(e *event.Event) bool {
		return path(content(e), string(sent), "m.read", string(k.asked.Sender)) != nil
	})
	k.visitor.Acked(t, k.visitor.Say("One more"))
	k.anna.Sees(t, k.room, "One more")
	before := said()
	k.StopBridge(t)
	k.StartBridge(t, "")
	k.visitor.MustConnect(t)
	k.visitor.Write(&wire.Read{T: wire.TypeRead, Seq: theirs.Seq})
	k.visitor.Acked(t, k.visitor.Say("And one after the restart"))
	k.anna.Sees(t, k.room, "And one after the restart")
	k.visitor.Acked(t, k.visitor.Say("And the last"))
	k.anna.Sees(t, k.room, "And the last")
	if after := said(); after != before {
		t.Errorf("%d things were said again: %q", after-before, b.Requests(func(r string) bool { return !strings.Contains(r, "/sync ") })[before:])
	}
}

// Invariant 5: of two edits of one message the newer counts, in whatever order they arrive.
func TestInvariant05TheNewestEditCounts(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	sent := k.anna.Says(t, k.room, "Price: 1")
	original := k.visitor.Hears(t, "Price: 1")
	edit := func(key, text string, stamp int64) string {
		return `{"event_id":"$` + key + `","room_id":"` + string(k.room) + `","type":"m.room.message","sender":"@anna:localhost","origin_server_ts":` +
			strconv.FormatInt(stamp, 10) + `,"content":{"msgtype":"m.text","body":"* ` + text + `","m.new_content":{"msgtype":"m.text","body":"` + text +
			`"},"m.relates_to":{"rel_type":"m.replace","event_id":"` + string(sent) + `"}}}`
	}
	const late = int64(4_000_000_000_000)
	for _, e := range []string{edit("newer", "Price: 3", late+1), edit("older", "Price: 2", late)} {
		if status := k.deliver(t, `{"events":[`+e+`]}`); status != http.StatusOK {
			t.Fatal(status)
		}
	}
	k.anna.Says(t, k.room, "Done")
	k.visitor.Hears(t, "Done")
	var texts []string
	for _, e := range k.visitor.Entries() {
		if e.Kind == chat.Edit && e.Target == original.ID {
			texts = append(texts, e.Text)
		}
	}
	if len(texts) != 1 || texts[0] != "Price: 3" {
		t.Errorf("the visitor got the edits %q", texts)
	}
}

// Invariant 7: operators are told whose words the homeserver refused: the bot's and
// those of a command are not the visitor's, who has them.
func TestInvariant07RefusedWordsAreOfWhoSaidThem(t *testing.T) {
	t.Parallel()
	b := refusing(http.StatusForbidden, func(r *http.Request, body []byte) bool {
		return r.Method == http.MethodPut && bytes.Contains(body, []byte("pills")) && !bytes.Contains(body, []byte("m.notice"))
	})
	site, _ := botOf(t, map[string]string{"welcome": "on: [first_message]\nsteps: [ { say: We sell pills } ]\n"}, "    canned: { pills: Buy pills }\n")
	k := startTalk(t, bridgetest.Options{Site: site, Through: b.Through(t)})
	k.visitor.Hears(t, "We sell pills")
	wants(t, bridgetest.Body(says(t, k.anna, k.room, "We sell pills")), "A message of the bot is missing here", "403")
	k.anna.Says(t, k.room, "!canned pills")
	k.visitor.Hears(t, "Buy pills")
	wants(t, bridgetest.Body(says(t, k.anna, k.room, "Buy pills")), "A message that a command sent is missing here", "403")
}
