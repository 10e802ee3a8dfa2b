package bridge_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/bridgetest/crowds"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// TestAttackers is the crowd of BenchmarkAbuse. A line of its input names an attack; the
// next one ends it.
func TestAttackers(t *testing.T) {
	door, _ := crowds.Be(t)
	a := &attackers{siege: &siege{address: door, line: rate.NewLimiter(attackersLine, attackersLine/100)}, came: map[string]int{}}
	for told := bufio.NewScanner(os.Stdin); told.Scan() && told.Text() != ""; {
		name, secret, _ := strings.Cut(told.Text(), " ")
		ctx, rest := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() { a.attack(ctx, name, secret) })
		told.Scan()
		rest()
		group.Wait()
		came, err := json.Marshal(a.came)
		if err != nil {
			t.Fatal(err)
		}
		clear(a.came)
		fmt.Println("over", string(came))
	}
}

// attackers use up all that they are given, and begin anew wherever they are ended.
type attackers struct {
	*siege
	number atomic.Int64 // of addresses behind the proxy that were used

	mu   sync.Mutex
	came map[string]int // what they were answered
}

const (
	abuseSockets   = 200 // of one address: what it may have
	abuseAddresses = 300
	abuseLoris     = 2000
	abuseUploaders = 100 // with ten files each
	abuseSilent    = 19  // of one visitor, beside the tab of its own: what it may have
	// attackersLine is what all attackers together send at most, in bytes a second: 200
	// Mbit/s. They sit on the machine that is measured, whose own line knows no limit: they
	// would keep its kernel busy, with whomever they talk, and that is what others noticed.
	attackersLine = 25_000_000
)

func (a *attackers) attack(ctx context.Context, name, secret string) {
	switch name {
	case "visitor":
		secret := someSecret()
		again(ctx, 1, func(int) { a.flood(ctx, secret, "127.0.0.2") })
	case "address":
		again(ctx, abuseSockets, func(int) { a.flood(ctx, someSecret(), "127.0.0.3") })
	case "addresses":
		again(ctx, abuseAddresses, func(int) { a.flood(ctx, someSecret(), proxy, "X-Forwarded-For", a.anotherAddress()) })
	case "loris":
		again(ctx, abuseLoris, func(i int) { a.slow(ctx, i) })
	case "uploads":
		again(ctx, abuseUploaders, func(int) { a.upload(ctx) })
	case "silent":
		again(ctx, abuseSilent, func(int) { a.neverReads(ctx, secret) })
	}
}

// again has so many do something again and again.
func again(ctx context.Context, n int, do func(i int)) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			for ctx.Err() == nil {
				do(i)
			}
		})
	}
	group.Wait()
}

func (a *attackers) count(what string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.came[what]++
}

// anotherAddress is another address each time.
func (a *attackers) anotherAddress() string {
	n := a.number.Add(1)
	return fmt.Sprintf("203.%d.%d.%d", n>>16&0xff, n>>8&0xff, n&0xff)
}

func someSecret() string {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	return base64.RawURLEncoding.EncodeToString(secret)
}

// enterAs opens a socket that ends with ctx, and says hello; nil when it does not come to that.
func (a *attackers) enterAs(ctx context.Context, secret, address string, header ...string) *websocket.Conn {
	conn, answer, err := a.socket(ctx, address, header...)
	if err != nil {
		if answer != nil {
			a.count(fmt.Sprint("HTTP ", answer.StatusCode))
		} else if ctx.Err() == nil {
			a.count("cut")
		}
		return nil
	}
	a.ends(ctx, conn.NetConn())
	if secret != "" && conn.WriteJSON(&wire.Hello{T: wire.TypeHello, Secret: secret}) != nil {
		_ = conn.Close()
		return nil
	}
	a.count("sockets")
	return conn
}

// ends has a connection end with ctx. None stays behind that has to be waited for: their
// ports would run out.
func (*attackers) ends(ctx context.Context, conn net.Conn) {
	if tcp, ok := conn.(interface{ SetLinger(seconds int) error }); ok {
		_ = tcp.SetLinger(0)
	}
	context.AfterFunc(ctx, func() { _ = conn.Close() })
}

// flood sends messages, questions and pings as fast as they leave.
func (a *attackers) flood(ctx context.Context, secret, address string, header ...string) {
	conn := a.enterAs(ctx, secret, address, header...)
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	go a.reads(conn)
	question, err := json.Marshal(&wire.History{T: wire.TypeHistory, Before: 1000, Limit: 100})
	if err != nil {
		return
	}
	for i := 0; ; i++ {
		message := []byte(fmt.Sprintf(`{"t":"message","cid":"message-%d","text":"%s"}`, i, strings.Repeat("x", 500)))
		if conn.WriteMessage(websocket.TextMessage, message) != nil || conn.WriteMessage(websocket.TextMessage, question) != nil {
			return
		}
		if i%100 == 0 && conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second)) != nil {
			return
		}
	}
}

