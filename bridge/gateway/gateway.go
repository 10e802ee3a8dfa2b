// Package gateway is the visitor's door: the widget's script, the WebSocket
// and its fall-back over POST, uploads and downloads, and the limits that keep
// the door usable for all.
//
// A frame goes from a transport (socket.go, exchange.go) through a conversation
// (conversation.go) to the core; news comes back by a wake-up, upon which the
// transport reads on in the journal from its own cursor. Handlers return
// errors; answer.go turns them into what a visitor may see.
package gateway

import (
	"context"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/asset"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/gateway/place"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/router"
	"github.com/anteroom-chat/anteroom/bridge/steady"
)

// Gateway serves visitors. It is safe for concurrent use.
type Gateway struct {
	cfg      *config.Config
	dialog   *dialog.Service
	log      zerolog.Logger
	links    links
	places   *place.Finder
	limits   limits
	pacing   pacing
	upgrader websocket.Upgrader
	handler  http.Handler
	heart    *heart
	metrics  *metrics
	loaders  *loaders
	assets   map[string]*asset.File
	// own is the origin of the bridge's own pages, shell what they are made of, stopShell that for unsubscribing.
	own              string
	shell, stopShell *template.Template

	strangers strangers
	outages   outages
	// connections counts those of visitors, for the log.
	connections atomic.Int64

	// started has a monotonic reading; sockets count their silence from it.
	started time.Time

	// ctx is the life of connections, which outlast the request that opened them.
	ctx    context.Context
	cancel context.CancelFunc
	// closing is closed when no connection may stay.
	closing   chan struct{}
	closeOnce sync.Once
}

// pacing are the times that connections keep.
type pacing struct {
	hello time.Duration // until the first frame must have come
	frame time.Duration // for one frame to come, once it began
	ping  time.Duration // between two pings of a socket
	dead  time.Duration // without a sign of life until a socket is given up
	write time.Duration // for one frame to leave
	// control is for a pong to leave, for which the reader waits.
	control time.Duration
	linger  time.Duration // for the other side to answer our close
	typing  time.Duration // until an operator's typing ends without a repeat
	poll    time.Duration // the longest wait of an exchange
	away    time.Duration // after an exchange until the visitor counts as gone
}

func defaultPacing() pacing {
	return pacing{
		hello: 5 * time.Second, frame: 30 * time.Second, ping: 30 * time.Second, dead: 75 * time.Second, write: 10 * time.Second, control: time.Second,
		linger: 2 * time.Second, typing: 10 * time.Second, poll: 25 * time.Second, away: 5 * time.Second,
	}
}

// New makes the gateway. It reads, and at the first time makes, the key of
// signed links in the database.
func New(ctx context.Context, cfg *config.Config, d *dialog.Service, log zerolog.Logger) (*Gateway, error) {
	return newGateway(ctx, cfg, d, log, builtScripts(), defaultPacing())
}

func newGateway(ctx context.Context, cfg *config.Config, d *dialog.Service, log zerolog.Logger, built scripts, p pacing) (*Gateway, error) {
	key, err := d.SigningKey(ctx)
	if err != nil {
		return nil, fmt.Errorf("start the gateway: %w", err)
	}
	sealer, err := newSealer(key)
	if err != nil {
		return nil, fmt.Errorf("start the gateway: %w", err)
	}
	// Connections outlast the start, and end with Close.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	g := &Gateway{
		cfg: cfg, own: cfg.Gateway.Origin(), dialog: d, log: log, limits: newLimits(cfg.Gateway.Limits, d.Talks), pacing: p,
		shell: template.Must(template.New("page").Parse(pageShell)), stopShell: template.Must(template.New("stop").Parse(stopShell)),
		links:   links{signer: signer{key}, sealer: sealer, public: strings.TrimSuffix(cfg.Gateway.PublicURL, "/")},
		metrics: newMetrics(cfg.Sites), started: time.Now(), ctx: ctx, cancel: cancel, closing: make(chan struct{}),
	}
	for _, m := range []*memory{g.limits.bodies, g.limits.answers, g.limits.pages} {
		m.crowded = g.crowded
	}
	g.upgrader = websocket.Upgrader{
		ReadBufferSize:   readBuffer,
		WriteBufferSize:  writeBuffer,
		WriteBufferPool:  new(sync.Pool),
		HandshakeTimeout: p.write,
		Subprotocols:     []string{wire.Subprotocol},
		// The origin was checked before, with an answer that says what is wrong.
		CheckOrigin: func(*http.Request) bool { return true },
		Error: func(w http.ResponseWriter, r *http.Request, _ int, reason error) {
			g.refuse(w, r, chat.Errorf(chat.CodeBadFrame, "This is not a WebSocket handshake: %s.", reason))
		},
	}
	if g.loaders, err = newLoaders(cfg.Sites, built, g.links.public, g.pageTriggers); err != nil {
		cancel()
		return nil, fmt.Errorf("start the gateway: %w", err)
	}
	d.OnChains(g.rewrite)
	g.assets, err = readAssets(built.files, g.loaders.chunks(), filepath.Join(cfg.Gateway.DataDir, "widget"), time.Now())
	if g.assets == nil {
		cancel()
		return nil, fmt.Errorf("start the gateway: %w", err)
	}
	if err != nil {
		log.Warn().Err(err).Msg("Pages that are open over the next upgrade will have to be loaded again")
	}
	g.places = place.Open(place.Options{ //nolint:contextcheck // it watches its file until Close
		Database: cfg.Gateway.Places.Database, Scratch: cfg.Gateway.DataDir,
		CountryHeader: cfg.Gateway.Places.CountryHeader, CityHeader: cfg.Gateway.Places.CityHeader, Log: log,
	})
	g.handler = g.routes()
	g.heart = newHeart(p, steady.Of(ctx, steady.Sockets)) //nolint:contextcheck // it beats until Close
	return g, nil
}

