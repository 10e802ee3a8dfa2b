package matrix

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/matrix/notice"
	"github.com/anteroom-chat/anteroom/bridge/steady"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// inbox is the bell of the converter; the events themselves are in the store.
type inbox struct {
	bell chan struct{}
	// held are rooms whose next event waits for a while; only the converter uses it.
	held map[id.RoomID]hold
	// A cut-off homeserver or bridge makes a new epoch: what is delivered after it
	// may be out of order, so each room is compared with the homeserver's own
	// order once. checked is the epoch of that; only the converter uses it.
	epoch   *atomic.Int64
	checked map[id.RoomID]int64
}

// hold is a room's event that failed: how often, and when it is tried again.
type hold struct {
	event string
	order bool // it was the room's order that could not be learnt
	times int
	until time.Time
	// translated, if set, closes when the event is translated, or when that took too
	// long; then it goes on, whatever until says.
	translated <-chan struct{}
}

// waits reports whether the room's next event is not to be tried yet.
func (h hold) waits() bool {
	if h.translated == nil {
		return time.Now().Before(h.until)
	}
	select {
	case <-h.translated:
		return false
	default:
		return true
	}
}

// errTranslating holds a room back until an operator's words are translated. It is
// no failure, and no other room waits.
type errTranslating struct{ done <-chan struct{} }

func (errTranslating) Error() string { return "the words are being translated" }

func newInbox() inbox {
	i := inbox{bell: make(chan struct{}, 1), held: map[id.RoomID]hold{}, epoch: new(atomic.Int64), checked: map[id.RoomID]int64{}}
	i.epoch.Store(1)
	i.wake() // what an earlier process left
	return i
}

func (i inbox) wake() {
	select {
	case i.bell <- struct{}{}:
	default:
	}
}

// errOrder is a failure to learn a room's order. It says nothing about the event.
type errOrder struct{ error }

func (e errOrder) Unwrap() error { return e.error }

func isOrder(err error) bool {
	_, ok := errors.AsType[errOrder](err)
	return ok
}

func isTranslating(err error) bool {
	_, ok := errors.AsType[errTranslating](err)
	return ok
}

// errPoison marks an event that fails whenever it is tried.
var errPoison = errors.New("this event cannot be converted")

// errEarly marks an event that the homeserver delivered and does not show yet.
var errEarly = errors.New("the homeserver does not show this event yet")

// isPoison reports whether a failure is the event's own and comes again with
// it: also a panic in a transaction, or a refusal by the core that nobody put
// into words, as a command may meet. Else one command would stop its room for ever.
func isPoison(err error) bool {
	_, refused := errors.AsType[*chat.Error](err)
	return refused || errors.Is(err, errPoison) || errors.Is(err, store.ErrPanic)
}

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
	// A room whose order cannot be learnt so often, in four seconds, is taken as it
	// came. One that is only not shown yet has mostLater, 16 seconds: a homeserver at
	// its limits shows events to nobody until then, so nobody waits for them.
	mostOrder = 5
)

