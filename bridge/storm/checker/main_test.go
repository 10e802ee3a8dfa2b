package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/storm/record"
)

// findingsOf loads and checks a story; times are as the story tells them.
func findingsOf(t *testing.T, s *story) []string {
	t.Helper()
	r, err := load(s.write(t))
	if err != nil {
		t.Fatal(err)
	}
	return check(r)
}

func TestNothingIsFoundWhereNothingIsWrong(t *testing.T) {
	t.Parallel()
	if found := findingsOf(t, told()); len(found) > 0 {
		t.Errorf("found:\n%s", strings.Join(found, "\n"))
	}
}

// A homeserver that is killed makes half a room, in which nobody speaks.
func TestARoomWithoutWordsMayBeNobodys(t *testing.T) {
	t.Parallel()
	s := told()
	for i, e := range []record.Event{
		{Type: "m.room.create", Sender: "@bot:x", Content: []byte(`{}`)},
		{Type: "m.room.message", Sender: "@bot:x", Content: []byte(`{"body":"Nobody reads this room."}`)},
		{Type: "m.room.message", Sender: "@anna:x", Content: []byte(`{}`)},
	} {
		e.ID = fmt.Sprintf("$s%d", i)
		s.put("!half", e)
	}
	s.event("!half", "$s2").Unsigned.Because = []byte(`{}`)
	if found := findingsOf(t, s); len(found) > 0 {
		t.Errorf("found:\n%s", strings.Join(found, "\n"))
	}
}

// An operator may remove what a visitor said, who may be about to edit it.
func TestOperatorsRemoveWhatVisitorsSay(t *testing.T) {
	t.Parallel()
	s := told()
	s.operatorRemoves()
	s.lateEdit("e15")
	if found := findingsOf(t, s); len(found) > 0 {
		t.Errorf("found:\n%s", strings.Join(found, "\n"))
	}
}

// A visitor may remove what an operator has removed, and is answered with that removal.
func TestAVisitorRemovesWhatAnOperatorHasRemoved(t *testing.T) {
	t.Parallel()
	s := told()
	s.operatorRemoves()
	late := int64(300_000)
	for _, l := range []record.Line{
		{Kind: record.Said, Op: record.Message, Key: "k30", Text: "d1 late"},
		{Kind: record.Acked, Key: "k30", Entry: "e18", Seq: 18},
		{Kind: record.Said, Op: record.Redact, Key: "k31", Target: "e15"},
		{Kind: record.Acked, Key: "k31", Entry: "e17", Seq: 17},
	} {
		l.At, l.Who, l.Dialog = late, "d1.1", 1
		s.lines = append(s.lines, l)
	}
	s.entries = append(s.entries, entry{id: "e18", visitor: "v1", kind: "message", party: "visitor", client: "k30", text: "d1 late", seq: 18})
	s.events["$v18"] = "e18"
	s.put("!1", record.Event{ID: "$v18", Type: "m.room.message", Sender: "@ghost:x", Content: []byte(`{"body":"d1 late","chat.anteroom.id":"e18"}`)})
	s.given(record.Line{Entry: "e18", Seq: 18, EntryKind: "message", Party: "visitor", Text: "d1 late"})
	if found := findingsOf(t, s); len(found) > 0 {
		t.Errorf("found:\n%s", strings.Join(found, "\n"))
	}
}

// An operator whose removal the homeserver did not answer may have removed it or not.
func TestARemovalWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	for _, done := range []bool{true, false} {
		s := told()
		if done {
			s.operatorRemoves()
		} else {
			s.operatorPuts(record.Line{Op: record.Redact, Target: "$v5"}, "$a9")
		}
		s.without(func(l record.Line) bool { return l.Kind == record.Sent && l.Event == "$a9" })
		if found := findingsOf(t, s); len(found) > 0 {
			t.Errorf("done %t:\n%s", done, strings.Join(found, "\n"))
		}
	}
}

// What is said after an upgrade is in the next room, where it has a lower place.
func TestWordsGoOnInTheNextRoom(t *testing.T) {
	t.Parallel()
	s := told()
	s.upgraded("$b2", "$v5", "$v6")
	if found := findingsOf(t, s); len(found) > 0 {
		t.Errorf("found:\n%s", strings.Join(found, "\n"))
	}
}

