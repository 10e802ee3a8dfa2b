package store

import (
	"context"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// MessagesAfter returns the messages, removed ones too, with numbers above seq, rising, at most limit.
func (s *Store) MessagesAfter(ctx context.Context, v chat.VisitorID, seq int64, limit int) ([]chat.Entry, error) {
	return s.entries(ctx, selectEntry+`WHERE visitor_id = $1 AND seq > $2 AND kind = 'message' ORDER BY seq LIMIT $3`, v, seq, limit)
}

// EntriesOf returns those of the entries that the visitor's dialog has, in no order.
func (s *Store) EntriesOf(ctx context.Context, v chat.VisitorID, ids []chat.EntryID) ([]chat.Entry, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	q := query{}
	return s.entries(ctx, selectEntry+`WHERE visitor_id = `+q.arg(v)+` AND id IN (`+q.list(anys(ids))+`)`, q.args...)
}

// EditsAndReactions returns the newest edit of each of the messages, and their reactions, but for
// what was removed, in the order of their numbers.
func (s *Store) EditsAndReactions(ctx context.Context, v chat.VisitorID, messages []chat.EntryID) ([]chat.Entry, error) {
	if len(messages) == 0 {
		return nil, nil
	}
	q := query{}
	about := func(kind string) string {
		return ` visitor_id = ` + q.arg(v) + ` AND target <> '' AND target IN (` + q.list(anys(messages)) + `) AND kind = '` + kind + `' AND NOT redacted`
	}
	statement := selectEntry + `WHERE` + about("reaction") + ` OR visitor_id = ` + q.arg(v) + ` AND seq IN
		(SELECT MAX(seq) FROM entry WHERE` + about("edit") + ` GROUP BY target) ORDER BY seq`
	return s.entries(ctx, statement, q.args...)
}
