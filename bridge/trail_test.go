package bridge_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"

	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail/mailtest"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// logged are the lines of the log that hold a word, as `grep` finds them.
func logged(t *testing.T, s *bridgetest.Stack, word string) (lines []map[string]any) {
	t.Helper()
	for line := range strings.Lines(s.Log(t)) {
		if !strings.Contains(line, word) || !strings.HasSuffix(line, "\n") { // one that is being written
			continue
		}
		var read map[string]any
		if err := json.Unmarshal([]byte(line), &read); err != nil {
			t.Fatalf("a line of the log is no JSON: %s", line)
		}
		lines = append(lines, read)
	}
	return lines
}

// follows waits until the log has these stages in that order for an id, others between
// them, and returns the line of each.
func follows(t *testing.T, s *bridgetest.Stack, what, word string, stages ...string) (lines []map[string]any) {
	t.Helper()
	bridgetest.Await(t, fmt.Sprintf("the log follows %s, %s, through %q", what, word, stages), func() bool {
		lines = nil
		for _, line := range logged(t, s, word) {
			if len(lines) < len(stages) && line["message"] == stages[len(lines)] {
				lines = append(lines, line)
			}
		}
		return len(lines) == len(stages)
	})
	return lines
}

// The stages of a message, as the log names them.
const (
	frameCame    = "A visitor's frame came"
	journalled   = "An entry is in the journal"
	acknowledged = "A visitor's frame is acknowledged"
	isSent       = "An entry is sent to the homeserver"
	hasEntry     = "The homeserver has an entry"
	hasFile      = "The homeserver has the file of an entry"
	arrived      = "An event arrived"
	isEntry      = "An event is an entry"
	goes         = "An entry goes to a visitor's connection"
	delivered    = "The visitor's browser has an entry"
	wasRead      = "The visitor has read an entry"
	seen         = "An operator has seen an entry"
	toldShown    = "Operators are shown how far the visitor is"
	removes      = "The homeserver is asked to remove an event"
)

// Whoever searches the log for the id of a message finds its whole life, on either side
// and whichever of its ids it is.
func TestALogFollowsOneMessageThroughTheHouse(t *testing.T) {
	t.Parallel()
	site, _ := botOf(t, map[string]string{"welcome": "on: [first_message]\nsteps:\n  - say: Which plan?\n"}, "")
	s := bridgetest.Start(t, bridgetest.Options{Site: site})
	anna := s.Operator(t)
	anna.Space(t)
	v := s.Visitor().MustConnect(t)

	client := v.Say("Do you have green tea?")
	first := v.Acked(t, client)
	room := anna.Room(t, 0)
	asked := anna.Sees(t, room, "Do you have green tea?")
	if err := anna.MarkRead(t.Context(), room, asked.ID); err != nil {
		t.Fatal(err)
	}
	// The visitor's connection, the sender and what operators do go on side by side, so
	// that only each one's own lines have an order.
	follows(t, s, "the visitor's key", string(client), frameCame, journalled, acknowledged)
	follows(t, s, "the visitor's key", string(client), journalled, isSent, hasEntry)
	follows(t, s, "the visitor's message", string(first.ID), journalled, acknowledged)
	life := follows(t, s, "the visitor's message", string(first.ID), journalled, isSent, hasEntry)
	follows(t, s, "the visitor's message", string(first.ID), journalled, seen)
	follows(t, s, "the visitor's event", string(asked.ID), hasEntry)
	follows(t, s, "the echo of the visitor's event", string(asked.ID), arrived, "An event adds nothing to the journal")
	if sent := life[2]; sent[trail.EventID] != string(asked.ID) || sent[trail.RoomID] != string(room) || sent["level"] != "debug" || sent[trail.Seq] != float64(first.Seq) {
		t.Errorf("the line that joins entry and event is %v", sent)
	}

	bot := v.Hears(t, "Which plan?")
	answer := follows(t, s, "the bot's answer", string(bot.ID), journalled, "The bot says something")
	if answer[1][trail.Cause] != string(first.ID) {
		t.Errorf("the bot's answer does not name what caused it: %v", answer[1])
	}
	follows(t, s, "what the bot was caused by", string(first.ID), hasEntry)
	follows(t, s, "the bot's answer", string(bot.ID), journalled, isSent, hasEntry)
	follows(t, s, "the bot's answer", string(bot.ID), journalled, goes)

	said := anna.Says(t, room, "We do, Sencha")
	heard := v.Hears(t, "We do, Sencha")
	v.Write(&wire.Delivered{T: wire.TypeDelivered, Seq: heard.Seq})
	follows(t, s, "the operator's message", string(heard.ID), journalled, isEntry)
	v.Write(&wire.Read{T: wire.TypeRead, Seq: heard.Seq})
	follows(t, s, "the operator's event", string(said), arrived, isEntry)
	follows(t, s, "the operator's event", string(said), arrived, toldShown)
	follows(t, s, "the operator's message", string(heard.ID), journalled, goes)
	follows(t, s, "the operator's message", string(heard.ID), journalled, delivered, wasRead)
	follows(t, s, "the operator's message", string(heard.ID), journalled, toldShown)

	edit := v.Acked(t, v.Send(&wire.Edit{T: wire.TypeEdit, Target: first.ID, Text: "Do you have black tea?"}))
	follows(t, s, "the edit", string(edit.ID), journalled, acknowledged)
	follows(t, s, "the edit", string(edit.ID), journalled, isSent, hasEntry)
	follows(t, s, "what was edited", string(first.ID), isSent, journalled, acknowledged)
	file := v.Acked(t, v.SendFile(t, "list.txt", []byte("tea")))
	follows(t, s, "the file", string(file.ID), journalled, acknowledged)
	follows(t, s, "the file", string(file.ID), journalled, hasFile, isSent, hasEntry)
	removal := v.Acked(t, v.Send(&wire.Redact{T: wire.TypeRedact, Target: file.ID}))
	follows(t, s, "the removal", string(removal.ID), journalled, acknowledged)
	follows(t, s, "the removal", string(removal.ID), journalled, removes, hasEntry)

	resp, err := anna.RedactEvent(t.Context(), room, said)
	if err != nil {
		t.Fatal(err)
	}
	gone := v.Entry(t, "the operator's removal", func(e wire.Entry) bool { return e.Kind == chat.Redaction && e.Target == heard.ID })
	follows(t, s, "the operator's removal", string(gone.ID), journalled, goes)
	follows(t, s, "the operator's removal", string(resp.EventID), isEntry)

	note := anna.Send(t, room, event.EventMessage, map[string]any{"msgtype": "m.notice", "body": "between us"})
	follows(t, s, "a note", string(note), arrived, "An event is not for the visitor")
}

