// Package steady tells of loops that do not come on any more, which nothing but a new
// process mends: a lock that is never given back, a call that never returns.
//
// A loop that waits for work is well, however long it waits. One that is at work has to
// show from time to time that it comes on: a step ends, or the homeserver has answered it,
// or has not within its time. What may take long by right and ends by itself, such as a
// large file, counts as waiting (Rest), and so does a write: the writer has a pulse of its own.
package steady

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// The loops, as health and the log call them. The bridge is of no use without any of them.
const (
	Sockets    = "sockets"    // looks whether visitors are still there
	Visitors   = "visitors"   // knows who is here
	Inbox      = "inbox"      // brings operators' words to visitors
	Outbox     = "outbox"     // brings visitors' words to operators
	Desk       = "desk"       // does for dialogs what time brings
	Bot        = "bot"        // takes the bot's turns
	BotClock   = "bot_clock"  // wakes the bot in time
	Deliveries = "deliveries" // hands out mails and webhooks
)

// Watch looks at loops at each tick. It counts ticks and no time: a machine that slept, a
// process that was stopped, and a clock that was set hold up nobody by themselves.
type Watch struct {
	most int

	mu    sync.Mutex
	loops []*Loop
}

// Loop is a loop of one goroutine. A nil Loop is one that nobody watches.
type Loop struct {
	name  string
	beats atomic.Uint64
	// working is how many steps are under way, less those that rest.
	working atomic.Int32

	// Of the watch: the beats at the last tick, and for how many ticks they stayed so.
	seen  uint64
	still int
}

// New makes a watch for which a loop hangs that stood still at more ticks than most.
func New(most int) *Watch { return &Watch{most: most} }

type (
	watchKey struct{}
	loopKey  struct{}
)

// On returns a context in which Of makes loops that are watched.
func (w *Watch) On(ctx context.Context) context.Context { return context.WithValue(ctx, watchKey{}, w) }

// Of makes a loop of the watch of a context, or nil if it has none.
func Of(ctx context.Context, name string) *Loop {
	w, ok := ctx.Value(watchKey{}).(*Watch)
	if !ok {
		return nil
	}
	l := &Loop{name: name}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.loops = append(w.loops, l)
	return l
}

// Step does one step of a loop. What it does in the given context shows that it comes on.
func (l *Loop) Step(ctx context.Context, do func(context.Context) error) error {
	if l == nil {
		return do(ctx)
	}
	l.beats.Add(1)
	l.working.Add(1)
	defer l.working.Add(-1)
	return do(context.WithValue(ctx, loopKey{}, l))
}

// Beat says that the step around it comes on, if there is one.
func Beat(ctx context.Context) {
	if l, ok := ctx.Value(loopKey{}).(*Loop); ok {
		l.beats.Add(1)
	}
}

// Rest says that the step around it waits, until the returned function is called, for what
// ends by itself or is not ours.
func Rest(ctx context.Context) (goOn func()) {
	l, ok := ctx.Value(loopKey{}).(*Loop)
	if !ok {
		return func() {}
	}
	l.working.Add(-1)
	return func() {
		l.beats.Add(1)
		l.working.Add(1)
	}
}

// Run looks at all loops from time to time until ctx ends.
func (w *Watch) Run(ctx context.Context, every time.Duration) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			w.tick()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (w *Watch) tick() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.loops {
		beats := l.beats.Load()
		if l.working.Load() <= 0 || beats != l.seen {
			l.seen, l.still = beats, 0
			continue
		}
		l.still++
	}
}

// Hung returns the names of the loops that hang.
func (w *Watch) Hung() (names []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.loops {
		if l.still > w.most && !slices.Contains(names, l.name) {
			names = append(names, l.name)
		}
	}
	return names
}
