package panel

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk/api"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// pacing are the times that the live part keeps.
type pacing struct {
	round  time.Duration // between two looks at what changed
	list   time.Duration // between two frames about a site's list
	hello  time.Duration // until the first frame must have come
	ping   time.Duration // between two pings, at which the session is looked at
	dead   time.Duration // without a sign of life until a socket is given up
	write  time.Duration // for one frame to leave
	linger time.Duration // for a slow reader to take the frame under way
}

func usualPacing() pacing {
	return pacing{
		round: 100 * time.Millisecond, list: time.Second, hello: 5 * time.Second, ping: 30 * time.Second,
		dead: 75 * time.Second, write: 10 * time.Second, linger: time.Second,
	}
}

// mostKnown bounds what is remembered about whose site a contact is.
const mostKnown = 10_000

// live watches the core for open panels. One goroutine looks, in rounds, at the
// contacts that changed since the last: it reads each once, however many panels show
// it, and however often it changed. Nothing is read while no panel is open.
type live struct {
	cfg    *config.Config
	pacing pacing
	log    zerolog.Logger
	// contact reads a contact as the API shows it.
	contact func(context.Context, chat.VisitorID) (api.Contact, chat.SiteID, error)

	// ctx is the life of sockets, which outlast the request that opened them.
	ctx    context.Context
	cancel context.CancelFunc
	gone   sync.WaitGroup // of sockets
	bell   chan struct{}

	mu      sync.Mutex
	closed  bool
	sockets map[*socket]struct{}
	// stirred are the contacts to look at; true for those that changed, false for
	// those that a panel has only begun to watch.
	stirred map[chat.VisitorID]bool

	listing // of run alone
}

func newLive(cfg *config.Config, d *dialog.Service, kept *store.Store, pace pacing, log zerolog.Logger) *live {
	ctx, cancel := context.WithCancel(context.Background())
	return &live{
		cfg: cfg, pacing: pace, log: log, ctx: ctx, cancel: cancel, bell: make(chan struct{}, 1),
		sockets: map[*socket]struct{}{}, stirred: map[chat.VisitorID]bool{},
		listing: newListing(),
		contact: func(ctx context.Context, v chat.VisitorID) (api.Contact, chat.SiteID, error) {
			// First alone: most visitors who come and go are not listed.
			visitor, err := kept.Visitor(ctx, v)
			if err == nil && !api.Listed(visitor) {
				err = errUnlisted
			}
			if err != nil {
				return api.Contact{}, "", err
			}
			profile, err := d.Profile(ctx, v)
			if err != nil {
				return api.Contact{}, "", err
			}
			return api.NewContact(cfg, profile, d.Now()), profile.Visitor.Site, nil
		},
	}
}

// errUnlisted is of a visitor who is nobody's contact, or not yet.
var errUnlisted = errors.New("the visitor is not listed")

// Wake says that a dialog has news, see dialog.Watcher.
func (l *live) Wake(v chat.VisitorID) { l.stir(v, true) }

// VisitorTyping says that a visitor types or stopped.
func (l *live) VisitorTyping(v chat.VisitorID, on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var frame []byte
	for s := range l.sockets {
		if s.watched != v || !s.shown {
			continue
		}
		if frame == nil {
			frame = encode(typingFrame{"typing", v, on})
		}
		s.send(frame)
	}
}

// BotTyping is no news to operators.
func (*live) BotTyping(chat.VisitorID, bool) {}

// VisitorPresence says that a visitor came or left.
func (l *live) VisitorPresence(v chat.VisitorID, _ bool) { l.stir(v, true) }

// VisitorMoved says that a visitor is on another page.
func (l *live) VisitorMoved(v chat.VisitorID) { l.stir(v, true) }

// stir has a contact looked at in the next round. It does not block.
func (l *live) stir(v chat.VisitorID, changed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.sockets) == 0 {
		return
	}
	l.stirred[v] = l.stirred[v] || changed
	select {
	case l.bell <- struct{}{}:
	default: // it rings already
	}
}

