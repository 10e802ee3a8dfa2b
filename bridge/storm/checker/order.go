package main

import (
	"slices"
	"strings"

	"github.com/anteroom-chat/anteroom/bridge/storm/record"
)

// inOrder: what one author says in a dialog keeps its order on the other side.
func inOrder(r *recording, f *findings) {
	for _, d := range r.sorted() {
		visitorsOrder(r, f, d)
		operatorsOrder(r, f, d)
	}
}

// repeats reports whether a reaction is one that was there, or a removal one that an operator
// made: it is acknowledged as that. Which of two reactions was there the acknowledgements tell:
// the one said first may come second, when its connection broke.
func (r *recording) repeats(d *dialog, m *said) bool {
	if m.Op == record.Redact {
		return r.journal.entries[r.now(m.ack.Entry)].party == "operator"
	}
	return m.Op == record.React && slices.ContainsFunc(d.said, func(b *said) bool {
		return b != m && b.Op == record.React && r.now(b.Target) == r.now(m.Target) && b.ack != nil && b.ack.At <= m.ack.At &&
			r.now(b.ack.Entry) == r.now(m.ack.Entry)
	})
}

func visitorsOrder(r *recording, f *findings, d *dialog) {
	acked, placed, last := map[string]*said{}, map[string]place{}, map[string]*said{}
	for _, m := range d.said {
		if m.ack == nil || r.repeats(d, m) {
			continue
		}
		if before := acked[m.Who]; before != nil && before.ack.Seq >= m.ack.Seq && !r.lostWithDatabase(before) && !r.lostWithDatabase(m) {
			f.add("dialog %d: %q of %s has number %d, although it was said after number %d", d.number, m.Text, m.Who, m.ack.Seq, before.ack.Seq)
		}
		acked[m.Who] = m
		at := r.byEntry[m.ack.Entry] // an edit that stands for it after an upgrade has the edit's place
		if len(at) == 0 || m.Op != record.Message && m.Op != record.File {
			continue
		}
		before, ok := placed[m.Who]
		if ok && r.behind(before, at[0]) && !r.saidAgain(before, last[m.Who].ack.At) && !r.lostRemoval(d, last[m.Who]) {
			f.add("dialog %d: %q is in the room before %q, which was said earlier", d.number, m.Text, before.content.Body)
		}
		placed[m.Who], last[m.Who] = at[0], m
	}
}

func operatorsOrder(r *recording, f *findings, d *dialog) {
	t := d.last()
	if t == nil {
		return
	}
	at := map[string]int64{}
	for _, l := range t.got {
		at[l.Entry] = l.Seq
	}
	said := map[string][]*put{}
	for _, p := range d.put {
		if p.Op == record.Message && p.event != "" && at[r.journal.events[p.event]] > 0 {
			said[p.Who] = append(said[p.Who], p)
		}
	}
	for who, all := range said {
		for i, p := range all {
			for _, later := range all[i+1:] {
				if at[r.journal.events[p.event]] > at[r.journal.events[later.event]] && !r.heldBack(p, later) {
					f.add("dialog %d: %q of %s is shown before %q, which was said earlier", d.number, later.Text, who, p.Text)
				}
			}
		}
	}
}

// receipts: nobody is said to have read, or to hold, what it had not yet.
func receipts(r *recording, f *findings) {
	read, held, seen := map[int]int64{}, map[int]int64{}, map[int]int64{}
	seenEntries := map[int]map[string]bool{}
	numbers := &numbers{r: r, got: map[string][]record.Line{}}
	events := r.byKey()
	for _, l := range r.lines {
		switch l.Kind {
		case record.Told:
			if l.Op == record.Read {
				read[l.Dialog] = max(read[l.Dialog], numbers.most(l.Who, l.Seq))
			}
			// Whoever reads holds it as well.
			held[l.Dialog] = max(held[l.Dialog], numbers.most(l.Who, l.Seq))
		case record.Got:
			numbers.got[l.Who] = append(numbers.got[l.Who], l)
			// Who removes something has seen it, and so has who says what no client says; nobody
			// notes down either by its event.
			if l.Party == "operator" && (l.EntryKind == "redaction" || r.isPoison(l.Entry)) {
				seen[l.Dialog] = max(seen[l.Dialog], numbers.top(l.Who, l.Seq))
			}
		case record.Receipt:
			e, ok := r.journal.entries[r.journal.events[l.Event]]
			d := r.dialogOf(e.visitor)
			switch {
			case !ok || d == nil:
			case l.User == r.rooms.Delivered && e.seq > held[d.number]:
				f.add("dialog %d: number %d is said to be delivered when the visitor held no more than %d", d.number, e.seq, held[d.number])
			case l.User != r.rooms.Delivered && l.User != r.rooms.Bot && e.party == "operator" && e.seq > read[d.number]:
				f.add("dialog %d: number %d is said to be read when the visitor had read no more than %d", d.number, e.seq, read[d.number])
			}
		case record.Put:
			all := []string{l.Target}
			if l.Op != record.Read {
				all = events[l.Key]
			}
			for _, event := range all {
				if e, ok := r.journal.entries[r.journal.events[event]]; ok {
					seen[l.Dialog] = max(seen[l.Dialog], e.seq)
					if seenEntries[l.Dialog] == nil {
						seenEntries[l.Dialog] = map[string]bool{}
					}
					seenEntries[l.Dialog][r.journal.events[event]] = true
				}
				seen[l.Dialog] = max(seen[l.Dialog], r.journal.arrived[event].seq)
			}
		case record.Seen:
			if numbers.top(l.Who, l.Seq) > seen[l.Dialog] && !numbers.reach(l.Who, l.Seq, seenEntries[l.Dialog]) && !numbers.own(l.Who, l.Seq) {
				f.add("dialog %d: %s is told that operators have seen number %d when none had seen more than %d", l.Dialog, l.Who, l.Seq, seen[l.Dialog])
			}
		case record.Reset:
			numbers.got[l.Who] = nil
		case record.Began, record.Said, record.Acked, record.Refused, record.Whole, record.Sent, record.Fault, record.Lied, record.Poison, record.Figure:
		}
	}
}

