package bridge_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// BenchmarkBotAnswers measures how long it takes from a visitor's message at the
// visitor's socket until the bot's answer is there, against the message's own
// acknowledgement, and against a bare durable append to a journal of the same kind on
// the same disk. They take short turns.
func BenchmarkBotAnswers(b *testing.B) {
	chains := b.TempDir()
	writeChain(b, chains, "echo", "on: [ { keywords: [hi] } ]\nsteps:\n  - set: { n: \"{{ n + 1 }}\" }\n  - say: \"answer {{ n }}\"\n")
	s := bridgetest.Start(b, bridgetest.Options{Site: fmt.Sprintf("    bot:\n      enabled: true\n      chains: %q\n", chains)})
	journal, err := store.Open(b.Context(), store.Options{Type: "sqlite3", URI: filepath.Join(b.TempDir(), "bare.db"), Log: zerolog.Nop()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = journal.Close() })
	desk, err := journal.DeskOf(b.Context(), "shop", time.Now())
	if err != nil {
		b.Fatal(err)
	}
	var tabs []*benchTab
	for range benchVisitors {
		tabs = append(tabs, openTab(b, s))
	}
	said := make([]int, benchVisitors)
	for b.Loop() {
		var bridged, acked, raw []time.Duration
		for turn := range benchTurns {
			bridged = append(bridged, measure(func(i int) time.Duration {
				tab := i % benchVisitors
				said[tab]++
				start := time.Now()
				asked, answer := fmt.Sprint("hi ", said[tab]), fmt.Sprint("answer ", said[tab])
				tabs[tab].say(asked)
				at := tabs[tab].toldAll(b, asked, answer)
				if i >= benchWarmUp {
					acked = append(acked, at[asked].Sub(start))
				}
				return at[answer].Sub(start)
			})...)
			raw = append(raw, measure(func(i int) time.Duration {
				start := time.Now()
				if _, _, err := journal.Append(b.Context(), store.Draft{
					Visitor: desk.ID, Kind: chat.Message, Author: chat.Author{Party: chat.Bot}, Content: chat.Content{Text: "answer"},
					Origin: fmt.Sprintf("bare:%d:%d", turn, i), At: start,
				}); err != nil {
					b.Fatal(err)
				}
				return time.Since(start)
			})...)
		}
		report(b, benchTurns, bridged, raw)
		b.ReportMetric(percentile(acked, 50), "ack-p50-ms")
	}
	b.ReportMetric(0, "ns/op")
}
