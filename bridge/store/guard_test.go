package store

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/mattn/go-sqlite3"
)

// A disk that is full in the middle of a transaction has SQLite roll it all back, and what
// comes after that would be kept by itself: an event was settled whose entry was lost.
func TestInvariant04NothingIsKeptOfWhatSQLiteRolledBack(t *testing.T) {
	db, err := openGuarded("file:" + filepath.Join(t.TempDir(), "a.db") + "?" + sqliteOptions)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, statement := range []string{`CREATE TABLE entry (words BLOB)`, `CREATE TABLE settled (n INTEGER)`, `INSERT INTO settled VALUES (0)`} {
		if _, err := db.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	write := func(pages string, size int) error {
		return db.DoTxn(t.Context(), nil, func(ctx context.Context) error {
			if _, err := db.Exec(ctx, `PRAGMA max_page_count = `+pages); err != nil {
				return err
			}
			_, appended := db.Exec(ctx, `INSERT INTO entry VALUES (zeroblob($1))`, size)
			_, settled := db.Exec(ctx, `UPDATE settled SET n = n + 1`)
			return errors.Join(appended, settled)
		})
	}
	count := func() (entries, settled int) {
		if err := db.QueryRow(t.Context(), `SELECT (SELECT COUNT(*) FROM entry), n FROM settled`).Scan(&entries, &settled); err != nil {
			t.Fatal(err)
		}
		return entries, settled
	}

	err = write("20", 1<<20)
	full, _ := errors.AsType[sqlite3.Error](err)
	if full.Code != sqlite3.ErrFull || !errors.Is(err, errRolledBack) {
		t.Errorf("a write for which there is no room: %v", err)
	}
	if entries, settled := count(); entries != 0 || settled != 0 {
		t.Fatalf("%d entries, and %d settled, by a transaction that failed", entries, settled)
	}
	if err := write("100000", 1<<20); err != nil {
		t.Fatalf("a write after it, with room: %v", err)
	}
	if entries, settled := count(); entries != 1 || settled != 1 {
		t.Fatalf("%d entries, and %d settled, by one that did not", entries, settled)
	}
}
