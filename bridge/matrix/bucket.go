package matrix

import (
	"context"
	"errors"
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/matrix/notice"
	"github.com/anteroom-chat/anteroom/bridge/matrix/recipe"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

const (
	// bucketChildren are the most rooms that a bucket ever lists. Those that it
	// does not list any more stay in its state, and every change of the state
	// costs the homeserver the more the larger it is.
	bucketChildren = 500
	// lookForMoves is how often it is looked which dialogs have to move.
	lookForMoves = time.Second
	// movesAtOnce is how many of those that changed begin in one look; of those
	// that can wait, one does.
	movesAtOnce = 10
	// moveAgainAfter is when a dialog is woken again that did not move.
	moveAgainAfter = time.Minute
)

func markOf(b store.Bucket) recipe.SpaceMark {
	return recipe.SpaceMark{Site: b.Site, Shelf: b.Shelf, Number: b.Number}
}

// place lists a dialog's room where it belongs: the desk's in the site's space,
// that of an open dialog in Open, that of a closed one in the month's bucket
// once it has been closed for a while. It is listed in the new place first; what
// breaks off in between is taken up again, because all other places are left
// whenever this runs.
func (m *Matrix) place(ctx context.Context, c *conversation, stands store.Dialog, root id.RoomID) error {
	stays := stands.ClosedAt.Add(time.Duration(c.site.Closed.MoveAfter))
	if stands.Move == 0 || stands.Status == store.StatusClosed && now().Before(stays) {
		return nil
	}
	err := m.moveRoom(ctx, c, stands, root)
	if errors.Is(err, errFull) {
		return nil
	}
	if comesOfLoss(err) && m.spaces.sites[c.site.ID].doubtful() == 0 {
		m.spaces.doubt(c.site.ID)
	}
	return err
}

func (m *Matrix) moveRoom(ctx context.Context, c *conversation, stands store.Dialog, root id.RoomID) error {
	spots, err := m.store.Spots(ctx, c.visitor)
	if err != nil {
		return err
	}
	here, err := m.spotOf(ctx, c, stands, root, spots)
	if err != nil {
		return err
	}
	if here.State != store.ChildIn {
		child := recipe.Child(m.cfg)
		if c.who.Desk {
			child = recipe.DeskChild(m.cfg)
		}
		if err := m.list(ctx, here.Space, here.Room, child); err != nil {
			return err
		}
	}
	for _, p := range spots {
		if p.Space == here.Space && p.Room == here.Room {
			continue
		}
		if err := m.unlist(ctx, c.site, p); err != nil {
			return err
		}
	}
	if !c.who.Desk {
		if err := m.settleDoor(ctx, c.room, root); err != nil {
			return err
		}
	}
	return m.store.Moved(ctx, c.visitor, stands, here, root)
}

// spotOf is the one place where a dialog's room is to be listed: that of spots
// which is right, else a new one.
func (m *Matrix) spotOf(ctx context.Context, c *conversation, stands store.Dialog, root id.RoomID, spots []store.Spot) (store.Spot, error) {
	shelf := store.ShelfOpen
	switch {
	case c.who.Desk:
		shelf = ""
	case stands.Status == store.StatusClosed:
		shelf = recipe.Shelf(c.site, stands.ClosedAt)
	}
	for _, p := range spots {
		if p.Room == c.room && p.Shelf == shelf && (shelf != "" || p.Space == root) {
			return p, nil
		}
	}
	return m.reserve(ctx, c, shelf, root)
}

// reserve finds the place for a dialog's room. When the last bucket is full, that is left to
// those who look after spaces, and the dialog is woken again: no sender makes spaces.
func (m *Matrix) reserve(ctx context.Context, c *conversation, shelf string, root id.RoomID) (store.Spot, error) {
	spot := store.Spot{Space: root, Room: c.room, State: store.ChildAdding, Shelf: shelf}
	if shelf == "" {
		return spot, m.store.SetChild(ctx, root, c.room, store.ChildAdding)
	}
	last, err := m.reserveIn(ctx, c.site, shelf, c.room)
	if isFull(err) {
		m.spaces.want(c.site.ID, wish{shelf: shelf, room: c.room}, c.visitor)
		return spot, errFull
	}
	spot.Space = last.Room
	return spot, err
}

// errFull says that a dialog waits for the next bucket.
var errFull = errors.New("the last bucket is full")

func isFull(err error) bool {
	return errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrFull)
}

func (m *Matrix) reserveIn(ctx context.Context, site *config.Site, shelf string, room id.RoomID) (store.Bucket, error) {
	return m.store.Reserve(ctx, site.ID, shelf, room, killpoint.Lower(killpoint.BucketChildren, bucketChildren))
}

// reserveAnew finds the place for a dialog's room in a new bucket, unless there is one by now.
func (m *Matrix) reserveAnew(ctx context.Context, site *config.Site, root id.RoomID, w wish) error {
	for {
		last, err := m.reserveIn(ctx, site, w.shelf, w.room)
		if !isFull(err) {
			return err
		}
		if err := m.makeBucket(ctx, site, root, recipe.SpaceMark{Site: site.ID, Shelf: w.shelf, Number: last.Number + 1}); err != nil {
			return err
		}
	}
}

