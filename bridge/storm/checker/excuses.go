package main

import (
	"slices"

	"github.com/anteroom-chat/anteroom/bridge/storm/record"
)

// What a fault excuses, by its nature, is all here; README.md of the storm lists the same.

// backOff is the longest that Dendrite holds its pushes back after a failure, in milliseconds.
const backOff = 64_000

// redelivery is how long Dendrite may take to go on with an event that it had begun with
// when it was killed (its own queue's AckWait), in milliseconds.
const redelivery = 310_000

// heardLate is the longest until the bridge hears of a kick and says again what that cost, in
// milliseconds: Dendrite holds back what tells of it, and what piles up by then has its turn before.
const heardLate = 2 * backOff

// heldUp is the longest that the storm's network holds what passes, in milliseconds.
const heldUp = 4_500

// answer is the longest that the bridge waits for the homeserver to take something, in milliseconds.
const answer = 180_000

// The faults that excuse something.
const (
	faultHomeserverKilled   = "homeserver-killed"
	faultHomeserverDied     = "homeserver-died"
	faultHomeserverRestored = "homeserver-restored"
	faultDatabaseRestored   = "database-restored"
	faultRoomDeleted        = "room-deleted"
	faultRoomUpgraded       = "room-upgraded"
	faultGhostKicked        = "ghost-kicked"
	faultClockJumps         = "clock-jumps"
)

func (r *recording) had(faults ...record.Op) bool {
	for _, f := range r.faults {
		for _, op := range faults {
			if f.Op == op {
				return true
			}
		}
	}
	return false
}

// heldBack reports whether the homeserver delivered an event after a later one because
// it was killed in between, or so shortly before that its queue was still held back and
// what was new went past it: Dendrite does so.
func (r *recording) heldBack(p, later *put) bool {
	a, b := r.journal.arrived[p.event], r.journal.arrived[later.event]
	if b.position >= a.position {
		return false
	}
	for _, f := range r.faults {
		ended := f.Op == faultHomeserverKilled || f.Op == faultHomeserverDied || f.Op == faultHomeserverRestored
		if ended && f.At > p.At-backOff && f.At-f.Took < a.at {
			r.excused++
			return true
		}
	}
	return false
}

// lostItself reports whether the homeserver answers for an event by its id and has lost
// it from its own timeline, which Dendrite may do when it is killed with the event on its
// way: no bridge can see that. What a ghost said that was kicked looks alike, and is not
// excused: the bridge says it again.
func (r *recording) lostItself(event string) bool {
	e := r.apart(event)
	if e == nil {
		return false
	}
	for _, f := range r.faults {
		if f.Op == faultGhostKicked && !r.isOperator(e.Sender) && f.Room == r.journal.eventIn[event] && f.At > e.Time-backOff && f.At-f.Took < e.Time+backOff {
			return false
		}
	}
	return r.killedAbout(e.Time)
}

// killedAbout reports whether the homeserver was killed while it may have been at what it
// took at that time.
func (r *recording) killedAbout(at int64) bool {
	for _, f := range r.faults {
		ended := f.Op == faultHomeserverKilled || f.Op == faultHomeserverDied || f.Op == faultHomeserverRestored
		if ended && f.At > at-backOff && f.At-f.Took < at+redelivery {
			r.excused++
			return true
		}
	}
	return false
}

// saidAgain reports whether an event came into a room shortly after its ghost was kicked
// there, or in a room of the dialog before that: the homeserver may have dropped the first one at the kick, of which the bridge
// hears later, so that it comes behind what was said meanwhile. So does what a restored
// homeserver lost of what was acknowledged, at that time, before.
func (r *recording) saidAgain(p place, acked int64) bool {
	for _, f := range r.faults {
		kicked := f.Op == faultGhostKicked && f.At > p.event.Time-heardLate &&
			(f.Room == p.room || r.journal.rooms[f.Room] != "" && r.journal.rooms[f.Room] == r.journal.rooms[p.room])
		lost := f.Op == faultHomeserverRestored && acked <= f.At
		if (kicked || lost) && f.At-f.Took <= p.event.Time {
			r.excused++
			return true
		}
	}
	return false
}

