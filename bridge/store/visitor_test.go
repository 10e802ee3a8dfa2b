package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Reconnects come by the thousand after a restart; they must not stand in one
// queue with what visitors write.
func TestKnownVisitorEntersWithoutTheWriter(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	known := enter(t, s, "one")
	busy, done := make(chan struct{}), make(chan struct{})
	written := make(chan error, 1)
	go func() {
		written <- s.Write(context.WithoutCancel(t.Context()), func(context.Context) error { close(busy); <-done; return nil })
	}()
	<-busy
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	v, err := s.EnterVisitor(ctx, "shop", "one", store.Device{Language: "en"}, time.Now())
	close(done)
	if err != nil || v.ID != known {
		t.Errorf("entered as %q (%v), want %q", v.ID, err, known)
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	changed := store.Device{Language: "ru"}
	if v, err = s.EnterVisitor(t.Context(), "shop", "one", changed, time.Now()); err != nil || v.ID != known || v.Device != changed {
		t.Errorf("with another device: %+v (%v)", v, err)
	}
	if v, err = s.Visitor(t.Context(), known); err != nil || v.Device != changed {
		t.Errorf("the new device was not kept: %+v (%v)", v, err)
	}
}

// A browser that comes back keeps its session, however long ago it signed in: of too many
// the one goes that was used least recently.
func TestTheSessionUsedLeastRecentlyIsDropped(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	const day = 24 * time.Hour
	start := time.Now().Add(-365 * day)
	user, err := s.EnterIdentity(t.Context(), "shop", "4711", store.Device{}, start)
	if err != nil {
		t.Fatal(err)
	}
	add := func(session string, at time.Time) {
		t.Helper()
		if err := s.AddSession(t.Context(), "shop", session, user.ID, at); err != nil {
			t.Fatal(err)
		}
	}
	add("daily", start)
	for n := range 3 {
		add(fmt.Sprintf("once %d", n), start.Add(time.Duration(n+1)*day))
	}
	for n := range 365 {
		if _, err := s.EnterVisitor(t.Context(), "shop", "daily", store.Device{}, start.Add(time.Duration(n)*day)); err != nil {
			t.Fatal(err)
		}
	}
	add("fresh", time.Now())
	if gone, err := s.DropSessions(t.Context(), user.ID, "fresh", 3); err != nil || len(gone) != 2 || slices.Contains(gone, "daily") || slices.Contains(gone, "once 2") {
		t.Errorf("dropped are %q (%v)", gone, err)
	}
}
