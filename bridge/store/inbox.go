package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// InboxState is what became of an event from the homeserver.
type InboxState string

// The states of an inbox row. Only new rows have work left; a parked one
// becomes new when what it waits for is known: an event, or that its room is a dialog's. A kept one was
// answered: its author was told that it does not reach the visitor as it is.
const (
	InboxNew    InboxState = "new"
	InboxDone   InboxState = "done"
	InboxKept   InboxState = "kept"
	InboxParked InboxState = "parked"
	InboxFailed InboxState = "failed"
)

// Arrival is an event as the homeserver delivered it.
type Arrival struct {
	// Key is the event's id, or a hash of the body when it has none.
	Key  string
	Room id.RoomID
	Raw  json.RawMessage
}

// InboxEvent is a stored arrival. Position is the order of arrival.
type InboxEvent struct {
	Arrival
	Position int64
}

// StoreArrivals keeps what the homeserver delivered, in the given order,
// durably. Events that are known by their key are passed over, whatever the
// transaction that carried them, and so is whatever comes of an erased
// visitor's room.
func (s *Store) StoreArrivals(ctx context.Context, arrivals []Arrival, now time.Time) error {
	return s.Write(ctx, func(ctx context.Context) error {
		erased := map[id.RoomID]bool{}
		for _, a := range arrivals {
			gone, known := erased[a.Room]
			if !known {
				var err error
				if gone, err = s.IsErased(ctx, a.Room); err != nil {
					return err
				}
				erased[a.Room] = gone
			}
			if gone {
				continue
			}
			if err := s.exec(ctx, `INSERT INTO inbox (event_key, room_id, raw, state, received_at) VALUES ($1, $2, $3, 'new', $4)
				ON CONFLICT (event_key) DO NOTHING`, a.Key, a.Room, string(a.Raw), milliseconds(now)); err != nil {
				return err
			}
		}
		return nil
	})
}

// StoreMissed is StoreArrivals for events most of which are known already: it
// takes a place in the writer's queue only for those that are not.
func (s *Store) StoreMissed(ctx context.Context, arrivals []Arrival, now time.Time) error {
	const page = 100
	var missed []Arrival
	for part := range slices.Chunk(arrivals, page) {
		places, args := make([]string, len(part)), make([]any, len(part))
		for i, a := range part {
			places[i], args[i] = fmt.Sprintf("$%d", i+1), a.Key
		}
		rows, err := s.db.Query(ctx, `SELECT event_key FROM inbox WHERE event_key IN (`+strings.Join(places, ", ")+`)`, args...)
		known, err := dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[string], err).AsList()
		if err != nil {
			return err
		}
		for _, a := range part {
			if !slices.Contains(known, a.Key) {
				missed = append(missed, a)
			}
		}
	}
	if len(missed) == 0 {
		return nil
	}
	return s.StoreArrivals(ctx, missed, now)
}

// NewArrivals returns unconverted events above a position, in order, at most limit.
func (s *Store) NewArrivals(ctx context.Context, after int64, limit int) ([]InboxEvent, error) {
	return s.arrivals(ctx, `SELECT position, event_key, room_id, raw FROM inbox
		WHERE state = 'new' AND position > $1 ORDER BY position LIMIT $2`, after, limit)
}

