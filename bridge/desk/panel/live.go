package panel

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
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

const (
	// mostListed are the contacts that one frame about the list carries; of more the
	// panel asks itself.
	mostListed = 50
	// mostKnown bounds what is remembered about whose site a contact is.
	mostKnown = 10_000
	// mostFailed bounds the contacts that are read again after they could not be; of
	// more the panels ask themselves.
	mostFailed = 1000
)

// The frames that a panel is sent.
type (
	contactFrame struct {
		Type    string      `json:"type"`
		Contact api.Contact `json:"contact"`
	}
	changedFrame struct {
		Type     string        `json:"type"`
		Contacts []api.Contact `json:"contacts"`
	}
	typingFrame struct {
		Type    string         `json:"type"`
		Contact chat.VisitorID `json:"contact"`
		On      bool           `json:"on"`
	}
	goneFrame struct {
		Type    string         `json:"type"`
		Contact chat.VisitorID `json:"contact"`
	}
	endFrame struct {
		Type   string    `json:"type"`
		Code   chat.Code `json:"code"`
		Detail string    `json:"detail"`
	}
	bareFrame struct {
		Type string `json:"type"`
	}
)

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

// listing is what the lists of open panels have still to be told.
type listing struct {
	pending map[chat.SiteID]map[chat.VisitorID]bool
	// built are contacts as they were read last, since the last frames about lists.
	built map[chat.VisitorID]api.Contact
	// sites are those of contacts, so that panels can be told of one that is gone.
	sites map[chat.VisitorID]chat.SiteID
	// failed are contacts that could not be read, as in stirred; they are with the next
	// frames about lists.
	failed map[chat.VisitorID]bool
	// tooMany is true when there were more.
	tooMany bool
	told    time.Time
}

func newLive(cfg *config.Config, d *dialog.Service, kept *store.Store, pace pacing, log zerolog.Logger) *live {
	ctx, cancel := context.WithCancel(context.Background())
	return &live{
		cfg: cfg, pacing: pace, log: log, ctx: ctx, cancel: cancel, bell: make(chan struct{}, 1),
		sockets: map[*socket]struct{}{}, stirred: map[chat.VisitorID]bool{},
		listing: listing{pending: map[chat.SiteID]map[chat.VisitorID]bool{}, built: map[chat.VisitorID]api.Contact{}, sites: map[chat.VisitorID]chat.SiteID{}, failed: map[chat.VisitorID]bool{}},
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

// fail keeps a contact that could not be read, so that nothing of it is lost.
func (l *live) fail(ctx context.Context, v chat.VisitorID, changed bool, err error) {
	if errors.Is(err, errUnlisted) || ctx.Err() != nil {
		return
	}
	if len(l.failed) == 0 { // the others have the same trouble
		l.log.Warn().Err(err).Str("visitor", string(v)).Msg("Open panels could not be told of a contact; trying again")
	}
	if _, kept := l.failed[v]; !kept && len(l.failed) >= mostFailed {
		l.tooMany = true
		return
	}
	l.failed[v] = l.failed[v] || changed
}

// retry has contacts looked at again that could not be read.
func (l *live) retry() {
	if l.tooMany {
		l.tooMany = false
		l.tell(encode(bareFrame{"refresh"}), func(*socket) bool { return true })
	}
	for v, changed := range l.failed {
		l.stir(v, changed)
	}
	clear(l.failed)
}

// tellGone says that a contact was erased: to who watches it, and to whose list may
// show it. One that did not change was there for nobody.
func (l *live) tellGone(v chat.VisitorID, changed bool) {
	site, known := l.sites[v]
	delete(l.sites, v)
	if known {
		delete(l.pending[site], v)
	}
	l.tell(encode(goneFrame{"gone", v}), func(s *socket) bool { return s.watched == v || known && s.site == site })
	if !known && changed { // nobody was told of it since the start
		l.tell(encode(bareFrame{"refresh"}), func(s *socket) bool { return s.watched != v })
	}
}

// tellLists says which contacts of each site changed.
func (l *live) tellLists(ctx context.Context) {
	pending := l.pending
	l.pending = map[chat.SiteID]map[chat.VisitorID]bool{}
	defer clear(l.built)
	for site, changed := range pending {
		here := func(s *socket) bool { return s.site == site }
		if !l.any(here) || len(changed) == 0 {
			continue
		}
		if len(changed) > mostListed {
			l.tell(encode(bareFrame{"refresh"}), here)
			continue
		}
		frame := changedFrame{"changed", make([]api.Contact, 0, len(changed))}
		for _, v := range slices.Sorted(maps.Keys(changed)) {
			c, ok := l.built[v]
			if !ok {
				var err error
				c, _, err = l.contact(ctx, v)
				if errors.Is(err, store.ErrNotFound) {
					l.tellGone(v, true)
					continue
				}
				if err != nil {
					l.fail(ctx, v, true, err)
					continue
				}
			}
			frame.Contacts = append(frame.Contacts, c)
		}
		l.tell(encode(frame), here)
	}
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

// encode writes a frame; all of ours can be written.
func encode(frame any) []byte {
	data, err := json.Marshal(frame)
	if err != nil {
		return nil
	}
	return data
}
