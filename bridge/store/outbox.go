package store

import (
	"context"
	"errors"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// SendState is what became of an entry on its way to Matrix.
type SendState string

// The states of an outbox row. Only pending rows have work left.
const (
	Pending   SendState = "pending"
	Sent      SendState = "sent"
	Failed    SendState = "failed"    // the homeserver refuses it for good
	Cancelled SendState = "cancelled" // redacted before it was sent, or without a target
	Folded    SendState = "folded"    // an edit that went out as part of its message
)

// Enqueue puts an entry on its way to Matrix. It changes nothing when it is already there.
func (s *Store) Enqueue(ctx context.Context, e chat.Entry) error {
	return s.exec(ctx, `INSERT INTO outbox (entry_id, visitor_id, seq, state) VALUES ($1, $2, $3, 'pending')
		ON CONFLICT (entry_id) DO NOTHING`, e.ID, e.Visitor, e.Seq)
}

// Unsent returns the dialog's pending entries in order, at most limit.
func (s *Store) Unsent(ctx context.Context, v chat.VisitorID, limit int) ([]chat.Entry, error) {
	return s.entries(ctx, selectEntry+`WHERE id IN (SELECT entry_id FROM outbox
		WHERE visitor_id = $1 AND state = 'pending' ORDER BY seq LIMIT $2) ORDER BY seq`, v, limit)
}

// UnsentByOthers is Unsent without the visitor's own entries.
func (s *Store) UnsentByOthers(ctx context.Context, v chat.VisitorID, limit int) ([]chat.Entry, error) {
	return s.entries(ctx, selectEntry+`WHERE party <> 'visitor' AND id IN (SELECT entry_id FROM outbox
		WHERE visitor_id = $1 AND state = 'pending') ORDER BY seq LIMIT $2`, v, limit)
}

// UnsentAbout returns the dialog's pending edits and redactions of an entry, in order.
func (s *Store) UnsentAbout(ctx context.Context, v chat.VisitorID, target chat.EntryID) ([]chat.Entry, error) {
	return s.entries(ctx, selectEntry+`WHERE visitor_id = $1 AND target = $2 AND target <> '' AND kind IN ('edit', 'redaction')
		AND id IN (SELECT entry_id FROM outbox WHERE visitor_id = $1 AND state = 'pending') ORDER BY seq`, v, target)
}

// DialogsWithUnsent returns the dialogs that have pending entries.
func (s *Store) DialogsWithUnsent(ctx context.Context) ([]chat.VisitorID, error) {
	rows, err := s.db.Query(ctx, `SELECT DISTINCT visitor_id FROM outbox WHERE state = 'pending'`)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[chat.VisitorID], err).AsList()
}

// PendingEntries returns all entries that are pending, of all dialogs.
func (s *Store) PendingEntries(ctx context.Context) ([]chat.EntryID, error) {
	rows, err := s.db.Query(ctx, `SELECT entry_id FROM outbox WHERE state = 'pending'`)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[chat.EntryID], err).AsList()
}

// FirstOfVisitor returns when the visitor first did something in the dialog, or the zero time;
// before that no room is made for it.
func (s *Store) FirstOfVisitor(ctx context.Context, v chat.VisitorID) (time.Time, error) {
	at, err := scanOne[int64](s.db.QueryRow(ctx, `SELECT at FROM entry WHERE visitor_id = $1 AND party = 'visitor' ORDER BY seq LIMIT 1`, v))
	if errors.Is(err, ErrNotFound) {
		return time.Time{}, nil
	}
	return time.UnixMilli(at), err
}

// SendStateOf returns what became of an entry on its way to Matrix, or ErrNotFound.
func (s *Store) SendStateOf(ctx context.Context, entry chat.EntryID) (SendState, error) {
	return scanOne[SendState](s.db.QueryRow(ctx, `SELECT state FROM outbox WHERE entry_id = $1`, entry))
}

// Settle ends an entry's way to Matrix. A row that is settled already keeps
// its state, except that the proof of an echo makes any row sent.
// It reports whether the row came to another state.
func (s *Store) Settle(ctx context.Context, entry chat.EntryID, state SendState, reason string) (bool, error) {
	return s.execChanged(ctx, `UPDATE outbox SET state = $2, error = $3 WHERE entry_id = $1 AND (state = 'pending' OR $2 = 'sent' AND state <> 'sent')`,
		entry, state, reason)
}