// reads counts what is answered, until the end.
func (a *attackers) reads(conn *websocket.Conn) {
	for {
		_, data, err := conn.ReadMessage()
		if err != nil {
			if closed, ok := err.(*websocket.CloseError); ok { //nolint:errorlint // as the library gives it
				a.count(fmt.Sprint("close ", closed.Code))
			}
			return
		}
		switch {
		case bytes.HasPrefix(data, []byte(`{"t":"ack"`)):
			a.count("acked")
		case bytes.HasPrefix(data, []byte(`{"t":"error"`)):
			var refusal wire.Error
			_ = json.Unmarshal(data, &refusal)
			a.count("refused " + string(refusal.Code))
		}
	}
}

// slow begins one of all that can be begun, and goes on byte by byte until it is ended.
func (a *attackers) slow(ctx context.Context, i int) {
	address, text, more := fmt.Sprintf("127.0.2.%d", i%20+1), "", "x"
	head := " HTTP/1.1\r\nHost: x\r\nOrigin: " + bridgetest.Origin + "\r\n"
	var conn net.Conn
	switch i / 20 % 5 {
	case 0:
		text = "GET /v1/shop/socket" + head + "X-Slow: "
	case 1:
		text = "GET /v1/shop/socket" + head + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-"
	case 2:
		text = "POST /v1/shop/frames" + head + "Content-Length: 4000\r\n\r\n{"
	default: // a socket whose hello does not end, or does not come
		if i/20%5 == 3 {
			text, more = masked(0x01, "{"), masked(0x00, "x")
		}
		ws := a.enterAs(ctx, "", address)
		if ws == nil {
			return
		}
		conn = ws.NetConn()
	}
	if conn == nil {
		var err error
		if conn, err = a.from(ctx, address); err != nil {
			return
		}
		a.ends(ctx, conn)
	}
	defer func() { _ = conn.Close() }()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = io.Copy(io.Discard, conn)
	}()
	a.count("begun")
	_, _ = io.WriteString(conn, text)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-gone:
			a.count("ended")
			return
		case <-tick.C:
			_, _ = io.WriteString(conn, more)
		}
	}
}

// upload is a visitor who announces ten files and sends them all at once.
func (a *attackers) upload(ctx context.Context) {
	address := a.anotherAddress()
	conn := a.enterAs(ctx, someSecret(), proxy, "X-Forwarded-For", address)
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	const files = 10
	content := bytes.Repeat([]byte("anteroom"), mostOfAnUpload/8)
	for i := range files {
		announced := &wire.Upload{T: wire.TypeUpload, Client: chat.ClientID(fmt.Sprintf("upload-%04d", i)), Name: "a.txt", Size: int64(len(content))}
		if conn.WriteJSON(announced) != nil {
			return
		}
	}
	var group sync.WaitGroup
	defer group.Wait()
	for got := 0; got < files; {
		var place wire.Upload
		if conn.ReadJSON(&place) != nil {
			return
		}
		if place.T == wire.TypeError {
			a.count("refused")
			got++
		}
		if place.T != wire.TypeUpload {
			continue
		}
		got++
		group.Go(func() { a.put(ctx, address, place.URL, content) })
	}
}

func (a *attackers) put(ctx context.Context, address, place string, content []byte) {
	to, err := url.Parse(place)
	if err != nil {
		return
	}
	conn, err := a.from(ctx, proxy)
	if err != nil {
		return
	}
	a.ends(ctx, conn)
	defer func() { _ = conn.Close() }()
	_, _ = fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: x\r\nOrigin: %s\r\nX-Forwarded-For: %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n",
		to.RequestURI(), bridgetest.Origin, address, len(content))
	_, _ = conn.Write(content)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err == nil {
		_ = answer.Body.Close()
		a.count(fmt.Sprint("HTTP ", answer.StatusCode))
	}
}

// neverReads is a socket of a visitor to whom an operator writes much, which asks for more and takes nothing.
func (a *attackers) neverReads(ctx context.Context, secret string) {
	conn := a.enterAs(ctx, secret, "127.0.0.4")
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	if tcp, ok := conn.NetConn().(interface{ SetReadBuffer(bytes int) error }); ok {
		_ = tcp.SetReadBuffer(4096)
	}
	for {
		if conn.WriteJSON(&wire.History{T: wire.TypeHistory, Before: 1000, Limit: 100}) != nil {
			a.count("ended")
			return
		}
	}
}
