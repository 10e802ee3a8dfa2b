package dialog

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// A fault of the program costs one order; the others are done, and the process lives.
func TestAnOrderThatBreaksOffStopsNoOther(t *testing.T) {
	left, done := []string{"good", "bad", "better"}, make(chan string, 3)
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() {
		over <- works[string]{
			name: "orders", bell: make(signal, 1), most: 1, release: func(context.Context, time.Time) error { return nil },
			take: func(_ context.Context, _ time.Time, most int) (taken []string, next time.Time, err error) {
				most = min(most, len(left))
				taken, left = left[:most], left[most:]
				return taken, time.Time{}, nil
			},
			do: func(_ context.Context, order string) {
				if order == "bad" {
					panic("a fault")
				}
				done <- order
			},
		}.run(ctx, zerolog.Nop())
	}()
	for _, want := range []string{"good", "better"} {
		select {
		case got := <-done:
			if got != want {
				t.Errorf("done is %q, not %q", got, want)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("nothing is done any more")
		}
	}
	stop()
	if err := <-over; !errors.Is(err, context.Canceled) {
		t.Errorf("it ended by %v", err)
	}
}

// wroteBoard notes what a desk is told of what was written.
type wroteBoard struct {
	noDesk
	mu  sync.Mutex
	all []Written
	// fails is what telling comes to.
	fails func()
}

func (b *wroteBoard) Wrote(_ context.Context, _ *config.Site, _ store.Visitor, w Written) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = append(b.all, w)
	if b.fails != nil {
		b.fails()
	}
	return nil
}

func (b *wroteBoard) told() []Written {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.all)
}

// Invariant 4: an errand at which the program breaks off is tried three times and given up, which
// operators read if they can be told; those behind it are done.
func TestInvariant04AnErrandThatBreaksOffIsGivenUp(t *testing.T) {
	for name, c := range map[string]struct {
		translates, tells bool
		want              []Failure
	}{
		"in the assistant": {translates: true, want: []Failure{FailedBroken, ""}},
		"in the desk":      {tells: true, want: []Failure{"", FailedBroken, ""}},
	} {
		t.Run(name, func(t *testing.T) {
			core, m := newTranslated(t)
			told := &wroteBoard{}
			core.ServeDesk(told)
			m.let(func(_ context.Context, text string) Writing {
				if c.translates && text == "bad" {
					panic("a fault")
				}
				return Writing{Text: "(" + text + ")"}
			})
			if c.tells {
				told.fails = func() {
					if w := told.all[len(told.all)-1]; w.About.Content.Text == "bad" {
						panic("a fault")
					}
				}
			}
			bad, good := core.says(t, "client-1", "bad"), core.says(t, "client-2", "good")
			ctx, stop := context.WithCancel(t.Context())
			over := make(chan error, 1)
			go func() { over <- core.RunErrands(ctx) }()
			until(t, "the good one is told", func() bool {
				all := told.told()
				return len(all) > 0 && all[len(all)-1].About.ID == good.ID
			})
			stop()
			if err := <-over; !errors.Is(err, context.Canceled) {
				t.Errorf("it ended by %v", err)
			}
			var got []Failure
			for i, w := range told.told() {
				if about := w.About.ID; (about == good.ID) != (i == len(told.told())-1) || about != good.ID && about != bad.ID {
					t.Errorf("told is %+v", w)
				}
				got = append(got, w.Failed)
			}
			// What spoils a transaction for others is run once more alone.
			if got = slices.Compact(got); !slices.Equal(got, c.want) {
				t.Errorf("operators were told %q, not %q", got, c.want)
			}
			tries := slices.DeleteFunc(m.heard(), func(text string) bool { return text != "bad" })
			if len(tries) != errandTries {
				t.Errorf("it was tried %d times", len(tries))
			}
			if rest, _, err := core.store.TakeErrands(t.Context(), now().Add(time.Hour), time.Minute, store.RequestShare{Limit: 9, Site: 9}); err != nil || len(rest) > 0 {
				t.Errorf("left are %+v, %v", rest, err)
			}
		})
	}
}

// A translation at which the program breaks off lets the words go as they are.
func TestATranslationThatBreaksOffHoldsNoWordsBack(t *testing.T) {
	c, m := newTranslated(t)
	m.let(func(context.Context, string) Writing { panic("a fault") })
	if got, failed := c.translated(t, "$1", chat.Content{Text: "hello"}); failed != FailedBroken || got.Text != "hello" || got.Original != nil {
		t.Errorf("got %+v, failed %q", got, failed)
	}
	m.let(nil)
	if got, failed := c.translated(t, "$2", chat.Content{Text: "hello"}); failed != "" || got.Text != "HELLO" {
		t.Errorf("the next one is %+v, failed %q", got, failed)
	}
}

// An answer that breaks off, before or while the assistant is asked, costs this answer:
// the visitor reads what is said in its place.
func TestAnAnswerThatBreaksOffHasItsFallback(t *testing.T) {
	for name, breaks := range map[string]func(h *helped){
		"before it is asked":   func(h *helped) { h.bot.answering.busy = nil },
		"while it is answered": func(h *helped) { h.bot.assistants.use(assistantID{"shop", "assistant"}, nil, &Assistant{}) },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHelped(t, func(_ *config.Site, a *config.Assistant) {
				a.Fallback.Endpoint = config.Fallback{Say: config.Text{"": "Sorry."}}
			})
			breaks(h)
			h.says(t, "client-1", "Tea?")
			h.hear(t)
			h.giveAnswer(t.Context(), h.requests(t)[0])
			h.hear(t)
			h.wants(t, "v: Tea?", "b: Sorry.")
			if len(h.requests(t)) > 0 {
				t.Error("it is asked again")
			}
		})
	}
}

// What breaks off while an assistant writes for operators takes no room in its limits.
func TestAWishThatBreaksOffIsUnderWayNoMore(t *testing.T) {
	h := newHelped(t, nil)
	h.bot.assistants.use(assistantID{"shop", "assistant"}, nil, &Assistant{})
	site, who := h.cfg.Sites["shop"], store.Visitor{ID: h.in.Visitor, Site: "shop"}
	if err := safely(func() error {
		h.errands.scribe.Translate(t.Context(), site, who, "Green tea", "en", "de")
		return nil
	}); !errors.Is(err, errFault) {
		t.Fatalf("it broke off by %v", err)
	}
	if len(h.bot.answering.busy) > 0 {
		t.Errorf("still under way are %v", h.bot.answering.busy)
	}
}

// A request that breaks off has no answer, and the chain goes on.
func TestARequestThatBreaksOffHasNoAnswer(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	c.says(t, "client-1", "Hi")
	next := c.begun(t)
	next.actions = []talk.Action{talk.Request{ID: "r1", Method: "GET", URL: talk.Spliced{{Text: "https://crm.example/"}}}}
	must(t, c.commit(t.Context(), next))
	c.bot.clients["shop"] = botClients{}
	open, err := c.store.BotRequests(t.Context(), c.in.Visitor)
	must(t, err)
	c.makeRequest(t.Context(), open[0])
	for next = c.begun(t); next.in.Event.Kind != talk.Responded; next = c.begun(t) {
		must(t, c.commit(t.Context(), next))
	}
	if r := next.in.Event.Response; next.in.Event.Request != "r1" || r == nil || r.Fault != "the program met a fault, which its log describes" {
		t.Errorf("the bot hears %+v of %+v", r, next.in.Event)
	}
}