// Who reacts twice in the same way is told of the reaction that is there.
func TestAReactionMayBeRepeated(t *testing.T) {
	t.Parallel()
	for target, well := range map[string]bool{"e6": true, "e7": false} {
		s := told()
		s.lines = append(s.lines,
			record.Line{Kind: record.Said, Who: "d1.1", Dialog: 1, Op: record.React, Key: "again", Target: target},
			record.Line{Kind: record.Acked, Who: "d1.1", Dialog: 1, Key: "again", Entry: "e13", Seq: 13})
		if found := findingsOf(t, s); len(found) == 0 != well {
			t.Errorf("a reaction to %s that is acknowledged as the one to e6: %q", target, found)
		}
	}
}

// The tab that reacted first may be told second, of the number that the other tab's reaction has.
func TestTheReactionSaidFirstMayBeTheRepeatedOne(t *testing.T) {
	t.Parallel()
	for target, well := range map[string]bool{"e6": true, "e7": false} {
		s := told()
		s.entries = append(s.entries, entry{id: "e17", visitor: "v1", kind: "message", party: "visitor", client: "late", text: "d1 late", seq: 17})
		s.events["$v17"] = "e17"
		s.put("!1", record.Event{ID: "$v17", Type: "m.room.message", Sender: "@ghost:x", Content: []byte(`{"body":"d1 late","chat.anteroom.id":"e17"}`)})
		s.lines = slices.Insert(s.lines, 3,
			record.Line{At: 3100, Kind: record.Said, Who: "d1.2", Dialog: 1, Op: record.Message, Key: "late", Text: "d1 late"},
			record.Line{At: 3200, Kind: record.Said, Who: "d1.2", Dialog: 1, Op: record.React, Key: "first", Target: target})
		for _, tab := range []string{"d1.1", "d1.all"} {
			s.lines = append(s.lines, record.Line{At: 90_000, Kind: record.Got, Who: tab, Dialog: 1, Entry: "e17", Seq: 17, EntryKind: "message", Party: "visitor", Text: "d1 late"})
		}
		s.lines = append(s.lines,
			record.Line{At: 90_000, Kind: record.Acked, Who: "d1.2", Dialog: 1, Key: "late", Entry: "e17", Seq: 17},
			record.Line{At: 90_001, Kind: record.Acked, Who: "d1.2", Dialog: 1, Key: "first", Entry: "e13", Seq: 13})
		if found := findingsOf(t, s); len(found) == 0 != well {
			t.Errorf("a reaction to %s, acknowledged after the same by another tab: %q", target, found)
		}
	}
}

// An operator whose client got no answer may say a word again: who wrote either has seen what is before it.
func TestAWordSaidAgainIsTwoEvents(t *testing.T) {
	t.Parallel()
	for key, well := range map[string]bool{"o2": true, "o-other": false} {
		s := told()
		s.events["$a8"] = "e17"
		s.entries = append(s.entries, entry{id: "e17", visitor: "v1", kind: "message", party: "operator", text: "d1 answer two", seq: 17})
		s.put("!1", record.Event{ID: "$a8", Type: "m.room.message", Sender: "@anna:x", Content: []byte(fmt.Sprintf(`{"body":"d1 answer two","test.key":%q}`, key))})
		for _, tab := range []string{"d1.1", "d1.all"} {
			s.lines = append(s.lines, record.Line{Kind: record.Got, Who: tab, Dialog: 1, Entry: "e17", Seq: 17, EntryKind: "message", Party: "operator", Text: "d1 answer two"})
		}
		s.lines = append(s.lines, record.Line{Kind: record.Seen, Who: "d1.1", Dialog: 1, Seq: 17})
		found := slices.DeleteFunc(findingsOf(t, s), func(f string) bool { return !strings.HasPrefix(f, "receipts") })
		if len(found) == 0 != well {
			t.Errorf("a word said again under %s: %q", key, found)
		}
	}
}

