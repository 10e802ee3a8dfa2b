package dialog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Limits hold for a visitor, an address and the site, by requests and by tokens; the
// visitor is told something, the desk of each limit.
func TestLimitsOfAssistants(t *testing.T) {
	for name, c := range map[string]struct {
		limits config.AssistantLimits
		scope  LimitScope
		before store.UsageOf
	}{
		"requests of a visitor":  {config.AssistantLimits{Visitor: config.AssistantLimit{Requests: 1}}, LimitVisitor, store.UsageOf{}},
		"tokens of a visitor":    {config.AssistantLimits{Visitor: config.AssistantLimit{Tokens: 1}}, LimitVisitor, store.UsageOf{}},
		"requests of a site":     {config.AssistantLimits{Site: config.AssistantLimit{Requests: 1}, Visitor: config.AssistantLimit{Requests: 9}}, LimitSite, store.UsageOf{}},
		"requests of an address": {config.AssistantLimits{Address: config.AssistantLimit{Requests: 1}}, LimitAddress, store.UsageOf{}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHelped(t, func(site *config.Site, a *config.Assistant) {
				site.TimeZone = zoneAtNoon()
				a.Limits = c.limits
				a.Fallback.Limit = config.Fallback{Say: config.Text{"": "Enough for today."}}
			})
			must(t, h.store.SetAddress(t.Context(), h.in.Visitor, "hash"))
			h.run(t)
			h.server.Always(gpttest.Says("Tea."))
			h.says(t, "client-1", "One")
			h.wants(t, "v: One", "ai: Tea.")
			until(t, "it is counted", func() bool { return h.used(t).Visitor.Requests == 1 })
			for n := range 2 {
				h.says(t, chat.ClientID(fmt.Sprintf("client-%d", n+2)), "More")
				want := []string{"v: One", "ai: Tea."}
				for range n + 1 {
					want = append(want, "v: More", "b: Enough for today.")
				}
				h.wants(t, want...)
			}
			if len(h.server.Requests()) != 1 {
				t.Error("the endpoint was asked")
			}
			if can, err := h.canAssist(t.Context(), h.in.Site, h.in.Visitor, now()); err != nil || can {
				t.Errorf("it can answer: %t, %v", can, err)
			}
			if can, err := h.canAssist(t.Context(), h.in.Site, h.in.Visitor, now().Add(24*time.Hour)); err != nil || !can {
				t.Errorf("it can answer tomorrow: %t, %v", can, err)
			}
			if l := h.told.limits; len(l) != 2 || l[0] != l[1] || l[0].Scope != c.scope || !strings.HasSuffix(l[0].Origin, h.today()) {
				t.Errorf("the desk was told %+v", l)
			}
		})
	}
}

// zoneAtNoon is a zone in which no day ends for hours.
func zoneAtNoon() string {
	return fmt.Sprintf("Etc/GMT%+d", now().UTC().Hour()-12) // its sign is the other way round: GMT-3 is east
}

// fares are what the desk was told of an assistant's endpoints, each in a word or two.
func (b *board) fares() (told []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.faults {
		switch {
		case f.Works:
			told = append(told, "works")
		case f.Answers:
			told = append(told, "another answers: "+f.Why)
		default:
			told = append(told, "fails: "+f.Why)
		}
	}
	return told
}

// asker has the visitor ask, and waits for the answer.
func (h *helped) asker(t *testing.T) (ask func(reply gpttest.Reply, answer string)) {
	t.Helper()
	var want []string
	return func(reply gpttest.Reply, answer string) {
		t.Helper()
		h.server.Always(reply)
		h.says(t, chat.ClientID(fmt.Sprintf("client-%d", len(want)+1)), "Tea?")
		want = append(want, "v: Tea?", answer)
		h.wants(t, want...)
	}
}

// wantsFares waits for nothing: what the desk is told is told with the answer.
func (h *helped) wantsFares(t *testing.T, when string, want ...string) {
	t.Helper()
	got := h.told.fares()
	same := len(got) == len(want)
	for i := 0; same && i < len(want); i++ {
		same = strings.HasPrefix(got[i], strings.SplitN(want[i], "…", 2)[0]) && strings.Contains(got[i], want[i][strings.Index(want[i], "…")+len("…"):])
	}
	if !same {
		t.Fatalf("%s the desk was told %q, not %q", when, got, want)
	}
}

