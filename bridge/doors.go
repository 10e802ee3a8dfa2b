package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/quota"
	"github.com/anteroom-chat/anteroom/bridge/router"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// What holds at every door, before any handler sets another time.
const (
	// headerTimeout bounds how long a client may take to send its headers.
	headerTimeout = 10 * time.Second
	// bodyTimeout bounds how long a request's body may take, also one that nobody reads:
	// the server would wait for its end before the next request.
	bodyTimeout = 30 * time.Second
	// restTimeout bounds how long the rest of a body may take that nobody has read when the
	// visitors' door has answered: the request does not count any more by then.
	restTimeout = 5 * time.Second
	// answerTimeout bounds how long an answer may take to leave.
	answerTimeout = 2 * time.Minute
	// idleTimeout is longer than proxies keep their connections, so that they never meet a closed one.
	idleTimeout = 3 * time.Minute
	// maxHeader is the most bytes of a request's headers.
	maxHeader = 16 << 10
	// stopTimeout bounds an orderly stop; what is not done then is done after the next start.
	stopTimeout = 10 * time.Second
)

// serve runs an HTTP server until ctx ends. Sockets are not part of an orderly
// HTTP shutdown, so closing gets its own call.
func serve(ctx context.Context, group *errgroup.Group, log zerolog.Logger, door string, l net.Listener, h http.Handler, closing func(context.Context) error) {
	log.Debug().Str("door", door).Stringer("listen", l.Addr()).Strs("routes", router.Of(h)).Msg("A door opens")
	server := newServer(ctx, log, door, h)
	group.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve %s: %w", l.Addr(), err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		if err := errors.Join(closing(bounded), server.Shutdown(bounded)); err != nil {
			_ = server.Close() // what hangs is cut; it resumes after the next start
		}
		return nil
	})
}

func newServer(ctx context.Context, log zerolog.Logger, door string, h http.Handler) *http.Server {
	return &http.Server{
		Handler: inTime(h), ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog:    stdlog.New(complaints{log, door}, "", 0),
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		ConnContext: ofSpare,
	}
}

// complaints takes what net/http would write to standard error, where nobody looks, and
// with visitors' addresses in it.
type complaints struct {
	log  zerolog.Logger
	door string
}

// Write takes one complaint. That of a panic has its value in the first line, of which
// nothing may be said, and the stack below.
func (c complaints) Write(said []byte) (int, error) {
	head, stack, _ := bytes.Cut(said, []byte("\n"))
	if bytes.HasPrefix(head, []byte("http: panic serving ")) {
		c.log.Error().Str("door", c.door).Bytes(trail.Stack, stack).Msg("A request could not be handled")
	} else {
		c.log.Debug().Str("door", c.door).Bytes("said", bytes.TrimSpace(said)).Msg("The HTTP server complains")
	}
	return len(said), nil
}

// inTime gives every request its times. A request without a body gets none for it: the
// server would take its end for the client's leaving.
func inTime(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control, now := http.NewResponseController(w), time.Now()
		if r.ContentLength != 0 { // -1 for one of unknown length
			_ = control.SetReadDeadline(now.Add(bodyTimeout))
		}
		_ = control.SetWriteDeadline(now.Add(answerTimeout))
		h.ServeHTTP(w, r)
	})
}

// crowd is a listener that knows how many connections are open, and turns away who
// comes over the limits: a connection costs memory before it has said anything, and a
// descriptor, without which the bridge could not even open its database. Over the limit of
// all, a few are let in for a moment, and told of the bridge's health alone: a supervisor
// would end a bridge that is only full, and all who talk with it.
type crowd struct {
	net.Listener
	log zerolog.Logger
	who callers
	// ofOne is gateway.limits.sockets_per_address.
	ofOne int
	// address counts connections, and requests what is under way on them, see held.
	address, requests *quota.AddressCounter
	most              int64
	open              atomic.Int64
	// refusing are those that are being told so.
	refusing chan struct{}

	mu   sync.Mutex
	told time.Time
}

// callers tells where connections and requests come from, as limits count it.
type callers interface {
	// Peer tells a connection's address, and whether that is a proxy, which has no limit of its own.
	Peer(remote net.Addr) (address netip.Addr, proxy bool)
	// Address tells a request's, also behind a proxy.
	Address(r *http.Request) netip.Addr
}

const (
	// sparedDescriptors are for the databases, files and the homeserver.
	sparedDescriptors = 512
	// spares are the connections over the limit that are asked what they want, for
	// spareWithin: that is longer than health takes to answer.
	spares      = 64
	spareWithin = 5 * time.Second
	// refusals are told at once; who comes beyond them is cut without a word.
	refusals      = 64
	refusalWithin = time.Second
	crowdedAgain  = 10 * time.Minute
)

