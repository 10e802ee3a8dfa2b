package main

import (
	"cmp"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/storm/record"
)

// story is a recording in the making: two dialogs, in which all is well until a test
// plants a fault.
type story struct {
	lines   []record.Line
	rooms   record.Rooms
	entries []entry
	events  map[string]string // event → entry
	arrived map[string]arrival
	outbox  map[string]string // entry → state
	inbox   map[string]string // event → state
	inRooms map[string]string // room → visitor
	eventIn map[string]string // event → room, where that is not what write takes it for
}

// told is a storm in which nothing went wrong. In dialog 1 the visitor says two things,
// edits the first, removes a third; anna answers twice, edits one, removes another, and
// says something in a thread; the bot says a word. Dialog 2 has one message.
func told() *story {
	s := &story{
		rooms:  record.Rooms{Bot: "@bot:x", Delivered: "@delivered:x", Operators: []string{"@anna:x"}},
		events: map[string]string{}, arrived: map[string]arrival{}, outbox: map[string]string{}, inbox: map[string]string{},
		inRooms: map[string]string{"!1": "v1", "!2": "v2"}, eventIn: map[string]string{},
	}
	add := func(l record.Line) { l.At = int64(1000 * (len(s.lines) + 1)); s.lines = append(s.lines, l) }
	add(record.Line{Kind: record.Began, Text: "seed 1"})
	for _, figure := range []record.Op{"goroutines", "resident"} {
		add(record.Line{Kind: record.Figure, Op: figure, Text: "start", Seq: 50})
	}
	visitor := func(dialog int, key string, op record.Op, entryID string, seq int64, text, target string) {
		who := fmt.Sprintf("d%d.1", dialog)
		kind := map[record.Op]string{record.Message: "message", record.File: "message", record.Edit: "edit", record.Redact: "redaction", record.React: "reaction"}[op]
		add(record.Line{Kind: record.Said, Who: who, Dialog: dialog, Op: op, Key: key, Text: text, Target: target})
		s.entries = append(s.entries, entry{id: entryID, visitor: fmt.Sprintf("v%d", dialog), kind: kind, party: "visitor", client: key, target: target, text: text, seq: seq})
		add(record.Line{Kind: record.Got, Who: who, Dialog: dialog, Entry: entryID, Seq: seq, EntryKind: kind, Party: "visitor", Text: text, Target: target})
		add(record.Line{Kind: record.Acked, Who: who, Dialog: dialog, Key: key, Entry: entryID, Seq: seq})
	}
	operator := func(key string, op record.Op, event, entryID string, seq int64, text, target string) {
		add(record.Line{Kind: record.Put, Who: "@anna:x", Dialog: 1, Op: op, Key: key, Text: text, Target: target})
		add(record.Line{Kind: record.Sent, Who: "@anna:x", Dialog: 1, Key: key, Event: event})
		s.arrived[event] = arrival{position: int64(len(s.lines)), at: int64(1000 * len(s.lines)), seq: seq}
		if entryID == "" {
			return
		}
		kind := map[record.Op]string{record.Message: "message", record.Edit: "edit", record.Redact: "redaction", record.React: "reaction"}[op]
		s.entries = append(s.entries, entry{id: entryID, visitor: "v1", kind: kind, party: "operator", target: s.events[target], text: text, seq: seq})
		s.events[event] = entryID
		add(record.Line{Kind: record.Got, Who: "d1.1", Dialog: 1, Entry: entryID, Seq: seq, EntryKind: kind, Party: "operator", Text: text, Target: s.events[target]})
	}
	visitor(1, "k1", record.Message, "e1", 1, "d1 one", "")
	visitor(1, "k2", record.Message, "e2", 2, "d1 two", "")
	visitor(1, "k3", record.Edit, "e3", 3, "d1 one, edited", "e1")
	visitor(1, "k4", record.Message, "e4", 4, "d1 gone", "")
	visitor(1, "k5", record.Redact, "e5", 5, "", "e4")
	visitor(2, "k6", record.Message, "f1", 1, "d2 one", "")
	operator("o1", record.Message, "$a1", "e6", 6, "d1 answer", "")
	operator("o2", record.Message, "$a2", "e7", 7, "d1 answer two", "")
	operator("o3", record.Edit, "$a3", "e8", 8, "d1 answer, edited", "$a1")
	operator("o4", record.Message, "$a4", "e9", 9, "d1 taken back", "")
	operator("o5", record.Redact, "$a5", "e10", 10, "", "$a4")
	operator("o6", record.Thread, "$a6", "", 10, "d1 among us", "$a1")
	for seq, text := range map[int64]string{11: "bot 1: first", 12: "bot 1: second"} {
		s.entries = append(s.entries, entry{id: fmt.Sprintf("e%d", seq), visitor: "v1", kind: "message", party: "bot", text: text, seq: seq})
	}
	add(record.Line{Kind: record.Got, Who: "d1.1", Dialog: 1, Entry: "e11", Seq: 11, EntryKind: "message", Party: "bot", Text: "bot 1: first"})
	add(record.Line{Kind: record.Got, Who: "d1.1", Dialog: 1, Entry: "e12", Seq: 12, EntryKind: "message", Party: "bot", Text: "bot 1: second"})
	s.events["$v2"] = "e2"
	visitor(1, "k7", record.React, "e13", 13, "", "e6")
	operator("o7", record.React, "$a7", "e14", 14, "", "$v2")
	visitor(1, "k8", record.File, "e15", 15, "d1 list.txt", "")
	s.change(func(l record.Line) bool { return l.Kind == record.Said && l.Key == "k8" }, func(l *record.Line) { l.Sum = "5e884898" })
	visitor(1, "k9", record.Message, "e16", 16, "d1 begin", "")
	add(record.Line{Kind: record.Told, Who: "d1.1", Dialog: 1, Op: record.Delivered, Seq: 7})
	add(record.Line{Kind: record.Receipt, Event: "$a2", User: "@delivered:x"})
	add(record.Line{Kind: record.Told, Who: "d1.1", Dialog: 1, Op: record.Read, Seq: 7})
	add(record.Line{Kind: record.Receipt, Event: "$a2", User: "@ghost:x"})
	add(record.Line{Kind: record.Seen, Who: "d1.1", Dialog: 1, Seq: 10})
	for _, l := range slices.Clone(s.lines) {
		if l.Kind == record.Got {
			l.Who = fmt.Sprintf("d%d.all", l.Dialog)
			add(l)
		}
	}
	add(record.Line{Kind: record.Whole, Who: "d1.all", Dialog: 1})
	add(record.Line{Kind: record.Whole, Who: "d2.all", Dialog: 2})
	for _, figure := range []record.Op{"goroutines", "resident"} {
		add(record.Line{Kind: record.Figure, Op: figure, Text: "end", Seq: 51})
	}
	own := func(room, id, entryID, body string) {
		s.events[id] = entryID
		s.put(room, record.Event{ID: id, Type: "m.room.message", Sender: "@ghost:x", Content: []byte(fmt.Sprintf(`{"body":%q,"chat.anteroom.id":%q}`, body, entryID))})
	}
	own("!1", "$v1", "e1", "d1 one")
	own("!1", "$v2", "e2", "d1 two")
	s.events["$v3"] = "e3"
	s.put("!1", record.Event{ID: "$v3", Type: "m.room.message", Sender: "@ghost:x", Content: []byte(
		`{"body":"* d1 one, edited","chat.anteroom.id":"e3","m.new_content":{"body":"d1 one, edited"},"m.relates_to":{"rel_type":"m.replace","event_id":"$v1"}}`)})
	for _, e := range [][2]string{{"$a1", "d1 answer"}, {"$a2", "d1 answer two"}, {"$a4", "d1 taken back"}} {
		s.put("!1", record.Event{ID: e[0], Type: "m.room.message", Sender: "@anna:x", Content: []byte(fmt.Sprintf(`{"body":%q}`, e[1]))})
	}
	s.event("!1", "$a4").Unsigned.Because = []byte(`{}`)
	s.events["$v4"] = "e13"
	s.put("!1", record.Event{ID: "$v4", Type: "m.reaction", Sender: "@ghost:x", Content: []byte(
		`{"chat.anteroom.id":"e13","m.relates_to":{"rel_type":"m.annotation","event_id":"$a1","key":"🎉"}}`)})
	s.put("!1", record.Event{ID: "$a7", Type: "m.reaction", Sender: "@anna:x", Content: []byte(
		`{"m.relates_to":{"rel_type":"m.annotation","event_id":"$v2","key":"👍"}}`)})
	own("!1", "$b1", "e11", "bot 1: first")
	own("!1", "$b2", "e12", "bot 1: second")
	own("!1", "$v5", "e15", "d1 list.txt")
	s.event("!1", "$v5").Sum = "5e884898"
	own("!1", "$v6", "e16", "d1 begin")
	own("!2", "$w1", "f1", "d2 one")
	return s
}

