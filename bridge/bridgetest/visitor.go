package bridgetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// Visitor is a browser tab: it keeps what the gateway told it and, like the
// widget, sends whatever was not acknowledged again after every reconnect.
type Visitor struct {
	Secret string
	// Agreed is the hash of the text that the visitor agreed to, if the site asks for that.
	Agreed string
	stack  *Stack

	mu      sync.Mutex
	conn    *websocket.Conn
	entries []wire.Entry
	acked   map[chat.ClientID]wire.Ack
	pending []any // frames with a cid that were not acknowledged, in order
	frames  []json.RawMessage
	seen    int64
	sent    int
	tab     string // makes the keys of tabs differ
	tabs    int
}

// Visitor returns a browser with a session of its own that has not connected yet.
func (s *Stack) Visitor() *Visitor {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	return &Visitor{Secret: base64.RawURLEncoding.EncodeToString(secret), stack: s, acked: map[chat.ClientID]wire.Ack{}}
}

// Tab returns another tab of the same browser.
func (v *Visitor) Tab() *Visitor {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.tabs++
	return &Visitor{Secret: v.Secret, Agreed: v.Agreed, stack: v.stack, acked: map[chat.ClientID]wire.Ack{}, tab: v.tab + fmt.Sprintf("t%d-", v.tabs)}
}

// Connect opens the socket, says hello with the resume point, and sends again
// what was not acknowledged.
func (v *Visitor) Connect(ctx context.Context) error {
	dialer := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}, HandshakeTimeout: 10 * time.Second}
	conn, resp, err := dialer.DialContext(ctx, strings.Replace(v.stack.URL, "http", "ws", 1)+"/v1/shop/socket",
		http.Header{"Origin": {Origin}, "User-Agent": {"Mozilla/5.0 (X11; Linux x86_64) Test/1"}})
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	v.mu.Lock()
	defer v.mu.Unlock()
	hello := wire.Hello{
		T: wire.TypeHello, Secret: v.Secret, Consent: v.Agreed, Language: "en", TimeZone: "Europe/Berlin",
		Page: &wire.Page{URL: Origin + "/tea", Title: "Tea"},
	}
	if n := len(v.entries); n > 0 {
		hello.Resume = &wire.Resume{Seq: v.entries[n-1].Seq, ID: v.entries[n-1].ID}
	}
	if err := conn.WriteJSON(hello); err != nil {
		return err
	}
	for _, frame := range v.pending {
		if err := conn.WriteJSON(frame); err != nil {
			return err
		}
	}
	v.conn = conn
	go v.read(conn)
	return nil
}

// MustConnect connects and waits for the welcome.
func (v *Visitor) MustConnect(t testing.TB) *Visitor {
	t.Helper()
	before := v.count(wire.TypeWelcome)
	Await(t, "the socket opens", func() bool { return v.Connect(t.Context()) == nil })
	Await(t, "the gateway says welcome", func() bool { return v.count(wire.TypeWelcome) > before })
	return v
}

// Connected reports whether the socket is believed to live.
func (v *Visitor) Connected() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.conn != nil
}

// Close closes the socket, as a closed tab does.
func (v *Visitor) Close() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.conn != nil {
		_ = v.conn.Close()
		v.conn = nil
	}
}

func (v *Visitor) read(conn *websocket.Conn) {
	for {
		_, data, err := conn.ReadMessage()
		v.mu.Lock()
		if err != nil {
			if v.conn == conn {
				v.conn = nil
			}
			v.mu.Unlock()
			_ = conn.Close()
			return
		}
		v.take(data)
		v.mu.Unlock()
	}
}

func (v *Visitor) take(data []byte) {
	v.frames = append(v.frames, slices.Clone(data))
	switch typeOf(data) {
	case wire.TypeWelcome:
		w := decode[wire.Welcome](data)
		if w.Reset {
			v.entries = nil
		}
		for _, e := range w.Entries {
			v.add(e)
		}
		v.seen = max(v.seen, w.Seen)
	case wire.TypeEntry:
		v.add(decode[wire.NewEntry](data).Entry)
	case wire.TypeAck:
		ack := decode[wire.Ack](data)
		v.acked[ack.Client] = ack
		v.pending = slices.DeleteFunc(v.pending, func(frame any) bool { return *wire.ClientOf(frame) == ack.Client })
	case wire.TypeRead:
		v.seen = max(v.seen, decode[wire.Read](data).Seq)
	case wire.TypeHello, wire.TypeMessage, wire.TypeEdit, wire.TypeRedact, wire.TypeReaction, wire.TypeDelivered,
		wire.TypePage, wire.TypePing, wire.TypeError, wire.TypePong, wire.TypeUpload, wire.TypeFile, wire.TypeHistory, wire.TypeTyping,
		wire.TypeOpened, wire.TypeVisited, wire.TypeProactive, wire.TypeEvent, wire.TypeStream, wire.TypeLeft,
		wire.TypeForm, wire.TypeRate, wire.TypeFlow:
	}
}

