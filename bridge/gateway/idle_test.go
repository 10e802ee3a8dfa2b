package gateway

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

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
	target, n := beCrowd(t)
	dialer := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
	for range n {
		conn, _, err := dialer.DialContext(t.Context(), target, http.Header{"Origin": {shop}, "User-Agent": {"Mozilla/5.0 (X11; Linux x86_64) bench"}})
		must(t, err)
		c := &tab{t, conn}
		c.say(&wire.Hello{T: wire.TypeHello, Secret: newSecret(), Language: "en", TimeZone: "UTC", Page: &wire.Page{URL: shop + "/"}})
		take[wire.Welcome](c, wire.TypeWelcome)
		t.Cleanup(func() { _ = conn.Close() })
	}
	fmt.Println("all open")
	untilMeasured()
}

// BenchmarkIdleSocket opens many sockets of as many visitors from another
// process and reports what one costs the gateway: resident memory, and of it
// heap and stacks.
func BenchmarkIdleSocket(b *testing.B) {
	const sockets = 2000
	var resident, inUse float64
	for b.Loop() {
		d := openDoor(b, func(cfg *config.Config, _ *pacing) {
			l := &cfg.Gateway.Limits
			l.SocketsPerAddress, l.SessionsPerMinute = 2*sockets, 2*sockets
		})
		stopFew := openIdle(b, d.socketURL("shop"), 50) // what the first sockets cost once: pools, caches, the database
		beforeResident, beforeUse := memory(b)
		stop := openIdle(b, d.socketURL("shop"), sockets)
		if n := d.sockets(); n < sockets {
			b.Fatalf("%d sockets are open", n)
		}
		afterResident, afterUse := memory(b)
		resident += float64(afterResident-beforeResident) / sockets
		inUse += float64(afterUse-beforeUse) / sockets
		stop()
		stopFew()
		d.close()
	}
	b.ReportMetric(resident/float64(b.N), "resident-B/socket")
	b.ReportMetric(inUse/float64(b.N), "heap+stack-B/socket")
	b.ReportMetric(0, "ns/op")
}

// openIdle opens n sockets of as many visitors from a process of their own.
func openIdle(b *testing.B, target string, n int) (stop func()) {
	b.Helper()
	visitors := startCrowd(b, "TestIdleClients", target, n)
	visitors.until(b, "all open")
	return visitors.stop
}

// memory returns the process's resident memory and what of the Go heap and stacks is in use.
func memory(b *testing.B) (resident, inUse int64) {
	b.Helper()
	for range 5 { // stacks shrink by half at each collection
		runtime.GC()
	}
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	status, err := os.ReadFile("/proc/self/statm")
	must(b, err)
	fields := strings.Fields(string(status))
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	must(b, err)
	return pages * int64(os.Getpagesize()), int64(m.HeapAlloc + m.StackInuse)
}
