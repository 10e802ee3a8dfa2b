package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/sys/unix"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/quota"
)

// narrow connects so that the kernel keeps little of what the client does not read.
func narrow(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) (err error) {
		const window, segment = 32 << 10, 1 << 10 // the sender's room grows with its segments
		controlErr := c.Control(func(fd uintptr) {
			if err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, window); err == nil {
				err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG, segment)
			}
		})
		if controlErr != nil {
			return controlErr
		}
		return err
	}}
	return dialer.DialContext(ctx, network, address)
}

// deaf opens a socket of an address, and reads nothing.
func (d *door) deaf(secret, address string) *tab {
	d.t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}, NetDialContext: narrow}
	conn, response, err := dialer.DialContext(d.t.Context(), d.socketURL("shop"), http.Header{"Origin": {shop}, "X-Forwarded-For": {address}})
	if err != nil {
		d.t.Fatalf("dial: %v %s", err, bodyOf(response))
	}
	d.t.Cleanup(func() { _ = conn.Close() })
	c := &tab{d.t, conn}
	c.say(&wire.Hello{T: wire.TypeHello, Secret: secret})
	return c
}

// talked is the secret of a visitor in whose history so much was said.
func (d *door) talked(messages, size int) (secret string) {
	secret = newSecret()
	v := d.visitor(secret)
	for range messages {
		d.hear(v, dialog.Heard{Content: chat.Content{Text: strings.Repeat("<", size)}}) // each is six bytes in JSON
	}
	return secret
}

// unread is what waits to leave beyond what is free, as the sockets themselves have it.
func (d *door) unread() (beyond int64) {
	for slot := range wheelSlots {
		for _, s := range d.gateway.heart.in(slot) {
			s.mu.Lock()
			beyond += max(0, int64(s.queued+s.writing)-smallAnswer)
			s.mu.Unlock()
		}
	}
	return beyond
}

// openSmallDoor opens a door where so much may wait to leave in all, and believes the test what address a visitor has.
func openSmallDoor(t *testing.T, all int64, write time.Duration) *door {
	t.Helper()
	d := openDoor(t, func(cfg *config.Config, p *pacing) {
		behindProxy(t, cfg)
		p.write = write
	})
	d.gateway.limits.answers.Shared = quota.NewShared(all)
	return d
}

func (d *door) nothingWaits(t *testing.T) {
	t.Helper()
	eventually(t, "all is given back", func() bool {
		amount, customers := d.gateway.limits.answers.Taken()
		return amount == 0 && customers == 0
	})
}

// Many who read nothing may not use up the memory, from one address or from many, and may
// not keep out who reads.
func TestSocketsThatNeverReadShareAMemory(t *testing.T) {
	const (
		all                         = 8 << 20
		addresses, visitors, opened = 5, 2, 4
	)
	d := openSmallDoor(t, all, time.Minute)
	regular := d.talked(25, 130) // whose welcome is more than what is free
	var most int64
	address := func(n int) string { return fmt.Sprintf("192.0.2.%d", n) }
	var deaf []*tab
	for n := range addresses {
		for range visitors {
			secret := d.talked(20, 4000) // about half a megabyte
			for range opened {
				c := d.deaf(secret, address(n))
				deaf = append(deaf, c)
				for range 4 { // of which there may be none to hear
					_ = c.conn.WriteJSON(&wire.History{T: wire.TypeHistory, Before: pageSize, Limit: pageSize})
				}
				most = max(most, d.unread())
			}
		}
	}
	eventually(t, "most are let go", func() bool {
		if most = max(most, d.unread()); most > all {
			t.Fatalf("%d bytes wait to leave, of %d", most, all)
		}
		kept := 0
		for slot := range wheelSlots {
			for _, s := range d.gateway.heart.in(slot) {
				if !s.ended() {
					kept++
				}
			}
		}
		return most > all/4 && kept < len(deaf)/2
	})
	for _, from := range []string{address(0), address(addresses)} {
		c, _ := d.enter(newSecret(), nil, "X-Forwarded-For", from)
		c.message("message-1", "Good evening")
	}
	c, welcome := d.enter(regular, nil, "X-Forwarded-For", address(addresses))
	if len(welcome.Entries) != 25 {
		t.Errorf("welcomed with %d entries", len(welcome.Entries))
	}
	c.message("message-1", "Good evening")
	for _, c := range deaf {
		_ = c.conn.Close()
	}
	d.nothingWaits(t)
}

