package store

import (
	"context"
	"errors"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// quarter is the span of which sums are kept. All time zones of today differ from UTC
// by a multiple of it, so of these sums the days and hours of any zone are made, also
// where a site's zone is changed in the config.
const quarter = 15 * time.Minute

func quarterOf(at time.Time) int64 { return milliseconds(at) / quarter.Milliseconds() }

// countSaid counts a message, in the transaction that appends it. What the bot says to
// who never did anything does not count, nor what is said in a site's desk.
func (s *Store) countSaid(ctx context.Context, e chat.Entry) error {
	if e.Kind != chat.Message {
		return nil
	}
	var sum, last string
	switch e.Author.Party {
	case chat.Visitor:
		sum, last = "asked", "asked_at"
	case chat.Operator:
		sum, last = "replied", "replied_at"
	case chat.Bot:
		sum, last = "bot", "bot_at"
	default:
		return nil
	}
	at := milliseconds(e.At)
	const counts = ` FROM visitor WHERE id = $1 AND NOT desk AND (number > 0 OR $2 = 'visitor') `
	err := errors.Join(
		s.exec(ctx, `INSERT INTO figure (site, quarter, `+sum+`) SELECT site, $3, 1`+counts+
			`ON CONFLICT (site, quarter) DO UPDATE SET `+sum+` = figure.`+sum+` + 1`, e.Visitor, string(e.Author.Party), quarterOf(e.At)),
		s.exec(ctx, `INSERT INTO spoke (visitor_id, site, `+last+`) SELECT id, site, $3`+counts+
			`ON CONFLICT (visitor_id) DO UPDATE SET `+last+` = excluded.`+last, e.Visitor, string(e.Author.Party), at),
	)
	if err == nil && e.Author.Party == chat.Visitor {
		err = s.replyToProactive(ctx, e.Visitor, e.At)
	}
	if err != nil || e.Author.Party != chat.Operator {
		return err
	}
	return errors.Join(
		s.exec(ctx, `INSERT INTO operator_figure (site, quarter, operator, messages) SELECT site, $3, $4, 1`+counts+
			`ON CONFLICT (site, quarter, operator) DO UPDATE SET messages = operator_figure.messages + 1`,
			e.Visitor, string(e.Author.Party), quarterOf(e.At), e.Author.ID),
		s.exec(ctx, `INSERT INTO operator_spoke (visitor_id, operator, site, at) SELECT id, $3, site, $4`+counts+
			`ON CONFLICT (visitor_id, operator) DO UPDATE SET at = excluded.at`, e.Visitor, string(e.Author.Party), e.Author.ID, at),
		s.exec(ctx, `UPDATE opening SET answered_at = $2 WHERE visitor_id = $1 AND answered_at = 0
			AND opened_at = (SELECT opened_at FROM dialog WHERE visitor_id = $1 AND status = 'open')`, e.Visitor, at),
	)
}

// CountOpening keeps that a dialog was opened by its visitor, or by the bot for it, in
// the transaction that opens it at that time: an operator's first message answers it.
func (s *Store) CountOpening(ctx context.Context, v chat.VisitorID, at time.Time) error {
	return s.exec(ctx, `INSERT INTO opening (visitor_id, site, opened_at, asked_at) SELECT id, site, $2, $2 FROM visitor WHERE id = $1 AND NOT desk
		ON CONFLICT (visitor_id, opened_at) DO NOTHING`, v, milliseconds(at))
}

// HandOpening has a wait for a first answer go on in the dialog of whom the visitor is
// since it signed in, which is open now; before was opened at the given time.
func (s *Store) HandOpening(ctx context.Context, before, after chat.VisitorID, opened time.Time) error {
	return s.Write(ctx, func(ctx context.Context) error {
		return errors.Join(
			s.exec(ctx, `INSERT INTO opening (visitor_id, site, opened_at, asked_at)
				SELECT d.visitor_id, o.site, d.opened_at, o.asked_at FROM opening o JOIN dialog d ON d.visitor_id = $2
				WHERE o.visitor_id = $1 AND o.opened_at = $3 AND o.answered_at = 0
				ON CONFLICT (visitor_id, opened_at) DO NOTHING`, before, after, milliseconds(opened)),
			s.exec(ctx, `DELETE FROM opening WHERE visitor_id = $1 AND opened_at = $2 AND answered_at = 0`, before, milliseconds(opened)),
		)
	})
}

// countMet counts a visitor who did something for the first time.
func (s *Store) countMet(ctx context.Context, site chat.SiteID, at time.Time) error {
	return s.exec(ctx, `INSERT INTO figure (site, quarter, met) VALUES ($1, $2, 1)
		ON CONFLICT (site, quarter) DO UPDATE SET met = figure.met + 1`, site, quarterOf(at))
}

// countClosed counts a dialog that was closed.
func (s *Store) countClosed(ctx context.Context, v chat.VisitorID, at time.Time) error {
	return s.exec(ctx, `INSERT INTO figure (site, quarter, closed) SELECT site, $2, 1 FROM visitor WHERE id = $1 AND NOT desk
		ON CONFLICT (site, quarter) DO UPDATE SET closed = figure.closed + 1`, v, quarterOf(at))
}

// SweepFigures forgets the sums of what happened before the given time.
func (s *Store) SweepFigures(ctx context.Context, before time.Time) error {
	return errors.Join(
		s.exec(ctx, `DELETE FROM figure WHERE quarter < $1`, quarterOf(before)),
		s.exec(ctx, `DELETE FROM operator_figure WHERE quarter < $1`, quarterOf(before)),
		s.exec(ctx, `DELETE FROM proactive_figure WHERE quarter < $1`, quarterOf(before)),
	)
}
