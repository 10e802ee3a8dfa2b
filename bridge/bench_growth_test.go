package bridge_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
)

// grown is a bridge with so many dialogs in its database, in which some visitors talk.
type grown struct {
	*bridgetest.Stack
	dialogs int
	tabs    []*benchTab
	acked   []time.Duration
	busy    float64 // milliseconds of the processor
	made    float64 // bytes of memory that were asked of Go's heap
	metrics string
	reading float64 // bytes that one look at the metrics makes itself
}

// BenchmarkGrowth measures what a visitor's message costs a bridge with 100,000 dialogs in
// its database, against one with 1,000: the time to its acknowledgement, the processor's
// time, and the memory that is asked of Go's heap on its way; and the resident memory after
// all messages, which is SQLite's cache of so many rows for the most part. The two take
// turns; the homeserver is away, for the reason that BenchmarkStart has.
func BenchmarkGrowth(b *testing.B) {
	const turns, warmUp, each = 10, 1, 50
	few, many := openGrown(b, 1_000), openGrown(b, 100_000)
	for b.Loop() {
		for turn := range warmUp + turns {
			for _, g := range []*grown{few, many} {
				if turn == warmUp {
					g.acked, g.busy, g.made = nil, 0, 0
				}
				before, heap := processorOf(b, g.BridgePID()), g.heap(b)
				for i := range each {
					tab, text := g.tabs[i%benchVisitors], fmt.Sprintf("%d.%d: do you have green tea?", turn, i)
					start := time.Now()
					tab.say(text)
					g.acked = append(g.acked, tab.told(b, text).Sub(start))
				}
				g.busy += processorOf(b, g.BridgePID()) - before
				g.made += g.heap(b) - heap - g.reading
			}
		}
		for _, g := range []*grown{few, many} {
			b.ReportMetric(percentile(g.acked, 50), fmt.Sprintf("ack-%d-ms", g.dialogs))
			b.ReportMetric(g.busy/(turns*each), fmt.Sprintf("cpu-%d-ms", g.dialogs))
			b.ReportMetric(g.made/(turns*each)/1024, fmt.Sprintf("made-%d-KB", g.dialogs))
			b.ReportMetric(atRest(b, g.BridgePID()), fmt.Sprintf("resident-%d-MiB", g.dialogs))
		}
		b.ReportMetric(turns, "turns")
	}
	b.ReportMetric(0, "ns/op")
}

func openGrown(b *testing.B, dialogs int) *grown {
	b.Helper()
	door := fmt.Sprintf("127.0.0.1:%d", dendritetest.Port(b))
	g := &grown{dialogs: dialogs, metrics: "http://" + door + "/metrics", Stack: bridgetest.Start(b, bridgetest.Options{
		Limits: "{messages_per_minute: 10000, messages_burst: 1000, sessions_per_minute: 6000, dialogs_per_hour: 6000, sockets_per_address: 1000, site_dialogs_per_hour: 6000}",
		More:   fmt.Sprintf("metrics: {enabled: true, listen: %q}\n", door),
	})}
	if err := g.Homeserver.Stop(); err != nil {
		b.Fatal(err)
	}
	g.StopBridge(b)
	fillDialogs(b, g.Database(), dialogs)
	g.StartBridge(b, "") // writes the log of the filling back
	g.StopBridge(b)
	g.StartBridge(b, "")
	for range benchVisitors {
		g.tabs = append(g.tabs, openTab(b, g.Stack))
	}
	// What else the bridge does meanwhile is not of the look.
	const looks = 5
	heap := g.heap(b)
	for range looks {
		next := g.heap(b)
		if made := next - heap; g.reading == 0 || made < g.reading {
			g.reading = made
		}
		heap = next
	}
	return g
}

// heap is how many bytes the bridge has asked of Go's heap so far.
func (g *grown) heap(b *testing.B) float64 {
	b.Helper()
	return metric(b, g.metrics, "go_memstats_alloc_bytes_total")
}

// metric is one of a bridge's figures that has no labels.
func metric(b *testing.B, url, name string) float64 {
	b.Helper()
	for line := range strings.Lines(string(fetch(b, url))) {
		if text, ok := strings.CutPrefix(line, name+" "); ok {
			value, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			if err != nil {
				b.Fatal(err)
			}
			return value
		}
	}
	b.Fatalf("%s has no %s", url, name)
	return 0
}

// processorOf is the processor time that a process has taken, in milliseconds.
func processorOf(b *testing.B, pid int) float64 {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	// After the name in brackets; utime and stime are the 14th and 15th of all (proc_pid_stat(5)), in
	// ticks of which Linux has 100 a second.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	const utime, perTick = 11, 10
	sum := 0.0
	for _, field := range fields[utime : utime+2] {
		ticks, err := strconv.ParseFloat(field, 64)
		if err != nil {
			b.Fatal(err)
		}
		sum += ticks
	}
	return sum * perTick
}
