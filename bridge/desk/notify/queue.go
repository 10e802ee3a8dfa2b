// Package notify brings alerts out of the house: mails and webhooks about a new
// dialog, an unanswered one, a hand-off. What must be sent is kept in SQL by
// whoever has the event, in the transaction that keeps the event itself; the
// queue here works it off, for days if it must, and blocks nobody.
//
// Each alert is sent at least once: a process that is killed between the send
// and its record sends again after the next start, under the same id, by which
// the receiver can tell. mail/ and webhook/ know how to send one; outward is
// the client for addresses that a config names.
package notify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/steady"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// The queue's times where Options name none.
const (
	DefaultParallel = 16              // sends at once, of each kind; to one receiver one at most
	DefaultLease    = 2 * time.Minute // a send must be shorter
	DefaultGiveUp   = 72 * time.Hour
	DefaultKeep     = 7 * 24 * time.Hour // of what has ended, so that nothing is queued twice
	DefaultGrace    = 5 * time.Second    // for sends under way when the queue is stopped
)

const (
	firstWait = 10 * time.Second // before the second attempt; then twice as long each time
	lastWait  = time.Hour
	// holdOthers is how long other deliveries for a target wait after it failed.
	holdOthers = time.Minute
	poll       = 5 * time.Second
	sweepEvery = time.Hour
	// sweepLimit is how many are removed in one go: who writes meanwhile waits for no more.
	sweepLimit = 100
	// mostMails is how many mails are sent at once at most: all go to the same server,
	// and many take few connections from one client.
	mostMails = 4
	// margin is left of a lease for recording what became of the send.
	margin = 15 * time.Second
)

// Deliveries is where alerts are kept; *store.Store is one. The functions of
// the store say what each must do.
type Deliveries interface {
	Write(ctx context.Context, fn func(ctx context.Context) error) error
	TakeDeliveries(ctx context.Context, kind store.DeliveryKind, now time.Time, lease time.Duration, limit int, busy []store.Receiver) ([]store.Delivery, error)
	FinishDelivery(ctx context.Context, d store.Delivery, now time.Time) error
	DropDelivery(ctx context.Context, d store.Delivery, now time.Time) (bool, error)
	PostponeDelivery(ctx context.Context, d store.Delivery, next, hold time.Time, cause string) error
	FailDelivery(ctx context.Context, d store.Delivery, cause string, now time.Time) (bool, error)
	SweepDeliveries(ctx context.Context, before time.Time, limit int) (some bool, err error)
}

// Sender sends one delivery. It must return soon after ctx has ended. An error
// may say by methods what follows from it: Permanent() bool, that trying again
// is in vain; RetryAfter() time.Duration, that the receiver asked for a pause.
// Its text is kept and shown to operators.
type Sender interface {
	Send(ctx context.Context, d store.Delivery) error
}

// ErrNeedless is what a Sender returns if there was nothing to say any more, so that
// nobody was sent anything.
var ErrNeedless = errors.New("there is nothing to say any more")

// Options are what a queue needs. Deliveries and Senders must be set.
type Options struct {
	Deliveries Deliveries
	// Senders are the roads; deliveries of a kind without one wait.
	Senders map[store.DeliveryKind]Sender
	// GaveUp is told when a delivery has failed for good, in the transaction that
	// records it, as fn of store.Write is run: what it writes is kept with that or not
	// at all. After an error the delivery is tried again, and given up again.
	GaveUp func(ctx context.Context, d store.Delivery, cause error) error
	// Needless ends a delivery that has nothing to say any more; nil has it dropped.
	Needless func(ctx context.Context, d store.Delivery) error
	// Zero values below mean the defaults.
	Parallel int
	Lease    time.Duration
	GiveUp   time.Duration
	Keep     time.Duration
	Grace    time.Duration
	// Now is the clock of due times; nil is time.Now.
	Now func() time.Time
	Log zerolog.Logger
}

// Queue works through deliveries. Several queues may share one database.
type Queue struct {
	o       Options
	metrics metrics
	wake    map[store.DeliveryKind]chan struct{}
}

