package bridge_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

const (
	// benchStreams replies are written at once, in benchRounds rounds of each way.
	benchStreams, benchRounds = 200, 5
	// benchWords is how many words each has, a piece each, and benchPace the time
	// between two of them: models write 20 to 100 pieces a second.
	benchWords, benchPace = 50, 40 * time.Millisecond
	// benchCalm is how many words come first, unmeasured, while all streams begin.
	benchCalm = 5
)

// What is measured here is the time that a word takes from the endpoint to the
// visitor's socket, once it may be shown. The bridge shows a word when it knows where
// the word ends, for it could become a link: that is when the next piece comes, which
// begins with a space. How long the model takes for that piece is no delay of the
// bridge, so its clock starts when that one is sent; the clock of the bare relay, which
// shows every piece as it is, starts with the piece itself. The words are such as the
// instruction does not have: those wait for more of the model's words.
func benchReply(words int) gpttest.Reply {
	teas := []string{" jasmine", " oolong", " sencha", " matcha", " rooibos"}
	return gpttest.Reply{Pieces: slices.Concat(slices.Repeat(teas, words/len(teas)), teas[:words%len(teas)])}
}

// BenchmarkAssistantBegins measures the first word of a reply, one reply after another,
// against a bare relay from the same endpoint. The two take short turns.
func BenchmarkAssistantBegins(b *testing.B) {
	const turns = benchTurns / 2
	k := openStreams(b, benchVisitors, func(*bridgetest.Stack) {})
	for b.Loop() {
		var bridged, raw []time.Duration
		for range turns {
			first := func(all []*streamTab) []time.Duration {
				return measure(func(i int) time.Duration {
					r := all[i%len(all)].ask(benchReply(3).Slow(0, benchPace/4))
					r.wait(b)
					return r.took(0)
				})
			}
			bridged, raw = append(bridged, first(k.bridged)...), append(raw, first(k.raw)...)
		}
		report(b, turns, bridged, raw)
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkAssistantStreams measures the words of many replies while all of them are
// being written, against a bare relay for as many sockets. The homeserver is stopped: it would
// be at work on as many new rooms, and take the processors from both.
func BenchmarkAssistantStreams(b *testing.B) {
	k := openStreams(b, benchStreams, func(s *bridgetest.Stack) {
		if err := s.Homeserver.Stop(); err != nil {
			b.Fatal(err)
		}
	})
	for b.Loop() {
		var bridged, raw []time.Duration
		for range benchRounds {
			bridged = append(bridged, k.round(b, k.bridged)...)
			raw = append(raw, k.round(b, k.raw)...)
		}
		report(b, benchRounds, bridged, raw)
	}
	b.ReportMetric(0, "ns/op")
}

// benchAssistants is a stack whose assistant talks with visitors, and a bare relay for
// as many; both ask the same endpoint.
type benchAssistants struct {
	*bridgetest.Stack
	server       *gpttest.Server
	bridged, raw []*streamTab
}

func openStreams(b *testing.B, visitors int, ready func(*bridgetest.Stack)) *benchAssistants {
	b.Helper()
	k := &benchAssistants{server: gpttest.Start(b)}
	k.Stack = bridgetest.Start(b, bridgetest.Options{Site: strings.Replace(assistantAt(k.server, `      timeout: 2m
      limits: {visitor: {requests: 0, tokens: 0}, address: {requests: 0, tokens: 0}, site: {requests: 0, tokens: 0}}
`), "invite: everyone", "invite: nobody", 1)})
	ready(k.Stack)
	relay := bridgetest.Relay(b, k.server.URL)
	script := &benchScript{replies: map[string]*timedReply{}}
	k.server.Otherwise(script.reply)
	for range visitors {
		k.bridged = append(k.bridged, openStreamTab(b, script, k.URL, k.Visitor().Secret))
		k.raw = append(k.raw, openStreamTab(b, script, relay, "none"))
	}
	// The dialogs and the connections are made.
	var begun []*timedReply
	for _, tab := range append(k.bridged, k.raw...) {
		begun = append(begun, tab.ask(benchReply(3)))
	}
	for _, r := range begun {
		r.wait(b)
	}
	return k
}

// round has replies written to all tabs at once, and returns what their words took.
func (k *benchAssistants) round(b *testing.B, tabs []*streamTab) (took []time.Duration) {
	b.Helper()
	var replies []*timedReply
	for _, tab := range tabs {
		reply := benchReply(benchWords).Slow(rand.N(benchPace), benchPace).Hold(0)
		replies = append(replies, tab.ask(reply))
	}
	bridgetest.Await(b, "all replies are about to begin", func() bool { return k.server.Held() == len(tabs) })
	k.server.Release()
	for _, r := range replies {
		r.wait(b)
	}
	end := slices.MinFunc(replies, func(a, b *timedReply) int { return a.last().Compare(b.last()) }).last()
	for _, r := range replies {
		// Once the first one has ended, fewer are written at once.
		for word := benchCalm; r.sent[word+r.held].Before(end); word++ {
			took = append(took, r.took(word))
		}
	}
	return took
}

// benchScript has the endpoint answer each question with a reply of its own.
type benchScript struct {
	mu      sync.Mutex
	replies map[string]*timedReply
}

func (s *benchScript) reply(r gpttest.Request) gpttest.Reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if timed := s.replies[r.Asked()]; timed != nil {
		return timed.reply
	}
	return gpttest.Fails(http.StatusBadRequest, "", "Nobody asked "+r.Asked())
}

// timedReply is a reply with the times at which its words were sent, and came.
type timedReply struct {
	reply gpttest.Reply
	// held is how many words are known by the next one.
	held int
	over chan struct{}

	mu         sync.Mutex
	sent, came []time.Time
	fault      string
}

func (r *timedReply) sends(int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, time.Now())
}

