package store

import (
	"context"
	"fmt"
	"strings"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Order is how contacts are sorted.
type Order string

// The orders. In each, contacts of the same place are sorted by their numbers, and
// nothing but a change of the contact itself moves it.
const (
	// ByNewest begins with who wrote first last. Contacts keep their places for ever.
	ByNewest Order = "newest"
	// ByWait begins with who waits longest for an answer, which who is shut out does
	// not; behind them come the other open dialogs, then the rest, in either the last
	// spoken in first.
	ByWait Order = "waiting"
	// ByActivity begins with the dialog in which something was said last.
	ByActivity Order = "activity"
	// ByName follows the alphabet of Unicode, without case and accents.
	ByName Order = "name"
)

// ContactsQuery says which contacts are wanted; a zero field asks for nothing.
type ContactsQuery struct {
	Site  chat.SiteID
	Order Order
	// After is the last contact of the part before; nil for the first part.
	After *Place
	// Status is the wanted one; empty for any.
	Status Status
	// Assignee is who has the dialog; Unassigned asks for those that nobody has.
	Assignee   id.UserID
	Unassigned bool
	// Unanswered asks for open dialogs in which a message waits for an answer, of who is
	// not shut out, Online for visitors who are here.
	Unanswered, Online bool
	// Tag is a folded tag. Words are folded beginnings of words (fold.Term), all of
	// which must be known of the visitor.
	Tag   string
	Words []string
	// Nobody is of a search that asks for what nobody can have.
	Nobody bool
	Limit  int
}

// Place is where a contact stands in an order: behind all of a lower key, and of the
// same key and a lower number (higher ones in orders that fall).
type Place struct {
	Number int64
	// Key is a number, of ByWait and ByActivity; Name a text, of ByName. ByNewest
	// has neither.
	Key  int64
	Name string
}

// What of the key of ByWait is below notOpen is open, and what is below answered waits.
const (
	answered = 10_000_000_000_000 // the year 2286
	notOpen  = 30_000_000_000_000
)

// waitKey is the expression of the index dialog_by_wait.
const waitKey = `CASE WHEN d.status = 'open' AND d.waiting_since > 0 AND NOT d.blocked THEN d.waiting_since
	WHEN d.status = 'open' THEN 20000000000000 - d.said_at ELSE 40000000000000 - d.said_at END`

// key is what an order sorts by before the number; empty for nothing.
func (o Order) key() string {
	switch o {
	case ByWait:
		return waitKey
	case ByActivity:
		return `d.said_at`
	case ByName:
		return `d.sort_name`
	case ByNewest:
		return ``
	default:
		return ``
	}
}

// falls reports whether the highest comes first.
func (o Order) falls() bool { return o == ByNewest || o == ByActivity }

// How a filter is answered. Up to few contacts of it are looked up and sorted; of one
// with more the order's index is walked until a part of the list is full, which among
// 100,000 contacts is soon. Between handful and few, the first of the open dialogs are
// walked before, which often suffices. Of several filters that all have more, the order's
// first few contacts are walked, and if these do not fill the part, those whom all of
// the filters name are looked up: nobody may meet two conditions that many meet.
const (
	handful   = 200
	few       = 2000
	firstOpen = 500
)

// Find returns a part of a list of visitors who wrote, in order.
func (s *Store) Find(ctx context.Context, c ContactsQuery) ([]Found, error) {
	filters, none := c.filters()
	if none {
		return nil, nil
	}
	ways, err := s.ways(ctx, c, filters)
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, from := range ways {
		if found, err = s.findFrom(ctx, c, filters, from); err != nil || len(found) == c.Limit {
			return found, err
		}
	}
	return found, nil
}

// ways are where statements begin that are tried until one fills the part; the last
// one finds all that there is. None when nobody meets a filter.
func (s *Store) ways(ctx context.Context, c ContactsQuery, filters []filter) ([]int, error) {
	rarest, n, err := s.rarest(ctx, filters)
	switch {
	case err != nil || n == 0:
		return nil, err
	case rarest >= 0 && n > handful && (c.Unanswered || c.Status == StatusOpen):
		return []int{onlyFirst, rarest}, nil
	case rarest == walk && len(filters) > 1:
		if short, err := s.short(ctx, c); err != nil || short {
			return []int{walk}, err
		}
		return []int{onlyFew, inAll}, nil
	default:
		return []int{rarest}, nil
	}
}

// short reports whether the order has few contacts between its bounds.
func (s *Store) short(ctx context.Context, c ContactsQuery) (bool, error) {
	q, text := &query{}, &strings.Builder{}
	c.bounds(text, q)
	n, err := scanOne[int](s.db.QueryRow(ctx, `SELECT count(*) FROM (SELECT 1 FROM dialog d WHERE d.site = `+q.arg(c.Site)+` AND d.number <> 0`+
		text.String()+fmt.Sprintf(` LIMIT %d) AS these`, few+1), q.args...))
	return n <= few, err
}

// findFrom reads the rows of those whom a statement places.
func (s *Store) findFrom(ctx context.Context, c ContactsQuery, filters []filter, from int) ([]Found, error) {
	places, args := c.statement(filters, from)
	rows, err := s.db.Query(ctx, c.rows(places), args...)
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (Found, error) {
		var at Place
		key := any(&at.Key)
		if c.Order == ByName {
			key = &at.Name
		}
		f, err := scanFound(scanTail{row, []any{key}})
		at.Number = f.Visitor.Number
		f.Place = at
		return f, err
	}, err).AsList()
}

