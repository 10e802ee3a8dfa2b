package dialog

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// BenchmarkExpireBesideWrites reports how long others wait to write while a dialog is
// erased for its age whose site's desk was told 100,000 things.
func BenchmarkExpireBesideWrites(b *testing.B) {
	const notices, batch = 100_000, 1000
	c := newCore(b)
	site, err := c.Site("shop")
	must(b, err)
	site.Closed.EraseAfter = config.Duration(24 * time.Hour)
	desk, err := c.DeskOf(b.Context(), "shop")
	must(b, err)
	for i := 0; i < notices; i += batch {
		must(b, c.store.Write(b.Context(), func(ctx context.Context) error {
			for n := range batch {
				if _, _, err := c.store.Append(ctx, store.Draft{
					Visitor: desk.ID, Kind: chat.Notice, Author: chat.Author{Party: chat.Bot}, Origin: fmt.Sprint(i + n), At: now(),
					Content: chat.Content{Text: "Berlin, 26 November (#12) wrote for the first time.\nDo you have green tea?", HTML: "<a href=\"https://matrix.to/#/%23anteroom_abcdefgh234567ab:example.com\">Berlin, 26 November</a> (#12) wrote for the first time.<br>Do you have green tea?"},
				}); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	var longest time.Duration
	for b.Loop() {
		b.StopTimer()
		c.closed(b, fmt.Sprint("closed ", chat.NewEntryID()))
		b.StartTimer()
		done := make(chan error, 1)
		go func() {
			_, err := c.Expire(b.Context())
			done <- err
		}()
		for under := true; under; {
			began := time.Now()
			must(b, c.store.Write(b.Context(), func(context.Context) error { return nil }))
			longest = max(longest, time.Since(began))
			select {
			case err := <-done:
				must(b, err)
				under = false
			default:
			}
		}
	}
	b.ReportMetric(float64(longest.Microseconds())/1000, "longest-wait-ms")
}
