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
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

const (
	// benchTurns turns of benchTurn messages are measured of each way, 400 in
	// all: the 99th percentile then stands on the four slowest.
	benchTurns, benchTurn = 20, 20
	// benchWarmUp is how many messages come first in each turn, unmeasured: they
	// still meet the work that the other way has left to the homeserver.
	benchWarmUp = 3
	// benchVisitors take turns: one alone would send more frames a second than
	// the gateway lets through without holding them back, which no person does.
	benchVisitors = 8
)

// BenchmarkToOperator measures how long a visitor's message takes from the
// visitor's socket to the operator's client (its answered long poll), against
// the same event that a ghost puts straight into a room of its own on the same
// homeserver for the same operator. The two take short turns, so that noise hits both.
func BenchmarkToOperator(b *testing.B) {
	k := openBench(b)
	user := k.Ghost(b, "raw")
	made, err := user.CreateRoom(b.Context(), &mautrix.ReqCreateRoom{Preset: "private_chat", Invite: []id.UserID{k.Anna.UserID}})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		var bridged, raw []time.Duration
		var content json.RawMessage
		for turn := range benchTurns {
			bridged = append(bridged, measure(func(i int) time.Duration {
				tab, text := k.tabs[i%benchVisitors], fmt.Sprintf("%d.%d: do you have green tea?", turn, i)
				start := time.Now()
				tab.say(text)
				e := k.anna.sees(b, text)
				tab.told(b, text) // its acknowledgement
				content = e.content
				return e.at.Sub(start)
			})...)
			raw = append(raw, measure(func(i int) time.Duration {
				// As long as what the bridge sent, and no text twice.
				var same map[string]any
				_ = json.Unmarshal(content, &same)
				text := fmt.Sprintf("%d.%d: and do you have black?", turn, i)
				same["body"] = text
				start := time.Now()
				put(b, user, made.RoomID, same)
				return k.anna.sees(b, text).at.Sub(start)
			})...)
		}
		report(b, bridged, raw)
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkToVisitor measures how long an operator's message takes from the
// operator's PUT to the visitor's socket, against the same message on its way
// to another Matrix client in the same room.
func BenchmarkToVisitor(b *testing.B) {
	k := openBench(b)
	other, err := k.Homeserver.Login(b.Context(), "anna", dendritetest.Password)
	if err != nil {
		b.Fatal(err)
	}
	client := listen(b, other)
	k.anna.stop()
	for b.Loop() {
		var bridged, raw []time.Duration
		for i := range benchTurns * benchTurn {
			tab, text := k.tabs[i%benchVisitors], fmt.Sprintf("%d: yes, and black tea too", i)
			start := time.Now()
			put(b, k.Anna, tab.room, map[string]any{"msgtype": "m.text", "body": text})
			raw = append(raw, client.sees(b, text).at.Sub(start))
			bridged = append(bridged, tab.told(b, text).Sub(start))
		}
		report(b, bridged, raw)
	}
	b.ReportMetric(0, "ns/op")
}

// measure takes one turn.
func measure(one func(i int) time.Duration) (took []time.Duration) {
	for i := range benchWarmUp + benchTurn {
		took = append(took, one(i))
	}
	return took[benchWarmUp:]
}

// report gives the middle and the slowest hundredth of both ways, and how many
// times slower the way through the bridge is.
func report(b *testing.B, bridged, raw []time.Duration) {
	b.Helper()
	at := func(all []time.Duration, percent int) float64 {
		sorted := slices.Sorted(slices.Values(all))
		return float64(sorted[(len(sorted)*percent-1)/100].Microseconds()) / 1000
	}
	for _, p := range []int{50, 99} {
		b.ReportMetric(at(bridged, p), fmt.Sprintf("bridged-p%d-ms", p))
		b.ReportMetric(at(raw, p), fmt.Sprintf("raw-p%d-ms", p))
		b.ReportMetric(at(bridged, p)/at(raw, p), fmt.Sprintf("x-raw-p%d", p))
	}
}

// benchTalk is a stack in which some visitors have a dialog with the operator.
type benchTalk struct {
	*bridgetest.Stack
	anna *ear
	tabs []*benchTab
}

func openBench(b *testing.B) *benchTalk {
	b.Helper()
	k := &benchTalk{Stack: bridgetest.Start(b, bridgetest.Options{})}
	k.anna = listen(b, k.Anna)
	for range benchVisitors {
		tab := openTab(b, k.Stack)
		tab.say("Hello")
		tab.room = k.anna.sees(b, "Hello").room
		tab.told(b, "Hello")
		k.tabs = append(k.tabs, tab)
	}
	return k
}

func put(b *testing.B, as *mautrix.Client, room id.RoomID, content any) {
	b.Helper()
	if _, err := as.SendMessageEvent(b.Context(), room, event.EventMessage, content); err != nil {
		b.Fatal(err)
	}
}

// receive takes one value, or fails when none comes for very long.
func receive[T any](b *testing.B, what string, from <-chan T) T {
	b.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(bridgetest.Patience):
		b.Fatalf("waited %s in vain: %s", bridgetest.Patience, what)
	}
	panic("not reached")
}

// heard is a message as a Matrix client got it.
type heard struct {
	at      time.Time
	room    id.RoomID
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
					case e.messages <- heard{at, room, text, got.Content.VeryRaw}:
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
	conn    *websocket.Conn
	room    id.RoomID                // of its dialog
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
	t := &benchTab{conn: conn, said: map[chat.ClientID]string{}, entries: make(chan came, 100)}
	t.write(&wire.Hello{T: wire.TypeHello, Secret: s.Visitor().Secret, Language: "en", Page: &wire.Page{URL: bridgetest.Origin + "/tea"}})
	var group sync.WaitGroup
	group.Go(t.read)
	b.Cleanup(func() { _ = conn.Close(); group.Wait() })
	return t
}

func (t *benchTab) read() {
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
			t.entries <- came{at, text}
		}
		if frame.T == wire.TypeEntry {
			t.write(&wire.Delivered{T: wire.TypeDelivered, Seq: frame.Entry.Seq}) // as the widget does
			t.entries <- came{at, frame.Entry.Text}
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
	for {
		if got := receive(b, "the visitor has "+text, t.entries); got.text == text {
			return got.at
		}
	}
}
