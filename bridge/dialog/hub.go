package dialog

import (
	"container/list"
	"slices"
	"sync"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// Listener is one connection of a visitor. Its calls must not block; they may
// come from any goroutine, also after leave has been called.
type Listener interface {
	// Wake says that the journal or one of the operators' marks has news.
	Wake()
	// Typing says that an operator or the bot types or stopped.
	Typing(author chat.Author, on bool)
	// Stream says how far a reply is that a model writes, also to a connection
	// that was just added.
	Stream(reply chat.Stream)
	// Stop asks the connection to end for good, and says why.
	Stop(why *chat.Error)
}

// hub tells listeners and watchers of news.
type hub struct {
	mu       sync.Mutex
	visitors map[chat.VisitorID]*attendance
	// present are the visitors who are here, those who came last in front.
	present  *list.List
	watchers []Watcher
}

// attendance is a visitor who is here: who has connections, or had some a moment ago.
type attendance struct {
	visitor   chat.VisitorID
	listeners []listening
	// only is where the first listener stands: most visitors have one.
	only [1]listening
	// place is the one among those who are here.
	place *list.Element
	// since is when the visitor came, left when its last connection ended; the
	// latter is zero while there are any.
	since, left time.Time
	// going ends the attendance after the grace period, once the last connection has ended.
	going *time.Timer
	// marking is closed once the store has it that the visitor is here; nil from then on.
	marking chan struct{}
	// seen is when the store was last told that the visitor is here.
	seen time.Time
}

// listening is a connection of a session, on its site.
type listening struct {
	Listener
	session string
	site    *config.Site
}

func newHub() hub {
	return hub{visitors: map[chat.VisitorID]*attendance{}, present: list.New()}
}

// Connections returns how many connections a visitor has.
func (s *Service) Connections(v chat.VisitorID) int {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if a := s.hub.visitors[v]; a != nil {
		return len(a.listeners)
	}
	return 0
}

// Online returns the visitors who are here, those who came last first.
func (s *Service) Online() []chat.VisitorID {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	online := make([]chat.VisitorID, 0, s.hub.present.Len())
	for e := s.hub.present.Front(); e != nil; e = e.Next() {
		if a, ok := e.Value.(*attendance); ok {
			online = append(online, a.visitor)
		}
	}
	return online
}

// enter makes an attendance of a visitor who has none. The hub is locked.
func (h *hub) enter(v chat.VisitorID, since time.Time) *attendance {
	a := &attendance{visitor: v, since: since, seen: since}
	a.listeners, a.place = a.only[:0], h.present.PushFront(a)
	h.visitors[v] = a
	return a
}

// add gives a visitor a connection of a session; came is true if the visitor was not here.
func (h *hub) add(in Session, l Listener) (a *attendance, came bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a = h.visitors[in.Visitor]
	if came = a == nil; came {
		a = h.enter(in.Visitor, now())
		a.marking = make(chan struct{})
	}
	if a.going != nil {
		a.going.Stop()
	}
	a.going, a.left = nil, time.Time{}
	a.listeners = append(a.listeners, listening{l, in.name, in.Site})
	return a, came
}

// remove takes a connection away. After the last one gone is called when the
// grace is over.
func (h *hub) remove(v chat.VisitorID, l Listener, grace time.Duration, gone func(*attendance)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.visitors[v]
	if a == nil {
		return
	}
	before := len(a.listeners)
	a.listeners = slices.DeleteFunc(a.listeners, func(other listening) bool { return other.Listener == l })
	if len(a.listeners) == before {
		return
	}
	if len(a.listeners) == 0 {
		a.left, a.going = now(), time.AfterFunc(grace, func() { gone(a) })
	}
}

// leftAt returns when the last connection of an attendance ended, unless it is
// over or the visitor came back.
func (h *hub) leftAt(v chat.VisitorID, a *attendance) (time.Time, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return a.left, h.visitors[v] == a && !a.left.IsZero()
}

// end ends an attendance, unless the visitor came back.
func (h *hub) end(v chat.VisitorID, a *attendance) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.visitors[v] != a || a.left.IsZero() {
		return false
	}
	delete(h.visitors, v)
	h.present.Remove(a.place)
	return true
}

// unseen returns the visitors who are here and of whom the store was told that
// before the given time.
func (h *hub) unseen(before time.Time) (visitors []chat.VisitorID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for v, a := range h.visitors {
		if a.seen.Before(before) {
			visitors = append(visitors, v)
		}
	}
	return visitors
}

// noted says that the store was told of the visitors at that time.
func (h *hub) noted(visitors []chat.VisitorID, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, v := range visitors {
		if a := h.visitors[v]; a != nil {
			a.seen = at
		}
	}
}

func (h *hub) of(v chat.VisitorID) []Listener {
	return h.which(v, func(string) bool { return true })
}

// marked says that the store has it that the visitor is here.
func (h *hub) marked(a *attendance) {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(a.marking)
	a.marking = nil
}

// awaitMarked returns once the store has it that the visitor is here.
func (h *hub) awaitMarked(a *attendance) {
	h.mu.Lock()
	marking := a.marking
	h.mu.Unlock()
	if marking != nil {
		<-marking
	}
}

// stop ends the connections of a session that was signed out.
func (h *hub) stop(v chat.VisitorID, session string) {
	for _, l := range h.which(v, func(name string) bool { return name == session }) {
		l.Stop(signedOut())
	}
}

// which returns the connections of a visitor whose sessions are such.
func (h *hub) which(v chat.VisitorID, such func(session string) bool) (found []Listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a := h.visitors[v]; a != nil {
		for _, l := range a.listeners {
			if such(l.session) {
				found = append(found, l.Listener)
			}
		}
	}
	return found
}

func (h *hub) wake(v chat.VisitorID) {
	h.wakeListeners(v)
	h.wakeWatchers(v)
}

func (h *hub) wakeListeners(v chat.VisitorID) {
	for _, l := range h.of(v) {
		l.Wake()
	}
}

// wakeApart is between two who are woken because of what concerns all: ten thousand at once
// would keep from the store whoever is in the middle of a talk.
const wakeApart = time.Millisecond

// wakeSites wakes the listeners of all who are here on one of the sites, one after the other.
func (h *hub) wakeSites(sites []*config.Site) {
	h.mu.Lock()
	var found []Listener
	for _, a := range h.visitors {
		for _, l := range a.listeners {
			if slices.Contains(sites, l.site) {
				found = append(found, l.Listener)
			}
		}
	}
	h.mu.Unlock()
	for i, l := range found {
		time.AfterFunc(time.Duration(i)*wakeApart, l.Wake)
	}
}

func (h *hub) wakeWatchers(v chat.VisitorID) {
	for _, w := range h.watchers {
		w.Wake(v)
	}
}

func (h *hub) presence(v chat.VisitorID, online bool) {
	for _, w := range h.watchers {
		w.VisitorPresence(v, online)
	}
}
