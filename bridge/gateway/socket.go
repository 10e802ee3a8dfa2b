package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

const (
	// readBuffer is in bytes: an idle socket keeps one, and most frames are smaller. The
	// rest of a larger one is read past it.
	readBuffer = 256
	// writeBuffer is in bytes: only sockets that write at this moment have one.
	writeBuffer = 4096

	// A visitor who does not take what was asked for is let go at one of these.
	mostQueued      = 256
	mostQueuedBytes = 1 << 20

	// mostControls are the pings and pongs that may come between two beats of the
	// heart. A browser sends one pong, and cannot send a ping at all; each ping is
	// answered, and no frame's limit holds them back.
	mostControls = 100
)

// socket is one WebSocket. It costs one goroutine, which waits for a frame, handles it,
// and leaves the waiting for the next to a new one. What goes out is queued, and written by a goroutine that lives only while there is
// something to write. Entries are not queued: the writer reads them from the
// journal, page by page, as fast as the visitor takes them.
type socket struct {
	conversation
	conn *websocket.Conn
	// slot is its place in the heart's wheel.
	slot int
	// counted is true if it is one of its address's sockets.
	counted bool
	// heard is when the visitor last gave a sign of life, in nanoseconds since
	// the gateway's start: the time of day may jump, and would cut every socket.
	heard atomic.Int64
	// controls are those of mostControls that came.
	controls atomic.Int32

	mu       sync.Mutex
	queue    [][]byte
	queued   int           // bytes in queue
	news     bool          // the journal or the marks may have moved
	ping     bool          // a ping is due
	ready    bool          // the welcome is out, entries may follow
	flushing bool          // a writer is at work
	over     int           // close code once it is to end, else 0
	reason   string        // why it ended; the first that is known
	dead     bool          // nothing can be written any more
	farewell chan struct{} // made with over, closed with dead: the last was written
	typists  map[string]*time.Timer
	// written is what a model writes, as the writer does not know it yet.
	written *chat.Stream

	position // of the writer alone, once ready
	pieces   // of the writer alone
}

func (g *Gateway) serveSocket(w http.ResponseWriter, r *http.Request) error {
	site, err := g.admit(w, r)
	if err != nil {
		return err
	}
	if !websocket.IsWebSocketUpgrade(r) || !slices.Contains(websocket.Subprotocols(r), wire.Subprotocol) {
		return chat.Errorf(chat.CodeBadFrame, "This path is for WebSocket with the sub-protocol %s.", wire.Subprotocol)
	}
	if g.isClosing() {
		return restarting()
	}
	conn, err := g.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return nil // the upgrader's Error has answered
	}
	// The request's goroutine ends here and takes its buffers along.
	go g.newSocket(conn, site, r).begin()
	return nil
}

func (g *Gateway) newSocket(conn *websocket.Conn, site *config.Site, r *http.Request) *socket {
	s := &socket{conn: conn}
	s.g, s.site, s.caller, s.number = g, site, g.callerOf(r), g.connections.Add(1)
	s.visitor = s
	s.alive()
	conn.SetPongHandler(func(string) error { return s.control() })
	conn.SetPingHandler(s.answerPing)
	return s
}

// errFlood is of a connection that was ended for its pings.
var errFlood = errors.New("too many pings")

// control takes a ping or a pong, or ends a connection that sends nothing else.
func (s *socket) control() error {
	s.alive()
	if s.controls.Add(1) <= mostControls {
		return nil
	}
	s.fail(tooFast("Too many pings come on this connection.", s.g.pacing.ping))
	return errFlood
}

// answerPing never fails but for a flood: a connection that takes no pong shows by the
// next frame that it should take.
func (s *socket) answerPing(data string) error {
	if err := s.control(); err != nil {
		return err
	}
	_ = s.conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(s.g.pacing.control))
	return nil
}

func (s *socket) alive() { s.heard.Store(int64(time.Since(s.g.started))) }

// begin takes the socket in and answers its hello. What follows is another
// goroutine's, since this one's stack has grown by JSON and SQL: it would stay
// as large with a visitor who does nothing.
func (s *socket) begin() {
	if !s.g.heart.add(s) { // the gateway began to close during the handshake
		_ = s.sayGoodbye(wire.CloseReconnect)
		_ = s.conn.Close()
		return
	}
	s.g.metrics.opened.WithLabelValues(string(s.site.ID)).Inc()
	s.g.metrics.sockets.WithLabelValues(string(s.site.ID)).Inc()
	if s.counted = s.g.limits.addressSockets.Enter(s.address); s.counted {
		s.open()
	} else {
		s.fail(tooManySockets())
	}
	go s.listen()
}

