package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// frozen makes a database of a textual dump, as an older program left it.
func frozen(t *testing.T, dump string) (path string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", dump))
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "anteroom.db")
	run(t, path, string(text))
	return path
}

func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func run(t *testing.T, path, statements string) {
	t.Helper()
	db := raw(t, path)
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
}

// contents returns the rows of every table, by the columns that it is asked for;
// nil asks for all tables with all of their columns.
func contents(t *testing.T, path string, columns map[string]string) (rows map[string][]string, found map[string]string) {
	t.Helper()
	db := raw(t, path)
	defer func() { _ = db.Close() }()
	if columns == nil {
		columns = map[string]string{}
		for _, line := range query(t, db, `SELECT m.name || ':' || group_concat(c.name) FROM sqlite_master m, pragma_table_info(m.name) c
			WHERE m.type = 'table' GROUP BY m.name`) {
			table, names, _ := strings.Cut(line, ":")
			columns[table] = names
		}
	}
	rows = map[string][]string{}
	for table, names := range columns {
		all := "quote(" + strings.ReplaceAll(names, ",", ")||','||quote(") + ")"
		rows[table] = query(t, db, fmt.Sprintf(`SELECT %s FROM %s ORDER BY 1`, all, table))
	}
	return rows, columns
}

func query(t *testing.T, db *sql.DB, text string) (lines []string) {
	t.Helper()
	rows, err := db.QueryContext(context.WithoutCancel(t.Context()), text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestUpgradeFromTheFirstVersionKeepsEveryRow(t *testing.T) {
	path := frozen(t, "v1.sql")
	before, columns := contents(t, path, nil)
	if len(before) < 15 {
		t.Fatalf("the frozen database has %d tables only: %v", len(before), columns)
	}
	for table, rows := range before {
		if len(rows) == 0 {
			t.Errorf("the frozen database has no row in %s, so that nothing is tested there", table)
		}
	}
	_ = open(t, path).Close()
	after, _ := contents(t, path, columns)
	for table, rows := range before {
		if table != "version" && !slices.Equal(after[table], rows) {
			t.Errorf("%s was\n%s\nand is\n%s", table, strings.Join(rows, "\n"), strings.Join(after[table], "\n"))
		}
	}
	if slices.Equal(after["version"], before["version"]) {
		t.Errorf("the version is still %s", after["version"])
	}
}

// What the first version stored means the same to this one.
func TestUpgradedDatabaseIsUnderstood(t *testing.T) {
	s := open(t, frozen(t, "v1.sql"))
	anna, err := s.EnterVisitor(t.Context(), "shop", "hash-of-anna", store.Device{Language: "ru"}, time.Now())
	if err != nil || anna.ID != "6ogx6bbgxfryhno4" {
		t.Fatalf("the visitor came back as %q (%v)", anna.ID, err)
	}
	entries, err := s.EntriesAfter(t.Context(), anna.ID, 0, 10)
	if err != nil || len(entries) != 4 || entries[0].Content.Text != "Здравствуйте!\nЕсть зелёный чай?" {
		t.Fatalf("the journal holds %+v (%v)", entries, err)
	}
	if unsent, err := s.Unsent(t.Context(), anna.ID, 10); err != nil || len(unsent) != 1 || unsent[0].Seq != 2 {
		t.Errorf("unsent: %+v (%v)", unsent, err)
	}
	if e, fresh, err := s.Append(t.Context(), draft(anna.ID, "next", "ещё")); err != nil || !fresh || e.Seq != 5 {
		t.Errorf("the next entry has number %d, fresh %t (%v)", e.Seq, fresh, err)
	}
	if arrivals, err := s.NewArrivals(t.Context(), 0, 10); err != nil || len(arrivals) != 1 || arrivals[0].Position != 2 {
		t.Errorf("unconverted: %+v (%v)", arrivals, err)
	}
	if fresh, err := s.QueueDelivery(t.Context(), alert("first"), time.Now()); err != nil || !fresh {
		t.Errorf("nothing can be queued: fresh %t (%v)", fresh, err)
	}
}

func TestDatabaseOfANewerProgramIsRefused(t *testing.T) {
	path := frozen(t, "v1.sql")
	_ = open(t, path).Close()
	run(t, path, `UPDATE version SET version = 4711, compat = 4711`)
	before, columns := contents(t, path, nil)
	s, err := store.Open(t.Context(), store.Options{Type: "sqlite3", URI: path})
	if err == nil {
		_ = s.Close()
	}
	if !errors.Is(err, store.ErrNewer) {
		t.Fatalf("got %v", err)
	}
	for _, word := range []string{"newer version", "4711", "backup"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
	after, _ := contents(t, path, columns)
	for table := range before {
		if !slices.Equal(after[table], before[table]) {
			t.Errorf("%s was changed all the same", table)
		}
	}
}

func alert(origin string) store.Delivery {
	return store.Delivery{Site: chat.SiteID("shop"), Kind: store.Mail, Target: "maria@example.org", Origin: origin, Payload: `{"subject":"A new chat"}`}
}
