package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// ask sends a request and returns the answer, whose body is read already.
func (d *door) ask(method, url string, body io.Reader, header ...string) (*http.Response, string) {
	d.t.Helper()
	if strings.HasPrefix(url, "/") {
		url = d.server.URL + url
	}
	r, err := http.NewRequestWithContext(d.t.Context(), method, url, body)
	must(d.t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := d.server.Client().Do(r)
	must(d.t, err)
	return response, bodyOf(response)
}

// refusal reads the JSON error of an answer.
func refusal(t *testing.T, response *http.Response, body string, want chat.Code) errorBody {
	t.Helper()
	var e errorBody
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		t.Fatalf("%d %q is no JSON error", response.StatusCode, body)
	}
	if e.Code != want || response.StatusCode != want.Status() || e.Text == "" {
		t.Errorf("got %d %+v, want %s", response.StatusCode, e, want)
	}
	return e
}

// Invariant 23: Origin null is refused.
func TestInvariant23OriginDecidesWhoMayConnect(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) {
		cfg.Sites["shop"].Origins = append(cfg.Sites["shop"].Origins, "https://*.example.org")
	})
	for origin, allowed := range map[string]bool{
		shop: true, "https://a.b.example.org": true,
		"": false, "null": false, "https://example.org": false, "https://evil.example.com": false,
		"http://shop.example.com": false, shop + ".evil.com": false, shop + "/": false,
	} {
		t.Run(origin, func(t *testing.T) {
			header := http.Header{}
			if origin != "" {
				header.Set("Origin", origin)
			}
			dialer := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
			conn, response, err := dialer.DialContext(t.Context(), d.socketURL("shop"), header)
			body := bodyOf(response)
			if allowed {
				must(t, err)
				_ = conn.Close()
			} else {
				refusal(t, response, body, chat.CodeBadOrigin)
			}
			response, body = d.ask(http.MethodPost, "/v1/shop/frames", strings.NewReader("{}"), "Origin", origin)
			if got := response.Header.Get("Access-Control-Allow-Origin"); (got == origin && got != "") != allowed {
				t.Errorf("CORS allows %q", got)
			} else if !allowed && got != "*" {
				t.Error("a page that is refused cannot read why")
			}
			if !strings.Contains(response.Header.Get("Vary"), "Origin") {
				t.Error("the answer does not vary by origin")
			}
			if !allowed {
				refusal(t, response, body, chat.CodeBadOrigin)
			}
			response, _ = d.ask(http.MethodOptions, "/v1/shop/uploads/x", nil, "Origin", origin, "Access-Control-Request-Method", "PUT")
			if got := response.Header.Get("Access-Control-Allow-Methods"); (got == "PUT") != allowed {
				t.Errorf("a preflight with %d allows %q", response.StatusCode, got)
			}
		})
	}
}

func TestSocketNeedsItsSubprotocolAndItsSite(t *testing.T) {
	d := openDoor(t, nil)
	origin := http.Header{"Origin": {shop}}
	_, response, err := websocket.DefaultDialer.DialContext(t.Context(), d.socketURL("shop"), origin)
	if err == nil {
		t.Fatal("a socket without a sub-protocol was opened")
	}
	refusal(t, response, bodyOf(response), chat.CodeBadFrame)
	dialer := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
	_, response, err = dialer.DialContext(t.Context(), d.socketURL("blog"), origin)
	if err == nil {
		t.Fatal("a socket of no site was opened")
	}
	refusal(t, response, bodyOf(response), chat.CodeUnknownSite)
	response, body := d.ask(http.MethodGet, "/v1/shop/socket", nil, "Origin", shop)
	refusal(t, response, body, chat.CodeBadFrame)
	response, body = d.ask(http.MethodGet, "/v1/shop/socket", nil, "Origin", shop,
		"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Protocol", wire.Subprotocol)
	refusal(t, response, body, chat.CodeBadFrame)
}

