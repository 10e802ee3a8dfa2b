package dialog

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// works are orders that are kept in SQL until they are done: requests of chains,
// answers of assistants, what assistants write for operators. Whoever waits costs
// neither a worker nor memory.
type works[T any] struct {
	// name says in the log what is done.
	name string
	// bell tells that there may be something to do.
	bell signal
	// most is how much is done at once.
	most int
	// release makes due what was under way when a process ended.
	release func(ctx context.Context, now time.Time) error
	// take returns orders that are due, at most so many, for whom nobody else gets
	// them, and when the next one is due; zero for never.
	take func(ctx context.Context, now time.Time, most int) ([]T, time.Time, error)
	do   func(ctx context.Context, order T)
}

// errFault is a fault of the program, in what has to go on all the same.
var errFault = errors.New("the program has a fault here")

// safely makes an error of a panic, with where it was, for the log: one bad order, or
// one bad text, must not end what serves all sites.
func safely(do func() error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("%w: %s\n%s", errFault, trail.Fault(fault), debug.Stack())
		}
	}()
	return do()
}

// run has orders done until ctx ends, and returns when none is under way any more.
func (w works[T]) run(ctx context.Context, log zerolog.Logger) error {
	var busy sync.WaitGroup
	defer busy.Wait()
	if err := w.release(ctx, now()); err != nil {
		log.Error().Err(err).Str("orders", w.name).Msg("Orders that were under way could not be taken up; they wait some minutes")
	}
	slots := make(chan struct{}, w.most)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-w.bell:
		case <-ctx.Done():
			return ctx.Err()
		}
		free := w.most - len(slots)
		if free == 0 {
			continue // who ends wakes us
		}
		taken, next, err := w.take(ctx, now(), free)
		pause := clockPage
		switch {
		case err != nil && ctx.Err() == nil:
			log.Warn().Err(err).Str("orders", w.name).Msg("Orders could not be read; trying again")
			pause = botRetry
		case !next.IsZero():
			pause = min(max(time.Until(next), botRetry), clockPage)
		}
		for _, order := range taken {
			slots <- struct{}{}
			busy.Go(func() {
				defer w.bell.wake() // there may be more
				defer func() { <-slots }()
				if err := safely(func() error { w.do(ctx, order); return nil }); err != nil {
					log.Error().Err(err).Str("orders", w.name).Msg("An order broke off by a fault of the program; it is done anew when its time is over")
				}
			})
		}
		timer.Reset(pause)
	}
}

// keep writes what came of an order. While that fails, as on a disk that is full, it
// is tried again: what was done, and paid for, is not done anew. It gives up when ctx
// ends, at the time at which others may take the order, and over faults that no
// waiting mends.
func keep(ctx context.Context, until time.Time, write func() error) error {
	for tries := 0; ; tries++ {
		err := write()
		pause := min(botRetry<<min(tries, 6), mostBotRetry)
		if err == nil || !passes(err) || time.Until(until) < pause {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}

// passes reports whether a write may succeed later that failed.
func passes(err error) bool {
	_, public := errors.AsType[*chat.Error](err)
	return !public && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrPanic) && !errors.Is(err, store.ErrClosed)
}
