package dialog

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/store"
)

// running runs the bot until the test ends.
func running(b testing.TB, c *core) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = c.RunBot(ctx)
	}()
	b.Cleanup(func() { cancel(); <-done })
}

// BenchmarkBotWaits reports the processor's time that the bridge takes in a second
// while 10,000 dialogs wait for a time that is far, and while none does.
func BenchmarkBotWaits(b *testing.B) {
	const dialogs, span = 10_000, 3 * time.Second
	c := newBot(b, map[string]string{"echo": "on: [ { keywords: [hi] } ]\nsteps:\n  - say: hi\n"})
	used := func() float64 {
		b.Helper()
		var before, after syscall.Rusage
		must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &before))
		<-time.After(span)
		must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &after))
		spent := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
		return time.Duration(spent).Seconds() * 1000 / span.Seconds()
	}
	running(b, c)
	b.ReportMetric(used(), "none-ms/s")
	must(b, c.store.Write(b.Context(), func(ctx context.Context) error {
		for i := range dialogs {
			v, err := c.store.EnterVisitor(ctx, "shop", fmt.Sprint(i), store.Device{}, now())
			if err != nil {
				return err
			}
			if _, err := c.store.SetBotState(ctx, v.ID, store.BotState{State: "{}", Due: now().Add(time.Hour)}); err != nil {
				return err
			}
		}
		return nil
	}))
	c.bot.clock.wake()
	b.ReportMetric(used(), "waiting-ms/s")
	b.ReportMetric(0, "ns/op")
}
