package gateway

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

const (
	shop   = "https://shop.example.com"
	within = 30 * time.Second // for anything that has to happen
)

// door is a gateway on a real port, over a real core and a real database.
type door struct {
	t       testing.TB
	cfg     *config.Config
	store   *store.Store
	dialog  *dialog.Service
	gateway *Gateway
	server  *httptest.Server
	logs    *logs
	watch   *watch
}

// openDoor starts a gateway. change may alter the settings and the pacing before.
func openDoor(t testing.TB, change func(*config.Config, *pacing)) *door {
	t.Helper()
	dir := t.TempDir()
	cfg := config.Default()
	cfg.Gateway.DataDir = filepath.Join(dir, "files")
	site := config.DefaultSite("shop")
	site.Name, site.Origins = "Tea Shop", []string{shop}
	cfg.Sites["shop"] = site
	p := defaultPacing()
	if change != nil {
		change(cfg, &p)
	}
	d := &door{t: t, cfg: cfg, logs: &logs{}, watch: newWatch()}
	log := zerolog.New(zerolog.SyncWriter(d.logs))
	var err error
	d.store, err = store.Open(t.Context(), store.Options{Type: "sqlite3", URI: filepath.Join(dir, "anteroom.db"), Log: zerolog.Nop()})
	must(t, err)
	t.Cleanup(func() { _ = d.store.Close() })
	d.dialog, err = dialog.New(cfg, d.store, log)
	must(t, err)
	d.dialog.Grace = 0 // who leaves is gone at once
	d.dialog.Watch(d.watch)
	d.server = httptest.NewUnstartedServer(nil)
	d.server.Start()
	t.Cleanup(d.server.Close)
	cfg.Gateway.PublicURL = d.server.URL
	d.gateway, err = newGateway(t.Context(), cfg, d.dialog, log, testScripts(), p)
	must(t, err)
	d.server.Config.Handler = d.gateway.Handler()
	t.Cleanup(func() { d.close() })
	return d
}

func (d *door) close() {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	if err := d.gateway.Close(ctx); err != nil {
		d.t.Errorf("close the gateway: %v", err)
	}
}

func testScripts() scripts {
	return scripts{
		loader: []byte(`(()=>{const s="__ANTEROOM_SETTINGS__";run(s)})()`),
		module: []byte(`const s="__ANTEROOM_SETTINGS__";export const mount=()=>run(s)`),
		assets: map[string]string{"chat": "chat-1a2b.js", "owner": "owner-3c4d.js"},
		files:  fstest.MapFS{"chat-1a2b.js": {Data: []byte("export default 1")}, "secret.txt": {Data: []byte("x")}},
	}
}

// tab is one browser tab with a socket.
type tab struct {
	t    testing.TB
	conn *websocket.Conn
}

func newSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// dial opens a socket without saying hello.
func (d *door) dial(header ...string) *tab {
	d.t.Helper()
	conn, response, err := d.tryDial(header...)
	if err != nil {
		d.t.Fatalf("dial: %v %s", err, bodyOf(response))
	}
	return &tab{d.t, conn}
}

func (d *door) tryDial(header ...string) (*websocket.Conn, *http.Response, error) {
	h := http.Header{"Origin": {shop}}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	dialer := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
	conn, response, err := dialer.DialContext(d.t.Context(), d.socketURL("shop"), h)
	if err == nil {
		d.t.Cleanup(func() { _ = conn.Close() })
	}
	return conn, response, err
}

func (d *door) socketURL(site string) string {
	return "ws" + strings.TrimPrefix(d.server.URL, "http") + "/v1/" + site + "/socket"
}

// enter opens a socket and says hello.
func (d *door) enter(secret string, resume *wire.Resume, header ...string) (*tab, *wire.Welcome) {
	d.t.Helper()
	c := d.dial(header...)
	c.say(&wire.Hello{T: wire.TypeHello, Secret: secret, Resume: resume})
	return c, take[wire.Welcome](c, wire.TypeWelcome)
}

func (c *tab) say(frame any) {
	c.t.Helper()
	data, err := json.Marshal(frame) // WriteJSON ends it with a line's end, which the widget does not
	must(c.t, err)
	must(c.t, c.conn.WriteMessage(websocket.TextMessage, data))
}

// read returns the next frame's type and bytes.
func (c *tab) read() (wire.Type, []byte) {
	c.t.Helper()
	must(c.t, c.conn.SetReadDeadline(time.Now().Add(within)))
	_, data, err := c.conn.ReadMessage()
	must(c.t, err)
	return typeOf(c.t, data), data
}

func typeOf(t testing.TB, data []byte) wire.Type {
	t.Helper()
	var head struct {
		T wire.Type `json:"t"`
	}
	must(t, json.Unmarshal(data, &head))
	return head.T
}

func decode[F any](t testing.TB, data []byte) *F {
	t.Helper()
	f := new(F)
	must(t, json.Unmarshal(data, f))
	return f
}

// take returns the next frame, which must be of that type.
func take[F any](c *tab, want wire.Type) *F {
	c.t.Helper()
	got, data := c.read()
	if got != want {
		c.t.Fatalf("got %s, want %s", data, want)
	}
	return decode[F](c.t, data)
}

// await skips other frames until one of that type comes.
func await[F any](c *tab, want wire.Type) *F {
	c.t.Helper()
	for {
		got, data := c.read()
		if got == want {
			return decode[F](c.t, data)
		}
	}
}

// closed reads on until the connection ends, and returns the close code.
func (c *tab) closed() int {
	c.t.Helper()
	for {
		must(c.t, c.conn.SetReadDeadline(time.Now().Add(within)))
		if _, _, err := c.conn.ReadMessage(); err != nil {
			if over, ok := errors.AsType[*websocket.CloseError](err); ok {
				return over.Code
			}
			c.t.Fatalf("the connection ended without a close code: %v", err)
		}
	}
}

// refused takes an error frame of that code.
func (c *tab) refused(code chat.Code) *wire.Error {
	c.t.Helper()
	e := await[wire.Error](c, wire.TypeError)
	if e.Code != code {
		c.t.Fatalf("refused with %s (%s), want %s", e.Code, e.Text, code)
	}
	return e
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func bodyOf(r *http.Response) string {
	if r == nil {
		return ""
	}
	defer func() { _ = r.Body.Close() }()
	body, _ := io.ReadAll(r.Body)
	return string(body)
}