func TestWhoIsLetGoForMemoryIsAskedToReconnect(t *testing.T) {
	const all = 1 << 20
	d := openSmallDoor(t, all, time.Minute)
	secret := d.talked(20, 800)
	here := netip.MustParseAddr("192.0.2.1")
	must(t, d.gateway.limits.answers.take(here, all/4))
	c, _ := d.enter(newSecret(), nil, "X-Forwarded-For", here.String())
	c.message("message-1", "Good evening")
	c = d.dial("X-Forwarded-For", here.String())
	c.say(&wire.Hello{T: wire.TypeHello, Secret: secret})
	if code := c.closed(); code != wire.CloseReconnect {
		t.Errorf("closed with %d", code)
	}
	if n := d.logs.count("An address has met its limit"); n != 1 {
		t.Errorf("the log names the limit %d times", n)
	}
	d.gateway.limits.answers.Release(here, all/4)
	if _, welcome := d.enter(secret, nil, "X-Forwarded-For", here.String()); len(welcome.Entries) != 20 {
		t.Errorf("welcomed with %d entries", len(welcome.Entries))
	}
	d.nothingWaits(t)
}

// However a socket ends, what it held is free again.
func TestEachEndOfASocketGivesBackItsMemory(t *testing.T) {
	for name, way := range map[string]struct {
		write time.Duration
		ends  func(t *testing.T, d *door, c *tab, s *socket)
	}{
		"nothing was taken in time": {write: 500 * time.Millisecond},
		"it leaves":                 {ends: func(_ *testing.T, _ *door, c *tab, _ *socket) { _ = c.conn.Close() }},
		"it is silent":              {ends: func(_ *testing.T, _ *door, _ *tab, s *socket) { s.beat(time.Now().Add(time.Hour)) }},
		"the gateway stops": {ends: func(t *testing.T, d *door, _ *tab, _ *socket) {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if d.gateway.Close(ctx) == nil {
				t.Error("the writer was not at work any more")
			}
		}},
		"the visitor is shut out and reads on": {ends: func(t *testing.T, d *door, c *tab, s *socket) {
			must(t, d.dialog.Block(t.Context(), s.in.Visitor, true))
			if code := c.closed(); code != wire.CloseStop {
				t.Errorf("closed with %d", code)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if way.write == 0 {
				way.write = time.Minute
			}
			d := openSmallDoor(t, answersAtOnce, way.write)
			c := d.deaf(d.talked(20, 4000), "192.0.2.1")
			c.say(&wire.History{T: wire.TypeHistory, Before: pageSize, Limit: pageSize})
			eventually(t, "it holds memory, or is gone", func() bool {
				amount, _ := d.gateway.limits.answers.Taken()
				return amount > 0 || way.ends == nil && d.socketOf() == nil
			})
			if way.ends != nil {
				way.ends(t, d, c, d.socketOf())
			}
			d.nothingWaits(t)
		})
	}
}

// A writer that breaks down has no other moment for it.
func TestWriterThatBreaksDownGivesBackItsMemory(t *testing.T) {
	d := openSmallDoor(t, answersAtOnce, time.Minute)
	d.enter(newSecret(), nil)
	s := d.socketOf()
	d.takeWriter(t, s)
	func() {
		defer s.survive()
		if !s.holds(1 << 20) {
			t.Error("there is no room")
		}
		panic("as of a writer")
	}()
	d.nothingWaits(t)
}

// So is what an exchange does not get rid of; where there is no room for an answer, the
// widget asks again, and what it said stands once.
func TestAnswersOfExchangesShareAMemory(t *testing.T) {
	const all = 8 << 20
	d := openSmallDoor(t, all, time.Minute)
	secret := d.talked(20, 4000)
	frames := []any{&wire.Message{T: wire.TypeMessage, Client: "message-1", Text: "Good evening"}}
	x := wire.Exchange{Hello: wire.Hello{T: wire.TypeHello, Secret: secret}}
	for range 6 {
		frames = append(frames, &wire.History{T: wire.TypeHistory, Before: pageSize, Limit: pageSize})
	}
	for _, frame := range frames {
		data, err := json.Marshal(frame)
		must(t, err)
		x.Frames = append(x.Frames, data)
	}
	body, err := json.Marshal(x)
	must(t, err)
	conn, err := narrow(t.Context(), "tcp", strings.TrimPrefix(d.server.URL, "http://"))
	must(t, err)
	defer func() { _ = conn.Close() }()
	_, err = fmt.Fprintf(conn, "POST /v1/shop/frames HTTP/1.1\r\nHost: x\r\nOrigin: %s\r\nX-Forwarded-For: 192.0.2.1\r\nContent-Length: %d\r\n\r\n%s", shop, len(body), body)
	must(t, err)
	taken := func() int64 {
		amount, _ := d.gateway.limits.answers.Taken()
		return amount
	}
	eventually(t, "an answer that is not read is counted", func() bool { return taken() > 1<<20 }) // its part ends with the next
	ask := func(body []byte) (*http.Response, string) {
		return d.ask(http.MethodPost, "/v1/shop/frames", bytes.NewReader(body), "Origin", shop, "X-Forwarded-For", "192.0.2.1")
	}
	response, answer := ask(bytes.Replace(body, []byte("message-1"), []byte("message-2"), 1))
	if e := refusal(t, response, answer, chat.CodeTooFast); e.RetryAfter == 0 || response.Header.Get("Retry-After") == "" {
		t.Errorf("refused with %+v", e)
	}
	if response, answer = ask([]byte(`{"hello":{"t":"hello","secret":"` + newSecret() + `"}}`)); response.StatusCode != http.StatusOK {
		t.Errorf("a small answer is %d %s", response.StatusCode, answer)
	}
	_ = conn.Close()
	d.nothingWaits(t)
	response, answer = ask(bytes.Replace(body, []byte("message-1"), []byte("message-2"), 1))
	var got batch
	must(t, json.Unmarshal([]byte(answer), &got))
	if types := got.types(t); response.StatusCode != http.StatusOK || !strings.HasPrefix(types, "welcome ack history history") {
		t.Errorf("said again it is answered %d %s", response.StatusCode, types)
	}
	if w := decode[wire.Welcome](t, got.Frames[0]); w.Seq != 22 { // and each said once
		t.Errorf("the journal has %d entries", w.Seq)
	}
	d.nothingWaits(t)
}

// A page of a transcript waits for as long as the browser likes.
func TestTranscriptsTakeOfTheMemory(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) { behindProxy(t, cfg) })
	d.gateway.limits.pages.Shared = quota.NewShared(4 * transcriptBytes(config.DefaultSite("shop"))) // one is a customer's part
	secret := newSecret()
	c, _ := d.enter(secret, nil)
	c.message("message-1", "Good evening")
	ask := func() (*http.Response, string) {
		return d.ask(http.MethodPost, "/v1/shop/transcript", strings.NewReader(`{"secret":"`+secret+`"}`), "Origin", shop, "X-Forwarded-For", "192.0.2.1")
	}
	here := netip.MustParseAddr("192.0.2.1")
	must(t, d.gateway.limits.pages.take(here, 1))
	response, body := ask()
	refusal(t, response, body, chat.CodeTooFast)
	d.gateway.limits.pages.Release(here, 1)
	if response, body = ask(); response.StatusCode != http.StatusOK || !strings.Contains(body, "Good evening") {
		t.Errorf("answered with %d %s", response.StatusCode, body)
	}
	eventually(t, "all is given back", func() bool {
		amount, _ := d.gateway.limits.pages.Taken()
		return amount == 0
	})
}
