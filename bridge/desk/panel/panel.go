// Package panel is the operators' door: the page about visitors and deals that Matrix
// clients show beside a room, the way into it, and the socket that tells it of news.
//
// The page is a client of package api and may do what its operator may. Who signs in
// shows a Matrix OpenID token, which the homeserver confirms (openid.go), or a link
// that was sent to one operator and works once; the browser keeps the secret of a
// session, the bridge its hash (session.go). No cookie is set: other pages can make a
// browser send nothing here that counts. live.go watches the core and says what
// changed, socket.go brings that to each open panel.
package panel

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk/api"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/quota"
	"github.com/anteroom-chat/anteroom/bridge/router"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// Prefix is where all paths begin.
const Prefix = "/panel/"

const (
	// signInsPerMinute and signInsBurst are those of one address, by token or link; as
	// many times it may try to sign out who is not signed in.
	signInsPerMinute = 20
	signInsBurst     = 20
	// hellosPerMinute and hellosBurst are the sockets that one address opens: all
	// panels of an office come back at once after a restart.
	hellosPerMinute = 120
	hellosBurst     = 300
	// maxBody is the most bytes of a request.
	maxBody = 16 << 10
	// within is how long a request may take to come and its answer to leave.
	within = 30 * time.Second
)

// Panel is the door. It is safe for concurrent use.
type Panel struct {
	cfg    *config.Config
	store  *store.Store
	log    zerolog.Logger
	pages  pages
	openID openID
	live   *live
	// origin is that of the page, as browsers send it; root is what stands before
	// Prefix in its path.
	origin, root string
	address      func(*http.Request) netip.Addr
	signIns      *quota.Addresses
	signOuts     *quota.Addresses
	hellos       *quota.Addresses
	sockets      *quota.Counter[string]
	upgrader     websocket.Upgrader
	mux          *router.Router
	pacing       pacing
	now          func() time.Time
}

// Options are what the door needs from its neighbours.
type Options struct {
	Config *config.Config
	Store  *store.Store
	Dialog *dialog.Service
	// Files are the built page with its manifest, see package widget; empty when the
	// program was compiled before it was built.
	Files fs.FS
	// Address tells where a request comes from, as limits count it.
	Address func(*http.Request) netip.Addr
	Log     zerolog.Logger
}

// New makes the door of all sites and removes the sessions of those who are operators
// no more. Run it, and Close it after that.
func New(ctx context.Context, o Options) (*Panel, error) {
	return newPanel(ctx, o, usualPacing(), func() time.Time { return time.Now().Truncate(time.Millisecond) })
}

func newPanel(ctx context.Context, o Options, pace pacing, now func() time.Time) (*Panel, error) {
	public, err := url.Parse(o.Config.Gateway.PublicURL)
	if err != nil {
		return nil, err
	}
	p := &Panel{
		cfg: o.Config, store: o.Store, log: o.Log, address: o.Address, pacing: pace, now: now,
		origin: o.Config.Gateway.Origin(), root: strings.TrimSuffix(public.EscapedPath(), "/"),
		openID:   newOpenID(o.Config.Homeserver),
		signIns:  quota.NewAddresses(perMinute(signInsPerMinute), signInsBurst),
		signOuts: quota.NewAddresses(perMinute(signInsPerMinute), signInsBurst),
		hellos:   quota.NewAddresses(perMinute(hellosPerMinute), hellosBurst),
		sockets:  quota.NewCounter[string](socketsOfASession),
		mux:      router.New(),
	}
	p.pages = readPages(o.Files)
	if !p.pages.built() {
		p.log.Warn().Msg("The program was compiled before the panel was built; operators have none")
	}
	p.live = newLive(o.Config, o.Dialog, o.Store, pace, o.Log)
	p.upgrader = websocket.Upgrader{
		ReadBufferSize: readBuffer, WriteBufferSize: writeBuffer, WriteBufferPool: new(sync.Pool),
		// It was checked before, with an answer that says what is wrong.
		CheckOrigin: func(*http.Request) bool { return true },
		Error: func(w http.ResponseWriter, r *http.Request, _ int, reason error) {
			api.Refuse(w, r, chat.Errorf(chat.CodeBadRequest, "This is not a WebSocket handshake: %s.", reason), p.log)
		},
	}
	o.Dialog.Watch(p.live)
	p.routes()
	return p, p.Sweep(ctx)
}

// Handler serves all paths below Prefix.
func (p *Panel) Handler() http.Handler { return p.mux }

// Run tells open panels of news until ctx ends.
func (p *Panel) Run(ctx context.Context) error { return p.live.run(ctx) }

// Close asks all open panels to connect again, and returns when their sockets are
// gone, or with ctx's error when they had to be cut.
func (p *Panel) Close(ctx context.Context) error { return p.live.close(ctx) }

func (p *Panel) routes() {
	p.mux.HandleFunc("GET "+Prefix+"{site}", p.servePage)
	p.mux.HandleFunc("GET "+Prefix+"assets/{name}", p.serveAsset)
	p.mux.Handle("POST "+Prefix+"v1/session", p.answer(p.signIn))
	p.mux.Handle("DELETE "+Prefix+"v1/session", p.answer(p.signOut))
	p.mux.HandleFunc("GET "+Prefix+"v1/live", p.serveLive)
	p.mux.Rest(Prefix, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		api.Refuse(w, r, chat.Errorf(chat.CodeNotFound, "There is nothing at this path."), p.log)
	}))
}

// answer is the one place where requests of JSON are bounded and errors become answers.
func (p *Panel) answer(handle func(*http.Request) (status int, body any, err error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if fault := recover(); fault != nil {
				p.log.Error().Str(trail.Panic, trail.Fault(fault)).Bytes(trail.Stack, debug.Stack()).Str("route", r.Pattern).Msg("A request of the panel could not be handled")
				api.Refuse(w, r, chat.Public(nil), p.log)
			}
		}()
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		control := http.NewResponseController(w)
		// What cannot set a deadline has none; the server's own hold then.
		_ = errors.Join(control.SetReadDeadline(time.Now().Add(within)), control.SetWriteDeadline(time.Now().Add(within)))
		if err := p.sameOrigin(r); err != nil {
			api.Refuse(w, r, err, p.log)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		status, body, err := handle(r)
		if err != nil {
			api.Refuse(w, r, err, p.log)
			return
		}
		if body != nil {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(status)
		if body != nil {
			_ = json.NewEncoder(w).Encode(body) // who does not take it asks again
		}
	})
}

// sameOrigin refuses what another page sends: a browser says which one it is, and
// what is no browser says nothing.
func (p *Panel) sameOrigin(r *http.Request) error {
	for _, origin := range r.Header.Values("Origin") {
		if origin != p.origin {
			return chat.Errorf(chat.CodeBadOrigin, "Only the panel's own page, at %s, may ask this.", p.origin)
		}
	}
	// W3C, "Fetch Metadata Request Headers". Browsers do not agree on what they send with
	// a WebSocket's handshake, which always has its origin.
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && !websocket.IsWebSocketUpgrade(r) {
		return chat.Errorf(chat.CodeBadOrigin, "Only the panel's own page, at %s, may ask this.", p.origin)
	}
	return nil
}
