package main

import (
	"fmt"
	"slices"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/storm/record"
)

// What a fault excuses is excused only with that fault, and only there.
func TestExcusesAreNarrow(t *testing.T) {
	t.Parallel()
	const (
		acked = 9000    // when "d1 two" was acknowledged
		late  = 200_000 // when what a story does not tell is said
		end   = 300_000
	)
	for _, excuse := range []struct {
		what  string
		plant func(*story)
		fault record.Line
		far   record.Line // the same fault where it excuses nothing
	}{
		{
			"acknowledged after the copy of the database, and not in a room yet",
			func(s *story) { s.drop("!1", "$v2") },
			record.Line{Kind: record.Fault, Op: faultDatabaseRestored, At: acked + 2000, Took: 4000},
			record.Line{Kind: record.Fault, Op: faultDatabaseRestored, At: acked - 5000, Took: 4000},
		},
		{
			"a killed homeserver lost it from its timeline and has it still",
			func(s *story) {
				s.rooms.Rooms[0].Apart = append(s.rooms.Rooms[0].Apart, *s.event("!1", "$v2"))
				s.drop("!1", "$v2")
			},
			record.Line{Kind: record.Fault, Op: faultHomeserverKilled, At: 1000},
			record.Line{Kind: record.Fault, Op: "bridge-killed", At: 1000},
		},
		{
			"a homeserver was killed while it may still have been at it",
			func(s *story) {
				s.rooms.Rooms[0].Apart = append(s.rooms.Rooms[0].Apart, *s.event("!1", "$v2"))
				s.drop("!1", "$v2")
			},
			record.Line{Kind: record.Fault, Op: faultHomeserverKilled, At: redelivery - 1},
			record.Line{Kind: record.Fault, Op: faultHomeserverKilled, At: redelivery},
		},
		{
			"what the homeserver dropped when it kicked a ghost was said again, behind the next",
			func(s *story) { s.swap("!1", "$v1", "$v2") },
			record.Line{Kind: record.Fault, Op: faultGhostKicked, Room: "!1", At: 100, Took: 1000},
			record.Line{Kind: record.Fault, Op: faultGhostKicked, Room: "!2", At: 100, Took: 1000},
		},
		{
			"what the homeserver dropped when it kicked a ghost was said again in the room after an upgrade",
			func(s *story) { s.upgraded("$v1") },
			record.Line{Kind: record.Fault, Op: faultGhostKicked, Room: "!1", At: 100, Took: 1000},
			record.Line{Kind: record.Fault, Op: faultGhostKicked, Room: "!2", At: 100, Took: 1000},
		},
		{
			"an event that no client sends was set aside",
			func(s *story) { s.inbox["$odd"] = "failed" },
			record.Line{Kind: record.Poison, Event: "$odd"},
			record.Line{Kind: record.Poison, Event: "$other"},
		},
		{
			"an edit of which the homeserver told a wrong time",
			func(s *story) { s.without(got("d1.all", "e8")) },
			record.Line{Kind: record.Lied, Event: "$a3"},
			record.Line{Kind: record.Lied, Event: "$a2"},
		},
		{
			"a file was uploaded after the copy of the database",
			func(s *story) {
				s.change(func(l record.Line) bool { return l.Kind == record.Acked && l.Key == "k8" }, func(l *record.Line) { l.Kind, l.Text = record.Refused, "unknown_file" })
			},
			record.Line{Kind: record.Fault, Op: faultDatabaseRestored, At: 48_000, Took: 3000},
			record.Line{Kind: record.Fault, Op: faultDatabaseRestored, At: 4000, Took: 3000},
		},
		{
			"a message comes late, whose removal was lost",
			func(s *story) {
				s.swap("!1", "$v1", "$v2")
				s.lines = append(s.lines,
					record.Line{At: 46_000, Kind: record.Said, Who: "d1.1", Dialog: 1, Op: record.Redact, Key: "k9", Target: "e1"},
					record.Line{At: 46_000, Kind: record.Acked, Who: "d1.1", Dialog: 1, Key: "k9", Entry: "e18", Seq: 18})
			},
			record.Line{Kind: record.Fault, Op: faultDatabaseRestored, At: 48_000, Took: 3000},
			record.Line{Kind: record.Fault, Op: faultDatabaseRestored, At: 4000, Took: 3000},
		},
		{
			"a removal failed, for the room of its target was deleted",
			func(s *story) { s.events["$v9"], s.outbox["e5"] = "e4", "failed" },
			record.Line{Kind: record.Fault, Op: faultRoomDeleted, Room: "!1"},
			record.Line{Kind: record.Fault, Op: faultRoomDeleted, Room: "!2"},
		},
		{
			"a removal failed in a deleted room, whose target the homeserver lost since",
			func(s *story) {
				s.outbox["e5"] = "failed"
				for event, entry := range s.events {
					if entry == s.entry("e5").target {
						delete(s.events, event)
					}
				}
				s.lines = append(s.lines, record.Line{Kind: record.Fault, Op: faultHomeserverRestored, At: late})
			},
			record.Line{Kind: record.Fault, Op: faultRoomDeleted, Room: "!1", At: late},
			record.Line{Kind: record.Fault, Op: faultRoomDeleted, Room: "!1", At: 1},
		},
		{
			"an edit is said again in the room after an upgrade",
			func(s *story) {
				s.inRooms["!3"] = "v1"
				s.put("!3", record.Event{ID: "$n3", Type: "m.room.message", Sender: "@ghost:x", Content: []byte(`{"body":"d1 one, edited","chat.anteroom.id":"e3"}`)})
			},
			record.Line{Kind: record.Fault, Op: faultRoomUpgraded, Room: "!1"},
			record.Line{Kind: record.Fault, Op: faultRoomUpgraded, Room: "!2"},
		},
		{
			"a room was deleted with what it had",
			func(s *story) {
				s.drop("!1", "$a2")
				s.change(func(l record.Line) bool { return l.Kind == record.Put }, func(l *record.Line) { l.Room = "!1" })
			},
			record.Line{Kind: record.Fault, Op: faultRoomDeleted, Room: "!1"},
			record.Line{Kind: record.Fault, Op: faultRoomDeleted, Room: "!2"},
		},
		{
			"a homeserver that was killed delivered an operator's word after the next",
			func(s *story) {
				s.entry("e6").seq, s.entry("e7").seq = 7, 6
				for _, tab := range []string{"d1.1", "d1.all"} {
					a, b := &s.lines[slices.IndexFunc(s.lines, got(tab, "e6"))], &s.lines[slices.IndexFunc(s.lines, got(tab, "e7"))]
					a.Entry, a.Text, b.Entry, b.Text = b.Entry, b.Text, a.Entry, a.Text
				}
				s.arrived["$a1"], s.arrived["$a2"] = s.arrived["$a2"], s.arrived["$a1"]
			},
			record.Line{Kind: record.Fault, Op: faultHomeserverKilled, At: 24_000},
			record.Line{Kind: record.Fault, Op: faultHomeserverKilled, At: end},
		},
		{
			"what an operator said after the copy of the homeserver",
			func(s *story) { s.operatorPuts(record.Line{Op: record.Message, Text: "d1 lost"}, "$a8") },
			record.Line{Kind: record.Fault, Op: faultHomeserverRestored, At: late + 1000, Took: 3000},
			record.Line{Kind: record.Fault, Op: faultHomeserverRestored, At: late - 30_000, Took: 3000},
		},
		{
			"an operator's edit after the copy of the homeserver",
			func(s *story) {
				s.operatorPuts(record.Line{Op: record.Edit, Text: "d1 answer two, edited", Target: "$a2"}, "$a8")
			},
			record.Line{Kind: record.Fault, Op: faultHomeserverRestored, At: late + 1000, Took: 3000},
			record.Line{Kind: record.Fault, Op: faultHomeserverRestored, At: late - 30_000, Took: 3000},
		},
		{
			"an operator's removal of what a visitor said, after the copy of the homeserver",
			func(s *story) { s.operatorPuts(record.Line{Op: record.Redact, Target: "$v5"}, "$a9") },
			record.Line{Kind: record.Fault, Op: faultHomeserverRestored, At: late + 1000, Took: 3000},
			record.Line{Kind: record.Fault, Op: faultHomeserverRestored, At: late - 30_000 - redelivery, Took: 3000},
		},
		{
			"what an operator said in a room shortly before it was deleted",
			func(s *story) { s.operatorPuts(record.Line{Op: record.Message, Text: "d1 lost", Room: "!1"}, "$a8") },
			record.Line{Kind: record.Fault, Op: faultRoomDeleted, Room: "!1", At: late + 1000},
			record.Line{Kind: record.Fault, Op: faultRoomDeleted, Room: "!1", At: late + 1 + 2*backOff},
		},
		{
			"a homeserver that was killed removed an operator's word, and lost the redaction",
			func(s *story) {
				s.operatorSays("$a8", "e17", 17, "d1 taken back, too")
				s.event("!1", "$a8").Unsigned.Because = []byte(`{}`)
				s.operatorPuts(record.Line{Op: record.Redact, Target: "$a8"}, "$a9")
			},
			record.Line{Kind: record.Fault, Op: faultHomeserverKilled, At: late + 1000},
			record.Line{Kind: record.Fault, Op: faultHomeserverKilled, At: late + 1 + redelivery},
		},
		{
			"an operator wrote in the room of a dialog that began after the copy of the database",
			func(s *story) {
				s.lines = append(s.lines,
					record.Line{At: late - 1000, Kind: record.Said, Who: "d3.1", Dialog: 3, Op: record.Message, Key: "k20", Text: "d3 one"},
					record.Line{At: late - 900, Kind: record.Acked, Who: "d3.1", Dialog: 3, Key: "k20", Entry: "g1", Seq: 1},
					record.Line{At: late, Kind: record.Put, Who: "@anna:x", Dialog: 3, Op: record.Message, Key: "o8", Text: "d3 answer", Room: "!3"},
					record.Line{At: late, Kind: record.Sent, Who: "@anna:x", Dialog: 3, Key: "o8", Event: "$a8", Room: "!3"},
					record.Line{At: end, Kind: record.Whole, Who: "d3.all", Dialog: 3})
			},
			record.Line{Kind: record.Fault, Op: faultDatabaseRestored, At: late + 1000, Took: 4000},
			record.Line{Kind: record.Fault, Op: faultDatabaseRestored, At: late - 30_000, Took: 4000},
		},
		{
			"an act about what came after the copy of the database is refused",
			func(s *story) {
				s.lines = append(s.lines,
					record.Line{At: late, Kind: record.Got, Who: "d1.1", Dialog: 1, Entry: "x1", Seq: 17, EntryKind: "reaction", Party: "operator", Target: "e2"},
					record.Line{At: late + 100, Kind: record.Said, Who: "d1.1", Dialog: 1, Op: record.React, Key: "k20", Target: "x1"},
					record.Line{At: late + 9000, Kind: record.Refused, Who: "d1.1", Dialog: 1, Key: "k20", Text: "unknown_target"})
			},
			record.Line{Kind: record.Fault, Op: faultDatabaseRestored, At: late + 1000, Took: 4000},
			record.Line{Kind: record.Fault, Op: faultDatabaseRestored, At: late - 30_000, Took: 4000},
		},
		{
			"an edit came back from the room after the clock had jumped, over one that was made since",
			func(s *story) {
				s.olderEditShown()
				s.lines = append(s.lines, record.Line{Kind: record.Fault, Op: faultClockJumps, At: 5000})
			},
			record.Line{Kind: record.Fault, Op: faultDatabaseRestored, At: late - 10_000, Took: 4000},
			record.Line{Kind: record.Fault, Op: faultDatabaseRestored, At: late + 30_000, Took: 4000},
		},
		{
			"an edit came back from the room over one that was made since, and before that the clock jumped",
			func(s *story) {
				s.olderEditShown()
				s.lines = append(s.lines, record.Line{Kind: record.Fault, Op: faultDatabaseRestored, At: late - 10_000, Took: 4000})
			},
			record.Line{Kind: record.Fault, Op: faultClockJumps, At: 5000},
			record.Line{Kind: record.Fault, Op: faultClockJumps, At: late + 30_000},
		},
		{
			"the bot counts anew in a dialog that talked when the database was restored",
			func(s *story) { s.botSays("e17", 17, "bot 2: first") },
			record.Line{Kind: record.Fault, Op: faultDatabaseRestored, At: 70_000, Took: 4000},
			record.Line{Kind: record.Fault, Op: faultDatabaseRestored, At: 3000, Took: 2000},
		},
		{
			"the bot counts anew in a dialog, the database was restored long after its last word",
			func(s *story) { s.botSays("e17", 17, "bot 2: first") },
			record.Line{Kind: record.Fault, Op: faultDatabaseRestored, At: 70_000, Took: 4000},
			record.Line{Kind: record.Fault, Op: faultDatabaseRestored, At: 52_000 + 4001 + backOff, Took: 4000},
		},
	} {
		t.Run(excuse.what, func(t *testing.T) {
			t.Parallel()
			for _, fault := range []record.Line{excuse.fault, excuse.far} {
				s := told()
				excuse.plant(s)
				s.lines = append(s.lines, fault)
				if found := findingsOf(t, s); len(found) > 0 != (fault == excuse.far) {
					t.Errorf("with %s at %d: %q", fault.Op, fault.At, found)
				}
			}
		})
	}
}

