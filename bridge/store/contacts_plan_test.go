package store

import (
	"fmt"
	"path/filepath"
	"regexp"
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
					for from := -1; from < len(filters); from++ {
						statement, args := q.statement(filters, from)
						about := fmt.Sprintf("%s by %s of status %q, behind %v, from filter %d", name, order, status, after, from)
						lines := plan(t, s, statement, args)
						walked := string(order)
						if status != "" || q.Unanswered {
							walked += " open"
						}
						checkPlan(t, about, lines, from < 0, index[walked])
						if place := regexp.MustCompile(`(number|<expr>|\)|said_at)[<>]`); from < 0 && after != nil && !place.MatchString(lines[0]) {
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
