package store

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Erasure is a visitor who is gone from the database, and of whom something is
// left on the homeserver.
type Erasure struct {
	Visitor chat.VisitorID
	Site    chat.SiteID
	// Number is the visitor's within the site; 0 when it is not known any more.
	Number int64
	// By is who asked for it; empty when the dialog was over for long enough.
	By id.UserID
	At time.Time
}

// ErasureRoom is a room that an erased visitor had.
type ErasureRoom struct {
	Room id.RoomID
	// Place is how far back its events were looked through, as a token of the
	// homeserver; empty at the newest. Found is true if something was removed since.
	Place string
	Found bool
}

// EraseVisitor removes a visitor and all that belongs to it, at once, and keeps
// what is left to do on the homeserver. It returns the files whose bytes may be
// on our disk, or ErrNotFound.
func (s *Store) EraseVisitor(ctx context.Context, v chat.VisitorID, by id.UserID, now time.Time) (files []chat.FileID, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		visitor, err := s.Visitor(ctx, v)
		if err != nil {
			return err
		}
		rows, err := s.db.Query(ctx, `SELECT id FROM file WHERE visitor_id = $1`, v)
		if files, err = dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[chat.FileID], err).AsList(); err != nil {
			return err
		}
		rows, err = s.db.Query(ctx, `SELECT room_id FROM room WHERE visitor_id = $1`, v)
		rooms, err := dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[id.RoomID], err).AsList()
		if err != nil {
			return err
		}
		e := Erasure{Visitor: v, Site: visitor.Site, Number: visitor.Number, By: by, At: now}
		if err := s.AddErasure(ctx, e, rooms); err != nil {
			return err
		}
		return errors.Join(
			s.exec(ctx, `DELETE FROM lease WHERE name = $1`, SenderLease(v)),
			s.ForgetApplied(ctx, string(v)),
			s.exec(ctx, `DELETE FROM visitor WHERE id = $1`, v),
		)
	})
	return files, err
}

// AddErasure keeps what is to be done on the homeserver, drops what came of those
// rooms, and from now on takes in nothing of them. What is known already is not changed.
func (s *Store) AddErasure(ctx context.Context, e Erasure, rooms []id.RoomID) error {
	return s.Write(ctx, func(ctx context.Context) error {
		err := s.exec(ctx, `INSERT INTO erasure (visitor_id, site, number, requested_by, requested_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (visitor_id) DO NOTHING`, e.Visitor, e.Site, e.Number, e.By, milliseconds(e.At))
		for _, room := range rooms {
			err = errors.Join(
				err,
				s.exec(ctx, `INSERT INTO erasure_room (room_id, visitor_id) VALUES ($1, $2) ON CONFLICT (room_id) DO NOTHING`, room, e.Visitor),
				s.exec(ctx, `INSERT INTO erased (room_hash) VALUES ($1) ON CONFLICT (room_hash) DO NOTHING`, roomHash(room)),
				s.exec(ctx, `DELETE FROM inbox WHERE room_id = $1`, room),
			)
		}
		return err
	})
}

// roomHash is what is kept of the id of an erased visitor's room.
func roomHash(room id.RoomID) string {
	sum := sha256.Sum256([]byte("anteroom erased room\x00" + string(room)))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// IsErased reports whether a room was an erased visitor's.
func (s *Store) IsErased(ctx context.Context, room id.RoomID) (bool, error) {
	return scanOne[bool](s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM erased WHERE room_hash = $1)`, roomHash(room)))
}

// IsErasing reports whether something is left to do in an erased visitor's room.
func (s *Store) IsErasing(ctx context.Context, room id.RoomID) (bool, error) {
	return scanOne[bool](s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM erasure_room WHERE room_id = $1)`, room))
}

// Erasures returns the visitors of whom something is left on the homeserver,
// those that somebody asked for in front, then by their age.
func (s *Store) Erasures(ctx context.Context) ([]chat.VisitorID, error) {
	rows, err := s.db.Query(ctx, `SELECT visitor_id FROM erasure
		ORDER BY CASE WHEN requested_by = '' THEN 1 ELSE 0 END, requested_at, number`)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[chat.VisitorID], err).AsList()
}

// ErasureOf returns what is left to do of a visitor's erasure, or ErrNotFound.
func (s *Store) ErasureOf(ctx context.Context, v chat.VisitorID) (e Erasure, err error) {
	var at int64
	err = noRows(s.db.QueryRow(ctx, `SELECT visitor_id, site, number, requested_by, requested_at FROM erasure WHERE visitor_id = $1`, v).
		Scan(&e.Visitor, &e.Site, &e.Number, &e.By, &at))
	e.At = time.UnixMilli(at)
	return e, err
}