// A reaction does not follow into a room that came after what it is about; and one that was
// sent in a room that is deleted is gone with it.
func TestAReactionStaysBehind(t *testing.T) {
	t.Parallel()
	const acked = 200_000
	for _, behind := range []struct {
		what    string
		born    int64  // when the dialog's second room was made
		target  string // where what it is about is
		deleted string // the room that the reaction was sent to
		well    bool
	}{
		{"the room was made before it", acked - 1000, "!1", "", true},
		{"the room was made while it waited", acked + answer, "!1", "", true},
		{"the room was made long after it", acked + answer + 1, "!1", "", false},
		{"what it is about is in the second room", acked - 1000, "!3", "", false},
		{"its room was deleted", acked + answer + 1, "!1", "!1", true},
		{"another room was deleted", acked + answer + 1, "!1", "!3", false},
	} {
		s := told()
		s.entries = append(s.entries, entry{id: "e17", visitor: "v1", kind: "reaction", party: "visitor", client: "k20", target: "e7", seq: 17})
		s.lines = append(s.lines,
			record.Line{At: acked - 100, Kind: record.Said, Who: "d1.1", Dialog: 1, Op: record.React, Key: "k20", Target: "e7"},
			record.Line{At: acked, Kind: record.Acked, Who: "d1.1", Dialog: 1, Key: "k20", Entry: "e17", Seq: 17})
		s.inRooms["!3"] = "v1"
		s.put("!3", record.Event{ID: "$create", Type: "m.room.create", Sender: "@bot:x", Time: behind.born, Content: []byte(`{}`)})
		s.events["$v17"], s.eventIn["$a2"] = "e17", behind.target
		if behind.deleted != "" {
			s.lines = append(s.lines, record.Line{Kind: record.Fault, Op: faultRoomDeleted, Room: behind.deleted, At: acked + answer})
		}
		if found := findingsOf(t, s); len(found) == 0 != behind.well {
			t.Errorf("a reaction is in no room, and %s: %q", behind.what, found)
		}
	}
}

// What operators said in a room that was deleted since counts as often as it was there.
func TestWhatADeletedRoomHad(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		shown int
		wrong bool
	}{
		"shown as often as it was said": {2, false},
		"shown more often":              {3, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := told()
			answer := *s.event("!1", "$a2")
			again := answer
			again.ID = "$again"
			s.drop("!1", answer.ID)
			s.inRooms["!old"] = "v1"
			s.rooms.Rooms = append(s.rooms.Rooms, record.Room{ID: "!old", Deleted: true, Events: []record.Event{answer, again}})
			s.change(func(l record.Line) bool { return l.Kind == record.Put }, func(l *record.Line) { l.Room = "!old" })
			s.lines = append(s.lines, record.Line{Kind: record.Fault, Op: faultRoomDeleted, Room: "!old"})
			for i := range c.shown - 1 {
				s.given(record.Line{Entry: fmt.Sprintf("again%d", i), Seq: int64(17 + i), EntryKind: "message", Party: "operator", Text: "d1 answer two"})
			}
			if found := findingsOf(t, s); (len(found) > 0) != c.wrong {
				t.Errorf("found %q", found)
			}
		})
	}
}