// comes notes that so many words have come.
func (r *timedReply) comes(words int, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.came) < words {
		r.came = append(r.came, at)
	}
}

func (r *timedReply) ends(fault string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = fault
	close(r.over)
}

// wait waits for the end of the reply.
func (r *timedReply) wait(b *testing.B) {
	b.Helper()
	receive(b, "a reply ends", r.over)
	if r.fault != "" {
		b.Fatal(r.fault)
	}
}

// took is how long a word took; call it after wait.
func (r *timedReply) took(word int) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.came[word].Sub(r.sent[word+r.held])
}

// last is when the last piece was sent; call it after wait.
func (r *timedReply) last() time.Time { return r.sent[len(r.sent)-1] }

// streamTab is a visitor's socket, or one of the relay, that is told a reply at a time.
type streamTab struct {
	script *benchScript
	conn   *websocket.Conn
	name   string
	held   int

	mu    sync.Mutex
	asked int
	under *timedReply
	text  string
}

func openStreamTab(b *testing.B, script *benchScript, url, secret string) *streamTab {
	b.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
	conn, resp, err := dialer.DialContext(b.Context(), strings.Replace(url, "http", "ws", 1)+"/v1/shop/socket", http.Header{"Origin": {bridgetest.Origin}})
	if err != nil {
		b.Fatal(err)
	}
	_ = resp.Body.Close()
	t := &streamTab{script: script, conn: conn, name: conn.LocalAddr().String()}
	if secret != "none" {
		t.held = 1
	}
	t.write(&wire.Hello{T: wire.TypeHello, Secret: secret, Language: "en", Page: &wire.Page{URL: bridgetest.Origin + "/tea"}})
	var group sync.WaitGroup
	group.Go(t.read)
	b.Cleanup(func() { _ = conn.Close(); group.Wait() })
	return t
}

// ask asks a question that is answered by a reply.
func (t *streamTab) ask(reply gpttest.Reply) *timedReply {
	r := &timedReply{reply: reply, held: t.held, over: make(chan struct{})}
	r.reply.Writes = r.sends
	t.mu.Lock()
	t.asked++
	question := fmt.Sprintf("Question %d of %s", t.asked, t.name)
	key := chat.ClientID(fmt.Sprintf("client-%08d", t.asked))
	t.under, t.text = r, ""
	t.mu.Unlock()
	t.script.mu.Lock()
	t.script.replies[question] = r
	t.script.mu.Unlock()
	t.write(&wire.Message{T: wire.TypeMessage, Client: key, Text: question})
	return r
}

func (t *streamTab) write(frame any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_ = t.conn.WriteJSON(frame) // a closed socket shows by what does not come
}

func (t *streamTab) read() {
	for {
		_, data, err := t.conn.ReadMessage()
		if err != nil {
			return
		}
		at := time.Now()
		var frame struct {
			wire.Stream
			Entry wire.Entry `json:"entry"`
		}
		_ = json.Unmarshal(data, &frame) // a frame that cannot be read is one that did not come
		switch frame.T {
		case wire.TypeStream:
			t.comes(frame.Stream, at)
		case wire.TypeEntry:
			if t.held > 0 {
				t.write(&wire.Delivered{T: wire.TypeDelivered, Seq: frame.Entry.Seq}) // as the widget does
			}
			t.ends(frame.Entry, at)
		default:
		}
	}
}

func (t *streamTab) comes(piece wire.Stream, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if piece.N == 0 {
		t.text = ""
	}
	t.text += piece.Text
	t.under.comes(len(strings.Fields(t.text)), at)
}

func (t *streamTab) ends(e wire.Entry, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	words := strings.TrimSpace(t.under.reply.Text())
	switch {
	case e.Author.Party == chat.Visitor: // another tab's, of which there is none
	case e.AI == nil || strings.TrimSpace(e.Text) != words:
		t.under.ends(fmt.Sprintf("the visitor was told %q", e.Text))
	default:
		t.under.comes(len(strings.Fields(words)), at)
		t.under.ends("")
	}
}