// convertArrivals turns stored events into entries, in order per room.
func (m *Matrix) convertArrivals(ctx context.Context) error {
	select {
	case <-m.compared:
	case <-ctx.Done():
		return ctx.Err()
	}
	loop := steady.Of(ctx, steady.Inbox)
	for {
		select {
		case <-m.inbox.bell:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := loop.Step(ctx, m.convertAll); err != nil {
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

// mostChecked is of how many rooms is noted that they were compared.
const mostChecked = 10_000

// noteChecked notes that a room was compared in an epoch. When too many are noted, all
// are forgotten: at worst a room is compared once more.
func (i *inbox) noteChecked(room id.RoomID, epoch int64) {
	if _, known := i.checked[room]; !known && len(i.checked) >= mostChecked {
		clear(i.checked)
	}
	i.checked[room] = epoch
}

// convertPage converts events of many rooms, several rooms at once, each in order.
func (m *Matrix) convertPage(ctx context.Context, page []store.InboxEvent) (moved bool, err error) {
	byRoom := map[id.RoomID][]store.InboxEvent{}
	for _, e := range page {
		byRoom[e.Room] = append(byRoom[e.Room], e)
	}
	results := make(chan laneResult, len(byRoom))
	epoch := m.inbox.epoch.Load()
	group, lane := errgroup.WithContext(ctx)
	group.SetLimit(lanes)
	for room, events := range byRoom {
		if held := m.inbox.held[room]; held.waits() {
			if held.translated != nil {
				m.foresee(ctx, events)
			}
			continue
		}
		if waits, err := m.store.FormerArrivals(ctx, room); err != nil {
			return false, errors.Join(err, group.Wait())
		} else if waits {
			continue // in the dialog's order
		}
		check := m.inbox.checked[room] != epoch
		group.Go(func() error {
			results <- m.convertRoom(lane, room, events, check)
			return nil
		})
	}
	_ = group.Wait() // the lanes report by results
	close(results)
	for r := range results {
		moved = moved || r.converted > 0
		if r.failed == nil {
			delete(m.inbox.held, r.room)
			m.inbox.noteChecked(r.room, epoch)
			continue
		}
		aside, failErr := m.conversionFailed(ctx, *r.failed, r.cause)
		moved, err = moved || aside, errors.Join(err, failErr)
	}
	return moved, err
}

// laneResult is what became of the events of one room.
type laneResult struct {
	room      id.RoomID
	converted int
	failed    *store.InboxEvent
	cause     error
}

func (m *Matrix) convertRoom(ctx context.Context, room id.RoomID, events []store.InboxEvent, check bool) laneResult {
	done := laneResult{room: room}
	if check {
		ordered, err := m.inRoomOrder(ctx, room, events)
		if err != nil {
			done.failed, done.cause = &events[0], errOrder{err}
			return done
		}
		events = ordered
	}
	for i := range events {
		steady.Beat(ctx)
		killpoint.Reach(killpoint.BeforeConvert)
		if done.cause = m.convertSafely(ctx, events[i]); done.cause != nil {
			done.failed = &events[i]
			if isTranslating(done.cause) {
				m.foresee(ctx, events[i+1:])
			}
			return done
		}
		killpoint.Reach(killpoint.AfterConvert)
		done.converted++
		m.metrics.converted.WithLabelValues(convertedDone).Inc()
	}
	return done
}

// inRoomOrder adds what the homeserver has of a dialog's room and has not
// delivered yet, and puts the unconverted events in the room's order. Dendrite
// hands newer events on while it holds an older one back that it could not
// deliver at once.
func (m *Matrix) inRoomOrder(ctx context.Context, room id.RoomID, events []store.InboxEvent) ([]store.InboxEvent, error) {
	if _, _, err := m.store.DialogOf(ctx, room); err != nil {
		return events, ignoreNotFound(err)
	}
	page, _, err := m.roomPage(ctx, room, "", "")
	if err != nil {
		return nil, err
	}
	slices.Reverse(page)
	if err := m.store.StoreMissed(ctx, page, now()); err != nil {
		return nil, err
	}
	all, err := m.store.NewArrivalsOf(ctx, room)
	if err != nil || len(page) == 0 {
		return all, err
	}
	place := make(map[string]int, len(page))
	for i, a := range page {
		place[a.Key] = i + 1
	}
	oldest := readHead(page[0].Raw).Stamp
	for _, e := range all {
		// What the page lacks is older than all of it, or so new that the homeserver's
		// own view does not show it yet: nor does that show what else is that new, and
		// is older than this one.
		if _, ok := place[e.Key]; !ok && readHead(e.Raw).Stamp > oldest {
			return nil, fmt.Errorf("%w: %s", errEarly, e.Key)
		}
	}
	slices.SortStableFunc(all, func(a, b store.InboxEvent) int { return cmp.Compare(place[a.Key], place[b.Key]) })
	return all, nil
}

// conversionFailed holds a room's event back, longer each time, or sets it
// aside so that the next one can run. The error is one of our own storage,
// which is no fault of the event and not counted.
func (m *Matrix) conversionFailed(ctx context.Context, e store.InboxEvent, cause error) (aside bool, err error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if wait, ok := errors.AsType[errTranslating](cause); ok {
		m.holdUntil(e, wait.done)
		return false, nil
	}
	switch {
	case isPoison(cause), errors.Is(cause, errEarly):
	case !isHomeserver(cause):
		return false, cause
	case m.hs.isDown(ctx, cause):
		err := m.hs.gate.pass(ctx)
		m.inbox.wake() // it is still to be converted
		return false, err
	}
	h := m.inbox.held[e.Room]
	if h.event != e.Key || h.order != isOrder(cause) || h.translated != nil {
		h = hold{event: e.Key, order: isOrder(cause)}
	}
	h.times++
	if h.times < mostTries(cause) {
		pause := max(firstHold<<(h.times-1), retryAfter(cause))
		m.log.Debug().Err(cause).Str(trail.EventID, e.Key).Str(trail.RoomID, string(e.Room)).Int("attempt", h.times).Stringer("again_in", pause).
			Msg("An event could not be converted yet")
		h.until = time.Now().Add(pause)
		m.inbox.held[e.Room] = h
		time.AfterFunc(pause, m.inbox.wake)
		return false, nil
	}
	delete(m.inbox.held, e.Room)
	if isOrder(cause) {
		m.log.Warn().Err(cause).Str(trail.RoomID, string(e.Room)).Msg("The homeserver does not show a room's order; its events are taken as they came")
		m.inbox.noteChecked(e.Room, m.inbox.epoch.Load())
		return true, nil
	}
	m.log.Error().Err(cause).Str(trail.EventID, e.Key).Str(trail.RoomID, string(e.Room)).Msg("An event could not be converted; it is set aside")
	if err := m.store.FailArrival(ctx, e.Position, cause.Error()); err != nil {
		return false, err
	}
	m.metrics.converted.WithLabelValues(convertedPoison).Inc()
	return true, m.tellPoison(ctx, e)
}

// holdUntil holds a room back until an event of it is translated, which is a matter
// of seconds.
func (m *Matrix) holdUntil(e store.InboxEvent, translated <-chan struct{}) {
	m.inbox.held[e.Room] = hold{event: e.Key, translated: translated}
	go func() {
		<-translated
		m.inbox.wake()
	}()
}

// mostTries is how often an event is tried that fails so.
func mostTries(cause error) int {
	switch {
	case isPoison(cause):
		return mostPoison
	case errors.Is(cause, errEarly):
		return mostLater
	case isOrder(cause):
		return mostOrder
	case outcome(cause) == later || outcome(cause) == down:
		return mostLater
	default:
		return mostRefused
	}
}

// convertSafely makes an error of a panic: one hostile event must not stop the others.
func (m *Matrix) convertSafely(ctx context.Context, e store.InboxEvent) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: panic: %s\n%s", errPoison, trail.Fault(p), debug.Stack())
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
