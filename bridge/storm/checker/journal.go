package main

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"

	_ "github.com/mattn/go-sqlite3" // to read the journal

	"github.com/anteroom-chat/anteroom/bridge/storm/record"
)

// journal is what the bridge's database holds.
type journal struct {
	entries  map[string]entry
	ofDialog map[string][]entry // by visitor, in rising order
	events   map[string]string  // event id → entry id
	twins    map[string]string  // event id → entry id, where another event counts
	rooms    map[string]string  // room id → visitor
	arrived  map[string]arrival // event id → when it came
	eventIn  map[string]string  // event id → room id
	waiting  []waiting          // what is not done
}

// waiting is a row of the bridge's books that is not done, or was given up.
type waiting struct{ table, key, state, why string }

type entry struct {
	id, visitor, kind, party, client, target, text, thread, author string
	seq                                                            int64
	redacted                                                       bool
}

type arrival struct{ position, at, seq int64 }

// said is the entry that an event says, or said beside the one that counts; "" if none.
func (j *journal) said(event string) string { return cmp.Or(j.events[event], j.twins[event]) }

func (j *journal) messages() (n int) {
	for _, e := range j.entries {
		if e.kind == "message" {
			n++
		}
	}
	return n
}

func loadJournal(folder string) (*journal, error) {
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(folder, record.Journal)+"?mode=ro")
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	defer func() { _ = db.Close() }() // it was only read
	j := &journal{
		entries: map[string]entry{}, ofDialog: map[string][]entry{}, events: map[string]string{}, twins: map[string]string{},
		rooms: map[string]string{}, arrived: map[string]arrival{}, eventIn: map[string]string{},
	}
	for _, read := range []struct {
		query string
		row   func(*sql.Rows) error
	}{
		{`SELECT id, visitor_id, seq, kind, party, author_id, client_id, target, content, redacted FROM entry ORDER BY visitor_id, seq`, j.entry},
		{`SELECT event_id, entry_id, room_id FROM event WHERE NOT twin`, func(rows *sql.Rows) error {
			var event, entry, room string
			err := rows.Scan(&event, &entry, &room)
			j.events[event], j.eventIn[event] = entry, room
			return err
		}},
		{`SELECT event_id, entry_id FROM event WHERE twin`, func(rows *sql.Rows) error {
			var event, entry string
			err := rows.Scan(&event, &entry)
			j.twins[event] = entry
			return err
		}},
		{`SELECT room_id, visitor_id FROM room`, func(rows *sql.Rows) error {
			var room, visitor string
			err := rows.Scan(&room, &visitor)
			j.rooms[room] = visitor
			return err
		}},
		{`SELECT event_key, position, received_at, journal_seq FROM inbox`, func(rows *sql.Rows) error {
			var key string
			var a arrival
			err := rows.Scan(&key, &a.position, &a.at, &a.seq)
			j.arrived[key] = a
			return err
		}},
		{`SELECT 'outbox', entry_id, state, error FROM outbox WHERE state IN ('pending', 'failed')
			UNION ALL SELECT 'inbox', event_key, state, error FROM inbox WHERE state NOT IN ('done', 'parked', 'kept')
			UNION ALL SELECT 'bot_input', input_key, 'waiting', '' FROM bot_input`, func(rows *sql.Rows) error {
			var w waiting
			err := rows.Scan(&w.table, &w.key, &w.state, &w.why)
			j.waiting = append(j.waiting, w)
			return err
		}},
	} {
		if err := each(db, read.query, read.row); err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
	}
	return j, nil
}

func (j *journal) entry(rows *sql.Rows) error {
	var e entry
	var raw string
	if err := rows.Scan(&e.id, &e.visitor, &e.seq, &e.kind, &e.party, &e.author, &e.client, &e.target, &raw, &e.redacted); err != nil {
		return err
	}
	var c struct {
		Text, Thread string
		File         *struct{ Name string }
	}
	if err := json.Unmarshal([]byte(raw), &c); err != nil {
		return fmt.Errorf("entry %s: %w", e.id, err)
	}
	e.text, e.thread = c.Text, c.Thread
	if c.File != nil {
		e.text = c.File.Name
	}
	j.entries[e.id] = e
	j.ofDialog[e.visitor] = append(j.ofDialog[e.visitor], e)
	return nil
}

func each(db *sql.DB, query string, row func(*sql.Rows) error) error {
	rows, err := db.QueryContext(context.Background(), query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
