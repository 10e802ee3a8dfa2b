package panel

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/desk/api"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

const (
	readBuffer  = 512
	writeBuffer = 4096
	// maxFrame is the longest frame that a panel sends, in bytes.
	maxFrame = 4096
	// socketsOfASession may be open at once.
	socketsOfASession = 10
	// A panel that does not take what it is sent is let go at one of these.
	mostQueued      = 64
	mostQueuedBytes = 1 << 20
	// watchesPerSecond and watchesBurst hold a socket that looks at contacts: each costs a reading.
	watchesPerSecond = 5
	watchesBurst     = 20
)

// socket is one open panel: a goroutine that reads and one that writes. Operators are
// few, so their sockets need not be as thin as visitors'.
type socket struct {
	p    *Panel
	conn *websocket.Conn
	// Of whom it is, from the hello on.
	session string
	site    chat.SiteID

	// watched is the contact that the panel shows; shown is true once it was sent.
	// Both are under the lock of live.
	watched chat.VisitorID
	shown   bool

	mu     sync.Mutex
	queue  [][]byte
	queued int // bytes in queue
	over   *ending
	news   chan struct{} // there is something to write, or over is set
	left   chan struct{} // closed when the reader has ended
}

// ending is how a socket ends: a frame, unless empty, and a close code.
type ending struct {
	frame []byte
	code  int
	text  string
}

// endingOf tells the panel why it may not stay. What may work later is no such thing:
// a panel that took it for one would sign out all that its browser has open.
func endingOf(err error) *ending {
	public := chat.Public(err)
	if public.RetryAfter > 0 {
		return &ending{code: websocket.CloseTryAgainLater, text: string(public.Code)}
	}
	switch public.Code {
	case chat.CodeTooManySockets, chat.CodeUnavailable, chat.CodeInternal:
		return &ending{code: websocket.CloseTryAgainLater, text: string(public.Code)}
	default:
		return &ending{encode(endFrame{"end", public.Code, public.Text}), websocket.ClosePolicyViolation, string(public.Code)}
	}
}

func restarting() *ending { return &ending{code: websocket.CloseServiceRestart} }

func (p *Panel) serveLive(w http.ResponseWriter, r *http.Request) {
	if err := p.sameOrigin(r); err != nil {
		api.Refuse(w, r, err, p.log)
		return
	}
	if _, wait := p.hellos.Take(p.address(r), p.now()); wait > 0 {
		api.Refuse(w, r, chat.Errorf(chat.CodeTooFast, "There were too many connections from here.").After(max(wait, time.Millisecond)), p.log)
		return
	}
	if !p.live.enter() {
		api.Refuse(w, r, chat.Errorf(chat.CodeUnavailable, "The bridge is about to restart.").After(time.Second), p.log)
		return
	}
	conn, err := p.upgrader.Upgrade(w, r, nil)
	if err != nil {
		p.live.gone.Done() // the upgrader's Error has answered
		return
	}
	s := &socket{p: p, conn: conn, news: make(chan struct{}, 1), left: make(chan struct{})}
	// The request's goroutine ends here and takes its buffers along.
	go s.serve(p.live.ctx) //nolint:contextcheck // it outlasts the request
}

// serve lives as long as the connection.
func (s *socket) serve(ctx context.Context) {
	defer s.p.live.gone.Done()
	defer func() { _ = s.conn.Close() }()
	defer func() {
		if fault := recover(); fault != nil {
			s.p.log.Error().Str(trail.Panic, trail.Fault(fault)).Bytes(trail.Stack, debug.Stack()).Msg("An open panel could not be served")
		}
	}()
	s.conn.SetReadLimit(maxFrame)
	hello, err := s.greet(ctx)
	if err != nil {
		if over := s.refusal(err); over != nil {
			s.part(over)
		}
		return
	}
	defer s.p.sockets.Leave(s.session)
	s.send(encode(bareFrame{"ready"}))
	if !s.p.live.add(s) {
		s.part(restarting())
		return
	}
	defer s.p.live.remove(s)
	written := make(chan struct{})
	go func() {
		defer close(written)
		s.write(ctx)
	}()
	s.p.live.watch(s, hello.Contact)
	s.listen()
	close(s.left)
	<-written // the writer has a deadline for each frame
}

// refusal is how a socket ends whose hello was refused; nil for one that has left.
func (s *socket) refusal(err error) *ending {
	if _, ours := errors.AsType[*chat.Error](err); ours {
		return endingOf(err)
	}
	if _, left := errors.AsType[*websocket.CloseError](err); left || errors.Is(err, errLeft) {
		return nil
	}
	s.p.log.Warn().Err(err).Msg("An open panel could not be served")
	return &ending{code: websocket.CloseTryAgainLater}
}

// errLeft is of a connection that broke, or said nothing in time.
var errLeft = errors.New("the panel left before its hello")

// helloFrame is what a panel says first. The secret is no part of the address, which
// servers write down.
type helloFrame struct {
	Session string         `json:"session"`
	Site    chat.SiteID    `json:"site"`
	Contact chat.VisitorID `json:"contact"`
}

