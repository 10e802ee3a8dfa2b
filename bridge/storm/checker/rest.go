package main

import (
	"fmt"

	"github.com/anteroom-chat/anteroom/bridge/storm/record"
)

// mark is how every text of a dialog begins, on both sides.
func mark(dialog int) string { return fmt.Sprintf("d%d ", dialog) }

// atRest: nothing waits in the bridge's own books, nothing was given up, and no room in
// which people speak is out of the books.
func atRest(r *recording, f *findings) {
	for _, w := range r.journal.waiting {
		if w.state == "failed" && r.poison[w.key] != nil {
			continue // that is what becomes of it; the room was told
		}
		if r.removedWithRoom(w) {
			continue // operators are told, too
		}
		f.add("%s: %s is %s %s", w.table, w.key, w.state, w.why)
	}
	for i := range r.rooms.Rooms {
		room := r.rooms.Rooms[i].ID
		if r.journal.rooms[room] != "" {
			continue
		}
		if words := r.words(room); len(words) > 0 {
			f.add("the room %s is nobody's, and has %d words, as %q (%s)", room, len(words), words[0].content.Body, words[0].event.ID)
		}
	}
}

// words are what a room has of entries, and of operators.
func (r *recording) words(room string) (all []place) {
	for _, p := range r.timeline(room) {
		said := p.event.Type == "m.room.message" || p.event.Type == "m.reaction"
		if said && !p.removed() && (p.content.Entry != "" || r.isOperator(p.event.Sender)) {
			all = append(all, p)
		}
	}
	return all
}

const (
	// moreGoroutines are allowed beside those of the start: connections to the
	// homeserver that are kept open for a while.
	moreGoroutines = 24
	// moreMemory is in bytes: what the bridge keeps of people it knows, and what the
	// Go runtime has not given back yet.
	moreMemory = 64 << 20
)

// figures: when everybody is gone, goroutines and memory are again what they were
// before the first visitor came.
func figures(r *recording, f *findings) {
	at := map[string]int64{}
	for _, l := range r.lines {
		if l.Kind == record.Figure {
			at[string(l.Op)+" "+l.Text] = l.Seq
		}
	}
	for _, figure := range []struct {
		name string
		more int64
	}{{"goroutines", moreGoroutines}, {"resident", moreMemory}} {
		if figure.name == "resident" && at["resident-with-race-detector end"] > 0 {
			continue // what the race detector keeps says nothing of the bridge
		}
		start, end := at[figure.name+" start"], at[figure.name+" end"]
		if start == 0 || end == 0 {
			f.add("%s: not measured at start and end", figure.name)
		} else if end > start+figure.more {
			f.add("%s: %d at the end, %d at the start", figure.name, end, start)
		}
	}
}