// rows asks for the rows of those whom a statement places. The few are sorted once more,
// because a join promises no order.
func (c ContactsQuery) rows(places string) string {
	down := ``
	if c.Order.falls() {
		down = ` DESC`
	}
	return `SELECT ` + visitorColumns + `, ` + dialogColumns + `, placed.place FROM (` + places + `) AS placed CROSS JOIN dialog d CROSS JOIN visitor v
		WHERE d.visitor_id = placed.visitor_id AND v.id = placed.visitor_id ORDER BY placed.place` + down + `, placed.number` + down
}

// Where a statement begins, if not with a filter: it walks along the order's index,
// all of it or its first dialogs alone, or looks up the visitors of all filters.
const (
	walk      = -1
	onlyFirst = -2
	onlyFew   = -3
	inAll     = -4
)

// depth is how many of an order's first dialogs a statement walks; 0 for all.
func depth(from int) int {
	switch from {
	case onlyFirst:
		return firstOpen
	case onlyFew:
		return few
	default:
		return 0
	}
}

// start asks for the visitors that a statement begins with; empty when it walks.
func start(filters []filter, from int, q *query) string {
	switch {
	case from >= 0:
		return `SELECT DISTINCT visitor_id FROM (` + filters[from].ids(q) + `) AS all_of_them`
	case from == inAll:
		all := make([]string, len(filters))
		for i, f := range filters {
			all[i] = f.ids(q)
		}
		return strings.Join(all, ` INTERSECT `)
	default:
		return ``
	}
}

// rarest returns the filter with the fewest visitors, and how many, if these are few;
// else walk and a number above few.
func (s *Store) rarest(ctx context.Context, filters []filter) (from, fewest int, err error) {
	from, fewest = walk, few+1
	for i, f := range filters {
		q := &query{}
		// Without a column of theirs: the index alone is read.
		text := fmt.Sprintf(`SELECT count(*) FROM (SELECT 1 FROM %s LIMIT %d) AS these`, f.from(q), fewest)
		n, err := scanOne[int](s.db.QueryRow(ctx, text, q.args...))
		if err != nil {
			return walk, 0, err
		}
		if n < fewest {
			from, fewest = i, n
		}
		if n == 0 {
			break
		}
	}
	return from, fewest, nil
}

