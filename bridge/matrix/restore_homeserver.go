package matrix

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// resendLost makes a dialog's entries pending again that a restored homeserver
// does not have any more, and distrusts everything that it was told.
func (m *Matrix) resendLost(ctx context.Context) error {
	delivered, err := m.store.NewestArrival(ctx)
	if err != nil {
		return err
	}
	if err := errors.Join(
		m.store.SetMeta(ctx, metaResentAt, strconv.FormatInt(delivered, 10)),
		m.hs.state.Forget(ctx), m.store.ForgetAllApplied(ctx), m.store.ForgetMembers(ctx), m.store.ForgetPolls(ctx),
	); err != nil {
		return err
	}
	if err := m.registerOwn(ctx); err != nil {
		return err
	}
	rooms, err := m.store.DialogRooms(ctx)
	if err != nil {
		return err
	}
	var unread error // one that cannot be read holds up no other for long
	for v, room := range rooms {
		// What waits to be sent, whether or not the rooms lost anything.
		if err := m.uploadAgain(ctx, v); err != nil {
			return err
		}
		former, err := m.store.FormerRooms(ctx, v)
		if err != nil {
			return err
		}
		for _, again := range append(former, room) {
			own, err := m.passOver(ctx, string(again), m.resendLostOf(ctx, v, again, again != room))
			if err != nil {
				return err
			}
			unread = errors.Join(unread, own)
		}
	}
	if unread != nil {
		return unread
	}
	return m.rereadAllSpaces(ctx)
}

// resendLostOf looks at every event of a dialog's room by itself: what was lost has gaps,
// for what was said early may have been sent late, after what the homeserver still has. A
// room that the dialog left may be gone for good with all it had: that is no loss of now.
func (m *Matrix) resendLostOf(ctx context.Context, v chat.VisitorID, room id.RoomID, left bool) error {
	known, err := m.store.EventsIn(ctx, v, room)
	if err != nil || len(known) == 0 {
		return err
	}
	kept, err := m.timeline(ctx, room)
	if err != nil || left && len(kept) == 0 {
		return err
	}
	lost, twins, err := m.missing(ctx, room, known, kept)
	if err != nil {
		return err
	}
	var again []chat.EntryID
	if err := m.store.Write(ctx, func(ctx context.Context) error {
		if again, err = m.store.Resend(ctx, v, lost); err != nil {
			return err
		}
		return m.uploadAgain(ctx, v) // what waits since the line above, too
	}); err != nil {
		return err
	}
	for _, e := range again {
		m.doubts.doubt(e) // what is shown late is found before it is sent
	}
	return m.removeTwins(ctx, v, room, twins)
}

// missing compares what is known of a room with its timeline: what was lost, and which
// twins stand there again.
func (m *Matrix) missing(ctx context.Context, room id.RoomID, known []store.KnownEvent, kept map[id.EventID]bool) (lost store.Lost, twins []store.KnownEvent, err error) {
	for _, e := range known {
		removed, has := kept[e.Event]
		if !has && !e.Twin && len(kept) > 0 {
			// A timeline may have less than the homeserver.
			if has, err = m.hasEvent(ctx, room, e.Event); err != nil {
				return lost, nil, err
			}
			removed = has
		}
		switch {
		case e.Twin && has && !removed:
			twins = append(twins, e)
		case e.Twin:
		case !has:
			lost.Events = append(lost.Events, e.Event)
		case e.Redacted && !removed:
			lost.Removals = append(lost.Removals, e.Entry)
		}
	}
	return lost, twins, nil
}

// uploadAgain has the files brought once more that the homeserver had of what is not sent
// (yet, or any more): it may have lost them. One of which we have no copy stays where it was.
func (m *Matrix) uploadAgain(ctx context.Context, v chat.VisitorID) error {
	files, err := m.store.UploadsUnsent(ctx, v)
	if err != nil {
		return err
	}
	for _, f := range files {
		err := m.dialog.StageAgain(f.ID)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("stage a file again: %w", err)
		}
		if err := m.store.SetFileMXC(ctx, f.ID, ""); err != nil {
			return err
		}
	}
	return nil
}

// removeTwins removes again what stands beside the events that count. What the homeserver
// lost of those is said once more, or found to be said by its twin.
func (m *Matrix) removeTwins(ctx context.Context, v chat.VisitorID, room id.RoomID, twins []store.KnownEvent) error {
	for _, twin := range twins {
		counts, _, err := m.store.EventOf(ctx, twin.Entry)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		e, err := m.store.Entry(ctx, v, twin.Entry)
		if err != nil {
			return err
		}
		if err := errors.Join(m.keepOne(ctx, e, room, counts, twin.Event), m.aimAnew(ctx, e, room)); err != nil {
			return err
		}
	}
	return nil
}

// timeline are the events that a room shows, and whether they were removed. It is empty
// if the homeserver does not have the room.
func (m *Matrix) timeline(ctx context.Context, room id.RoomID) (map[id.EventID]bool, error) {
	shown := map[id.EventID]bool{}
	for from := ""; ; {
		page, next, err := m.roomPage(ctx, room, from, "")
		if err != nil {
			return nil, err
		}
		for _, e := range page {
			if isRemoved, has := shown[id.EventID(e.Key)]; !has || !isRemoved {
				shown[id.EventID(e.Key)] = len(removal(room, e.Raw)) > 0
			}
		}
		if next == "" || next == from {
			return shown, nil
		}
		from = next
	}
}
