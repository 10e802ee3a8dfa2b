package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest/crowds"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

const (
	restartVisitors = 10_000
	// restartTurns is how often there is a restart, each with a database and visitors of its own.
	restartTurns = 5
	// restartAtOnce is how many say hello for the first time at once, before anything is measured.
	restartAtOnce = 100
	// restartWithin is far more than the longest pause between two tries.
	restartWithin = 2 * time.Minute
)

// retryRule is how the widget comes back; both sides' tests read it from testdata.
type retryRule struct {
	First, Last, Spread, Welcome float64 // milliseconds
}

func readRetryRule(tb testing.TB) (rule retryRule) {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("wire", "testdata", "retry.json"))
	must(tb, err)
	must(tb, json.Unmarshal(data, &rule))
	if rule.First <= 0 || rule.Last < rule.First || rule.Spread <= 0 || rule.Welcome <= 0 {
		tb.Fatalf("no rule: %+v", rule)
	}
	return rule
}

// pause is how long the widget waits before it comes back: after that many
// failures in a row, or after a link that worked.
func (r retryRule) pause(failures int, worked bool) time.Duration {
	random := rand.Float64()
	wait := max(r.First, min(r.Last, r.First*float64(int64(1)<<min(failures, 20)))*(0.5+random/2))
	if worked {
		wait += random * r.Spread
	}
	return time.Duration(wait * float64(time.Millisecond))
}

// restartResult is what the visitors of BenchmarkRestart tell of a restart.
type restartResult struct {
	Resumed, Reset, Stopped int
	Tries                   int   // connections that were begun
	Welcomes                []int // of each second since the first link was gone
	Last                    time.Duration
	Faults                  map[string]int // tries that came to nothing, by why
}

// restartVisitor is a browser that has a dialog.
type restartVisitor struct {
	secret, address string
	// within is how long it waits for a welcome.
	within time.Duration
	// talks is true for who says something as soon as it is back.
	talks bool
	last  wire.Resume
	conn  *websocket.Conn
}

// come opens the link and says hello. fatal is true for what makes the widget stay away.
func (v *restartVisitor) come(ctx context.Context, target string) (welcome *wire.Welcome, fatal bool, err error) {
	until := time.Now().Add(v.within)
	dialer := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}, HandshakeTimeout: v.within}
	header := http.Header{"Origin": {shop}, "User-Agent": {"Mozilla/5.0 (X11; Linux x86_64) bench"}, "X-Forwarded-For": {v.address}}
	conn, _, err := dialer.DialContext(ctx, target, header)
	if err != nil {
		return nil, false, err
	}
	hello := &wire.Hello{T: wire.TypeHello, Secret: v.secret, Language: "en", TimeZone: "UTC", Page: &wire.Page{URL: shop + "/"}}
	if v.last.ID != "" {
		hello.Resume = &v.last
	}
	_ = conn.SetReadDeadline(until)
	if err = conn.WriteJSON(hello); err == nil {
		for err == nil {
			var data []byte
			if _, data, err = conn.ReadMessage(); err != nil {
				break
			}
			var frame struct {
				T    wire.Type `json:"t"`
				Code string    `json:"code"`
			}
			_ = json.Unmarshal(data, &frame)
			if frame.T == wire.TypeError {
				err = fmt.Errorf("refused: %s", frame.Code) //nolint:err113 // it is counted by its text
			}
			if frame.T == wire.TypeWelcome {
				welcome = new(wire.Welcome)
				_ = json.Unmarshal(data, welcome)
				_ = conn.SetReadDeadline(time.Time{})
				v.conn = conn
				return welcome, false, nil
			}
		}
	}
	_ = conn.Close()
	return nil, websocket.IsCloseError(err, wire.CloseStop), err
}

// begin makes the dialog: its first message is in the journal, and is what the visitor resumes after.
func (v *restartVisitor) begin(ctx context.Context, target string) error {
	if _, _, err := v.come(ctx, target); err != nil {
		return err
	}
	if err := v.conn.WriteJSON(&wire.Message{T: wire.TypeMessage, Client: "client-00000001", Text: "Hello"}); err != nil {
		return err
	}
	for {
		var frame struct {
			T   wire.Type    `json:"t"`
			ID  chat.EntryID `json:"id"`
			Seq int64        `json:"seq"`
		}
		if err := v.conn.ReadJSON(&frame); err != nil {
			return err
		}
		if frame.T == wire.TypeAck {
			v.last = wire.Resume{Seq: frame.Seq, ID: frame.ID}
			return nil
		}
	}
}