func (s *socket) greet(ctx context.Context) (hello helloFrame, err error) {
	_ = s.conn.SetReadDeadline(time.Now().Add(s.p.pacing.hello))
	kind, data, err := s.conn.ReadMessage()
	if err != nil {
		return hello, errors.Join(errLeft, err)
	}
	if kind != websocket.TextMessage || json.Unmarshal(data, &hello) != nil {
		return hello, chat.Errorf(chat.CodeBadFrame, "The first frame must be JSON with “session” and “site”.")
	}
	found, err := s.p.session(ctx, hashOf(hello.Session))
	if err != nil {
		return hello, err
	}
	if !api.OpenTo(s.p.cfg.Sites[hello.Site], found.Operator) {
		return hello, chat.Errorf(chat.CodeNotOperator, "You are no operator of such a site.")
	}
	if !s.p.sockets.Enter(found.Hash) {
		return hello, chat.Errorf(chat.CodeTooManySockets, "There are too many open panels in this browser.")
	}
	s.session, s.site = found.Hash, hello.Site
	return hello, nil
}

// listen takes what the panel says until the connection is gone.
func (s *socket) listen() {
	alive := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.over == nil { // else the deadline of the end holds
			_ = s.conn.SetReadDeadline(time.Now().Add(s.p.pacing.dead))
		}
	}
	alive()
	s.conn.SetPongHandler(func(string) error { alive(); return nil })
	pace := rate.NewLimiter(watchesPerSecond, watchesBurst)
	for {
		kind, data, err := s.conn.ReadMessage()
		if err != nil {
			return
		}
		alive()
		if s.ended() {
			continue // a close with unread data before it would lose our last frames
		}
		var asked struct {
			Watch *chat.VisitorID `json:"watch"`
		}
		if kind != websocket.TextMessage || json.Unmarshal(data, &asked) != nil {
			s.end(endingOf(chat.Errorf(chat.CodeBadFrame, "A frame must be JSON with “watch”.")))
			continue
		}
		if !pace.Allow() {
			s.end(&ending{code: websocket.CloseTryAgainLater, text: string(chat.CodeTooFast)})
			continue
		}
		watched := chat.VisitorID("")
		if asked.Watch != nil {
			watched = *asked.Watch
		}
		s.p.live.watch(s, watched)
	}
}

// send queues a frame. A panel that takes nothing is asked to connect again: it
// learns then all that it missed.
func (s *socket) send(frame []byte) {
	s.mu.Lock()
	full := len(s.queue) >= mostQueued || len(s.queue) > 0 && s.queued+len(frame) > mostQueuedBytes
	if !full && s.over == nil {
		s.queue = append(s.queue, frame)
		s.queued += len(frame)
	}
	s.mu.Unlock()
	if full {
		// What is under way to a slow reader gets a moment, and the rest is dropped.
		_ = s.conn.NetConn().SetWriteDeadline(time.Now().Add(s.p.pacing.linger))
		s.end(&ending{code: websocket.CloseTryAgainLater, text: "too slow"})
		return
	}
	s.ring()
}

// end has the socket closed; only the first ending counts. It does not block.
func (s *socket) end(over *ending) {
	s.mu.Lock()
	if s.over == nil {
		s.over, s.queue, s.queued = over, nil, 0
	}
	s.mu.Unlock()
	s.ring()
}

func (s *socket) ring() {
	select {
	case s.news <- struct{}{}:
	default: // it rings already
	}
}

// next is the frame to write, or how the socket ends.
func (s *socket) next() (frame []byte, over *ending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over != nil || len(s.queue) == 0 {
		return nil, s.over
	}
	frame = s.queue[0]
	s.queue[0] = nil
	s.queue, s.queued = s.queue[1:], s.queued-len(frame)
	return frame, nil
}

// write takes what is queued to the panel until the connection ends, and looks now
// and then whether its session still counts. A ping's answer shows that the panel is there;
// a page is told of no ping, so it is sent a frame, too, which shows it that we are.
func (s *socket) write(ctx context.Context) {
	pings := time.NewTicker(s.p.pacing.ping)
	defer pings.Stop()
	for {
		select {
		case <-s.news:
		case <-pings.C:
			s.look(ctx)
			s.send(encode(bareFrame{"ping"}))
			if err := s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(s.p.pacing.write)); err != nil {
				_ = s.conn.Close() // upon which the reader ends
				return
			}
		case <-s.left:
			return
		}
		for {
			frame, over := s.next()
			if over != nil {
				s.say(over)
				_ = s.conn.SetReadDeadline(time.Now().Add(s.p.pacing.linger))
				return
			}
			if frame == nil {
				break
			}
			if err := s.writeFrame(frame); err != nil {
				_ = s.conn.Close()
				return
			}
		}
	}
}

// look ends the socket when its session has ended.
func (s *socket) look(ctx context.Context) {
	_, err := s.p.session(ctx, s.session)
	if public, ours := errors.AsType[*chat.Error](err); ours {
		s.end(endingOf(public))
	}
}

func (s *socket) writeFrame(frame []byte) error {
	_ = s.conn.SetWriteDeadline(time.Now().Add(s.p.pacing.write))
	return s.conn.WriteMessage(websocket.TextMessage, frame)
}

func (s *socket) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over != nil
}

// part ends a socket that nobody listens to yet: it waits a moment for the other side to close.
func (s *socket) part(over *ending) {
	s.say(over)
	_ = s.conn.SetReadDeadline(time.Now().Add(s.p.pacing.linger))
	for {
		if _, _, err := s.conn.NextReader(); err != nil {
			return
		}
	}
}

// say writes how it ends. Who does not take it finds out by the end itself.
func (s *socket) say(over *ending) {
	if over.frame != nil && s.writeFrame(over.frame) != nil {
		return
	}
	_ = s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(over.code, over.text), time.Now().Add(s.p.pacing.linger))
}