// run looks at what changed until ctx ends.
func (l *live) run(ctx context.Context) error {
	later := time.NewTimer(0)
	defer later.Stop()
	for {
		select {
		case <-l.bell:
			l.round(ctx)
		case <-later.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if now := time.Now(); len(l.pending)+len(l.failed) > 0 && now.Sub(l.told) >= l.pacing.list {
			l.told = now
			l.retry()
			l.tellLists(ctx)
		}
		if len(l.pending)+len(l.failed) > 0 {
			later.Reset(l.pacing.list)
		}
		select {
		case <-time.After(l.pacing.round):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// round tells the panels that watch a contact how it is now.
func (l *live) round(ctx context.Context) {
	l.mu.Lock()
	stirred := l.stirred
	l.stirred = map[chat.VisitorID]bool{}
	watched := map[chat.VisitorID]bool{}
	for s := range l.sockets {
		watched[s.watched] = true
	}
	l.mu.Unlock()
	if len(l.sites) > mostKnown {
		clear(l.sites)
	}
	for v, changed := range stirred {
		delete(l.built, v)
		site, known := l.sites[v]
		if !known || watched[v] {
			var err error
			if site, err = l.look(ctx, v, changed, watched[v]); err != nil {
				continue
			}
		}
		if !changed {
			continue
		}
		if l.pending[site] == nil {
			l.pending[site] = map[chat.VisitorID]bool{}
		}
		l.pending[site][v] = true
	}
}

// look reads a contact and tells who watches it. It returns an error for one that no
// list shows, or that could not be read yet.
func (l *live) look(ctx context.Context, v chat.VisitorID, changed, watched bool) (chat.SiteID, error) {
	c, site, err := l.contact(ctx, v)
	switch {
	case errors.Is(err, store.ErrNotFound):
		l.tellGone(v, changed)
		return "", err
	case err != nil:
		l.fail(ctx, v, changed, err)
		return "", err
	}
	l.sites[v], l.built[v] = site, c
	if watched {
		l.tell(encode(contactFrame{"contact", c}), func(s *socket) bool {
			if s.watched != v {
				return false
			}
			s.shown = s.site == site
			return s.shown
		})
		// Of another site's contact nobody learns that there is one.
		l.tell(encode(goneFrame{"gone", v}), func(s *socket) bool { return s.watched == v && s.site != site })
	}
	return site, nil
}

func (l *live) any(of func(*socket) bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range l.sockets {
		if of(s) {
			return true
		}
	}
	return false
}

// tell sends a frame to the sockets that it is for.
func (l *live) tell(frame []byte, to func(*socket) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range l.sockets {
		if to(s) {
			s.send(frame)
		}
	}
}

// add takes in a socket that has said hello; false when the door closes.
func (l *live) add(s *socket) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.sockets[s] = struct{}{}
	return true
}

func (l *live) remove(s *socket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.sockets, s)
}

// enter counts a connection, or refuses it when the door closes.
func (l *live) enter() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.gone.Add(1)
	}
	return !l.closed
}

// watch has a socket told of a contact from now on, how it is now first; of none for "".
func (l *live) watch(s *socket, v chat.VisitorID) {
	l.mu.Lock()
	s.watched, s.shown = v, false
	l.mu.Unlock()
	if v != "" {
		l.stir(v, false)
	}
}

// end ends the sockets of a session.
func (l *live) end(session string, why *chat.Error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range l.sockets {
		if s.session == session {
			s.end(endingOf(why))
		}
	}
}

func (l *live) close(ctx context.Context) error {
	l.mu.Lock()
	l.closed = true
	for s := range l.sockets {
		s.end(restarting())
	}
	l.mu.Unlock()
	defer l.cancel()
	empty := make(chan struct{})
	go func() { l.gone.Wait(); close(empty) }()
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		for s := range l.sockets {
			_ = s.conn.Close() // it comes back by itself
		}
		return ctx.Err()
	}
}
