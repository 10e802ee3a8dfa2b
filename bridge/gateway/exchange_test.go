package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// batch is the answer to an exchange.
type batch struct {
	Frames []json.RawMessage `json:"frames"`
}

func (d *door) post(ctx context.Context, x wire.Exchange) (*http.Response, error) {
	body, err := json.Marshal(x)
	must(d.t, err)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.server.URL+"/v1/shop/frames", bytes.NewReader(body))
	must(d.t, err)
	r.Header.Set("Origin", shop)
	return d.server.Client().Do(r)
}

// exchange posts frames and returns the frames of the answer.
func (d *door) exchange(secret string, resume *wire.Resume, wait int, frames ...any) batch {
	d.t.Helper()
	x := wire.Exchange{Hello: wire.Hello{T: wire.TypeHello, Secret: secret, Resume: resume}, Wait: wait}
	for _, frame := range frames {
		data, err := json.Marshal(frame)
		must(d.t, err)
		x.Frames = append(x.Frames, data)
	}
	response, err := d.post(d.t.Context(), x)
	must(d.t, err)
	body := bodyOf(response)
	if response.StatusCode != http.StatusOK {
		d.t.Fatalf("the exchange was answered with %d %s", response.StatusCode, body)
	}
	return *decode[batch](d.t, []byte(body))
}

// types are the frames' types, in order.
func (b batch) types(t *testing.T) string {
	t.Helper()
	var types []string
	for _, frame := range b.Frames {
		types = append(types, string(typeOf(t, frame)))
	}
	return strings.Join(types, " ")
}

func TestExchangeSaysWhatASocketSays(t *testing.T) {
	d := openDoor(t, nil)
	secret := newSecret()
	b := d.exchange(secret, nil, 0,
		&wire.Message{T: wire.TypeMessage, Client: "message-1", Text: "Hello"},
		&wire.Message{T: wire.TypeMessage, Client: "message-2", Text: " "},
		&wire.Ping{T: wire.TypePing},
		map[string]string{"t": "shout"})
	if got := b.types(t); got != "welcome ack error pong error entry" {
		t.Fatalf("answered with %s", got)
	}
	ack := decode[wire.Ack](t, b.Frames[1])
	if refused := decode[wire.Error](t, b.Frames[2]); refused.Code != chat.CodeEmpty || refused.Client != "message-2" {
		t.Errorf("refused %+v", refused)
	}
	if e := decode[wire.NewEntry](t, b.Frames[5]).Entry; e.ID != ack.ID || e.Text != "Hello" {
		t.Errorf("entry %+v", e)
	}
	// The answer was lost: the same again changes nothing.
	b = d.exchange(secret, nil, 0, &wire.Message{T: wire.TypeMessage, Client: "message-1", Text: "Hello"})
	if got := b.types(t); got != "welcome ack" || decode[wire.Ack](t, b.Frames[1]).ID != ack.ID {
		t.Errorf("said again: %s", b.Frames)
	}
	// A socket of the same visitor sees the same dialog.
	_, welcome := d.enter(secret, &wire.Resume{Seq: ack.Seq, ID: ack.ID})
	if welcome.Reset || welcome.Seq != 1 {
		t.Errorf("welcome %+v", welcome)
	}
}