// repeating answers in the homeserver's place with what it was asked, as homeservers do
// that quote the content that they refuse.
func repeating(w http.ResponseWriter, r *http.Request, body []byte, status int) {
	said, _ := json.Marshal(map[string]string{"errcode": "M_FORBIDDEN", "error": "not this: " + string(body) + r.URL.String() + r.Header.Get("Authorization")})
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(said)
}

// secretsOf are the config's tokens.
func secretsOf(t *testing.T, s *bridgetest.Stack) (all []string) {
	t.Helper()
	config, err := os.ReadFile(s.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile(`(?:as|hs)_token: "?([A-Za-z0-9_-]{20,})`).FindAllStringSubmatch(string(config), -1) {
		all = append(all, found[1])
	}
	if len(all) != 2 {
		t.Fatalf("the config has %d tokens", len(all))
	}
	return all
}

// What people say, who they are and where they are is in no line of the log, at any
// level, and least of all when something fails and those who fail repeat it.
func TestTheLogHoldsNothingThatPeopleWrite(t *testing.T) {
	t.Parallel()
	post := mailtest.Start(t, mailtest.Options{Refuse: func(at, what string) error {
		if at == "rcpt" {
			return mailtest.Refusal(550, "no mailbox for "+what)
		}
		return nil
	}})
	model := gpttest.Start(t)
	model.Otherwise(func(r gpttest.Request) gpttest.Reply {
		return gpttest.Fails(http.StatusBadRequest, "", "cannot read: "+string(r.Body))
	})
	between := &bridgetest.Between{Handle: func(w http.ResponseWriter, r *http.Request, body []byte, _ http.Handler) bool {
		switch {
		case r.Method == http.MethodPut && bytes.Contains(body, []byte("forbidden-words")) && !bytes.Contains(body, []byte("m.notice")):
			repeating(w, r, body, http.StatusForbidden)
		case r.Method == http.MethodPut && bytes.Contains(body, []byte("unlucky-words")) && !bytes.Contains(body, []byte("m.notice")):
			repeating(w, r, body, http.StatusInternalServerError)
		case strings.HasSuffix(r.URL.Path, "/upload") && strings.Contains(r.URL.RawQuery, "private-file"):
			repeating(w, r, body, http.StatusBadRequest)
		case strings.Contains(r.URL.Path, "/displayname") && bytes.Contains(body, []byte("Wilhelmina")):
			repeating(w, r, body, http.StatusBadRequest)
		default:
			return false
		}
		return true
	}}
	o := mailing(t, post)
	o.Site += assistantAt(model, "") + fmt.Sprintf("    alerts: {webhook: {url: \"http://127.0.0.1:%d/hook-secret-path\", secret: %q}}\n", 9, "whsec_"+base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 24)))
	o.More = "outward: [127.0.0.1]\n"
	o.Through = between.Through(t)
	s := bridgetest.Start(t, o)
	anna := s.Operator(t)
	anna.Space(t)
	v := s.Visitor()
	v.MustConnect(t)
	v.Write(&wire.PageView{T: wire.TypePage, Page: wire.Page{URL: bridgetest.Origin + "/private-page", Title: "private-title"}})
	v.Acked(t, v.Say("Good morning, I am the first-words"))
	room := anna.Room(t, 0)
	anna.Sees(t, room, "Good morning, I am the first-words")
	bridgetest.Await(t, "the model was asked", func() bool { return len(model.Requests()) > 0 })

	refused := v.Acked(t, v.Say("These are forbidden-words"))
	file := v.Acked(t, v.SendFile(t, "private-file.txt", []byte("private-bytes")))
	v.Acked(t, v.Send(&wire.Edit{T: wire.TypeEdit, Target: refused.ID, Text: "edited-words"}))
	anna.Says(t, room, "!name Wilhelmina Secretive")
	on := true
	if status, are, code := wishes(t, v, wire.Mails{Answers: &on, To: "private.person@example.org"}); status != http.StatusOK || !are.Answers {
		t.Fatalf("%d %+v %s", status, are, code)
	}
	v.Write(map[string]any{"t": "message", "cid": "x\n{\"level\":\"error\"} hostile-client", "text": "hostile-words"})
	unlucky := v.Acked(t, v.Say("These are unlucky-words"))
	answer := anna.Says(t, room, "The operators-words")
	v.Hears(t, "The operators-words")
	v.Close()
	anna.Says(t, room, "The unread-words")

	failed := func(entry chat.EntryID, word string) {
		t.Helper()
		bridgetest.Await(t, "a failure of "+word+" is in the log", func() bool {
			return slices.ContainsFunc(logged(t, s, string(entry)), func(line map[string]any) bool { return line["level"] == "warn" })
		})
	}
	failed(refused.ID, "forbidden-words")
	failed(unlucky.ID, "unlucky-words")
	failed(file.ID, "private-file")
	bridgetest.Await(t, "the mail is refused", func() bool {
		return slices.ContainsFunc(logged(t, s, "A delivery failed"), func(line map[string]any) bool {
			return strings.Contains(fmt.Sprint(line["cause"]), "answered 550 while naming the recipient")
		})
	})
	bridgetest.Await(t, "the webhook fails", func() bool {
		return slices.ContainsFunc(logged(t, s, "A delivery failed"), func(line map[string]any) bool { return line["kind"] == "webhook" })
	})
	if err := s.Homeserver.Stop(); err != nil {
		t.Fatal(err)
	}
	late := s.Visitor().MustConnect(t)
	waiting := late.Acked(t, late.Say("The waiting-words"))
	bridgetest.Await(t, "the outage is noticed", func() bool { return s.Logged(heldBack) })
	follows(t, s, "what waits", string(waiting.ID), journalled, acknowledged)
	follows(t, s, "the answer", string(answer), arrived, isEntry)

	log := s.Log(t)
	for _, word := range append([]string{
		"first-words", "forbidden-words", "unlucky-words", "edited-words", "operators-words", "unread-words", "waiting-words", "hostile",
		"private-file", "private-bytes", "private-page", "private-title", "private.person", "example.org", "Wilhelmina", "Secretive",
		"hook-secret-path", "since=", "user_id=", v.Secret, late.Secret,
	}, secretsOf(t, s)...) {
		for line := range strings.Lines(log) {
			if strings.Contains(line, word) {
				t.Errorf("the log has %q: %s", word, line)
				break
			}
		}
	}
	for line := range strings.Lines(log) {
		if !json.Valid([]byte(line)) {
			t.Errorf("a line of the log is no JSON: %s", line)
		}
	}
}
