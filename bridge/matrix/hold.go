package matrix

import (
	"context"
	"errors"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/matrix/notice"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

const (
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
	if err := m.setAside(ctx, e, cause); err != nil {
		return false, err
	}
	m.metrics.converted.WithLabelValues(convertedPoison).Inc()
	return true, nil
}

// setAside ends the tries of an event together with what its room is told of it: told after
// that, it would be lost with a process that ends in between.
func (m *Matrix) setAside(ctx context.Context, e store.InboxEvent, cause error) error {
	c, err := m.roomOf(ctx, e)
	if err != nil {
		return err
	}
	return m.store.Write(ctx, func(ctx context.Context) error {
		if err := m.store.FailArrival(ctx, e.Position, cause.Error()); err != nil || c == nil {
			return err
		}
		return m.tell(ctx, c, "poison:"+e.Key, notice.Poison, notice.Args{Event: id.EventID(e.Key)})
	})
}

// roomOf is the dialog in whose room an event came; nil if nobody is there to be told of it.
func (m *Matrix) roomOf(ctx context.Context, e store.InboxEvent) (*conversation, error) {
	v, _, err := m.store.DialogOf(ctx, e.Room)
	if err != nil {
		return nil, ignoreNotFound(err)
	}
	c, err := m.open(ctx, v)
	if errors.Is(err, errErased) {
		return nil, nil
	}
	return c, err
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
