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
type inbox struct {
	bell chan struct{}
	// held are rooms whose next event waits for a while; only the converter uses it.
	held map[id.RoomID]hold
}

// hold is a room's event that failed: how often, and when it is tried again.
type hold struct {
	event string
	times int
	until time.Time
}

func newInbox() inbox {
	i := inbox{bell: make(chan struct{}, 1), held: map[id.RoomID]hold{}}
	i.wake() // what an earlier process left
	return i
}

func (i inbox) wake() {
	select {
	case i.bell <- struct{}{}:
	default:
	}
}

// errPoison marks an event that fails whenever it is tried.
var errPoison = errors.New("this event cannot be converted")

const (
	// lanes is how many rooms are converted side by side.
	lanes = 4
	// inboxPage is how many events are read at once.
	inboxPage = 500
	// storagePause is how long the converter waits when our own storage fails.
	storagePause = time.Second
	// firstHold doubles with every failure of an event.
	firstHold = 250 * time.Millisecond
	// An event is set aside after so many failures: poison, refused by the
	// homeserver, or answered with "later".
	mostPoison, mostRefused, mostLater = 3, 3, 7
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
			m.log.Error().Err(err).Msg("Events of the homeserver cannot be converted because the database fails; trying again")
			time.AfterFunc(storagePause, m.inbox.wake)
		}
	}
}

// convertAll goes through what waits until nothing moves any more.
func (m *Matrix) convertAll(ctx context.Context) error {
	for moved := true; moved; {
		moved = false
		for after := int64(0); ; {
			page, err := m.store.NewArrivals(ctx, after, inboxPage)
			if err != nil {
				return err
			}
			if len(page) == 0 {
				break
			}
			after = page[len(page)-1].Position
			converted, err := m.convertPage(ctx, page)
			if err != nil {
				return err
			}
			moved = moved || converted
		}
	}
	return nil
}

// convertPage converts events of many rooms, several rooms at once, each in order.
func (m *Matrix) convertPage(ctx context.Context, page []store.InboxEvent) (moved bool, err error) {
	byRoom := map[id.RoomID][]store.InboxEvent{}
	for _, e := range page {
		byRoom[e.Room] = append(byRoom[e.Room], e)
	}
	type outcome struct {
		room      id.RoomID
		converted int
		failed    *store.InboxEvent
		cause     error
	}
	results := make(chan outcome, len(byRoom))
	group, lane := errgroup.WithContext(ctx)
	group.SetLimit(lanes)
	for room, events := range byRoom {
		if time.Now().Before(m.inbox.held[room].until) {
			continue
		}
		group.Go(func() error {
			done := outcome{room: room}
			for i := range events {
				killpoint.Reach(killpoint.BeforeConvert)
				if done.cause = m.convertSafely(lane, events[i]); done.cause != nil {
					done.failed = &events[i]
					break
				}
				killpoint.Reach(killpoint.AfterConvert)
				done.converted++
			}
			results <- done
			return nil
		})
	}
	_ = group.Wait() // the lanes report by results
	close(results)
	for r := range results {
		moved = moved || r.converted > 0
		if r.failed == nil {
			delete(m.inbox.held, r.room)
			continue
		}
		aside, failErr := m.conversionFailed(ctx, *r.failed, r.cause)
		moved, err = moved || aside, errors.Join(err, failErr)
	}
	return moved, err
}

// conversionFailed holds a room's event back, longer each time, or sets it
// aside so that the next one can run. The error is one of our own storage,
// which is no fault of the event and not counted.
func (m *Matrix) conversionFailed(ctx context.Context, e store.InboxEvent, cause error) (aside bool, err error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	most := mostPoison
	switch {
	case errors.Is(cause, errPoison):
	case !isHomeserver(cause):
		return false, cause
	case m.hs.isDown(ctx, cause):
		return false, m.hs.gate.pass(ctx)
	case outcome(cause) == later || outcome(cause) == down:
		most = mostLater
	default:
		most = mostRefused
	}
	h := m.inbox.held[e.Room]
	if h.event != e.Key {
		h = hold{event: e.Key}
	}
	h.times++
	if h.times < most {
		pause := max(firstHold<<(h.times-1), retryAfter(cause))
		h.until = time.Now().Add(pause)
		m.inbox.held[e.Room] = h
		time.AfterFunc(pause, m.inbox.wake)
		return false, nil
	}
	delete(m.inbox.held, e.Room)
	m.log.Error().Err(cause).Str("event", e.Key).Stringer("room", e.Room).Msg("An event could not be converted; it is set aside")
	if err := m.store.FailArrival(ctx, e.Position, cause.Error()); err != nil {
		return false, err
	}
	return true, m.tellPoison(ctx, e)
}

// convertSafely makes an error of a panic: one hostile event must not stop the others.
func (m *Matrix) convertSafely(ctx context.Context, e store.InboxEvent) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: panic: %v\n%s", errPoison, p, debug.Stack())
		}
	}()
	return m.hear(ctx, e)
}

func (m *Matrix) tellPoison(ctx context.Context, e store.InboxEvent) error {
	v, _, err := m.store.DialogOf(ctx, e.Room)
	if err != nil {
		return ignoreNotFound(err)
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
