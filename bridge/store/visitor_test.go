package store_test

import (
	"context"
	"path/filepath"
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
