package bridge_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
)

const cannedTexts = `    canned:
      hours: "We open at 9, {{ name ?? \"dear guest\" }}."
      offer: {en: "The offer goes to {{ email }}.", ru: "Отправим на {{ email }}."}
`

// A canned text reaches the visitor as the operator's own, stands in the room
// once, and takes what the desk knows of the visitor.
func TestCannedTexts(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{Site: cannedTexts})
	ask := func(command string) string { t.Helper(); return answers(t, k.anna, k.room, command) }
	wants(t, ask("!canned"), "hours", "offer", "{{ email }}")
	wants(t, ask("!canned hour"), "Nothing was sent", "Did you mean hours?", "offer")
	wants(t, ask("!canned offer"), "Nothing was sent", "email", "!set email=")
	asked := k.anna.Says(t, k.room, "!canned HOURS")
	said := k.visitor.Hears(t, "We open at 9, dear guest.")
	if said.Author.Party != chat.Operator || said.Author.Name != "anna" {
		t.Errorf("the visitor hears it from %+v", said.Author)
	}
	shown := k.anna.Sees(t, k.room, "We open at 9, dear guest.")
	if shown.Sender != bot || path(content(shown), "msgtype") != "m.text" || path(content(shown), "chat.anteroom.operator") != "@anna:localhost" ||
		path(content(shown), "m.relates_to", "m.in_reply_to", "event_id") != string(asked) {
		t.Errorf("in the room it is %s", shown.Content.VeryRaw)
	}
	answers(t, k.anna, k.room, "!name Ann <b>Tea</b>")
	answers(t, k.anna, k.room, "!set email=ann@example.com")
	k.anna.Says(t, k.room, "!canned hours")
	k.visitor.Hears(t, "We open at 9, Ann <b>Tea</b>.")
	k.anna.Says(t, k.room, "!canned offer")
	k.visitor.Hears(t, "The offer goes to ann@example.com.")
	if card := ask("!visitor"); strings.Contains(card, "Has been waiting") {
		t.Errorf("it still waits:\n%s", card)
	}
	// What the visitor says to it, and its removal, go the usual way.
	k.visitor.Acked(t, k.visitor.Send(&wire.Message{T: wire.TypeMessage, Text: "Thanks!", ReplyTo: said.ID}))
	if e := k.anna.Sees(t, k.room, "Thanks!"); path(content(e), "m.relates_to", "m.in_reply_to", "event_id") != string(shown.ID) {
		t.Errorf("the answer is %s", e.Content.VeryRaw)
	}
}

func TestCannedTextsAreSentOnce(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{Site: cannedTexts})
	points := []killpoint.Point{killpoint.AfterConvert, killpoint.AfterAppend, killpoint.BeforeSend, killpoint.AfterSend}
	for i, point := range points {
		k.StopBridge(t)
		k.StartBridge(t, "", killpoint.Env+"="+string(point))
		k.anna.Says(t, k.room, "!canned hours")
		bridgetest.Await(t, "the bridge dies at "+string(point), func() bool { return !k.Alive() })
		k.StartBridge(t, "")
		count := func() (n int) {
			for _, e := range k.anna.Timeline(k.room) {
				if strings.HasPrefix(bridgetest.Body(e), "We open at 9") {
					n++
				}
			}
			return n
		}
		bridgetest.Await(t, "the text stands in the room", func() bool { return count() > i })
		answers(t, k.anna, k.room, "!visitor")
		if n := count(); n != i+1 {
			t.Fatalf("killed at %s, it was sent %d times", point, n-i)
		}
	}
	k.visitor = k.visitor.Tab().MustConnect(t)
	bridgetest.Await(t, "the visitor has each once", func() bool {
		n := 0
		for _, e := range k.visitor.Entries() {
			if strings.HasPrefix(e.Text, "We open at 9") {
				n++
			}
		}
		return n == len(points)
	})
}

// An operator's first word silences the bot and the room is told so once; what
// the visitor does not see silences nobody.
func TestAnOperatorSilencesTheBot(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{Site: "    bot: {enabled: true}\n"})
	ask := func(command string) string { t.Helper(); return answers(t, k.anna, k.room, command) }
	k.anna.Send(t, k.room, event.EventMessage, map[string]any{"msgtype": "m.notice", "body": "a note"})
	k.anna.Send(t, k.room, event.EventMessage, map[string]any{
		"msgtype": "m.text", "body": "in a thread", "m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": k.asked.ID},
	})
	wants(t, ask("!bot"), "The bot speaks")
	k.anna.Says(t, k.room, "We do!")
	says(t, k.anna, k.room, "The bot is silent in this dialog until it is closed")
	k.anna.Says(t, k.room, "Two kinds.")
	wants(t, ask("!bot status"), "silent since", "@anna:localhost")
	n := 0
	for _, e := range k.anna.Timeline(k.room) {
		if strings.Contains(bridgetest.Body(e), "The bot is silent in this dialog") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("it was said %d times", n)
	}
	wants(t, ask("!visitor"), "The bot is silent since")
	wants(t, ask("!bot on"), "next message")
	wants(t, ask("!bot on"), "not silent")
	wants(t, ask("!bot off 2h"), "until")
	wants(t, ask("!bot continue"), "nothing to continue")
	wants(t, ask("!bot off soon"), "“soon” is not a time span", "!bot on|off|status|continue")
	wants(t, ask("!bot louder"), "“louder” is none of")
	ask("!bot off")
	ask("!close")
	wants(t, ask("!bot"), "The bot speaks")
}

