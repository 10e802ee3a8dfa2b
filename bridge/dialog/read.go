package dialog

import (
	"context"
	"errors"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// After returns the entries that a visitor sees with numbers above seq, rising, at most limit.
func (s *Service) After(ctx context.Context, v chat.VisitorID, seq int64, limit int) ([]chat.Entry, error) {
	return s.store.EntriesAfter(ctx, v, seq, limit)
}

// Older is Before for as many of the newest as fit: fits is asked of each next older one, and
// its first no ends the page before that.
func (s *Service) Older(ctx context.Context, v chat.VisitorID, seq int64, limit int, fits func(*chat.Entry) bool) ([]chat.Entry, bool, error) {
	return s.store.PageBefore(ctx, v, seq, limit, fits)
}

// Before returns the entries that a visitor sees just below seq, rising, at
// most limit, and whether there are older ones.
func (s *Service) Before(ctx context.Context, v chat.VisitorID, seq int64, limit int) ([]chat.Entry, bool, error) {
	return s.Older(ctx, v, seq, limit, func(*chat.Entry) bool { return true })
}

// Holds reports whether the journal has that entry at that number. If not, what
// the widget remembers is of another history, one that a restored backup ended.
// Number 0 without an id is the place before the first entry, which every journal has.
func (s *Service) Holds(ctx context.Context, v chat.VisitorID, seq int64, id chat.EntryID) (bool, error) {
	if seq == 0 {
		return id == "", nil
	}
	e, err := s.store.EntryAt(ctx, v, seq)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && e.ID == id, err
}

// Marks returns a dialog's numbers, or a chat.Error with CodeGone.
func (s *Service) Marks(ctx context.Context, v chat.VisitorID) (store.Marks, error) {
	marks, err := s.store.Marks(ctx, v)
	if errors.Is(err, store.ErrNotFound) {
		err = gone()
	}
	return marks, err
}

// Read records that the visitor has seen the operators' messages up to seq.
func (s *Service) Read(ctx context.Context, v chat.VisitorID, seq int64) error {
	before := s.marksToTell(ctx, v)
	rose, err := s.store.RaiseRead(ctx, v, seq)
	if rose {
		s.tellReached(ctx, v, chat.Operator, before.Read, seq, "The visitor has read an entry")
		s.hub.wakeWatchers(v)
	}
	return err
}

// Delivered records that the widget holds the operators' messages up to seq.
func (s *Service) Delivered(ctx context.Context, v chat.VisitorID, seq int64) error {
	before := s.marksToTell(ctx, v)
	rose, err := s.store.RaiseDelivered(ctx, v, seq)
	if rose {
		s.tellReached(ctx, v, chat.Operator, before.Delivered, seq, "The visitor's browser has an entry")
		s.hub.wakeWatchers(v)
	}
	return err
}

// Typing passes on that the visitor types or stopped.
func (s *Service) Typing(v chat.VisitorID, on bool) {
	for _, w := range s.hub.watchers {
		w.VisitorTyping(v, on)
	}
}

// marksToTell are a dialog's marks before one of them rises, if the log tells of that.
func (s *Service) marksToTell(ctx context.Context, v chat.VisitorID) (before store.Marks) {
	if s.log.Debug().Enabled() {
		before, _ = s.store.Marks(ctx, v) // for the log alone: then it tells of more
	}
	return before
}

// mostToTell is how many entries the log tells of when a mark rises over them.
const mostToTell = 100

// tellReached names in the log the entries over which a mark rose: those that the
// visitor wrote, or those of all others.
func (s *Service) tellReached(ctx context.Context, v chat.VisitorID, by chat.Party, before, seq int64, what string) {
	if !s.log.Debug().Enabled() {
		return
	}
	entries, _ := s.store.EntriesAfter(ctx, v, max(before, seq-mostToTell), mostToTell)
	for _, e := range entries {
		if e.Seq <= seq && (e.Author.Party == chat.Visitor) == (by == chat.Visitor) {
			trail.Of(s.log.Debug(), &e).Msg(what)
		}
	}
}
