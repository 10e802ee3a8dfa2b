package gateway

import (
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// pieces cuts a reply that a model writes into the frames of one connection. It
// remembers what the last one said, so whatever happened meanwhile makes one
// frame: a visitor on a slow line gets fewer and longer ones.
type pieces struct {
	id   string
	text string
	next int
}

// piece is the frame that tells the connection of a reply's present state; nil if
// it says nothing new.
func (p *pieces) piece(r chat.Stream) *wire.Stream {
	known := r.ID == p.id
	switch {
	case r.Gone && !known, !r.Gone && known && r.Text == p.text:
		return nil
	case r.Gone:
		*p = pieces{}
		return &wire.Stream{T: wire.TypeStream, ID: r.ID, Gone: true}
	case known && strings.HasPrefix(r.Text, p.text):
		more := r.Text[len(p.text):]
		p.text = r.Text
		p.next++
		return &wire.Stream{T: wire.TypeStream, ID: r.ID, N: p.next, Text: more}
	default:
		*p = pieces{id: r.ID, text: r.Text}
		return &wire.Stream{T: wire.TypeStream, ID: r.ID, Text: r.Text}
	}
}

// Stream is the core's: a reply that a model writes has come so far. The writer
// takes the newest state when it gets to it.
func (s *socket) Stream(reply chat.Stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.written = &reply
	if s.ready {
		s.flushLocked()
	}
}

// staleReply is how long an exchange holds back a reply that does not go on, and
// of which the one before may not have told all.
const staleReply = time.Second

// Stream is the core's: a reply that a model writes has come so far.
func (p *poll) Stream(reply chat.Stream) {
	p.mu.Lock()
	p.written = &reply
	p.mu.Unlock()
	p.wake()
}

// replySince returns the reply's state, and whether it is another one than before.
func (p *poll) replySince(before *chat.Stream) (now *chat.Stream, news bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.written, p.written != before
}
