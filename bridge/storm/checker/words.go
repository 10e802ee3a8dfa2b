package main

import (
	"slices"

	"github.com/anteroom-chat/anteroom/bridge/storm/record"
)

// acknowledged: whatever a visitor said was acknowledged in the end, or refused for a
// reason that the storm gave: its target was removed meanwhile.
func acknowledged(r *recording, f *findings) {
	for _, d := range r.sorted() {
		for _, s := range d.said {
			switch {
			case s.ack != nil:
			case s.refused == "":
				f.add("dialog %d: %s of %s (%q) was never acknowledged", d.number, s.Key, s.Who, s.Text)
			case s.Op == record.Message || s.Op == record.File || !r.goes(d, s.Target):
				if !r.targetLost(d, s) && !r.fileLost(s) {
					f.add("dialog %d: %s of %s (%s %q) was refused: %s", d.number, s.Key, s.Who, s.Op, s.Text, s.refused)
				}
			}
		}
	}
}

// goes reports whether somebody asked to remove a visitor's message, or an operator's.
func (r *recording) goes(d *dialog, entry string) bool {
	if entry == "" {
		return false
	}
	for _, s := range d.said {
		if s.Op == record.Redact && s.Target == entry && s.refused == "" {
			return true
		}
	}
	for _, p := range d.put {
		if p.Op == record.Redact && r.journal.said(p.Target) == r.now(entry) {
			return true
		}
	}
	return false
}

// inJournal: what was acknowledged is in the journal under the number and id of the
// acknowledgement, once, in the dialog of who said it, and numbers have no gaps.
func inJournal(r *recording, f *findings) {
	for _, d := range r.sorted() {
		clients := map[string]string{}
		for i, e := range r.journal.ofDialog[d.visitor] {
			if e.seq != int64(i+1) {
				f.add("dialog %d: the journal has number %d where %d should be", d.number, e.seq, i+1)
				break
			}
			if e.client != "" && clients[e.client] != "" {
				f.add("dialog %d: %s is twice in the journal: %s and %s", d.number, e.client, clients[e.client], e.id)
			}
			clients[e.client] = e.id
		}
		for _, s := range d.said {
			if s.ack == nil {
				continue
			}
			e, ok := r.journal.entries[s.ack.Entry]
			if (!ok || e.seq != s.ack.Seq) && r.lostWithDatabase(s) {
				continue
			}
			if !ok {
				f.add("dialog %d: %s (%q) was acknowledged as %s, which is not in the journal", d.number, s.Key, s.Text, s.ack.Entry)
				continue
			}
			if e.seq != s.ack.Seq || e.visitor != d.visitor {
				f.add("dialog %d: %s was acknowledged as number %d, and is number %d of %s", d.number, s.Key, s.ack.Seq, e.seq, e.visitor)
			}
		}
	}
}

// want is what a visitor's message has to say in the end; "" if it has to be gone.
func (r *recording) want(d *dialog, m *said) string {
	if r.goes(d, m.ack.Entry) {
		return ""
	}
	text, newest := m.Text, int64(0)
	for _, s := range d.said { // each message is one tab's business; numbers may go back with the database
		if s.Op == record.Edit && s.Target == m.ack.Entry && s.ack != nil && s.ack.At >= newest {
			text, newest = s.Text, s.ack.At
		}
	}
	return text
}

// toTheRoom: every acknowledged message is in a room of its dialog exactly once, with
// the text of its last edit; what was removed is not.
func toTheRoom(r *recording, f *findings) {
	for id, places := range r.byEntry {
		if len(places) > 1 && places[0].event.Type == "m.room.message" && !r.editedBefore(places) {
			f.add("entry %s is %d times in the rooms: %s and %s", id, len(places), places[0].event.ID, places[1].event.ID)
		}
	}
	edits := r.edits()
	for _, d := range r.sorted() {
		times := r.texts(d)
		for _, m := range d.said {
			if m.ack == nil || m.Op != record.Message && m.Op != record.File {
				continue
			}
			want, at := r.want(d, m), r.at(m.ack.Entry)
			if times[m.Text] > 1 && !r.within(faultDatabaseRestored, m.At, m.ack.At) {
				f.add("dialog %d: %q is %d times in the room", d.number, m.Text, times[m.Text])
			}
			switch {
			case want == "" && len(at) > 0:
				if r.lostRemoval(d, m) || r.unheard(d, m.ack.Entry) {
					continue
				}
				f.add("dialog %d: %q (%s) was removed, and is in the room as %s", d.number, m.Text, m.ack.Entry, at[0].event.ID)
			case want == "":
			case len(at) == 0:
				if event := r.eventOf(m.ack.Entry); !r.lostWithDatabase(m) && !r.lostItself(event) && !r.deleted(r.journal.eventIn[event]) {
					f.add("dialog %d: %q (%s, number %d) is not in the room", d.number, m.Text, m.ack.Entry, m.ack.Seq)
				}
			case r.journal.rooms[at[0].room] != d.visitor:
				f.add("dialog %d: %q is in the room %s of another dialog", d.number, m.Text, at[0].room)
			case at[0].event.Sum != m.Sum:
				f.add("dialog %d: %q (%s) is a file of other bytes in the room: %q instead of %q", d.number, m.Text, m.ack.Entry, at[0].event.Sum, m.Sum)
			default:
				now := at[0]
				if p, ok := r.standsFor[r.now(m.ack.Entry)]; ok { // an edit after an upgrade goes out as the message
					now = p
				}
				text := now.content.Body
				if edited := edits[now.event.ID]; edited != "" {
					text = edited
				}
				if text != want && !r.lostEdit(d, m) {
					f.add("dialog %d: %q (%s) reads %q in the room instead of %q", d.number, m.Text, m.ack.Entry, text, want)
				}
			}
		}
	}
}

// texts is how often the rooms of a dialog have the ghost's texts.
func (r *recording) texts(d *dialog) map[string]int {
	times := map[string]int{}
	for room, visitor := range r.journal.rooms {
		if visitor != d.visitor {
			continue
		}
		for _, p := range r.timeline(room) {
			if p.event.Type == "m.room.message" && !p.removed() && p.content.Relates.Type == "" && !r.isOperator(p.event.Sender) {
				times[p.content.Body]++
			}
		}
	}
	return times
}

// lostEdit reports whether the last edit of a message is excused.
func (r *recording) lostEdit(d *dialog, m *said) bool {
	for _, s := range slices.Backward(d.said) {
		if s.Op == record.Edit && s.Target == m.ack.Entry && s.ack != nil {
			return r.lostWithDatabase(s) || r.lostItself(r.eventOf(s.ack.Entry))
		}
	}
	return false
}

// eventOf is the event that the bridge has for an entry.
func (r *recording) eventOf(entry string) string {
	for event, of := range r.journal.events {
		if of == entry {
			return event
		}
	}
	return ""
}

// edits are the texts that the timelines have for edited events.
func (r *recording) edits() map[string]string {
	texts := map[string]string{}
	for i := range r.rooms.Rooms {
		for _, p := range r.timeline(r.rooms.Rooms[i].ID) {
			if p.content.Relates.Type == "m.replace" && !p.removed() {
				texts[p.content.Relates.Event] = p.content.New.Body
			}
		}
	}
	return texts
}
