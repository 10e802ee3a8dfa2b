package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// DeliveryKind is the road that a delivery takes.
type DeliveryKind string

// The kinds of deliveries.
const (
	Mail    DeliveryKind = "mail"
	Webhook DeliveryKind = "webhook"
)

// DeliveryState is what became of a delivery.
type DeliveryState string

// The states of a delivery. Only pending ones have work left.
const (
	DeliveryPending DeliveryState = "pending"
	DeliveryDone    DeliveryState = "done"
	DeliveryFailed  DeliveryState = "failed"  // refused for good, or given up
	DeliveryDropped DeliveryState = "dropped" // had nothing to say any more when it was to be sent
)

// Delivery is one alert on its way to one address outside.
type Delivery struct {
	// ID is random and stays the same at every attempt, so that the receiver
	// can tell a repetition. QueueDelivery mints it.
	ID   chat.DeliveryID
	Site chat.SiteID
	// Visitor is whom it is about, or "". It goes when that visitor is erased.
	Visitor chat.VisitorID
	Kind    DeliveryKind
	// Target is the one address that it goes to; what it looks like is the sender's matter.
	Target string
	// Origin is the key of the event behind it; unique with site, kind and target.
	Origin  string
	Payload string
	// Attempts counts those begun, the present one included. It fences: what a
	// worker reports of an earlier attempt than the last one changes nothing.
	Attempts int64
	// Created is when it was queued.
	Created time.Time
	// Since is since when it is tried: when it was queued, or had once more by
	// ReplayDeliveries.
	Since time.Time
}

// QueueDelivery keeps a delivery until it is done or given up; due at once. The
// same event for the same target is queued once: fresh is false when it was
// there already, whatever became of it. Call it inside the Write that keeps the
// event itself.
func (s *Store) QueueDelivery(ctx context.Context, d Delivery, now time.Time) (fresh bool, err error) {
	return s.execChanged(ctx, `INSERT INTO delivery (id, site, visitor_id, kind, target, origin, payload, state, next_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $8) ON CONFLICT (site, kind, target, origin) DO NOTHING`,
		chat.NewDeliveryID(), d.Site, sql.NullString{String: string(d.Visitor), Valid: d.Visitor != ""},
		d.Kind, d.Target, d.Origin, d.Payload, milliseconds(now))
}

// Receiver is who a delivery goes to: a target of a site.
type Receiver struct {
	Site   chat.SiteID
	Target string
}

// Receiver returns who the delivery goes to.
func (d Delivery) Receiver() Receiver { return Receiver{d.Site, d.Target} }

// TakeDeliveries returns due deliveries of a kind, one for each receiver and none for
// those who are busy, so that nobody is sent two at once; those first that have waited
// longest, at most limit. Until the lease ends nobody else is given them; then
// they are due again, which is how the work of a killed process goes on.
func (s *Store) TakeDeliveries(ctx context.Context, kind DeliveryKind, now time.Time, lease time.Duration, limit int, busy []Receiver) (taken []Delivery, err error) {
	// A look without the writer first: most of the time nothing is due.
	due, err := s.dueDeliveries(ctx, kind, now, limit, busy)
	if err != nil || len(due) == 0 {
		return nil, err
	}
	err = s.Write(ctx, func(ctx context.Context) error {
		// Somebody else may have taken them meanwhile.
		q := query{}
		rows, err := s.db.Query(ctx, `UPDATE delivery SET next_at = `+q.arg(milliseconds(now.Add(lease)))+`, attempts = attempts + 1
			WHERE state = 'pending' AND next_at <= `+q.arg(milliseconds(now))+` AND id IN (`+q.list(anys(due))+`)
			RETURNING id, site, visitor_id, kind, target, origin, payload, attempts, created_at, ended_at`, q.args...)
		taken, err = dbutil.NewRowIterWithError(rows, scanDelivery, err).AsList()
		return err
	})
	slices.SortFunc(taken, func(a, b Delivery) int { return a.Created.Compare(b.Created) })
	return taken, err
}

// dueDeliveries are the ids of what TakeDeliveries is to take.
func (s *Store) dueDeliveries(ctx context.Context, kind DeliveryKind, now time.Time, limit int, busy []Receiver) ([]chat.DeliveryID, error) {
	q := query{}
	due := `SELECT id, next_at, created_at, row_number() OVER (PARTITION BY site, target ORDER BY next_at, created_at, id) AS place
		FROM delivery WHERE kind = ` + q.arg(kind) + ` AND state = 'pending' AND next_at <= ` + q.arg(milliseconds(now))
	for _, r := range busy {
		due += ` AND NOT (site = ` + q.arg(r.Site) + ` AND target = ` + q.arg(r.Target) + `)`
	}
	rows, err := s.db.Query(ctx, `SELECT id FROM (`+due+`) AS due WHERE place = 1
		ORDER BY next_at, created_at, id LIMIT `+q.arg(limit), q.args...)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[chat.DeliveryID], err).AsList()
}

func scanDelivery(row dbutil.Scannable) (d Delivery, err error) {
	var visitor sql.NullString
	var created, replayed int64
	err = row.Scan(&d.ID, &d.Site, &visitor, &d.Kind, &d.Target, &d.Origin, &d.Payload, &d.Attempts, &created, &replayed)
	d.Visitor, d.Created = chat.VisitorID(visitor.String), time.UnixMilli(created)
	d.Since = time.UnixMilli(max(created, replayed))
	return d, err
}