// TestRestartClients is the crowd of BenchmarkRestart.
func TestRestartClients(t *testing.T) {
	target, n := crowds.Be(t)
	rule := readRetryRule(t)
	visitors := make([]*restartVisitor, n)
	gate := make(chan struct{}, restartAtOnce)
	var group sync.WaitGroup
	var failed atomic.Pointer[error]
	for i := range visitors {
		// Each has an address of its own, as the proxy in front tells it: the limits are the usual ones.
		visitors[i] = &restartVisitor{
			secret: newSecret(), address: netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}).String(),
			within: time.Duration(rule.Welcome * float64(time.Millisecond)), talks: i < n/100,
		}
		gate <- struct{}{}
		group.Go(func() {
			defer func() { <-gate }()
			if err := visitors[i].begin(t.Context(), target); err != nil {
				failed.Store(&err)
			}
		})
	}
	group.Wait()
	if err := failed.Load(); err != nil {
		t.Fatal(*err)
	}
	<-time.After(freshFor) // else those who talk are new
	tally := restartTally{result: restartResult{Faults: map[string]int{}}}
	for _, v := range visitors {
		group.Go(func() { tally.follow(t.Context(), v, target, rule) })
	}
	fmt.Println("all open")
	group.Wait()
	data, err := json.Marshal(tally.result)
	must(t, err)
	fmt.Println("result", string(data))
	crowds.UntilStopped()
}

// restartTally is what all visitors come to.
type restartTally struct {
	mu     sync.Mutex
	began  time.Time
	result restartResult
}

// follow waits until the link is gone, and comes back by the widget's rule.
func (y *restartTally) follow(ctx context.Context, v *restartVisitor, target string, rule retryRule) {
	_, _, err := v.conn.ReadMessage()
	for err == nil {
		_, _, err = v.conn.ReadMessage()
	}
	_ = v.conn.Close()
	y.mu.Lock()
	if y.began.IsZero() {
		y.began = time.Now()
	}
	until := y.began.Add(restartWithin)
	y.mu.Unlock()
	for failures := 0; time.Now().Before(until); failures++ {
		pause := time.NewTimer(rule.pause(failures, failures == 0))
		<-pause.C
		welcome, fatal, err := v.come(ctx, target)
		if y.note(welcome, fatal, err) {
			if err == nil && v.talks {
				_ = v.conn.WriteJSON(&wire.Message{T: wire.TypeMessage, Client: "client-00000002", Text: "Are you there?"})
			}
			return
		}
	}
}

// note counts a try, and reports whether it was the visitor's last.
func (y *restartTally) note(welcome *wire.Welcome, fatal bool, err error) bool {
	y.mu.Lock()
	defer y.mu.Unlock()
	r := &y.result
	r.Tries++
	switch {
	case fatal:
		r.Stopped++
	case err != nil:
		// Without the addresses, which differ each time.
		r.Faults[err.Error()[strings.LastIndex(err.Error(), ": ")+1:]]++
	case welcome.Reset:
		r.Reset++
	default:
		r.Resumed++
	}
	if err == nil {
		r.Last = time.Since(y.began)
		for len(r.Welcomes) <= int(r.Last.Seconds()) {
			r.Welcomes = append(r.Welcomes, 0)
		}
		r.Welcomes[int(r.Last.Seconds())]++
	}
	return fatal || err == nil
}

// BenchmarkRestart stops and starts the bridge's part that visitors meet (the
// journal, the core, the gateway) under so many of them, who have a dialog each
// and come back as the widget does; some are in the middle of a talk. It reports how many resumed (all have to,
// and nobody may be told to stay away), when the last of them was back, how they
// were spread, and the process's peak of resident memory; the middle of some restarts, and
// of who resumed the least.
func BenchmarkRestart(b *testing.B) {
	visitors := restartVisitors
	if testing.Short() {
		visitors /= 10
	}
	files := openFiles(b)
	if most := mostBack(files); visitors > most {
		b.Logf("this machine lets a process open no more than %d files: %d visitors instead of %d", files, most, visitors)
		visitors = most
	}
	for b.Loop() {
		told := map[string][]float64{}
		for range restartTurns {
			for name, value := range restart(b, visitors) {
				told[name] = append(told[name], value)
			}
		}
		for name, values := range told {
			b.ReportMetric(middle(values), name)
		}
		b.ReportMetric(slices.Min(told["resumed"]), "resumed")
		b.ReportMetric(restartTurns, "turns")
	}
	b.ReportMetric(0, "ns/op")
}

// mostBack is how many visitors can come back where a process may open so many files. The
// visitors are a process of their own, with a limit of its own. Who gives up a try and
// begins the next may for a moment have both: not more than every second one. Some files
// are the bridge's own.
func mostBack(files int) int { return 2*files/3 - 500 }

// Ten thousand come back where a process may open twice as many files.
func TestTenThousandComeBack(t *testing.T) {
	t.Parallel()
	if n := mostBack(2 * restartVisitors); n < restartVisitors {
		t.Errorf("%d", n)
	}
}

