package store

import (
	"errors"
	"testing"

	"github.com/mattn/go-sqlite3"
)

// A failure that goes on is told, although the little that is written to try it is not its
// victim; one that was, is not.
func TestWritesThatGoOnFailingAreTold(t *testing.T) {
	s := openCrowded(t, 1)
	for i, step := range []struct{ fails, told bool }{
		{false, false}, {true, false}, {false, false}, {true, false}, {true, true}, {true, true}, {false, false}, {false, false},
	} {
		if step.fails {
			s.writer.pulse.end(sqlite3.Error{Code: sqlite3.ErrCorrupt})
		}
		if err := s.Writable(t.Context()); errors.Is(err, errFailing) != step.told || !step.told && err != nil {
			t.Errorf("step %d: %v", i, err)
		}
	}
}