// botSays adds a word of the bot, with its event in the room.
func (s *story) botSays(entryID string, seq int64, text string) {
	s.entries = append(s.entries, entry{id: entryID, visitor: "v1", kind: "message", party: "bot", text: text, seq: seq})
	s.put("!1", record.Event{ID: "$" + entryID, Type: "m.room.message", Sender: "@bot:x", Content: []byte(fmt.Sprintf(`{"body":%q,"chat.anteroom.id":%q}`, text, entryID))})
}

// operatorPuts has anna do something late of which the homeserver says that it is done, and
// which arrives nowhere.
func (s *story) operatorPuts(l record.Line, event string) {
	const late = 200_000
	l.At, l.Kind, l.Who, l.Dialog, l.Key = late, record.Put, "@anna:x", 1, "put "+event
	s.lines = append(s.lines, l, record.Line{At: late, Kind: record.Sent, Who: l.Who, Dialog: 1, Key: l.Key, Event: event, Room: l.Room})
}

// operatorRemoves has anna remove the visitor's file, of which everybody hears.
func (s *story) operatorRemoves() {
	s.operatorPuts(record.Line{Op: record.Redact, Target: "$v5"}, "$a9")
	s.entries = append(s.entries, entry{id: "e17", visitor: "v1", kind: "redaction", party: "operator", target: "e15", seq: 17})
	s.events["$a9"] = "e17"
	*s.event("!1", "$v5") = record.Event{ID: "$v5", Type: "m.room.message", Sender: "@ghost:x", Content: []byte(`{}`)}
	s.event("!1", "$v5").Unsigned.Because = []byte(`{}`)
	s.put("!1", record.Event{ID: "$a9", Type: "m.room.redaction", Sender: "@anna:x", Redacts: "$v5", Content: []byte(`{}`)})
	s.given(record.Line{Entry: "e17", Seq: 17, EntryKind: "redaction", Party: "operator", Target: "e15"})
}

