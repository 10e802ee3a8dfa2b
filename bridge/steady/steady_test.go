package steady

import (
	"context"
	"slices"
	"testing"
)

// Who waits for work hangs never, who works and shows nothing hangs after so many ticks,
// and is well again when it comes on.
func TestWhoHangs(t *testing.T) {
	w := New(2)
	ctx := w.On(t.Context())
	stuck, busy, rests, idle := Of(ctx, Inbox), Of(ctx, Outbox), Of(ctx, Desk), Of(ctx, Bot)
	expect := func(when string, names ...string) {
		t.Helper()
		if got := w.Hung(); !slices.Equal(got, names) {
			t.Errorf("%s: %v hang, and not %v", when, got, names)
		}
	}
	goOn := make(chan struct{})
	begun, ended := make(chan context.Context, 3), make(chan error, 3)
	for _, l := range []*Loop{stuck, busy, rests} {
		go func() {
			ended <- l.Step(ctx, func(ctx context.Context) error {
				if l == rests {
					defer Rest(ctx)()
				}
				begun <- ctx
				<-goOn
				return nil
			})
		}()
	}
	var steps []context.Context
	for range 3 {
		steps = append(steps, <-begun)
	}
	for range 3 { // the first tick sees the step begin
		w.tick()
		for _, step := range steps {
			if step.Value(loopKey{}) == busy {
				Beat(step)
			}
		}
		expect("soon")
	}
	w.tick()
	expect("after a while", Inbox)
	close(goOn)
	for range 3 {
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
	w.tick()
	expect("when it came on")
	if idle.working.Load() != 0 || stuck.working.Load() != 0 || rests.working.Load() != 0 {
		t.Error("a step that ended is under way")
	}
	if err := Of(t.Context(), Inbox).Step(t.Context(), func(ctx context.Context) error { Beat(ctx); Rest(ctx)(); return nil }); err != nil {
		t.Error(err)
	}
}