// An operator whose client got no answer has said something all the same, and has seen what is before it.
func TestAnAnswerMayBeLost(t *testing.T) {
	t.Parallel()
	for room, well := range map[string]bool{"!1": true, "!deleted": true, "": false} {
		s := told()
		s.events["$a8"] = "e17"
		s.entries = append(s.entries, entry{id: "e17", visitor: "v1", kind: "message", party: "operator", text: "d1 once more", seq: 17})
		s.lines = append(s.lines, record.Line{Kind: record.Put, Who: "@anna:x", Dialog: 1, Op: record.Message, Key: "o8", Text: "d1 once more", Room: room})
		for _, tab := range []string{"d1.1", "d1.all"} {
			s.lines = append(s.lines, record.Line{Kind: record.Got, Who: tab, Dialog: 1, Entry: "e17", Seq: 17, EntryKind: "message", Party: "operator", Text: "d1 once more"})
		}
		s.lines = append(s.lines, record.Line{Kind: record.Seen, Who: "d1.1", Dialog: 1, Seq: 17})
		arrived := record.Event{ID: "$a8", Type: "m.room.message", Sender: "@anna:x", Content: []byte(`{"body":"d1 once more","test.key":"o8"}`)}
		switch room {
		case "":
		case "!deleted":
			s.inRooms[room] = "v1"
			s.rooms.Rooms = append(s.rooms.Rooms, record.Room{ID: room, Deleted: true, Events: []record.Event{arrived}})
			s.lines = append(s.lines, record.Line{Kind: record.Fault, Op: faultRoomDeleted, Room: room})
		default:
			s.put(room, arrived)
		}
		if found := findingsOf(t, s); len(found) == 0 != well {
			t.Errorf("an operator's word without an answer, in the room %q: %q", room, found)
		}
	}
}

// An operator's act that a restored database has under another id shows what its operator has seen.
func TestAnActThatCameBackUnderAnotherID(t *testing.T) {
	t.Parallel()
	for party, well := range map[string]bool{"operator": true, "visitor": false} {
		s := told()
		s.entries = append(s.entries, entry{id: "e17", visitor: "v1", kind: "message", party: "visitor", text: "d1 late", seq: 17})
		s.lines = append(s.lines,
			record.Line{Kind: record.Got, Who: "d1.1", Dialog: 1, Entry: "e17", Seq: 17, EntryKind: "message", Party: "visitor", Text: "d1 late"},
			record.Line{Kind: record.Got, Who: "d1.1", Dialog: 1, Entry: "before", Seq: 18, EntryKind: "reaction", Party: party},
			record.Line{Kind: record.Seen, Who: "d1.1", Dialog: 1, Seq: 18},
			record.Line{Kind: record.Fault, Op: faultDatabaseRestored, At: 200_000, Took: 3000})
		found := slices.DeleteFunc(findingsOf(t, s), func(f string) bool { return !strings.HasPrefix(f, "receipts") })
		if len(found) == 0 != well {
			t.Errorf("a reaction of the %s: %q", party, found)
		}
	}
}

// An edit that goes out as the message, where no event of that is left, has the edit's place.
func TestAnEditMayStandForItsMessage(t *testing.T) {
	t.Parallel()
	for says, well := range map[string]bool{"e3": true, "e1": false} {
		s := told()
		s.drop("!1", "$v1")
		s.drop("!1", "$v3")
		s.events["$n3"] = "e1"
		s.put("!1", record.Event{ID: "$n3", Type: "m.room.message", Sender: "@ghost:x", Content: []byte(fmt.Sprintf(`{"body":"d1 one, edited","chat.anteroom.id":%q}`, says))})
		if found := findingsOf(t, s); len(found) == 0 != well {
			t.Errorf("an event of %s for the first message, behind the second: %q", says, found)
		}
	}
}