func newCrowd(l net.Listener, cfg *config.Config, who callers, log zerolog.Logger) *crowd {
	limits := cfg.Gateway.Limits
	ofOne := limits.SocketsPerAddress
	mostOfOne := ofOne * config.ConnectionsPerSocket
	c := &crowd{
		Listener: l, log: log, who: who, most: int64(limits.Connections), refusing: make(chan struct{}, refusals),
		ofOne: ofOne, address: quota.NewAddressCounter(mostOfOne), requests: quota.NewAddressCounter(mostOfOne),
	}
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil || files.Cur > math.MaxInt64 {
		return c
	}
	if room := max(int64(files.Cur)-sparedDescriptors, int64(files.Cur)/2); room < c.most {
		log.Warn().Uint64("descriptors", files.Cur).Int64("connections", room).
			Msg("The system allows fewer descriptors than gateway.limits.connections needs; raise LimitNOFILE (ulimit -n) of the service")
		c.most = room
	}
	return c
}

// Accept waits for the next connection that there is room for.
func (c *crowd) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		tcp, ok := conn.(*net.TCPConn)
		if !ok {
			return conn, nil
		}
		address, proxy := c.who.Peer(tcp.RemoteAddr())
		if !proxy && !c.address.Enter(address) {
			c.refuse(tcp, tooManyFromHere())
			continue
		}
		taken := &counted{TCPConn: tcp, of: c, address: address, proxy: proxy}
		switch open := c.open.Add(1); {
		case open <= c.most:
		case open <= c.most+spares:
			taken.spare = time.AfterFunc(spareWithin, func() { _ = tcp.Close() }) // the server finds it, and closes taken
		default:
			taken.leave()
			c.refuse(tcp, tooMany())
			continue
		}
		return taken, nil
	}
}

// isFull reports whether who comes now is turned away.
func (c *crowd) isFull() bool { return c.open.Load() >= c.most }

// spareKey marks the requests of a connection over the limit.
type spareKey struct{}

// ofSpare is for http.Server.ConnContext.
func ofSpare(ctx context.Context, conn net.Conn) context.Context {
	if c, ok := conn.(*counted); ok && c.spare != nil {
		return context.WithValue(ctx, spareKey{}, true)
	}
	return ctx
}

// counted is a connection that makes room when it is closed. It is a TCP connection in
// all else, so that files leave by the system's own way.
type counted struct {
	*net.TCPConn
	of      *crowd
	address netip.Addr
	proxy   bool
	// spare ends a connection over the limit; nil for all others.
	spare  *time.Timer
	closed atomic.Bool
}

// Close closes it; more than once is as once.
func (c *counted) Close() error {
	if c.closed.CompareAndSwap(false, true) {
		if c.spare != nil {
			c.spare.Stop()
		}
		c.leave()
	}
	return c.TCPConn.Close()
}

// leave makes room.
func (c *counted) leave() {
	c.of.open.Add(-1)
	if !c.proxy {
		c.of.address.Leave(c.address)
	}
}

func (c *crowd) turnAway(w http.ResponseWriter, why *chat.Error) {
	c.name(why)
	body, err := bodyOf(why)
	if err != nil {
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Retry-After", strconv.Itoa(int(refusedFor.Seconds())))
	h.Set("Connection", "close")
	w.WriteHeader(why.Code.Status())
	_, _ = w.Write(body) // who does not take it finds out by the end
}

func tooMany() *chat.Error {
	return chat.Errorf(chat.CodeUnavailable, "There are more connections than this server takes; please try again later.")
}

func tooManyFromHere() *chat.Error {
	return chat.Errorf(chat.CodeTooManySockets, "There are too many connections open from here.")
}

// bodyOf is what a refusal says, in the form of all doors.
func bodyOf(why *chat.Error) ([]byte, error) {
	return json.Marshal(map[string]any{"code": why.Code, "text": why.Text, "retry_after": refusedFor.Milliseconds()})
}

// refuse answers in HTTP, whatever was asked, and closes.
func (c *crowd) refuse(conn *net.TCPConn, why *chat.Error) {
	c.name(why)
	select {
	case c.refusing <- struct{}{}:
	default:
		_ = conn.Close()
		return
	}
	go func() {
		defer func() { <-c.refusing }()
		defer func() { _ = conn.Close() }()
		if conn.SetDeadline(time.Now().Add(refusalWithin)) != nil {
			return
		}
		body, err := bodyOf(why)
		if err != nil {
			return
		}
		status := why.Code.Status()
		_, err = fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nRetry-After: %d\r\nConnection: close\r\nContent-Length: %s\r\n\r\n%s",
			status, http.StatusText(status), int(refusedFor.Seconds()), strconv.Itoa(len(body)), body)
		if err != nil || conn.CloseWrite() != nil {
			return
		}
		// A close with unread data before it would take the answer back.
		_, _ = io.Copy(io.Discard, io.LimitReader(conn, maxHeader))
	}()
}

// refusedFor is when to come again.
const refusedFor = 30 * time.Second

// name tells the log that somebody was turned away, but not of each.
func (c *crowd) name(why *chat.Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); c.told.IsZero() || now.Sub(c.told) >= crowdedAgain {
		c.told = now
		c.log.Warn().Str("code", string(why.Code)).Int64("open", c.open.Load()).
			Msg("Connections are turned away; see gateway.limits.connections and sockets_per_address")
	}
}