// restart is one restart, and what it comes to.
func restart(b *testing.B, visitors int) map[string]float64 {
	b.Helper()
	house := &restartHouse{dir: b.TempDir(), address: "127.0.0.1:0"}
	house.open(b)
	clients := crowds.Start(b, "TestRestartClients", "ws://"+house.address+"/v1/shop/socket", visitors)
	clients.Until(b, "all open")
	resetPeak(b)
	before := peak(b)
	house.close(b)
	down := time.Now()
	house.open(b)
	closed := time.Since(down)
	var r restartResult
	must(b, json.Unmarshal([]byte(clients.Until(b, "result ")), &r))
	after := peak(b)
	clients.Stop()
	house.close(b)
	if r.Resumed != visitors {
		b.Errorf("of %d visitors %d resumed, %d began anew, %d were sent away for good: %v", visitors, r.Resumed, r.Reset, r.Stopped, r.Faults)
	}
	most := 0
	for _, n := range r.Welcomes {
		most = max(most, n)
	}
	// The mean is over the time in which anybody came back.
	span := r.Last.Seconds()
	for _, n := range r.Welcomes {
		if n > 0 {
			break
		}
		span--
	}
	b.Logf("back in each second: %v; tries that came to nothing: %v", r.Welcomes, r.Faults)
	return map[string]float64{
		"closed-s": closed.Seconds(), "visitors": float64(visitors), "resumed": float64(r.Resumed), "last-back-s": r.Last.Seconds(),
		"peak/s": float64(most), "peak/mean": float64(most) / (float64(visitors) / span), "tries/visitor": float64(r.Tries) / float64(visitors),
		"peak-before-MB": float64(before) / (1 << 20), "peak-MB": float64(after) / (1 << 20),
	}
}

// restartHouse is what of the bridge can be stopped and started over its data, at one address.
type restartHouse struct {
	dir, address string
	store        *store.Store
	gateway      *Gateway
	server       *http.Server
}

func (h *restartHouse) open(b *testing.B) {
	b.Helper()
	cfg := config.Default()
	cfg.Gateway.DataDir = filepath.Join(h.dir, "files")
	// The visitors' addresses are told by a proxy on this machine; no site has so many new dialogs in an hour.
	cfg.Gateway.TrustedProxies = []config.Prefix{{Prefix: netip.MustParsePrefix("127.0.0.0/8")}}
	cfg.Gateway.Limits.SiteDialogsPerHour = 2 * restartVisitors
	site := config.DefaultSite("shop")
	site.Name, site.Origins = "Tea Shop", []string{shop}
	cfg.Sites["shop"] = site
	var err error
	h.store, err = store.Open(b.Context(), store.Options{Type: "sqlite3", URI: filepath.Join(h.dir, "anteroom.db"), Log: zerolog.Nop()})
	must(b, err)
	core, err := dialog.New(cfg, h.store, zerolog.Nop())
	must(b, err)
	listener, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", h.address)
	must(b, err)
	h.address = listener.Addr().String()
	cfg.Gateway.PublicURL = "http://" + h.address
	h.gateway, err = newGateway(b.Context(), cfg, core, zerolog.Nop(), testScripts(), defaultPacing())
	must(b, err)
	h.server = &http.Server{Handler: h.gateway.Handler(), ReadHeaderTimeout: within, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = h.server.Serve(listener) }()
}

func (h *restartHouse) close(b *testing.B) {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_ = h.gateway.Close(ctx) // sockets that had to be cut come back like the others
	_ = h.server.Close()
	must(b, h.store.Close())
}

// openFiles is how many files this process may have open, after it has asked for all that it may.
func openFiles(b testing.TB) int {
	b.Helper()
	var limit syscall.Rlimit
	must(b, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	// Only root may ask for more than was allowed.
	more := syscall.Rlimit{Cur: max(limit.Max, 4*restartVisitors), Max: max(limit.Max, 4*restartVisitors)}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &more); err == nil {
		limit = more
	} else {
		limit.Cur = limit.Max
		must(b, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit))
	}
	return int(min(limit.Cur, 1<<20))
}

// resetPeak has the kernel forget the most memory that the process ever had.
func resetPeak(b *testing.B) {
	b.Helper()
	must(b, os.WriteFile("/proc/self/clear_refs", []byte("5"), 0))
}

// peak is the most resident memory since, in bytes.
func peak(b *testing.B) int64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	must(b, err)
	_, line, _ := strings.Cut(string(status), "VmHWM:")
	kilobytes, err := strconv.ParseInt(strings.Fields(line)[0], 10, 64)
	must(b, err)
	return kilobytes << 10
}
