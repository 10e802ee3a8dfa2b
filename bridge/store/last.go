package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

// MaxLast is how many characters of a dialog's newest message lists show.
const MaxLast = 200

// LastMessage is a dialog's newest message, as lists show it. At is zero without one.
type LastMessage struct {
	At    time.Time
	Party chat.Party
	// Text is one line of at most MaxLast characters; the titles of its cards, or the
	// file's name, when it has nothing else.
	Text string
	File bool
}

// lastText is what lists show of a message.
func lastText(c chat.Content) string {
	line := plain.Line(c.Text, MaxLast)
	switch {
	case line != "":
	case c.File != nil:
		line = plain.Line(c.File.Name, MaxLast)
	case c.Offer != nil:
		titles := make([]string, len(c.Offer.Cards))
		for i, card := range c.Offer.Cards {
			titles[i] = card.Title
		}
		line = plain.Line(strings.Join(titles, ", "), MaxLast)
	}
	return line
}

// numberEntry returns the next number of an entry's dialog, or ErrNotFound, and
// keeps what lists show of the dialog from now on.
func (s *Store) numberEntry(ctx context.Context, e chat.Entry) (int64, error) {
	if e.Kind != chat.Message {
		return scanOne[int64](s.db.QueryRow(ctx, `UPDATE dialog SET last_seq = last_seq + 1 WHERE visitor_id = $1 RETURNING last_seq`, e.Visitor))
	}
	return scanOne[int64](s.db.QueryRow(ctx, `UPDATE dialog SET last_seq = last_seq + 1, said_at = $2,
		last_id = $3, last_at = $2, last_party = $4, last_text = $5, last_file = $6,
		operator_seq = CASE WHEN $4 = 'operator' THEN last_seq + 1 ELSE operator_seq END,
		unread = CASE WHEN $4 = 'operator' OR status = 'closed' THEN 0 WHEN $4 = 'visitor' THEN unread + 1 ELSE unread END
		WHERE visitor_id = $1 RETURNING last_seq`,
		e.Visitor, milliseconds(e.At), e.ID, e.Author.Party, lastText(e.Content), e.Content.File != nil))
}

// followLast keeps what lists show true to an edit and a redaction.
func (s *Store) followLast(ctx context.Context, e chat.Entry) error {
	switch e.Kind {
	case chat.Edit:
		return s.exec(ctx, `UPDATE dialog SET last_text = $3, last_file = last_file OR $4 WHERE visitor_id = $1 AND last_id = $2`,
			e.Visitor, e.Target, lastText(e.Content), e.Content.File != nil)
	case chat.Redaction:
		target, err := s.Entry(ctx, e.Visitor, e.Target)
		if errors.Is(err, ErrNotFound) || err == nil && target.Kind != chat.Message {
			return nil
		}
		return errors.Join(err, s.findLast(ctx, e.Visitor), s.countUnread(ctx, e.Visitor))
	case chat.Message, chat.Reaction, chat.Notice:
		return nil
	default:
		return nil
	}
}

// findLast looks for the newest messages anew, after one was removed.
func (s *Store) findLast(ctx context.Context, v chat.VisitorID) error {
	last, err := scanEntry(s.db.QueryRow(ctx, selectEntry+`WHERE visitor_id = $1 AND kind = 'message' AND NOT redacted ORDER BY seq DESC LIMIT 1`, v))
	at := int64(0)
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return err
	default:
		at = milliseconds(last.At)
		file := last.Content.File
		if edit, err := s.NewestEdit(ctx, last); err == nil {
			last.Content = edit.Content
		} else if !errors.Is(err, ErrNotFound) {
			return err
		}
		if last.Content.File == nil {
			last.Content.File = file
		}
	}
	return s.exec(ctx, `UPDATE dialog SET last_id = $2, last_at = $3, last_party = $4, last_text = $5, last_file = $6,
		operator_seq = COALESCE((SELECT max(seq) FROM entry e WHERE e.visitor_id = $1 AND e.kind = 'message' AND e.party = 'operator' AND NOT e.redacted), 0)
		WHERE visitor_id = $1`, v, last.ID, at, last.Author.Party, lastText(last.Content), last.Content.File != nil)
}

// countUnread counts anew which of the visitor's messages no operator has seen,
// answered or otherwise settled.
func (s *Store) countUnread(ctx context.Context, v chat.VisitorID) error {
	return s.exec(ctx, unreadCounted, v)
}

const unreadCounted = `UPDATE dialog SET unread = (SELECT count(*) FROM entry e WHERE e.visitor_id = $1 AND e.kind = 'message' AND e.party = 'visitor' AND NOT e.redacted
		AND e.seq > (CASE WHEN seen_seq >= operator_seq AND seen_seq >= past_seq THEN seen_seq WHEN operator_seq >= past_seq THEN operator_seq ELSE past_seq END))
	WHERE visitor_id = $1 AND status <> 'closed'`
