package store

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/steady"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// ErrClosed answers a write that came after Close.
var ErrClosed = errors.New("the database is closed")

// ErrPanic marks the error of a write that broke by a fault of the program: the
// same write again would break again.
var ErrPanic = errors.New("panic in a database job")

// writer runs jobs one after another in few transactions: whatever waits while
// a commit is under way shares the next one.
type writer struct {
	db      *dbutil.Database
	metrics *metrics
	pulse   *pulse
	queue   *queue
	moves   *checkpoints
	// single are what runs outside of transactions, while nothing is written.
	single chan func()
	quit   chan struct{} // closed by stop
	done   chan struct{} // closed when the loop has ended
}

type job struct {
	run    func(context.Context) error
	result chan error
	// after is what is to be done once the job is durable.
	after []func()
	// taken is set by whoever comes first: the writer, which then runs the job
	// whatever happens, or a caller who does not want to wait any longer.
	taken atomic.Bool
	// patient jobs let others go first; customer is whose they are.
	patient  bool
	customer netip.Addr
	// talks is true for those of InTalk.
	talks bool
}

func newWriter(db *dbutil.Database, m *metrics) writer {
	w := writer{db: db, metrics: m, pulse: newPulse(), queue: newQueue(), moves: newCheckpoints(db), single: make(chan func()), quit: make(chan struct{}), done: make(chan struct{})}
	go w.loop()
	return w
}

// inWrite is the key of the job in whose transaction a context stands.
type inWrite struct{}

// isPatient is the key of a context whose writes let others go first.
type isPatient struct{}

// Patient has the writes of a context let those of others go first while many wait: so a
// crowd of new visitors, or of files, does not hold up who is in the middle of a talk. A
// few of them join each commit, whatever else waits, of one customer's after another, but
// while they rest, see InTalk.
func Patient(ctx context.Context, customer netip.Addr) context.Context {
	return context.WithValue(ctx, isPatient{}, customer)
}

// inTalk is the key of a context whose writes are of who is in the middle of a talk.
type inTalk struct{}

// InTalk has patient writes have half of the writer's time for a while after a context's
// writes, which are of somebody in the middle of a talk: the next word finds it free.
func InTalk(ctx context.Context) context.Context { return context.WithValue(ctx, inTalk{}, true) }

// Talks reports whether somebody is in the middle of a talk: a write of InTalk came within
// the last minute.
func (s *Store) Talks() bool { return s.writer.queue.talks() }

// beforeWait is the key of what a context's writes call before they wait.
type beforeWait struct{}

// BeforeWait has the writes of a context call fn before they wait for a commit: whoever
// counts those at work has one less. fn may be called more than once.
func BeforeWait(ctx context.Context, fn func()) context.Context {
	return context.WithValue(ctx, beforeWait{}, fn)
}

// AfterCommit runs fn when the Write around it is durable, or at once outside
// of one: news of what is written must not come before it. fn must not block.
func AfterCommit(ctx context.Context, fn func()) {
	if j, ok := ctx.Value(inWrite{}).(*job); ok {
		j.after = append(j.after, fn)
		return
	}
	fn()
}

// Write runs fn in a transaction and returns when it is durable, or fn's error
// when nothing of it was kept. Concurrent calls share a commit; each is kept or
// dropped by itself. fn must use only the context that it is given, may run
// more than once, and is not stopped by the end of ctx once it has begun: Write
// then returns its outcome all the same. Inside another Write, fn joins that transaction.
func (s *Store) Write(ctx context.Context, fn func(ctx context.Context) error) error {
	if ctx.Value(inWrite{}) != nil {
		return fn(ctx)
	}
	if waits, ok := ctx.Value(beforeWait{}).(func()); ok {
		waits()
	}
	// Whether the writer itself comes on, its own pulse tells.
	defer steady.Rest(ctx)()
	j := &job{run: fn, result: make(chan error, 1)}
	j.customer, j.patient = ctx.Value(isPatient{}).(netip.Addr)
	j.talks = ctx.Value(inTalk{}) != nil
	s.writer.queue.add(j)
	select {
	case err := <-j.result:
		return j.end(err)
	case <-s.writer.done:
	case <-ctx.Done():
	}
	if j.taken.CompareAndSwap(false, true) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return ErrClosed
	}
	// It runs, or has run: what it writes belongs to the caller, who must not
	// go on beside it.
	return j.end(<-j.result)
}

