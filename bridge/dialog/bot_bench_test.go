package dialog

import (
	"context"
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// running runs the bot until the test ends.
func running(b *testing.B, c *core) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = c.RunBot(ctx)
	}()
	b.Cleanup(func() { cancel(); <-done })
}

// heeding is a connection that is told of news.
type heeding struct{ news chan struct{} }

func (h *heeding) Wake() {
	select {
	case h.news <- struct{}{}:
	default:
	}
}
func (*heeding) Typing(chat.Author, bool) {}
func (*heeding) Stop(*chat.Error)         {}

// BenchmarkBotAnswers reports how long it takes from a visitor's message until the
// bot's answer is in the journal and the visitor's connection knows, beside a bare
// durable append.
func BenchmarkBotAnswers(b *testing.B) {
	const messages = 500
	c := newBot(b, map[string]string{"echo": "on: [ { keywords: [hi] } ]\nsteps:\n  - set: { n: \"{{ (n ?? 0) + 1 }}\" }\n  - say: \"{{ n }}\"\n"})
	running(b, c)
	h := &heeding{news: make(chan struct{}, 1)}
	b.Cleanup(c.Listen(c.in, h))
	var answers, appends []float64
	seq := int64(0)
	for i := range messages {
		began := time.Now()
		said, err := c.Say(b.Context(), c.in, Message{Client: chat.ClientID(fmt.Sprintf("client-%d", i)), Text: "hi"})
		must(b, err)
		for answered := false; !answered; {
			<-h.news
			fresh, err := c.After(b.Context(), c.in.Visitor, max(seq, said.Seq), 10)
			must(b, err)
			for _, e := range fresh {
				seq, answered = e.Seq, answered || e.Author.Party == chat.Bot
			}
		}
		answers = append(answers, time.Since(began).Seconds()*1000)
		began = time.Now()
		_, _, err = c.store.Append(b.Context(), store.Draft{
			Visitor: c.in.Visitor, Kind: chat.Notice, Author: chat.Author{Party: chat.Bot}, Content: chat.Content{Text: "hi"}, Origin: fmt.Sprint("bare:", i), At: now(),
		})
		must(b, err)
		appends = append(appends, time.Since(began).Seconds()*1000)
	}
	slices.Sort(answers)
	slices.Sort(appends)
	for _, percent := range []int{50, 99} {
		b.ReportMetric(answers[len(answers)*percent/100], fmt.Sprintf("answer-p%d-ms", percent))
		b.ReportMetric(appends[len(appends)*percent/100], fmt.Sprintf("append-p%d-ms", percent))
	}
	b.ReportMetric(0, "ns/op")
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
