package gateway

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// idleBare is what a socket costs a server that does nothing but hold the visitors'
// sockets, in bytes of resident memory.
func idleBare(b testing.TB, style func(held *atomic.Int64) http.Handler, sockets int) float64 {
	b.Helper()
	var held atomic.Int64
	server := httptest.NewServer(style(&held))
	defer server.Close()
	return idleCost(b, strings.Replace(server.URL, "http", "ws", 1), sockets, func() int { return int(held.Load()) }, nil)
}

const bareWelcome = `{"t":"welcome","entries":[]}`

// tunedStyle welcomes whoever says hello, and counts them, as sparingly as
// gorilla/websocket allows: a goroutine for each, a small buffer to read with, and one to
// write with from a pool.
func tunedStyle(held *atomic.Int64) http.Handler {
	upgrader := websocket.Upgrader{
		Subprotocols: []string{wire.Subprotocol}, CheckOrigin: func(*http.Request) bool { return true },
		ReadBufferSize: 512, WriteBufferPool: new(sync.Pool),
	}
	serve := func(conn *websocket.Conn) {
		defer func() { _ = conn.Close() }()
		if _, _, err := conn.ReadMessage(); err != nil {
			return
		}
		held.Add(1)
		for err := conn.WriteMessage(websocket.TextMessage, []byte(bareWelcome)); err == nil; {
			_, _, err = conn.ReadMessage()
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // the upgrader has answered
		}
		go serve(conn) // the handler's own goroutine has a larger stack
	})
}

// usualStyle does so in the style of gorilla/websocket's chat example: default buffers, a
// reader and a writer goroutine, a queue of 256 frames and a ticker for each.
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
				send <- []byte(bareWelcome)
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