// A failing endpoint is told of once for each cause, and that it works again once it
// has answered; whatever comes after that is told of anew.
func TestAFailingEndpointIsToldOfOnce(t *testing.T) {
	h := newHelped(t, func(_ *config.Site, a *config.Assistant) {
		a.Fallback.Endpoint = config.Fallback{Say: config.Text{"": "Sorry."}}
		a.Fallback.Refused = config.Fallback{Say: config.Text{"": "I may not."}}
	})
	h.run(t)
	ask := h.asker(t)
	ask(gpttest.WrongKey(), "b: Sorry.")
	ask(gpttest.WrongKey(), "b: Sorry.")
	told := []string{"fails…key"}
	h.wantsFares(t, "after a wrong key", told...)
	ask(gpttest.NoMoney(), "b: Sorry.")
	ask(gpttest.WrongKey(), "b: Sorry.")
	told = append(told, "fails…money")
	h.wantsFares(t, "after another cause", told...)
	ask(gpttest.Refuses("I must not"), "b: I may not.")
	h.wantsFares(t, "after a refusal, which is no answer,", told...)
	for range mostRecoveries {
		ask(gpttest.Says("Green."), "ai: Green.")
		ask(gpttest.Says("Green."), "ai: Green.")
		told = append(told, "works…")
		h.wantsFares(t, "after an answer", told...)
		ask(gpttest.WrongKey(), "b: Sorry.")
		ask(gpttest.WrongKey(), "b: Sorry.")
		told = append(told, "fails…key")
		h.wantsFares(t, "after it worked", told...)
	}
	ask(gpttest.Says("Black."), "ai: Black.")
	ask(gpttest.WrongKey(), "b: Sorry.")
	h.wantsFares(t, "of an endpoint that comes and goes", told...)
	origins := map[string]bool{}
	for _, f := range h.told.faults {
		origins[f.Origin] = true
		if strings.Contains(f.Why, "sk-") {
			t.Errorf("it quotes the key: %s", f.Why)
		}
	}
	if len(origins) != len(told) {
		t.Errorf("of %d notices only %d would come", len(told), len(origins))
	}
}

// That another endpoint answers in the place of one is not the last word once none does.
func TestItIsToldThatNoEndpointAnswersAnyMore(t *testing.T) {
	second := gpttest.Start(t)
	h := newHelped(t, func(_ *config.Site, a *config.Assistant) {
		a.Fallback.Endpoint = config.Fallback{Say: config.Text{"": "Sorry."}}
		a.Endpoints = append(a.Endpoints, config.Endpoint{BaseURL: second.URL, Model: "second"})
	})
	h.run(t)
	ask := h.asker(t)
	second.Always(gpttest.Says("Black."))
	ask(gpttest.WrongKey(), "ai: Black.")
	ask(gpttest.WrongKey(), "ai: Black.")
	h.wantsFares(t, "while another one answers", "another answers…key")
	second.Always(gpttest.WrongKey())
	ask(gpttest.WrongKey(), "b: Sorry.")
	ask(gpttest.WrongKey(), "b: Sorry.")
	h.wantsFares(t, "once none answers", "another answers…key", "fails…key")
	ask(gpttest.Says("Green."), "ai: Green.")
	h.wantsFares(t, "when all is well", "another answers…key", "fails…key", "works…")
}

// Of answers that begin at once as many get in as a limit leaves room for, and the
// database is read while others come and go.
func TestLimitsHoldForAnswersAtOnce(t *testing.T) {
	const most, all = 3, 20
	h := newHelped(t, func(site *config.Site, a *config.Assistant) {
		site.TimeZone = zoneAtNoon()
		a.Limits = config.AssistantLimits{Site: config.AssistantLimit{Requests: most}}
	})
	site := h.cfg.Sites["shop"]
	reserved := func(ctx context.Context) *writing {
		w := &writing{Service: h.Service, underWay: &underWay{
			AssistantRequest: store.AssistantRequest{Visitor: h.in.Visitor, Assistant: "assistant", At: now()},
		}, site: site, config: site.Assistants["assistant"]}
		if err := w.reserve(ctx); err != nil {
			t.Error(err)
		}
		return w
	}
	var busy sync.WaitGroup
	begun := make([]*writing, all)
	for i := range begun {
		busy.Go(func() { begun[i] = reserved(t.Context()) })
	}
	busy.Wait()
	begun = slices.DeleteFunc(begun, func(w *writing) bool { return w.over != "" })
	if len(begun) != most {
		t.Fatalf("%d got in", len(begun))
	}
	must(t, h.store.AddUsage(t.Context(), begun[0].of, store.Usage{Requests: 1}))
	begun[0].release()
	if w := reserved(t.Context()); w.over != LimitSite {
		t.Error("more are under way, or were, than may be")
	}
	begun[1].release()
	reads := 0
	last := reserved(looking{t.Context(), func() {
		reads++
		if !h.bot.answering.mu.TryLock() {
			t.Error("others are kept waiting while the database is read")
			return
		}
		h.bot.answering.mu.Unlock()
	}})
	if last.over != "" || reads == 0 {
		t.Errorf("the last one meets the limit %q", last.over)
	}
	begun[2].release()
	last.release()
	if len(h.bot.answering.busy) > 0 {
		t.Errorf("still under way are %v", h.bot.answering.busy)
	}
}

// looking is a context that looks whenever it is asked for something, as queries do.
type looking struct {
	context.Context //nolint:containedctx // it is one
	look            func()
}

func (l looking) Value(key any) any {
	l.look()
	return l.Context.Value(key)
}