// byKey are the events of an operator's words by their key: several, when its client got no
// answer and said it again.
func (r *recording) byKey() map[string][]string {
	events := map[string][]string{}
	note := func(p place) {
		if p.content.Key != "" {
			events[p.content.Key] = append(events[p.content.Key], p.event.ID)
		}
	}
	for _, p := range r.events { // an answer may have been lost, and the event be there
		note(p)
	}
	for i := range r.gone { // or have been there
		for k := range r.gone[i].Events {
			note(read(&r.gone[i], k))
		}
	}
	for _, l := range r.lines {
		if l.Kind == record.Sent {
			events[l.Key] = append(events[l.Key], l.Event)
		}
	}
	return events
}

// numbers turns a number of a time into the number that the journal has in the end: a
// database that was restored counts anew.
type numbers struct {
	r   *recording
	got map[string][]record.Line // by tab, since its last reset
}

// most is the greatest number of the journal among what a tab held up to that one.
func (n *numbers) most(tab string, seq int64) (now int64) {
	if !n.r.had(faultDatabaseRestored) {
		return seq
	}
	for _, l := range n.got[tab] {
		if l.Seq <= seq {
			now = max(now, n.of(l))
		}
	}
	return now
}

// top is the journal's number of the last that a tab held up to that one: what comes back
// from a room comes in the room's order, which may be another one than the former numbers'.
func (n *numbers) top(tab string, seq int64) (now int64) {
	if !n.r.had(faultDatabaseRestored) {
		return seq
	}
	at := int64(0)
	for _, l := range n.got[tab] {
		if of := n.of(l); l.Seq <= seq && l.Seq > at && of > 0 {
			at, now = l.Seq, of
		}
	}
	return now
}

// reach reports whether one of these entries had that number or a greater one when the tab
// was given it: a database that was restored several times may have had them in another order.
func (n *numbers) reach(tab string, seq int64, entries map[string]bool) bool {
	return n.r.had(faultDatabaseRestored) && slices.ContainsFunc(n.got[tab], func(l record.Line) bool {
		return l.Seq >= seq && entries[n.r.now(l.Entry)]
	})
}

// own reports whether a tab held an operator's own act under that number, which a database
// that was restored has under another id: who does something has seen what is before it.
func (n *numbers) own(tab string, seq int64) bool {
	return n.r.had(faultDatabaseRestored) && slices.ContainsFunc(n.got[tab], func(l record.Line) bool {
		return l.Seq == seq && l.Party == "operator" && n.of(l) == 0
	})
}

// of is an entry's number in the end; 0 if the journal has it no more.
func (n *numbers) of(l record.Line) int64 { return n.r.journal.entries[n.r.now(l.Entry)].seq }

func (r *recording) dialogOf(visitor string) *dialog {
	for _, d := range r.dialogs {
		if d.visitor == visitor && visitor != "" {
			return d
		}
	}
	return nil
}

// isolation: a tab is given entries of its own dialog alone, and a room has words of its
// own dialog alone. Every text names its dialog, and so does the journal.
func isolation(r *recording, f *findings) {
	for _, d := range r.sorted() {
		for _, other := range r.sorted() {
			if other.number > d.number && d.visitor != "" && d.visitor == other.visitor {
				f.add("dialogs %d and %d are one in the journal", d.number, other.number)
			}
		}
		for _, t := range d.order {
			for _, l := range t.all {
				e, ok := r.journal.entries[l.Entry]
				if ok && e.visitor != d.visitor {
					f.add("dialog %d: %s was given %s, which is of another visitor", d.number, t.who, l.Entry)
				}
				if r.isPoison(l.Entry) {
					continue
				}
				if text := l.Text; l.Party != "bot" && text != "" && !l.Redacted && l.EntryKind != "reaction" && !strings.HasPrefix(text, mark(d.number)) {
					f.add("dialog %d: %s was given the words %q", d.number, t.who, text)
				}
			}
		}
	}
	for i := range r.rooms.Rooms {
		room := r.rooms.Rooms[i].ID
		d := r.dialogOf(r.journal.rooms[room])
		if d == nil {
			continue
		}
		for _, p := range r.timeline(room) {
			e, ok := r.journal.entries[p.content.Entry]
			if ok && e.visitor != d.visitor {
				f.add("dialog %d: its room has %s, which is of another visitor", d.number, p.content.Entry)
			}
		}
	}
}

// internal: what operators say among themselves, in threads, reaches no visitor.
func internal(r *recording, f *findings) {
	for _, d := range r.sorted() {
		among := []string{}
		for _, p := range d.put {
			if p.Op == record.Thread {
				among = append(among, p.Text)
			}
		}
		for _, t := range d.order {
			for _, l := range t.all {
				if slices.Contains(among, l.Text) {
					f.add("dialog %d: %s was given %q, which was said in a thread", d.number, t.who, l.Text)
				}
			}
		}
	}
}
