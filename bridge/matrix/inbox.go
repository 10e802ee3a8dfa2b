package matrix

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/matrix/notice"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// inbox is the bell of the converter; the events themselves are in the store.
type inbox struct{ bell chan struct{} }

func newInbox() inbox {
	i := inbox{bell: make(chan struct{}, 1)}
	i.wake() // what an earlier process left
	return i
}

func (i inbox) wake() {
	select {
	case i.bell <- struct{}{}:
	default:
	}
}

const (
	// lanes is how many rooms are converted side by side.
	lanes = 4
	// inboxPage is how many events are read at once.
	inboxPage = 500
)

// convertArrivals turns stored events into entries, in order per room.
func (m *Matrix) convertArrivals(ctx context.Context) error {
	for {
		select {
		case <-m.inbox.bell:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := m.convertAll(ctx); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			// Our own storage failed: nothing is lost, everything is tried again.
			m.log.Error().Err(err).Msg("Events of the homeserver cannot be read from the database; trying again")
			select {
			case <-time.After(time.Second):
				m.inbox.wake()
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

func (m *Matrix) convertAll(ctx context.Context) error {
	for {
		page, err := m.store.NewArrivals(ctx, inboxPage)
		if err != nil || len(page) == 0 {
			return err
		}
		byRoom := map[id.RoomID][]store.InboxEvent{}
		for _, e := range page {
			byRoom[e.Room] = append(byRoom[e.Room], e)
		}
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(lanes)
		for _, events := range byRoom {
			group.Go(func() error {
				for _, e := range events {
					if err := m.convertOne(ctx, e); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
}

// convertOne converts an event or, after three failures, sets it aside so that
// the next one can run. The error is one of our own storage.
func (m *Matrix) convertOne(ctx context.Context, e store.InboxEvent) error {
	for {
		killpoint.Reach(killpoint.BeforeConvert)
		err := m.convertSafely(ctx, e)
		if err == nil {
			killpoint.Reach(killpoint.AfterConvert)
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if isHomeserver(err) && outcome(err) == down {
			m.hs.gate.close(err) // no fault of the event: wait with it
			if err := m.hs.gate.pass(ctx); err != nil {
				return err
			}
			continue
		}
		failed, failErr := m.store.FailArrival(ctx, e.Position, err.Error())
		if failErr != nil {
			return failErr
		}
		if failed {
			m.log.Error().Err(err).Str("event", e.Key).Stringer("room", e.Room).Msg("An event could not be converted; it is set aside")
			return m.tellPoison(ctx, e)
		}
	}
}

// convertSafely makes an error of a panic: one hostile event must not stop the others.
func (m *Matrix) convertSafely(ctx context.Context, e store.InboxEvent) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return m.hear(ctx, e)
}

func (m *Matrix) tellPoison(ctx context.Context, e store.InboxEvent) error {
	v, _, err := m.store.DialogOf(ctx, e.Room)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	c, err := m.open(ctx, v)
	if errors.Is(err, errErased) {
		return nil
	}
	if err != nil {
		return err
	}
	return m.tell(ctx, c, "poison:"+e.Key, notice.Poison, notice.Args{Event: id.EventID(e.Key)})
}
