package dialog

import (
	"sync"

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
	mu        sync.Mutex
	listeners map[chat.VisitorID]map[Listener]struct{}
	watchers  []Watcher
}

func newHub() hub {
	return hub{listeners: map[chat.VisitorID]map[Listener]struct{}{}}
}

// Listen adds a connection to a dialog until leave is called.
func (s *Service) Listen(v chat.VisitorID, l Listener) (leave func()) {
	if s.hub.add(v, l) {
		s.hub.presence(v, true)
	}
	return func() {
		if s.hub.remove(v, l) {
			s.hub.presence(v, false)
		}
	}
}

// Connections returns how many connections a visitor has.
func (s *Service) Connections(v chat.VisitorID) int {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return len(s.hub.listeners[v])
}

// Online returns the visitors who have a connection.
func (s *Service) Online() []chat.VisitorID {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	online := make([]chat.VisitorID, 0, len(s.hub.listeners))
	for v := range s.hub.listeners {
		online = append(online, v)
	}
	return online
}

func (h *hub) add(v chat.VisitorID, l Listener) (first bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.listeners[v] == nil {
		h.listeners[v] = map[Listener]struct{}{}
	}
	h.listeners[v][l] = struct{}{}
	return len(h.listeners[v]) == 1
}

func (h *hub) remove(v chat.VisitorID, l Listener) (last bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.listeners[v][l]; !ok {
		return false
	}
	delete(h.listeners[v], l)
	if len(h.listeners[v]) > 0 {
		return false
	}
	delete(h.listeners, v)
	return true
}

func (h *hub) of(v chat.VisitorID) []Listener {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]Listener, 0, len(h.listeners[v]))
	for l := range h.listeners[v] {
		all = append(all, l)
	}
	return all
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
