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

// A failing endpoint is told of once an hour, and once that it works again.
func TestAFailingEndpointIsToldOfOnce(t *testing.T) {
	for {
		began := hour(now())
		f := toldOfAFailure(t)
		if hour(now()) != began {
			continue // an hour has begun, which may be told of once more
		}
		if len(f) != 2 || f[0].Works || f[0].Answers || f[0].Why == "" || !f[1].Works || f[0].Origin == f[1].Origin {
			t.Errorf("the desk was told %+v", f)
		}
		for _, fault := range f {
			if strings.Contains(fault.Why, "sk-") {
				t.Errorf("it quotes the key: %s", fault.Why)
			}
		}
		return
	}
}

// toldOfAFailure is what the desk is told of an endpoint that fails, works, fails and works.
func toldOfAFailure(t *testing.T) []AssistantFault {
	t.Helper()
	h := newHelped(t, func(_ *config.Site, a *config.Assistant) {
		a.Fallback.Endpoint = config.Fallback{Say: config.Text{"": "Sorry."}}
	})
	h.run(t)
	h.server.Always(gpttest.WrongKey())
	want := []string{}
	ask := func(n int, answer string) {
		t.Helper()
		h.says(t, chat.ClientID(fmt.Sprintf("client-%d", n)), "Tea?")
		want = append(want, "v: Tea?", answer)
		h.wants(t, want...)
	}
	ask(1, "b: Sorry.")
	ask(2, "b: Sorry.")
	h.server.Always(gpttest.Says("Green."))
	ask(3, "ai: Green.")
	ask(4, "ai: Green.")
	h.server.Always(gpttest.WrongKey())
	ask(5, "b: Sorry.")
	h.server.Always(gpttest.Says("Black."))
	ask(6, "ai: Black.")
	return h.told.faults
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
