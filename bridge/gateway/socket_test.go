package gateway

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// message says a text and returns its acknowledgement; entries on the way are skipped.
func (c *tab) message(client chat.ClientID, text string) *wire.Ack {
	c.t.Helper()
	c.say(&wire.Message{T: wire.TypeMessage, Client: client, Text: text})
	ack := await[wire.Ack](c, wire.TypeAck)
	if ack.Client != client {
		c.t.Fatalf("acknowledged %s, want %s", ack.Client, client)
	}
	return ack
}

// visitor returns the only visitor of the database by one of its entries.
func (d *door) visitor(secret string) chat.VisitorID {
	d.t.Helper()
	in, err := d.dialog.Enter(d.t.Context(), "shop", secret, store.Device{})
	must(d.t, err)
	return in.Visitor
}

// Invariant 23: a socket without a hello closes.
func TestInvariant23SocketWithoutHelloIsClosed(t *testing.T) {
	d := openDoor(t, func(_ *config.Config, p *pacing) { p.hello = 50 * time.Millisecond })
	c := d.dial()
	c.refused(chat.CodeBadFrame)
	if code := c.closed(); code != wire.CloseReconnect {
		t.Errorf("closed with %d", code)
	}
}

func TestHelloIsFirstAndOnce(t *testing.T) {
	d := openDoor(t, nil)
	c := d.dial()
	c.say(&wire.Ping{T: wire.TypePing})
	c.refused(chat.CodeBadFrame)
	if code := c.closed(); code != wire.CloseReconnect {
		t.Errorf("closed with %d", code)
	}
	c, _ = d.enter(newSecret(), nil)
	c.say(&wire.Hello{T: wire.TypeHello, Secret: newSecret()})
	c.refused(chat.CodeBadFrame)
	c.message("message-1", "it goes on")
}

func TestBadSecretStops(t *testing.T) {
	d := openDoor(t, nil)
	for _, secret := range []string{"", "short", strings.Repeat("=", 43)} {
		c := d.dial()
		c.say(&wire.Hello{T: wire.TypeHello, Secret: secret})
		c.refused(chat.CodeBadSession)
		if code := c.closed(); code != wire.CloseStop {
			t.Errorf("closed with %d", code)
		}
	}
}

func TestBadFramesAreRefusedAndAtLastStop(t *testing.T) {
	d := openDoor(t, nil)
	c, _ := d.enter(newSecret(), nil)
	must(t, c.conn.WriteMessage(websocket.TextMessage, []byte("{")))
	c.refused(chat.CodeBadFrame)
	c.message("message-1", "a bad frame harms nothing")
	for range mostBad - 1 {
		must(t, c.conn.WriteMessage(websocket.TextMessage, []byte(`{"t":"shout"}`)))
	}
	if code := c.closed(); code != wire.CloseStop {
		t.Errorf("closed with %d", code)
	}
}

func TestFrameOverTheLimitStops(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) { cfg.Gateway.Limits.FrameBytes = 1000 })
	for _, size := range []int{1001, 5 << 20} {
		c, _ := d.enter(newSecret(), nil)
		// The other side may close while this is still being written.
		_ = c.conn.WriteMessage(websocket.TextMessage, []byte(strings.Repeat("x", size)))
		c.refused(chat.CodeTooLarge)
		if code := c.closed(); code != wire.CloseStop {
			t.Errorf("closed with %d", code)
		}
	}
}

// A limit that refuses the hello would close the chat on every page with a long
// address, and nobody would know.
func TestLongestHelloFitsIntoTheLeastFrame(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) { cfg.Gateway.Limits.FrameBytes = config.LeastFrame })
	c := d.dial()
	long := "https://shop.example.com/?" + strings.Repeat("x", 2048-26)
	c.say(&wire.Hello{
		T: wire.TypeHello, Secret: newSecret(), Language: strings.Repeat("x", 35), TimeZone: strings.Repeat("x", 64),
		Resume: &wire.Resume{Seq: newest, ID: chat.NewEntryID()},
		Page:   &wire.Page{URL: long, Title: strings.Repeat("\u0001", 256), Referrer: long},
	})
	take[wire.Welcome](c, wire.TypeWelcome)
}

