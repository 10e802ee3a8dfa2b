package matrix

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3"
	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Everybody waits while the database is written anew: for a visitor who asked to be erased
// that is done at once, for dialogs that were kept for long enough once a day.
func TestErasuresByAgeAreCompactedOnceADay(t *testing.T) {
	s := openStore(t)
	m := &Matrix{store: s, log: zerolog.Nop()}
	compacted := func(by id.UserID) string {
		t.Helper()
		if err := s.SetMeta(t.Context(), "to_compact", "1"); err != nil { // a run takes it away
			t.Fatal(err)
		}
		e := &erasing{Matrix: m, Erasure: store.Erasure{Visitor: chat.NewVisitorID(), Site: "shop", By: by}}
		if err := e.compact(t.Context()); err != nil {
			t.Fatal(err)
		}
		left, err := s.Meta(t.Context(), "to_compact")
		if err != nil {
			t.Fatal(err)
		}
		return left
	}
	for i, c := range []struct {
		by   id.UserID
		want string
	}{{"", ""}, {"", "1"}, {"@anna:localhost", ""}, {"", "1"}} {
		if left := compacted(c.by); left != c.want {
			t.Errorf("erasure %d, asked for by %q: left to be compacted is %q, want %q", i+1, c.by, left, c.want)
		}
	}
}

// A database that cannot be written anew, as on a full disk, keeps no erasure from its end,
// and the next one does not try it again at once.
func TestAnErasureEndsWhereNothingCanBeCompacted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "anteroom.db")
	if err := openStoreAt(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	breakVacuum(t, path)
	s := openStoreAt(t, path)
	var logged bytes.Buffer
	m := &Matrix{store: s, log: zerolog.New(&logged)}
	for _, by := range []id.UserID{"@anna:localhost", "", "@anna:localhost"} {
		e := &erasing{Matrix: m, Erasure: store.Erasure{Visitor: chat.NewVisitorID(), Site: "shop", By: by}}
		if err := e.compact(t.Context()); err != nil {
			t.Errorf("asked for by %q: %v", by, err)
		}
	}
	if n := strings.Count(logged.String(), "cannot be written anew"); n != 1 {
		t.Errorf("it was tried %d times:\n%s", n, &logged)
	}
	if left, err := s.Meta(t.Context(), "to_compact"); err != nil || left != "2" {
		t.Errorf("left to be compacted is %q (%v), by what was asked for", left, err)
	}
}

// breakVacuum adds a table to a closed database that cannot be read.
func breakVacuum(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	var page, size int64
	_, err = db.ExecContext(t.Context(), `CREATE TABLE broken AS SELECT randomblob(100) AS b`)
	if err == nil {
		err = db.QueryRowContext(t.Context(), `SELECT rootpage, page_size FROM sqlite_schema, pragma_page_size WHERE name = 'broken'`).Scan(&page, &size)
	}
	if err == nil {
		_, err = db.ExecContext(t.Context(), `PRAGMA wal_checkpoint(TRUNCATE)`)
	}
	if err != nil || db.Close() != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY, 0) // #nosec G304 -- of the test
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt(bytes.Repeat([]byte{0xff}, 100), (page-1)*size); err != nil || file.Close() != nil {
		t.Fatal(err)
	}
}