func TestExchangeWaitsForNews(t *testing.T) {
	d := openDoor(t, func(_ *config.Config, p *pacing) { p.away = time.Millisecond })
	secret := newSecret()
	first := decode[wire.Ack](t, d.exchange(secret, nil, 0, &wire.Message{T: wire.TypeMessage, Client: "message-1", Text: "x"}).Frames[1])
	resume := &wire.Resume{Seq: first.Seq, ID: first.ID}
	v := d.visitor(secret)
	t.Run("typing", func(t *testing.T) {
		d.waitsFor(t, secret, resume, func() { d.dialog.OperatorTyping(v, anna(), true) }, "welcome typing")
	})
	t.Run("seen", func(t *testing.T) {
		d.waitsFor(t, secret, resume, func() { must(t, d.dialog.Saw(t.Context(), v, 1)) }, "welcome read")
	})
	t.Run("left", func(t *testing.T) {
		d.waitsFor(t, secret, resume, func() { must(t, d.dialog.LetBotSpeak(t.Context(), v)) }, "welcome left")
	})
	t.Run("entry", func(t *testing.T) {
		d.waitsFor(t, secret, resume, func() { d.hear(v, dialog.Heard{Content: chat.Content{Text: "Hi"}}) }, "welcome entry")
	})
	t.Run("what is there already", func(t *testing.T) {
		b := d.exchange(secret, resume, 25)
		if w := decode[wire.Welcome](t, b.Frames[0]); b.types(t) != "welcome" || len(w.Entries) != 1 || w.Entries[0].Text != "Hi" {
			t.Errorf("answered with %s", b.Frames)
		}
	})
	t.Run("what changed beside the entries since the last one", func(t *testing.T) {
		newest := d.hear(v, dialog.Heard{Content: chat.Content{Text: "Well?"}})
		at := &wire.Resume{Seq: newest.Seq, ID: newest.ID}
		last := decode[wire.Welcome](t, d.exchange(secret, at, 0).Frames[0])
		must(t, d.dialog.Saw(t.Context(), v, newest.Seq))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // who is kept waiting waits for longer
		defer cancel()
		response, err := d.post(ctx, wire.Exchange{Hello: wire.Hello{T: wire.TypeHello, Secret: secret, Resume: at}, Wait: 25, Knows: &wire.Knows{Seen: last.Seen, Left: last.Left, Flow: last.Flow}})
		must(t, err)
		var b wire.Batch
		must(t, json.Unmarshal([]byte(bodyOf(response)), &b))
		if n := len(b.Frames); n != 1 {
			t.Fatalf("answered with %d frames", n)
		}
		if w, _ := b.Frames[0].(map[string]any); w["seen"] != float64(newest.Seq) {
			t.Errorf("answered with %v", w)
		}
	})
	t.Run("blocked", func(t *testing.T) {
		e := d.hear(v, dialog.Heard{Content: chat.Content{Text: "Bye"}})
		d.waitsFor(t, secret, &wire.Resume{Seq: e.Seq, ID: e.ID}, func() { must(t, d.dialog.Block(t.Context(), v, true)) }, "welcome error")
	})
}

// Else a widget would ask again and again without being kept waiting.
func TestWhatAWidgetKnowsIsNoNews(t *testing.T) {
	score := int64(4)
	full := &wire.Flow{
		Form:   &wire.Asked{ID: "start", Title: "<Who?>", Fields: []wire.Field{{Name: "plan", Type: "select", Max: 9, Choices: []string{"a&b", "c"}}}},
		Person: true, Rate: &wire.Rated{Closing: 1, Of: 5, Score: &score}, Channels: []wire.Channel{},
	}
	for name, w := range map[string]*wire.Welcome{"nothing": {}, "marks": {Seen: 3, Left: 2}, "all": {Seen: 1, Flow: full}, "an empty flow": {Flow: &wire.Flow{}}} {
		said, err := json.Marshal(w)
		must(t, err)
		var echo struct { // as the widget says it again
			Seen int64 `json:"seen"`
			Left int64 `json:"left"`
			Flow any   `json:"flow"`
		}
		must(t, json.Unmarshal(said, &echo))
		again, err := json.Marshal(echo)
		must(t, err)
		known := new(wire.Knows)
		must(t, json.Unmarshal(again, known))
		if tellsMore(w, known) {
			t.Errorf("%s: %s is news", name, again)
		}
		known.Seen++
		if !tellsMore(w, known) {
			t.Errorf("%s: another mark is none", name)
		}
	}
	if tellsMore(&wire.Welcome{Seen: 1}, nil) {
		t.Error("a widget that says nothing of it is not kept waiting")
	}
}

// Invariant 24: an exchange that waits is ended so that the widget comes back.
func TestInvariant24ErasedVisitorsExchangeEnds(t *testing.T) {
	d := openDoor(t, func(_ *config.Config, p *pacing) { p.away = time.Millisecond })
	secret := newSecret()
	first := decode[wire.Ack](t, d.exchange(secret, nil, 0, &wire.Message{T: wire.TypeMessage, Client: "message-1", Text: "x"}).Frames[1])
	v := d.visitor(secret)
	eventually(t, "the exchange before is over", func() bool { return d.dialog.Connections(v) == 0 })
	answer := make(chan *http.Response, 1)
	x := wire.Exchange{Hello: wire.Hello{T: wire.TypeHello, Secret: secret, Resume: &wire.Resume{Seq: first.Seq, ID: first.ID}}, Wait: 25}
	go func() {
		response, err := d.post(d.t.Context(), x)
		if err != nil {
			t.Error(err)
		}
		answer <- response
	}()
	eventually(t, "the exchange waits", waits)
	d.erase(v)
	response := <-answer
	if body := bodyOf(response); response.StatusCode != http.StatusGone || !strings.Contains(body, string(chat.CodeGone)) {
		t.Errorf("answered with %d %s", response.StatusCode, body)
	}
	if w := decode[wire.Welcome](t, d.exchange(secret, x.Hello.Resume, 0).Frames[0]); !w.Reset || len(w.Entries) > 0 {
		t.Errorf("welcomed with %+v", w)
	}
}

