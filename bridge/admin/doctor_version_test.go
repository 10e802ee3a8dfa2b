package admin

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// A database of another version is not read, and the doctor says which way to go.
func TestDoctorTellsADatabaseOfAnotherVersion(t *testing.T) {
	configPath := writeConfig(t, fmt.Sprintf("http://127.0.0.1:%d", dendritetest.Port(t)), dendritetest.Port(t), dendritetest.Port(t))
	register(t, configPath)
	cfg, err := config.Load(configPath)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{Type: string(cfg.Database.Type), URI: cfg.Database.URI, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", cfg.Database.URI)
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