// statement asks for the places, beginning with the visitors of one filter, or along the order.
func (c ContactsQuery) statement(filters []filter, from int) (string, []any) {
	q := &query{}
	text := &strings.Builder{}
	columns, order, sorted := `d.visitor_id, d.number, 0 AS place`, `d.number`, `d.number`
	if key := c.Order.key(); key != "" {
		columns, order, sorted = `d.visitor_id, d.number, `+key+` AS place`, key+`, d.number`, `d.place, d.number`
	}
	if c.Order.falls() {
		order, sorted = strings.ReplaceAll(order, `,`, ` DESC,`)+` DESC`, strings.ReplaceAll(sorted, `,`, ` DESC,`)+` DESC`
	}
	text.WriteString(`SELECT ` + columns)
	first := depth(from)
	if first > 0 {
		text.WriteString(`, d.assignee, d.waiting_since, d.blocked`)
	}
	text.WriteString(` FROM `)
	these := start(filters, from, q)
	if these != "" {
		text.WriteString(`(` + these + `) AS these CROSS JOIN `)
	}
	text.WriteString(`dialog d WHERE d.site = ` + q.arg(c.Site) + ` AND d.number <> 0`)
	if these != "" {
		text.WriteString(` AND d.visitor_id = these.visitor_id`)
	}
	c.bounds(text, q)
	if first > 0 {
		// What is sorted again are these first ones.
		text.WriteString(` ORDER BY ` + order + fmt.Sprintf(` LIMIT %d`, first))
		inner := text.String()
		text.Reset()
		text.WriteString(`SELECT d.visitor_id, d.number, d.place FROM (` + inner + `) AS d WHERE true`)
		order = sorted
	}
	for i, f := range filters {
		if i != from && from != inAll {
			text.WriteString(` AND ` + f.has(q))
		}
	}
	text.WriteString(` ORDER BY ` + order + ` LIMIT ` + q.arg(c.Limit))
	return text.String(), q.args
}

// bounds says between which places of the order's index the wanted ones stand.
func (c ContactsQuery) bounds(text *strings.Builder, q *query) {
	waits := c.Order == ByWait
	switch {
	case c.Unanswered && waits:
		fmt.Fprintf(text, ` AND %s < %d`, waitKey, answered)
	case c.Status == StatusOpen && waits:
		fmt.Fprintf(text, ` AND %s < %d`, waitKey, notOpen)
	case c.Status == StatusClosed && waits:
		fmt.Fprintf(text, ` AND %s > %d AND d.status = 'closed'`, waitKey, notOpen)
	case c.Unanswered:
		text.WriteString(` AND d.status = 'open'`)
	case c.Status != "":
		text.WriteString(` AND d.status = ` + q.arg(c.Status))
	}
	if c.Unanswered && c.Status == StatusClosed {
		text.WriteString(` AND d.status = 'closed'`) // which is true of none
	}
	if c.After != nil {
		c.behind(text, q)
	}
}

// behind says that the wanted ones stand behind the last one of the part before.
func (c ContactsQuery) behind(text *strings.Builder, q *query) {
	than := ` > `
	if c.Order.falls() {
		than = ` < `
	}
	switch c.Order {
	case ByWait: // SQLite does not know the index's expression within a row
		key, number := q.arg(c.After.Key), q.arg(c.After.Number)
		text.WriteString(` AND ` + waitKey + ` >= ` + key + ` AND (` + waitKey + ` > ` + key + ` OR d.number > ` + number + `)`)
	case ByActivity:
		text.WriteString(` AND (` + c.Order.key() + `, d.number)` + than + `(` + q.arg(c.After.Key) + `, ` + q.arg(c.After.Number) + `)`)
	case ByName:
		text.WriteString(` AND (d.sort_name, d.number) > (` + q.arg(c.After.Name) + `, ` + q.arg(c.After.Number) + `)`)
	case ByNewest:
		text.WriteString(` AND d.number` + than + q.arg(c.After.Number))
	}
}

// ContactCounts are how many contacts of a site there are. Mine and Unanswered are of
// the open ones.
type ContactCounts struct{ Open, Closed, Mine, Unanswered, Online int }

// CountContacts counts a site's contacts, for an operator or, with none, for nobody.
func (s *Store) CountContacts(ctx context.Context, site chat.SiteID, operator id.UserID) (c ContactCounts, err error) {
	const of = `(SELECT count(*) FROM dialog d WHERE d.site = $1 AND d.number <> 0 AND `
	err = s.db.QueryRow(ctx, `SELECT `+of+`d.status = 'open'), `+of+`d.status = 'closed'),
		`+of+`d.assignee = $2 AND d.status = 'open' AND $2 <> ''),
		`+of+fmt.Sprintf(`%s < %d), `, waitKey, answered)+
		`(SELECT count(*) FROM presence p CROSS JOIN dialog d WHERE d.visitor_id = p.visitor_id AND d.site = $1 AND d.number <> 0)`, site, operator).
		Scan(&c.Open, &c.Closed, &c.Mine, &c.Unanswered, &c.Online)
	return c, err
}
