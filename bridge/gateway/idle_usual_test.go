package gateway

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// BenchmarkIdleUsual is what BenchmarkIdleSocket is compared with: the same
// visitors at a server that does nothing but hold their sockets, in the style of
// gorilla/websocket's chat example: default buffers, a reader and a writer
// goroutine, a queue of 256 frames and a ticker for each.
func BenchmarkIdleUsual(b *testing.B) {
	const sockets = 2000
	var resident, inUse float64
	for b.Loop() {
		var held atomic.Int64
		server := httptest.NewServer(usualStyle(&held))
		target := strings.Replace(server.URL, "http", "ws", 1)
		stopFew := openIdle(b, target, 50)
		beforeResident, beforeUse := memory(b)
		stop := openIdle(b, target, sockets)
		if n := held.Load(); n < sockets {
			b.Fatalf("%d sockets are open", n)
		}
		afterResident, afterUse := memory(b)
		resident += float64(afterResident-beforeResident) / sockets
		inUse += float64(afterUse-beforeUse) / sockets
		stop()
		stopFew()
		server.Close()
	}
	b.ReportMetric(resident/float64(b.N), "resident-B/socket")
	b.ReportMetric(inUse/float64(b.N), "heap+stack-B/socket")
	b.ReportMetric(0, "ns/op")
}

// usualStyle welcomes whoever says hello, and counts them.
func usualStyle(held *atomic.Int64) http.Handler {
	upgrader := websocket.Upgrader{Subprotocols: []string{wire.Subprotocol}, CheckOrigin: func(*http.Request) bool { return true }}
	write := func(conn *websocket.Conn, send <-chan []byte) {
		ticker := time.NewTicker(54 * time.Second)
		defer ticker.Stop()
		defer func() { _ = conn.Close() }()
		for {
			select {
			case frame, ok := <-send:
				if !ok || conn.WriteMessage(websocket.TextMessage, frame) != nil {
					return
				}
			case <-ticker.C:
				if conn.WriteMessage(websocket.PingMessage, nil) != nil {
					return
				}
			}
		}
	}
	read := func(conn *websocket.Conn, send chan<- []byte) {
		defer close(send)
		for first := true; ; first = false {
			if _, _, err := conn.ReadMessage(); err != nil {
				return
			}
			if first {
				held.Add(1)
				send <- []byte(`{"t":"welcome","entries":[]}`)
			}
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // the upgrader has answered
		}
		send := make(chan []byte, 256)
		go write(conn, send)
		go read(conn, send)
	})
}