// open waits for the hello and answers it.
func (s *socket) open() {
	defer s.survive()
	_ = s.conn.SetReadDeadline(time.Now().Add(s.g.pacing.hello))
	kind, r, err := s.conn.NextReader()
	var data []byte
	if err == nil {
		data, err = s.rest(kind, r, 0) // the hello's time holds
	}
	if err != nil {
		switch {
		case s.ended(): // it was told why
		case isTimeout(err):
			s.because(endNoHello)
			s.fail(chat.Errorf(chat.CodeBadFrame, "No hello came within %s.", s.g.pacing.hello))
		case isPublic(err):
			s.fail(err)
		default:
			s.cut() // the visitor left
		}
		return
	}
	s.patience(time.Time{})
	if err := s.greet(s.g.ctx, data); err != nil {
		s.fail(err)
	}
}

// survive keeps a fault with one visitor from ending the bridge for all; defer it.
func (s *socket) survive() {
	if fault := recover(); fault != nil {
		s.g.log.Error().Str(trail.Panic, trail.Fault(fault)).Bytes(trail.Stack, debug.Stack()).Msg("A connection could not be served")
		s.because(endByServer)
		s.cut() // the widget comes back by itself
	}
}

// patience is until when the reader waits; with no time, as long as the heart allows.
func (s *socket) patience(until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over == 0 {
		_ = s.conn.SetReadDeadline(until)
	}
}

func (s *socket) greet(ctx context.Context, data []byte) error {
	frame, err := wire.Decode(data)
	if err != nil {
		return err
	}
	h, ok := frame.(*wire.Hello)
	if !ok {
		return chat.Errorf(chat.CodeBadFrame, "The hello comes first.")
	}
	if err := s.hello(ctx, h, s); err != nil {
		return err
	}
	s.agent = ""
	welcome, at, err := s.welcome(ctx, h)
	if err != nil {
		return err
	}
	s.send(welcome)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.position, s.ready = at, true
	// A wake-up since hello is kept in news; a full welcome may not be all.
	s.news = s.news || len(welcome.Entries) == pageSize
	if s.news || s.written != nil {
		s.flushLocked()
	}
	return nil
}

// listen takes one frame, and leaves the next to a goroutine of its own until the
// connection is gone: handling has made this one's stack grow, see begin. The smallest
// stack, 2 KB, is just enough to wait for a frame if this function needs next to nothing of it.
func (s *socket) listen() {
	kind, r, err := s.conn.NextReader()
	s.handle(kind, r, err)
}

// handle takes a frame that began, or the end.
func (s *socket) handle(kind int, r io.Reader, err error) {
	var data []byte
	if err == nil {
		data, err = s.rest(kind, r, s.g.pacing.frame)
	}
	switch {
	case s.ended():
		// What still comes is read and dropped: a close with unread data
		// before it would reset the connection and lose our last frames.
		if err != nil && !isPublic(err) {
			s.close()
			return
		}
	case err != nil && isPublic(err):
		s.fail(err)
	case err != nil && isTimeout(err):
		s.fail(chat.Errorf(chat.CodeBadFrame, "A frame did not end within %s.", s.g.pacing.frame))
	case err != nil:
		s.close()
		return
	default:
		s.patience(time.Time{})
		if over := s.take(s.g.ctx, data); over != nil {
			s.stop(over)
		}
	}
	go s.listen()
	s.flushAnswer()
}

// rest reads a frame that began, which has that time to end: in fragments it
// could come for ever. A frame over the limit is a chat.Error, after which
// the rest of it is skipped with the next one.
func (s *socket) rest(kind int, r io.Reader, within time.Duration) ([]byte, error) {
	if within > 0 {
		s.patience(time.Now().Add(within))
	}
	limit := int64(s.g.cfg.Gateway.Limits.FrameBytes)
	data, err := s.g.limits.bodies.readAll(io.LimitReader(r, limit+1), limit+1)
	s.alive()
	switch {
	case err != nil:
		return nil, err
	case int64(len(data)) > limit: // of any kind: its rest would be read on without an end
		return nil, chat.Errorf(chat.CodeTooLarge, "The frame has more than %d bytes.", limit)
	case kind != websocket.TextMessage:
		return nil, nil // no frame of ours is binary; as nothing it is refused
	default:
		return data, nil
	}
}

