package dialog

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot"
	"github.com/anteroom-chat/anteroom/bot/gpt"
	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Whoever speaks first cuts an answer short, which stands before that as far as it
// was shown, once; the endpoint's request ends.
func TestInvariant10AnAssistantIsCutShort(t *testing.T) {
	for name, c := range map[string]struct {
		cut  func(t *testing.T, h *helped) error
		line string
	}{
		"by an operator": {func(t *testing.T, h *helped) error { h.answers(t, "$1"); return nil }, "o: I am here"},
		"by a reply": {func(t *testing.T, h *helped) error {
			return h.Reply(t.Context(), h.in.Visitor, chat.Author{Party: chat.Operator, ID: "@anna:example.org"}, "1", chat.Content{Text: "Canned"})
		}, "o: Canned"},
		"by bot off": {func(t *testing.T, h *helped) error {
			return h.SilenceBot(t.Context(), h.in.Visitor, "@anna:example.org", 0)
		}, ""},
		"by a block": {func(t *testing.T, h *helped) error { return h.Block(t.Context(), h.in.Visitor, true) }, ""},
		"by a close": {func(t *testing.T, h *helped) error { _, err := h.Close(t.Context(), h.in.Visitor); return err }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHelped(t, nil)
			h.run(t)
			shown := h.begunAnswer(t, h.reads(t), "client-1")
			must(t, c.cut(t, h))
			want := []string{"v: Count, please", "ai: " + shown + "✂"}
			if c.line != "" {
				want = append(want, c.line)
			}
			h.wants(t, want...)
			until(t, "the endpoint's request ends", func() bool { return h.server.HungUp() == 1 })
			until(t, "the stream ends", func() bool { return h.streams.current(h.in.Visitor) == nil })
			until(t, "its use is counted", func() bool { return h.used(t).Visitor.Requests == 1 })
			h.server.Release()
			must(t, c.cut(t, h)) // once more changes nothing of it
			if got := h.journal(t); !slices.Equal(got[:2], want[:2]) || len(h.requests(t)) > 0 {
				t.Errorf("the journal is %q", got)
			}
		})
	}
}

// A block of an address cuts short what is written for any who come from there; once it
// is lifted nothing more comes of that.
func TestABlockOfAnAddressCutsItsAnswersShort(t *testing.T) {
	h := newHelped(t, nil)
	h.run(t)
	other, err := h.Enter(t.Context(), "shop", strings.Repeat("o", 43), store.Device{})
	must(t, err)
	must(t, h.CameFrom(t.Context(), h.in.Visitor, "home"))
	must(t, h.CameFrom(t.Context(), other.Visitor, "home"))
	rude := store.Visitor{ID: other.Visitor, Site: "shop"}
	shown := h.begunAnswer(t, h.reads(t), "client-1")
	if fresh, known, err := h.BlockAddress(t.Context(), rude); err != nil || !fresh || !known {
		t.Fatal(fresh, known, err)
	}
	if again, known, err := h.BlockAddress(t.Context(), rude); err != nil || again || !known {
		t.Error(again, known, err)
	}
	want := []string{"v: Count, please", "ai: " + shown + "✂"}
	h.wants(t, want...)
	until(t, "the endpoint's request ends", func() bool { return h.server.HungUp() == 1 })
	must(t, h.UnblockAddress(t.Context(), rude))
	until(t, "the bot has heard of it", func() bool {
		waiting, err := h.store.BotInputsLike(t.Context(), h.in.Visitor, answerPrefix)
		must(t, err)
		return len(waiting) == 0 && len(h.requests(t)) == 0
	})
	h.wants(t, want...)
}

