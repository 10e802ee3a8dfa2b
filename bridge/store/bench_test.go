package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// BenchmarkAppend reports how many entries a second the journal takes from 64
// visitors who write at once, and from one after another, where each entry
// waits for a commit of its own. Both write to the same database, in turns, so
// that whatever else the disk does slows both alike.
func BenchmarkAppend(b *testing.B) {
	const (
		visitors = 64
		rounds   = 10
		each     = 10 // entries of one visitor in a round
	)
	s, err := store.Open(b.Context(), store.Options{Type: "sqlite3", URI: filepath.Join(b.TempDir(), "anteroom.db")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	var dialogs []chat.VisitorID
	for i := range visitors {
		v, err := s.EnterVisitor(b.Context(), "shop", fmt.Sprint(i), store.Device{Language: "en"}, time.Now())
		if err != nil {
			b.Fatal(err)
		}
		dialogs = append(dialogs, v.ID)
	}
	said := 0
	for b.Loop() {
		var grouped, alone []time.Duration
		for range rounds {
			said++
			start := time.Now()
			var writers sync.WaitGroup
			for _, v := range dialogs {
				writers.Go(func() { write(b, s, v, said, each) })
			}
			writers.Wait()
			grouped = append(grouped, time.Since(start))

			said++
			start = time.Now()
			for _, v := range dialogs {
				write(b, s, v, said, each)
			}
			alone = append(alone, time.Since(start))
		}
		b.ReportMetric(visitors*each/median(grouped).Seconds(), "grouped/s")
		b.ReportMetric(visitors*each/median(alone).Seconds(), "alone/s")
		b.ReportMetric(median(alone).Seconds()/median(grouped).Seconds(), "grouped-x")
		b.ReportMetric(rounds, "turns")
	}
	b.ReportMetric(0, "ns/op")
	checkAll(b, s, dialogs, said*each)
}

func median(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// write appends n entries to a dialog, each when the one before is durable.
func write(b *testing.B, s *store.Store, v chat.VisitorID, round, n int) {
	for i := range n {
		_, fresh, err := s.Append(b.Context(), draft(v, fmt.Sprintf("%d-%d", round, i), "Do you have green tea, and how long does it keep?"))
		if err != nil || !fresh {
			b.Errorf("append: fresh %t, error %v", fresh, err)
			return
		}
	}
}

// checkAll makes sure that what was measured was also written.
func checkAll(b *testing.B, s *store.Store, dialogs []chat.VisitorID, want int) {
	b.Helper()
	for _, v := range dialogs {
		m, err := s.Marks(context.WithoutCancel(b.Context()), v)
		if err != nil || m.Last != int64(want) {
			b.Fatalf("the journal ends at %d (%v), want %d", m.Last, err, want)
		}
	}
}
