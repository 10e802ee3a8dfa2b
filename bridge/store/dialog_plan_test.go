package store

import (
	"path/filepath"
	"strings"
	"testing"
)

// What is asked every few seconds finds few dialogs among many by an index.
func TestNothingRepeatedReadsAllVisitors(t *testing.T) {
	s, err := Open(t.Context(), Options{Type: "sqlite3", URI: filepath.Join(t.TempDir(), "anteroom.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for index, asked := range map[string]struct {
		statement string
		args      []any
	}{
		"dialog_waiting": {takeUnanswered, []any{"shop", 1, 20}},
		"dialog_open":    {openDialogs, []any{"shop"}},
		"dialog_open ":   {silentDialogs, []any{"shop", 1, 20}},
		"dialog_closed":  {closedSince, []any{"shop", 1, 20}},

		"dialog_by_status_activity": {silentSince, []any{"shop", 1, 20}},
		"dialog_open  ":             {openNow, []any{"shop"}},
	} {
		lines := strings.Join(plan(t, s, asked.statement, asked.args), "\n")
		if !strings.Contains(lines, "USING INDEX "+strings.TrimSpace(index)) || strings.Contains(lines, "visitor_site") {
			t.Errorf("%s\nis answered by\n%s", asked.statement, lines)
		}
	}
}

// Of a desk that was read through before, the writer looks at what is newer alone.
func TestANoticeIsLookedForAmongNewerOnes(t *testing.T) {
	s, err := Open(t.Context(), Options{Type: "sqlite3", URI: filepath.Join(t.TempDir(), "anteroom.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if lines := strings.Join(plan(t, s, noticesNaming, []any{"desk", "%visitor%", 1}), "\n"); !strings.Contains(lines, "(visitor_id=? AND seq>?)") {
		t.Errorf("notices are found by\n%s", lines)
	}
}
