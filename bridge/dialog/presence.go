package dialog

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/steady"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

const (
	// graceFor is how long a visitor without a connection is still here: a page
	// that follows another and a network that trembles are no departures.
	graceFor = 15 * time.Second
	// aliveEvery is how exactly it is known, after a crash, until when the
	// visitors were here who did not come back.
	aliveEvery = 15 * time.Second
)

// metaAlive holds when the process last knew who is here, in Unix
// milliseconds. It is empty after an orderly end, which notes for each visitor
// when it left.
const metaAlive = "presence.alive"

// Listen adds a connection of a session to its dialog until leave is called. The visitor is
// here from the first connection until Grace after the last one has ended.
func (s *Service) Listen(in Session, l Listener) (leave func()) {
	v := in.Visitor
	a, came := s.hub.add(in, l)
	if came {
		s.hub.presence(v, true)
		go s.mark(in, a)
	}
	s.streams.join(v, l)
	return func() { s.hub.remove(v, l, s.Grace, func(a *attendance) { s.depart(v, a) }) }
}

// Present reports whether a visitor is here.
func (s *Service) Present(v chat.VisitorID) bool {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return s.hub.visitors[v] != nil
}

// since returns when a visitor came who is here, else the zero time.
func (s *Service) since(v chat.VisitorID) time.Time {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if a := s.hub.visitors[v]; a != nil {
		return a.since
	}
	return time.Time{}
}

// mark records that a visitor came. The connection does not wait for it.
func (s *Service) mark(in Session, a *attendance) {
	defer s.hub.marked(a)
	s.complain(in.Visitor, s.store.Came(store.Patient(context.Background(), in.Customer), in.Visitor, a.since))
}

// depart ends an attendance whose grace is over: first in the store, so that
// who is told of it finds there when that was.
func (s *Service) depart(v chat.VisitorID, a *attendance) {
	s.hub.awaitMarked(a) // or the note that it came would be written after the one that it left
	left, ok := s.hub.leftAt(v, a)
	if !ok {
		return
	}
	s.complain(v, s.store.Left(context.Background(), v, left))
	if s.hub.end(v, a) {
		s.hub.presence(v, false)
		return
	}
	s.complain(v, s.store.Came(context.Background(), v, a.since)) // it came back meanwhile
}

func (s *Service) complain(v chat.VisitorID, err error) {
	if err != nil && !errors.Is(err, store.ErrClosed) {
		s.log.Warn().Err(err).Str(trail.Visitor, string(v)).Msg("It could not be noted whether the visitor is here")
	}
}

// Recall takes up who was here when the process ended: they have a grace period
// to come back, as if their connections had just been lost. After a crash they
// were here until it was last noted that the process lives. Call it before the
// doors open.
func (s *Service) Recall(ctx context.Context) error {
	var here []store.Here
	err := s.store.Write(ctx, func(ctx context.Context) (err error) {
		if here, err = s.store.WhoIsHere(ctx); err != nil {
			return err
		}
		alive, err := s.store.Meta(ctx, metaAlive)
		if err != nil || alive == "" {
			return err
		}
		ms, err := strconv.ParseInt(alive, 10, 64)
		if err != nil {
			return err
		}
		for _, h := range here {
			if err := s.store.RaiseSeenAt(ctx, []chat.VisitorID{h.Visitor}, time.UnixMilli(ms)); err != nil {
				return err
			}
		}
		if here, err = s.store.WhoIsHere(ctx); err != nil {
			return err
		}
		return s.store.SetMeta(ctx, metaAlive, "")
	})
	if err != nil {
		return fmt.Errorf("read who was here: %w", err)
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for i := len(here) - 1; i >= 0; i-- { // who came last ends up in front
		h := here[i]
		a := s.hub.enter(h.Visitor, h.Since)
		a.left, a.seen = h.SeenAt, now()
		a.going = time.AfterFunc(s.Grace, func() { s.depart(h.Visitor, a) }) //nolint:contextcheck // ctx is the start's
	}
	return nil
}

// Run notes from time to time, while somebody is here, that the process lives, and has
// widgets look anew when opening hours begin or end, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	loop := steady.Of(ctx, steady.Visitors)
	ticker := time.NewTicker(aliveEvery)
	defer ticker.Stop()
	open := s.openSites(now())
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		open = s.heedHours(open, now())
		var here int
		_ = loop.Step(ctx, func(context.Context) error { here = len(s.Online()); return nil })
		if here == 0 {
			continue
		}
		if err := s.store.SetMeta(ctx, metaAlive, strconv.FormatInt(now().UnixMilli(), 10)); err != nil && ctx.Err() == nil {
			s.log.Warn().Err(err).Msg("It could not be noted that the bridge lives")
		}
	}
}

// Stop notes when those left who are still here. Call it when the doors are
// shut, before the store is closed.
func (s *Service) Stop() error {
	ctx := context.Background() // the program's own is over by now
	s.translations.stop()
	left := s.hub.shut()
	return s.store.Write(ctx, func(ctx context.Context) error {
		for v, at := range left {
			if err := s.store.RaiseSeenAt(ctx, []chat.VisitorID{v}, at); err != nil {
				return err
			}
		}
		return s.store.SetMeta(ctx, metaAlive, "")
	})
}

// shut stops all departures and returns when each visitor who is here was here last.
func (h *hub) shut() map[chat.VisitorID]time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	left := make(map[chat.VisitorID]time.Time, len(h.visitors))
	for v, a := range h.visitors {
		left[v] = a.left
		if a.left.IsZero() {
			left[v] = now()
		}
		if a.going != nil {
			a.going.Stop()
		}
	}
	return left
}