// The visitor's next words cut an answer short and are answered, in view of what was said.
func TestTheVisitorCutsAnAssistantShort(t *testing.T) {
	h := newHelped(t, nil)
	h.run(t)
	shown := h.begunAnswer(t, h.reads(t), "client-1")
	h.server.Says("As you like.")
	h.says(t, "client-2", "Stop, tell me of tea")
	h.wants(t, "v: Count, please", "ai: "+shown+"✂", "v: Stop, tell me of tea", "ai: As you like.")
	if asked := h.server.Last(); !strings.Contains(asked.Prompt("assistant"), shown) || !strings.Contains(asked.Asked(), "tell me of tea") {
		t.Errorf("the model was told %+v", asked.Messages)
	}
}

// Of what nobody was shown nothing is said.
func TestNothingIsSaidOfWhatNobodyWasShown(t *testing.T) {
	h := newHelped(t, nil)
	h.run(t)
	h.server.Script(gpttest.Says(long).Hold(0))
	h.says(t, "client-1", "Count, please")
	until(t, "it is asked", func() bool { return h.server.Held() == 1 })
	h.answers(t, "$1")
	until(t, "the endpoint's request ends", func() bool { return h.server.HungUp() == 1 })
	h.wants(t, "v: Count, please", "o: I am here")
	if len(h.told.faults) > 0 {
		t.Errorf("the desk was told %+v", h.told.faults)
	}
}

// What would have cut an answer and came to nothing lets it go on.
func TestACutThatIsNotKept(t *testing.T) {
	h := newHelped(t, nil)
	h.run(t)
	h.begunAnswer(t, h.reads(t), "client-1")
	failed := errors.New("the disk is full")
	if _, err := h.Hear(t.Context(), Heard{
		Visitor: h.in.Visitor, Kind: chat.Message, Author: chat.Author{Party: chat.Operator, ID: "@anna:example.org"},
		Content: chat.Content{Text: "I am here"}, Origin: "$1",
	}, func(context.Context, chat.Entry) error { return failed }); !errors.Is(err, failed) {
		t.Fatal(err)
	}
	st := h.streams.current(h.in.Visitor)
	until(t, "the stream is let go", func() bool {
		st.mu.Lock()
		defer st.mu.Unlock()
		return !st.held
	})
	h.server.Release()
	h.wants(t, "v: Count, please", "ai: "+long)
}

// A complete answer that the bot has not said yet is said before whatever comes
// first; an operator's word keeps back what nobody was shown of.
func TestACompleteAnswerIsSaidBeforeTheNextWord(t *testing.T) {
	complete := func(t *testing.T, seen bool) *helped {
		t.Helper()
		h := newHelped(t, nil)
		if seen {
			h.reads(t)
		}
		h.server.Says("Green tea.")
		h.says(t, "client-1", "What tea?")
		h.hear(t)
		h.completes(t)
		h.wants(t, "v: What tea?")
		return h
	}
	t.Run("the visitor's", func(t *testing.T) {
		h := complete(t, false)
		h.says(t, "client-2", "And?")
		h.wants(t, "v: What tea?", "ai: Green tea.", "v: And?")
		h.hear(t)
		h.wants(t, "v: What tea?", "ai: Green tea.", "v: And?")
		if len(h.requests(t)) != 1 {
			t.Error("the next words are not answered")
		}
	})
	t.Run("an operator's, seen", func(t *testing.T) {
		h := complete(t, true)
		h.answers(t, "$1")
		h.hear(t)
		h.wants(t, "v: What tea?", "ai: Green tea.", "o: I am here")
	})
	t.Run("an operator's, unseen", func(t *testing.T) {
		h := complete(t, false)
		h.answers(t, "$1")
		h.hear(t)
		h.wants(t, "v: What tea?", "o: I am here")
		must(t, h.Continue(t.Context(), h.in.Visitor, "1"))
		h.hear(t)
		h.wants(t, "v: What tea?", "o: I am here")
	})
}