// makeBucket makes a bucket. It is listed in the site's space when that is looked after.
func (m *Matrix) makeBucket(ctx context.Context, site *config.Site, root id.RoomID, mark recipe.SpaceMark) error {
	room, adopted, err := m.makeSpace(ctx, mark, recipe.Bucket(m.cfg, site, m.roomVersion, mark, root))
	if err != nil {
		return err
	}
	killpoint.Reach(killpoint.AfterBucket)
	if err := m.store.Write(ctx, func(ctx context.Context) error {
		err := m.store.AddBucket(ctx, store.Bucket{Site: site.ID, Shelf: mark.Shelf, Number: mark.Number, Room: room}, root)
		if !adopted {
			err = errors.Join(err, m.store.SetApplied(ctx, store.SpaceSubject(room), whatDoor, string(root)))
		}
		return err
	}); err != nil {
		return err
	}
	if adopted {
		if _, err := m.rereadChildren(ctx, room); err != nil {
			return err
		}
	}
	m.spaces.wake(site.ID)
	return nil
}

// checkBucket forgets a bucket that is gone; what it listed is listed anew.
func (m *Matrix) checkBucket(ctx context.Context, site *config.Site, root id.RoomID, b store.Bucket) error {
	if gone, err := m.isGone(ctx, b.Room, markOf(b)); err != nil || !gone {
		return err
	}
	if listed, err := m.store.IsListed(ctx, root, b.Room); err != nil {
		return err
	} else if listed {
		if err := m.hide(ctx, root, b.Room); err != nil {
			return err
		}
	}
	return m.store.Write(ctx, func(ctx context.Context) error {
		open, err := m.store.ForgetSpace(ctx, b.Room)
		if err != nil {
			return err
		}
		m.wakeLater(ctx, open)
		m.log.Warn().Str(trail.Site, string(site.ID)).Stringer("space", b.Room).Str("shelf", b.Shelf).Msg("A space is gone or closed to the bot; its rooms come into a new one")
		return m.tellDesk(ctx, site, "replaced:"+string(b.Room), notice.BucketReplaced, notice.Args{Name: recipe.BucketName(site, markOf(b))})
	})
}

// settleBuckets lists a site's buckets in its space, lets its members into them,
// invites operators to those of open dialogs, and gives up those that are spent.
func (m *Matrix) settleBuckets(ctx context.Context, site *config.Site, root id.RoomID) error {
	spent, err := m.store.SpentBuckets(ctx, site.ID)
	if err != nil {
		return err
	}
	for _, b := range spent {
		if err := m.giveUpBucket(ctx, root, b); err != nil {
			return err
		}
	}
	unlisted, err := m.store.UnlistedBuckets(ctx, site.ID, root)
	if err != nil {
		return err
	}
	for _, b := range unlisted {
		if err := m.store.SetChild(ctx, root, b.Room, store.ChildAdding); err != nil {
			return err
		}
		if err := m.list(ctx, root, b.Room, recipe.BucketChild(m.cfg, markOf(b))); err != nil {
			return err
		}
	}
	buckets, err := m.store.Buckets(ctx, site.ID)
	if err != nil {
		return err
	}
	strays, err := m.store.StrayChildren(ctx, site.ID)
	if err != nil {
		return err
	}
	var steps []func() error
	for _, b := range buckets {
		steps = append(steps, func() error { return m.settleBucket(ctx, site, root, b) })
	}
	for _, p := range strays {
		steps = append(steps, func() error { return m.unlist(ctx, site, p) })
	}
	return m.each(ctx, steps...)
}

func (m *Matrix) settleBucket(ctx context.Context, site *config.Site, root id.RoomID, b store.Bucket) error {
	subject := store.SpaceSubject(b.Room)
	if err := m.attempt(ctx, subject, whatDoor, string(root), func(ctx context.Context) error {
		bot := m.hs.as(m.cfg.BotUserID())
		if err := second(bot.SendStateEvent(ctx, b.Room, event.StateJoinRules, "", recipe.Members(root))); err != nil {
			return err
		}
		return second(bot.SendStateEvent(ctx, b.Room, event.StateSpaceParent, string(root), recipe.Parent(m.cfg)))
	}); err != nil || b.Shelf != store.ShelfOpen {
		return err
	}
	return m.settleMembers(ctx, subject, members{site: site, room: b.Room, invited: site.Operators, anew: true})
}

// giveUpBucket takes a bucket that lists nothing any more, and never will, from
// the site's space and from its members' lists.
func (m *Matrix) giveUpBucket(ctx context.Context, root id.RoomID, b store.Bucket) error {
	bot := m.hs.as(m.cfg.BotUserID())
	if err := m.hide(ctx, root, b.Room); err != nil {
		return err
	}
	members, err := bot.Members(ctx, b.Room)
	if err != nil {
		return err
	}
	for _, e := range members.Chunk {
		user := id.UserID(e.GetStateKey())
		if member := e.Content.AsMember().Membership; user == m.cfg.BotUserID() || member != event.MembershipJoin && member != event.MembershipInvite {
			continue
		}
		if _, err := bot.KickUser(ctx, b.Room, &mautrix.ReqKickUser{UserID: user, Reason: "this space is full and was replaced by another"}); err != nil && !hopeless(err) {
			return err
		}
	}
	if _, err := m.store.ForgetSpace(ctx, b.Room); err != nil {
		return err
	}
	// Should this break off, the sweep of the next start leaves it.
	if _, err := bot.LeaveRoom(ctx, b.Room); err != nil && !hopeless(err) {
		return err
	}
	return nil
}

