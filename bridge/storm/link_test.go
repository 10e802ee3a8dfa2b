package storm_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// link is how a tab reaches the gateway: by a WebSocket, or by exchanges where it is blocked.
type link interface {
	// write sends a frame, or has it sent; it does not wait for an answer.
	write(frame any) error
	close()
}

const agent = "Mozilla/5.0 (X11; Linux x86_64) Storm/1"

// socket is a WebSocket.
type socket struct{ conn *websocket.Conn }

func (s *socket) close() { _ = s.conn.Close() } // it is given up

func (s *socket) write(frame any) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(within)); err != nil {
		return err
	}
	return s.conn.WriteJSON(frame)
}

func (b *tab) dial(ctx context.Context) {
	dialer := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}, HandshakeTimeout: within}
	conn, resp, err := dialer.DialContext(ctx, strings.Replace(b.s.visitors.url, "http", "ws", 1)+"/v1/shop/socket",
		http.Header{"Origin": {bridgetest.Origin}, "User-Agent": {agent}})
	if err != nil {
		return
	}
	_ = resp.Body.Close() // nothing is read from it
	s := &socket{conn}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.linked(s)
	b.write(b.hello())
	go func() {
		for {
			_, data, err := conn.ReadMessage()
			if !b.heardBy(s, err, data) {
				return
			}
		}
	}()
}

// poll has an exchange at a time: with what is to be sent, or one that waits for news.
type poll struct {
	b     *tab
	ctx   context.Context
	stop  context.CancelFunc
	began bool // there was an exchange, which had no need to wait
	knows *wire.Knows

	mu  sync.Mutex
	out []json.RawMessage
	cut context.CancelFunc // ends the exchange that waits
}

// waits is for how long the gateway may hold an answer back, in seconds: shorter than what a
// tab takes for dead.
const waits = 2

func (b *tab) poll(ctx context.Context) {
	p := &poll{b: b}
	p.ctx, p.stop = context.WithCancel(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.linked(p)
	go func() {
		for {
			frames, err := p.exchange()
			if !b.heardBy(p, err, frames...) {
				return
			}
		}
	}()
}

func (p *poll) close() { p.stop() }

func (p *poll) write(frame any) error {
	data, err := json.Marshal(frame)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out = append(p.out, data)
	if p.cut != nil {
		p.cut()
	}
	return err
}

// exchange says what is to be said, or waits for news, and returns the frames of the answer.
// One that waits is cut short for what is to be said: whatever it missed comes with the next.
func (p *poll) exchange() ([][]byte, error) {
	p.b.mu.Lock()
	x := wire.Exchange{Hello: p.b.hello(), Knows: p.knows}
	p.b.mu.Unlock()
	ctx, cut := context.WithCancel(p.ctx)
	defer cut()
	p.mu.Lock()
	x.Frames, p.out = p.out, nil
	if len(x.Frames) == 0 && p.began {
		x.Wait, p.cut = waits, cut
		if x.Hello.Resume == nil {
			x.Hello.Resume = new(wire.Resume) // without one, no answer is held back
		}
	}
	p.mu.Unlock()
	p.began = true
	frames, err := p.post(ctx, x)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = nil
	if ctx.Err() != nil {
		return nil, p.ctx.Err()
	}
	return frames, err
}

func (p *poll) post(ctx context.Context, x wire.Exchange) ([][]byte, error) {
	ctx, stop := context.WithTimeout(ctx, within)
	defer stop()
	body, err := json.Marshal(x)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.b.s.postedURL+"/v1/shop/frames", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Origin", bridgetest.Origin)
	req.Header.Set("User-Agent", agent)
	req.Header.Set("Content-Type", "text/plain")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the exchange was answered with %s", resp.Status)
	}
	var answer struct{ Frames []json.RawMessage }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, err
	}
	frames := make([][]byte, 0, len(answer.Frames))
	for _, frame := range answer.Frames {
		frames = append(frames, frame)
		p.learn(frame)
	}
	return frames, nil
}

// learn notes what a frame says beside the entries, as a widget does.
func (p *poll) learn(data []byte) {
	var frame struct {
		Type wire.Type  `json:"t"`
		Seq  int64      `json:"seq"`
		Seen int64      `json:"seen"`
		Left int64      `json:"left"`
		Flow *wire.Flow `json:"flow"`
	}
	if json.Unmarshal(data, &frame) != nil {
		return // the tab says so
	}
	switch {
	case frame.Type == wire.TypeWelcome:
		p.knows = &wire.Knows{Seen: frame.Seen, Left: frame.Left, Flow: frame.Flow}
	case p.knows == nil:
	case frame.Type == wire.TypeRead:
		p.knows.Seen = frame.Seq
	case frame.Type == wire.TypeLeft:
		p.knows.Left = frame.Seq
	case frame.Type == wire.TypeFlow:
		flow := new(wire.Flow)
		if json.Unmarshal(data, flow) == nil {
			flow.T, p.knows.Flow = "", flow
		}
	}
}