// Who blocks an address shuts out all who come from there, also new browsers.
func TestAnAddressIsBlocked(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	neighbour := k.Visitor().MustConnect(t)
	wants(t, answers(t, k.anna, k.room, "!block everybody"), "not understood", "!block [address]")
	wants(t, answers(t, k.anna, k.room, "!block address"), "same address")
	refused := func(v *bridgetest.Visitor) {
		t.Helper()
		bridgetest.Await(t, "the visitor is shut out", func() bool { return !v.Connected() })
		for _, e := range v.Refusals() {
			if e.Code == chat.CodeBlocked {
				return
			}
		}
		t.Errorf("the refusals are %+v", v.Refusals())
	}
	refused(k.visitor)
	refused(neighbour)
	stranger := k.Visitor()
	_ = stranger.Connect(t.Context())
	refused(stranger)
	wants(t, answers(t, k.anna, k.room, "!visitor"), "Blocked", "address is blocked")
	wants(t, answers(t, k.anna, k.room, "!block address"), "already")
	wants(t, answers(t, k.anna, k.room, "!unblock"), "still blocked")
	var refusal struct{ Code chat.Code }
	said := &wire.Identify{Secret: k.visitor.Secret, Person: []byte(`{"name":"Ann"}`)}
	if status := k.visitor.Post(t, "identity", said, &refusal); status != http.StatusForbidden || refusal.Code != chat.CodeBlocked {
		t.Errorf("who is shut out takes a name: %d %+v", status, refusal)
	}
	wants(t, answers(t, k.anna, k.room, "!unblock address"), "can write again")
	v := k.visitor.Tab().MustConnect(t)
	v.Acked(t, v.Say("Back again"))
	// Who stays behind a blocked address is not shut out for ever: the block goes
	// with the visitor because of whom it is there, and with the wish to keep addresses.
	wants(t, answers(t, k.anna, k.room, "!block address"), "same address")
	k.anna.Says(t, k.room, "!forget 1")
	stranger = k.Visitor()
	hello := stranger.Say("Hello")
	bridgetest.Await(t, "the address is let in again", func() bool {
		if !stranger.Connected() {
			_ = stranger.Connect(t.Context())
		}
		_, acked := stranger.AckOf(hello)
		return acked
	})
	// The database holds no address.
	db, err := sql.Open("sqlite3", "file:"+k.Database()+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var hash string
	if err := db.QueryRowContext(t.Context(), `SELECT hash FROM address LIMIT 1`).Scan(&hash); err != nil || strings.Contains(hash, "127") || len(hash) != 32 {
		t.Errorf("the address is stored as %q (%v)", hash, err)
	}
}

// A dialog in which nobody says anything is closed, and its room told why; one
// whose visitor waits is not.
func TestSilentDialogsAreClosed(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{Site: "    closed: {after_silence: 24h}\n"})
	k.anna.Says(t, k.room, "We do!")
	k.visitor.Hears(t, "We do!")
	waiting := k.Visitor().MustConnect(t)
	waiting.Acked(t, waiting.Say("Anybody?"))
	other := k.anna.Room(t, 1)
	k.StopBridge(t)
	db, err := sql.Open("sqlite3", "file:"+k.Database())
	if err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-25 * time.Hour).UnixMilli()
	_, err = db.ExecContext(t.Context(), fmt.Sprintf(`UPDATE dialog SET opened_at = %d, said_at = %[1]d WHERE status = 'open'`, long))
	if _ = db.Close(); err != nil {
		t.Fatal(err)
	}
	k.StartBridge(t, "")
	says(t, k.anna, k.room, "Nobody wrote for 1\u00A0d, so the dialog is closed.")
	wants(t, answers(t, k.anna, k.room, "!visitor"), "closed")
	wants(t, answers(t, k.anna, other, "!visitor"), "open", "Has been waiting")
	v := k.visitor.Tab().MustConnect(t)
	v.Acked(t, v.Say("One more thing"))
	wants(t, answers(t, k.anna, k.room, "!visitor"), "open")
}

func TestTheDeskCounts(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	k.anna.Says(t, k.room, "We do!")
	k.visitor.Hears(t, "We do!")
	other := k.Visitor().MustConnect(t)
	other.Acked(t, other.Say("Anybody?"))
	desk := k.anna.Desk(t)
	for _, period := range []string{"", " week", " 30d", " 90"} {
		wants(t, answers(t, k.anna, desk, "!stats"+period), "Shop", "who wrote: 2; new: 2", "2 from visitors, 1 from operators",
			"First answer of an operator", "Busiest hours", "Open now: 2, waiting for an answer: 1", "@anna:localhost: messages 1, dialogs 1")
	}
	wants(t, answers(t, k.anna, desk, "!stats yesterday"), "no period", "!stats [today|week|month|DAYS|chain [CHAIN]]")
}