// list puts a room into a space.
func (m *Matrix) list(ctx context.Context, space, room id.RoomID, child *event.SpaceChildEventContent) error {
	if err := m.setChild(ctx, space, room, child); err != nil {
		return err
	}
	killpoint.Reach(killpoint.AfterList)
	return m.store.Listed(ctx, space, room, store.ChildIn)
}

// unlist takes a room out of a space. A bucket that is empty now is seen to when the site's spaces are.
func (m *Matrix) unlist(ctx context.Context, site *config.Site, p store.Spot) error {
	if err := m.hide(ctx, p.Space, p.Room); err != nil || p.Shelf != store.ShelfOpen {
		return err
	}
	spent, err := m.store.SpentBuckets(ctx, site.ID)
	if err == nil && len(spent) > 0 {
		m.spaces.wake(site.ID)
	}
	return err
}

func (m *Matrix) hide(ctx context.Context, space, room id.RoomID) error {
	// Should this break off, the room may be listed or not; who wants it listed does it anew.
	if err := m.store.Listed(ctx, space, room, store.ChildRemoving); err != nil {
		return err
	}
	// An empty content says that a room is no child (MSC1772, "m.space.child" without "via").
	if err := m.setChild(ctx, space, room, struct{}{}); err != nil {
		return err
	}
	killpoint.Reach(killpoint.AfterUnlist)
	return m.store.Listed(ctx, space, room, store.ChildOut)
}

func (m *Matrix) setChild(ctx context.Context, space, room id.RoomID, child any) error {
	_, err := m.hs.as(m.cfg.BotUserID()).SendStateEvent(ctx, space, event.StateSpaceChild, string(room), child)
	return m.letBe(string(space), "child "+string(room), err)
}

// settleDoor lets the members of the site's space into a dialog's room, when
// that is another space than before, or it is not known which it was.
func (m *Matrix) settleDoor(ctx context.Context, room, root id.RoomID) error {
	door, err := m.store.DoorOf(ctx, room)
	if err != nil || door == root {
		return ignoreNotFound(err)
	}
	if err := m.letBe(string(room), whatDoor, m.openDoor(ctx, room, root)); err != nil {
		return err
	}
	return m.store.SetDoor(ctx, room, root)
}

func (m *Matrix) openDoor(ctx context.Context, room, root id.RoomID) error {
	bot := m.hs.as(m.cfg.BotUserID())
	var rules event.JoinRulesEventContent
	if err := bot.StateEvent(ctx, room, event.StateJoinRules, "", &rules); err != nil {
		return err
	}
	if slices.ContainsFunc(rules.Allow, func(a event.JoinRuleAllow) bool { return a.RoomID == root }) {
		return nil
	}
	return second(bot.SendStateEvent(ctx, room, event.StateJoinRules, "", recipe.Members(root)))
}

// moveDialogs gives those dialogs a turn that have to move, when it is time.
func (m *Matrix) moveDialogs(ctx context.Context) error {
	select {
	case <-m.ready:
	case <-ctx.Done():
		return ctx.Err()
	}
	ticker := time.NewTicker(lookForMoves)
	defer ticker.Stop()
	woken := map[chat.SiteID]map[chat.VisitorID]time.Time{}
	for {
		if m.hs.gate.isOpen() {
			for _, site := range m.cfg.Sites {
				var err error
				if woken[site.ID], err = m.wakeMoves(ctx, site, woken[site.ID]); err != nil && ctx.Err() == nil {
					m.log.Error().Err(err).Str(trail.Site, string(site.ID)).Msg("It could not be looked which dialogs have to move; trying again")
				}
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// wakeMoves wakes a site's dialogs that have to move, and returns which it woke
// when. Those that it woke lately and that did not move keep their own pauses.
func (m *Matrix) wakeMoves(ctx context.Context, site *config.Site, woken map[chat.VisitorID]time.Time) (map[chat.VisitorID]time.Time, error) {
	at, still := time.Now(), map[chat.VisitorID]time.Time{}
	for urgency, most := range map[store.Urgency]int{store.MoveNow: movesAtOnce, store.MoveAtLeisure: 1} {
		due, err := m.store.DueMoves(ctx, site.ID, urgency, at.Add(-time.Duration(site.Closed.MoveAfter)), most+len(woken))
		if err != nil {
			return still, err
		}
		for _, v := range due {
			if before, known := woken[v]; known && at.Sub(before) < moveAgainAfter {
				still[v] = before
			} else if most > 0 {
				most--
				still[v] = at
				m.queue.wake(v)
			}
		}
	}
	return still, nil
}