func TestBinaryFrameIsRefused(t *testing.T) {
	d := openDoor(t, nil)
	c, _ := d.enter(newSecret(), nil)
	must(t, c.conn.WriteMessage(websocket.BinaryMessage, []byte(`{"t":"ping"}`)))
	c.refused(chat.CodeBadFrame)
	c.message("message-1", "it goes on")
}

func TestCloseAsksToReconnect(t *testing.T) {
	d := openDoor(t, nil)
	c, _ := d.enter(newSecret(), nil)
	quiet := d.dial() // no hello yet
	done := make(chan error, 1)
	go func() { done <- d.gateway.Close(t.Context()) }()
	for _, c := range []*tab{c, quiet} {
		if code := c.closed(); code != wire.CloseReconnect {
			t.Errorf("closed with %d", code)
		}
	}
	must(t, <-done)
	_, response, err := d.tryDial()
	if err == nil || response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") != "1" {
		t.Errorf("a socket after the end: %v %v", err, response)
	}
	_ = bodyOf(response)
}

func TestSilentSocketIsGivenUp(t *testing.T) {
	d := openDoor(t, func(_ *config.Config, p *pacing) { p.ping, p.dead = 30*time.Millisecond, 200*time.Millisecond })
	c, _ := d.enter(newSecret(), nil)
	pinged := make(chan struct{}, 100)
	c.conn.SetPingHandler(func(string) error { pinged <- struct{}{}; return nil }) // and no pong
	expect(t, d.watch.online, true)
	_ = c.conn.SetReadDeadline(time.Now().Add(within))
	if _, _, err := c.conn.ReadMessage(); err == nil || isTimeout(err) {
		t.Errorf("the silent socket was kept: %v", err)
	}
	if len(pinged) == 0 {
		t.Error("it was not pinged")
	}
	expect(t, d.watch.online, false)
}

func TestSocketThatAnswersPingsIsKept(t *testing.T) {
	d := openDoor(t, func(_ *config.Config, p *pacing) { p.ping, p.dead = 30*time.Millisecond, 300*time.Millisecond })
	c, _ := d.enter(newSecret(), nil)
	pings := 0
	answer := c.conn.PingHandler()
	enough := make(chan struct{})
	c.conn.SetPingHandler(func(data string) error {
		if pings++; pings == 30 {
			close(enough)
		}
		return answer(data)
	})
	go func() {
		for {
			if _, _, err := c.conn.ReadMessage(); err != nil {
				return
			}
		}
	}()
	select {
	case <-enough: // 30 pings take three times what a silent socket is given
	case <-time.After(within):
		t.Error("the pings stopped")
	}
}

// dialSlow opens a socket whose client has hardly any room for what it does not read.
func (d *door) dialSlow() *tab {
	d.t.Helper()
	dialer := websocket.Dialer{
		Subprotocols: []string{wire.Subprotocol},
		NetDialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			if err == nil {
				err = conn.(*net.TCPConn).SetReadBuffer(64 << 10)
			}
			return conn, err
		},
	}
	conn, response, err := dialer.DialContext(d.t.Context(), d.socketURL("shop"), http.Header{"Origin": {shop}})
	if err != nil {
		d.t.Fatalf("dial: %v %s", err, bodyOf(response))
	}
	d.t.Cleanup(func() { _ = conn.Close() })
	return &tab{d.t, conn}
}

