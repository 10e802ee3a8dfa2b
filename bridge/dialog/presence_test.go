package dialog

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// watched keeps what watchers are told.
type watched struct {
	mu    sync.Mutex
	news  []bool
	moves int
}

func (*watched) Wake(chat.VisitorID)                {}
func (*watched) VisitorTyping(chat.VisitorID, bool) {}
func (*watched) BotTyping(chat.VisitorID, bool)     {}

func (w *watched) VisitorPresence(_ chat.VisitorID, online bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.news = append(w.news, online)
}

func (w *watched) VisitorMoved(chat.VisitorID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.moves++
}

func (w *watched) told(t *testing.T, when string, want ...bool) {
	t.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.news, want) {
		t.Errorf("%s: told %v, want %v", when, w.news, want)
	}
}

// watch runs a test with a clock of its own.
func watch(t *testing.T, do func(t *testing.T, c *core, w *watched)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c, w := newCore(t), &watched{}
		c.Watch(w)
		do(t, c, w)
	})
}

// Invariant 20: presence is told on transitions, and a grace period hides short absences.
func TestInvariant20PresenceChangesAfterTheGraceOnly(t *testing.T) {
	watch(t, func(t *testing.T, c *core, w *watched) {
		v := c.in.Visitor
		first, second := c.Listen(Session{Visitor: v}, &silent{}), c.Listen(Session{Visitor: v}, &silent{})
		w.told(t, "two tabs", true)
		pass(time.Hour)
		first()
		pass(time.Minute)
		w.told(t, "one of them closed", true)
		second()
		pass(graceFor - time.Second)
		back := c.Listen(Session{Visitor: v}, &silent{})
		pass(time.Minute)
		w.told(t, "back in time", true)
		back()
		back() // twice is once
		left := now()
		pass(graceFor - time.Millisecond)
		w.told(t, "within the grace", true)
		if !c.Present(v) || len(c.Online()) != 1 || c.Connections(v) != 0 {
			t.Error("the visitor is gone within the grace")
		}
		pass(time.Millisecond)
		w.told(t, "after the grace", true, false)
		if got := c.seenAt(t, v); !got.Equal(left) || c.Present(v) {
			t.Errorf("the last tab closed at %s, and the store says %s", left, got)
		}
		c.Listen(Session{Visitor: v}, &silent{})
		w.told(t, "back again", true, false, true)
	})
}

// What a process that ends in order knows is exact, also within a grace period.
func TestWhoIsHereSurvivesTheProcess(t *testing.T) {
	for name, crash := range map[string]bool{"in order": false, "by a crash": true} {
		t.Run(name, func(t *testing.T) {
			watch(t, func(t *testing.T, c *core, _ *watched) {
				alive, stop := context.WithCancel(t.Context())
				go func() { _ = c.Run(alive) }()
				returns, stays := c.in.Visitor, c.another(t)
				c.Listen(Session{Visitor: returns}, &silent{})
				pass(time.Hour)
				leave := c.Listen(Session{Visitor: stays}, &silent{})
				pass(time.Hour + aliveEvery/2)
				leave()
				left := now()
				pass(graceFor / 3)
				synctest.Wait()
				stop()
				if crash {
					c.hub.shut()
				} else {
					must(t, c.Stop())
				}
				pass(time.Hour)

				next, w := c.next(t), &watched{}
				next.Watch(w)
				must(t, next.Recall(t.Context()))
				if got := next.Online(); !slices.Equal(got, []chat.VisitorID{stays, returns}) {
					t.Errorf("online after the start: %v", got)
				}
				next.Listen(Session{Visitor: returns}, &silent{})
				pass(graceFor)
				w.told(t, "after the next start", false)
				off := c.seenAt(t, stays).Sub(left)
				if !crash && off != 0 || off.Abs() > aliveEvery {
					t.Errorf("the store is %s off", off)
				}
				third := next.next(t)
				must(t, third.Recall(t.Context()))
				if got := third.Online(); !slices.Equal(got, []chat.VisitorID{returns}) {
					t.Errorf("online after the third start: %v", got)
				}
			})
		})
	}
}

// pass lets time go by, which takes none within a bubble.
func pass(d time.Duration) { <-time.After(d) }

// next is the service of the next start, over the same database.
func (c *core) next(t *testing.T) *core {
	t.Helper()
	service, err := New(c.cfg, c.store, zerolog.Nop())
	must(t, err)
	return &core{service, c.in, c.store}
}

// another is a second visitor.
func (c *core) another(t *testing.T) chat.VisitorID {
	t.Helper()
	in, err := c.Enter(t.Context(), "shop", strings.Repeat("a", 43), store.Device{})
	must(t, err)
	return in.Visitor
}
