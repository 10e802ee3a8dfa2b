package main

import "github.com/anteroom-chat/anteroom/bridge/storm/record"

// reactions: what a visitor puts on an operator's message is in the room exactly once and
// about that message; what an operator puts on a visitor's message reaches the visitor.
func reactions(r *recording, f *findings) {
	for _, d := range r.sorted() {
		shown := map[string]bool{} // targets that the visitor sees a reaction on
		if t := d.last(); t != nil {
			for _, l := range t.got {
				if l.EntryKind == "reaction" && l.Party == "operator" {
					shown[l.Target] = true
				}
			}
		}
		for _, s := range d.said {
			if s.Op == record.React && s.ack != nil {
				visitorsReaction(r, f, d, s)
			}
		}
		for _, p := range d.put {
			if p.Op != record.React || p.event == "" {
				continue
			}
			target := r.journal.events[p.Target]
			if target == "" || shown[target] || r.goes(d, target) || r.journal.entries[target].redacted {
				continue
			}
			if !r.lostWithHomeserver(p) && !r.lostItself(p.event) && !r.lostWithRoom(p) {
				f.add("dialog %d: does not show the reaction of %s (%s) to %s", d.number, p.Who, p.event, target)
			}
		}
	}
}

func visitorsReaction(r *recording, f *findings, d *dialog, s *said) {
	all := r.at(s.ack.Entry)
	target := r.journal.entries[r.now(s.Target)]
	switch {
	case len(all) > 1:
		f.add("dialog %d: the reaction %s is %d times in the room", d.number, s.ack.Entry, len(all))
	case len(all) == 1:
		if of := r.journal.events[all[0].content.Relates.Event]; of != target.id {
			f.add("dialog %d: the reaction %s is about %s instead of %s", d.number, s.ack.Entry, of, target.id)
		}
	case target.redacted || r.goes(d, target.id):
		// Nobody sees what it was about.
	default:
		event := r.eventOf(s.ack.Entry)
		if !r.lostWithDatabase(s) && !r.targetLost(d, s) && !r.lostItself(event) && !r.deleted(r.journal.eventIn[event]) && !r.staysBehind(d, s, target.id) {
			f.add("dialog %d: the reaction %s to %s is not in the room", d.number, s.ack.Entry, target.id)
		}
	}
}