// lateEdit has the visitor edit a message, which is refused.
func (s *story) lateEdit(target string) {
	const late = 201_000
	s.lines = append(s.lines,
		record.Line{At: late, Kind: record.Said, Who: "d1.1", Dialog: 1, Op: record.Edit, Key: "k20", Text: "d1 too late", Target: target},
		record.Line{At: late, Kind: record.Refused, Who: "d1.1", Dialog: 1, Key: "k20", Text: "unknown_target"})
}

// operatorSays has anna say something that arrives everywhere.
func (s *story) operatorSays(event, entryID string, seq int64, text string) {
	s.operatorPuts(record.Line{Op: record.Message, Text: text}, event)
	s.entries = append(s.entries, entry{id: entryID, visitor: "v1", kind: "message", party: "operator", text: text, seq: seq})
	s.events[event] = entryID
	s.put("!1", record.Event{ID: event, Type: "m.room.message", Sender: "@anna:x", Content: []byte(fmt.Sprintf(`{"body":%q}`, text))})
	s.given(record.Line{Entry: entryID, Seq: seq, EntryKind: "message", Party: "operator", Text: text})
}

// given has both tabs of dialog 1 be given an entry.
func (s *story) given(l record.Line) {
	for _, who := range []string{"d1.1", "d1.all"} {
		l.Kind, l.Who, l.Dialog = record.Got, who, 1
		s.lines = append(s.lines, l)
	}
}

// olderEditShown has the visitor edit the first message again, which the room has, and the
// edit before that come back, which the tabs take for the newest.
func (s *story) olderEditShown() {
	const late = 200_000
	s.lines = append(s.lines,
		record.Line{At: late, Kind: record.Said, Who: "d1.1", Dialog: 1, Op: record.Edit, Key: "k20", Text: "d1 one, again", Target: "e1"},
		record.Line{At: late, Kind: record.Acked, Who: "d1.1", Dialog: 1, Key: "k20", Entry: "e17", Seq: 17})
	for i, text := range []string{"d1 one, again", "d1 one, edited"} {
		e := entry{id: fmt.Sprintf("e%d", 17+i), visitor: "v1", kind: "edit", party: "visitor", target: "e1", text: text, seq: int64(17 + i)}
		s.entries = append(s.entries, e)
		s.given(record.Line{Entry: e.id, Seq: e.seq, EntryKind: e.kind, Party: e.party, Text: text, Target: e.target})
	}
	s.put("!1", record.Event{ID: "$v17", Type: "m.room.message", Sender: "@ghost:x", Content: []byte(
		`{"body":"* d1 one, again","chat.anteroom.id":"e17","m.new_content":{"body":"d1 one, again"},"m.relates_to":{"rel_type":"m.replace","event_id":"$v1"}}`)})
}

