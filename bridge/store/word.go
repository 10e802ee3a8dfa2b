package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// SetSearch records by what a visitor is found: the folded name, by which lists are
// sorted, and folded words, each once. Only what is different is written.
func (s *Store) SetSearch(ctx context.Context, v chat.VisitorID, sortName string, words []string) error {
	return s.Write(ctx, func(ctx context.Context) error {
		if err := s.exec(ctx, `UPDATE dialog SET sort_name = $2 WHERE visitor_id = $1 AND sort_name <> $2`, v, sortName); err != nil {
			return err
		}
		rows, err := s.db.Query(ctx, `SELECT word FROM word WHERE visitor_id = $1`, v)
		known, err := dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[string], err).AsList()
		if err != nil {
			return err
		}
		wanted := map[string]bool{}
		for _, word := range words {
			wanted[word] = true
		}
		gone := slices.DeleteFunc(slices.Clone(known), func(word string) bool { return wanted[word] })
		for _, word := range known {
			delete(wanted, word)
		}
		fresh := slices.DeleteFunc(slices.Clone(words), func(word string) bool { return !wanted[word] })
		for part := range slices.Chunk(gone, wordsAtOnce) {
			q := query{args: []any{v}}
			if err := s.exec(ctx, `DELETE FROM word WHERE visitor_id = $1 AND word IN (`+q.list(anys(part))+`)`, q.args...); err != nil {
				return err
			}
		}
		for part := range slices.Chunk(fresh, wordsAtOnce) {
			q := query{args: []any{v}}
			for i, word := range part {
				part[i] = `(` + q.arg(word) + `)`
			}
			if err := s.exec(ctx, `INSERT INTO word (visitor_id, word, site) SELECT v.id, w.column1, v.site
				FROM visitor v, (VALUES `+strings.Join(part, ", ")+`) AS w WHERE v.id = $1`, q.args...); err != nil {
				return err
			}
		}
		return nil
	})
}

const wordsAtOnce = 200

// TakeUnindexed returns visitors by whose words nothing is found yet, as they wrote
// before there was an index; each once. Call it in the transaction that has their
// words recorded.
func (s *Store) TakeUnindexed(ctx context.Context, limit int) (found []chat.VisitorID, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		rows, err := s.db.Query(ctx, `DELETE FROM unindexed WHERE visitor_id IN (SELECT visitor_id FROM unindexed LIMIT $1) RETURNING visitor_id`, limit)
		found, err = dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[chat.VisitorID], err).AsList()
		return err
	})
	return found, err
}

// query is a statement's arguments, as it grows by what is asked for.
type query struct{ args []any }

// arg adds an argument and returns its name.
func (q *query) arg(value any) string {
	q.args = append(q.args, value)
	return fmt.Sprintf("$%d", len(q.args))
}

// list is arg for several, with commas between.
func (q *query) list(values []any) string {
	names := make([]string, len(values))
	for i, value := range values {
		names[i] = q.arg(value)
	}
	return strings.Join(names, ", ")
}

func anys[T any](values []T) []any {
	all := make([]any, len(values))
	for i, value := range values {
		all[i] = value
	}
	return all
}