// ErasureRooms returns the rooms in which something is left to do.
func (s *Store) ErasureRooms(ctx context.Context, v chat.VisitorID) ([]ErasureRoom, error) {
	rows, err := s.db.Query(ctx, `SELECT room_id, place, found FROM erasure_room WHERE visitor_id = $1 ORDER BY room_id`, v)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (r ErasureRoom, err error) {
		err = row.Scan(&r.Room, &r.Place, &r.Found)
		return r, err
	}, err).AsList()
}

// SetErasureRoom records how far a room was looked through.
func (s *Store) SetErasureRoom(ctx context.Context, r ErasureRoom) error {
	return s.exec(ctx, `UPDATE erasure_room SET place = $2, found = $3 WHERE room_id = $1`, r.Room, r.Place, r.Found)
}

// EndErasureRoom forgets a room in which nothing is left to do; that it is an
// erased one stays known.
func (s *Store) EndErasureRoom(ctx context.Context, room id.RoomID) error {
	return s.exec(ctx, `DELETE FROM erasure_room WHERE room_id = $1`, room)
}

// OthersErasing reports whether there are more erasures than a visitor's own; of
// one that somebody asked for, whether there are more of those.
func (s *Store) OthersErasing(ctx context.Context, e Erasure) (bool, error) {
	return scanOne[bool](s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM erasure
		WHERE visitor_id <> $1 AND (requested_by <> '' OR $2 = ''))`, e.Visitor, string(e.By)))
}

// EndErasure forgets a visitor of whom nothing is left, with what the
// homeserver was told under that subject, and what came late of the visitor.
func (s *Store) EndErasure(ctx context.Context, v chat.VisitorID, subject string) error {
	return s.Write(ctx, func(ctx context.Context) error {
		return errors.Join(s.ForgetApplied(ctx, subject), s.ForgetApplied(ctx, string(v)),
			s.exec(ctx, `DELETE FROM lease WHERE name = $1`, SenderLease(v)), s.exec(ctx, `DELETE FROM erasure WHERE visitor_id = $1`, v))
	})
}

const noticesNaming = selectEntry + `WHERE visitor_id = $1 AND seq > $3 AND kind = 'notice' AND NOT redacted AND content LIKE $2 ORDER BY seq`

// NoticesNaming returns the notices of a dialog with numbers above seq in which another
// visitor's id stands, as in every link to its room. It reads through all of them.
func (s *Store) NoticesNaming(ctx context.Context, dialog, v chat.VisitorID, seq int64) ([]chat.Entry, error) {
	return s.entries(ctx, noticesNaming, dialog, "%"+string(v)+"%", seq)
}

// ForgetKept drops what an event said that was answered, or set aside; its author cannot mend
// it any more.
func (s *Store) ForgetKept(ctx context.Context, event id.EventID) error {
	return s.exec(ctx, `UPDATE inbox SET state = CASE state WHEN 'kept' THEN 'done' ELSE state END, raw = ''
		WHERE event_key = $1 AND state IN ('kept', 'failed')`, event)
}

// MendKept changes what is kept about a visitor for programs, where another one's id
// stands in it: answers to their requests, and what webhooks have yet to be told. mend
// is given each such text once.
func (s *Store) MendKept(ctx context.Context, about, named chat.VisitorID, mend func(string) (string, error)) error {
	return s.Write(ctx, func(ctx context.Context) error {
		return errors.Join(
			s.mendTexts(ctx, `SELECT DISTINCT body FROM api_request WHERE visitor_id = $1 AND body LIKE $2`,
				`UPDATE api_request SET body = $3 WHERE visitor_id = $1 AND body = $2`, about, string(named), mend),
			s.mendTexts(ctx, `SELECT DISTINCT payload FROM delivery WHERE visitor_id = $1 AND kind = 'webhook' AND payload LIKE $2`,
				`UPDATE delivery SET payload = $3 WHERE visitor_id = $1 AND kind = 'webhook' AND payload = $2`, about, string(named), mend),
		)
	})
}

// MendDeliveries changes what deliveries about a visitor say that have yet to be sent, or can
// be once more, where an entry's id stands in it. mend is given each such payload once.
func (s *Store) MendDeliveries(ctx context.Context, about chat.VisitorID, named chat.EntryID, mend func(string) (string, error)) error {
	return s.Write(ctx, func(ctx context.Context) error {
		return s.mendTexts(ctx, `SELECT DISTINCT payload FROM delivery WHERE visitor_id = $1 AND payload LIKE $2`,
			`UPDATE delivery SET payload = $3 WHERE visitor_id = $1 AND payload = $2`, about, string(named), mend)
	})
}

// mendTexts changes texts about a visitor in which something is named.
func (s *Store) mendTexts(ctx context.Context, texts, update string, about chat.VisitorID, named string, mend func(string) (string, error)) error {
	rows, err := s.db.Query(ctx, texts, about, "%"+named+"%")
	found, err := dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[string], err).AsList()
	if err != nil {
		return err
	}
	for _, text := range found {
		mended, err := mend(text)
		if err == nil && mended != text {
			err = s.exec(ctx, update, about, text, mended)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
