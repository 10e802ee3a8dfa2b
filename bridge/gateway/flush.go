package gateway

import (
	"context"
	"encoding/json"
	"time"

	"github.com/gorilla/websocket"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// A visitor who does not take what was asked for is let go at one of these.
const (
	mostQueued      = 256
	mostQueuedBytes = 1 << 20
)

// reply queues the answer to the frame that is handled. The goroutine that handles
// it writes it at its end, unless somebody writes before: one more for each answer would
// cost as much as all the rest.
func (s *socket) reply(frame any) { s.queueUp(frame, false) }

// send queues a frame. A visitor who takes nothing is asked to connect again.
func (s *socket) send(frame any) { s.queueUp(frame, true) }

func (s *socket) queueUp(frame any, now bool) {
	data, err := json.Marshal(frame)
	if err != nil {
		s.g.log.Error().Err(err).Msg("A frame could not be encoded")
		return
	}
	s.mu.Lock()
	if s.dead || s.over != 0 {
		s.mu.Unlock()
		return
	}
	full := len(s.queue) >= mostQueued || len(s.queue) > 0 && s.queued+len(data) > mostQueuedBytes || !s.holdLocked(len(data))
	if !full {
		s.queue = append(s.queue, data)
		s.queued += len(data)
		if now {
			s.flushLocked()
		}
	}
	s.mu.Unlock()
	if full {
		s.letGo()
	}
}

// letGo asks a visitor who takes too little to connect again.
func (s *socket) letGo() {
	s.because(endSlow)
	s.end(wire.CloseReconnect)
}

// Wake is the core's: the journal or the operators' mark has news.
func (s *socket) Wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.news = true
	if s.ready {
		s.flushLocked()
	}
}

// Typing is the core's: an operator or the bot types, until it says otherwise
// or nothing more for a while.
func (s *socket) Typing(author chat.Author, on bool) {
	s.mu.Lock()
	if s.dead || s.over != 0 || !s.ready {
		s.mu.Unlock()
		return
	}
	key := string(author.Party) + author.ID
	if timer := s.typists[key]; timer != nil {
		timer.Stop()
		delete(s.typists, key)
	}
	if on {
		if s.typists == nil {
			s.typists = map[string]*time.Timer{}
		}
		s.typists[key] = time.AfterFunc(s.g.pacing.typing, func() { s.Typing(author, false) })
	}
	s.mu.Unlock()
	public := s.g.links.author(s.site.ID, author, time.Now())
	s.send(&wire.Typing{T: wire.TypeTyping, On: on, Author: &public})
}

// flushLocked starts the writer if none is at work.
func (s *socket) flushLocked() {
	if s.flushing || s.dead {
		return
	}
	s.flushing = true
	go s.flush()
}

// flushAnswer is flushLocked at the end of handling a frame, without a goroutine of its own.
func (s *socket) flushAnswer() {
	s.mu.Lock()
	idle := s.flushing || s.dead || len(s.queue) == 0
	if !idle {
		s.flushing = true
	}
	s.mu.Unlock()
	if !idle {
		s.flush()
	}
}

// work is what a writer has to do next.
type work struct {
	frames [][]byte
	reply  *chat.Stream
	ping   bool
	news   bool
	over   int
}

// nextWork takes what waits; the writer ends when there is nothing.
func (s *socket) nextWork() (w work, some bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w = work{frames: s.queue, ping: s.ping, news: s.news && s.ready && s.over == 0, over: s.over}
	if s.ready && s.over == 0 {
		w.reply, s.written = s.written, nil
	}
	some = !s.dead && (len(w.frames) > 0 || w.reply != nil || w.ping || w.news || w.over != 0)
	s.queue, s.queued, s.writing, s.ping = nil, 0, s.queued, false
	s.giveBackLocked() // what was held before is written
	if w.news {
		s.news = false
	}
	s.flushing = some
	return w, some
}

// flush is the writer: it writes until nothing waits, and ends.
func (s *socket) flush() {
	defer s.survive()
	for {
		w, some := s.nextWork()
		if !some {
			return
		}
		if err := s.write(w); err != nil {
			s.because(endBroken)
			s.cut() // the widget resumes where this connection stopped
		}
	}
}

func (s *socket) write(w work) error {
	for _, frame := range w.frames {
		if err := s.put(frame); err != nil {
			return err
		}
	}
	if w.over != 0 {
		return s.sayGoodbye(w.over)
	}
	// Before the news: an entry takes the place of the reply.
	if err := s.putReply(w.reply); err != nil {
		return err
	}
	if w.ping {
		if err := s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(s.g.pacing.write)); err != nil {
			return err
		}
	}
	if w.news {
		return s.tell(s.g.ctx)
	}
	return nil
}

func (s *socket) put(frame []byte) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(s.g.pacing.write)); err != nil {
		return err
	}
	return s.conn.WriteMessage(websocket.TextMessage, frame)
}

// putReply writes what is new of a reply that a model writes.
func (s *socket) putReply(reply *chat.Stream) error {
	if reply == nil {
		return nil
	}
	piece := s.piece(*reply)
	if piece == nil {
		return nil
	}
	frame, err := json.Marshal(piece)
	if err != nil {
		return err
	}
	if !s.holds(len(frame)) {
		return nil
	}
	return s.put(frame)
}

// sayGoodbye is the last that is written; the reader waits a little for the answer.
func (s *socket) sayGoodbye(code int) error {
	now := time.Now()
	err := s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), now.Add(s.g.pacing.write))
	_ = s.conn.SetReadDeadline(now.Add(s.g.pacing.linger))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dieLocked()
	return err
}

// tell writes the next page of entries, and the operators' marks if they rose.
func (s *socket) tell(ctx context.Context) error {
	var entries []chat.Entry
	err := s.whereNew(ctx, func(ctx context.Context) (err error) {
		entries, err = s.g.dialog.After(ctx, s.in.Visitor, s.cursor, pageSize)
		return err
	})
	if err != nil {
		s.fail(err)
		return nil
	}
	page := pageBytes(entries)
	for i, entry := range s.render(entries) {
		frame, err := json.Marshal(&wire.NewEntry{T: wire.TypeEntry, Entry: entry})
		if err != nil {
			return err
		}
		if !s.holds(page + len(frame)) {
			return nil
		}
		if err := s.put(frame); err != nil {
			return err
		}
		s.went(&entries[i])
		s.cursor = entry.Seq
	}
	if len(entries) == pageSize {
		s.Wake() // there may be more, after what was queued meanwhile
		return nil
	}
	var frames []any
	err = s.whereNew(ctx, func(ctx context.Context) (err error) {
		frames, err = s.beside(ctx)
		return err
	})
	if err != nil {
		s.fail(err)
		return nil
	}
	for _, frame := range frames {
		s.send(frame)
	}
	return nil
}

// beside are the frames that tell what else is new.
func (s *socket) beside(ctx context.Context) ([]any, error) {
	marks, err := s.g.dialog.Marks(ctx, s.in.Visitor)
	if err != nil {
		return nil, err
	}
	frames := s.marked(marks)
	if s.site.Widget.HasFlows() {
		flow, err := s.conversation.flow(ctx)
		if err != nil {
			return nil, err
		}
		frames = append(frames, s.turned(flow)...)
	}
	return frames, nil
}
