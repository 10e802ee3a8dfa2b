package store

import (
	"context"
	"slices"
	"strings"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// What is known of several visitors is asked for at once: a part of a list costs a
// handful of queries, however long it is.

// of runs a query for several visitors; in is their list, in brackets.
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

// Facts are what is known of a visitor beside its own row and its dialog's.
type Facts struct {
	// Tags are sorted, and so are Variables by their names.
	Tags      []string
	Variables []Variable
	// Subject is that of Subject, BotState the State of BotState.
	Subject, BotState string
	// Before and After are those of the functions of that name, the latest first.
	Before, After []chat.VisitorID
	// AddressBlocked is what BlockedFor says.
	AddressBlocked bool
}

// fact is a row of FactsOf: of whom, which one, what it is sorted by, and its values.
type fact struct {
	of                  chat.VisitorID
	what                string
	name, value, source string
}

// FactsOf returns what is known of several visitors, by one query. Of whom nothing is
// known is absent. Most bridges have nobody who signed in or is shut out: then no
// visitor is looked for there.
func (s *Store) FactsOf(ctx context.Context, visitors []chat.VisitorID) (map[chat.VisitorID]Facts, error) {
	rows, err := of(ctx, s, visitors, func(in string) string {
		// As a table, the list is read and sorted once, and not once for each kind.
		return `WITH these (id) AS (VALUES ` + strings.ReplaceAll(in, `, `, `), (`) + `)
			SELECT visitor_id, 'tag' AS what, folded AS name, tag, '' FROM these CROSS JOIN tag WHERE visitor_id = id
			UNION ALL SELECT visitor_id, 'variable', name, value, set_by FROM these CROSS JOIN variable WHERE visitor_id = id
			UNION ALL SELECT visitor_id, 'subject', subject, '', '' FROM these CROSS JOIN identity WHERE EXISTS (SELECT 1 FROM identity) AND visitor_id = id
			UNION ALL SELECT visitor_id, 'bot', state, '', '' FROM these CROSS JOIN bot_state WHERE visitor_id = id
			UNION ALL SELECT after_id, 'before', before_id, '', '' FROM (SELECT after_id, before_id FROM these CROSS JOIN sign_in WHERE EXISTS (SELECT 1 FROM sign_in) AND after_id = id ORDER BY at DESC) AS b
			UNION ALL SELECT before_id, 'after', after_id, '', '' FROM (SELECT after_id, before_id FROM these CROSS JOIN sign_in WHERE EXISTS (SELECT 1 FROM sign_in) AND before_id = id ORDER BY at DESC) AS a
			UNION ALL SELECT visitor_id, 'blocked', '', '', '' FROM these CROSS JOIN blocked_address WHERE EXISTS (SELECT 1 FROM blocked_address) AND visitor_id = id
			UNION ALL SELECT a.visitor_id, 'blocked', '', '', '' FROM these CROSS JOIN address a JOIN visitor v ON v.id = a.visitor_id
				JOIN blocked_address b ON b.site = v.site AND b.hash = a.hash
				WHERE EXISTS (SELECT 1 FROM blocked_address) AND a.visitor_id = these.id`
	}, func(row dbutil.Scannable) (f fact, err error) {
		err = row.Scan(&f.of, &f.what, &f.name, &f.value, &f.source)
		return f, err
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(rows, func(a, b fact) int {
		if a.what != b.what || a.what != "tag" && a.what != "variable" {
			return 0
		}
		return strings.Compare(a.name, b.name)
	})
	all := make(map[chat.VisitorID]Facts, len(visitors))
	for _, row := range rows {
		known := all[row.of]
		known.add(row)
		all[row.of] = known
	}
	return all, nil
}

func (f *Facts) add(row fact) {
	switch row.what {
	case "tag":
		f.Tags = append(f.Tags, row.value)
	case "variable":
		f.Variables = append(f.Variables, Variable{row.name, row.value, NameSource(row.source)})
	case "subject":
		f.Subject = row.name
	case "bot":
		f.BotState = row.name
	case "before":
		f.Before = append(f.Before, chat.VisitorID(row.name))
	case "after":
		f.After = append(f.After, chat.VisitorID(row.name))
	case "blocked":
		f.AddressBlocked = true
	}
}
