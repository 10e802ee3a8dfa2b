package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Twins are several events of one entry: a PUT that arrived after the sender gave it up
// and said the entry again, or one that the homeserver took and showed to nobody. One
// event counts, and the others are removed. What was aimed at one of those is lost with it
// in every client, so edits and reactions go out once more, at the event that counts.

// keepOne removes all events of an entry in a room but one, when one of them was seen: that
// which counts, or its twin. A restored homeserver may have a twin again, and have shown the
// event that counts only after it was asked for what it lost.
func (m *Matrix) keepOne(ctx context.Context, e chat.Entry, room id.RoomID, counts, seen id.EventID) error {
	if counts != seen {
		return m.keepEarlier(ctx, e, room, seen)
	}
	twins, err := m.store.Twins(ctx, e.ID, room)
	if err != nil || len(twins) == 0 {
		return err
	}
	if _, stands, err := m.stands(ctx, room, counts); err != nil || !stands {
		return err
	}
	for _, twin := range twins {
		_, err := m.store.ArrivalState(ctx, twin)
		switch {
		case err == nil:
			err = m.keepEarlier(ctx, e, room, twin)
		case errors.Is(err, store.ErrNotFound): // in no timeline, maybe, though the homeserver has it: nobody sees it
			err = m.redactStanding(ctx, room, twin)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keepEarlier removes the later of two events of an entry that were seen, that which counts and
// a twin: what else was said may stand between them. Should the earlier be gone, as after a
// restored backup of the homeserver, or removed, as by a database that was restored since and
// held the other one for the twin, the later one stays. The homeserver's times decide, so that
// two who look at the same events at once choose the same one; a clock that was set back between
// them costs the order.
func (m *Matrix) keepEarlier(ctx context.Context, e chat.Entry, room id.RoomID, twin id.EventID) error {
	counts, at, err := m.store.EventOf(ctx, e.ID)
	if err != nil || counts == twin {
		return ignoreNotFound(err)
	}
	other, otherStands, err := m.stands(ctx, room, twin)
	if err != nil || !otherStands {
		return err
	}
	own, stands, err := m.stands(ctx, at, counts)
	if err != nil {
		return err
	}
	if stands {
		keeps := at != room || own.Timestamp <= other.Timestamp
		if !keeps {
			keeps, err = m.hasOtherFile(ctx, e, other)
		}
		if err != nil {
			return err
		}
		if keeps {
			return m.redactTwin(ctx, room, twin)
		}
	}
	moved, err := m.store.SwapEvent(ctx, room, counts, twin, e)
	switch {
	case err != nil:
		return ignoreNotFound(err)
	case !moved: // by who looks at the same entry
		return m.keepEarlier(ctx, e, room, twin)
	}
	m.queue.wake(e.Visitor)
	if stands {
		return m.redactTwin(ctx, room, counts)
	}
	return nil
}

// hasOtherFile reports whether an event of an entry does not have the file where it is now: it
// was brought to the homeserver once more, which may have lost what it had.
func (m *Matrix) hasOtherFile(ctx context.Context, e chat.Entry, found *event.Event) (bool, error) {
	if e.Content.File == nil {
		return false, nil
	}
	file, err := m.store.File(ctx, e.Visitor, e.Content.File.ID)
	if err != nil {
		return false, ignoreNotFound(err)
	}
	var content struct {
		URL id.ContentURIString `json:"url"`
	}
	_ = json.Unmarshal(found.Content.VeryRaw, &content) // what cannot be read is not ours
	return file.MXC != "" && content.URL != file.MXC, nil
}

// stands returns an event that the homeserver has, and whether it does and nobody removed it.
func (m *Matrix) stands(ctx context.Context, room id.RoomID, at id.EventID) (*event.Event, bool, error) {
	found, there, err := m.find(ctx, room, at)
	return found, there && found.Unsigned.RedactedBecause == nil, err
}

// twinReason is why a twin is removed.
const twinReason = "sent twice"

// isTwinRemoval reports whether a redaction took away no more than a twin.
func isTwinRemoval(content json.RawMessage) bool {
	var c struct {
		Reason string `json:"reason"`
	}
	_ = json.Unmarshal(content, &c) // what cannot be read is not ours
	return c.Reason == twinReason
}

// redactTwin removes an event that says what another one says already.
func (m *Matrix) redactTwin(ctx context.Context, room id.RoomID, twin id.EventID) error {
	_, err := m.hs.as(m.cfg.BotUserID()).RedactEvent(ctx, room, twin, mautrix.ReqRedact{Reason: twinReason, TxnID: "twin-" + string(twin)})
	if f := outcome(err); err != nil && (f == down || f == later) {
		return err
	}
	return nil
}

// redactStanding does so if the event stands.
func (m *Matrix) redactStanding(ctx context.Context, room id.RoomID, twin id.EventID) error {
	_, stands, err := m.stands(ctx, room, twin)
	if err != nil || !stands {
		return err
	}
	return m.redactTwin(ctx, room, twin)
}

// removeOthers removes what else says an entry in a room, where somebody removed one of its
// events: they mean what it says. It comes before the removal is recorded, which is heard
// again if this fails.
func (m *Matrix) removeOthers(ctx context.Context, room id.RoomID, entry chat.EntryID, removed id.EventID) error {
	own, err := m.eventIn(ctx, room, entry)
	if err != nil {
		return err
	}
	others, err := m.store.Twins(ctx, entry, room)
	if err != nil {
		return err
	}
	for _, other := range append(others, own) {
		if other == removed || other == "" {
			continue
		}
		if err := m.redactStanding(ctx, room, other); err != nil {
			return err
		}
	}
	return nil
}

// aimAnew makes pending again what was aimed at an event of a message that does not count:
// the newest edit, which has all that the older ones said, and reactions.
func (m *Matrix) aimAnew(ctx context.Context, e chat.Entry, room id.RoomID) error {
	if e.Kind != chat.Message {
		return nil
	}
	if twins, err := m.store.Twins(ctx, e.ID, room); err != nil || len(twins) == 0 {
		return err
	}
	about, err := m.store.SentAbout(ctx, e, room)
	if err != nil {
		return err
	}
	again := false
	for _, a := range about {
		sent, there, err := m.find(ctx, room, a.Event)
		if err != nil {
			return err
		}
		if !there {
			continue // or no member may see it: nothing can be said of it
		}
		aside, err := m.aimsAside(ctx, a.Entry, room, a.Event, sent.Content.VeryRaw)
		if err != nil {
			return err
		}
		again = again || aside
	}
	if again {
		m.queue.wake(e.Visitor)
	}
	return nil
}

// aimsAside reports whether an event of ours is about an event that does not count, while
// another one of the same message does, if in a room of before. Such an event does not count
// either: it is removed, and what it said is pending again.
func (m *Matrix) aimsAside(ctx context.Context, e chat.Entry, room id.RoomID, event id.EventID, content json.RawMessage) (bool, error) {
	at := aimOf(content)
	if e.Target == "" || at == "" {
		return false, nil
	}
	counts, _, err := m.store.EventOf(ctx, e.Target)
	if err != nil || counts == at {
		return false, ignoreNotFound(err)
	}
	if twins, err := m.store.Twins(ctx, e.Target, room); err != nil || !slices.Contains(twins, at) {
		return false, err
	}
	if err := m.store.AddTwin(ctx, room, event, e); err != nil {
		return true, err
	}
	return true, m.redactTwin(ctx, room, event)
}

// aimOf reads which event a content is about, or "". A reply is about none.
func aimOf(content json.RawMessage) id.EventID {
	var c struct {
		Relates struct {
			Event id.EventID `json:"event_id"`
		} `json:"m.relates_to"`
	}
	_ = json.Unmarshal(content, &c) // what cannot be read is not ours
	return c.Relates.Event
}