// Each invariant has recordings that it must refuse.
func TestPlantedFaultsAreFound(t *testing.T) {
	t.Parallel()
	for _, planted := range []struct {
		fault string
		by    string // the invariant
		words string
		plant func(*story)
	}{
		{"a message is not acknowledged", "acknowledged", "never acknowledged", func(s *story) {
			s.without(func(l record.Line) bool { return l.Kind == record.Acked && l.Key == "k2" })
		}},
		{"a message is refused", "acknowledged", "was refused", func(s *story) {
			s.change(func(l record.Line) bool { return l.Kind == record.Acked && l.Key == "k2" }, func(l *record.Line) { l.Kind, l.Text = record.Refused, "invalid" })
		}},
		{"what was acknowledged is not in the journal", "journal", "not in the journal", func(s *story) {
			s.entries = slices.DeleteFunc(s.entries, func(e entry) bool { return e.id == "f1" })
		}},
		{"numbers have a gap", "journal", "where 2 should be", func(s *story) {
			s.entries = slices.DeleteFunc(s.entries, func(e entry) bool { return e.id == "e2" })
		}},
		{"an acknowledgement has another number", "journal", "acknowledged as number 9", func(s *story) {
			s.change(func(l record.Line) bool { return l.Kind == record.Acked && l.Key == "k2" }, func(l *record.Line) { l.Seq = 9 })
		}},
		{"a key is twice in the journal", "journal", "is twice in the journal", func(s *story) { s.entry("e2").client = "k1" }},
		{"a message does not reach the room", "to-the-room", "is not in the room", func(s *story) { s.drop("!1", "$v2") }},
		{"a message is twice in the room", "to-the-room", "is 2 times in the rooms", func(s *story) {
			twin := *s.event("!1", "$v2")
			twin.ID = "$twin"
			s.put("!1", twin)
		}},
		{"a message is said twice under two ids", "to-the-room", "is 2 times in the room", func(s *story) {
			s.put("!1", record.Event{ID: "$again", Type: "m.room.message", Content: []byte(`{"body":"d1 two","chat.anteroom.id":"e99"}`)})
		}},
		{"a file comes with other bytes", "to-the-room", "a file of other bytes", func(s *story) { s.event("!1", "$v5").Sum = "00000000" }},
		{"a file cannot be had", "to-the-room", "M_NOT_FOUND", func(s *story) { s.event("!1", "$v5").Sum = "M_NOT_FOUND" }},
		{"a word of a ghost that was kicked is in no timeline, and the homeserver was killed about then", "to-the-room", "is not in the room", func(s *story) {
			s.rooms.Rooms[0].Apart = append(s.rooms.Rooms[0].Apart, *s.event("!1", "$v2"))
			s.drop("!1", "$v2")
			s.lines = append(s.lines, record.Line{Kind: record.Fault, Op: faultHomeserverKilled, At: 1000}, record.Line{Kind: record.Fault, Op: faultGhostKicked, Room: "!1", At: 1000})
		}},
		{"an edit does not reach the room", "to-the-room", "instead of", func(s *story) { s.drop("!1", "$v3") }},
		{"a removed message stays in the room", "to-the-room", "was removed, and is in the room", func(s *story) {
			s.put("!1", record.Event{ID: "$v4", Type: "m.room.message", Content: []byte(`{"body":"d1 gone","chat.anteroom.id":"e4"}`)})
		}},
		{"a message is in another dialog's room", "to-the-room", "of another dialog", func(s *story) {
			e := *s.event("!1", "$v2")
			s.drop("!1", "$v2")
			s.put("!2", e)
		}},
		{"the bot's word does not reach the visitor", "to-the-visitor", "shows the bot's", func(s *story) { s.without(got("d1.all", "e11")) }},
		{"the bot's word reaches the visitor as another", "to-the-visitor", "shows the bot's", func(s *story) {
			s.change(got("d1.all", "e11"), func(l *record.Line) { l.Text = "bot 3" })
		}},
		{"a visitor's reaction does not reach the room", "reactions", "is not in the room", func(s *story) { s.drop("!1", "$v4") }},
		{"a visitor's reaction is twice in the room", "reactions", "is 2 times in the room", func(s *story) {
			twin := *s.event("!1", "$v4")
			twin.ID = "$twin"
			s.put("!1", twin)
		}},
		{"a visitor's reaction is about another message", "reactions", "instead of", func(s *story) {
			e := s.event("!1", "$v4")
			e.Content = []byte(strings.Replace(string(e.Content), "$a1", "$a2", 1))
		}},
		{"an operator's reaction does not reach the visitor", "reactions", "does not show the reaction", func(s *story) { s.without(got("d1.all", "e14")) }},
		{"an answer does not reach the visitor", "to-the-visitor", "does not show", func(s *story) { s.without(got("d1.all", "e7")) }},
		{"an answer is shown twice", "to-the-visitor", "2 times", func(s *story) {
			s.change(got("d1.all", "e6"), func(l *record.Line) { l.Text = "d1 answer two" })
		}},
		{"an answer's edit does not reach the visitor", "to-the-visitor", "instead of", func(s *story) { s.without(got("d1.all", "e8")) }},
		{"an answer reads as nobody wrote it, and the homeserver told a wrong time of its edit", "to-the-visitor", "instead of", func(s *story) {
			s.change(got("d1.all", "e8"), func(l *record.Line) { l.Text = "d1 nothing of that" })
			s.lines = append(s.lines, record.Line{Kind: record.Lied, Event: "$a3"})
		}},
		{"an answer that was removed is shown", "to-the-visitor", "which was removed", func(s *story) { s.without(got("d1.all", "e10")) }},
		{"a visitor's removed message is shown", "to-the-visitor", "which was removed", func(s *story) { s.without(got("d1.all", "e5")) }},
		{"a visitor's message that an operator removed is shown", "to-the-visitor", "which was removed", func(s *story) {
			s.operatorRemoves()
			s.without(got("d1.all", "e17"))
		}},
		{"a visitor's message that an operator removed is in the room again", "to-the-room", "was removed, and is in the room", func(s *story) {
			s.operatorRemoves()
			s.put("!1", record.Event{ID: "$again", Type: "m.room.message", Sender: "@ghost:x", Content: []byte(`{"body":"d1 list.txt","chat.anteroom.id":"e15"}`)})
		}},
		{"a visitor's act about what nobody removed is refused", "acknowledged", "was refused", func(s *story) { s.lateEdit("e2") }},
		{"an answer is gone from the room", "to-the-visitor", "is not in the room", func(s *story) { s.drop("!1", "$a2") }},
		{"a visitor does not see its own words", "to-the-visitor", "its own", func(s *story) { s.without(got("d2.all", "f1")) }},
		{"nobody read a dialog in the end", "to-the-visitor", "no tab", func(s *story) {
			s.without(func(l record.Line) bool { return l.Kind == record.Whole && l.Dialog == 2 })
		}},
		{"a tab misses an entry", "tabs", "was never given", func(s *story) { s.without(got("d1.1", "e7")) }},
		{"a tab is given an entry again", "tabs", "after number", func(s *story) {
			again := s.lines[slices.IndexFunc(s.lines, got("d1.1", "e2"))]
			s.lines = append(s.lines, again)
		}},
		{"the room has the visitor's words in another order", "order", "said earlier", func(s *story) { s.swap("!1", "$v1", "$v2") }},
		{"words on both sides of an upgrade changed places", "order", "said earlier", func(s *story) { s.upgraded("$v1") }},
		{"the bot's words on both sides of an upgrade changed places", "bot", "before what it said earlier", func(s *story) { s.upgraded("$b1") }},
		{"the journal has the visitor's words in another order", "order", "said after", func(s *story) {
			s.change(func(l record.Line) bool { return l.Kind == record.Acked && l.Key == "k1" }, func(l *record.Line) { l.Seq = 2 })
		}},
		{"the visitor reads answers in another order", "order", "is shown before", func(s *story) {
			s.change(got("d1.all", "e6"), func(l *record.Line) { l.Seq = 13 })
		}},
		{"the bot's words are in another order", "bot", "before what it said earlier", func(s *story) { s.swap("!1", "$b1", "$b2") }},
		{"the bot took a turn twice", "bot", "began 2 times", func(s *story) { s.botSays("e17", 17, "bot 2: first") }},
		{"the bot said a thing twice", "bot", "twice", func(s *story) { s.botSays("e17", 17, "bot 1: second") }},
		{"the bot was not heard", "bot", "began 1 times, and was asked to 2", func(s *story) {
			s.change(func(l record.Line) bool { return l.Text == "d1 two" }, func(l *record.Line) { l.Text = "d1 two begin" })
		}},
		{"the bot lost count", "bot", "when it had said", func(s *story) { s.botSays("e17", 17, "bot 5: first") }},
		{"a word of the bot is not in the room", "bot", "is not in the room", func(s *story) { s.drop("!1", "$b1") }},
		{"a read receipt runs ahead", "receipts", "is said to be read", func(s *story) {
			s.without(func(l record.Line) bool { return l.Kind == record.Told && l.Op == record.Read })
		}},
		{"a delivery receipt runs ahead", "receipts", "is said to be delivered", func(s *story) {
			s.without(func(l record.Line) bool { return l.Kind == record.Told && l.Op == record.Delivered })
		}},
		{"seen runs ahead", "receipts", "have seen number 99", func(s *story) {
			s.change(func(l record.Line) bool { return l.Kind == record.Seen }, func(l *record.Line) { l.Seq = 99 })
		}},
		{"a tab is given another visitor's entry", "isolation", "of another visitor", func(s *story) {
			s.change(got("d2.1", "f1"), func(l *record.Line) { l.Entry = "e2" })
		}},
		{"a tab is given another visitor's words", "isolation", "was given the words", func(s *story) {
			s.change(got("d2.1", "f1"), func(l *record.Line) { l.Text = "d1 two" })
		}},
		{"a room has another visitor's words", "isolation", "its room has", func(s *story) {
			e := *s.event("!1", "$v2")
			s.put("!2", e)
		}},
		{"two visitors share a dialog", "isolation", "are one in the journal", func(s *story) { s.entry("f1").visitor = "v1" }},
		{"a thread reaches the visitor", "internal", "in a thread", func(s *story) {
			s.change(got("d1.1", "e7"), func(l *record.Line) { l.Text = "d1 among us" })
		}},
		{"something waits for ever", "rest", "outbox", func(s *story) { s.outbox["e2"] = "pending" }},
		{"something was given up", "rest", "failed", func(s *story) { s.outbox["e2"] = "failed" }},
		{"a room that is no dialog's has a visitor's words", "rest", "is nobody's", func(s *story) {
			s.put("!stray", record.Event{ID: "$s1", Type: "m.room.message", Sender: "@ghost:x", Content: []byte(`{"body":"d1 astray","chat.anteroom.id":"x1"}`)})
		}},
		{"a room that is no dialog's has an operator's words", "rest", "is nobody's", func(s *story) {
			s.put("!stray", record.Event{ID: "$s1", Type: "m.room.message", Sender: "@anna:x", Content: []byte(`{"body":"d1 astray"}`)})
		}},
		{"a room that is no dialog's has what a dialog's room has", "to-the-room", "is 2 times in the rooms", func(s *story) {
			twin := *s.event("!1", "$v2")
			twin.ID = "$twin"
			s.put("!stray", twin)
		}},
		{"goroutines are left", "figures", "goroutines", func(s *story) {
			s.change(func(l record.Line) bool { return l.Op == "goroutines" && l.Text == "end" }, func(l *record.Line) { l.Seq += 1000 })
		}},
		{"memory is left", "figures", "resident", func(s *story) {
			s.change(func(l record.Line) bool { return l.Op == "resident" && l.Text == "end" }, func(l *record.Line) { l.Seq += 1 << 30 })
		}},
		{"nothing was measured", "figures", "not measured", func(s *story) {
			s.without(func(l record.Line) bool { return l.Kind == record.Figure })
		}},
	} {
		t.Run(planted.fault, func(t *testing.T) {
			t.Parallel()
			s := told()
			planted.plant(s)
			found := findingsOf(t, s)
			if !slices.ContainsFunc(found, func(f string) bool {
				return strings.HasPrefix(f, planted.by+": ") && strings.Contains(f, planted.words)
			}) {
				t.Errorf("%s does not say %q; found:\n%s", planted.by, planted.words, strings.Join(found, "\n"))
			}
		})
	}
}
