package dialog

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// removes has the visitor remove its message with those words.
func (h *helped) removes(t *testing.T, text string) {
	t.Helper()
	all, err := h.After(t.Context(), h.in.Visitor, 0, 1000)
	must(t, err)
	for _, e := range all {
		if e.Kind == chat.Message && e.Author.Party == chat.Visitor && e.Content.Text == text {
			_, err := h.Redact(t.Context(), h.in, chat.ClientID("gone-"+string(e.ID)), e.ID)
			must(t, err)
			return
		}
	}
	t.Fatalf("nobody said %q", text)
}

// completes has the assistant answer what was ordered last; the bot has yet to hear of it.
func (h *helped) completes(t *testing.T) {
	t.Helper()
	taken, _, err := h.store.TakeAssistantRequests(t.Context(), now(), time.Minute, store.RequestShare{Limit: 9, Site: 9})
	must(t, err)
	h.giveAnswer(t.Context(), taken[len(taken)-1])
}

// Who removes the question wants no answer: what was shown of it stays, marked as
// interrupted. The removal of an older message, and an edit, change nothing of it.
func TestARemovedQuestionIsNotAnswered(t *testing.T) {
	t.Run("while the answer is written", func(t *testing.T) {
		h := newHelped(t, nil)
		h.run(t)
		shown := h.begunAnswer(t, h.reads(t), "client-1")
		h.removes(t, "Count, please")
		h.wants(t, "v: ", "ai: "+shown+"✂")
		until(t, "the endpoint's request ends", func() bool { return h.server.HungUp() == 1 })
		until(t, "the stream ends", func() bool { return h.streams.current(h.in.Visitor) == nil })
		h.server.Says("As you like.")
		h.says(t, "client-2", "Tea?")
		h.wants(t, "v: ", "ai: "+shown+"✂", "v: Tea?", "ai: As you like.")
	})
	t.Run("by an operator", func(t *testing.T) {
		h := newHelped(t, nil)
		h.run(t)
		shown := h.begunAnswer(t, h.reads(t), "client-1")
		asked, err := h.newestOf(t.Context(), h.in.Visitor, chat.Visitor)
		must(t, err)
		_, err = h.Hear(t.Context(), Heard{
			Visitor: h.in.Visitor, Kind: chat.Redaction, Author: chat.Author{Party: chat.Operator, ID: "@anna:example.org"}, Target: asked.ID, Origin: "$1",
		}, func(context.Context, chat.Entry) error { return nil })
		must(t, err)
		h.wants(t, "v: ", "ai: "+shown+"✂")
		until(t, "the endpoint's request ends", func() bool { return h.server.HungUp() == 1 })
	})
	t.Run("before it begins", func(t *testing.T) {
		h := newHelped(t, nil)
		h.run(t)
		h.server.Script(gpttest.Says(long).Hold(0))
		h.says(t, "client-1", "Count, please")
		until(t, "it is asked", func() bool { return h.server.Held() == 1 })
		h.removes(t, "Count, please")
		until(t, "the endpoint's request ends", func() bool { return h.server.HungUp() == 1 })
		until(t, "the stream ends", func() bool { return h.streams.current(h.in.Visitor) == nil })
		if got := h.journal(t); len(got) > 1 || len(h.requests(t)) > 0 {
			t.Errorf("the journal is %q", got)
		}
	})
	t.Run("before the bot hears it", func(t *testing.T) {
		h := newHelped(t, nil)
		h.says(t, "client-1", "Count, please")
		h.removes(t, "Count, please")
		h.hear(t)
		if len(h.requests(t)) > 0 {
			t.Error("an answer is ordered")
		}
	})
	t.Run("while the bot's turn is computed", func(t *testing.T) {
		h := newHelped(t, nil)
		h.says(t, "client-1", "Count, please")
		computed, err := h.nextTurn(t.Context(), h.in.Visitor)
		must(t, err)
		h.removes(t, "Count, please")
		if err := h.commit(t.Context(), computed); !errors.Is(err, errStale) {
			t.Errorf("the turn is kept: %v", err)
		}
	})
	t.Run("complete, and seen by nobody", func(t *testing.T) {
		h := newHelped(t, nil)
		h.server.Says("Green tea.")
		h.says(t, "client-1", "What tea?")
		h.hear(t)
		h.completes(t)
		h.removes(t, "What tea?")
		h.hear(t)
		h.wants(t, "v: ")
	})
	t.Run("complete, while the bot's turn with it is computed", func(t *testing.T) {
		h := newHelped(t, nil)
		h.server.Says("Green tea.")
		h.says(t, "client-1", "What tea?")
		h.hear(t)
		h.completes(t)
		computed, err := h.nextTurn(t.Context(), h.in.Visitor)
		must(t, err)
		h.removes(t, "What tea?")
		if err := h.commit(t.Context(), computed); !errors.Is(err, errStale) {
			t.Errorf("the turn is kept: %v", err)
		}
		h.hear(t)
		h.wants(t, "v: ")
	})
	t.Run("with an older one that waits", func(t *testing.T) {
		h := newHelped(t, nil)
		h.run(t)
		h.server.Script(gpttest.Says(long).Hold(0), gpttest.Says(long).Hold(0), gpttest.Says("Green."))
		h.says(t, "client-1", "What tea?")
		until(t, "it is asked", func() bool { return h.server.Held() == 1 })
		h.says(t, "client-2", "And coffee?")
		until(t, "it is asked anew", func() bool { return h.server.Held() == 1 && h.server.HungUp() == 1 })
		h.removes(t, "And coffee?")
		h.wants(t, "v: What tea?", "v: ", "ai: Green.")
		if asked := h.server.Last(); strings.Contains(asked.Prompt("user"), "coffee") {
			t.Errorf("the model was told %+v", asked.Messages)
		}
	})
	t.Run("complete, with an older one that waits", func(t *testing.T) {
		h := newHelped(t, nil)
		h.server.Script(gpttest.Says("Both."), gpttest.Says("Green."))
		h.says(t, "client-1", "What tea?")
		h.says(t, "client-2", "And coffee?")
		h.hear(t)
		h.completes(t)
		h.removes(t, "And coffee?")
		h.run(t)
		h.wants(t, "v: What tea?", "v: ", "ai: Green.")
	})
	t.Run("while a chain pauses before it asks", func(t *testing.T) {
		h := newHelped(t, func(site *config.Site, _ *config.Assistant) {
			site.Bot.Chains = t.TempDir()
			chain := "on: [first_message]\nsteps:\n  - pause: 1s\n  - gpt:\n"
			must(t, os.WriteFile(filepath.Join(site.Bot.Chains, "later.yaml"), []byte(chain), 0o600))
		})
		h.server.Says("As you like.")
		h.says(t, "client-1", "Count, please")
		h.hear(t)
		h.removes(t, "Count, please")
		h.run(t)
		until(t, "the pause is over", func() bool {
			stands, err := h.store.BotState(t.Context(), h.in.Visitor)
			return err == nil && stands.Due.IsZero()
		})
		h.says(t, "client-2", "Tea?")
		h.wants(t, "v: ", "v: Tea?", "ai: As you like.")
	})
	t.Run("an edited one", func(t *testing.T) {
		h := newHelped(t, nil)
		h.run(t)
		shown := h.begunAnswer(t, h.reads(t), "client-1")
		asked, err := h.newestOf(t.Context(), h.in.Visitor, chat.Visitor)
		must(t, err)
		_, err = h.Edit(t.Context(), h.in, "client-2", asked.ID, "Count to twenty, please")
		must(t, err)
		_, err = h.Redact(t.Context(), h.in, "client-3", asked.ID)
		must(t, err)
		h.wants(t, "v: ", "ai: "+shown+"✂")
		until(t, "the endpoint's request ends", func() bool { return h.server.HungUp() == 1 })
	})
	t.Run("an older one", func(t *testing.T) {
		h := newHelped(t, nil)
		h.server.Says("Green.")
		h.run(t)
		h.says(t, "client-0", "Hi")
		h.wants(t, "v: Hi", "ai: Green.")
		h.begunAnswer(t, h.reads(t), "client-1")
		h.removes(t, "Hi")
		h.server.Release()
		h.wants(t, "v: ", "ai: Green.", "v: Count, please", "ai: "+long)
	})
	t.Run("an edit", func(t *testing.T) {
		h := newHelped(t, nil)
		h.run(t)
		h.begunAnswer(t, h.reads(t), "client-1")
		asked, err := h.newestOf(t.Context(), h.in.Visitor, chat.Visitor)
		must(t, err)
		_, err = h.Edit(t.Context(), h.in, "client-2", asked.ID, "Count to twenty, please")
		must(t, err)
		h.server.Release()
		h.wants(t, "v: Count, please", "ai: "+long)
		h.server.Says("Yes.")
		h.says(t, "client-3", "All?")
		h.wants(t, "v: Count, please", "ai: "+long, "v: All?", "ai: Yes.")
		if told := h.server.Last(); !strings.Contains(told.Prompt("user"), "Count to twenty, please") {
			t.Errorf("the model was told %q", told.Prompt("user"))
		}
	})
}
