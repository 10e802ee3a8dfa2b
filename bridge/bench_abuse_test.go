package bridge_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/bridgetest/crowds"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

const (
	abuseTurns = 5
	// abuseTurn is as long as 200 of the others' messages, of which the 99th percentile is not just the slowest.
	abuseTurn = 8 * time.Second
	// abuseOthers say one message after another, each as often as the usual limits allow.
	abuseOthers = 60
	abuseEvery  = 40 * time.Millisecond
	// abuseFresh is how long the others' dialogs count as new, and let older ones go first.
	abuseFresh = 20 * time.Second
	// abuseSettles is for what an attack has left to do, so that the turn without it has nothing of it.
	abuseSettles = time.Second
)

// BenchmarkAbuse measures how long the messages of other visitors take to be acknowledged
// during attacks, against the same without them, turn by turn, at a bridge with its usual
// limits, and the most memory that it takes meanwhile. The attackers are a process of their own that
// takes only what of the processors nobody else wants, so that what is measured is
// the bridge's work for them. The homeserver is stopped but for the attack that needs it.
func BenchmarkAbuse(b *testing.B) {
	s := bridgetest.Start(b, bridgetest.Options{Limits: "{}", Gateway: "  trusted_proxies: [" + proxy + "]\n", Terse: true})
	anna := listen(b, s.Anna)
	silent := openTab(b, s)
	silent.say("Hello")
	room := anna.sees(b, "Hello").room
	silent.told(b, "Hello")
	go func() {
		for range anna.messages { // of nobody's interest from here on, but the poll waits for each
		}
	}()
	go func() {
		for range silent.entries { // nor these: a tab that waits with them would read nothing itself
		}
	}()
	others := openOthers(b, s)
	attackers := crowds.StartNice(b, "TestAttackers", strings.TrimPrefix(s.URL, "http://"), 0)
	defer attackers.Stop()
	<-time.After(abuseFresh)
	for b.Loop() {
		long := strings.Repeat("x", 10_000)
		writing := func() (over func()) {
			return every(100*time.Millisecond, func() { _, _ = s.Anna.SendText(b.Context(), room, long) })
		}
		under(b, s, others, attackers, "silent "+silent.secret, writing)
		if err := s.Homeserver.Stop(); err != nil {
			b.Fatal(err)
		}
		for _, attack := range []string{"visitor", "address", "loris", "uploads", "addresses"} {
			under(b, s, others, attackers, attack, func() func() { return func() {} })
		}
		b.ReportMetric(abuseTurns, "turns")
	}
	b.ReportMetric(0, "ns/op")
}

// every does something again and again, until it is over.
func every(pause time.Duration, do func()) (over func()) {
	done := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				do()
			}
		}
	})
	return func() { close(done); group.Wait() }
}

// under measures one attack. What beside does, it does with the attack and without.
func under(b *testing.B, s *bridgetest.Stack, others *others, attackers *crowds.Crowd, attack string, beside func() (over func())) {
	b.Helper()
	name, _, _ := strings.Cut(attack, " ")
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.BridgePID()), []byte("5"), 0); err != nil {
		b.Fatal(err)
	}
	rest := memoryOf(b, s.BridgePID(), "VmRSS:")
	took, busy := map[bool][][]time.Duration{}, map[bool]float64{}
	for turn := range 2 * abuseTurns {
		attacked := turn%2 == 1
		over := beside()
		before := tookOf(b, s.BridgePID())
		if attacked {
			attackers.Say(b, attack)
		}
		took[attacked] = append(took[attacked], others.speak(b))
		busy[attacked] += (tookOf(b, s.BridgePID()) - before).Seconds() / (abuseTurns * abuseTurn).Seconds()
		if attacked {
			attackers.Say(b, "rest")
			b.Logf("%s came to %s", name, attackers.Until(b, "over "))
		}
		over()
		<-time.After(abuseSettles)
	}
	b.Logf("%s: the bridge is busy for %.2f of one core, %.2f without", name, busy[true], busy[false])
	for _, p := range []int{50, 99} {
		b.ReportMetric(usual(took[true], p), fmt.Sprintf("%s-p%d-ms", name, p))
		b.ReportMetric(usual(took[false], p), fmt.Sprintf("%s-quiet-p%d-ms", name, p))
	}
	b.ReportMetric(memoryOf(b, s.BridgePID(), "VmHWM:"), name+"-peak-MiB")
	b.ReportMetric(rest, name+"-rest-MiB")
}