// add keeps entries in order; a number that comes again is the same entry.
func (v *Visitor) add(e wire.Entry) {
	if n := len(v.entries); n == 0 || v.entries[n-1].Seq < e.Seq {
		v.entries = append(v.entries, e)
	}
}

func decode[T any](data []byte) (value T) {
	_ = json.Unmarshal(data, &value)
	return value
}

func typeOf(data []byte) wire.Type {
	return decode[struct{ T wire.Type }](data).T
}

func (v *Visitor) count(t wire.Type) (n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, f := range v.frames {
		if typeOf(f) == t {
			n++
		}
	}
	return n
}

// nextClient mints a key; the caller holds the lock.
func (v *Visitor) nextClient() chat.ClientID {
	v.sent++
	return chat.ClientID(fmt.Sprintf("client-%s%08d", v.tab, v.sent))
}

// send queues a frame with a cid and writes it if the socket lives.
func (v *Visitor) send(frame any) chat.ClientID {
	v.mu.Lock()
	defer v.mu.Unlock()
	cid := wire.ClientOf(frame)
	*cid = v.nextClient()
	v.pending = append(v.pending, frame)
	if v.conn != nil {
		_ = v.conn.WriteJSON(frame)
	}
	return *cid
}

// Write sends a frame without a cid.
func (v *Visitor) Write(frame any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.conn != nil {
		_ = v.conn.WriteJSON(frame)
	}
}

// Say sends a message and returns its key at once.
func (v *Visitor) Say(text string) chat.ClientID {
	return v.send(&wire.Message{T: wire.TypeMessage, Text: text})
}

// Send sends any frame with a cid, which it sets.
func (v *Visitor) Send(frame any) chat.ClientID { return v.send(frame) }

// Acked waits for the acknowledgement of a key.
func (v *Visitor) Acked(t testing.TB, cid chat.ClientID) wire.Ack {
	t.Helper()
	var ack wire.Ack
	Await(t, "the gateway acknowledges "+string(cid), func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		var ok bool
		ack, ok = v.acked[cid]
		return ok
	})
	return ack
}

// AllAcked reports whether nothing waits for an acknowledgement.
func (v *Visitor) AllAcked() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.pending) == 0
}

// Entries returns what the tab has, in order.
func (v *Visitor) Entries() []wire.Entry {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.entries)
}

// ScrollUp reads all pages before the tab's first entry: a welcome has only the newest entries.
func (v *Visitor) ScrollUp(t testing.TB) {
	t.Helper()
	for more := true; more; {
		entries := v.Entries()
		if len(entries) == 0 {
			return
		}
		before := entries[0].Seq
		v.Write(&wire.History{T: wire.TypeHistory, Before: before})
		page := Frame(t, v, wire.TypeHistory, func(h wire.History) bool { return h.Before == before })
		v.mu.Lock()
		v.entries = append(page.Entries, v.entries...)
		v.mu.Unlock()
		more = page.More
	}
}

// Entry waits for an entry that matches.
func (v *Visitor) Entry(t testing.TB, what string, matches func(wire.Entry) bool) wire.Entry {
	t.Helper()
	var found wire.Entry
	Await(t, "the visitor gets "+what, func() bool {
		entries := v.Entries()
		i := slices.IndexFunc(entries, matches)
		if i >= 0 {
			found = entries[i]
		}
		return i >= 0
	})
	return found
}

// Hears waits for a message with that text.
func (v *Visitor) Hears(t testing.TB, text string) wire.Entry {
	t.Helper()
	return v.Entry(t, fmt.Sprintf("the message %q", text), func(e wire.Entry) bool { return e.Kind == chat.Message && e.Text == text })
}

// Frame waits for a frame of a type that matches.
func Frame[T any](t testing.TB, v *Visitor, kind wire.Type, matches func(T) bool) T {
	t.Helper()
	var found T
	Await(t, "the visitor gets a frame "+string(kind), func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		for _, data := range v.frames {
			if typeOf(data) != kind {
				continue
			}
			if frame := decode[T](data); matches(frame) {
				found = frame
				return true
			}
		}
		return false
	})
	return found
}

// Seen is how far operators have seen the visitor's messages.
func (v *Visitor) Seen() int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.seen
}

// SendFile announces, uploads and sends a file, and returns the message's key.
func (v *Visitor) SendFile(t testing.TB, name string, data []byte) chat.ClientID {
	t.Helper()
	ask := &wire.Upload{T: wire.TypeUpload, Client: chat.ClientID("upload-" + base64.RawURLEncoding.EncodeToString([]byte(name))), Name: name, Size: int64(len(data))}
	v.Write(ask)
	answer := Frame(t, v, wire.TypeUpload, func(f wire.Upload) bool { return f.Client == ask.Client })
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, answer.URL, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", Origin)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		t.Fatalf("upload: %s", resp.Status)
	}
	return v.Send(&wire.Message{T: wire.TypeMessage, File: answer.File})
}