func TestExchangeOfAnEmptyDialogWaitsToo(t *testing.T) {
	d := openDoor(t, func(_ *config.Config, p *pacing) { p.away = time.Millisecond })
	secret := newSecret()
	d.exchange(secret, nil, 0) // makes the visitor
	v := d.visitor(secret)
	d.waitsFor(t, secret, &wire.Resume{}, func() { d.hear(v, dialog.Heard{Content: chat.Content{Text: "May I help?"}}) }, "welcome entry")
}

// waits sees that an exchange is held back until something happens.
func (d *door) waitsFor(t *testing.T, secret string, resume *wire.Resume, happens func(), want string) {
	t.Helper()
	v := d.visitor(secret)
	eventually(t, "exchanges before are over", func() bool { return d.dialog.Connections(v) == 0 })
	answer := make(chan batch, 1)
	go func() { answer <- d.exchange(secret, resume, 25) }()
	eventually(t, "the exchange waits", waits)
	happens()
	select {
	case b := <-answer:
		if got := b.types(t); got != want {
			t.Errorf("answered with %s, want %s", got, want)
		}
	case <-time.After(within):
		t.Error("nothing came")
	}
}

// waits reports whether an exchange waits for news. One that is connected may
// still be about to look what there is, and would tell of it in its welcome.
func waits() bool { return isIn("(*poll).wait") }

// isIn reports whether a goroutine is in that method of the gateway.
func isIn(method string) bool {
	stacks := make([]byte, 1<<20)
	return strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), "gateway."+method+"(")
}

func TestExchangeWithoutNewsEndsAfterItsTime(t *testing.T) {
	d := openDoor(t, func(_ *config.Config, p *pacing) { p.poll = 100 * time.Millisecond })
	secret := newSecret()
	ack := decode[wire.Ack](t, d.exchange(secret, nil, 0, &wire.Message{T: wire.TypeMessage, Client: "message-1", Text: "x"}).Frames[1])
	began := time.Now()
	b := d.exchange(secret, &wire.Resume{Seq: ack.Seq, ID: ack.ID}, 1000)
	if got := b.types(t); got != "welcome" || time.Since(began) < 100*time.Millisecond {
		t.Errorf("answered with %s after %s", got, time.Since(began))
	}
}

func TestExchangeEndsWhenTheVisitorLeavesOrTheGatewayCloses(t *testing.T) {
	d := openDoor(t, func(_ *config.Config, p *pacing) { p.away = 50 * time.Millisecond })
	secret := newSecret()
	ack := decode[wire.Ack](t, d.exchange(secret, nil, 0, &wire.Message{T: wire.TypeMessage, Client: "message-1", Text: "x"}).Frames[1])
	v := d.visitor(secret)
	eventually(t, "the first exchange is over", func() bool { return d.dialog.Connections(v) == 0 })
	resume := &wire.Resume{Seq: ack.Seq, ID: ack.ID}

	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, err := d.post(ctx, wire.Exchange{Hello: wire.Hello{T: wire.TypeHello, Secret: secret, Resume: resume}, Wait: 25})
		left <- err
	}()
	eventually(t, "the exchange waits", waits)
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("the request ended with %v", err)
	}
	eventually(t, "the exchange notices", func() bool { return d.dialog.Connections(v) == 0 })
	if n := d.logs.count(`"level":"error"`); n != 0 {
		t.Errorf("a visitor who leaves is logged as %d errors", n)
	}

	answer := make(chan batch, 1)
	go func() { answer <- d.exchange(secret, resume, 25) }()
	eventually(t, "the exchange waits", waits)
	must(t, d.gateway.Close(t.Context()))
	if got := (<-answer).types(t); got != "welcome" {
		t.Errorf("answered with %s", got)
	}
}

// A visitor on the fall-back does not come and go with each exchange.
func TestPresenceOutlastsTheGapBetweenExchanges(t *testing.T) {
	d := openDoor(t, func(_ *config.Config, p *pacing) { p.away = 300 * time.Millisecond })
	secret := newSecret()
	for range 3 {
		d.exchange(secret, nil, 0)
	}
	expect(t, d.watch.online, true)
	expect(t, d.watch.online, false)
	if n := len(d.watch.online); n != 0 {
		t.Errorf("%d more changes", n)
	}
}

