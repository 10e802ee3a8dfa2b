package store

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// orders are all.
func orders() []Order { return []Order{ByNewest, ByWait, ByActivity, ByName} }

// plan is how SQLite goes about a query, a line for each table that it reads.
func plan(t *testing.T, s *Store, statement string, args []any) (lines []string) {
	t.Helper()
	rows, err := s.db.Query(t.Context(), `EXPLAIN QUERY PLAN `+statement, args...)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// Whatever is asked for, an index answers: the order's own is walked, without sorting,
// or the few visitors of a filter are looked up, and only these are sorted.
func TestTheInboxReadsNoTableThrough(t *testing.T) {
	s, err := Open(t.Context(), Options{Type: "sqlite3", URI: filepath.Join(t.TempDir(), "anteroom.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	index := map[string]string{
		"newest": "dialog_by_number", "newest open": "dialog_by_status_number", "waiting": "dialog_by_wait", "waiting open": "dialog_by_wait",
		"activity": "dialog_by_activity", "activity open": "dialog_by_status_activity", "name": "dialog_by_name", "name open": "dialog_by_status_name",
	}
	for _, order := range orders() {
		for _, status := range []Status{"", StatusOpen, StatusClosed} {
			for _, after := range []*Place{nil, {Number: 7, Key: 1, Name: "anna"}} {
				for name, q := range map[string]ContactsQuery{
					"all": {}, "mine": {Assignee: "@ann:example.org"}, "nobody's": {Unassigned: true}, "unanswered": {Unanswered: true}, "online": {Online: true},
					"tag": {Tag: "vip"}, "words": {Words: []string{"anna", "smith"}},
					"together": {Assignee: "@ann:example.org", Unanswered: true, Online: true, Tag: "vip", Words: []string{"anna"}},
				} {
					q.Site, q.Order, q.Status, q.After, q.Limit = "shop", order, status, after, 51
					filters, _ := q.filters()
					for from := inAll; from < len(filters); from++ {
						if from == onlyFirst || from == onlyFew || from == inAll && len(filters) == 0 {
							continue // these sort what they have walked
						}
						statement, args := q.statement(filters, from)
						about := fmt.Sprintf("%s by %s of status %q, behind %v, from filter %d", name, order, status, after, from)
						lines := plan(t, s, statement, args)
						walked := string(order)
						if status != "" || q.Unanswered {
							walked += " open"
						}
						checkPlan(t, about, lines, from == walk, index[walked])
						rows := strings.Join(plan(t, s, q.rows(statement), args), "\n")
						if !strings.Contains(rows, "SEARCH d USING INDEX sqlite_autoindex_dialog_1 (visitor_id=?)\nSEARCH v USING INDEX sqlite_autoindex_visitor_1 (id=?)") {
							t.Errorf("the rows of %s are read by\n%s", about, rows)
						}
						if place := regexp.MustCompile(`(number|<expr>|\)|said_at)[<>]`); from == walk && after != nil && !place.MatchString(lines[0]) {
							t.Errorf("%s begins at the first contact: %s", about, lines[0])
						}
					}
					for i, f := range filters {
						q := &query{}
						for _, line := range plan(t, s, f.ids(q), q.args) {
							if !strings.HasPrefix(line, "SEARCH") && !strings.HasPrefix(line, "SCAN p ") && line != "SCAN p" {
								t.Errorf("%s: filter %d: %s", name, i, line)
							}
						}
					}
				}
			}
		}
	}
}

// Where two conditions meet that many meet each, the order is not walked to its end,
// which takes seconds when nobody meets both.
func TestUsualWordsAreLookedUpTogether(t *testing.T) {
	s, err := Open(t.Context(), Options{Type: "sqlite3", URI: filepath.Join(t.TempDir(), "anteroom.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, statement := range []string{
		`INSERT INTO visitor (id, site, created_at, seen_at, language, time_zone, user_agent, page_url, number)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT 'v' || i, 'shop', 1, 1, '', '', '', '', i FROM n`,
		`INSERT INTO dialog (visitor_id, site, number, status) SELECT id, site, number, CASE WHEN number % 500 = 0 THEN 'open' ELSE 'closed' END FROM visitor`,
		`INSERT INTO word (visitor_id, word, site) SELECT id, CASE WHEN number % 2 = 0 THEN 'even' ELSE 'odd' END, site FROM visitor`,
		`INSERT INTO word (visitor_id, word, site) SELECT id, 'rare', site FROM visitor WHERE number % 100 = 0`,
	} {
		if _, err := s.db.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	for _, order := range orders() {
		for words, want := range map[string]struct {
			open, any []int
			found     int
		}{
			"even":      {[]int{walk}, []int{walk}, 2500},
			"even odd":  {[]int{walk}, []int{onlyFew, inAll}, 0},
			"even e":    {[]int{walk}, []int{onlyFew, inAll}, 2500},
			"even rare": {[]int{1}, []int{1}, 50},
			"odd rare":  {[]int{1}, []int{1}, 0},
			"even none": {nil, nil, 0},
		} {
			q := ContactsQuery{Site: "shop", Order: order, Words: strings.Fields(words), Limit: 3000}
			for status, way := range map[Status][]int{"": want.any, StatusOpen: want.open} {
				q.Status = status
				filters, _ := q.filters()
				if got, err := s.ways(t.Context(), q, filters); err != nil || !slices.Equal(got, way) {
					t.Errorf("%q by %s of status %q goes %v (%v), want %v", words, order, status, got, err, way)
				}
			}
			q.Status = ""
			found, err := s.Find(t.Context(), q)
			distinct := map[int64]bool{}
			for _, f := range found {
				distinct[f.Place.Number] = true
			}
			if err != nil || len(found) != want.found || len(distinct) != want.found {
				t.Errorf("%q by %s lists %d contacts, %d different ones (%v), want %d", words, order, len(found), len(distinct), err, want.found)
			}
		}
	}
}

// What is unread is counted from the newest entry that operators have seen, not from the first.
func TestUnreadIsCountedFromItsPlace(t *testing.T) {
	s, err := Open(t.Context(), Options{Type: "sqlite3", URI: filepath.Join(t.TempDir(), "anteroom.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	lines := strings.Join(plan(t, s, unreadCounted, []any{"v"}), "\n")
	if !strings.Contains(lines, "(visitor_id=? AND seq>?)") {
		t.Errorf("it is counted by\n%s", lines)
	}
}

func checkPlan(t *testing.T, about string, lines []string, walks bool, index string) {
	t.Helper()
	all := strings.Join(lines, "\n")
	for _, line := range lines {
		table, _, _ := strings.Cut(strings.TrimPrefix(line, "SCAN "), " ")
		// Of presence there are as many rows as visitors who are here; a filter is read only if it is of few.
		if strings.HasPrefix(line, "SCAN ") && (walks || table != "p" && table != "these") {
			t.Errorf("%s reads all of %s:\n%s", about, table, all)
		}
		if walks && strings.Contains(line, "TEMP B-TREE") {
			t.Errorf("%s sorts:\n%s", about, all)
		}
	}
	if walks && !strings.Contains(all, "USING INDEX "+index+" (") && !strings.Contains(all, "USING COVERING INDEX "+index+" (") {
		t.Errorf("%s does not walk %s:\n%s", about, index, all)
	}
}
