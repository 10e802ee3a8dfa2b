package store_test

import (
	"path/filepath"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/store"
)

func TestOldCountsAreSwept(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	for _, day := range []string{"2025-11-25", "2025-11-26"} {
		if err := s.CountStep(t.Context(), "shop", day, store.StepCount{Chain: "tea", Step: "1", Entered: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SweepCounts(t.Context(), "2025-11-26"); err != nil {
		t.Fatal(err)
	}
	if counts, err := s.StepCounts(t.Context(), "shop", "", "2025-01-01"); err != nil || len(counts) != 1 || counts[0].Entered != 1 {
		t.Errorf("left are %+v, %v", counts, err)
	}
}
