package matrix

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/killpoint"
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

const (
	// lanes is how many rooms are converted side by side.
	lanes = 4
	// inboxPage is how many events are read at once.
	inboxPage = 500
	// storagePause is how long the converter waits when our own storage fails.
	storagePause = time.Second
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
		err := loop.Step(ctx, m.convertAll)
		if err == nil {
			err = m.noteHeard(ctx)
		}
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			// Our own storage failed: nothing is lost, everything is tried again.
			m.log.Error().Err(err).Msg("Events of the homeserver cannot be converted because the database fails; trying again")
			time.AfterFunc(storagePause, m.inbox.wake)
		}
	}
}

// convertAll goes through what waits until nothing moves any more. A room that stands still
// does so until all was gone through: what comes later must not go past what it waits for.
func (m *Matrix) convertAll(ctx context.Context) error {
	for moved := true; moved; {
		moved = false
		still := map[id.RoomID]bool{}
		for after := int64(0); ; {
			page, err := m.store.NewArrivals(ctx, after, inboxPage)
			if err != nil {
				return err
			}
			if len(page) == 0 {
				break
			}
			after = page[len(page)-1].Position
			converted, err := m.convertPage(ctx, page, still)
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

// convertPage converts events of many rooms, several rooms at once, each in order. It passes
// over rooms that stand still, and adds to them.
func (m *Matrix) convertPage(ctx context.Context, page []store.InboxEvent, still map[id.RoomID]bool) (moved bool, err error) {
	byRoom := map[id.RoomID][]store.InboxEvent{}
	for _, e := range page {
		if !still[e.Room] {
			byRoom[e.Room] = append(byRoom[e.Room], e)
		}
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
			still[room] = true
			continue
		}
		if waits, err := m.store.FormerArrivals(ctx, room); err != nil {
			return false, errors.Join(err, group.Wait())
		} else if waits {
			still[room] = true
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
		still[r.room] = true
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
	page, older, err := m.roomPage(ctx, room, "", "")
	if err != nil {
		return nil, err
	}
	missed := slices.Clone(page)
	slices.Reverse(missed)
	if err := m.store.StoreMissed(ctx, missed, now()); err != nil {
		return nil, err
	}
	all, err := m.store.NewArrivalsOf(ctx, room)
	if err != nil || len(page) == 0 {
		return all, err
	}
	order := timelineOrder{}
	order.add(page)
	oldest := readHead(page[len(page)-1].Raw).Stamp
	for _, e := range all {
		// What the page lacks is older than all of it, or so new that the homeserver's
		// own view does not show it yet: nor does that show what else is that new, and
		// is older than this one.
		if !order.has(e) && readHead(e.Raw).Stamp > oldest {
			return nil, fmt.Errorf("%w: %s", errEarly, e.Key)
		}
	}
	// A restored database may have more to hear than a page, and have stored what was
	// delivered meanwhile before what it had missed.
	for from := ""; older != "" && older != from && slices.ContainsFunc(all, func(e store.InboxEvent) bool { return !order.has(e) }); {
		from = older
		if page, older, err = m.roomPage(ctx, room, from, ""); err != nil {
			return nil, err
		}
		order.add(page)
	}
	slices.SortStableFunc(all, order.compare)
	return all, nil
}

// timelineOrder is where events stand in a room, counted back from the newest.
type timelineOrder map[string]int

// add adds a page, newest first, behind those before it.
func (o timelineOrder) add(page []store.Arrival) {
	for _, a := range page {
		if _, twice := o[a.Key]; !twice {
			o[a.Key] = len(o) + 1
		}
	}
}

func (o timelineOrder) has(e store.InboxEvent) bool {
	_, has := o[e.Key]
	return has
}

// compare puts the older event first. What the room does not show goes before all that it does.
func (o timelineOrder) compare(a, b store.InboxEvent) int {
	at := func(e store.InboxEvent) int {
		if n, has := o[e.Key]; has {
			return n
		}
		return math.MaxInt
	}
	return cmp.Compare(at(b), at(a))
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
