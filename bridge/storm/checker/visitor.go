package main

import (
	"slices"

	"github.com/anteroom-chat/anteroom/bridge/storm/record"
)

// view is a dialog as a widget folds it.
type view struct {
	text  map[string]string // of messages, by entry
	gone  map[string]bool
	times map[string]int // how often a first text is there
	party map[string]string
	// newest is the number of the last entry: what came later was told nobody.
	newest int64
}

func fold(got []record.Line) view {
	v := view{text: map[string]string{}, gone: map[string]bool{}, times: map[string]int{}, party: map[string]string{}}
	known := map[string]bool{}
	slices.SortStableFunc(got, func(a, b record.Line) int { return int(a.Seq - b.Seq) })
	for _, l := range got {
		if known[l.Entry] {
			continue
		}
		known[l.Entry] = true
		v.newest = max(v.newest, l.Seq)
		switch l.EntryKind {
		case "message":
			v.text[l.Entry], v.party[l.Entry] = l.Text, l.Party
			if l.Redacted {
				v.gone[l.Entry] = true
			} else {
				v.times[l.Text]++
			}
		case "edit":
			if _, ok := v.text[l.Target]; ok && !l.Redacted {
				v.text[l.Target] = l.Text
			}
		case "redaction":
			v.gone[l.Target] = true
		}
	}
	return v
}

// last is the tab that read all of the dialog in the end; nil if there is none.
func (d *dialog) last() *tab {
	for _, t := range slices.Backward(d.order) {
		if t.whole {
			return t
		}
	}
	return nil
}

// toTheVisitor: every operator's message that the homeserver acknowledged is shown
// exactly once, with its last edit, and is gone if it was removed; and so are the
// visitor's own words. What the journal has of the bot is shown.
func toTheVisitor(r *recording, f *findings) {
	for _, d := range r.sorted() {
		t := d.last()
		if t == nil {
			f.add("dialog %d: no tab read all of it in the end", d.number)
			continue
		}
		v := fold(slices.Clone(t.got))
		for _, p := range d.put {
			if p.Op == record.Message && p.event != "" {
				operatorsWord(r, f, d, v, p)
			}
		}
		for _, e := range r.journal.ofDialog[d.visitor] {
			if text, ok := v.text[e.id]; e.kind == "message" && e.party == "bot" && !e.redacted && e.seq <= v.newest && (!ok || v.gone[e.id] || text != e.text) {
				f.add("dialog %d: %s shows the bot's %q (%s) as %q", d.number, t.who, e.text, e.id, text)
			}
		}
		for _, m := range d.said {
			if m.ack == nil || m.Op != record.Message && m.Op != record.File {
				continue
			}
			want := r.want(d, m)
			entry := r.now(m.ack.Entry)
			text, ok := v.text[entry]
			switch {
			case want == "" && ok && !v.gone[entry]:
				if !r.unheard(d, m.ack.Entry) && !r.lostRemoval(d, m) {
					f.add("dialog %d: %s shows %q, which was removed", d.number, t.who, text)
				}
			case want == "":
			case !ok || v.gone[entry]:
				// What the room has comes back.
				if len(r.at(m.ack.Entry)) > 0 || !r.lostWithDatabase(m) {
					f.add("dialog %d: %s does not show its own %q (%s)", d.number, t.who, m.Text, m.ack.Entry)
				}
			case text != want && !r.lostEdit(d, m) && !r.editedByTwoClocks(d, m, text):
				f.add("dialog %d: %s shows its own %q as %q instead of %q", d.number, t.who, m.Text, text, want)
			}
		}
	}
}

