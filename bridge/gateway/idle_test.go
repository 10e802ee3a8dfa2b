package gateway

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest/crowds"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// An idle socket costs one goroutine. The clients are raw connections, which cost none.
func TestIdleSocketIsOneGoroutine(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, p *pacing) {
		cfg.Gateway.Limits.SocketsPerAddress, cfg.Gateway.Limits.SessionsPerMinute = 1000, 1000
		p.ping = 300 * time.Millisecond // pings happen, and leave nothing behind
	})
	d.enter(newSecret(), nil)
	before := runtime.NumGoroutine()
	const sockets = 50
	for range sockets {
		d.enter(newSecret(), nil)
	}
	eventually(t, "one goroutine for each socket", func() bool { return runtime.NumGoroutine() <= before+sockets })
}

// TestIdleClients is the crowd of BenchmarkIdleSocket.
func TestIdleClients(t *testing.T) {
	target, n := crowds.Be(t)
	dialer := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
	for range n {
		conn, _, err := dialer.DialContext(t.Context(), target, http.Header{"Origin": {shop}, "User-Agent": {"Mozilla/5.0 (X11; Linux x86_64) bench"}})
		must(t, err)
		c := &tab{t, conn}
		c.say(&wire.Hello{T: wire.TypeHello, Secret: newSecret(), Language: "en", TimeZone: "UTC", Page: &wire.Page{URL: shop + "/"}})
		take[wire.Welcome](c, wire.TypeWelcome)
		t.Cleanup(func() { _ = conn.Close() })
		must(t, conn.SetReadDeadline(time.Time{}))
		go func() { // answers pings, as a browser does
			for err := error(nil); err == nil; {
				_, _, err = conn.NextReader()
			}
		}()
	}
	fmt.Println("all open")
	crowds.UntilStopped()
}

// BenchmarkIdleSocket opens many sockets of as many visitors and
// reports what one costs, in resident memory: the gateway, with all that it keeps of a
// session; a bare server that is tuned as the gateway is; and one in the usual style.
// They take turns, and each figure is the median of them. Each server and the visitors
// are processes of their own, as memory that one has used and left would serve the next. Of
// the gateway it also reports the processor time that all take while nothing happens, in
// percent of one core.
func BenchmarkIdleSocket(b *testing.B) {
	const turns = 5
	sockets := 10_000
	if testing.Short() {
		sockets /= 10
	}
	sockets = min(sockets, openFiles(b)-500)
	for b.Loop() {
		var ours, busy, tuned, usual []float64
		for range turns {
			cost, took := idleServer(b, "gateway", sockets)
			ours, busy = append(ours, cost), append(busy, took)
			cost, _ = idleServer(b, "tuned", sockets)
			tuned = append(tuned, cost)
			cost, _ = idleServer(b, "usual", sockets)
			usual = append(usual, cost)
		}
		b.ReportMetric(middle(ours), "resident-B/socket")
		b.ReportMetric(middle(tuned), "tuned-B/socket")
		b.ReportMetric(middle(usual), "usual-B/socket")
		b.ReportMetric(middle(busy), "busy-%")
		b.ReportMetric(float64(sockets), "sockets")
		b.ReportMetric(turns, "turns")
	}
	b.ReportMetric(0, "ns/op")
}

// idleServer has a process measure one of the servers.
func idleServer(b *testing.B, which string, sockets int) (cost, busy float64) {
	b.Helper()
	server := crowds.Start(b, "TestIdleServer", which, sockets)
	defer server.Stop()
	_, err := fmt.Sscan(server.Until(b, "measured "), &cost, &busy)
	must(b, err)
	return cost, busy
}

// TestIdleServer is a server of BenchmarkIdleSocket.
func TestIdleServer(t *testing.T) {
	which, sockets := crowds.Be(t)
	openFiles(t)
	var cost, busy float64
	switch which {
	case "gateway":
		cost, busy = idleGateway(t, sockets)
	case "tuned":
		cost = idleBare(t, tunedStyle, sockets)
	case "usual":
		cost = idleBare(t, usualStyle, sockets)
	}
	fmt.Println("measured", cost, busy)
	crowds.UntilStopped()
}

// idleFew come before the ones that are measured, for what the first sockets cost once:
// pools, caches, the database.
const idleFew = 50

// idleGateway is what a socket costs the gateway, in bytes of resident memory, and what
// all of them take of one core, in percent.
func idleGateway(b testing.TB, sockets int) (cost, busy float64) {
	b.Helper()
	d := openDoor(b, func(cfg *config.Config, _ *pacing) {
		l := &cfg.Gateway.Limits
		l.SocketsPerAddress, l.SessionsPerMinute = 2*sockets, 2*sockets
	})
	defer d.close()
	cost = idleCost(b, d.socketURL("shop"), sockets, d.sockets, func() { busy = idleBusy(b) })
	return cost, busy
}

// idleCost is what a socket costs this process, in bytes of resident memory, at a server in it;
// idle, if given, is called while they are open.
func idleCost(b testing.TB, target string, sockets int, open func() int, idle func()) float64 {
	b.Helper()
	stopFew := openIdle(b, target, idleFew)
	defer stopFew()
	before := resident(b)
	stop := openIdle(b, target, sockets)
	defer stop()
	if n := open(); n < sockets {
		b.Fatalf("%d sockets are open", n)
	}
	cost := float64(resident(b)-before) / float64(sockets)
	if idle != nil {
		idle()
	}
	return cost
}

// idleBusy is the processor time that this process takes while nothing happens, in
// percent of one core. It looks for as long as it takes to ping each socket once.
func idleBusy(b testing.TB) float64 {
	b.Helper()
	took := func() time.Duration {
		var use syscall.Rusage
		must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &use))
		return time.Duration(use.Utime.Nano() + use.Stime.Nano())
	}
	before, start := took(), time.Now()
	<-time.After(defaultPacing().ping)
	return 100 * (took() - before).Seconds() / time.Since(start).Seconds()
}

func middle(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// openIdle opens n sockets of as many visitors from a process of their own.
func openIdle(b testing.TB, target string, n int) (stop func()) {
	b.Helper()
	visitors := crowds.Start(b, "TestIdleClients", target, n)
	visitors.Until(b, "all open")
	return visitors.Stop
}

// resident is the process's resident memory in bytes, without what it could give back.
func resident(b testing.TB) int64 {
	b.Helper()
	for range 5 { // stacks shrink by half at each collection
		runtime.GC()
	}
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/statm")
	must(b, err)
	fields := strings.Fields(string(status))
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	must(b, err)
	return pages * int64(os.Getpagesize())
}
