package dialog

import (
	"sync"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

const (
	// streamEvery is how often the visitor is shown more of a reply that is being
	// written, of one that is written faster than an eye follows. Most models are
	// slower: what they write is shown as it comes.
	streamEvery = 15 * time.Millisecond
	// streamBurst is how many pieces that come together are shown one by one before
	// that: a piece that came late makes the next one no later.
	streamBurst = 4
)

// streams are the replies that are being written, one in a dialog at most. They
// are worth nothing without the process: what is kept of them is kept by an entry.
type streams struct {
	hub *hub
	mu  sync.Mutex
	of  map[chat.VisitorID]*stream
}

func newStreams(h *hub) *streams { return &streams{hub: h, of: map[chat.VisitorID]*stream{}} }

// stream is one reply. It is locked while listeners are told, so that none of
// them hears of it after its end, or of less after more.
type stream struct {
	hub     *hub
	visitor chat.VisitorID
	id      string

	mu sync.Mutex
	// text is what may be shown, shown what listeners were told of it: the
	// visitor may have read every word of that.
	text, shown string
	// next is when they may be told again, less what may come in a burst; timer tells
	// them of the rest.
	next  time.Time
	timer *time.Timer
	// held keeps the rest back; over is true once nothing more may be shown.
	held, over bool
}

// begin makes room for a reply of that id in a dialog. A former one that was not
// ended is taken away.
func (s *streams) begin(v chat.VisitorID, id string) *stream {
	st := &stream{hub: s.hub, visitor: v, id: id}
	s.mu.Lock()
	former := s.of[v]
	s.of[v] = st
	s.mu.Unlock()
	if former != nil {
		former.finish(true)
	}
	return st
}

// show lets the visitor read more of the reply: text is all of it so far, and
// begins with what the calls before said. The first pieces go out at once, and so do
// others that come no faster than streamEvery. After the end it does nothing.
func (st *stream) show(text string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.text = text
	st.goOn()
}

// goOn tells the listeners of what they do not know, now or when it is time. The
// stream is locked.
func (st *stream) goOn() {
	if st.over || st.held || st.timer != nil || st.text == st.shown {
		return
	}
	now := time.Now()
	if wait := st.next.Sub(now.Add((streamBurst - 1) * streamEvery)); wait > 0 {
		st.timer = time.AfterFunc(wait, func() {
			st.mu.Lock()
			defer st.mu.Unlock()
			st.timer = nil
			st.goOn()
		})
		return
	}
	listeners := st.hub.of(st.visitor)
	if len(listeners) == 0 {
		return // nobody reads: who comes is shown it, see join
	}
	if st.next.Before(now) {
		st.next = now
	}
	st.next, st.shown = st.next.Add(streamEvery), st.text
	for _, l := range listeners {
		l.Stream(chat.Stream{ID: st.id, Text: st.shown})
	}
}

// join shows a connection that was just added what the visitor's others know.
func (s *streams) join(v chat.VisitorID, l Listener) {
	st := s.current(v)
	if st == nil {
		return
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.over {
		return
	}
	if st.shown != "" {
		l.Stream(chat.Stream{ID: st.id, Text: st.shown})
	}
	st.goOn()
}

// hold stops a dialog's reply and says how much of it the visitor was shown; it
// returns nil if none is being written. It is for who cuts the reply short: call
// it in the transaction that appends what was shown, then end it once that is on
// disk, or release it if that failed.
func (s *streams) hold(v chat.VisitorID) (st *stream, shown string) {
	st = s.current(v)
	if st == nil {
		return nil, ""
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.held = true
	return st, st.shown
}

// hasShown reports whether the visitor was shown any of the reply.
func (st *stream) hasShown() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.shown != ""
}

// release lets a reply go on that was held.
func (st *stream) release() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.held = false
	st.goOn()
}

// end forgets a reply; again it does nothing. With gone what was shown of it is
// taken away. Without, an entry of that stream takes its place, of which the
// listeners hear by Wake.
func (s *streams) end(st *stream, gone bool) {
	s.mu.Lock()
	if s.of[st.visitor] == st {
		delete(s.of, st.visitor)
	}
	s.mu.Unlock()
	st.finish(gone)
}

func (st *stream) finish(gone bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.over {
		return
	}
	st.over = true
	if st.timer != nil {
		st.timer.Stop()
	}
	if !gone || st.shown == "" {
		return
	}
	for _, l := range st.hub.of(st.visitor) {
		l.Stream(chat.Stream{ID: st.id, Gone: true})
	}
}

func (s *streams) current(v chat.VisitorID) *stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.of[v]
}
