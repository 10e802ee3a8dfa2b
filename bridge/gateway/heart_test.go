package gateway

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/steady"
)

// A lock that nobody gives back stops the wheel, and whoever asks whether the bridge lives
// hears of it; a wheel that turns is well.
func TestAWheelThatIsHeldIsTold(t *testing.T) {
	t.Parallel()
	watch := steady.New(3)
	h := newHeart(pacing{ping: wheelSlots * time.Millisecond}, steady.Of(watch.On(t.Context()), steady.Sockets))
	ctx, cancel := context.WithCancel(t.Context())
	watched := make(chan struct{})
	go func() { defer close(watched); _ = watch.Run(ctx, 20*time.Millisecond) }()
	defer func() { cancel(); <-watched }()
	await := func(what string, names ...string) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); !slices.Equal(watch.Hung(), names); <-time.After(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: %v hang", what, watch.Hung())
			}
		}
	}
	h.mu.Lock()
	await("a wheel that is held", steady.Sockets)
	h.mu.Unlock()
	await("a wheel that turns again")
	if err := h.stop(t.Context()); err != nil {
		t.Error(err)
	}
}
