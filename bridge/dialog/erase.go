package dialog

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// Erase removes a visitor for good, all at once: the journal, files, what is
// noted, sessions, and what the desk's room says of it. The homeserver's side
// follows by itself. Open connections end, and find a new, empty dialog. by is
// who asked for it. also runs in the same transaction, with the visitor as it was.
func (s *Service) Erase(ctx context.Context, v chat.VisitorID, by id.UserID, also func(context.Context, store.Visitor) error) error {
	told, err := s.Announced(ctx, v)
	if err != nil {
		return err
	}
	return s.EraseAnnounced(ctx, v, told, by, also)
}

// Announced are the notices of a site's desk that name a visitor, as they were found
// beside the writer; the zero value is of a desk that was not read.
type Announced struct {
	upTo    int64
	notices []chat.EntryID
}

// Announced looks for what names a visitor in the site's desk. The desk is read through
// for that, which takes a while after some years: called before the transaction in which
// the visitor is erased, it has nobody wait who writes. It returns store.ErrNotFound.
func (s *Service) Announced(ctx context.Context, v chat.VisitorID) (Announced, error) {
	visitor, err := s.store.Visitor(ctx, v)
	if err != nil {
		return Announced{}, err
	}
	desk, err := s.DeskOf(ctx, visitor.Site)
	if err != nil {
		return Announced{}, err
	}
	marks, err := s.store.Marks(ctx, desk.ID) // first: what comes meanwhile is looked for later
	if err != nil {
		return Announced{}, err
	}
	naming, err := s.store.NoticesNaming(ctx, desk.ID, v, 0)
	told := Announced{upTo: marks.Last}
	for _, e := range naming {
		told.notices = append(told.notices, e.ID)
	}
	return told, err
}

// EraseAnnounced is Erase after Announced.
func (s *Service) EraseAnnounced(ctx context.Context, v chat.VisitorID, told Announced, by id.UserID, also func(context.Context, store.Visitor) error) error {
	return s.store.Write(ctx, func(ctx context.Context) error {
		visitor, err := s.store.Visitor(ctx, v)
		if err != nil {
			return err
		}
		if err := s.clearNotices(ctx, visitor, told); err != nil {
			return err
		}
		if err := s.hearShutOut(ctx, v); err != nil { // a block of its address goes with it
			return err
		}
		files, err := s.store.EraseVisitor(ctx, v, by, now())
		if err != nil {
			return err
		}
		killpoint.Reach(killpoint.BeforeErase)
		store.AfterCommit(ctx, func() {
			killpoint.Reach(killpoint.AfterErase)
			s.erased(v, files)
		})
		return also(ctx, visitor)
	})
}

// clearNotices removes what names a visitor from the site's desk, and from the
// dialogs of whom it was before signing in and is since: announcements, lists
// and cards, and the words of commands that were answered with them; and from what
// programs are told of those others.
func (s *Service) clearNotices(ctx context.Context, v store.Visitor, told Announced) error {
	desk, err := s.DeskOf(ctx, v.Site)
	if err != nil {
		return err
	}
	before, err := s.store.Before(ctx, v.ID, math.MaxInt32)
	if err != nil {
		return err
	}
	after, err := s.store.After(ctx, v.ID, math.MaxInt32)
	if err != nil {
		return err
	}
	if err := s.clearNoticesIn(ctx, desk.ID, v.ID, told); err != nil {
		return err
	}
	for _, in := range slices.Concat(before, after) {
		if err := s.clearNoticesIn(ctx, in.ID, v.ID, Announced{}); err != nil {
			return err
		}
	}
	return s.clearKept(ctx, slices.Concat(before, after), v.ID)
}

func (s *Service) clearNoticesIn(ctx context.Context, dialog, v chat.VisitorID, told Announced) error {
	known, err := s.store.EntriesOf(ctx, dialog, told.notices)
	if err != nil {
		return err
	}
	known = slices.DeleteFunc(known, func(e chat.Entry) bool { return e.Redacted })
	since, err := s.store.NoticesNaming(ctx, dialog, v, told.upTo)
	if err != nil {
		return err
	}
	for _, e := range slices.Concat(known, since) {
		if event := e.Content.Answers; event != "" {
			if err := s.store.ForgetKept(ctx, id.EventID(event)); err != nil {
				return err
			}
		}
		if _, err := s.say(ctx, store.Draft{
			Visitor: dialog, Kind: chat.Redaction, Author: chat.Author{Party: chat.Bot}, Target: e.ID, Origin: "erase:" + string(e.ID), At: now(),
		}, accept, s.store.Enqueue); err != nil {
			return err
		}
	}
	return nil
}

// erased is called when a visitor is gone from the database. What cannot be
// removed from the disk now, the sweep removes.
func (s *Service) erased(v chat.VisitorID, files []chat.FileID) {
	for _, file := range files {
		if err := errors.Join(removeIfThere(s.files.upload(file)), removeIfThere(s.files.cached(string(file)))); err != nil {
			s.log.Warn().Err(err).Str(trail.Visitor, string(v)).Msg("A file of an erased visitor could not be removed; trying again within an hour")
		}
	}
	s.bot.answering.stop(v, "")
	s.errands.failing.forget(v)
	for _, l := range s.hub.of(v) {
		l.Stop(gone())
	}
	s.hub.wakeWatchers(v)
}

// gone says that a visitor was erased.
func gone() *chat.Error { return chat.Errorf(chat.CodeGone, "This conversation was erased.") }

// eraseBatch is the most dialogs of a site that are erased for their age in one
// go, and announced together: messages and alerts shall not wait for thousands
// of them. Each goes in a transaction of its own.
const eraseBatch = 50

// Expire erases dialogs that are over for longer than their site keeps them: that were
// closed so long ago, or in which nobody said anything since, at most eraseBatch of each site. It reports whether there may be more. It is
// run from time to time.
func (s *Service) Expire(ctx context.Context) (more bool, err error) {
	for _, site := range s.cfg.Sites {
		keep := time.Duration(site.Closed.EraseAfter)
		if keep == 0 {
			continue
		}
		siteMore, siteErr := s.eraseOver(ctx, site, now().Add(-keep))
		if siteErr != nil {
			err = errors.Join(err, fmt.Errorf("erase dialogs of site %s for their age: %w", site.ID, siteErr))
		}
		more = more || siteMore && siteErr == nil
	}
	return more, err
}

// eraseOver erases a batch, and reports whether there may be more.
func (s *Service) eraseOver(ctx context.Context, site *config.Site, before time.Time) (more bool, err error) {
	over, err := s.store.OverSince(ctx, site.ID, before, eraseBatch)
	if err != nil || len(over) == 0 {
		return false, err
	}
	var numbers []int64
	for _, v := range over {
		told, lookErr := s.Announced(ctx, v.ID)
		if errors.Is(lookErr, store.ErrNotFound) {
			continue // erased a moment ago
		}
		if err = lookErr; err != nil {
			break
		}
		erased := false
		if err = s.store.Write(ctx, func(ctx context.Context) error {
			erased = false
			if still, err := s.store.IsOverSince(ctx, v.ID, before); err != nil || !still {
				return err // somebody spoke, or erased it, a moment ago
			}
			erased = true
			return s.EraseAnnounced(ctx, v.ID, told, "", func(context.Context, store.Visitor) error { return nil })
		}); err != nil {
			break
		}
		if erased {
			numbers = append(numbers, v.Number)
		}
	}
	if len(numbers) > 0 {
		err = errors.Join(err, s.desk.Expired(ctx, site, numbers))
	}
	return len(over) == eraseBatch && len(numbers) > 0, err
}
