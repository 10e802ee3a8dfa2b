package matrix

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// teller tells as showPresence does, and keeps when and what.
type teller struct {
	presence
	told  map[chat.VisitorID]shown
	wants sync.Map
	lines []line
}

type line struct {
	at time.Time
	v  chat.VisitorID
	shown
}

func (r *teller) run(ctx context.Context) {
	for {
		v, ok := r.next()
		if !ok {
			select {
			case <-r.bell:
			case <-ctx.Done():
				return
			}
			continue
		}
		if r.limit.Wait(ctx) != nil {
			return
		}
		want, _ := r.wants.Load(v)
		if tell, ok := r.due(v, r.told[v], want.(shown), time.Now()); ok {
			r.done(v, r.told[v], tell, time.Now())
			r.told[v] = tell
			r.lines = append(r.lines, line{time.Now(), v, tell})
		}
	}
}

func tell(t *testing.T, do func(t *testing.T, r *teller, start func())) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &teller{presence: newPresence(), told: map[chat.VisitorID]shown{}}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		do(t, r, func() { go r.run(ctx) })
	})
}

func pass(d time.Duration) { <-time.After(d); synctest.Wait() }

// Invariant 20: a text at most once in 30 seconds, the newest of those that came meanwhile.
func TestInvariant20TextsWaitAndTheNewestIsTold(t *testing.T) {
	tell(t, func(t *testing.T, r *teller, start func()) {
		start()
		begin := time.Now()
		for i := range 60 { // a page a second for a minute, and never at the same time as a text
			r.wants.Store(chat.VisitorID("v"), shown{online: true, text: string(rune('A' + i))})
			r.change("v", i == 0)
			pass(time.Second + time.Millisecond)
		}
		r.wants.Store(chat.VisitorID("v"), shown{text: "Z"})
		r.change("v", true)
		pass(time.Hour)
		var texts []string
		var last time.Time
		for _, l := range r.lines {
			if changed := len(texts) == 0 || texts[len(texts)-1] != l.text; changed && !last.IsZero() && l.at.Sub(last) < statusEvery {
				t.Errorf("a text after %s", l.at.Sub(last))
			} else if changed {
				texts, last = append(texts, l.text), l.at
			}
		}
		if !slices.Equal(texts, []string{"A", "^", "|", "Z"}) {
			t.Errorf("texts %q", texts)
		}
		// That the visitor left is no text, and does not wait.
		gone := r.lines[slices.IndexFunc(r.lines, func(l line) bool { return !l.online })]
		if gone.at.Sub(begin) > time.Minute+time.Second {
			t.Errorf("told after %s that the visitor left", gone.at.Sub(begin))
		}
		if len(r.texted) > 1 || len(r.later) > 0 || len(r.lined) > 0 || len(r.online) > 0 {
			t.Errorf("left are %v %v %v %v", r.texted, r.later, r.lined, r.online)
		}
	})
}

// Invariant 20: five a second, who comes and goes first, and nobody twice in the line.
func TestInvariant20PresenceIsToldWithinItsBudget(t *testing.T) {
	tell(t, func(t *testing.T, r *teller, start func()) {
		const many = 100
		begin := time.Now()
		visitors := make([]chat.VisitorID, many)
		for i := range visitors {
			visitors[i] = chat.NewVisitorID()
			r.wants.Store(visitors[i], shown{online: true, text: "Tea"})
			for range 10 {
				r.change(visitors[i], false)
			}
		}
		last := visitors[many-1]
		r.change(last, true)
		if n := len(r.urgent) + len(r.calm); n != many {
			t.Errorf("%d stand in line", n)
		}
		start()
		pass(time.Minute)
		if len(r.lines) != many {
			t.Fatalf("%d were told of", len(r.lines))
		}
		if i := slices.IndexFunc(r.lines, func(l line) bool { return l.v == last }); i != 0 {
			t.Errorf("who came was told of after %d others", i)
		}
		if took := r.lines[many-1].at.Sub(begin); took < (many-1)*time.Second/presencePerSecond {
			t.Errorf("%d were told of within %s", many, took)
		}
		if kept := r.alive(append(visitors, "nobody")); !slices.Equal(kept, visitors) {
			t.Errorf("%d are kept online", len(kept))
		}
	})
}

func TestStatusTextsKeepSecrets(t *testing.T) {
	for want, page := range map[string]store.Page{
		"Green tea":                 {Title: "  Green\n tea ", URL: "https://shop.example/tea"},
		"https://shop.example/cart": {Title: "\u202E \u200B", URL: "https://ann:secret@shop.example/cart?token=secret#secret"},
		"javascript:":               {URL: "javascript:alert(1)"},
		"":                          {URL: "https://shop.example/%zz?secret"},
		strings.Repeat("x", 120):    {Title: strings.Repeat("x", 256)},
	} {
		if got := statusText(page); got != want {
			t.Errorf("%+v is shown as %q, want %q", page, got, want)
		}
	}
}

func TestWhatWasToldIsReadBack(t *testing.T) {
	for _, s := range []shown{{}, {online: true}, {online: true, text: "online tea  now"}, {text: "offline"}} {
		if got := parseShown(s.String()); got != s {
			t.Errorf("%+v comes back as %+v", s, got)
		}
	}
}
