package matrix

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// task is the kind of a dialog's next step; each kind has its own workers, so
// that slow room creations and uploads hold up no messages of other dialogs.
type task int

const (
	taskSend task = iota
	taskCreate
	taskUpload
	taskErase
	tasks
)

// workers of each task. More than eight senders only add latency: the
// homeserver answers a PUT before its own sync has caught up.
func (t task) workers() int {
	switch t {
	case taskSend:
		return 8
	case taskErase: // nobody waits for it
		return 1
	case taskCreate, taskUpload, tasks:
		return 2
	default:
		return 2
	}
}

// queue hands dialogs to workers: a dialog is with one worker at a time, and
// one that backs off is with none.
type queue struct {
	mu    sync.Mutex
	state map[chat.VisitorID]*queued
	ready [tasks]chan chat.VisitorID
	spill [tasks][]chat.VisitorID
}

type queued struct {
	task    task
	running bool
	again   bool        // woken while running
	timer   *time.Timer // set while backing off
	soft    bool        // the pause ends when there is news
	first   bool        // goes before those who are not
}

func newQueue() *queue {
	q := &queue{state: map[chat.VisitorID]*queued{}}
	for t := range q.ready {
		q.ready[t] = make(chan chat.VisitorID, 1)
	}
	return q
}

// wake puts a dialog into the queue unless it is there. A dialog that backs
// off because of its messages keeps its pause: news does not make the homeserver well.
func (q *queue) wake(v chat.VisitorID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if d := q.state[v]; d != nil {
		d.again = true
		if d.soft && d.timer != nil && d.timer.Stop() {
			d.timer = nil
			q.offer(d.task, v)
		}
		return
	}
	q.state[v] = &queued{task: taskSend}
	q.offer(taskSend, v)
}

// next gives a worker its next dialog.
func (q *queue) next(ctx context.Context, t task) (chat.VisitorID, error) {
	select {
	case v := <-q.ready[t]:
		q.mu.Lock()
		defer q.mu.Unlock()
		if d := q.state[v]; d != nil {
			d.running, d.again = true, false
		}
		q.refill(t)
		return v, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// prefer has a dialog go before those that are not preferred, from where it stands
// now until it has nothing left to do.
func (q *queue) prefer(v chat.VisitorID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	d := q.state[v]
	if d == nil || d.first {
		return
	}
	d.first = true
	if at := slices.Index(q.spill[d.task], v); at >= 0 {
		q.spill[d.task] = slices.Delete(q.spill[d.task], at, at+1)
		q.offer(d.task, v)
	}
}

// finish takes a dialog back from its worker. It returns to the queue at once
// for another task or when it was woken meanwhile, and after a pause if one is
// given; news ends a soft pause.
func (q *queue) finish(v chat.VisitorID, next task, more bool, pause time.Duration, soft bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	d := q.state[v]
	d.running, d.task = false, next
	switch {
	case pause > 0 && (!soft || !d.again):
		d.soft = soft
		d.timer = time.AfterFunc(pause, func() { q.resume(v) })
	case more || d.again || pause > 0:
		q.offer(next, v)
	default:
		delete(q.state, v)
	}
}

// resumeAll ends all pauses, when the homeserver is back.
func (q *queue) resumeAll() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for v, d := range q.state {
		if d.timer != nil && d.timer.Stop() {
			d.timer = nil
			q.offer(d.task, v)
		}
	}
}

func (q *queue) resume(v chat.VisitorID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if d := q.state[v]; d != nil && d.timer != nil {
		d.timer = nil
		q.offer(d.task, v)
	}
}

// offer hands a dialog to a free worker or to the line behind it. The queue is locked.
func (q *queue) offer(t task, v chat.VisitorID) {
	at := len(q.spill[t])
	if q.state[v].first {
		if i := slices.IndexFunc(q.spill[t], func(other chat.VisitorID) bool { return !q.state[other].first }); i >= 0 {
			at = i
		}
	}
	q.spill[t] = slices.Insert(q.spill[t], at, v)
	q.refill(t)
}

func (q *queue) refill(t task) {
	for len(q.spill[t]) > 0 {
		select {
		case q.ready[t] <- q.spill[t][0]:
			q.spill[t] = q.spill[t][1:]
		default:
			return
		}
	}
}
