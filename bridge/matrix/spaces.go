package matrix

import (
	"context"
	"maps"
	"sync"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// spaces says whose spaces and buckets (space.go, bucket.go) are to be looked after. One
// loop does that, beside the talk: an operator whose server is down, or a space that the
// homeserver cannot read, is no reason for a message to wait.
type spaces struct {
	sites map[chat.SiteID]*siteSpaces
	due   chan chat.SiteID // of as many as there are sites, each at most once
	tried chan struct{}    // closed when each site had its first time
}

type siteSpaces struct {
	mu       sync.Mutex
	due      bool
	begun    bool
	again    *time.Timer // set while backing off
	failures int
	// doubts counts how often a space of the site may have been lost, looked up to which
	// of them that was looked at.
	doubts, looked int
	// wishes are of the dialogs that wait for the next bucket.
	wishes map[wish]chat.VisitorID
}

// wish is what a dialog wants that finds no place in the last bucket of a shelf.
type wish struct {
	shelf string
	room  id.RoomID
}

// newSpaces begins with what nobody looked at since the process started.
func newSpaces(sites map[chat.SiteID]*config.Site) spaces {
	s := spaces{sites: map[chat.SiteID]*siteSpaces{}, due: make(chan chat.SiteID, len(sites)), tried: make(chan struct{})}
	for site := range sites {
		s.sites[site] = &siteSpaces{wishes: map[wish]chat.VisitorID{}}
		s.doubt(site)
	}
	return s
}

// wake has a site's spaces looked after soon.
func (s spaces) wake(site chat.SiteID) {
	of := s.sites[site]
	of.mu.Lock()
	defer of.mu.Unlock()
	if of.again != nil {
		of.again.Stop()
		of.again = nil
	}
	if !of.due {
		of.due = true
		s.due <- site
	}
}

// doubt says that a space of a site may be gone, and has it looked for soon.
func (s spaces) doubt(site chat.SiteID) {
	s.sites[site].doubt()
	s.wake(site)
}

// want has a place made for the room of a dialog, which is woken then. A wish that is known is no news.
func (s spaces) want(site chat.SiteID, w wish, v chat.VisitorID) {
	if s.sites[site].wish(w, v) {
		s.wake(site)
	}
}

// wish notes a wish, and reports whether it is new.
func (of *siteSpaces) wish(w wish, v chat.VisitorID) bool {
	of.mu.Lock()
	defer of.mu.Unlock()
	_, known := of.wishes[w]
	of.wishes[w] = v
	return !known
}

// doubtAll is doubt of all sites.
func (s spaces) doubtAll() {
	for site := range s.sites {
		s.doubt(site)
	}
}

func (of *siteSpaces) doubt() {
	of.mu.Lock()
	defer of.mu.Unlock()
	of.doubts++
}

// doubtful returns a number of what there is to look at, 0 if that is nothing.
func (of *siteSpaces) doubtful() int {
	of.mu.Lock()
	defer of.mu.Unlock()
	if of.doubts == of.looked {
		return 0
	}
	return of.doubts
}

// wanted returns what dialogs wait for.
func (of *siteSpaces) wanted() map[wish]chat.VisitorID {
	of.mu.Lock()
	defer of.mu.Unlock()
	return maps.Clone(of.wishes)
}

// granted takes back a wish.
func (of *siteSpaces) granted(w wish) {
	of.mu.Lock()
	defer of.mu.Unlock()
	delete(of.wishes, w)
}

// seen says that a site's spaces were looked at, for what was doubted up to that number.
func (of *siteSpaces) seen(doubts int) {
	of.mu.Lock()
	defer of.mu.Unlock()
	of.looked = doubts
}

// begin takes a site that is due, and reports whether that is its first time.
func (of *siteSpaces) begin() (first bool) {
	of.mu.Lock()
	defer of.mu.Unlock()
	first = !of.begun
	of.due, of.begun = false, true
	return first
}

// end has the site wait for its next time: a while if it failed, and no less than the
// homeserver wants. News ends the wait.
func (of *siteSpaces) end(why error, wake func()) (pause time.Duration) {
	const first, most = time.Second, time.Minute
	of.mu.Lock()
	defer of.mu.Unlock()
	if why == nil {
		of.failures = 0
		return 0
	}
	pause = max(min(first<<min(of.failures, 6), most), retryAfter(why))
	of.failures++
	if !of.due {
		of.again = time.AfterFunc(pause, wake)
	}
	return pause
}

// runSpaces looks after the spaces of all sites, one site after another.
func (m *Matrix) runSpaces(ctx context.Context) error {
	select {
	case <-m.ready:
	case <-ctx.Done():
		return ctx.Err()
	}
	for untried := len(m.spaces.sites); ; {
		var due chat.SiteID
		select {
		case due = <-m.spaces.due:
		case <-ctx.Done():
			return ctx.Err()
		}
		of := m.spaces.sites[due]
		first := of.begin()
		if err := m.hs.gate.pass(ctx); err != nil {
			return err
		}
		err := m.settleSite(ctx, m.cfg.Sites[due])
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if first {
			untried--
			if untried == 0 {
				close(m.spaces.tried)
			}
		}
		if pause := of.end(err, func() { m.spaces.wake(due) }); err != nil {
			m.log.Warn().Err(err).Str(trail.Site, string(due)).Stringer("again_in", pause).Msg("A site's spaces are not as they should be yet")
		}
	}
}

// settleSite makes the buckets that dialogs wait for, lists a site's buckets in its space,
// invites operators to the spaces and removes those who left the config.
func (m *Matrix) settleSite(ctx context.Context, site *config.Site) error {
	err := m.each(ctx,
		func() error { return m.lookAfter(ctx, site) },
		func() error {
			root, err := m.store.SiteRoom(ctx, site.ID, roleSpace)
			if err != nil {
				return ignoreNotFound(err) // it could not be made
			}
			return m.each(ctx,
				func() error { return m.grantWishes(ctx, site, root) },
				func() error {
					return m.settleMembers(ctx, store.SiteSubject(site.ID), members{site: site, room: root, invited: site.Operators, anew: true})
				},
				func() error { return m.settleBuckets(ctx, site, root) },
			)
		},
	)
	if comesOfLoss(err) {
		m.spaces.sites[site.ID].doubt() // and the next time looks
	}
	return err
}

// lookAfter looks at a site's spaces if one of them may be lost.
func (m *Matrix) lookAfter(ctx context.Context, site *config.Site) error {
	of := m.spaces.sites[site.ID]
	doubts := of.doubtful()
	if doubts == 0 {
		return nil
	}
	if err := m.checkSpaces(ctx, site); err != nil {
		return err
	}
	of.seen(doubts)
	return nil
}

// grantWishes finds places for the rooms of dialogs that wait for the next bucket.
func (m *Matrix) grantWishes(ctx context.Context, site *config.Site, root id.RoomID) error {
	of := m.spaces.sites[site.ID]
	for w, v := range of.wanted() {
		if err := m.reserveAnew(ctx, site, root, w); err != nil {
			return err
		}
		of.granted(w)
		m.queue.wake(v)
	}
	return nil
}

// comesOfLoss reports whether an error may come of a space that is gone.
func comesOfLoss(err error) bool {
	return err != nil && isHomeserver(err) && outcome(err) == noRoom
}
