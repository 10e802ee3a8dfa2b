package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/quota"
)

func TestPingsWithoutEndEndTheSocket(t *testing.T) {
	d := openDoor(t, nil)
	c, _ := d.enter(newSecret(), nil)
	for range mostControls {
		must(t, c.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(within)))
	}
	c.say(&wire.Ping{T: wire.TypePing})
	await[wire.Pong](c, wire.TypePong)
	must(t, c.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(within)))
	if e := c.refused(chat.CodeTooFast); e.RetryAfter <= 0 {
		t.Errorf("refused with %+v", e)
	}
	if code := c.closed(); code != wire.CloseReconnect {
		t.Errorf("closed with %d", code)
	}
}

func TestPingsAreCountedAnewWithEachBeat(t *testing.T) {
	d := openDoor(t, func(_ *config.Config, p *pacing) { p.ping = wheelSlots * time.Millisecond })
	c, _ := d.enter(newSecret(), nil)
	for range 3 {
		for range mostControls / 2 {
			must(t, c.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(within)))
		}
		c.say(&wire.Ping{T: wire.TypePing}) // once it is answered, the ones before it were read
		await[wire.Pong](c, wire.TypePong)
		eventually(t, "a beat forgets the pings", func() bool {
			for slot := range wheelSlots {
				for _, s := range d.gateway.heart.in(slot) {
					return s.controls.Load() == 0
				}
			}
			return false
		})
	}
}

// In fragments a frame could come for ever, and each would be a sign of life.
func TestFrameInFragmentsHasItsTime(t *testing.T) {
	d := openDoor(t, func(_ *config.Config, p *pacing) { p.frame = 50 * time.Millisecond })
	c, _ := d.enter(newSecret(), nil)
	begun, err := c.conn.NextWriter(websocket.TextMessage)
	must(t, err)
	_, err = io.WriteString(begun, strings.Repeat("x", 5000)) // more than a buffer: a fragment leaves
	must(t, err)
	e := c.refused(chat.CodeBadFrame)
	if !strings.Contains(e.Text, "did not end within 50ms") {
		t.Errorf("refused with %+v", e)
	}
	if code := c.closed(); code != wire.CloseReconnect {
		t.Errorf("closed with %d", code)
	}
	d.enter(newSecret(), nil)
}

// The rest of a message that is too large would be skipped for as long as it comes.
func TestBinaryMessageWithoutEndIsTooLarge(t *testing.T) {
	d := openDoor(t, nil)
	c, _ := d.enter(newSecret(), nil)
	begun, err := c.conn.NextWriter(websocket.BinaryMessage)
	must(t, err)
	_, err = io.WriteString(begun, strings.Repeat("x", 2*int(d.cfg.Gateway.Limits.FrameBytes)))
	must(t, err)
	c.refused(chat.CodeTooLarge)
	if code := c.closed(); code != wire.CloseStop {
		t.Errorf("closed with %d", code)
	}
}

// Many addresses together may not use up the memory, and may not keep out who says little.
func TestLargeBodiesShareAMemory(t *testing.T) {
	d := openDoor(t, nil)
	free := useUp(t, d.gateway.limits.bodies)
	large := `{"hello":{},"frames":[` + strings.Repeat(" ", smallBody) + `]}`
	response, answer := d.ask(http.MethodPost, d.server.URL+"/v1/shop/frames", strings.NewReader(large), "Origin", shop)
	if e := refusal(t, response, answer, chat.CodeUnavailable); e.RetryAfter == 0 {
		t.Errorf("refused with %+v", e)
	}
	c, _ := d.enter(newSecret(), nil)
	c.message("message-1", "Good evening")
	must(t, c.conn.WriteMessage(websocket.TextMessage, []byte(large)))
	c.refused(chat.CodeUnavailable)
	free()
	c, _ = d.enter(newSecret(), nil)
	must(t, c.conn.WriteMessage(websocket.TextMessage, []byte(`{"t":"ping"`+strings.Repeat(" ", smallBody)+`}`)))
	await[wire.Pong](c, wire.TypePong)
}

// useUp has many addresses take all of a memory until free is called.
func useUp(t *testing.T, m *memory) (free func()) {
	t.Helper()
	var all []netip.Addr
	each := int64(bodiesAtOnce / 1024)
	for n := 0; ; n++ {
		address := netip.AddrFrom4([4]byte{198, 51, byte(n >> 8), byte(n)})
		if m.Take(address, each) != nil {
			break
		}
		all = append(all, address)
	}
	if len(all) != 1024 {
		t.Fatalf("something is on its way: %d took all that there is", len(all))
	}
	return func() {
		for _, address := range all {
			m.Release(address, each)
		}
	}
}

// stalls is a body that has so much, and never ends while the test runs.
type stalls struct {
	t    *testing.T
	left int
}