// New makes a queue; Run starts it.
func New(o Options) *Queue {
	o.Parallel = orDefault(o.Parallel, DefaultParallel)
	o.Lease = max(orDefault(o.Lease, DefaultLease), 2*margin)
	o.GiveUp = orDefault(o.GiveUp, DefaultGiveUp)
	o.Keep = orDefault(o.Keep, DefaultKeep)
	o.Grace = orDefault(o.Grace, DefaultGrace)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.GaveUp == nil {
		o.GaveUp = func(context.Context, store.Delivery, error) error { return nil }
	}
	if o.Needless == nil {
		o.Needless = func(ctx context.Context, d store.Delivery) error {
			_, err := o.Deliveries.DropDelivery(ctx, d, o.Now())
			return err
		}
	}
	q := &Queue{o: o, metrics: newMetrics(o.Senders), wake: map[store.DeliveryKind]chan struct{}{}}
	for kind := range o.Senders {
		q.wake[kind] = make(chan struct{}, 1)
	}
	return q
}

func orDefault[T int | time.Duration](value, usual T) T {
	if value <= 0 {
		return usual
	}
	return value
}

// Wake makes the queue look at once for what was just queued. It never blocks;
// without it the queue looks every five seconds.
func (q *Queue) Wake() {
	for _, wake := range q.wake {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// Run works until ctx ends. Sends that are under way then get the grace time to
// end; what is cut off is due again at the next start. Each kind has a lane of
// its own, so that a mail server that hangs holds up no webhook.
func (q *Queue) Run(ctx context.Context) {
	var lanes sync.WaitGroup
	for kind := range q.o.Senders {
		lanes.Go(func() { q.lane(ctx, kind) })
	}
	lanes.Go(func() { q.sweep(ctx) })
	lanes.Wait()
}

// lane sends what is due of one kind: few at once, and one at once to each receiver,
// so that one who answers slowly or never holds one place and not all of them.
func (q *Queue) lane(ctx context.Context, kind store.DeliveryKind) {
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var sends sync.WaitGroup
	busy := receivers{}
	places := q.o.Parallel
	if kind == store.Mail {
		places = min(places, mostMails)
	}
	freed := make(chan struct{}, 1)
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	loop := steady.Of(ctx, steady.Deliveries)
	for ctx.Err() == nil {
		to := busy.list()
		free := places - len(to)
		var taken []store.Delivery
		err := loop.Step(ctx, func(ctx context.Context) (err error) {
			taken, err = q.take(ctx, kind, free, to)
			return err
		})
		if err != nil && ctx.Err() == nil {
			q.o.Log.Err(err).Str("kind", string(kind)).Msg("The deliveries that are due could not be read")
		}
		for _, d := range taken {
			busy.add(d.Receiver())
			sends.Go(func() {
				defer func() {
					busy.remove(d.Receiver())
					signal(freed)
				}()
				q.deliver(sending, d)
			})
		}
		select {
		case <-q.wake[kind]:
		case <-freed:
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
	patience := time.AfterFunc(q.o.Grace, cancel)
	defer patience.Stop()
	sends.Wait()
}

// receivers are those to whom something is under way; the zero value has none.
type receivers struct {
	mu sync.Mutex
	of map[store.Receiver]bool
}

func (r *receivers) list() []store.Receiver {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Keys(r.of))
}

func (r *receivers) add(to store.Receiver) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil {
		r.of = map[store.Receiver]bool{}
	}
	r.of[to] = true
}

func (r *receivers) remove(to store.Receiver) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.of, to)
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (q *Queue) take(ctx context.Context, kind store.DeliveryKind, limit int, busy []store.Receiver) ([]store.Delivery, error) {
	if limit == 0 {
		return nil, nil
	}
	return q.o.Deliveries.TakeDeliveries(ctx, kind, q.o.Now(), q.o.Lease, limit, busy)
}

// deliver makes one attempt and records what became of it. ctx ends when the
// queue was stopped and the grace time is over.
func (q *Queue) deliver(ctx context.Context, d store.Delivery) {
	limited, cancel := context.WithTimeout(ctx, q.o.Lease-margin)
	defer cancel()
	began := time.Now()
	cause := q.send(limited, d)
	q.metrics.took.WithLabelValues(string(d.Kind)).Observe(time.Since(began).Seconds())
	if err := q.record(ctx, d, cause); err != nil {
		// The lease ends, and it is sent again under the same id.
		q.log(q.o.Log.Err(err), d).Msg("What became of a delivery could not be recorded")
	}
}

// send keeps a fault of the program in one sender from taking the bridge with it.
func (q *Queue) send(ctx context.Context, d store.Delivery) (err error) {
	defer func() {
		if p := recover(); p != nil {
			q.log(q.o.Log.Error(), d).Str(trail.Panic, trail.Fault(p)).Bytes(trail.Stack, debug.Stack()).Msg("Sending broke")
			err = errors.New("sending broke by a fault of the program; the log has the cause")
		}
	}()
	return q.o.Senders[d.Kind].Send(ctx, d)
}

func (q *Queue) record(ctx context.Context, d store.Delivery, cause error) error {
	stopped := ctx.Err() != nil
	ctx = context.WithoutCancel(ctx) // what was done must be recorded all the same
	now := q.o.Now()
	switch {
	case cause == nil:
		q.metrics.ended(d, sent)
		q.log(q.o.Log.Debug(), d).Str(trail.Origin, d.Origin).Msg("A delivery is done")
		return q.o.Deliveries.FinishDelivery(ctx, d, now)
	case errors.Is(cause, ErrNeedless):
		q.metrics.ended(d, dropped)
		q.log(q.o.Log.Debug(), d).Str(trail.Origin, d.Origin).Msg("A delivery has nothing to say any more")
		return q.o.Needless(ctx, d)
	case stopped:
		return q.o.Deliveries.PostponeDelivery(ctx, d, now, now, cause.Error())
	case permanent(cause):
		return q.giveUp(ctx, d, cause, now)
	case now.Sub(d.Since) >= q.o.GiveUp:
		return q.giveUp(ctx, d, fmt.Errorf("%w (given up after %d attempts in %s)", cause, d.Attempts, q.o.GiveUp), now)
	}
	q.metrics.ended(d, retried)
	wait, hold := Backoff(d.Attempts), holdOthers
	if asked := retryAfter(cause); asked > 0 {
		// The receiver spoke for all that it is sent.
		wait, hold = max(wait, asked), asked
	}
	again := q.o.Log.Debug()
	if d.Attempts == 1 {
		again = q.o.Log.Info()
	}
	q.log(again, d).AnErr("cause", cause).Msg("A delivery failed and will be tried again")
	return q.o.Deliveries.PostponeDelivery(ctx, d, now.Add(wait), now.Add(min(wait, hold)), cause.Error())
}

func (q *Queue) giveUp(ctx context.Context, d store.Delivery, cause error, now time.Time) error {
	ours := false
	err := q.o.Deliveries.Write(ctx, func(ctx context.Context) (err error) {
		if ours, err = q.o.Deliveries.FailDelivery(ctx, d, cause.Error(), now); err != nil || !ours {
			return err
		}
		return q.o.GaveUp(ctx, d, cause)
	})
	if err != nil || !ours {
		return err
	}
	q.metrics.ended(d, gaveUp)
	q.log(q.o.Log.Warn(), d).AnErr("cause", cause).Msg("A delivery failed for good")
	return nil
}

// log leaves out the target: addresses of people, and of webhooks, are not for logs.
func (q *Queue) log(e *zerolog.Event, d store.Delivery) *zerolog.Event {
	if e == nil { // the level is off
		return nil
	}
	e.Str(trail.Delivery, string(d.ID)).Str(trail.Site, string(d.Site)).Str(trail.Kind, string(d.Kind)).Int64("attempt", d.Attempts)
	if d.Visitor != "" {
		e.Str(trail.Visitor, string(d.Visitor))
	}
	return e
}

func (q *Queue) sweep(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		if err := q.sweepEnded(ctx); err != nil && ctx.Err() == nil {
			q.o.Log.Err(err).Msg("Old deliveries could not be removed")
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// sweepEnded forgets all that ended long enough ago.
func (q *Queue) sweepEnded(ctx context.Context) error {
	before := q.o.Now().Add(-q.o.Keep)
	for {
		if some, err := q.o.Deliveries.SweepDeliveries(ctx, before, sweepLimit); err != nil || !some {
			return err
		}
	}
}

// Backoff is how long to wait after that many attempts: 10 s, then twice as
// long each time, up to an hour; a random quarter less, so that what failed
// together does not come back together.
func Backoff(attempts int64) time.Duration {
	wait := lastWait
	if doublings := max(attempts, 1) - 1; doublings < 10 {
		wait = min(firstWait<<doublings, lastWait)
	}
	return wait - rand.N(wait/4+1) // #nosec G404 -- spreads load, guards nothing
}

func permanent(err error) bool {
	var p interface{ Permanent() bool }
	return errors.As(err, &p) && p.Permanent()
}

func retryAfter(err error) time.Duration {
	var r interface{ RetryAfter() time.Duration }
	if errors.As(err, &r) {
		return r.RetryAfter()
	}
	return 0
}

var _ Deliveries = (*store.Store)(nil)
