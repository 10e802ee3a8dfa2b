package dialog

import (
	"maps"
	"sync"
	"time"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// typists are the operators who type, as far as the bot makes way for them.
type typists struct {
	mu    sync.Mutex
	since map[chat.VisitorID]time.Time
}

func newTypists() typists { return typists{since: map[chat.VisitorID]time.Time{}} }

const (
	// holdFor is how long the bot's words wait for an operator who types.
	holdFor = 10 * time.Second
	// typesFor is how long somebody types without a repeat.
	typesFor = 12 * time.Second
)

// operatorTypes has the bot make way for an operator who types, for a little.
func (s *Service) operatorTypes(v chat.VisitorID, on bool) {
	if len(s.bot.clients) == 0 {
		return // no site has a bot
	}
	s.bot.present.set(v, on)
	if !on {
		s.bot.turns.stopped(v)
		s.bot.answering.stopped(v)
	}
}

// set notes that an operator types, or stopped.
func (t *typists) set(v chat.VisitorID, on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if on {
		t.since[v] = now()
	} else {
		delete(t.since, v)
	}
}

// types reports whether an operator types in a dialog.
func (t *typists) types(v chat.VisitorID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	since, ok := t.since[v]
	if ok && now().Sub(since) >= typesFor {
		delete(t.since, v)
		return false
	}
	return ok
}

// sweep forgets who typed and never stopped: a dialog that the bot has nothing to
// say in is not asked about.
func (t *typists) sweep() {
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.since, func(_ chat.VisitorID, since time.Time) bool { return now().Sub(since) >= typesFor })
}

// heldBack is how much longer the bot's words wait for an operator who types.
func (s *Service) heldBack(v chat.VisitorID, d *turning) time.Duration {
	if !s.bot.present.types(v) {
		return 0
	}
	if d.held.IsZero() {
		d.held = now()
	}
	return max(holdFor-now().Sub(d.held), 0)
}

// composing are the dialogs in which the bot seems to type.
type composing struct {
	mu     sync.Mutex
	timers map[chat.VisitorID]*time.Timer
}

func newComposing() composing { return composing{timers: map[chat.VisitorID]*time.Timer{}} }

// typingRepeat is how often the widget is told again: it forgets after ten seconds.
const typingRepeat = 5 * time.Second

// compose shows the visitor that the bot types while its next words wait for a
// short pause, and that it does not any more.
func (s *Service) compose(v chat.VisitorID, t *turn) {
	var until time.Time
	if t.after.Typing() {
		until = now().Add(chain.ShortPause) // at most: each turn looks anew
	}
	c := &s.bot.typing
	c.mu.Lock()
	timer := c.timers[v]
	if timer != nil {
		timer.Stop()
		delete(c.timers, v)
	}
	c.mu.Unlock()
	switch {
	case now().Before(until):
		s.goOnComposing(v, until)
	case timer != nil:
		s.botTypes(v, false)
	}
}

func (s *Service) goOnComposing(v chat.VisitorID, until time.Time) {
	s.botTypes(v, true)
	c := &s.bot.typing
	c.mu.Lock()
	defer c.mu.Unlock()
	var timer *time.Timer
	timer = time.AfterFunc(typingRepeat, func() {
		c.mu.Lock()
		current := c.timers[v] == timer
		if current {
			delete(c.timers, v)
		}
		c.mu.Unlock()
		if current && now().Before(until) {
			s.goOnComposing(v, until)
		}
	})
	c.timers[v] = timer
}

func (s *Service) botTypes(v chat.VisitorID, on bool) {
	for _, l := range s.hub.of(v) {
		l.Typing(chat.Author{Party: chat.Bot}, on)
	}
}
