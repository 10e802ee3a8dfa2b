package bridge_test

import (
	"fmt"
	"slices"

	"maunium.net/go/mautrix/event"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// lost says what became of an entry that is not in the room. It is excused if the
// homeserver took the event and answers for it by its id: that its own timeline lost
// it when it was killed is nothing a bridge can see.
func (f *findings) lost(t *killTalk, entry chat.EntryID, text string) (fate string, excused bool) {
	e, fate := f.eventOf(t, entry)
	switch {
	case e == nil:
		return fate, false
	case e.Unsigned.RedactedBecause != nil:
		return fmt.Sprintf("%s was redacted by %s", e.ID, e.Unsigned.RedactedBecause.Sender), false
	default:
		fate = string(e.ID) + " is there, but not in the timeline"
		return fate, f.excuse(t, text, fate)
	}
}

// unheard says what became of the removal of an entry that the visitor still sees. It is
// excused as in lost: if the homeserver has removed the event, and has the redaction
// neither delivered nor in its timeline.
func (f *findings) unheard(t *killTalk, entry chat.EntryID, text string) (fate string, excused bool) {
	e, fate := f.eventOf(t, entry)
	if e == nil {
		return fate, false
	}
	because := e.Unsigned.RedactedBecause
	if because == nil {
		return string(e.ID) + " is not redacted", false
	}
	inbox, arrived := f.arrived[because.ID]
	there := slices.ContainsFunc(f.everything(t.room), func(e *event.Event) bool { return e.ID == because.ID })
	fate = fmt.Sprintf("%s was redacted by %s of %s, which arrived: %t %s, and is in the timeline: %t", e.ID, because.ID, because.Sender, arrived, inbox.state, there)
	return fate, !arrived && !there && f.excuse(t, text, fate)
}

// excuse reports whether the homeserver was killed often enough to have lost this too.
func (f *findings) excuse(t *killTalk, text, fate string) bool {
	if f.damaged >= len(f.outages) {
		return false
	}
	f.damaged++
	f.Logf("dialog %d: the homeserver lost what concerns %q from its timeline when it was killed: %s", t.number, text, fate)
	return true
}

// eventOf is the homeserver's event of an entry by its id; nil with the reason if there is none.
func (f *findings) eventOf(t *killTalk, entry chat.EntryID) (e *event.Event, why string) {
	for key, of := range f.entries {
		if of != entry {
			continue
		}
		e, err := f.anna.GetEvent(f.Context(), t.room, key)
		if err != nil {
			return nil, fmt.Sprintf("%s: %v", key, err)
		}
		return e, ""
	}
	return nil, "no event of " + string(entry) + " is known"
}
