package store

import "fmt"

// filter is a condition that an index answers by itself.
type filter struct {
	// table is the name by which from calls the rows of its visitors.
	table string
	// from is where the visitors are, has is true of the dialog d of one of them.
	from, has func(q *query) string
}

// ids asks for the visitors.
func (f filter) ids(q *query) string {
	return `SELECT ` + f.table + `.visitor_id FROM ` + f.from(q)
}

// filters are those conditions that have an index of their own; none is true when
// nobody can meet them.
func (c ContactsQuery) filters() (all []filter, none bool) {
	for _, word := range c.Words {
		all = append(all, c.word(word))
	}
	if c.Tag != "" {
		all = append(all, filter{
			table: `t`,
			from: func(q *query) string {
				return `tag t WHERE t.site = ` + q.arg(c.Site) + ` AND t.folded = ` + q.arg(c.Tag)
			},
			has: func(q *query) string {
				return `EXISTS (SELECT 1 FROM tag t WHERE t.visitor_id = d.visitor_id AND t.folded = ` + q.arg(c.Tag) + `)`
			},
		})
	}
	if c.Online {
		all = append(all, filter{
			table: `p`,
			from:  func(*query) string { return `presence p` },
			has:   func(*query) string { return `EXISTS (SELECT 1 FROM presence p WHERE p.visitor_id = d.visitor_id)` },
		})
	}
	if c.Assignee != "" || c.Unassigned {
		all = append(all, c.assignee())
	}
	if c.Unanswered && c.Order != ByWait {
		all = append(all, filter{
			table: `d`,
			from: func(q *query) string {
				return `dialog d WHERE d.site = ` + q.arg(c.Site) + ` AND d.number <> 0 AND ` +
					fmt.Sprintf(`%s < %d`, waitKey, answered)
			},
			has: func(*query) string { return `d.waiting_since > 0 AND NOT d.blocked` },
		})
	}
	return all, c.Nobody || c.Unassigned && c.Assignee != ""
}

// assignee is the filter of who has the dialog. Its condition is an expression, so
// that a planner does not take its index for an order's walk.
func (c ContactsQuery) assignee() filter {
	return filter{
		table: `d`,
		from: func(q *query) string {
			text := `dialog d WHERE d.site = ` + q.arg(c.Site) + ` AND d.number <> 0 AND d.assignee = ` + q.arg(c.Assignee)
			if c.Status != "" {
				text += ` AND d.status = ` + q.arg(c.Status)
			}
			return text
		},
		has: func(q *query) string { return `d.assignee || '' = ` + q.arg(c.Assignee) },
	}
}

// word is the filter of the beginning of a word.
func (c ContactsQuery) word(word string) filter {
	within := func(q *query) string {
		text := `w.word >= ` + q.arg(word)
		if after, ok := afterAll(word); ok {
			text += ` AND w.word < ` + q.arg(after)
		}
		return text
	}
	return filter{
		table: `w`,
		from: func(q *query) string {
			return `word w WHERE w.site = ` + q.arg(c.Site) + ` AND ` + within(q)
		},
		has: func(q *query) string {
			return `EXISTS (SELECT 1 FROM word w WHERE w.visitor_id = d.visitor_id AND ` + within(q) + `)`
		},
	}
}

// afterAll is the least text behind all that begin with another; none behind the last character.
func afterAll(beginning string) (string, bool) {
	runes := []rune(beginning)
	for len(runes) > 0 {
		last := len(runes) - 1
		if next := runes[last] + 1; next <= '\U0010FFFF' {
			if next == '\uD7FF'+1 { // surrogates are no characters
				next = '\uE000'
			}
			runes[last] = next
			return string(runes), true
		}
		runes = runes[:last]
	}
	return "", false
}