// HasNewArrivals reports whether there are unconverted events up to a position.
func (s *Store) HasNewArrivals(ctx context.Context, upTo int64) (bool, error) {
	return scanOne[bool](s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM inbox WHERE state = 'new' AND position <= $1)`, upTo))
}

// NewArrivalsOf returns all unconverted events of a room, in the order of arrival.
func (s *Store) NewArrivalsOf(ctx context.Context, room id.RoomID) ([]InboxEvent, error) {
	return s.arrivals(ctx, `SELECT position, event_key, room_id, raw FROM inbox
		WHERE state = 'new' AND room_id = $1 ORDER BY position`, room)
}

// NewArrivalsNaming returns the unconverted events of a room in which an event's id
// stands; "_" in the id stands for any character.
func (s *Store) NewArrivalsNaming(ctx context.Context, room id.RoomID, event id.EventID) ([]InboxEvent, error) {
	return s.arrivals(ctx, `SELECT position, event_key, room_id, raw FROM inbox
		WHERE state = 'new' AND room_id = $1 AND raw LIKE $2 ORDER BY position`, room, "%"+string(event)+"%")
}

// FormerArrivals reports whether there are unconverted events of a room that the dialog
// of this one had before it. It is asked for each message, so it looks at what is new, which
// is little, and not ("+") at all that the former room ever had.
func (s *Store) FormerArrivals(ctx context.Context, room id.RoomID) (bool, error) {
	return scanOne[bool](s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM inbox WHERE state = 'new' AND +room_id IN
		(SELECT former.room_id FROM room JOIN room former ON former.visitor_id = room.visitor_id AND former.created_at < room.created_at
		WHERE room.room_id = $1))`, room))
}

func (s *Store) arrivals(ctx context.Context, query string, args ...any) ([]InboxEvent, error) {
	rows, err := s.db.Query(ctx, query, args...)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (e InboxEvent, err error) {
		var raw string
		err = row.Scan(&e.Position, &e.Key, &e.Room, &raw)
		e.Raw = json.RawMessage(raw)
		return e, err
	}, err).AsList()
}

// FinishArrival marks an event as converted and drops its body. seq is the
// dialog's position at that point, to which receipts for the event are mapped.
func (s *Store) FinishArrival(ctx context.Context, position, seq int64) error {
	return s.Write(ctx, func(ctx context.Context) error {
		return errors.Join(
			s.exec(ctx, `UPDATE inbox SET state = 'done', raw = '', journal_seq = $2 WHERE position = $1`, position, seq),
			s.unpark(ctx, position), // of an event that is no entry, nothing else lets them run
		)
	})
}

// ForgetArrival has an event be new once more, should the homeserver deliver it again.
func (s *Store) ForgetArrival(ctx context.Context, event id.EventID) error {
	return s.exec(ctx, `DELETE FROM inbox WHERE event_key = $1 AND state IN ('new', 'done')`, event)
}

// KeepArrival is FinishArrival for an event that was answered instead of
// delivered. Its body stays, in case that its author mends it.
func (s *Store) KeepArrival(ctx context.Context, position, seq int64) error {
	return s.Write(ctx, func(ctx context.Context) error {
		return errors.Join(
			s.exec(ctx, `UPDATE inbox SET state = 'kept', journal_seq = $2 WHERE position = $1`, position, seq),
			s.unpark(ctx, position),
		)
	})
}

// unpark lets run what waited for the event at a position.
func (s *Store) unpark(ctx context.Context, position int64) error {
	return s.exec(ctx, `UPDATE inbox SET state = 'new', waits_for = '' WHERE state = 'parked'
		AND waits_for = (SELECT event_key FROM inbox WHERE position = $1)`, position)
}

// KeptArrival returns an event that was kept back or set aside, or ErrNotFound.
func (s *Store) KeptArrival(ctx context.Context, event id.EventID) (e InboxEvent, err error) {
	var raw string
	err = noRows(s.db.QueryRow(ctx, `SELECT position, event_key, room_id, raw FROM inbox
		WHERE event_key = $1 AND state IN ('kept', 'failed')`, event).Scan(&e.Position, &e.Key, &e.Room, &raw))
	e.Raw = json.RawMessage(raw)
	return e, err
}

// ParkArrival sets an event aside until its target is known. If the target
// became known a moment ago, the event stays new.
func (s *Store) ParkArrival(ctx context.Context, position int64, target id.EventID) error {
	return s.exec(ctx, `UPDATE inbox SET state = 'parked', waits_for = $2
		WHERE position = $1 AND NOT EXISTS (SELECT 1 FROM event WHERE event_id = $2)`, position, target)
}

