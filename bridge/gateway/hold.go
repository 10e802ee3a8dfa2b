package gateway

import "github.com/anteroom-chat/anteroom/bridge/chat"

// holdLocked has the socket hold so many bytes more until they are written: of what all
// share, where it holds much already. It reports false when there is no room.
func (s *socket) holdLocked(more int) bool {
	beyond := int64(s.queued+s.writing+more) - smallAnswer
	if beyond <= s.taken || s.dead { // whatever is written to a dead one fails at once
		return true
	}
	if err := s.g.limits.answers.take(s.address, beyond-s.taken); err != nil {
		_ = s.g.public(err) // for the log: that the connection ends tells the visitor enough
		return false
	}
	s.taken = beyond
	return true
}

// giveBackLocked gives back what the socket does not hold any more.
func (s *socket) giveBackLocked() {
	needs := max(0, int64(s.queued+s.writing)-smallAnswer)
	if needs < s.taken {
		s.g.limits.answers.Release(s.address, s.taken-needs)
		s.taken = needs
	}
}

// holds has the writer hold so many bytes in place of what it held before. Where there is
// no room, the visitor is let go and the writer has nothing to write.
func (s *socket) holds(n int) bool {
	s.mu.Lock()
	room := s.holdLocked(n - s.writing)
	if room {
		s.writing = n
		s.giveBackLocked()
	}
	s.mu.Unlock()
	if !room {
		s.letGo()
	}
	return room
}

// entryBytes is what an entry takes beside its texts, about.
const entryBytes = 1 << 10

// pageBytes is what a page of entries takes, about, while it is written.
func pageBytes(entries []chat.Entry) (n int) {
	for i := range entries {
		c := &entries[i].Content
		n += entryBytes + len(c.Text) + len(c.HTML)
		if c.Original != nil {
			n += len(c.Original.Text) + len(c.Original.HTML)
		}
	}
	return n
}
