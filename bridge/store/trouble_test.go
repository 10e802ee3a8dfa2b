package store

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// What went wrong long ago is counted apart: it stays for as long as its dialog, and
// nobody can mend it any more. What came lately gives the cause, however rare it is.
func TestTroublesKnowWhatIsOld(t *testing.T) {
	s := openCrowded(t, 20)
	if err := s.StoreArrivals(t.Context(), []Arrival{{Key: "$1", Room: "!r", Raw: []byte("{}")}}, time.UnixMilli(7000)); err != nil {
		t.Fatal(err)
	}
	if err := s.FailArrival(t.Context(), 1, "odd"); err != nil {
		t.Fatal(err)
	}
	// The entry of v11 is of 500, the others are of 5020.
	for entry, cause := range map[chat.EntryID]string{"ev11": "too large", "ev12": "forbidden", "ev13": "too large"} {
		if _, err := s.Settle(t.Context(), entry, Failed, cause); err != nil {
			t.Fatal(err)
		}
	}
	troubles := func(since int64) []Trouble {
		t.Helper()
		all, err := s.Troubles(t.Context(), time.UnixMilli(since))
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	for since, want := range map[int64][]Trouble{
		0:    {{Of: "entries", Count: 3, Cause: "too large"}, {Of: "events", Count: 1, Cause: "odd"}},
		5020: {{Of: "entries", Count: 2, Before: 1, Cause: "too large"}, {Of: "events", Count: 1, Cause: "odd"}},
		7001: {{Of: "entries", Before: 3, Cause: "too large"}, {Of: "events", Before: 1, Cause: "odd"}},
	} {
		if got := troubles(since); !slices.Equal(got, want) {
			t.Errorf("since %d there are %+v, want %+v", since, got, want)
		}
	}
	if err := s.exec(t.Context(), `UPDATE entry SET at = $1 WHERE id = 'ev13'`, 500); err != nil {
		t.Fatal(err)
	}
	if got := troubles(5020); len(got) == 0 || got[0] != (Trouble{Of: "entries", Count: 1, Before: 2, Cause: "forbidden"}) {
		t.Errorf("the rare cause of lately is told as %+v", got)
	}
}

// The doctor looks beside a bridge that works: it reads no table through that grows with
// what was ever said.
func TestTroublesReadNoTableThrough(t *testing.T) {
	s := openCrowded(t, 10)
	for of, failed := range map[string]string{"entries": refusedEntries, "events": oddEvents} {
		for _, line := range plan(t, s, setAside(of, failed), []any{int64(1)}) {
			for _, big := range []string{"SCAN inbox", "SCAN outbox", "SCAN o", "SCAN e", "SCAN entry"} {
				if line == big || strings.HasPrefix(line, big+" ") && !strings.Contains(line, "INDEX") {
					t.Errorf("%s: %s", of, line)
				}
			}
		}
	}
}