// FinishDelivery records that the receiver has it, and drops what it said.
func (s *Store) FinishDelivery(ctx context.Context, d Delivery, now time.Time) error {
	return s.exec(ctx, `UPDATE delivery SET state = 'done', payload = '', error = '', ended_at = $2
		WHERE id = $1 AND state = 'pending'`, d.ID, milliseconds(now))
}

// DropDelivery ends one that has nothing to say any more. It reports whether it was this
// attempt's to end.
func (s *Store) DropDelivery(ctx context.Context, d Delivery, now time.Time) (bool, error) {
	return s.execChanged(ctx, `UPDATE delivery SET state = 'dropped', payload = '', error = '', ended_at = $3
		WHERE id = $1 AND attempts = $2 AND state = 'pending'`, d.ID, d.Attempts, milliseconds(now))
}

// PostponeDelivery records that an attempt failed, why, and when to try again.
// Others of the site for the same target wait until hold at least, so that a receiver that
// is down costs one attempt at a time and not one for each.
func (s *Store) PostponeDelivery(ctx context.Context, d Delivery, next, hold time.Time, cause string) error {
	return s.Write(ctx, func(ctx context.Context) error {
		last, err := s.execChanged(ctx, `UPDATE delivery SET next_at = $3, error = $4
			WHERE id = $1 AND attempts = $2 AND state = 'pending'`, d.ID, d.Attempts, milliseconds(next), cause)
		if err != nil || !last {
			return err
		}
		return s.exec(ctx, `UPDATE delivery SET next_at = $4 WHERE kind = $1 AND target = $2 AND site = $5 AND id <> $3
			AND state = 'pending' AND next_at < $4`, d.Kind, d.Target, d.ID, milliseconds(hold), d.Site)
	})
}

// FailDelivery gives a delivery up and says why. What a mail said is dropped; what a
// webhook was to be told stays, see ReplayDeliveries. It reports whether it was this
// attempt's to give up.
func (s *Store) FailDelivery(ctx context.Context, d Delivery, cause string, now time.Time) (bool, error) {
	return s.execChanged(ctx, `UPDATE delivery SET state = 'failed', payload = CASE WHEN kind = 'webhook' THEN payload ELSE '' END, error = $3, ended_at = $4
		WHERE id = $1 AND attempts = $2 AND state = 'pending'`, d.ID, d.Attempts, cause, milliseconds(now))
}

// Fares is how deliveries to a target fare.
type Fares struct {
	// Waiting have yet to be sent, Failed were given up and are not forgotten yet.
	Waiting, Failed int
	// Cause is the newest trouble of those; empty when there was none.
	Cause string
}

// DeliveriesTo returns how a site's webhook of that target fares.
func (s *Store) DeliveriesTo(ctx context.Context, site chat.SiteID, target string) (f Fares, err error) {
	err = s.db.QueryRow(ctx, `SELECT
		(SELECT count(*) FROM delivery WHERE kind = 'webhook' AND site = $1 AND target = $2 AND state = 'pending'),
		(SELECT count(*) FROM delivery WHERE kind = 'webhook' AND site = $1 AND target = $2 AND state = 'failed'),
		COALESCE((SELECT error FROM delivery WHERE kind = 'webhook' AND site = $1 AND target = $2 AND state <> 'done' AND error <> ''
			ORDER BY created_at DESC LIMIT 1), '')`, site, target).Scan(&f.Waiting, &f.Failed, &f.Cause)
	return f, err
}

// ReplayDeliveries has what was given up for a site's webhook tried once more, as long as
// what is new, and returns how many that are. ended_at of what is pending again is when
// that was.
func (s *Store) ReplayDeliveries(ctx context.Context, site chat.SiteID, target string, now time.Time) (again int, err error) {
	rows, err := s.db.Query(ctx, `UPDATE delivery SET state = 'pending', error = '', ended_at = $3, next_at = $3
		WHERE kind = 'webhook' AND site = $1 AND target = $2 AND state = 'failed' AND payload <> '' RETURNING id`, site, target, milliseconds(now))
	ids, err := dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[string], err).AsList()
	return len(ids), err
}

// DeliveryOutcome returns what became of a delivery and the cause of its last
// failure, or ErrNotFound.
func (s *Store) DeliveryOutcome(ctx context.Context, id chat.DeliveryID) (state DeliveryState, cause string, err error) {
	err = noRows(s.db.QueryRow(ctx, `SELECT state, error FROM delivery WHERE id = $1`, id).Scan(&state, &cause))
	return state, cause, err
}

// SweepDeliveries forgets deliveries that ended before the given time, at most limit of
// them, and reports whether there were any. From then on the same event could be queued
// again.
func (s *Store) SweepDeliveries(ctx context.Context, before time.Time, limit int) (some bool, err error) {
	return s.execChanged(ctx, `DELETE FROM delivery WHERE id IN (SELECT id FROM delivery
		WHERE state <> 'pending' AND ended_at < $1 LIMIT $2)`, milliseconds(before), limit)
}
