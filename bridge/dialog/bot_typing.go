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
	// patience is holdFor, and grace sentFor, but in tests.
	patience, grace time.Duration

	mu sync.Mutex
	// until is how long they count as typing if nothing more is heard of it.
	until map[chat.VisitorID]time.Time
}

func newTypists() typists {
	return typists{patience: holdFor, grace: sentFor, until: map[chat.VisitorID]time.Time{}}
}

const (
	// holdFor is how long the bot's words wait for an operator who types.
	holdFor = 10 * time.Second
	// typesFor is how long somebody types without a repeat.
	typesFor = 12 * time.Second
	// sentFor is how long somebody counts as typing who stopped: whoever sends stops
	// too, and what was sent comes by another way, and may come after that.
	sentFor = 2 * time.Second
)

// operatorTypes has the bot make way for an operator who types, for a little.
func (s *Service) operatorTypes(v chat.VisitorID, on bool) {
	if len(s.bot.clients) == 0 {
		return // no site has a bot
	}
	if on {
		s.bot.present.set(v, typesFor)
		return
	}
	s.bot.present.set(v, s.bot.present.grace)
	time.AfterFunc(s.bot.present.grace, func() {
		if s.bot.present.types(v) {
			return // again, or somebody else
		}
		s.bot.turns.stopped(v)
		s.bot.answering.stopped(v)
	})
}

// set notes that an operator types for so long.
func (t *typists) set(v chat.VisitorID, span time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.until[v] = now().Add(span)
}

// types reports whether an operator types in a dialog.
func (t *typists) types(v chat.VisitorID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	until, ok := t.until[v]
	if ok && !now().Before(until) {
		delete(t.until, v)
		return false
	}
	return ok
}

// sweep forgets who typed and never stopped: a dialog that the bot has nothing to
// say in is not asked about.
func (t *typists) sweep() {
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.until, func(_ chat.VisitorID, until time.Time) bool { return !now().Before(until) })
}

// heldBack is how much longer the bot's words wait for an operator who types.
func (s *Service) heldBack(v chat.VisitorID, d *turning) time.Duration {
	if !s.bot.present.types(v) {
		return 0
	}
	if d.held.IsZero() {
		d.held = now()
	}
	return max(s.bot.present.patience-now().Sub(d.held), 0)
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
