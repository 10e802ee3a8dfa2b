package matrix

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/store"
)

// typeShown marks in a site's space that a restored database is about to read the rooms.
var typeShown = event.Type{Type: "chat.anteroom.restored", Class: event.StateEventType} //nolint:gochecknoglobals // a constant of the protocol

const (
	// shownWithin is how long a homeserver may take to show what it took.
	shownWithin = 2 * time.Minute
	// shownEvery is how often it is asked for that.
	shownEvery = 250 * time.Millisecond
)

// awaitShown waits until the homeserver shows in the rooms all that it took before now.
// Dendrite answers a PUT long before its timelines have the event, many seconds under load,
// and has them in the order in which it took them: so a mark is put behind them, once for a
// process, into a space, where nobody reads it.
func (m *Matrix) awaitShown(ctx context.Context, theirs int64) error {
	if m.shown {
		return nil
	}
	bot := m.hs.as(m.cfg.BotUserID())
	for _, site := range m.cfg.Sites {
		space, err := m.store.SiteRoom(ctx, site.ID, roleSpace)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		mark, err := bot.SendStateEvent(ctx, space, typeShown, "", bootMark{Boot: theirs})
		if f := outcome(err); err != nil && (f == noRoom || f == refused) {
			continue // it is gone, or was replaced since the backup
		}
		if err != nil {
			return fmt.Errorf("mark what is to be shown: %w", err)
		}
		shown, err := m.isShown(ctx, space, mark.EventID)
		if err != nil {
			return err
		}
		if !shown {
			m.log.Warn().Stringer("waited", shownWithin).Msg("The homeserver does not show what it took; the rooms are read as they are")
		}
		m.shown = true
		return nil
	}
	return nil
}

// isShown waits until a room's timeline has an event, and reports whether it came in time.
func (m *Matrix) isShown(ctx context.Context, room id.RoomID, mark id.EventID) (bool, error) {
	bot, until := m.hs.as(m.cfg.BotUserID()), time.Now().Add(shownWithin)
	for time.Now().Before(until) {
		page, err := bot.Messages(ctx, room, "", "", mautrix.DirectionBackward, nil, 20)
		if err != nil {
			return false, fmt.Errorf("look for what is to be shown: %w", err)
		}
		if slices.ContainsFunc(page.Chunk, func(e *event.Event) bool { return e.ID == mark }) {
			return true, nil
		}
		select {
		case <-time.After(shownEvery):
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	return false, nil
}
