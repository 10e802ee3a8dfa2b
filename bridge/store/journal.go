package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Draft is an entry before the journal has numbered it.
type Draft struct {
	// ID is the entry's own, if it had one before the database was restored; a new one
	// otherwise, also if another entry has that.
	ID      chat.EntryID
	Visitor chat.VisitorID
	Kind    chat.Kind
	Author  chat.Author
	Client  chat.ClientID
	Target  chat.EntryID
	Content chat.Content
	// Origin is the key that the entry's source gave it; unique in the dialog.
	Origin string
	At     time.Time
}

// Append adds an entry to a dialog's journal. When the dialog has one of the
// same origin already, that one is returned with fresh = false and nothing
// changes. A redaction also empties its target, the target's edits, and what notices
// say of it.
// A dialog that does not exist (any more) is a chat.Error with CodeGone.
func (s *Store) Append(ctx context.Context, d Draft) (e chat.Entry, fresh bool, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		e, err = s.EntryByOrigin(ctx, d.Visitor, d.Origin)
		if fresh = errors.Is(err, ErrNotFound); !fresh {
			return err
		}
		own, err := s.freeID(ctx, d.ID)
		if err != nil {
			return err
		}
		e = chat.Entry{
			ID: own, Visitor: d.Visitor, Kind: d.Kind, Author: d.Author, Client: d.Client,
			Target: d.Target, Content: d.Content, At: d.At.Truncate(time.Millisecond),
		}
		e.Seq, err = s.numberEntry(ctx, e)
		if errors.Is(err, ErrNotFound) {
			return chat.Errorf(chat.CodeGone, "This conversation was erased.")
		}
		if err != nil {
			return err
		}
		return errors.Join(s.insertEntry(ctx, e, d.Origin), s.applyRedaction(ctx, e), s.followLast(ctx, e), s.countSaid(ctx, e))
	})
	if err == nil && fresh {
		AfterCommit(ctx, func() { s.metrics.appended(e) })
	}
	return e, fresh, err
}

// freeID returns the id wanted, or a new one if none is or it is taken.
func (s *Store) freeID(ctx context.Context, wanted chat.EntryID) (chat.EntryID, error) {
	if wanted == "" {
		return chat.NewEntryID(), nil
	}
	_, err := scanOne[chat.EntryID](s.db.QueryRow(ctx, `SELECT id FROM entry WHERE id = $1`, wanted))
	if errors.Is(err, ErrNotFound) {
		return wanted, nil
	}
	return chat.NewEntryID(), err
}