// The half of an answer that failed, which was taken away, comes back by no word.
func TestTheHalfOfAFailedAnswerStaysAway(t *testing.T) {
	for name, next := range map[string]func(t *testing.T, h *helped){
		"the visitor's": func(t *testing.T, h *helped) { t.Helper(); h.says(t, "client-2", "And?") },
		"an operator's": func(t *testing.T, h *helped) { t.Helper(); h.answers(t, "$1") },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHelped(t, nil)
			r := h.reads(t)
			h.server.Script(gpttest.Says(long).Cut(14))
			h.says(t, "client-1", "Count, please")
			h.hear(t)
			h.completes(t)
			if texts := r.texts(); len(texts) < 2 || !strings.HasSuffix(texts[len(texts)-1], "✗") {
				t.Fatalf("the visitor was shown %q", texts)
			}
			next(t, h)
			for _, line := range h.journal(t) {
				if strings.HasPrefix(line, "ai: ") {
					t.Errorf("it is said: %q", line)
				}
			}
		})
	}
}

// taken takes up the answer that is wanted, up to where the assistant is asked.
func (h *helped) taken(t *testing.T) (w *writing, over <-chan struct{}) {
	t.Helper()
	taken, _, err := h.store.TakeAssistantRequests(t.Context(), now(), time.Minute, store.RequestShare{Limit: 9, Site: 9})
	must(t, err)
	if len(taken) != 1 {
		t.Fatalf("taken are %+v", taken)
	}
	ctx, stop := context.WithCancel(t.Context())
	w = &writing{Service: h.Service, underWay: &underWay{AssistantRequest: taken[0], stop: stop}}
	h.bot.answering.enter(w.underWay)
	must(t, w.prepare(t.Context()))
	t.Cleanup(w.release)
	return w, ctx.Done()
}

// A cut reaches an answer that is taken up and has shown nothing, also if the one
// before it is shown still.
func TestACutReachesAnAnswerThatHasNotBegun(t *testing.T) {
	for name, before := range map[string]bool{"the first": false, "a further one": true} {
		t.Run(name, func(t *testing.T) {
			h := newHelped(t, nil)
			r := h.reads(t)
			h.server.Always(gpttest.Says("Green tea."))
			h.says(t, "client-1", "What tea?")
			h.hear(t)
			want := []string{"v: What tea?"}
			if before {
				first, _ := h.taken(t)
				first.write(t.Context())
				must(t, first.finish(t.Context()))
				h.says(t, "client-2", "And?")
				h.hear(t)
				want = append(want, "ai: Green tea.", "v: And?")
				h.streams.begin(h.in.Visitor, first.ID).show("Green tea.") // which nobody has ended
			}
			shown, asked := r.texts(), len(h.server.Requests())
			w, over := h.taken(t)
			h.answers(t, "$1")
			select {
			case <-over:
			case <-time.After(20 * time.Second):
				t.Fatal("the answer goes on")
			}
			w.write(t.Context())
			must(t, w.finish(t.Context()))
			h.wants(t, append(want, "o: I am here")...)
			for _, text := range r.texts()[len(shown):] {
				if strings.HasPrefix(text, w.ID) {
					t.Errorf("after the cut the visitor was shown %q", text)
				}
			}
			if len(h.server.Requests()) != asked {
				t.Error("the endpoint was asked")
			}
		})
	}
}