// lostWithHomeserver reports whether an operator's event was taken between the copy to
// which the homeserver was restored and that moment: it is nowhere any more.
func (r *recording) lostWithHomeserver(p *put) bool {
	return r.within(faultHomeserverRestored, p.At, p.sentAt)
}

// lostWithDatabase reports whether something was acknowledged between the copy to which
// the bridge's database was restored and that moment, and had not reached the room:
// README.md of the bridge promises what the rooms have (invariant 3).
func (r *recording) lostWithDatabase(s *said) bool {
	for _, f := range r.faults {
		// The acknowledgement may have been on its way still.
		if s.ack != nil && f.Op == faultDatabaseRestored && s.At <= f.At && s.ack.At >= f.At-f.Took && s.ack.At <= f.At+heldUp {
			r.excused++
			return true
		}
	}
	return false
}

// within reports whether a span meets one that a restored copy lost.
func (r *recording) within(op record.Op, from, to int64) bool {
	for _, f := range r.faults {
		if f.Op == op && to >= f.At-f.Took && from <= f.At {
			r.excused++
			return true
		}
	}
	return false
}

// liedAbout reports whether the homeserver told a wrong time of an edit: by its times
// another version than the last one is the newest.
func (r *recording) liedAbout(d *dialog, p *put) bool {
	for _, later := range d.put {
		if later.Op == record.Edit && later.Target == p.event && r.lied[later.event] {
			r.excused++
			return true
		}
	}
	return false
}

// editedByTwoClocks reports whether a message reads as an edit of its author did before the
// last one, between which the database was restored, after the bridge's clock had jumped:
// whether an edit that comes back from the room is newer than one made since, the clocks of
// both tell.
func (r *recording) editedByTwoClocks(d *dialog, m *said, text string) bool {
	var shown, newest *said
	for _, s := range d.said {
		if s.Op != record.Edit || s.Target != m.ack.Entry || s.ack == nil {
			continue
		}
		if s.Text == text {
			shown = s
		}
		if newest == nil || s.ack.At >= newest.ack.At {
			newest = s
		}
	}
	if shown == nil {
		return false
	}
	jumped := slices.ContainsFunc(r.faults, func(f record.Line) bool { return f.Op == faultClockJumps && f.At <= newest.ack.At })
	for _, f := range r.faults {
		if jumped && f.Op == faultDatabaseRestored && shown.At <= f.At && newest.ack.At >= f.At-f.Took {
			r.excused++
			return true
		}
	}
	return false
}

// deleted reports whether a room was deleted on the homeserver: what it had is nowhere.
func (r *recording) deleted(room string) bool {
	for _, f := range r.faults {
		if f.Op == faultRoomDeleted && f.Room == room && room != "" {
			r.excused++
			return true
		}
	}
	return false
}

// lostWithRoom reports whether an operator's event was taken so shortly before its room
// was deleted that the homeserver may not have delivered it yet: it holds back what it
// pushes, and has as much to do with what has piled up.
func (r *recording) lostWithRoom(p *put) bool {
	for _, f := range r.faults {
		if f.Op == faultRoomDeleted && f.Room == p.Room && p.Room != "" && p.sentAt > f.At-2*backOff {
			r.excused++
			return true
		}
	}
	return false
}

// targetLost reports whether something was about an entry that the restored database
// does not know, for it was made after the copy: people were told of it before the restore.
func (r *recording) targetLost(d *dialog, s *said) bool {
	if _, known := r.journal.entries[s.Target]; s.Target == "" || known {
		return false
	}
	told := d.heard(s.Target)
	for _, own := range d.said {
		if own.ack != nil && own.ack.Entry == s.Target {
			told = min(told, own.ack.At)
		}
	}
	return r.within(faultDatabaseRestored, told-heldUp, told)
}