func isPublic(err error) bool {
	_, ok := errors.AsType[*chat.Error](err)
	return ok
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

// close undoes everything; the reader calls it last.
func (s *socket) close() {
	defer s.g.heart.remove(s)
	defer s.gone()
	s.mu.Lock()
	farewell := s.farewell
	s.mu.Unlock()
	if farewell != nil {
		<-farewell // the writer has a deadline for each frame
	}
	s.cut()
	if s.counted {
		s.g.limits.addressSockets.Leave(s.address)
	}
	s.free()
	s.conversation.end()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, timer := range s.typists {
		timer.Stop()
	}
	s.typists = nil
}

// because notes why the socket ends, unless that is known.
func (s *socket) because(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reason == "" {
		s.reason = reason
	}
}

// gone counts the end of the socket.
func (s *socket) gone() {
	s.because(endLeft)
	s.mu.Lock()
	reason := s.reason
	s.mu.Unlock()
	s.g.metrics.closed.WithLabelValues(string(s.site.ID), reason).Inc()
	s.g.metrics.sockets.WithLabelValues(string(s.site.ID)).Dec()
}

// cut drops the connection, upon which the reader ends.
func (s *socket) cut() {
	s.mu.Lock()
	s.queue = nil
	s.dieLocked()
	s.mu.Unlock()
	_ = s.conn.Close()
}

func (s *socket) dieLocked() {
	if !s.dead && s.farewell != nil {
		close(s.farewell)
	}
	s.dead = true
}

// fail ends the connection with an error frame, and with the close code that goes with it.
func (s *socket) fail(err error) {
	public := s.g.public(err)
	over := &ending{public, wire.CloseReconnect}
	if isFinal(public.Code) || public.Code == chat.CodeTooLarge {
		over = endingOf(public)
	}
	s.stop(over)
}

func (s *socket) stop(over *ending) {
	s.because(string(over.why.Code))
	if over.why.Code != chat.CodeGone { // which is no news to a visitor who begins anew
		s.send(errorFrame(over.why, ""))
	}
	s.end(over.code)
}

// end writes what is queued, then the close code. It may be called from any goroutine.
func (s *socket) end(code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over != 0 || s.dead {
		return
	}
	s.over, s.farewell = code, make(chan struct{})
	_ = s.conn.SetReadDeadline(time.Now().Add(s.g.pacing.write + s.g.pacing.linger))
	s.flushLocked()
}

func (s *socket) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over != 0 || s.dead
}

// beat is the heart's: it gives up a silent socket, and pings the rest. now
// must have its monotonic reading.
func (s *socket) beat(now time.Time) {
	if now.Sub(s.g.started)-time.Duration(s.heard.Load()) > s.g.pacing.dead {
		s.because(endSilent)
		s.cut()
		return
	}
	s.controls.Store(0)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ping = true
	s.flushLocked()
}

// Wake is the core's: the journal or the operators' mark has news.
func (s *socket) Wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.news = true
	if s.ready {
		s.flushLocked()
	}
}

// Stop is the core's: the connection is to end for good.
func (s *socket) Stop(why *chat.Error) { s.stop(endingOf(why)) }

// Typing is the core's: an operator or the bot types, until it says otherwise
// or nothing more for a while.
func (s *socket) Typing(author chat.Author, on bool) {
	s.mu.Lock()
	if s.dead || s.over != 0 || !s.ready {
		s.mu.Unlock()
		return
	}
	key := string(author.Party) + author.ID
	if timer := s.typists[key]; timer != nil {
		timer.Stop()
		delete(s.typists, key)
	}
	if on {
		if s.typists == nil {
			s.typists = map[string]*time.Timer{}
		}
		s.typists[key] = time.AfterFunc(s.g.pacing.typing, func() { s.Typing(author, false) })
	}
	s.mu.Unlock()
	public := s.g.links.author(s.site.ID, author, time.Now())
	s.send(&wire.Typing{T: wire.TypeTyping, On: on, Author: &public})
}

// reply queues the answer to the frame that is handled. The goroutine that handles
// it writes it at its end, unless somebody writes before: one more for each answer would
// cost as much as all the rest.
func (s *socket) reply(frame any) { s.queueUp(frame, false) }

// send queues a frame. A visitor who takes nothing is asked to connect again.
func (s *socket) send(frame any) { s.queueUp(frame, true) }

func (s *socket) queueUp(frame any, now bool) {
	data, err := json.Marshal(frame)
	if err != nil {
		s.g.log.Error().Err(err).Msg("A frame could not be encoded")
		return
	}
	s.mu.Lock()
	full := len(s.queue) >= mostQueued || len(s.queue) > 0 && s.queued+len(data) > mostQueuedBytes
	if s.dead || s.over != 0 {
		s.mu.Unlock()
		return
	}
	if !full {
		s.queue = append(s.queue, data)
		s.queued += len(data)
		if now {
			s.flushLocked()
		}
	}
	s.mu.Unlock()
	if full {
		s.because(endSlow)
		s.end(wire.CloseReconnect)
	}
}