// usual is the median of the turns' percentiles, in milliseconds: a disk that stalls once
// is no attack's doing.
func usual(turns [][]time.Duration, percent int) float64 {
	each := make([]float64, len(turns))
	for i, took := range turns {
		each[i] = percentile(took, percent)
	}
	slices.Sort(each)
	return each[len(each)/2]
}

// tookOf is the processor time that a process has taken.
func tookOf(b *testing.B, pid int) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // behind the program's name, from the third field on
	fields := strings.Fields(rest)
	var ticks int
	for _, field := range fields[11:13] {
		n, err := strconv.Atoi(field)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond // 100 a second, on all machines that matter
}

// others are visitors who attack nobody, each with an address of its own and a dialog.
type others struct {
	all  []*websocket.Conn
	said int

	mu    sync.Mutex
	under map[chat.ClientID]time.Time // when it was said
	took  []time.Duration
}

func openOthers(b *testing.B, s *bridgetest.Stack) *others {
	b.Helper()
	o := &others{under: map[chat.ClientID]time.Time{}}
	k := &siege{talk: &talk{Stack: s}, address: strings.TrimPrefix(s.URL, "http://")}
	var group sync.WaitGroup
	b.Cleanup(group.Wait)
	for i := range abuseOthers {
		conn, _, err := k.socket(b.Context(), proxy, "X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i+1))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = conn.Close() })
		if err := conn.WriteJSON(&wire.Hello{T: wire.TypeHello, Secret: s.Visitor().Secret, Page: &wire.Page{URL: bridgetest.Origin + "/tea"}}); err != nil {
			b.Fatal(err)
		}
		o.all = append(o.all, conn)
		group.Go(func() { o.read(conn) })
	}
	for range o.all { // they have rooms before anything is measured
		o.say(b)
	}
	o.wait(b)
	return o
}

func (o *others) read(conn *websocket.Conn) {
	for {
		_, data, err := conn.ReadMessage()
		if err != nil {
			return
		}
		at := time.Now()
		var frame struct {
			T   wire.Type     `json:"t"`
			CID chat.ClientID `json:"cid"`
		}
		if json.Unmarshal(data, &frame) != nil || frame.T != wire.TypeAck {
			continue
		}
		o.mu.Lock()
		o.took = append(o.took, at.Sub(o.under[frame.CID]))
		delete(o.under, frame.CID)
		o.mu.Unlock()
	}
}

// say has the next one say something.
func (o *others) say(b *testing.B) {
	b.Helper()
	o.said++
	key := chat.ClientID(fmt.Sprintf("client-%08d", o.said))
	o.mu.Lock()
	o.under[key] = time.Now()
	o.mu.Unlock()
	err := o.all[o.said%len(o.all)].WriteJSON(&wire.Message{T: wire.TypeMessage, Client: key, Text: fmt.Sprintf("%d: do you have green tea?", o.said)})
	if err != nil {
		b.Fatalf("another visitor is cut off: %v", err)
	}
}

// speak has them say one message after another for a turn, at its own pace
// whatever is acknowledged when, and returns what each took.
func (o *others) speak(b *testing.B) []time.Duration {
	b.Helper()
	start := time.Now()
	for due := time.Duration(0); due < abuseTurn; due += abuseEvery {
		<-time.After(due - time.Since(start)) // none is left out when this process comes late
		o.say(b)
	}
	return o.wait(b)
}

// wait waits until all is acknowledged.
func (o *others) wait(b *testing.B) (took []time.Duration) {
	b.Helper()
	bridgetest.Await(b, "others are acknowledged", func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		return len(o.under) == 0
	})
	o.mu.Lock()
	defer o.mu.Unlock()
	took, o.took = o.took, nil
	return took
}
