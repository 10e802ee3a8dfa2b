// Package record is the form in which a storm is written down: a folder with what
// clients said and were told, line by line, the rooms as the homeserver shows them in
// the end, and the bridge's database. It is all that the harness and the checker share.
package record

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// The files of a recording.
const (
	// Lines has one Line a line, in the order in which things happened.
	Lines = "clients.jsonl"
	// Rooms has one Rooms value.
	RoomsFile = "rooms.json"
	// Journal is a copy of the bridge's database, made while it runs (VACUUM INTO).
	Journal = "anteroom.db"
)

// Kind says what a line tells.
type Kind string

// What clients did and were told. A line of something said is written before the
// bytes leave, one of something heard after they came: so "not before" can be proved.
const (
	// Began is the first line: Text has the seed.
	Began Kind = "began"
	// Said: a visitor's tab sends Op under Key for the first time.
	Said Kind = "said"
	// Acked: the gateway acknowledged Key as Entry with number Seq.
	Acked Kind = "acked"
	// Refused: the gateway refused Key for good; Text is the code.
	Refused Kind = "refused"
	// Got: a tab was given Entry.
	Got Kind = "got"
	// Reset: a tab was told to forget what it holds.
	Reset Kind = "reset"
	// Seen: a tab was told that operators have seen up to Seq.
	Seen Kind = "seen"
	// Told: a tab says that its visitor read (Op "read") or that it holds ("delivered") up to Seq.
	Told Kind = "told"
	// Whole: a tab holds all of its dialog now, older pages too.
	Whole Kind = "whole"
	// Put: an operator sends Op under Key for the first time.
	Put Kind = "put"
	// Sent: the homeserver answered Key with Event.
	Sent Kind = "sent"
	// Receipt: an operator was shown that User has read (or been delivered) up to Event.
	Receipt Kind = "receipt"
	// Fault: Op was over at At, and had begun Took milliseconds before; for a restored copy
	// that is when the copy was made.
	Fault Kind = "fault"
	// Lied: the bridge was told a wrong time of Event.
	Lied Kind = "lied"
	// Poison: an operator's client sent Event, which no client sends.
	Poison Kind = "poison"
	// Figure: Op (goroutines, resident) was Seq at Text (start, end).
	Figure Kind = "figure"
)

// Op is what was said or put.
type Op string

// The operations of visitors and operators.
const (
	Message   Op = "message"
	File      Op = "file"
	Edit      Op = "edit"
	Redact    Op = "redact"
	React     Op = "react"
	Thread    Op = "thread" // between operators: it must not reach the visitor
	Read      Op = "read"
	Delivered Op = "delivered"
)

// Line is one thing that happened.
type Line struct {
	At   int64 `json:"at"` // Unix milliseconds by the harness's clock
	Kind Kind  `json:"kind"`
	// Who is a tab ("d7.1") or an operator's user id.
	Who    string `json:"who,omitempty"`
	Dialog int    `json:"dialog,omitempty"`
	Op     Op     `json:"op,omitempty"`
	// Key is a visitor's cid or an operator's transaction id, unique in the storm.
	Key  string `json:"key,omitempty"`
	Text string `json:"text,omitempty"`
	// Sum is the SHA-256 of a file's bytes, in hex.
	Sum string `json:"sum,omitempty"`
	// Entry and Seq are of the journal, Event and Room of the homeserver.
	Entry string `json:"entry,omitempty"`
	Seq   int64  `json:"seq,omitempty"`
	Event string `json:"event,omitempty"`
	Room  string `json:"room,omitempty"`
	// Target is the entry (visitors) or event (operators) that Op is about.
	Target string `json:"target,omitempty"`
	// Of an entry that a tab was given.
	EntryKind string `json:"entry_kind,omitempty"`
	Party     string `json:"party,omitempty"`
	Redacted  bool   `json:"redacted,omitempty"`
	// Page says that the entry came with a page of older ones.
	Page bool `json:"page,omitempty"`
	// User is whose receipt it is.
	User string `json:"user,omitempty"`
	Took int64  `json:"took,omitempty"`
}

// Rooms is what the homeserver shows in the end: the rooms of dialogs, and whatever else the
// bot is in that is no space or desk of a site.
type Rooms struct {
	Rooms []Room `json:"rooms"`
	// Bot and Delivered are the bridge's own users.
	Bot       string `json:"bot"`
	Delivered string `json:"delivered"`
	// Operators are the site's.
	Operators []string `json:"operators"`
}

// Room is one room's timeline, oldest first.
type Room struct {
	ID     string  `json:"id"`
	Events []Event `json:"events"`
	// Apart are events that the bridge knows of and the timeline has not, but which the
	// homeserver gives by their id.
	Apart []Event `json:"apart,omitempty"`
	// Deleted says that everybody was taken out of it for good: what it has is nowhere for
	// them, but tells what was said in it.
	Deleted bool `json:"deleted,omitempty"`
}

// Event is a room event (Matrix client-server API, section "Room event format").
type Event struct {
	ID       string          `json:"event_id"`
	Type     string          `json:"type"`
	Sender   string          `json:"sender"`
	StateKey *string         `json:"state_key,omitempty"`
	Time     int64           `json:"origin_server_ts"`
	Content  json.RawMessage `json:"content"`
	Redacts  string          `json:"redacts,omitempty"`
	Unsigned struct {
		Because json.RawMessage `json:"redacted_because,omitempty"`
	} `json:"unsigned"`
	// Sum is the SHA-256 of the bytes that an operator gets for the file that a message
	// has, in hex, or why there are none; empty where there is no file.
	Sum string `json:"sum,omitempty"`
}

// Writer appends lines; it may be used from many goroutines.
type Writer struct {
	mu  sync.Mutex
	out *os.File
	err error
}

// Create begins a recording in a folder, which it makes.
func Create(folder string) (*Writer, error) {
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	out, err := os.OpenFile(filepath.Join(folder, Lines), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	return &Writer{out: out}, nil
}

// Write appends a line, with the present time if it has none. A failure is kept for Close.
func (w *Writer) Write(l Line) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if l.At == 0 {
		l.At = time.Now().UnixMilli()
	}
	data, err := json.Marshal(l)
	if err == nil {
		_, err = w.out.Write(append(data, '\n'))
	}
	if w.err == nil {
		w.err = err
	}
}

// Close ends the recording and returns what went wrong with any of its lines.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.out.Close(); w.err == nil {
		w.err = err
	}
	return w.err
}

// Load reads the lines of a recording.
func Load(folder string) ([]Line, error) {
	in, err := os.Open(filepath.Join(folder, Lines))
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	defer func() { _ = in.Close() }() // it was only read
	var all []Line
	lines := bufio.NewScanner(in)
	const longest = 1 << 20
	lines.Buffer(nil, longest)
	for lines.Scan() {
		var l Line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("record: line %d: %w", len(all)+1, err)
		}
		all = append(all, l)
	}
	return all, lines.Err()
}

// SaveRooms writes what the homeserver shows.
func SaveRooms(folder string, rooms Rooms) error {
	data, err := json.Marshal(rooms)
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return os.WriteFile(filepath.Join(folder, RoomsFile), data, 0o600)
}

// LoadRooms reads it.
func LoadRooms(folder string) (rooms Rooms, err error) {
	data, err := os.ReadFile(filepath.Join(folder, RoomsFile))
	if err != nil {
		return rooms, fmt.Errorf("record: %w", err)
	}
	if err := json.Unmarshal(data, &rooms); err != nil {
		return rooms, fmt.Errorf("record: %s: %w", RoomsFile, err)
	}
	return rooms, nil
}
