package gateway

import (
	"errors"
	"io"
	"net"
	"time"

	"github.com/gorilla/websocket"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// mostControls are the pings and pongs that may come between two beats of the
// heart. A browser sends one pong, and cannot send a ping at all; each ping is
// answered, and no frame's limit holds them back.
const mostControls = 100

// mostDropped is how much is read, in bytes, of what comes when a connection has ended: what
// may have been on its way. To read all that a flood has costs as much as to handle it.
const mostDropped = 4 << 10

// leastDropped is what a frame counts for in it, whatever it has.
const leastDropped = 256

// errFlood is of a connection that goes on and on.
var errFlood = errors.New("a flood")

// control takes a ping or a pong, or ends a connection that sends nothing else.
func (s *socket) control() error {
	s.alive()
	if s.controls.Add(1) <= mostControls {
		return nil
	}
	s.fail(tooFast("Too many pings come on this connection.", s.g.pacing.ping))
	return errFlood
}

// answerPing never fails but for a flood: a connection that takes no pong shows by the
// next frame that it should take.
func (s *socket) answerPing(data string) error {
	if err := s.control(); err != nil {
		return err
	}
	_ = s.conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(s.g.pacing.control))
	return nil
}

func (s *socket) alive() { s.heard.Store(int64(time.Since(s.g.started))) }

// patience is until when the reader waits; with no time, as long as the heart allows.
func (s *socket) patience(until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over == 0 {
		_ = s.conn.SetReadDeadline(until)
	}
}

// listen takes one frame, and leaves the next to a goroutine of its own until the
// connection is gone: handling has made this one's stack grow, see begin. The smallest
// stack, 2 KB, is just enough to wait for a frame if this function needs next to nothing of it.
func (s *socket) listen() {
	kind, r, err := s.conn.NextReader()
	s.handle(kind, r, err)
}

// handle takes a frame that began, or the end.
func (s *socket) handle(kind int, r io.Reader, err error) {
	var data []byte
	if err == nil {
		data, err = s.rest(kind, r, s.g.pacing.frame)
	}
	switch {
	case s.ended():
		// What still comes is read and dropped: a close with unread data
		// before it would reset the connection and lose our last frames.
		s.handled()
		if s.dropped += max(int64(len(data)), leastDropped); s.dropped > mostDropped {
			s.linger()
			err = errFlood
		}
		if err != nil && !isPublic(err) {
			s.close()
			return
		}
	case err != nil && isPublic(err):
		s.fail(err)
	case err != nil && isTimeout(err):
		s.fail(chat.Errorf(chat.CodeBadFrame, "A frame did not end within %s.", s.g.pacing.frame))
	case err != nil:
		s.close()
		return
	default:
		s.patience(time.Time{})
		if over := s.take(s.g.ctx, data); over != nil {
			s.stop(over)
		}
	}
	s.handled()
	go s.listen()
	s.flushAnswer()
}

// rest reads a frame that began, which has that time to end: in fragments it
// could come for ever. A frame over the limit is a chat.Error, after which
// the rest of it is skipped with the next one.
func (s *socket) rest(kind int, r io.Reader, within time.Duration) ([]byte, error) {
	if within > 0 {
		s.patience(time.Now().Add(within))
	}
	limit := int64(s.g.cfg.Gateway.Limits.FrameBytes)
	data, taken, err := s.g.limits.bodies.readAll(s.address, io.LimitReader(r, limit+1), limit+1)
	s.body = taken
	s.alive()
	if err == nil && int64(len(data)) > limit { // of any kind: its rest would be read on without an end
		err = chat.Errorf(chat.CodeTooLarge, "The frame has more than %d bytes.", limit)
	}
	switch {
	case err != nil:
		s.handled()
		return nil, err
	case kind != websocket.TextMessage:
		return nil, nil // no frame of ours is binary; as nothing it is refused
	default:
		return data, nil
	}
}

func isPublic(err error) bool {
	_, ok := errors.AsType[*chat.Error](err)
	return ok
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}
