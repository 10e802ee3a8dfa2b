package admin

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"slices"
	"testing"
)

// A database of another version is not read, and the doctor says which way to go.
func TestDoctorTellsADatabaseOfAnotherVersion(t *testing.T) {
	configPath, database, s := installed(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for code, version := range map[string]int{"database.older": 1, "database.newer": 9999} {
		if _, err := db.ExecContext(t.Context(), "UPDATE version SET version = $1, compat = $1", version); err != nil {
			t.Fatal(err)
		}
		var output bytes.Buffer
		_ = Doctor(t.Context(), DoctorOptions{Config: configPath, Look: Look{JSON: true}}, &output)
		var told struct {
			Findings []struct{ Verdict, Code string }
		}
		if err := json.Unmarshal(output.Bytes(), &told); err != nil || !slices.Contains(told.Findings, struct{ Verdict, Code string }{"bad", code}) {
			t.Errorf("version %d (%v): %s", version, err, output.String())
		}
	}
}
