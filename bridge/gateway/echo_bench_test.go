package gateway

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest/crowds"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

const (
	echoSockets = 500
	echoTurns   = 5
	echoEach    = 30 // frames of a socket in a turn; all turns stay below framesBurst
	echoSaid    = 2  // messages of a socket in a turn
)

// BenchmarkSocketEcho measures the processor time that the gateway takes for a frame that
// comes and one that goes out for it (a widget's ping and its pong), against a bare server
// of gorilla/websocket, tuned as the gateway is, that sends each frame back. It reports
// beside that what a message takes to its durable acknowledgement. All servers and their
// visitors are processes of their own; they take turns, and each figure is the median.
func BenchmarkSocketEcho(b *testing.B) {
	for b.Loop() {
		gateway, bare := crowds.Start(b, "TestEchoServer", "gateway", echoSockets), crowds.Start(b, "TestEchoServer", "bare", echoSockets)
		turn := func(c *crowds.Crowd, what string) (took float64) {
			c.Say(b, what)
			_, err := fmt.Sscan(c.Until(b, "took "), &took)
			must(b, err)
			return took
		}
		var ours, theirs, acks []float64
		for n := range 1 + echoTurns { // the first is not counted
			a, o, s := turn(gateway, "ping"), turn(bare, "ping"), turn(gateway, "message")
			if n > 0 {
				ours, theirs, acks = append(ours, a), append(theirs, o), append(acks, s)
			}
		}
		gateway.Stop()
		bare.Stop()
		b.ReportMetric(middle(ours), "gateway-us")
		b.ReportMetric(middle(theirs), "bare-us")
		b.ReportMetric(middle(acks), "ack-us")
		b.ReportMetric(echoTurns, "turns")
	}
	b.ReportMetric(0, "ns/op")
}

// TestEchoServer is a server of BenchmarkSocketEcho, with a crowd of its own.
func TestEchoServer(t *testing.T) {
	which, sockets := crowds.Be(t)
	var target string
	if which == "gateway" {
		target = openDoor(t, func(cfg *config.Config, _ *pacing) {
			l := &cfg.Gateway.Limits
			l.SocketsPerAddress, l.SessionsPerMinute = 2*sockets, 2*sockets
			l.DialogsPerHour, l.SiteDialogsPerHour = 2*sockets, 2*sockets
		}).socketURL("shop")
	} else {
		server := httptest.NewServer(echoStyle())
		t.Cleanup(server.Close)
		target = strings.Replace(server.URL, "http", "ws", 1)
	}
	visitors := crowds.Start(t, "TestEchoClients", target, sockets)
	visitors.Until(t, "all open")
	for told := bufio.NewScanner(os.Stdin); told.Scan() && told.Text() != ""; {
		before := processorTime(t)
		visitors.Say(t, told.Text())
		var frames int
		_, err := fmt.Sscan(visitors.Until(t, "done "), &frames)
		must(t, err)
		fmt.Println("took", float64((processorTime(t)-before).Microseconds())/float64(frames))
	}
	visitors.Stop()
}

// processorTime is what this process has taken.
func processorTime(t testing.TB) time.Duration {
	t.Helper()
	var use syscall.Rusage
	must(t, syscall.Getrusage(syscall.RUSAGE_SELF, &use))
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// TestEchoClients is the crowd of TestEchoServer: each of them sends its frames one
// after another, the next one when the last is answered.
func TestEchoClients(t *testing.T) {
	target, n := crowds.Be(t)
	dialer := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
	tabs := make([]*tab, n)
	for i := range tabs {
		conn, _, err := dialer.DialContext(t.Context(), target, http.Header{"Origin": {shop}})
		must(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		tabs[i] = &tab{t, conn}
		tabs[i].say(&wire.Hello{T: wire.TypeHello, Secret: newSecret()})
		take[wire.Welcome](tabs[i], wire.TypeWelcome)
	}
	fmt.Println("all open")
	said := 0
	for told := bufio.NewScanner(os.Stdin); told.Scan() && told.Text() != ""; {
		each, answer, frame := echoEach, `"t":"p`, func(int) any { return &wire.Ping{T: wire.TypePing} }
		if told.Text() == "message" {
			said++
			each, answer, frame = echoSaid, `"t":"ack"`, func(k int) any {
				return &wire.Message{T: wire.TypeMessage, Client: chat.ClientID(fmt.Sprintf("message-%d-%d", said, k)), Text: "Do you have green tea?"}
			}
		}
		var all sync.WaitGroup
		for _, c := range tabs {
			all.Go(func() {
				for k := range each {
					c.say(frame(k))
					must(t, c.conn.SetReadDeadline(time.Now().Add(time.Minute)))
					for got := []byte(nil); !strings.Contains(string(got), answer); { // a message comes back as an entry, too
						var err error
						if _, got, err = c.conn.ReadMessage(); err != nil {
							t.Errorf("a frame was not answered: %v", err)
							return
						}
					}
				}
			})
		}
		all.Wait()
		if t.Failed() {
			t.FailNow()
		}
		fmt.Println("done", each*n)
	}
}

// echoStyle is tunedStyle that sends each frame back.
func echoStyle() http.Handler {
	upgrader := websocket.Upgrader{
		Subprotocols: []string{wire.Subprotocol}, CheckOrigin: func(*http.Request) bool { return true },
		ReadBufferSize: 512, WriteBufferPool: new(sync.Pool),
	}
	serve := func(conn *websocket.Conn) {
		defer func() { _ = conn.Close() }()
		_, _, err := conn.ReadMessage()
		for frame := []byte(bareWelcome); err == nil; {
			if err = conn.WriteMessage(websocket.TextMessage, frame); err == nil {
				_, frame, err = conn.ReadMessage()
			}
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // the upgrader has answered
		}
		go serve(conn)
	})
}