// KnownEvent is an event of a dialog's room that stands for an entry.
type KnownEvent struct {
	Event    id.EventID
	Entry    chat.EntryID
	Redacted bool // the entry was removed
	Twin     bool // another event counts
}

// EventsIn returns the events of a room that entries of the dialog have.
func (s *Store) EventsIn(ctx context.Context, v chat.VisitorID, room id.RoomID) ([]KnownEvent, error) {
	rows, err := s.db.Query(ctx, `SELECT event.event_id, entry.id, entry.redacted, event.twin FROM event JOIN entry ON entry.id = event.entry_id
		WHERE event.visitor_id = $1 AND event.room_id = $2 ORDER BY entry.seq`, v, room)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (e KnownEvent, err error) {
		err = row.Scan(&e.Event, &e.Entry, &e.Redacted, &e.Twin)
		return e, err
	}, err).AsList()
}

// Lost is what a homeserver does not have any more of a dialog.
type Lost struct {
	// Events that are gone.
	Events []id.EventID
	// Removals are entries that were removed, and whose events stand there again.
	Removals []chat.EntryID
}

// Resend makes entries pending again whose events the homeserver lost, and the edits that
// went out within them, and forgets those events. Removals that it lost are pending, too,
// whoever asked for them. It returns what is pending now.
func (s *Store) Resend(ctx context.Context, v chat.VisitorID, lost Lost) (again []chat.EntryID, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		again = nil
		for _, event := range lost.Events {
			e, err := s.EntryOf(ctx, event)
			if err != nil {
				return err
			}
			changed, err := s.unsettle(ctx, e)
			if err != nil {
				return err
			}
			if !changed {
				continue // an operator's: nothing of ours says it
			}
			again = append(again, e.ID)
			// It may come to light all the same: Dendrite goes on with what it had begun.
			if err := errors.Join(s.exec(ctx, `DELETE FROM event WHERE event_id = $1`, event), s.ForgetArrival(ctx, event)); err != nil {
				return err
			}
		}
		for _, target := range lost.Removals {
			if err := s.exec(ctx, `INSERT INTO outbox (entry_id, visitor_id, seq, state)
				SELECT id, visitor_id, seq, 'pending' FROM entry WHERE visitor_id = $1 AND target = $2 AND target <> '' AND kind = 'redaction'
				ON CONFLICT (entry_id) DO UPDATE SET state = 'pending'`, v, target); err != nil {
				return err
			}
		}
		return nil
	})
	return again, err
}