func TestSlowReaderIsLetGoAndResumesWithoutLoss(t *testing.T) {
	// Enough for the reader who comes after: a welcome of ten megabytes on a busy machine.
	d := openDoor(t, func(_ *config.Config, p *pacing) { p.write = time.Second })
	secret := newSecret()
	c := d.dialSlow()
	c.say(&wire.Hello{T: wire.TypeHello, Secret: secret})
	take[wire.Welcome](c, wire.TypeWelcome)
	v := d.visitorOf(secret)
	const many = 150
	long := strings.Repeat("long ", 20_000)
	for range many {
		d.hear(v, dialog.Heard{Content: chat.Content{Text: long}})
	}
	eventually(t, "the slow reader is let go", func() bool { return d.dialog.Connections(v) == 0 })
	var last wire.Resume
	for {
		must(t, c.conn.SetReadDeadline(time.Now().Add(within)))
		_, data, err := c.conn.ReadMessage()
		if err != nil {
			break
		}
		e := decode[wire.NewEntry](t, data).Entry
		if e.Seq != last.Seq+1 {
			t.Fatalf("entry %d after %d", e.Seq, last.Seq)
		}
		last = wire.Resume{Seq: e.Seq, ID: e.ID}
	}
	if last.Seq == 0 || last.Seq >= many {
		t.Fatalf("the slow reader got up to %d of %d: the test does not test", last.Seq, many)
	}
	next, welcome := d.enter(secret, &last)
	for _, e := range welcome.Entries {
		if last.Seq++; e.Seq != last.Seq {
			t.Fatalf("entry %d, want %d", e.Seq, last.Seq)
		}
	}
	for last.Seq < many {
		last.Seq++
		if e := take[wire.NewEntry](next, wire.TypeEntry).Entry; e.Seq != last.Seq || e.Text != long {
			t.Fatalf("entry %d, want %d", e.Seq, last.Seq)
		}
	}
}

func TestOverflowOfAnswersAsksToReconnect(t *testing.T) {
	d := openDoor(t, nil)
	secret := newSecret()
	v := d.visitor(secret)
	for range pageSize {
		d.hear(v, dialog.Heard{Content: chat.Content{Text: strings.Repeat("<", 8000)}}) // each is six bytes in JSON
	}
	c := d.dialSlow()
	c.say(&wire.Hello{T: wire.TypeHello, Secret: secret})
	const asks = 60
	for range asks { // and reads no answer
		c.say(&wire.History{T: wire.TypeHistory, Before: pageSize + 1, Limit: pageSize})
	}
	eventually(t, "the queue overflows", func() bool {
		for slot := range wheelSlots {
			for _, s := range d.gateway.heart.in(slot) {
				return s.ended()
			}
		}
		return false
	})
	answers := 0
	for {
		must(t, c.conn.SetReadDeadline(time.Now().Add(within)))
		if _, _, err := c.conn.ReadMessage(); err != nil {
			if !websocket.IsCloseError(err, wire.CloseReconnect) {
				t.Errorf("closed with %v", err)
			}
			break
		}
		answers++
	}
	if answers >= asks {
		t.Errorf("%d answers came: the queue has no bound", answers)
	}
}

func TestQueueIsBoundedInFrames(t *testing.T) {
	d := openDoor(t, nil)
	c, _ := d.enter(newSecret(), nil)
	var s *socket
	for slot := range wheelSlots {
		for _, found := range d.gateway.heart.in(slot) {
			s = found
		}
	}
	eventually(t, "the writer of the welcome ends", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.flushing {
			return false
		}
		s.flushing = true // from here on as by a writer that is stuck
		return true
	})
	for range mostQueued {
		s.send(&wire.Pong{T: wire.TypePong})
	}
	if s.ended() {
		t.Error("it ended before the queue was full")
	}
	s.send(&wire.Pong{T: wire.TypePong})
	if !s.ended() {
		t.Error("the queue has no bound")
	}
	s.mu.Lock()
	s.flushing = false
	s.flushLocked()
	s.mu.Unlock()
	if code := c.closed(); code != wire.CloseReconnect {
		t.Errorf("closed with %d", code)
	}
}
