package gateway

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
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

// idleChild tells the child process of BenchmarkIdleSocket what it is.
const idleChild = "ANTEROOM_IDLE_CLIENTS"

// TestIdleClients is not a test but the visitors of BenchmarkIdleSocket, in a
// process of their own so that their memory is not taken for the gateway's.
func TestIdleClients(t *testing.T) {
	target, count, ok := strings.Cut(os.Getenv(idleChild), " ")
	if !ok {
		t.Skip("only BenchmarkIdleSocket runs this")
	}
	n, err := strconv.Atoi(count)
	must(t, err)
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
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n') // until the benchmark has measured
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
	self, err := os.Executable()
	must(b, err)
	child := exec.CommandContext(b.Context(), self, "-test.run=^TestIdleClients$", "-test.v")
	child.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d", idleChild, target, n))
	in, err := child.StdinPipe()
	must(b, err)
	out, err := child.StdoutPipe()
	must(b, err)
	must(b, child.Start())
	lines := bufio.NewScanner(out)
	opened := false
	for !opened && lines.Scan() {
		opened = lines.Text() == "all open"
	}
	return func() { _, _ = in.Write([]byte("\n")); _ = in.Close(); _ = child.Wait() }
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
