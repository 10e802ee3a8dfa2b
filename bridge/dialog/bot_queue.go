package dialog

import (
	"context"
	"sync"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// turns hands the dialogs in which the bot may have something to hear to its
// workers: a dialog is with one worker at a time, and one that pauses with none.
type turns struct {
	mu    sync.Mutex
	state map[chat.VisitorID]*turning
	line  []chat.VisitorID
	// some holds a sign while somebody stands in line.
	some chan struct{}
}

// turning is a dialog in line, with a worker, or in a pause.
type turning struct {
	running bool
	again   bool        // woken while running
	timer   *time.Timer // of a pause
	// failed counts the failures in a row.
	failed int
	// held is since when the bot's words wait for an operator who types; zero in a
	// pause for another reason.
	held time.Time
	// waits is since when the turn finds too many before it that wait for what they show.
	waits time.Time
}

func newTurns() turns {
	return turns{state: map[chat.VisitorID]*turning{}, some: make(chan struct{}, 1)}
}

// wake puts a dialog in line unless it is there. One that pauses keeps its pause.
func (q *turns) wake(v chat.VisitorID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if d := q.state[v]; d != nil {
		d.again = true
		return
	}
	q.state[v] = &turning{}
	q.join(v)
}

// join puts a dialog at the end of the line. The queue is locked.
func (q *turns) join(v chat.VisitorID) {
	q.line = append(q.line, v)
	q.signal()
}

func (q *turns) signal() {
	select {
	case q.some <- struct{}{}:
	default:
	}
}

// next gives a worker its next dialog, and how the queue holds it.
func (q *turns) next(ctx context.Context) (chat.VisitorID, *turning, error) {
	for {
		select {
		case <-q.some:
		case <-ctx.Done():
			return "", nil, ctx.Err()
		}
		q.mu.Lock()
		if len(q.line) == 0 {
			q.mu.Unlock()
			continue
		}
		v := q.line[0]
		q.line = q.line[1:]
		if len(q.line) > 0 {
			q.signal()
		}
		d := q.state[v]
		d.running, d.again = true, false
		q.mu.Unlock()
		return v, d, nil
	}
}

// finish takes a dialog back from its worker: it goes to the end of the line if
// there is more or it was woken meanwhile, after a pause if one is given.
func (q *turns) finish(v chat.VisitorID, more bool, pause time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	d := q.state[v]
	d.running = false
	switch {
	case pause > 0:
		d.timer = time.AfterFunc(pause, func() { q.resume(v, func(*turning) bool { return true }) })
	case more || d.again:
		q.join(v)
	default:
		delete(q.state, v)
	}
}

// stopped ends a pause for an operator who types, if there is one.
func (q *turns) stopped(v chat.VisitorID) {
	q.resume(v, func(d *turning) bool { return !d.held.IsZero() })
}

// resume ends a pause, if there is one that may end.
func (q *turns) resume(v chat.VisitorID, may func(*turning) bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if d := q.state[v]; d != nil && d.timer != nil && may(d) {
		d.timer.Stop()
		d.timer = nil
		q.join(v)
	}
}
