package main

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"

	"github.com/anteroom-chat/anteroom/bridge/storm/record"
)

// recording is a storm as it was written down, sorted out.
type recording struct {
	seed    string
	lines   []record.Line
	dialogs map[int]*dialog
	faults  []record.Line
	rooms   record.Rooms
	gone    []record.Room // were deleted, and are not among the rooms
	// events are where the timelines have what, by event id.
	events map[string]place
	// byEntry are the events in the timelines that say that they are an entry and were not removed.
	byEntry map[string][]place
	// standsFor are those that the journal has for an entry, where none says so itself: the
	// edit of what a lost room had goes out as the message that it edits.
	standsFor map[string]place
	// back are the entries that came back from the rooms under another id, after the
	// database was restored.
	back    map[string]string
	journal *journal
	// lied are the events of which the bridge was told a wrong time.
	lied map[string]bool
	// poison are the events that no client sends.
	poison map[string]*record.Line
	// excused counts what is not as it should be and cannot be, for a fault's sake.
	excused int
}

// dialog is one visitor's.
type dialog struct {
	number  int
	visitor string // the journal's name for it
	said    []*said
	put     []*put
	tabs    map[string]*tab
	order   []*tab
}

// said is what a visitor's tab sent, and what became of it.
type said struct {
	record.Line
	ack     *record.Line
	refused string
}

// put is what an operator sent.
type put struct {
	record.Line
	event  string
	sentAt int64
}

// tab is one tab of a visitor's browser.
type tab struct {
	who   string
	got   []record.Line // since the last reset
	all   []record.Line
	whole bool
}

// place is an event in a room's timeline.
type place struct {
	room    string
	index   int
	event   *record.Event
	content content
}

func (p place) removed() bool { return len(p.event.Unsigned.Because) > 0 }

// content is what the checker reads of an event.
type content struct {
	Entry   string `json:"chat.anteroom.id"`
	Key     string `json:"test.key"`
	Body    string `json:"body"`
	MsgType string `json:"msgtype"`
	New     struct {
		Body string `json:"body"`
	} `json:"m.new_content"`
	Relates struct {
		Type  string `json:"rel_type"`
		Event string `json:"event_id"`
		Key   string `json:"key"`
	} `json:"m.relates_to"`
}

func load(folder string) (*recording, error) {
	lines, err := record.Load(folder)
	if err != nil {
		return nil, err
	}
	rooms, err := record.LoadRooms(folder)
	if err != nil {
		return nil, err
	}
	journal, err := loadJournal(folder)
	if err != nil {
		return nil, err
	}
	r := &recording{
		lines: lines, rooms: rooms, journal: journal, dialogs: map[int]*dialog{},
		events: map[string]place{}, byEntry: map[string][]place{}, standsFor: map[string]place{}, back: map[string]string{}, lied: map[string]bool{}, poison: map[string]*record.Line{},
	}
	r.sortRooms()
	r.sortLines()
	return r, nil
}

func (r *recording) sortLines() {
	saids, puts := map[string]*said{}, map[string]*put{}
	for i := range r.lines {
		l := &r.lines[i]
		switch l.Kind {
		case record.Began:
			r.seed = l.Text
		case record.Said:
			s := &said{Line: *l}
			saids[l.Key] = s
			r.dialog(l.Dialog).said = append(r.dialog(l.Dialog).said, s)
		case record.Acked:
			if s := saids[l.Key]; s != nil && s.ack == nil {
				s.ack = l
			}
		case record.Refused:
			if s := saids[l.Key]; s != nil {
				s.refused = l.Text
			}
		case record.Put:
			p := &put{Line: *l}
			puts[l.Key] = p
			r.dialog(l.Dialog).put = append(r.dialog(l.Dialog).put, p)
		case record.Sent:
			if p := puts[l.Key]; p != nil {
				p.event, p.sentAt = l.Event, l.At
			}
		case record.Got:
			t := r.dialog(l.Dialog).tab(l.Who)
			t.got, t.all = append(t.got, *l), append(t.all, *l)
		case record.Reset:
			r.dialog(l.Dialog).tab(l.Who).got = nil
		case record.Whole:
			r.dialog(l.Dialog).tab(l.Who).whole = true
		case record.Fault:
			r.faults = append(r.faults, *l)
		case record.Lied:
			r.lied[l.Event] = true
		case record.Poison:
			r.poison[l.Event] = l
		case record.Seen, record.Told, record.Receipt, record.Figure:
		}
	}
	r.findBack(puts)
	for _, d := range r.dialogs {
		for _, s := range d.said {
			if s.ack != nil && d.visitor == "" {
				d.visitor = r.journal.entries[r.now(s.ack.Entry)].visitor
			}
		}
	}
}

