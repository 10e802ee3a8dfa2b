package dialog

import (
	"fmt"
	"strings"
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
			h := newHelped(t, func(_ *config.Site, a *config.Assistant) {
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
			if l := h.told.limits; len(l) != 2 || l[0] != l[1] || l[0].Scope != c.scope || !strings.HasSuffix(l[0].Origin, now().UTC().Format(time.DateOnly)) {
				t.Errorf("the desk was told %+v", l)
			}
		})
	}
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
