package bridge_test

import (
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"

	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// An operator's first word wins while it waits for its translation: the assistant is
// cut and silent from the moment that the word is heard, though it is appended later;
// also behind an edit that waits.
func TestInvariant10AnOperatorsWordWinsWhileItIsTranslated(t *testing.T) {
	t.Parallel()
	model := gpttest.Start(t)
	model.Otherwise(func(r gpttest.Request) gpttest.Reply {
		switch {
		case strings.Contains(r.Asked(), "myself"):
			return helper(r).Hold(0)
		case strings.HasPrefix(r.Prompt("system"), "You translate"):
			return helper(r)
		default:
			return gpttest.Says(counting).Hold(16)
		}
	})
	s := bridgetest.Start(t, bridgetest.Options{Site: assistantAt(model, "")})
	anna := s.Operator(t)
	anna.Space(t)
	v := s.Visitor().MustConnect(t)
	count := func() {
		t.Helper()
		known := len(streamed(v))
		v.Acked(t, v.Say("Count, please"))
		bridgetest.Await(t, "the answer begins", func() bool { return len(streamed(v)) > known })
	}
	last := func(party chat.Party) (found wire.Entry) {
		for _, e := range v.Entries() {
			if e.Kind == chat.Message && e.Author.Party == party {
				found = e
			}
		}
		return found
	}
	// cut waits until an answer is cut, and then for the words that cut it.
	cut := func(n int, words string) {
		t.Helper()
		bridgetest.Await(t, "the endpoint's request ends", func() bool { return model.HungUp() >= n })
		bridgetest.Await(t, "the visitor sees where it ends", func() bool { ai := last(chat.Bot).AI; return ai != nil && ai.Interrupted })
		model.Release()
		said := v.Entry(t, words, func(e wire.Entry) bool { return e.Kind == chat.Message && strings.HasSuffix(e.Text, words) })
		if ended := last(chat.Bot).At; ended >= said.At {
			t.Errorf("the answer was cut at %d for words that came at %d", ended, said.At)
		}
	}
	count()
	room := anna.Room(t, 0)
	wants(t, answers(t, anna, room, "!translate on German"), "German ↔ English")
	first := anna.Says(t, room, "I do it myself")
	cut(1, "I do it myself")
	wants(t, answers(t, anna, room, "!bot"), "silent")

	wants(t, answers(t, anna, room, "!bot on"), "listens")
	count()
	anna.Send(t, room, event.EventMessage, map[string]any{
		"msgtype": "m.text", "body": "* I did it myself", "m.new_content": map[string]any{"msgtype": "m.text", "body": "I did it myself"},
		"m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": first},
	})
	anna.Says(t, room, "Not by myself")
	cut(2, "Not by myself")
	told := func() (n int) {
		for _, e := range anna.Timeline(room) {
			if strings.HasPrefix(bridgetest.Body(e), "The bot is silent in this dialog until") {
				n++
			}
		}
		return n
	}
	bridgetest.Await(t, "operators are told of both", func() bool { return told() >= 2 })
	wants(t, answers(t, anna, room, "!tag tea"), "Tagged")
	if n := told(); n != 2 {
		t.Errorf("operators were told %d times that the bot is silent", n)
	}
}