func operatorsWord(r *recording, f *findings, d *dialog, v view, p *put) {
	want, removed := p.Text, false
	for _, later := range d.put {
		if later.Target != p.event {
			continue
		}
		switch later.Op {
		case record.Edit:
			want = later.Text
		case record.Redact:
			if later.event == "" {
				return // it was asked for, and the homeserver did not say whether it was done
			}
			removed = true
		case record.Message, record.File, record.React, record.Thread, record.Read, record.Delivered:
		}
	}
	entry := r.journal.events[p.event]
	text, ok := v.text[entry]
	switch {
	case removed:
		if ok && !v.gone[entry] && !r.unheard(d, entry) {
			f.add("dialog %d: shows the operator's %q, which was removed", d.number, text)
		}
	case !ok || v.gone[entry]:
		if !r.lostWithHomeserver(p) && !r.lostItself(p.event) && !r.lostWithRoom(p) && !r.roomLost(d, p) {
			f.add("dialog %d: does not show the operator's %q (%s, entry %q)", d.number, p.Text, p.event, entry)
		}
	case v.times[p.Text] != max(1, r.copies(d, p.Text, v.newest)):
		f.add("dialog %d: shows the operator's %q %d times", d.number, p.Text, v.times[p.Text])
	case text != want && (!r.isVersion(d, p, text) || !r.lateEdit(d, p) && !r.liedAbout(d, p)):
		f.add("dialog %d: shows the operator's %q as %q instead of %q", d.number, p.Text, text, want)
	}
	if _, ok := r.events[p.event]; !ok && !r.lostWithHomeserver(p) && !r.lostItself(p.event) && !r.deleted(p.Room) && !r.roomLost(d, p) {
		f.add("dialog %d: the operator's %q (%s) is not in the room", d.number, p.Text, p.event)
	}
}

// copies is how often the rooms of a dialog have, or had, a text of an operator: one whose
// homeserver did not answer, and did not show it, says it again. The homeserver may deliver
// the first one minutes later, when nobody is there any more: what is in the journal after
// the newest that a tab was given does not count.
func (r *recording) copies(d *dialog, text string, newest int64) (n int) {
	count := func(p place) {
		late := r.journal.entries[r.journal.events[p.event.ID]].seq > newest
		if p.content.Body == text && p.content.Relates.Type == "" && r.isOperator(p.event.Sender) && !late {
			n++
		}
	}
	for room, visitor := range r.journal.rooms {
		if visitor != d.visitor {
			continue
		}
		for _, p := range r.timeline(room) {
			count(p)
		}
	}
	for i := range r.gone {
		if room := &r.gone[i]; r.journal.rooms[room.ID] == d.visitor {
			for k := range room.Events {
				count(read(room, k))
			}
		}
	}
	return n
}

// unheard reports whether the homeserver removed an event and has the redaction neither
// delivered nor in its timeline, which Dendrite may do when it is killed; or whether an
// operator asked for it and was not answered: then it may be there or not.
func (r *recording) unheard(d *dialog, entry string) bool {
	for _, p := range d.put {
		if p.Op != record.Redact || r.journal.said(p.Target) != r.now(entry) {
			continue
		}
		if p.event == "" {
			r.excused++
			return true
		}
		if _, shown := r.events[p.event]; shown {
			continue
		}
		if r.killedAbout(p.sentAt) || r.lostWithHomeserver(p) || r.lostWithRoom(p) {
			return true
		}
	}
	return false
}

// isVersion reports whether a text is an operator's message as it was said, or as one of
// its edits has it.
func (r *recording) isVersion(d *dialog, p *put, text string) bool {
	return text == p.Text || slices.ContainsFunc(d.put, func(later *put) bool {
		return later.Op == record.Edit && later.Target == p.event && later.Text == text
	})
}

// lateEdit reports whether an edit of an operator was lost with the homeserver.
func (r *recording) lateEdit(d *dialog, p *put) bool {
	for _, later := range d.put {
		if later.Op == record.Edit && later.Target == p.event &&
			(later.event == "" || r.lostItself(later.event) || r.lostWithHomeserver(later) || r.lostWithRoom(later)) {
			return true
		}
	}
	return false
}

// tabsAreWhole: a tab is given every entry once, in rising order, and misses none from
// its first on: resuming neither repeats nor leaves out.
func tabsAreWhole(r *recording, f *findings) {
	for _, d := range r.sorted() {
		last := d.last()
		if last == nil {
			continue // toTheVisitor says so
		}
		for _, t := range d.order {
			has, newest, first := map[string]bool{}, int64(0), int64(0)
			for _, l := range t.got {
				has[l.Entry] = true
				if l.Page {
					continue
				}
				if l.Seq <= newest {
					f.add("dialog %d: %s was given number %d (%s) after number %d", d.number, t.who, l.Seq, l.Entry, newest)
				}
				newest = max(newest, l.Seq)
				if first == 0 {
					first = l.Seq
				}
			}
			for _, l := range last.got {
				if first > 0 && l.Seq >= first && !has[l.Entry] {
					f.add("dialog %d: %s was never given number %d (%s, %q)", d.number, t.who, l.Seq, l.Entry, l.Text)
				}
			}
		}
	}
}