func (s *stalls) Read(p []byte) (int, error) {
	if s.left == 0 {
		<-s.t.Context().Done()
		return 0, s.t.Context().Err()
	}
	n := min(len(p), s.left)
	s.left -= n
	copy(p, bytes.Repeat([]byte(" "), n))
	return n, nil
}

// behindProxy believes the test's own address what it says of others.
func behindProxy(t *testing.T, cfg *config.Config) {
	t.Helper()
	cfg.Gateway.TrustedProxies = make([]config.Prefix, 1)
	must(t, cfg.Gateway.TrustedProxies[0].UnmarshalText([]byte("127.0.0.1")))
}

// One address alone may not have all the memory that others need.
func TestLargeBodiesOfOneAddressLeaveRoomForOthers(t *testing.T) {
	const large, all = 300 << 10, 300 // each takes half a megabyte
	d := openDoor(t, func(cfg *config.Config, _ *pacing) {
		cfg.Gateway.Limits.SocketsPerAddress = 2 * all
		behindProxy(t, cfg)
	})
	answers := make(chan int, all)
	for range all {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.server.URL+"/v1/shop/frames", &stalls{t, large})
		must(t, err)
		r.ContentLength = exchangeFrames * int64(d.cfg.Gateway.Limits.FrameBytes)
		r.Header.Set("Origin", shop)
		r.Header.Set("X-Forwarded-For", "192.0.2.1")
		go func() {
			if response, err := d.server.Client().Do(r); err == nil {
				_ = response.Body.Close()
				answers <- response.StatusCode
			}
		}()
	}
	refused := http.StatusTooManyRequests
	for range all / 2 { // as many as there can never be room for
		select {
		case refused = <-answers:
		case <-time.After(within):
			t.Fatal("nobody is refused")
		}
		if refused != http.StatusTooManyRequests {
			t.Errorf("what is too much is answered %d", refused)
			break
		}
	}
	other := []string{"X-Forwarded-For", "192.0.2.2"}
	c, _ := d.enter(newSecret(), nil, other...)
	must(t, c.conn.WriteMessage(websocket.TextMessage, []byte(`{"t":"ping"`+strings.Repeat(" ", 10*smallBody)+`}`)))
	await[wire.Pong](c, wire.TypePong)
}

// Whatever way it comes, it is of one address.
func TestLargeBodiesOfEachWayAreOfAnAddress(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) { behindProxy(t, cfg) })
	secret, spaces := newSecret(), strings.Repeat(" ", smallBody)
	ways := map[string]func(address string) (*http.Response, string){}
	for path, body := range map[string]string{
		"/v1/shop/frames":   `{"hello":{"t":"hello","secret":"` + secret + `"}` + spaces + `}`,
		"/v1/shop/sign-out": `{"secret":"` + secret + `"` + spaces + `}`,
		"/v1/shop/look":     `{` + spaces + `}`,
	} {
		origin := shop
		if strings.HasSuffix(path, "/look") {
			origin = d.server.URL
		}
		ways[path] = func(address string) (*http.Response, string) {
			return d.ask(http.MethodPost, path, strings.NewReader(body), "Origin", origin, "X-Forwarded-For", address)
		}
	}
	c, _ := d.enter(newSecret(), nil, "X-Forwarded-For", "2001:db8:1:1::1")
	must(t, d.gateway.limits.bodies.take(netip.MustParseAddr("2001:db8:1::"), bodiesAtOnce/4))
	for path, ask := range ways {
		response, body := ask("2001:db8:1:2::1") // another /64 of the same customer
		refusal(t, response, body, chat.CodeTooFast)
		if response, body := ask("2001:db8:2::1"); response.StatusCode >= http.StatusTooManyRequests {
			t.Errorf("%s answers another with %d %s", path, response.StatusCode, body)
		}
	}
	must(t, c.conn.WriteMessage(websocket.TextMessage, []byte(`{"t":"ping"`+spaces+`}`)))
	c.refused(chat.CodeTooFast)
	d.gateway.limits.bodies.Release(netip.MustParseAddr("2001:db8:1::"), bodiesAtOnce/4)
	if left, of := d.gateway.limits.bodies.Taken(); left != 0 || of != 0 {
		t.Errorf("of what was read %d bytes are still counted", left)
	}
}