func (s *story) put(room string, e record.Event) {
	for i := range s.rooms.Rooms {
		if s.rooms.Rooms[i].ID == room {
			s.rooms.Rooms[i].Events = append(s.rooms.Rooms[i].Events, e)
			return
		}
	}
	s.rooms.Rooms = append(s.rooms.Rooms, record.Room{ID: room, Events: []record.Event{e}})
}

func (s *story) event(room, id string) *record.Event {
	for i := range s.rooms.Rooms {
		for k := range s.rooms.Rooms[i].Events {
			if e := &s.rooms.Rooms[i].Events[k]; s.rooms.Rooms[i].ID == room && e.ID == id {
				return e
			}
		}
	}
	return nil
}

// drop removes an event from a room.
func (s *story) drop(room, id string) {
	for i := range s.rooms.Rooms {
		if r := &s.rooms.Rooms[i]; r.ID == room {
			r.Events = slices.DeleteFunc(r.Events, func(e record.Event) bool { return e.ID == id })
		}
	}
}

// upgraded gives the first dialog a second room and moves events there.
func (s *story) upgraded(events ...string) {
	s.inRooms["!3"] = "v1"
	s.put("!3", record.Event{ID: "$create", Type: "m.room.create", Sender: "@bot:x", Time: 60_000, Content: []byte(`{}`)})
	for _, id := range events {
		e := *s.event("!1", id)
		s.drop("!1", id)
		s.put("!3", e)
		s.eventIn[id] = "!3"
	}
}

// swap makes two events of a room change places.
func (s *story) swap(room, a, b string) { x, y := s.event(room, a), s.event(room, b); *x, *y = *y, *x }

// without removes the lines that match.
func (s *story) without(matches func(record.Line) bool) {
	s.lines = slices.DeleteFunc(s.lines, matches)
}

// change changes the lines that match.
func (s *story) change(matches func(record.Line) bool, do func(*record.Line)) {
	for i := range s.lines {
		if matches(s.lines[i]) {
			do(&s.lines[i])
		}
	}
}

func (s *story) entry(id string) *entry {
	i := slices.IndexFunc(s.entries, func(e entry) bool { return e.id == id })
	return &s.entries[i]
}

func got(who, entryID string) func(record.Line) bool {
	return func(l record.Line) bool { return l.Kind == record.Got && l.Who == who && l.Entry == entryID }
}

// write puts the recording into a folder.
func (s *story) write(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	w, err := record.Create(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range s.lines {
		w.Write(l)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := record.SaveRooms(folder, s.rooms); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(folder, record.Journal))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	run := func(query string, args ...any) {
		if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
			t.Fatal(err)
		}
	}
	run(`CREATE TABLE entry (id, visitor_id, seq INTEGER, kind, party, author_id, client_id, target, content, redacted);
		CREATE TABLE event (event_id, entry_id, room_id, twin); CREATE TABLE room (room_id, visitor_id);
		CREATE TABLE inbox (event_key, position, received_at, journal_seq, state, error);
		CREATE TABLE outbox (entry_id, state, error); CREATE TABLE bot_input (input_key)`)
	for _, e := range s.entries {
		run(`INSERT INTO entry VALUES ($1, $2, $3, $4, $5, '', $6, $7, $8, $9)`, e.id, e.visitor, e.seq, e.kind, e.party, e.client, e.target,
			fmt.Sprintf(`{"text":%q}`, e.text), e.redacted)
	}
	for event, of := range s.events {
		room := map[bool]string{true: "!2", false: "!1"}[event == "$w1"]
		run(`INSERT INTO event VALUES ($1, $2, $3, false)`, event, of, cmp.Or(s.eventIn[event], room))
	}
	for event, a := range s.arrived {
		run(`INSERT INTO inbox VALUES ($1, $2, $3, $4, 'done', '')`, event, a.position, a.at, a.seq)
	}
	for event, state := range s.inbox {
		run(`INSERT INTO inbox VALUES ($1, 0, 0, 0, $2, '')`, event, state)
	}
	for room, visitor := range s.inRooms {
		run(`INSERT INTO room VALUES ($1, $2)`, room, visitor)
	}
	for of, state := range s.outbox {
		run(`INSERT INTO outbox VALUES ($1, $2, '')`, of, state)
	}
	return folder
}