// unsettle makes a sent entry pending again, with the edits that went out within its event.
// It reports false for what was not sent, and for an edit that a newer one follows: said
// again, it would come after that, and count.
func (s *Store) unsettle(ctx context.Context, e chat.Entry) (bool, error) {
	if e.Kind == chat.Edit {
		outdone, err := scanOne[bool](s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM entry JOIN outbox ON outbox.entry_id = entry.id
			WHERE entry.visitor_id = $1 AND target = $2 AND target <> '' AND kind = 'edit' AND entry.seq > $3 AND outbox.state IN ('pending', 'sent', 'folded'))`,
			e.Visitor, e.Target, e.Seq))
		if err != nil || outdone {
			return false, err
		}
	}
	changed, err := s.execChanged(ctx, `UPDATE outbox SET state = 'pending' WHERE entry_id = $1 AND state = 'sent'`, e.ID)
	if err != nil || !changed {
		return false, err
	}
	return true, s.unfold(ctx, e)
}

// unfold makes the edits pending again that went out within a message's event.
func (s *Store) unfold(ctx context.Context, e chat.Entry) error {
	return s.exec(ctx, `UPDATE outbox SET state = 'pending' WHERE visitor_id = $1 AND state IN ('sent', 'folded') AND entry_id IN
		(SELECT id FROM entry WHERE visitor_id = $1 AND target = $2 AND target <> '' AND kind = 'edit'
		AND NOT EXISTS (SELECT 1 FROM event WHERE entry_id = entry.id))`, e.Visitor, e.ID)
}

// recentlySent is how many of a dialog's newest entries may not have been heard of yet.
const recentlySent = 100

// DoubtUnheard makes those of the visitor's newest entries pending again that the
// homeserver took for that room, and never delivered. It returns them.
func (s *Store) DoubtUnheard(ctx context.Context, v chat.VisitorID, room id.RoomID) (doubted []chat.EntryID, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		doubted = nil
		rows, err := s.db.Query(ctx, `SELECT event_id FROM event JOIN entry ON entry.id = event.entry_id
			WHERE event.visitor_id = $1 AND event.room_id = $2 AND NOT event.twin AND entry.party = 'visitor'
			AND entry.seq > (SELECT MAX(seq) FROM entry WHERE visitor_id = $1) - $3
			AND NOT EXISTS (SELECT 1 FROM inbox WHERE event_key = event.event_id) ORDER BY entry.seq`, v, room, recentlySent)
		unheard, err := dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[id.EventID], err).AsList()
		if err != nil {
			return err
		}
		for _, event := range unheard {
			e, err := s.DoubtEvent(ctx, event)
			if err != nil {
				return err
			}
			doubted = append(doubted, e)
		}
		return nil
	})
	return doubted, err
}

// DoubtEvent makes the entry of an event pending again, which may be in no timeline. The
// event stays known as a twin, should it come all the same.
func (s *Store) DoubtEvent(ctx context.Context, event id.EventID) (entry chat.EntryID, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		e, err := s.EntryOf(ctx, event)
		if err != nil {
			return err
		}
		entry = e.ID
		// First: what an event stands for is read from those that are no twins.
		if err := s.exec(ctx, `UPDATE event SET twin = true WHERE event_id = $1`, event); err != nil {
			return err
		}
		_, err = s.unsettle(ctx, e)
		return err
	})
	return entry, err
}

// AddTwin records that an event says an entry of the dialog, and does not count. What it
// said is pending again, unless another event says it.
func (s *Store) AddTwin(ctx context.Context, room id.RoomID, event id.EventID, e chat.Entry) error {
	return s.Write(ctx, func(ctx context.Context) error {
		if err := s.exec(ctx, `INSERT INTO event (event_id, room_id, visitor_id, entry_id, twin) VALUES ($1, $2, $3, $4, true)
			ON CONFLICT (event_id) DO UPDATE SET twin = true WHERE event.entry_id = excluded.entry_id`, event, room, e.Visitor, e.ID); err != nil {
			return err
		}
		_, _, err := s.EventOf(ctx, e.ID)
		if errors.Is(err, ErrNotFound) {
			_, err = s.unsettle(ctx, e)
		}
		return err
	})
}

// About is an entry about a message, with its event.
type About struct {
	Entry chat.Entry
	Event id.EventID
}

// SentAbout returns what was sent to a room about a message, with the events that count:
// the newest edit, and reactions that were not taken back.
func (s *Store) SentAbout(ctx context.Context, e chat.Entry, room id.RoomID) (about []About, err error) {
	entries, err := s.entries(ctx, selectEntry+`WHERE visitor_id = $1 AND target = $2 AND target <> '' AND NOT redacted
		AND (kind = 'reaction' OR kind = 'edit' AND seq = (SELECT MAX(seq) FROM entry WHERE visitor_id = $1 AND target = $2 AND target <> '' AND kind = 'edit'))
		AND EXISTS (SELECT 1 FROM outbox WHERE entry_id = entry.id AND state = 'sent') ORDER BY seq`, e.Visitor, e.ID)
	if err != nil {
		return nil, err
	}
	for _, a := range entries {
		event, at, err := s.EventOf(ctx, a.ID)
		switch {
		case errors.Is(err, ErrNotFound) || err == nil && at != room:
		case err != nil:
			return nil, err
		default:
			about = append(about, About{Entry: a, Event: event})
		}
	}
	return about, nil
}

// Twins returns the events of an entry in that room that are not the one that counts.
func (s *Store) Twins(ctx context.Context, entry chat.EntryID, room id.RoomID) ([]id.EventID, error) {
	rows, err := s.db.Query(ctx, `SELECT event_id FROM event WHERE entry_id = $1 AND room_id = $2 AND twin`, entry, room)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[id.EventID], err).AsList()
}

// MapEvent records that an entry is that event, and lets everything run that
// waited for the event. It returns the event that the entry has: another one
// when it was mapped before; the given event is then its twin, and what people
// did to the twin counts for the entry too.
func (s *Store) MapEvent(ctx context.Context, room id.RoomID, event id.EventID, e chat.Entry) (mapped id.EventID, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		mapped, _, err = s.EventOf(ctx, e.ID)
		if errors.Is(err, ErrNotFound) {
			mapped, err = event, nil
		}
		if err != nil {
			return err
		}
		return errors.Join(
			s.exec(ctx, `INSERT INTO event (event_id, room_id, visitor_id, entry_id, twin) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (event_id) DO UPDATE SET twin = excluded.twin WHERE event.entry_id = excluded.entry_id`,
				event, room, e.Visitor, e.ID, mapped != event),
			s.exec(ctx, `UPDATE inbox SET state = 'new', waits_for = '' WHERE state = 'parked' AND waits_for = $1`, event),
		)
	})
	return mapped, err
}

// MoveEvent records that an entry is now that event. Its former one stays known as its twin.
func (s *Store) MoveEvent(ctx context.Context, room id.RoomID, event id.EventID, e chat.Entry) error {
	return s.Write(ctx, func(ctx context.Context) error {
		if _, err := s.MapEvent(ctx, room, event, e); err != nil {
			return err
		}
		return s.exec(ctx, `UPDATE event SET twin = (event_id <> $2) WHERE entry_id = $1`, e.ID, event)
	})
}

// SwapEvent has another event of an entry count than from, which stays known as its twin, and
// reports whether from still counted. Edits that went out within from are pending again, for the
// other may not have them.
func (s *Store) SwapEvent(ctx context.Context, room id.RoomID, from, to id.EventID, e chat.Entry) (swapped bool, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		counts, _, err := s.EventOf(ctx, e.ID)
		if err != nil {
			return err
		}
		if swapped = counts == from; !swapped {
			return nil
		}
		return errors.Join(s.MoveEvent(ctx, room, to, e), s.unfold(ctx, e))
	})
	return swapped, err
}

// HasOtherEvent reports whether an entry has an event in that room beside the given one.
func (s *Store) HasOtherEvent(ctx context.Context, entry chat.EntryID, room id.RoomID, event id.EventID) (bool, error) {
	return scanOne[bool](s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM event
		WHERE entry_id = $1 AND room_id = $2 AND event_id <> $3)`, entry, room, event))
}

