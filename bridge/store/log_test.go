package store

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// dbutil logs a slow query with its arguments at the level trace; these hold
// what visitors write, and the key of signed links.
func TestNoLogHoldsAQuerysArguments(t *testing.T) {
	var logged bytes.Buffer
	s, err := Open(t.Context(), Options{
		Type: "sqlite3", URI: filepath.Join(t.TempDir(), "anteroom.db"), Log: zerolog.New(&logged).Level(zerolog.TraceLevel),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	s.db.Log.QueryTiming(t.Context(), "Exec", "INSERT INTO entry", []any{"I have a secret"}, -1, 2*time.Second, nil)
	if got := logged.String(); !strings.Contains(got, "Query took long") || strings.Contains(got, "secret") {
		t.Errorf("logged: %s", got)
	}
}
