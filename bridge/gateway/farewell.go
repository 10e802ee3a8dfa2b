package gateway

import (
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// close undoes everything; the reader calls it last.
func (s *socket) close() {
	defer s.g.heart.remove(s)
	defer s.gone()
	s.mu.Lock()
	farewell := s.farewell
	s.mu.Unlock()
	if farewell != nil {
		<-farewell // the writer has a deadline for each frame
	}
	s.cut()
	if s.counted {
		s.g.limits.addressSockets.Leave(s.address)
	}
	s.free()
	s.conversation.end()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writing = 0 // of a writer that failed, too; others find the connection closed
	s.giveBackLocked()
	for _, timer := range s.typists {
		timer.Stop()
	}
	s.typists = nil
}

// linger waits until a connection that has ended may have taken our last frames.
func (s *socket) linger() {
	s.mu.Lock()
	farewell := s.farewell
	s.mu.Unlock()
	if farewell != nil {
		<-farewell
	}
	<-time.After(s.g.pacing.linger)
}

// because notes why the socket ends, unless that is known.
func (s *socket) because(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reason == "" {
		s.reason = reason
	}
}

// gone counts the end of the socket.
func (s *socket) gone() {
	s.because(endLeft)
	s.mu.Lock()
	reason := s.reason
	s.mu.Unlock()
	s.g.metrics.closed.WithLabelValues(string(s.site.ID), reason).Inc()
	s.g.metrics.sockets.WithLabelValues(string(s.site.ID)).Dec()
}

// cut drops the connection, upon which the reader ends.
func (s *socket) cut() {
	s.mu.Lock()
	s.queue, s.queued = nil, 0
	s.giveBackLocked()
	s.dieLocked()
	s.mu.Unlock()
	_ = s.conn.Close()
}

func (s *socket) dieLocked() {
	if !s.dead && s.farewell != nil {
		close(s.farewell)
	}
	s.dead = true
}

// fail ends the connection with an error frame, and with the close code that goes with it.
func (s *socket) fail(err error) {
	public := s.g.public(err)
	over := &ending{public, wire.CloseReconnect}
	if isFinal(public.Code) || public.Code == chat.CodeTooLarge {
		over = endingOf(public)
	}
	s.stop(over)
}

func (s *socket) stop(over *ending) {
	s.because(string(over.why.Code))
	if over.why.Code != chat.CodeGone { // which is no news to a visitor who begins anew
		s.send(errorFrame(over.why, ""))
	}
	s.end(over.code)
}

// end writes what is queued, then the close code. It may be called from any goroutine.
func (s *socket) end(code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over != 0 || s.dead {
		return
	}
	s.over, s.farewell = code, make(chan struct{})
	_ = s.conn.SetReadDeadline(time.Now().Add(s.g.pacing.write + s.g.pacing.linger))
	s.flushLocked()
}

func (s *socket) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over != 0 || s.dead
}

// Stop is the core's: the connection is to end for good.
func (s *socket) Stop(why *chat.Error) { s.stop(endingOf(why)) }