// RoomEvent is an event and its room.
type RoomEvent struct {
	Event id.EventID
	Room  id.RoomID
	// Party is whose words it is.
	Party chat.Party
}

// EventsAbout returns the Matrix events of an entry, of its edits and of the notices
// about it, the entry's own current one first.
func (s *Store) EventsAbout(ctx context.Context, v chat.VisitorID, entry chat.EntryID) ([]RoomEvent, error) {
	rows, err := s.db.Query(ctx, `SELECT event.event_id, event.room_id, entry.party FROM event JOIN entry ON entry.id = event.entry_id
		WHERE event.visitor_id = $1 AND (entry.id = $2 OR entry.target = $2 AND entry.target <> '' AND entry.kind IN ('edit', 'notice'))
		ORDER BY entry.seq, event.twin, event.event_id`, v, entry)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (e RoomEvent, err error) {
		err = row.Scan(&e.Event, &e.Room, &e.Party)
		return e, err
	}, err).AsList()
}

// EventOf returns the Matrix event of an entry and its room, or ErrNotFound.
func (s *Store) EventOf(ctx context.Context, entry chat.EntryID) (event id.EventID, room id.RoomID, err error) {
	err = noRows(s.db.QueryRow(ctx, `SELECT event_id, room_id FROM event WHERE entry_id = $1 AND NOT twin`, entry).Scan(&event, &room))
	return event, room, err
}

// EntryOf returns the entry of a Matrix event, or ErrNotFound.
func (s *Store) EntryOf(ctx context.Context, event id.EventID) (chat.Entry, error) {
	return scanEntry(s.db.QueryRow(ctx, selectEntry+`WHERE id = (SELECT entry_id FROM event WHERE event_id = $1)`, event))
}

// LastEventBefore returns the newest known event of the dialog in that room
// whose entry has a number below seq, or ErrNotFound.
func (s *Store) LastEventBefore(ctx context.Context, v chat.VisitorID, room id.RoomID, seq int64) (id.EventID, error) {
	return scanOne[id.EventID](s.db.QueryRow(ctx, `SELECT event.event_id FROM event JOIN entry ON entry.id = event.entry_id
		WHERE event.visitor_id = $1 AND event.room_id = $2 AND entry.seq < $3 AND NOT event.twin
		ORDER BY entry.seq DESC LIMIT 1`, v, room, seq))
}