func TestPathsAndMethods(t *testing.T) {
	d := openDoor(t, nil)
	for _, path := range []string{"/", "/nothing", "/v1/shop", "/v1/shop/files/x", "/widget/", "/widget/shop.css", "/v1/shop/frames/x"} {
		response, body := d.ask(http.MethodGet, path, nil)
		refusal(t, response, body, chat.CodeNotFound)
	}
	response, body := d.ask(http.MethodDelete, "/v1/shop/frames", nil, "Origin", shop)
	refusal(t, response, body, chat.CodeBadMethod)
	if got := response.Header.Get("Allow"); got != "OPTIONS, POST" {
		t.Errorf("allowed are %q", got)
	}
	if got := response.Header.Get("X-Content-Type-Options"); got != "nosniff" {
		t.Errorf("X-Content-Type-Options is %q", got)
	}
}

func TestPanicOfAHandlerIsAnswered(t *testing.T) {
	d := openDoor(t, nil)
	d.server.Config.Handler = d.gateway.serve(func(http.ResponseWriter, *http.Request) error { panic("boom") })
	response, body := d.ask(http.MethodGet, "/", nil)
	if e := refusal(t, response, body, chat.CodeInternal); strings.Contains(e.Text, "boom") || e.RetryAfter != 0 {
		t.Errorf("refused with %+v", e)
	}
	if d.logs.count(`"panic":"string"`) != 1 || d.logs.count("boom") != 0 {
		t.Error("the fault is not in the log once, by its kind alone")
	}
}

func TestPanicOfAFrameIsAnsweredAndTheSocketGoesOn(t *testing.T) {
	d := openDoor(t, nil)
	c, _ := d.enter(newSecret(), nil)
	taken := make(chan struct{})
	d.watch.breaks = func() { close(taken); panic("boom") }
	c.say(&wire.Typing{T: wire.TypeTyping, On: true})
	if e := c.refused(chat.CodeInternal); e.RetryAfter != 0 {
		t.Errorf("the same frame is asked for again: %+v", e)
	}
	<-taken
	c.message("message-1", "it goes on")
	if d.logs.count(`"panic":"string"`) != 1 || d.logs.count("boom") != 0 {
		t.Error("the fault is not in the log once, by its kind alone")
	}
}

func TestPanicDuringTheHelloEndsOnlyThatSocket(t *testing.T) {
	d := openDoor(t, nil)
	other, _ := d.enter(newSecret(), nil)
	d.watch.greets = func() { panic("boom") }
	c := d.dial()
	c.say(&wire.Hello{T: wire.TypeHello, Secret: newSecret()})
	_ = c.conn.SetReadDeadline(time.Now().Add(within))
	if _, _, err := c.conn.ReadMessage(); err == nil || isTimeout(err) {
		t.Errorf("the socket was kept: %v", err)
	}
	eventually(t, "it is gone", func() bool { return d.sockets() == 1 })
	other.message("message-1", "it goes on")
	if d.logs.count(`"panic":"string"`) != 1 || d.logs.count("boom") != 0 {
		t.Error("the fault is not in the log once, by its kind alone")
	}
}

func TestRefusedOriginIsNamedInTheLogOnce(t *testing.T) {
	var log bytes.Buffer
	var s strangers
	now := time.Now()
	tell := func(origin string) { s.tell(zerolog.New(&log), "shop", origin, now) }
	for range 3 {
		tell("https://forgotten.example:8443")
		tell("https://secret.example\n{\"level\":\"fatal\"}")
		tell("https://secret.example/orders?of=me") // no browser sends that
	}
	if n := strings.Count(log.String(), `"https://forgotten.example:8443"`); n != 1 || strings.Count(log.String(), "\n") != 2 || strings.Contains(log.String(), "secret") {
		t.Errorf("the log says %d times: %s", n, log.String())
	}
	for i := range 2 * mostStrangers {
		tell(fmt.Sprintf("https://forged%d.example", i))
	}
	if n := strings.Count(log.String(), "\n"); n != mostStrangers {
		t.Errorf("%d origins are named", n)
	}
	now = now.Add(strangersFor)
	tell("https://late.example")
	if !strings.Contains(log.String(), `"https://late.example"`) {
		t.Error("forged origins hide others for ever")
	}
}