// end does what had to wait for the commit, if there was one.
func (j *job) end(err error) error {
	if err == nil {
		for _, fn := range j.after {
			fn()
		}
	}
	return err
}

func (w *writer) stop() {
	close(w.quit)
	<-w.done
	w.moves.stop()
}

func (w *writer) loop() {
	defer close(w.done)
	for {
		select {
		case <-w.queue.some:
			if g := w.queue.group(); len(g.jobs) > 0 {
				w.run(g)
				w.queue.ended(g)
				// Those who waited go on before the next commit, whose calls into SQLite
				// would keep their processor from them.
				runtime.Gosched()
			}
		case run := <-w.single:
			run()
		case <-w.quit:
			return
		}
	}
}

// alone runs fn outside of a transaction, while nothing else is written.
func (w *writer) alone(ctx context.Context, fn func(context.Context) error) error {
	result := make(chan error, 1)
	select {
	case w.single <- func() { result <- fn(ctx) }:
		return <-result
	case <-w.quit:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *writer) run(g *group) {
	g.began = time.Now()
	w.pulse.begin()
	results, err := w.transact(g, false)
	w.pulse.end(err)
	w.metrics.committed(g.began, len(g.jobs), err)
	switch {
	case err == nil:
		w.moves.wrote(len(g.jobs))
	case isFull(err):
		w.moves.ask()
	}
	if err != nil && len(g.jobs) > 1 {
		// One job spoilt the transaction for all; alone, only that one fails.
		for _, j := range g.jobs {
			w.run(&group{jobs: []*job{j}, closed: true})
		}
		return
	}
	for i, j := range g.jobs {
		if err != nil {
			j.result <- err
			continue
		}
		j.result <- results[i]
	}
}

// errRefused ends a transaction in which a job refused by itself.
var errRefused = errors.New("a job refuses")

// transact runs the jobs of a group, and those that join it, in one transaction. A job that
// refuses by itself is rolled back alone; err is set when the transaction as a whole failed.
//
// Few refuse, so the first try has no savepoints: under one, SQLite copies every page that is
// changed, and beyond 64 KiB, which a message reaches, into a file that it makes and removes.
func (w *writer) transact(g *group, savepoints bool) (results []error, err error) {
	err = w.db.DoTxn(context.Background(), nil, func(ctx context.Context) error {
		if most := killpoint.MaxPages(); most != "" {
			if _, err := w.db.Exec(ctx, "PRAGMA max_page_count = "+most); err != nil {
				return err
			}
		}
		for i := 0; i < len(g.jobs) || w.queue.joins(g); i++ {
			refused, err := w.step(ctx, g.jobs[i], savepoints)
			if err != nil {
				return err
			}
			if refused != nil && !savepoints {
				results = append(results, refused)
				return errRefused
			}
			results = append(results, refused)
		}
		return nil
	})
	switch {
	case !errors.Is(err, errRefused):
		return results, err
	case len(g.jobs) == 1:
		return results, nil // nothing of it was kept
	default:
		g.closed = true
		return w.transact(g, true)
	}
}

func (w *writer) step(ctx context.Context, j *job, savepoint bool) (refused, failed error) {
	mark := func(statement string) error {
		if !savepoint {
			return nil
		}
		_, err := w.db.Exec(ctx, statement)
		return err
	}
	if err := mark("SAVEPOINT job"); err != nil {
		return nil, err
	}
	j.after = nil // a repeated run says it anew
	err := recoverPanic(context.WithValue(ctx, inWrite{}, j), j.run)
	if err == nil {
		return nil, mark("RELEASE job")
	}
	if !harmless(err) {
		return nil, err
	}
	if err := mark("ROLLBACK TO job"); err != nil {
		return nil, err
	}
	return err, mark("RELEASE job")
}

// harmless reports whether the transaction can go on after err.
func harmless(err error) bool {
	_, public := errors.AsType[*chat.Error](err)
	return public || errors.Is(err, ErrNotFound) || errors.Is(err, ErrFenced) || errors.Is(err, ErrEnded) || isConstraint(err)
}

func recoverPanic(ctx context.Context, fn func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %s\n%s", ErrPanic, trail.Fault(p), debug.Stack())
		}
	}()
	return fn(ctx)
}