// Handler serves all of the gateway's paths at the root; a proxy that gives it
// a path of public_url takes that path off.
//
// The http.Server around it should have ReadHeaderTimeout (10 s), IdleTimeout
// (3 min) and MaxHeaderBytes (16 KiB), and neither ReadTimeout nor
// WriteTimeout: whoever serves it bounds bodies and answers by deadlines, which the
// handlers move, because uploads, downloads and waiting exchanges take long by right.
func (g *Gateway) Handler() http.Handler { return g.handler }

// Close asks all visitors to connect again (close code 4000), ends waiting
// exchanges, and returns when the sockets are gone, or with ctx's error when
// they had to be cut. New connections are refused from then on. Shut the
// http.Server down after it: that waits for the requests under way.
func (g *Gateway) Close(ctx context.Context) error {
	g.closeOnce.Do(func() { close(g.closing) })
	defer g.cancel()
	defer g.places.Close()
	return g.heart.stop(ctx)
}

func (g *Gateway) routes() http.Handler {
	mux := router.New()
	handle := func(path string, m methods) { mux.Handle(path, g.serve(m.pick), slices.Collect(maps.Keys(m))...) }
	handle("/widget/{file}", methods{http.MethodGet: g.serveLoader})
	handle("/widget/assets/{name}", methods{http.MethodGet: g.serveAsset})
	handle("/widget/assets/{site}/{name}", methods{http.MethodGet: g.serveAsset})
	handle("/v1/{site}/socket", methods{http.MethodGet: g.serveSocket})
	handle("/v1/{site}/frames", methods{http.MethodPost: g.serveExchange, http.MethodOptions: g.preflight(http.MethodPost)})
	handle("/v1/{site}/identity", methods{http.MethodPost: g.serveIdentify, http.MethodOptions: g.preflight(http.MethodPost)})
	handle("/v1/{site}/sign-out", methods{http.MethodPost: g.serveSignOut, http.MethodOptions: g.preflight(http.MethodPost)})
	handle("/v1/{site}/transcript", methods{http.MethodPost: g.serveTranscript, http.MethodOptions: g.preflight(http.MethodPost)})
	handle("/v1/{site}/mails", methods{http.MethodPost: g.serveMails, http.MethodOptions: g.preflight(http.MethodPost)})
	handle("/v1/{site}/return", methods{http.MethodPost: g.serveReturn, http.MethodOptions: g.preflight(http.MethodPost)})
	handle("/v1/{site}/back", methods{http.MethodGet: g.serveBack})
	handle("/v1/{site}/unsubscribe", methods{http.MethodGet: g.serveStop, http.MethodPost: g.serveStopped})
	handle("/v1/{site}/dismissed", methods{http.MethodPost: g.serveDismissed, http.MethodOptions: g.preflight(http.MethodPost)})
	handle("/v1/{site}/uploads/{file}", methods{http.MethodPut: g.serveUpload, http.MethodOptions: g.preflight(http.MethodPut)})
	handle("/v1/{site}/files/{file}/{name}", methods{http.MethodGet: g.counted(g.serveFile)})
	handle("/v1/{site}/avatars/{avatar}", methods{http.MethodGet: g.counted(g.serveAvatar)})
	handle("/v1/{site}/look", methods{http.MethodPost: g.serveLook})
	mux.Rest("/", g.serve(g.serveOwn), ownRoutes()...)
	return mux
}
