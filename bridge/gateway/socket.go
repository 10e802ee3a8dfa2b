package gateway

import (
	"context"
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
)

// socket is one WebSocket. It costs one goroutine, which waits for a frame, handles it,
// and leaves the waiting for the next to a new one. What goes out is queued, and written
// by a goroutine that lives only while there is something to write. Entries are not
// queued: the writer reads them from the journal, page by page, as fast as the visitor
// takes them. listen.go has what comes in, flush.go what goes out, farewell.go the end.
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
	// dropped is of mostDropped; of the reader alone.
	dropped int64
	// controls are those of mostControls that came.
	controls atomic.Int32

	mu       sync.Mutex
	queue    [][]byte
	queued   int           // bytes in queue
	writing  int           // bytes that the writer holds
	taken    int64         // of limits.answers, for what is queued and held
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
	// The turn is over before the answer leaves, for which whoever reads nothing would keep it.
	if err := g.inTurn(r.Context(), g.Address(r), func(context.Context) error { return nil }); err != nil {
		return err
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
		s.fail(s.g.crowded(s.address, tooManySockets()))
	}
	go s.listen()
}

// open waits for the hello and answers it.
func (s *socket) open() {
	defer s.survive()
	defer s.handled()
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

func (s *socket) greet(ctx context.Context, data []byte) error {
	frame, err := wire.Decode(data)
	if err != nil {
		return err
	}
	h, ok := frame.(*wire.Hello)
	if !ok {
		return chat.Errorf(chat.CodeBadFrame, "The hello comes first.")
	}
	if err := s.g.inTurn(ctx, s.address, func(ctx context.Context) error { return s.hello(ctx, h, s) }); err != nil {
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
	// A wake-up since hello is kept in news.
	s.news = s.news || at.more
	if s.news || s.written != nil {
		s.flushLocked()
	}
	return nil
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