// findBack finds which entries of operators came back from the rooms under another id: those
// have nothing of their former id, but a text of their own.
func (r *recording) findBack(puts map[string]*put) {
	if !r.had(faultDatabaseRestored) {
		return
	}
	events := map[string]string{} // by text
	for _, p := range puts {
		if p.event != "" && p.Text != "" {
			events[p.Text] = p.event
		}
	}
	for _, l := range r.lines {
		if l.Kind != record.Got || l.Party != "operator" || l.Text == "" {
			continue
		}
		if _, known := r.journal.entries[l.Entry]; !known {
			if now := r.journal.events[events[l.Text]]; now != "" {
				r.back[l.Entry] = now
			}
		}
	}
}

func (r *recording) sortRooms() {
	r.rooms.Rooms = slices.DeleteFunc(r.rooms.Rooms, func(room record.Room) bool {
		if room.Deleted {
			r.gone = append(r.gone, room)
		}
		return room.Deleted
	})
	for i := range r.rooms.Rooms {
		room := &r.rooms.Rooms[i]
		for k := range room.Events {
			e := &room.Events[k]
			p := read(room, k)
			r.events[e.ID] = p
			if p.content.Entry != "" && !p.removed() {
				r.byEntry[p.content.Entry] = append(r.byEntry[p.content.Entry], p)
			}
			entry := r.journal.events[e.ID]
			if entry != "" && !p.removed() && p.content.Relates.Type != "m.replace" {
				r.standsFor[entry] = p
			}
			if _, known := r.journal.entries[p.content.Entry]; !known && p.content.Entry != "" && entry != "" {
				r.back[p.content.Entry] = entry
			}
		}
	}
}

// read is one of a room's events.
func read(room *record.Room, index int) place {
	p := place{room: room.ID, index: index, event: &room.Events[index]}
	_ = json.Unmarshal(p.event.Content, &p.content) // contents of other people may be anything
	return p
}

// now is an entry's id in the journal as it is in the end.
func (r *recording) now(entry string) string {
	if now := r.back[entry]; now != "" {
		return now
	}
	return entry
}

// at is where the rooms have an entry.
func (r *recording) at(entry string) []place {
	if all := r.byEntry[entry]; len(all) > 0 {
		return all
	}
	if p, ok := r.standsFor[r.now(entry)]; ok {
		return []place{p}
	}
	return nil
}

func (r *recording) dialog(number int) *dialog {
	d := r.dialogs[number]
	if d == nil {
		d = &dialog{number: number, tabs: map[string]*tab{}}
		r.dialogs[number] = d
	}
	return d
}

func (d *dialog) tab(who string) *tab {
	t := d.tabs[who]
	if t == nil {
		t = &tab{who: who}
		d.tabs[who] = t
		d.order = append(d.order, t)
	}
	return t
}

// heard is when a tab was first given an entry; the greatest number when none was.
func (d *dialog) heard(entry string) int64 {
	at := int64(math.MaxInt64)
	for _, t := range d.order {
		for _, l := range t.all {
			if l.Entry == entry {
				at = min(at, l.At)
			}
		}
	}
	return at
}

// sorted are the dialogs by number, so that findings come in the same order every time.
func (r *recording) sorted() (all []*dialog) {
	for _, d := range r.dialogs {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b *dialog) int { return cmp.Compare(a.number, b.number) })
	return all
}

func (r *recording) isOperator(user string) bool { return slices.Contains(r.rooms.Operators, user) }

// timeline is the room's, oldest first.
func (r *recording) timeline(room string) (all []place) {
	for i := range r.rooms.Rooms {
		if r.rooms.Rooms[i].ID != room {
			continue
		}
		for k := range r.rooms.Rooms[i].Events {
			all = append(all, r.events[r.rooms.Rooms[i].Events[k].ID])
		}
	}
	return all
}

// born is when a room was made, by its first event; 0 if the homeserver has it no more.
func (r *recording) born(room string) int64 {
	for i := range r.rooms.Rooms {
		if known := &r.rooms.Rooms[i]; known.ID == room && len(known.Events) > 0 {
			return known.Events[0].Time
		}
	}
	return 0
}

// behind reports whether a stands behind b: later in its room, or in a later room.
func (r *recording) behind(a, b place) bool {
	if a.room == b.room {
		return a.index > b.index
	}
	return r.born(a.room) > r.born(b.room)
}

// apart is an event that the homeserver gives by its id although no timeline has it.
func (r *recording) apart(event string) *record.Event {
	for _, room := range r.rooms.Rooms {
		for i := range room.Apart {
			if room.Apart[i].ID == event {
				return &room.Apart[i]
			}
		}
	}
	return nil
}
