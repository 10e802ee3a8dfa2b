package storm_test

import (
	"context"
	"database/sql"
	"errors"
	"time"

	_ "github.com/mattn/go-sqlite3" // to look into the bridge's database
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// books are what the bridge's database says now.
type books struct {
	open           []opened
	pending, inbox int // what waits
	err            error
}

// opened is a dialog that has a room.
type opened struct {
	talk   *talk
	room   id.RoomID
	newest id.EventID // of the visitor's
}

const (
	// readEvery is how often the harness looks into the database.
	readEvery = time.Second
	// crowded is how much may wait in the outbox before visitors pause.
	crowded = 300
)

// read keeps the books up to date.
func (s *storm) read(ctx context.Context) {
	for pause(ctx, readEvery) {
		b := s.look()
		s.busy.Store(b.err != nil || b.pending > crowded || b.inbox > crowded)
	}
}

// open are the dialogs in which operators write.
func (s *storm) open() (all []opened) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.books.open {
		if !o.talk.bots && !o.talk.falls.Load() {
			all = append(all, o)
		}
	}
	return all
}

// look reads the books; a bridge that is down, or a database that is locked, changes nothing.
func (s *storm) look() books {
	ctx, stop := context.WithTimeout(context.WithoutCancel(s.Context()), answerWithin)
	defer stop()
	var b books
	db, err := sql.Open("sqlite3", "file:"+s.Database()+"?mode=ro&_busy_timeout=1000")
	if err != nil {
		return books{err: err}
	}
	defer func() { _ = db.Close() }() // it was only read
	b.err = db.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM outbox WHERE state = 'pending'),
		(SELECT COUNT(*) FROM inbox WHERE state = 'new') + (SELECT COUNT(*) FROM bot_input)`).Scan(&b.pending, &b.inbox)
	for _, t := range s.all() {
		t.mu.Lock()
		entry, visitor := t.entry, t.visitor
		t.mu.Unlock()
		if entry == "" || b.err != nil {
			continue
		}
		if visitor == "" {
			b.err = s.who(ctx, db, t, entry)
		}
		o := opened{talk: t}
		err := db.QueryRowContext(ctx, `SELECT room_id, COALESCE((SELECT event_id FROM event JOIN entry ON entry.id = entry_id
			WHERE entry.visitor_id = room.visitor_id AND party = 'visitor' AND kind = 'message' AND event.room_id = room.room_id AND NOT entry.redacted
			ORDER BY seq DESC LIMIT 1), '') FROM room WHERE visitor_id = (SELECT visitor_id FROM entry WHERE id = $1) AND current`, entry).Scan(&o.room, &o.newest)
		if err == nil {
			b.open = append(b.open, o)
		} else if !errors.Is(err, sql.ErrNoRows) {
			b.err = errors.Join(b.err, err)
		}
	}
	if b.err == nil {
		s.mu.Lock()
		s.books = b
		s.mu.Unlock()
	}
	return b
}

func (s *storm) who(ctx context.Context, db *sql.DB, t *talk, entry chat.EntryID) error {
	var visitor string
	err := db.QueryRowContext(ctx, `SELECT visitor_id FROM entry WHERE id = $1`, entry).Scan(&visitor)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.visitor = visitor
	return err
}

// gone reports whether a dialog has another room by now.
func (s *storm) gone(at opened) bool {
	b := s.look()
	if b.err != nil {
		return false
	}
	for _, now := range b.open {
		if now.talk == at.talk {
			return now.room != at.room
		}
	}
	return true
}