// What is held back stays in memory until it is handled.
func TestLargeBodiesCountUntilTheyAreHandled(t *testing.T) {
	d := openDoor(t, nil)
	secret := newSecret()
	d.gateway.limits.frames = quota.NewBuckets[chat.VisitorID](1, 1) // each but the first waits a second
	c, _ := d.enter(secret, nil)
	c.say(&wire.Ping{T: wire.TypePing})
	await[wire.Pong](c, wire.TypePong)
	taken := func() bool {
		amount, _ := d.gateway.limits.bodies.Taken()
		return amount > 0
	}
	large := strings.Repeat(" ", smallBody)
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan struct{})
	go func() {
		defer close(left)
		x := wire.Exchange{Hello: wire.Hello{T: wire.TypeHello, Secret: secret}}
		for range mostFrames {
			x.Frames = append(x.Frames, json.RawMessage(`{"t":"ping","x":"`+large+`"}`))
		}
		if response, err := d.post(ctx, x); err == nil {
			_ = response.Body.Close()
			t.Error("it was handled at once")
		}
	}()
	eventually(t, "an exchange is handled, and counted", func() bool { return isIn("(*conversation).holdBack") && taken() })
	leave()
	<-left
	eventually(t, "it is given back", func() bool { return !taken() })
	must(t, c.conn.WriteMessage(websocket.TextMessage, []byte(`{"t":"ping"`+large+`}`)))
	eventually(t, "a frame is handled, and counted", func() bool { return isIn("(*conversation).holdBack") && taken() })
	await[wire.Pong](c, wire.TypePong)
	eventually(t, "it is given back", func() bool { return !taken() })
}

// Bodies that have little and never end may not keep out those that have more.
func TestBodiesThatDripTakeLittle(t *testing.T) {
	const drips = 300 // each would be more than 400 KiB if what it may have were kept for it
	d := openDoor(t, func(cfg *config.Config, _ *pacing) { cfg.Gateway.Limits.SocketsPerAddress = 2 * drips })
	for range drips {
		d.stall(http.MethodPost, d.server.URL+"/v1/shop/frames", `{"hello":{},"frames":[`+strings.Repeat(" ", smallBody))
	}
	eventually(t, "all are waited for", func() bool { return d.fromHere() == drips })
	d.exchange(newSecret(), nil, 0, &wire.Message{T: wire.TypeMessage, Client: "message-1", Text: strings.Repeat("x", smallBody)})
	c, _ := d.enter(newSecret(), nil)
	must(t, c.conn.WriteMessage(websocket.TextMessage, []byte(`{"t":"ping"`+strings.Repeat(" ", 2*smallBody)+`}`)))
	await[wire.Pong](c, wire.TypePong)
}

// watched notes which deadlines a handler leaves behind.
type watched struct {
	*httptest.ResponseRecorder
	read time.Time
}

func (w *watched) SetReadDeadline(at time.Time) error { w.read = at; return nil }

// The server reads on behind a body: a deadline that stood would end a long answer, as
// of a transcript that leaves slowly.
func TestBodysTimeEndsWithTheBody(t *testing.T) {
	d := openDoor(t, nil)
	for _, c := range []struct {
		path string
		done bool
		body io.Reader
	}{
		{"/v1/shop/transcript", true, strings.NewReader(`{"secret":"` + newSecret() + `"}`)},
		{"/v1/shop/transcript", false, strings.NewReader(strings.Repeat("x", 1<<20))},
		{"/v1/shop/frames", true, strings.NewReader(`{}`)},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, c.path, c.body)
		r.Header.Set("Origin", shop)
		w := &watched{ResponseRecorder: httptest.NewRecorder(), read: time.Now()}
		d.gateway.Handler().ServeHTTP(w, r)
		if w.read.IsZero() != c.done {
			t.Errorf("%s leaves the deadline %s, answered %s", c.path, w.read, w.Body)
		}
	}
}

func TestPreviewsOfAnAddressAreCounted(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) { cfg.Gateway.Limits.SocketsPerAddress = 2 })
	for i := range 5 {
		response, body := d.ask(http.MethodPost, "/v1/shop/look", strings.NewReader("{}"), "Origin", d.server.URL)
		if i < 4 && response.StatusCode != http.StatusOK {
			t.Errorf("look %d is answered %d %s", i, response.StatusCode, body)
		} else if i == 4 {
			refusal(t, response, body, chat.CodeTooFast)
		}
	}
}

func TestPeerIsAnAddressOrAProxy(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) {
		cfg.Gateway.TrustedProxies = make([]config.Prefix, 1)
		must(t, cfg.Gateway.TrustedProxies[0].UnmarshalText([]byte("2001:db8:9::/64")))
	})
	for from, want := range map[string]struct {
		address string
		proxy   bool
	}{
		"192.0.2.7":             {"192.0.2.7", false},
		"::ffff:192.0.2.7":      {"192.0.2.7", false},
		"2001:db8:1:1:2:3:4:5":  {"2001:db8:1:1::", false},
		"2001:db8:9:0:aaaa::10": {"2001:db8:9::", true},
	} {
		address, proxy := d.gateway.Peer(&net.TCPAddr{IP: net.ParseIP(from), Port: 1234})
		if address != netip.MustParseAddr(want.address) || proxy != want.proxy {
			t.Errorf("%s is %s, a proxy: %t", from, address, proxy)
		}
	}
}
