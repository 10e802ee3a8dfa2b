package store

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/rs/zerolog"
)

// A write's own error spoils the commit that it shares with others, and is no fault of the
// disk: an alert follows this count.
func TestFailedCommitsAreThoseOfTheDisk(t *testing.T) {
	s, err := Open(t.Context(), Options{Type: "sqlite3", URI: filepath.Join(t.TempDir(), "anteroom.db"), Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	failed := func() float64 {
		var told dto.Metric
		if err := s.writer.metrics.failed.Write(&told); err != nil {
			t.Fatal(err)
		}
		return told.GetCounter().GetValue()
	}
	own := errors.New("this write's own")
	if err := s.Write(t.Context(), func(context.Context) error { return own }); !errors.Is(err, own) {
		t.Errorf("Write returns %v", err)
	}
	if n := failed(); n != 0 {
		t.Errorf("a write's own error is counted %v times", n)
	}
	if err := s.exec(t.Context(), "PRAGMA max_page_count = 1"); err != nil { // no more than there are
		t.Fatal(err)
	}
	if err := s.SetMeta(t.Context(), "large", strings.Repeat("x", 1<<20)); !isStorage(err) {
		t.Errorf("on a full disk SetMeta returns %v", err)
	}
	if n := failed(); n != 1 {
		t.Errorf("a full disk is counted %v times", n)
	}
}
