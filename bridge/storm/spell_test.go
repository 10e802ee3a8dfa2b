package storm_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/storm/record"
)

// spell is trouble that goes on while people talk and the next things fail.
type spell struct {
	name  record.Op
	began time.Time
	until time.Time
	hits  int
}

// spells are those of a network, one after the other. A spell is a fault when it is over,
// and if it met anything.
type spells struct {
	present spell
	faults  []spell
}

// begin ends the present spell, and begins another.
func (s *spells) begin(name record.Op, span time.Duration) {
	s.end()
	now := time.Now()
	s.present = spell{name: name, began: now, until: now.Add(span)}
}

func (s *spells) end() {
	if s.present.hits > 0 {
		s.faults = append(s.faults, s.present)
	}
	s.present.hits = 0
}

// over returns the faults since it was asked last.
func (s *spells) over() []spell {
	if time.Now().After(s.present.until) {
		s.end()
	}
	all := s.faults
	s.faults = nil
	return all
}

// Trouble that no request met is no fault, and none is counted before it is over.
func TestTroubleThatMeetsNothingIsNoFault(t *testing.T) {
	t.Parallel()
	q := newRequests((&storm{}).dice(dicePlain))
	request := func() {
		if do, left := q.next(); do != nil {
			do(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), nil, nil, left)
		}
	}
	for i, step := range []struct {
		do     func()
		faults []record.Op
	}{
		{func() { q.be("met", garbage, 100, time.Hour) }, nil},
		{request, nil},
		{request, nil},
		{func() { q.be("missed", garbage, 100, time.Hour) }, []record.Op{"met"}},
		{func() { q.be("spares all", garbage, 0, time.Hour) }, nil},
		{request, nil},
		{func() { q.be("short", garbage, 100, 0) }, nil},
		{request, nil},
		{func() { q.be("last", garbage, 100, time.Hour) }, nil},
		{request, nil},
		{func() { q.be("", nil, 0, 0) }, []record.Op{"last"}},
		{request, nil},
	} {
		step.do()
		var got []record.Op
		for _, s := range q.ended() {
			got = append(got, s.name)
		}
		if len(got) != len(step.faults) || len(got) > 0 && got[0] != step.faults[0] {
			t.Errorf("step %d counts %q instead of %q", i, got, step.faults)
		}
	}
}
