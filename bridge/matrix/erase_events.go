package matrix

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"golang.org/x/time/rate"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/matrix/convert"
	"github.com/anteroom-chat/anteroom/bridge/matrix/recipe"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

const (
	// removeRate is how many events of erased visitors are removed in a second:
	// each is an event itself, and those of visitors who are there come first.
	removeRate = 10
	// removePage is how many events are looked at in one go.
	removePage = 100
)

func newRemoving() *rate.Limiter { return rate.NewLimiter(removeRate, removeRate) }

// removeEvents removes one page of what was said in a room, from the newest
// event back. It reports true when the whole room was looked through and
// nothing was found: what came while the room was being closed is met on the
// next way through.
func (e *erasing) removeEvents(ctx context.Context, room store.ErasureRoom) (done bool, err error) {
	step := "remove from " + string(room.Room)
	if before, err := e.store.Applied(ctx, e.subject, step); err != nil || before != "" {
		return before != "", err
	}
	page, err := whole(e.bot().Messages(ctx, room.Room, room.Place, "", mautrix.DirectionBackward, nil, removePage))
	if err != nil {
		if room.Place != "" && outcome(err) == refused {
			return false, e.store.SetErasureRoom(ctx, store.ErasureRoom{Room: room.Room}) // a token that the homeserver does not know (any more)
		}
		return false, err
	}
	removed, err := e.removeEach(ctx, room.Room, page.Chunk)
	room.Found = room.Found || removed
	if err != nil {
		return false, errors.Join(err, e.store.SetErasureRoom(ctx, room))
	}
	e.doubts.calm(e.Visitor) // or the pauses of the next page would begin with the last one's longest
	if end := olderFrom(room.Place, page.Start, page.End); len(page.Chunk) > 0 && end != "" && end != room.Place {
		room.Place = end
		return false, e.store.SetErasureRoom(ctx, room)
	}
	if room.Found {
		return false, e.store.SetErasureRoom(ctx, store.ErasureRoom{Room: room.Room})
	}
	return true, e.store.SetApplied(ctx, e.subject, step, "done")
}

// removeEach removes the events of a page. None waits for another that is refused: a room
// may refuse them all.
func (e *erasing) removeEach(ctx context.Context, room id.RoomID, page []*event.Event) (some bool, refusal error) {
	for _, said := range page {
		if !e.holds(said) {
			continue
		}
		removed, err := e.remove(ctx, room, said.ID)
		some = some || removed
		if err != nil && (!answered(err) || e.hs.isDown(ctx, err)) {
			return some, err
		}
		refusal = cmp.Or(refusal, err)
	}
	return some, refusal
}

// remove removes one event. It reports false for one that stays because the homeserver
// refuses that again and again: it is noted, or the next way through would find it anew
// and the erasure would never end.
func (e *erasing) remove(ctx context.Context, room id.RoomID, said id.EventID) (removed bool, err error) {
	step := "event " + string(said)
	if left, err := e.store.Applied(ctx, e.subject, step); err != nil || left != "" {
		return false, err
	}
	if err := e.removing.Wait(ctx); err != nil {
		return false, err
	}
	_, refusal := e.bot().RedactEvent(ctx, room, said, mautrix.ReqRedact{TxnID: "erase-" + string(said)})
	killpoint.Reach(killpoint.Erasing)
	if err := e.letBe(e.subject, step, refusal); err != nil || refusal == nil {
		return err == nil, err
	}
	return false, e.store.SetApplied(ctx, e.subject, step, "left")
}

// holds reports whether an event says something that must go. A homeserver may
// keep with a state event what the one before it said.
func (e *erasing) holds(said *event.Event) bool {
	if said.Unsigned.RedactedBecause != nil || e.isLastWord(said) {
		return false
	}
	if e.says(said, said.Content.VeryRaw) {
		return true
	}
	before := said.Unsigned.PrevContent
	return said.StateKey != nil && before != nil && e.says(said, before.VeryRaw)
}

func (e *erasing) says(said *event.Event, raw json.RawMessage) bool {
	content := keys(raw)
	switch {
	case said.Type.Type == event.EventRedaction.Type:
		delete(content, "redacts")
		delete(content, convert.EntryKey)
	case said.StateKey == nil:
	case isRule(said.Type.Type):
		return false
	case said.Type.Type == event.StateMember.Type:
		if id.UserID(*said.StateKey) != e.ghost {
			return false
		}
		// What a redaction leaves of it (specification, "Redactions").
		delete(content, "membership")
		delete(content, "join_authorised_via_users_server")
	case said.Type.Type == event.StateRoomName.Type:
		var name event.RoomNameEventContent
		_ = json.Unmarshal(raw, &name) // anything else is not ours
		return len(content) > 0 && name.Name != e.name()
	}
	return len(content) > 0
}

// isRule reports whether a state event is about the room and not about what is
// said in it.
func isRule(kind string) bool {
	return slices.Contains([]string{
		event.StateCreate.Type, event.StatePowerLevels.Type, event.StateJoinRules.Type, event.StateHistoryVisibility.Type,
		event.StateGuestAccess.Type, event.StateEncryption.Type, event.StateServerACL.Type, event.StateTombstone.Type,
		event.StateElementFunctionalMembers.Type,
	}, kind)
}

func keys(content json.RawMessage) map[string]json.RawMessage {
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(content, &fields) // what is no object says nothing
	maps.DeleteFunc(fields, func(_ string, value json.RawMessage) bool { return string(value) == `""` || string(value) == "null" })
	return fields
}

func (e *erasing) isLastWord(said *event.Event) bool {
	var content lastWord
	_ = json.Unmarshal(said.Content.VeryRaw, &content) // anything else is not ours
	return content.Last && said.Sender == e.cfg.BotUserID()
}

func (e *erasing) name() string { return recipe.ErasedName(e.language, e.Number) }

// neutralise gives the room a name that says nothing, and empties all other
// state that is not one of its rules. The events of before are removed after
// that, with everything else.
func (e *erasing) neutralise(ctx context.Context, room id.RoomID) error {
	state, err := e.bot().StateAsArray(ctx, room)
	if err != nil {
		return err
	}
	var refusals error
	for _, now := range state {
		kind := now.Type.Type
		if isRule(kind) || kind == event.StateMember.Type || len(keys(now.Content.VeryRaw)) == 0 {
			continue
		}
		// The name too: the neutral one must not be known as what came after it.
		if _, err := e.bot().SendStateEvent(ctx, room, now.Type, now.GetStateKey(), struct{}{}); err != nil && outcome(err) == down {
			return err
		} else if err != nil {
			refusals = errors.Join(refusals, err)
		}
	}
	_, err = e.bot().SendStateEvent(ctx, room, event.StateRoomName, "", &event.RoomNameEventContent{Name: e.name()})
	return errors.Join(err, refusals)
}
