package panel

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/desk/api"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

const (
	// mostListed are the contacts that one frame about the list carries; of more the
	// panel asks itself.
	mostListed = 50
	// mostFailed bounds the contacts that are read again after they could not be; of
	// more the panels ask themselves.
	mostFailed = 1000
)

// listing is what the lists of open panels have still to be told.
type listing struct {
	pending map[chat.SiteID]map[chat.VisitorID]bool
	// built are contacts as they were read last, since the last frames about lists.
	built map[chat.VisitorID]api.Contact
	// sites are those of contacts, so that panels can be told of one that is gone.
	sites map[chat.VisitorID]chat.SiteID
	// failed are contacts that could not be read, as in stirred; they are with the next
	// frames about lists.
	failed map[chat.VisitorID]bool
	// tooMany is true when there were more.
	tooMany bool
	told    time.Time
}

func newListing() listing {
	return listing{
		pending: map[chat.SiteID]map[chat.VisitorID]bool{}, built: map[chat.VisitorID]api.Contact{},
		sites: map[chat.VisitorID]chat.SiteID{}, failed: map[chat.VisitorID]bool{},
	}
}

// fail keeps a contact that could not be read, so that nothing of it is lost.
func (l *live) fail(ctx context.Context, v chat.VisitorID, changed bool, err error) {
	if errors.Is(err, errUnlisted) || ctx.Err() != nil {
		return
	}
	if len(l.failed) == 0 { // the others have the same trouble
		l.log.Warn().Err(err).Str(trail.Visitor, string(v)).Msg("Open panels could not be told of a contact; trying again")
	}
	if _, kept := l.failed[v]; !kept && len(l.failed) >= mostFailed {
		l.tooMany = true
		return
	}
	l.failed[v] = l.failed[v] || changed
}

// retry has contacts looked at again that could not be read.
func (l *live) retry() {
	if l.tooMany {
		l.tooMany = false
		l.tell(encode(bareFrame{"refresh"}), func(*socket) bool { return true })
	}
	for v, changed := range l.failed {
		l.stir(v, changed)
	}
	clear(l.failed)
}

// tellGone says that a contact was erased: to who watches it, and to whose list may
// show it. One that did not change was there for nobody.
func (l *live) tellGone(v chat.VisitorID, changed bool) {
	site, known := l.sites[v]
	delete(l.sites, v)
	if known {
		delete(l.pending[site], v)
	}
	l.tell(encode(goneFrame{"gone", v}), func(s *socket) bool { return s.watched == v || known && s.site == site })
	if !known && changed { // nobody was told of it since the start
		l.tell(encode(bareFrame{"refresh"}), func(s *socket) bool { return s.watched != v })
	}
}

// tellLists says which contacts of each site changed.
func (l *live) tellLists(ctx context.Context) {
	pending := l.pending
	l.pending = map[chat.SiteID]map[chat.VisitorID]bool{}
	defer clear(l.built)
	for site, changed := range pending {
		here := func(s *socket) bool { return s.site == site }
		if !l.any(here) || len(changed) == 0 {
			continue
		}
		if len(changed) > mostListed {
			l.tell(encode(bareFrame{"refresh"}), here)
			continue
		}
		frame := changedFrame{"changed", make([]api.Contact, 0, len(changed))}
		for _, v := range slices.Sorted(maps.Keys(changed)) {
			c, ok := l.built[v]
			if !ok {
				var err error
				c, _, err = l.contact(ctx, v)
				if errors.Is(err, store.ErrNotFound) {
					l.tellGone(v, true)
					continue
				}
				if err != nil {
					l.fail(ctx, v, true, err)
					continue
				}
			}
			frame.Contacts = append(frame.Contacts, c)
		}
		l.tell(encode(frame), here)
	}
}