// ParkStray sets an event aside until its room is a dialog's. If it became one a
// moment ago, the event stays new.
func (s *Store) ParkStray(ctx context.Context, position int64, room id.RoomID) error {
	return s.exec(ctx, `UPDATE inbox SET state = 'parked', waits_for = $2
		WHERE position = $1 AND NOT EXISTS (SELECT 1 FROM room WHERE room_id = $2)`, position, room)
}

// FailArrival sets an event aside that cannot be converted. The body is kept
// for a person to look at.
func (s *Store) FailArrival(ctx context.Context, position int64, reason string) error {
	return s.Write(ctx, func(ctx context.Context) error {
		return errors.Join(
			s.exec(ctx, `UPDATE inbox SET state = 'failed', error = $2 WHERE position = $1`, position, reason),
			s.unpark(ctx, position),
		)
	})
}

// SeqOfEvent returns the dialog's position at an event, for receipts: the
// number of its entry, or the journal's position when it was converted. It is
// ErrNotFound for an event that is not known (yet).
func (s *Store) SeqOfEvent(ctx context.Context, event id.EventID) (int64, error) {
	entry, err := s.EntryOf(ctx, event)
	if err == nil {
		return entry.Seq, nil
	}
	if !errors.Is(err, ErrNotFound) {
		return 0, err
	}
	return scanOne[int64](s.db.QueryRow(ctx, `SELECT journal_seq FROM inbox WHERE event_key = $1 AND state IN ('done', 'kept')`, event))
}

// ReadsBack reports whether a dialog may be about to learn what it knew before the database
// was restored: the rooms are not read yet, or what they have is not converted.
func (s *Store) ReadsBack(ctx context.Context, v chat.VisitorID) (bool, error) {
	return scanOne[bool](s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM meta WHERE key = $2 AND value <> '')
		OR EXISTS (SELECT 1 FROM room JOIN inbox ON inbox.room_id = room.room_id WHERE room.visitor_id = $1 AND inbox.state = 'new')`, v, MetaCopy))
}

// ArrivalState returns what became of an event of the homeserver, or ErrNotFound.
func (s *Store) ArrivalState(ctx context.Context, event id.EventID) (InboxState, error) {
	return scanOne[InboxState](s.db.QueryRow(ctx, `SELECT state FROM inbox WHERE event_key = $1`, event))
}

// LastArrival returns the newest event of a room that the homeserver delivered up
// to a position of the inbox, or ErrNotFound.
func (s *Store) LastArrival(ctx context.Context, room id.RoomID, upTo int64) (id.EventID, error) {
	return scanOne[id.EventID](s.db.QueryRow(ctx, `SELECT event_key FROM inbox WHERE room_id = $1 AND position <= $2
		AND event_key LIKE '$%' ORDER BY position DESC LIMIT 1`, room, upTo))
}

// NewestArrival returns the highest position of the inbox, 0 when it is empty.
func (s *Store) NewestArrival(ctx context.Context) (int64, error) {
	return scanOne[int64](s.db.QueryRow(ctx, `SELECT coalesce(max(position), 0) FROM inbox`))
}

// PollSince returns where the ghost's long poll of /sync stands, or "".
func (s *Store) PollSince(ctx context.Context, v chat.VisitorID) (string, error) {
	return scanOne[string](s.db.QueryRow(ctx, `SELECT poll_since FROM dialog WHERE visitor_id = $1`, v))
}

// SetPollSince records where the ghost's long poll of /sync stands.
func (s *Store) SetPollSince(ctx context.Context, v chat.VisitorID, since string) error {
	return s.exec(ctx, `UPDATE dialog SET poll_since = $2 WHERE visitor_id = $1`, v, since)
}

// ForgetPolls makes all long polls start anew, after the homeserver lost their place.
func (s *Store) ForgetPolls(ctx context.Context) error {
	return s.exec(ctx, `UPDATE dialog SET poll_since = '' WHERE poll_since <> ''`)
}
