package store

import (
	"context"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// What is known of several visitors is asked for at once: a part of a list costs a
// handful of queries, however long it is.

// of runs a query for several visitors; where holds %s for their list.
func of[T any](ctx context.Context, s *Store, visitors []chat.VisitorID, statement func(in string) string, scan func(dbutil.Scannable) (T, error)) ([]T, error) {
	if len(visitors) == 0 {
		return nil, nil
	}
	q := query{}
	rows, err := s.db.Query(ctx, statement(`(`+q.list(anys(visitors))+`)`), q.args...)
	return dbutil.NewRowIterWithError(rows, scan, err).AsList()
}

// FoundOf returns those of the visitors who are there, in the order given.
func (s *Store) FoundOf(ctx context.Context, visitors []chat.VisitorID) ([]Found, error) {
	rows, err := of(ctx, s, visitors, func(in string) string { return selectFound + `WHERE v.id IN ` + in }, scanFound)
	if err != nil {
		return nil, err
	}
	by := make(map[chat.VisitorID]Found, len(rows))
	for _, f := range rows {
		by[f.Visitor.ID] = f
	}
	found := make([]Found, 0, len(rows))
	for _, v := range visitors {
		if f, ok := by[v]; ok {
			found = append(found, f)
		}
	}
	return found, nil
}

// owned is a value of a visitor.
type owned[T any] struct {
	of    chat.VisitorID
	value T
}

func grouped[T any](rows []owned[T], err error) (map[chat.VisitorID][]T, error) {
	all := map[chat.VisitorID][]T{}
	for _, row := range rows {
		all[row.of] = append(all[row.of], row.value)
	}
	return all, err
}

// TagsOf is Tags of several visitors.
func (s *Store) TagsOf(ctx context.Context, visitors []chat.VisitorID) (map[chat.VisitorID][]string, error) {
	return grouped(of(ctx, s, visitors, func(in string) string {
		return `SELECT visitor_id, tag FROM tag WHERE visitor_id IN ` + in + ` ORDER BY visitor_id, folded`
	}, scanOwned))
}

func scanOwned(row dbutil.Scannable) (o owned[string], err error) {
	err = row.Scan(&o.of, &o.value)
	return o, err
}

// VariablesOf is Variables of several visitors.
func (s *Store) VariablesOf(ctx context.Context, visitors []chat.VisitorID) (map[chat.VisitorID][]Variable, error) {
	return grouped(of(ctx, s, visitors, func(in string) string {
		return `SELECT visitor_id, name, value, set_by FROM variable WHERE visitor_id IN ` + in + ` ORDER BY visitor_id, name`
	}, func(row dbutil.Scannable) (o owned[Variable], err error) {
		err = row.Scan(&o.of, &o.value.Name, &o.value.Value, &o.value.SetBy)
		return o, err
	}))
}

// SubjectsOf is Subject of several visitors; those who have none are absent.
func (s *Store) SubjectsOf(ctx context.Context, visitors []chat.VisitorID) (map[chat.VisitorID]string, error) {
	return single(of(ctx, s, visitors, func(in string) string {
		return `SELECT visitor_id, subject FROM identity WHERE visitor_id IN ` + in
	}, scanOwned))
}

// BotStatesOf is the State of BotState of several visitors; those without are absent.
func (s *Store) BotStatesOf(ctx context.Context, visitors []chat.VisitorID) (map[chat.VisitorID]string, error) {
	return single(of(ctx, s, visitors, func(in string) string {
		return `SELECT visitor_id, state FROM bot_state WHERE visitor_id IN ` + in
	}, scanOwned))
}

func single[T any](rows []owned[T], err error) (map[chat.VisitorID]T, error) {
	all := map[chat.VisitorID]T{}
	for _, row := range rows {
		all[row.of] = row.value
	}
	return all, err
}

// SignInsOf is Before and After of several visitors, without a limit: sign-ins are few.
func (s *Store) SignInsOf(ctx context.Context, visitors []chat.VisitorID) (before, after map[chat.VisitorID][]Visitor, err error) {
	scan := func(row dbutil.Scannable) (o owned[Visitor], err error) {
		o.value, err = scanVisitor(scanTail{row, []any{&o.of}})
		return o, err
	}
	// Each by one index of the table, of which most visitors have no row.
	before, err = grouped(of(ctx, s, visitors, func(in string) string {
		return `SELECT ` + visitorColumns + `, s.after_id FROM sign_in s JOIN visitor v ON v.id = s.before_id WHERE s.after_id IN ` + in + ` ORDER BY s.after_id, s.at DESC`
	}, scan))
	if err != nil {
		return nil, nil, err
	}
	after, err = grouped(of(ctx, s, visitors, func(in string) string {
		return `SELECT ` + visitorColumns + `, s.before_id FROM sign_in s JOIN visitor v ON v.id = s.after_id WHERE s.before_id IN ` + in + ` ORDER BY s.before_id, s.at DESC`
	}, scan))
	return before, after, err
}

// BlockedAmong returns those of the visitors of whom BlockedFor is true.
func (s *Store) BlockedAmong(ctx context.Context, visitors []chat.VisitorID) (map[chat.VisitorID]bool, error) {
	rows, err := of(ctx, s, visitors, func(in string) string {
		return `SELECT v.id FROM visitor v WHERE v.id IN ` + in + ` AND (EXISTS (SELECT 1 FROM blocked_address b WHERE b.visitor_id = v.id)
			OR EXISTS (SELECT 1 FROM address a JOIN blocked_address b ON b.site = v.site AND b.hash = a.hash WHERE a.visitor_id = v.id))`
	}, dbutil.ScanSingleColumn[chat.VisitorID])
	all := map[chat.VisitorID]bool{}
	for _, v := range rows {
		all[v] = true
	}
	return all, err
}
