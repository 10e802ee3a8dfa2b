package bridge_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// BenchmarkAcked reports how many durable acknowledgements a second 200 visitors get
// over sockets of their own while the homeserver is away, each writing on when it has
// the last one, against as many writers who append the same rows to a journal of the
// same kind on the same disk. The two take turns, and
// each figure is the median of them.
func BenchmarkAcked(b *testing.B) {
	const (
		visitors = 200
		rounds   = 5
		each     = 10 // messages of one visitor in a round
		total    = visitors * each
	)
	s := bridgetest.Start(b, bridgetest.Options{Limits: "{messages_per_minute: 10000, messages_burst: 1000, sessions_per_minute: 6000, dialogs_per_hour: 6000, sockets_per_address: 1000, site_dialogs_per_hour: 6000}"})
	if err := s.Homeserver.Stop(); err != nil {
		b.Fatal(err)
	}
	journal, err := store.Open(b.Context(), store.Options{Type: "sqlite3", URI: filepath.Join(b.TempDir(), "bare.db"), Log: zerolog.Nop()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = journal.Close() })
	tabs, dialogs := make([]*benchTab, visitors), make([]chat.VisitorID, visitors)
	for i := range visitors {
		tabs[i] = openTab(b, s)
		v, err := journal.EnterVisitor(b.Context(), "shop", fmt.Sprint(i), store.Device{Language: "en"}, time.Now())
		if err != nil {
			b.Fatal(err)
		}
		dialogs[i] = v.ID
	}
	said := 0
	for b.Loop() {
		var bridged, bare []float64
		for range rounds {
			said++
			bridged = append(bridged, total/together(b, visitors, func(i int) error { return tabs[i].sayEach(said, each) }).Seconds())
			bare = append(bare, total/together(b, visitors, func(i int) error {
				for n := range each {
					text := benchText(said, n)
					draft := store.Draft{
						Visitor: dialogs[i], Kind: chat.Message, Author: chat.Author{Party: chat.Visitor}, Content: chat.Content{Text: text},
						Client: chat.ClientID(fmt.Sprintf("client-%d-%d", said, n)), Origin: fmt.Sprintf("client-%d-%d", said, n), At: time.Now(),
					}
					err := journal.Write(b.Context(), func(ctx context.Context) error {
						e, _, err := journal.Append(ctx, draft)
						if err != nil {
							return err
						}
						return journal.Enqueue(ctx, e)
					})
					if err != nil {
						return err
					}
				}
				return nil
			}).Seconds())
		}
		b.ReportMetric(middle(bridged), "acked/s")
		b.ReportMetric(middle(bare), "bare/s")
		b.ReportMetric(rounds, "turns")
	}
	b.ReportMetric(0, "ns/op")
}

func benchText(round, n int) string {
	return fmt.Sprintf("%d.%d: do you have green tea, and how long does it keep?", round, n)
}

// together runs one of each at once and returns how long all of them took.
func together(b *testing.B, n int, one func(i int) error) time.Duration {
	b.Helper()
	var failed atomic.Pointer[error]
	var group sync.WaitGroup
	start := time.Now()
	for i := range n {
		group.Go(func() {
			if err := one(i); err != nil {
				failed.Store(&err)
			}
		})
	}
	group.Wait()
	if err := failed.Load(); err != nil {
		b.Fatal(*err)
	}
	return time.Since(start)
}

// sayEach says n messages, each when the one before is acknowledged.
func (t *benchTab) sayEach(round, n int) error {
	for i := range n {
		text := benchText(round, i)
		t.say(text)
		for waited := time.After(bridgetest.Patience); ; {
			select {
			case got := <-t.entries:
				if got.text != text {
					continue
				}
			case <-waited:
				return fmt.Errorf("waited %s in vain for the acknowledgement of %q", bridgetest.Patience, text) //nolint:err113 // ends the benchmark
			}
			break
		}
	}
	return nil
}
