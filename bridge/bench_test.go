package bridge_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
)

const (
	// benchTurns turns of benchTurn messages are measured of each way, 400 in
	// all: the 99th percentile then stands on the four slowest.
	benchTurns, benchTurn = 20, 20
	// benchWarmUp is how many messages come first in each turn, unmeasured: they
	// still meet the work that the other way has left to the homeserver.
	benchWarmUp = 3
	// benchVisitors take turns: one alone would send more frames a second than
	// the gateway lets through without holding them back, which no person does.
	benchVisitors = 8
)

// BenchmarkToOperator measures how long a visitor's message takes from the
// visitor's socket to the operator's client (its answered long poll), against
// the same event that a ghost puts straight into a room of its own on the same
// homeserver for the same operator. The two take short turns, so that noise hits both.
func BenchmarkToOperator(b *testing.B) {
	k := openBench(b, bridgetest.Options{})
	user := k.Ghost(b, "raw")
	made, err := user.CreateRoom(b.Context(), &mautrix.ReqCreateRoom{Preset: "private_chat", Invite: []id.UserID{k.Anna.UserID}})
	if err != nil {
		b.Fatal(err)
	}
	ghosts := map[id.UserID]*mautrix.Client{}
	for _, tab := range k.tabs {
		name, _ := strings.CutPrefix(tab.ghost.Localpart(), "anteroom_")
		ghosts[tab.ghost] = k.Ghost(b, name)
	}
	for b.Loop() {
		var bridged, same, raw []time.Duration
		var content json.RawMessage
		// As long as what the bridge sent, no text twice, and nothing that the bridge takes for an entry.
		again := func(text string) map[string]any {
			var c map[string]any
			_ = json.Unmarshal(content, &c)
			c["body"], c["test.filling.key"] = text, c["chat.anteroom.id"]
			delete(c, "chat.anteroom.id")
			return c
		}
		for turn := range benchTurns {
			bridged = append(bridged, measure(func(i int) time.Duration {
				tab, text := k.tabs[i%benchVisitors], fmt.Sprintf("%d.%d: do you have green tea?", turn, i)
				start := time.Now()
				tab.say(text)
				e := k.anna.sees(b, text)
				tab.told(b, text) // its acknowledgement
				content = e.content
				return e.at.Sub(start)
			})...)
			same = append(same, measure(func(i int) time.Duration {
				tab, text := k.tabs[i%benchVisitors], fmt.Sprintf("%d.%d: or do you have white?", turn, i)
				start := time.Now()
				put(b, ghosts[tab.ghost], tab.room, again(text))
				return k.anna.sees(b, text).at.Sub(start)
			})...)
			raw = append(raw, measure(func(i int) time.Duration {
				text := fmt.Sprintf("%d.%d: and do you have black?", turn, i)
				start := time.Now()
				put(b, user, made.RoomID, again(text))
				return k.anna.sees(b, text).at.Sub(start)
			})...)
		}
		report(b, benchTurns, bridged, raw)
		for _, p := range []int{50, 99} {
			b.ReportMetric(percentile(same, p), fmt.Sprintf("same-p%d-ms", p))
		}
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkToVisitor measures how long an operator's message takes from the
// operator's PUT to the visitor's socket, against the same message on its way to a
// bare appservice of the same homeserver, which answers 200 at once.
func BenchmarkToVisitor(b *testing.B) {
	bare := newBareService(b)
	k := openBench(b, bridgetest.Options{Registrations: []string{bare.registration}})
	k.anna.stop()
	room := bare.room(b, k.Stack)
	for b.Loop() {
		var bridged, raw []time.Duration
		for turn := range benchTurns {
			bridged = append(bridged, measure(func(i int) time.Duration {
				tab, text := k.tabs[i%benchVisitors], fmt.Sprintf("%d.%d: yes, and black tea too", turn, i)
				start := time.Now()
				put(b, k.Anna, tab.room, map[string]any{"msgtype": "m.text", "body": text})
				return tab.told(b, text).Sub(start)
			})...)
			raw = append(raw, measure(func(i int) time.Duration {
				text := fmt.Sprintf("%d.%d: no, and no black tea", turn, i)
				start := time.Now()
				put(b, k.Anna, room, map[string]any{"msgtype": "m.text", "body": text})
				return bare.gets(b, text).Sub(start)
			})...)
		}
		report(b, benchTurns, bridged, raw)
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkAck measures how long it takes from a visitor's message at the visitor's
// socket until it is acknowledged, and so durable, against a write of as many bytes to a
// file on the same disk with fdatasync.
func BenchmarkAck(b *testing.B) {
	k := openBench(b, bridgetest.Options{})
	file, err := os.Create(filepath.Join(k.Dir, "bare"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = file.Close() })
	for b.Loop() {
		var acked, synced []time.Duration
		for turn := range benchTurns {
			acked = append(acked, measure(func(i int) time.Duration {
				tab, text := k.tabs[i%benchVisitors], fmt.Sprintf("%d.%d: do you have green tea?", turn, i)
				start := time.Now()
				tab.say(text)
				took := tab.told(b, text).Sub(start)
				k.anna.sees(b, text) // the next one finds a quiet house
				return took
			})...)
			synced = append(synced, measure(func(i int) time.Duration {
				start := time.Now()
				if _, err := fmt.Fprintf(file, "%d.%d: do you have green tea?\n", turn, i); err != nil {
					b.Fatal(err)
				}
				if err := syscall.Fdatasync(int(file.Fd())); err != nil {
					b.Fatal(err)
				}
				return time.Since(start)
			})...)
		}
		b.ReportMetric(percentile(acked, 50), "ack-p50-ms")
		b.ReportMetric(percentile(synced, 50), "fsync-p50-ms")
		b.ReportMetric(benchTurns, "turns")
	}
	b.ReportMetric(0, "ns/op")
}

// measure takes one turn.
func measure(one func(i int) time.Duration) (took []time.Duration) {
	for i := range benchWarmUp + benchTurn {
		took = append(took, one(i))
	}
	return took[benchWarmUp:]
}

// report gives the middle and the slowest hundredth of both ways, and how many
// times slower the way through the bridge is, after so many turns of each.
func report(b *testing.B, turns int, bridged, raw []time.Duration) {
	b.Helper()
	for _, p := range []int{50, 99} {
		b.ReportMetric(percentile(bridged, p), fmt.Sprintf("bridged-p%d-ms", p))
		b.ReportMetric(percentile(raw, p), fmt.Sprintf("raw-p%d-ms", p))
		b.ReportMetric(percentile(bridged, p)/percentile(raw, p), fmt.Sprintf("x-raw-p%d", p))
	}
	b.ReportMetric(float64(turns), "turns")
}

// percentile is in milliseconds.
func percentile(all []time.Duration, percent int) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return float64(sorted[(len(sorted)*percent-1)/100].Microseconds()) / 1000
}

// benchTalk is a stack in which some visitors have a dialog with the operator.
type benchTalk struct {
	*bridgetest.Stack
	anna *ear
	tabs []*benchTab
}

func openBench(b *testing.B, o bridgetest.Options) *benchTalk {
	b.Helper()
	k := &benchTalk{Stack: bridgetest.Start(b, o)}
	k.anna = listen(b, k.Anna)
	for range benchVisitors {
		tab := openTab(b, k.Stack)
		tab.say("Hello")
		hello := k.anna.sees(b, "Hello")
		tab.room, tab.ghost = hello.room, hello.sender
		tab.told(b, "Hello")
		k.tabs = append(k.tabs, tab)
	}
	return k
}

func put(b *testing.B, as *mautrix.Client, room id.RoomID, content any) {
	b.Helper()
	if _, err := as.SendMessageEvent(b.Context(), room, event.EventMessage, content); err != nil {
		b.Fatal(err)
	}
}

// receive takes one value, or fails when none comes for very long.
func receive[T any](b *testing.B, what string, from <-chan T) T {
	b.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(bridgetest.Patience):
		b.Fatalf("waited %s in vain: %s", bridgetest.Patience, what)
	}
	panic("not reached")
}
