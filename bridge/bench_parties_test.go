package bridge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// heard is a message as a Matrix client got it.
type heard struct {
	at      time.Time
	room    id.RoomID
	sender  id.UserID
	text    string
	content json.RawMessage
}

// ear is a Matrix client that holds one long poll after another, accepts
// invitations and notes when a message came.
type ear struct {
	client   *mautrix.Client
	messages chan heard
	stop     func()
}

func listen(b *testing.B, client *mautrix.Client) *ear {
	b.Helper()
	e := &ear{client: client, messages: make(chan heard)}
	first, err := client.SyncRequest(b.Context(), 0, "", "", false, "")
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(b.Context()))
	var group sync.WaitGroup
	group.Go(func() { e.follow(ctx, first) })
	e.stop = func() { stop(); group.Wait() }
	b.Cleanup(e.stop)
	return e
}

// follow polls until ctx ends; a failed poll ends it too, and the benchmark
// then misses its message.
func (e *ear) follow(ctx context.Context, resp *mautrix.RespSync) {
	for err := error(nil); err == nil && ctx.Err() == nil; {
		at := time.Now()
		for room := range resp.Rooms.Invite {
			if _, err := e.client.JoinRoomByID(ctx, room); err != nil {
				return
			}
		}
		for room, joined := range resp.Rooms.Join {
			for _, got := range joined.Timeline.Events {
				if text := bridgetest.Body(got); text != "" {
					select {
					case e.messages <- heard{at, room, got.Sender, text, got.Content.VeryRaw}:
					case <-ctx.Done():
						return
					}
				}
			}
		}
		const wait = 30_000 // milliseconds
		resp, err = e.client.SyncRequest(ctx, wait, resp.NextBatch, "", false, "")
	}
}

// sees waits for a message; others that come before it are forgotten.
func (e *ear) sees(b *testing.B, text string) heard {
	b.Helper()
	for {
		if got := receive(b, "a Matrix client gets "+text, e.messages); got.text == text {
			return got
		}
	}
}

// benchTab is a visitor's socket that notes when an entry came.
type benchTab struct {
	secret  string
	conn    *websocket.Conn
	room    id.RoomID                // of its dialog
	ghost   id.UserID                // that speaks for it there
	said    map[chat.ClientID]string // under way, by key
	mu      sync.Mutex
	entries chan came
}

// came is the time at which the visitor's browser learned that a text is in the journal.
type came struct {
	at   time.Time
	text string
}

func openTab(b *testing.B, s *bridgetest.Stack) *benchTab {
	b.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
	conn, resp, err := dialer.DialContext(b.Context(), strings.Replace(s.URL, "http", "ws", 1)+"/v1/shop/socket", http.Header{"Origin": {bridgetest.Origin}})
	if err != nil {
		b.Fatal(err)
	}
	_ = resp.Body.Close()
	t := &benchTab{secret: s.Visitor().Secret, conn: conn, said: map[chat.ClientID]string{}, entries: make(chan came, 100)}
	t.write(&wire.Hello{T: wire.TypeHello, Secret: t.secret, Language: "en", Page: &wire.Page{URL: bridgetest.Origin + "/tea"}})
	var group sync.WaitGroup
	group.Go(func() { t.read(b.Context()) })
	b.Cleanup(func() { _ = conn.Close(); group.Wait() })
	return t
}

// read notes what comes until the socket or the benchmark ends: at its end nobody takes what was noted.
func (t *benchTab) read(ctx context.Context) {
	note := func(c came) {
		select {
		case t.entries <- c:
		case <-ctx.Done():
		}
	}
	for {
		_, data, err := t.conn.ReadMessage()
		if err != nil {
			return
		}
		at := time.Now()
		var frame struct {
			T     wire.Type     `json:"t"`
			CID   chat.ClientID `json:"cid"`
			Entry wire.Entry    `json:"entry"`
		}
		_ = json.Unmarshal(data, &frame) // a frame that cannot be read is one that did not come
		if frame.T == wire.TypeAck {
			t.mu.Lock()
			text := t.said[frame.CID]
			t.mu.Unlock()
			note(came{at, text})
		}
		if frame.T == wire.TypeEntry {
			t.write(&wire.Delivered{T: wire.TypeDelivered, Seq: frame.Entry.Seq}) // as the widget does
			note(came{at, frame.Entry.Text})
		}
	}
}

func (t *benchTab) write(frame any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_ = t.conn.WriteJSON(frame) // a closed socket shows by what does not come
}

func (t *benchTab) say(text string) {
	t.mu.Lock()
	key := chat.ClientID(fmt.Sprintf("client-%08d", len(t.said)))
	t.said[key] = text
	t.mu.Unlock()
	t.write(&wire.Message{T: wire.TypeMessage, Client: key, Text: text})
}

// told waits until the visitor has a text: its own acknowledged, or the
// operator's. It returns when that was.
func (t *benchTab) told(b *testing.B, text string) time.Time {
	b.Helper()
	return t.toldAll(b, text)[text]
}

// toldAll waits for several, in whatever order.
func (t *benchTab) toldAll(b *testing.B, texts ...string) map[string]time.Time {
	b.Helper()
	at := map[string]time.Time{}
	for len(at) < len(texts) {
		if got := receive(b, fmt.Sprintf("the visitor has %q", texts), t.entries); slices.Contains(texts, got.text) {
			if _, known := at[got.text]; !known { // what the visitor said comes as an entry too
				at[got.text] = got.at
			}
		}
	}
	return at
}