func TestBadExchangesAreRefused(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) { cfg.Gateway.Limits.FrameBytes = 500 })
	hello := fmt.Sprintf(`"hello":{"t":"hello","secret":%q}`, newSecret())
	for name, test := range map[string]struct {
		body string
		want chat.Code
	}{
		"not JSON":        {"hello", chat.CodeBadFrame},
		"no secret":       {"{}", chat.CodeBadSession},
		"a large body":    {`{"x":"` + strings.Repeat("x", 4000) + `"}`, chat.CodeTooLarge},
		"a large frame":   {`{` + hello + `,"frames":[{"t":"ping","x":"` + strings.Repeat("x", 500) + `"}]}`, chat.CodeTooLarge},
		"too many frames": {`{` + hello + `,"frames":[0` + strings.Repeat(",0", mostFrames) + `]}`, chat.CodeTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			response, body := d.ask(http.MethodPost, "/v1/shop/frames", strings.NewReader(test.body), "Origin", shop)
			refusal(t, response, body, test.want)
			if got := response.Header.Get("Access-Control-Allow-Origin"); got != shop {
				t.Errorf("the page cannot read why: %q", got)
			}
		})
	}
}

func TestExchangeIsLimitedLikeASocket(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) { cfg.Gateway.Limits.SessionsPerMinute = 1 })
	d.exchange(newSecret(), nil, 0)
	response, err := d.post(t.Context(), wire.Exchange{Hello: wire.Hello{T: wire.TypeHello, Secret: newSecret()}})
	must(t, err)
	body := bodyOf(response)
	if e := refusal(t, response, body, chat.CodeTooFast); e.RetryAfter <= 0 || response.Header.Get("Retry-After") == "" {
		t.Errorf("refused with %+v, %v", e, response.Header)
	}
}

// An answer has an end, however much is asked for at once; what was said behind it is said again.
func TestExchangeAnswersSoMuch(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) {
		cfg.Gateway.Limits.MessagesPerMinute, cfg.Gateway.Limits.MessagesBurst = 6000, 1000
	})
	secret := newSecret()
	c, _ := d.enter(secret, nil)
	for i := range 60 {
		c.message(chat.ClientID(fmt.Sprintf("message-%d", i)), strings.Repeat("<", 512)) // each is six bytes in JSON
	}
	var frames []any
	for range 90 {
		frames = append(frames, &wire.History{T: wire.TypeHistory, Before: 1e9, Limit: pageSize})
	}
	last := &wire.Message{T: wire.TypeMessage, Client: "message-last", Text: "And this"}
	var size int
	got := d.exchange(secret, nil, 0, append(frames, last)...)
	for _, frame := range got.Frames {
		size += len(frame)
	}
	if most := 2 * mostQueuedBytes; size > most || len(got.Frames) > len(frames)/2 {
		t.Errorf("%d bytes in %d frames", size, len(got.Frames))
	}
	types := got.types(t)
	if !strings.Contains(types, "error") || strings.Contains(types, "ack") {
		t.Errorf("answered with %s", types)
	}
	if types := d.exchange(secret, nil, 0, last).types(t); !strings.Contains(types, "ack") {
		t.Errorf("what comes again is answered with %s", types)
	}
}

// A body that never ends holds memory and a connection, before any hello.
func TestStalledBodiesAreCountedAsConnections(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) { cfg.Gateway.Limits.SocketsPerAddress = 2 })
	var stalled []func()
	for range 2 {
		stalled = append(stalled, d.stall(http.MethodPost, d.server.URL+"/v1/shop/frames", `{"hello":`))
	}
	eventually(t, "both bodies are waited for", func() bool { return d.fromHere() == 2 })
	response, err := d.post(t.Context(), wire.Exchange{Hello: wire.Hello{T: wire.TypeHello, Secret: newSecret()}})
	must(t, err)
	if e := refusal(t, response, bodyOf(response), chat.CodeTooManySockets); e.RetryAfter <= 0 {
		t.Errorf("refused with %+v", e)
	}
	d.dial().refused(chat.CodeTooManySockets) // a socket is a connection like any other
	stalled[0]()
	eventually(t, "a body that broke off makes room", func() bool { return d.fromHere() == 1 })
	d.exchange(newSecret(), nil, 0)
}

// stall begins to send a body that has no end until leave is called.
func (d *door) stall(method, url, beginning string) (leave func()) {
	d.t.Helper()
	ctx, cancel := context.WithCancel(d.t.Context())
	body, end := io.Pipe()
	r, err := http.NewRequestWithContext(ctx, method, url, body)
	must(d.t, err)
	r.Header.Set("Origin", shop)
	var over sync.WaitGroup
	over.Go(func() {
		if response, err := d.server.Client().Do(r); err == nil {
			_ = response.Body.Close()
		}
	})
	_, err = io.WriteString(end, beginning)
	must(d.t, err)
	leave = func() {
		cancel()
		_ = end.CloseWithError(context.Canceled)
		over.Wait()
	}
	d.t.Cleanup(leave)
	return leave
}

// fromHere is how many connections of the test's own address are open.
func (d *door) fromHere() int {
	return d.gateway.limits.addressSockets.Count(netip.MustParseAddr("127.0.0.1"))
}
