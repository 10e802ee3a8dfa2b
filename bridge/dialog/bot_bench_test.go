package dialog

import (
	"context"
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/store"
)

// running runs the bot until it is told to stop.
func running(tb testing.TB, c *core) (stop func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(tb.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = c.RunBot(ctx)
	}()
	return func() { cancel(); <-done }
}

// BenchmarkBotWaits reports the processor's time that the bridge takes in a second
// while 10,000 dialogs wait for a time that is far, and while none does, in turns.
func BenchmarkBotWaits(b *testing.B) {
	const dialogs, turns, span = 10_000, 5, 3 * time.Second
	echo := map[string]string{"echo": "on: [ { keywords: [hi] } ]\nsteps:\n  - say: hi\n"}
	none, waiting := newBot(b, echo), newBot(b, echo)
	must(b, waiting.store.Write(b.Context(), func(ctx context.Context) error {
		for i := range dialogs {
			v, err := waiting.store.EnterVisitor(ctx, "shop", fmt.Sprint(i), store.Device{}, now())
			if err != nil {
				return err
			}
			if _, err := waiting.store.SetBotState(ctx, v.ID, store.BotState{State: "{}", Due: now().Add(time.Hour)}); err != nil {
				return err
			}
		}
		return nil
	}))
	used := func(c *core) float64 {
		b.Helper()
		defer running(b, c)()
		var before, after syscall.Rusage
		must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &before))
		<-time.After(span)
		must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &after))
		spent := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
		return time.Duration(spent).Seconds() * 1000 / span.Seconds()
	}
	var without, with []float64
	for range turns {
		without, with = append(without, used(none)), append(with, used(waiting))
	}
	middle := func(all []float64) float64 { slices.Sort(all); return all[len(all)/2] }
	b.ReportMetric(middle(without), "none-ms/s")
	b.ReportMetric(middle(with), "waiting-ms/s")
	b.ReportMetric(turns, "turns")
	b.ReportMetric(0, "ns/op")
}