// lostRemoval reports whether the visitor's removal of a message was lost with the database.
// A message that had not been sent is sent then, behind what was said meanwhile.
func (r *recording) lostRemoval(d *dialog, m *said) bool {
	for _, s := range d.said {
		if s.Op == record.Redact && s.Target == m.ack.Entry && r.lostWithDatabase(s) {
			return true
		}
	}
	return false
}

// isPoison reports whether an entry was made of an event that no client sends.
func (r *recording) isPoison(entry string) bool {
	for event := range r.poison {
		if r.journal.events[event] == entry {
			return true
		}
	}
	return false
}

// fileLost reports whether a file was refused because it was uploaded after the copy of the
// database, which knows nothing of it.
func (r *recording) fileLost(s *said) bool {
	return s.Op == record.File && s.refused == "unknown_file" && r.within(faultDatabaseRestored, s.At, s.At)
}

// roomLost reports whether an operator wrote in the room of a dialog that began after the
// copy: the restored database knows neither the visitor nor the room.
func (r *recording) roomLost(d *dialog, p *put) bool {
	if p.Room == "" || r.journal.rooms[p.Room] != "" {
		return false
	}
	for _, s := range d.said {
		if s.ack != nil {
			return r.lostWithDatabase(s) // the first
		}
	}
	return false
}

// removedWithRoom reports whether a removal failed because the room of its target was deleted.
// What a homeserver lost that was restored since, the journal has no event of any more.
func (r *recording) removedWithRoom(w waiting) bool {
	e := r.journal.entries[w.key]
	if w.table != "outbox" || w.state != "failed" || e.kind != "redaction" {
		return false
	}
	if event := r.eventOf(e.target); event != "" || !r.had(faultHomeserverRestored) {
		return r.deleted(r.journal.eventIn[event])
	}
	d := r.dialogOf(e.visitor)
	return d != nil && slices.ContainsFunc(d.said, func(s *said) bool {
		return s.ack != nil && s.ack.Entry == e.target && slices.ContainsFunc(r.faults, func(f record.Line) bool {
			return f.Op == faultRoomDeleted && r.journal.rooms[f.Room] == e.visitor && s.At < f.At && r.deleted(f.Room)
		})
	})
}

// countsAnew reports whether a dialog talked shortly before a copy of the database was made,
// or until it was restored: there the bot counts from the copy on.
func (r *recording) countsAnew(d *dialog) bool {
	for _, f := range r.faults {
		if f.Op == faultDatabaseRestored && slices.ContainsFunc(d.said, func(s *said) bool {
			last := s.At // of what was refused
			if s.ack != nil {
				last = s.ack.At
			}
			return s.At <= f.At && last >= f.At-f.Took-backOff
		}) {
			r.excused++
			return true
		}
	}
	return false
}

// staysBehind reports whether a reaction is about what is in a room that was followed by
// another before the reaction was acknowledged, or while it may have waited still: it goes
// nowhere else.
func (r *recording) staysBehind(d *dialog, s *said, target string) bool {
	room := r.journal.eventIn[r.eventOf(target)]
	for next, visitor := range r.journal.rooms {
		if room != "" && visitor == d.visitor && next != room && r.born(next) > r.born(room) && s.ack.At >= r.born(next)-answer {
			r.excused++
			return true
		}
	}
	return false
}

// editedBefore reports whether one of two is an edit in a room that was upgraded about then:
// whoever got no answer to it says it in the next room, where it is the message.
func (r *recording) editedBefore(all []place) bool {
	if len(all) != 2 || all[0].room == all[1].room {
		return false
	}
	for _, f := range r.faults {
		for i, p := range all {
			other := all[1-i]
			if f.Op == faultRoomUpgraded && f.Room == p.room && f.At > p.event.Time-backOff &&
				p.content.Relates.Type == "m.replace" && other.content.Relates.Type != "m.replace" {
				r.excused++
				return true
			}
		}
	}
	return false
}