func (s *Store) insertEntry(ctx context.Context, e chat.Entry, origin string) error {
	content, err := json.Marshal(e.Content)
	if err != nil {
		return fmt.Errorf("encode an entry: %w", err)
	}
	return s.exec(ctx, `INSERT INTO entry (id, visitor_id, seq, kind, party, author_id, author_name, author_avatar,
		client_id, target, content, at, origin) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		e.ID, e.Visitor, e.Seq, e.Kind, e.Author.Party, e.Author.ID, e.Author.Name, e.Author.Avatar,
		e.Client, e.Target, string(content), milliseconds(e.At), origin)
}

func (s *Store) applyRedaction(ctx context.Context, e chat.Entry) error {
	if e.Kind != chat.Redaction {
		return nil
	}
	return errors.Join(
		s.exec(ctx, `UPDATE entry SET content = '{}', redacted = true WHERE visitor_id = $1 AND id = $2`, e.Visitor, e.Target),
		s.exec(ctx, `UPDATE entry SET content = '{}', redacted = true
			WHERE visitor_id = $1 AND target = $2 AND target <> '' AND kind IN ('edit', 'notice')`, e.Visitor, e.Target),
		s.exec(ctx, `UPDATE file SET state = 'removed' WHERE visitor_id = $1 AND entry_id = $2`, e.Visitor, e.Target),
	)
}

const selectEntry = `SELECT id, visitor_id, seq, kind, party, author_id, author_name, author_avatar, client_id,
	target, content, redacted, at FROM entry `

func scanEntry(row dbutil.Scannable) (e chat.Entry, err error) {
	var content string
	var at int64
	err = noRows(row.Scan(&e.ID, &e.Visitor, &e.Seq, &e.Kind, &e.Author.Party, &e.Author.ID, &e.Author.Name,
		&e.Author.Avatar, &e.Client, &e.Target, &content, &e.Redacted, &at))
	if err != nil {
		return e, err
	}
	e.At = time.UnixMilli(at)
	if err := json.Unmarshal([]byte(content), &e.Content); err != nil {
		return e, fmt.Errorf("decode entry %s: %w", e.ID, err)
	}
	return e, nil
}

// Entry returns one entry of the visitor's dialog, or ErrNotFound.
func (s *Store) Entry(ctx context.Context, v chat.VisitorID, id chat.EntryID) (chat.Entry, error) {
	return scanEntry(s.db.QueryRow(ctx, selectEntry+`WHERE visitor_id = $1 AND id = $2`, v, id))
}

// EntryByOrigin returns the entry of an origin, or ErrNotFound.
func (s *Store) EntryByOrigin(ctx context.Context, v chat.VisitorID, origin string) (chat.Entry, error) {
	return scanEntry(s.db.QueryRow(ctx, selectEntry+`WHERE visitor_id = $1 AND origin = $2`, v, origin))
}

// RedactionOf returns the first redaction of an entry, or ErrNotFound.
func (s *Store) RedactionOf(ctx context.Context, v chat.VisitorID, target chat.EntryID) (chat.Entry, error) {
	return scanEntry(s.db.QueryRow(ctx, selectEntry+`WHERE visitor_id = $1 AND target = $2 AND target <> '' AND kind = 'redaction' ORDER BY seq LIMIT 1`, v, target))
}

// NewestEdit returns the last edit of a message in the journal, or ErrNotFound.
func (s *Store) NewestEdit(ctx context.Context, target chat.Entry) (chat.Entry, error) {
	return scanEntry(s.db.QueryRow(ctx, selectEntry+`WHERE visitor_id = $1 AND target = $2 AND target <> '' AND kind = 'edit' ORDER BY seq DESC LIMIT 1`,
		target.Visitor, target.ID))
}

// ReactionOf returns a party's reaction with that key that was not redacted, or ErrNotFound.
func (s *Store) ReactionOf(ctx context.Context, v chat.VisitorID, target chat.EntryID, party chat.Party, key string) (chat.Entry, error) {
	es, err := s.entries(ctx, selectEntry+`WHERE visitor_id = $1 AND target = $2 AND target <> '' AND kind = 'reaction' AND party = $3
		AND NOT redacted ORDER BY seq`, v, target, party)
	if err != nil {
		return chat.Entry{}, err
	}
	if i := slices.IndexFunc(es, func(e chat.Entry) bool { return e.Content.Key == key }); i >= 0 {
		return es[i], nil
	}
	return chat.Entry{}, ErrNotFound
}

// EntryAt returns the entry of that number, or ErrNotFound.
func (s *Store) EntryAt(ctx context.Context, v chat.VisitorID, seq int64) (chat.Entry, error) {
	return scanEntry(s.db.QueryRow(ctx, selectEntry+`WHERE visitor_id = $1 AND seq = $2`, v, seq))
}

// visible is what chat.Entry.Visible says, in SQL.
const visible = `kind <> 'notice'`

// EntriesAfter returns the visible entries with numbers above seq, rising, at most limit.
func (s *Store) EntriesAfter(ctx context.Context, v chat.VisitorID, seq int64, limit int) ([]chat.Entry, error) {
	return s.page(ctx, selectEntry+`WHERE visitor_id = $1 AND seq > $2 AND `+visible+` ORDER BY seq LIMIT $3`, v, seq, limit)
}

// AllEntriesAfter is EntriesAfter with what only operators see.
func (s *Store) AllEntriesAfter(ctx context.Context, v chat.VisitorID, seq int64, limit int) ([]chat.Entry, error) {
	return s.entries(ctx, selectEntry+`WHERE visitor_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`, v, seq, limit)
}

// EntriesBefore returns the visible entries just below seq, rising, at most limit.
func (s *Store) EntriesBefore(ctx context.Context, v chat.VisitorID, seq int64, limit int) ([]chat.Entry, error) {
	es, _, err := s.PageBefore(ctx, v, seq, limit, func(*chat.Entry) bool { return true })
	return es, err
}

// PageBefore is EntriesBefore for as many as fit: fits is asked of each next older one, and
// its first no ends the page before that. more reports whether there are older ones.
func (s *Store) PageBefore(ctx context.Context, v chat.VisitorID, seq int64, limit int, fits func(*chat.Entry) bool) (es []chat.Entry, more bool, err error) {
	leave, err := s.enterPage(ctx)
	if err != nil {
		return nil, false, err
	}
	defer leave()
	rows, err := s.db.Query(ctx, selectEntry+`WHERE visitor_id = $1 AND seq < $2 AND `+visible+` ORDER BY seq DESC LIMIT $3`, v, seq, limit+1)
	err = dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (chat.Entry, error) { return scanEntry(row) }, err).
		Iter(func(e chat.Entry) (goOn bool, err error) {
			if more = len(es) == limit || !fits(&e); more {
				return false, nil
			}
			es = append(es, e)
			return true, nil
		})
	slices.Reverse(es)
	return es, more, err
}

// pagesAtOnce is how many pages of entries are read at once. They are the largest that
// visitors have read, and as many of them as there are connections to the database would
// have all writes wait for one.
const pagesAtOnce = sqliteConnections / 2

// page is entries for what visitors have read.
func (s *Store) page(ctx context.Context, query string, args ...any) ([]chat.Entry, error) {
	leave, err := s.enterPage(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	return s.entries(ctx, query, args...)
}

// enterPage waits until one more page may be read; call leave after it.
func (s *Store) enterPage(ctx context.Context) (leave func(), err error) {
	if ctx.Value(inWrite{}) != nil { // a write has its connection
		return func() {}, nil
	}
	if err := s.pages.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	return func() { s.pages.Release(1) }, nil
}

func (s *Store) entries(ctx context.Context, query string, args ...any) ([]chat.Entry, error) {
	rows, err := s.db.Query(ctx, query, args...)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (chat.Entry, error) { return scanEntry(row) }, err).AsList()
}

// NewestOf returns the newest visible, unredacted message of a party at or
// below seq, or ErrNotFound.
func (s *Store) NewestOf(ctx context.Context, v chat.VisitorID, party chat.Party, seq int64) (chat.Entry, error) {
	return scanEntry(s.db.QueryRow(ctx, selectEntry+`WHERE visitor_id = $1 AND seq <= $2 AND party = $3
		AND kind = 'message' AND NOT redacted ORDER BY seq DESC LIMIT 1`, v, seq, party))
}

// LastRemoved reports whether the newest message of a party was removed since.
func (s *Store) LastRemoved(ctx context.Context, v chat.VisitorID, party chat.Party) (bool, error) {
	removed, err := scanOne[bool](s.db.QueryRow(ctx, `SELECT redacted FROM entry WHERE visitor_id = $1 AND party = $2 AND kind = 'message'
		ORDER BY seq DESC LIMIT 1`, v, party))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return removed, err
}
