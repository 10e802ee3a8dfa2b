package gateway

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// BenchmarkFlooded measures how long a visitor's message takes to be acknowledged while
// others flood the door with messages and pings, beside the same without them, turn by turn.
func BenchmarkFlooded(b *testing.B) {
	d := openDoor(b, func(cfg *config.Config, _ *pacing) {
		cfg.Gateway.Limits.MessagesPerMinute, cfg.Gateway.Limits.MessagesBurst = 10_000, 1000
		cfg.Gateway.Limits.SessionsPerMinute, cfg.Gateway.Limits.DialogsPerHour = 10_000, 10_000
	})
	c, _ := d.enter(newSecret(), nil)
	const turns, messages, floods = 5, 40, 10
	took, sent := map[bool][]time.Duration{}, 0
	for range b.N {
		for turn := range 2 * turns {
			flooded := turn%2 == 1
			over := func() {}
			if flooded {
				over = d.flood(b, floods)
			}
			for range messages {
				sent++
				began := time.Now()
				c.say(&wire.Message{T: wire.TypeMessage, Client: chat.ClientID(fmt.Sprintf("message-%d", sent)), Text: "x"})
				await[wire.Ack](c, wire.TypeAck)
				took[flooded] = append(took[flooded], time.Since(began))
			}
			over()
		}
	}
	for flooded, name := range map[bool]string{false: "quiet", true: "flooded"} {
		slices.Sort(took[flooded])
		for _, percent := range []int{50, 99} {
			at := took[flooded][len(took[flooded])*percent/100]
			b.ReportMetric(float64(at.Microseconds())/1000, fmt.Sprintf("%s-p%d-ms", name, percent))
		}
	}
	b.ReportMetric(turns, "turns")
	b.ReportMetric(0, "ns/op")
}

// flood has so many visitors send messages and pings as fast as they can, again with
// another connection when one is ended, until it is told that it is over.
func (d *door) flood(b *testing.B, visitors int) (over func()) {
	b.Helper()
	done := make(chan struct{})
	var all sync.WaitGroup
	for range visitors {
		secret := newSecret()
		all.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if conn, _, err := d.tryDial(); err == nil {
					floodOver(conn, secret, done)
				}
			}
		})
	}
	return func() { close(done); all.Wait() }
}

func floodOver(conn *websocket.Conn, secret string, done <-chan struct{}) {
	defer func() { _ = conn.Close() }()
	if conn.WriteJSON(&wire.Hello{T: wire.TypeHello, Secret: secret}) != nil {
		return
	}
	go func() { _, _ = io.Copy(io.Discard, conn.NetConn()) }()
	for i := 0; ; i++ {
		select {
		case <-done:
			return
		default:
		}
		frame := &wire.Message{T: wire.TypeMessage, Client: chat.ClientID(fmt.Sprintf("message-%d", i)), Text: strings.Repeat("x", 500)}
		if conn.WriteJSON(frame) != nil || conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(within)) != nil {
			return
		}
	}
}
