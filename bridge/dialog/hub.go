package dialog

import (
	"container/list"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Listener is one connection of a visitor. Its calls must not block; they may
// come from any goroutine, also after leave has been called.
type Listener interface {
	// Wake says that the journal or the operators' mark has news.
	Wake()
	// Typing says that an operator or the bot types or stopped.
	Typing(author chat.Author, on bool)
	// Stop asks the connection to end for good, and says why.
	Stop(why *chat.Error)
}

// hub tells listeners and watchers of news.
type hub struct {
	mu       sync.Mutex
	visitors map[chat.VisitorID]*attendance
	// present are the visitors who have connections, those who came last in front.
	present  *list.List
	watchers []Watcher
}

// attendance is a visitor who has connections, its place among those who are
// there, and when the store was last told that it is here.
type attendance struct {
	// listeners have the names of their sessions.
	listeners map[Listener]string
	place     *list.Element
	seen      time.Time
}

func newHub() hub {
	return hub{visitors: map[chat.VisitorID]*attendance{}, present: list.New()}
}

// Listen adds a connection of a session to its dialog until leave is called.
func (s *Service) Listen(in Session, l Listener) (leave func()) {
	v := in.Visitor
	if s.hub.add(v, l, in.name) {
		s.hub.presence(v, true)
	}
	return func() {
		seen, last := s.hub.remove(v, l)
		if !last {
			return
		}
		s.hub.presence(v, false)
		if at := now(); at.Sub(seen) >= seenEvery {
			s.wasHere(v, at)
		}
	}
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

// Online returns the visitors who have a connection, those who came last first.
func (s *Service) Online() []chat.VisitorID {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	online := make([]chat.VisitorID, 0, s.hub.present.Len())
	for e := s.hub.present.Front(); e != nil; e = e.Next() {
		if v, ok := e.Value.(chat.VisitorID); ok {
			online = append(online, v)
		}
	}
	return online
}

func (h *hub) add(v chat.VisitorID, l Listener, session string) (first bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.visitors[v]
	if a == nil {
		a = &attendance{listeners: map[Listener]string{}, place: h.present.PushFront(v), seen: now()}
		h.visitors[v] = a
	}
	a.listeners[l] = session
	return len(a.listeners) == 1
}

func (h *hub) remove(v chat.VisitorID, l Listener) (seen time.Time, last bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.visitors[v]
	if a == nil {
		return seen, false
	}
	if _, ok := a.listeners[l]; !ok {
		return seen, false
	}
	delete(a.listeners, l)
	if len(a.listeners) > 0 {
		return seen, false
	}
	delete(h.visitors, v)
	h.present.Remove(a.place)
	return a.seen, true
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
	h.mu.Lock()
	defer h.mu.Unlock()
	if a := h.visitors[v]; a != nil {
		return slices.Collect(maps.Keys(a.listeners))
	}
	return nil
}

// stop ends the connections of a session that was signed out.
func (h *hub) stop(v chat.VisitorID, session string) {
	for _, l := range h.ofSession(v, session) {
		l.Stop(signedOut())
	}
}

func (h *hub) ofSession(v chat.VisitorID, session string) (found []Listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a := h.visitors[v]; a != nil {
		for l, name := range a.listeners {
			if name == session {
				found = append(found, l)
			}
		}
	}
	return found
}

func (h *hub) wake(v chat.VisitorID) {
	for _, l := range h.of(v) {
		l.Wake()
	}
	h.wakeWatchers(v)
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