// An answer ends before its chain gives it up, and if the chain does so all the same,
// with that: the visitor does not read on beside what is said in its place.
func TestNoAnswerOutlivesItsChain(t *testing.T) {
	gives := func(_ *config.Site, a *config.Assistant) {
		a.Fallback.Endpoint = config.Fallback{Say: config.Text{"": "Sorry."}}
	}
	t.Run("it ends", func(t *testing.T) {
		h := newHelped(t, gives)
		h.server.Always(gpttest.Says(long).Hold(14))
		t.Cleanup(h.server.Release)
		h.says(t, "client-1", "Count, please")
		h.hear(t)
		w, _ := h.taken(t)
		w.At = w.At.Add(time.Second - w.until().Sub(now()))
		w.write(t.Context())
		if w.got.Failed != talk.FailedEndpoint || w.got.Code != gpt.CodeSlow {
			t.Errorf("it ended with %+v", w.got)
		}
		must(t, w.finish(t.Context()))
		h.hear(t)
		h.wants(t, "v: Count, please", "b: Sorry.")
	})
	t.Run("it is given up", func(t *testing.T) {
		h := newHelped(t, gives)
		h.reads(t)
		h.says(t, "client-1", "Count, please")
		h.hear(t)
		w, over := h.taken(t)
		h.streams.begin(h.in.Visitor, w.ID).show("one two")
		kept, err := h.store.BotState(t.Context(), h.in.Visitor)
		must(t, err)
		var state bot.State
		must(t, json.Unmarshal([]byte(kept.State), &state))
		state.Runs[0].Wait.Until = now()
		made, err := json.Marshal(state)
		must(t, err)
		same, err := h.store.SetBotState(t.Context(), h.in.Visitor, store.BotState{State: string(made), Version: kept.Version, Due: now()})
		if err != nil || !same {
			t.Fatal(same, err)
		}
		h.hear(t)
		h.wants(t, "v: Count, please", "ai: one two✂", "b: Sorry.")
		select {
		case <-over:
		case <-time.After(20 * time.Second):
			t.Error("the answer goes on")
		}
		if len(h.requests(t)) > 0 {
			t.Error("it is wanted still")
		}
	})
}

// What was shown of an answer that is gone and has no entry is taken away.
func TestACutAnswerWithoutAnEntryIsTakenAway(t *testing.T) {
	h := newHelped(t, nil)
	h.run(t)
	r := h.reads(t)
	h.begunAnswer(t, r, "client-1")
	for _, open := range h.requests(t) {
		if mine, err := h.store.FinishAssistantRequest(t.Context(), open); err != nil || !mine {
			t.Fatal(mine, err)
		}
	}
	h.server.Release()
	until(t, "it is taken away", func() bool { texts := r.texts(); return strings.HasSuffix(texts[len(texts)-1], "✗") })
	h.wants(t, "v: Count, please")
}

// Who is erased in the middle of an answer leaves nothing.
func TestAnErasedVisitorIsAnsweredNoMore(t *testing.T) {
	h := newHelped(t, func(_ *config.Site, a *config.Assistant) { a.Timeout = config.Duration(time.Minute) }) // which ends it too
	h.run(t)
	h.begunAnswer(t, h.reads(t), "client-1")
	must(t, h.Erase(t.Context(), h.in.Visitor, "@anna:example.org", func(context.Context, store.Visitor) error { return nil }))
	until(t, "the endpoint's request ends", func() bool { return h.server.HungUp() == 1 })
	until(t, "the stream ends", func() bool { return h.streams.current(h.in.Visitor) == nil })
	if u := h.used(t); u.Visitor.Requests != 0 {
		t.Errorf("of the visitor is left %+v", u)
	}
}

// What was cut short names the sources of what the visitor was shown, and no others.
func TestACutAnswerHasItsSources(t *testing.T) {
	facts := t.TempDir()
	must(t, os.WriteFile(filepath.Join(facts, "a.md"), []byte("# Delivery\n\nTwo days.\n"), 0o600))
	must(t, os.WriteFile(filepath.Join(facts, "b.md"), []byte("# Returns\n\nThirty days.\n"), 0o600))
	h := newHelped(t, func(_ *config.Site, a *config.Assistant) { a.Knowledge = facts })
	h.run(t)
	r := h.reads(t)
	h.server.Script(gpttest.Says("one two three four [1]. " + long + " [2].").Hold(14))
	h.says(t, "client-1", "Count, please")
	until(t, "what rests on the first source is shown", func() bool {
		texts := r.texts()
		return h.server.Held() == 1 && len(texts) > 0 && strings.Contains(texts[len(texts)-1], "four. one two")
	})
	h.answers(t, "$1")
	until(t, "it is cut", func() bool { return len(h.requests(t)) == 0 })
	ai := h.newest(t).Content.AI
	if ai == nil || !ai.Interrupted || len(ai.Sources) != 1 || ai.Sources[0].Title != "Delivery" {
		t.Errorf("what was cut is marked %+v", ai)
	}
}
