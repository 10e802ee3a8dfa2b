package matrix

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// Invariant 11: within a transaction the events of one sender are put in the
// order of their timestamps, at the places that this sender has; those of
// different senders stay in the order of arrival, because clocks prove nothing.
func TestInvariant11OrderWithinATransaction(t *testing.T) {
	raw := func(id, sender string, ts int) json.RawMessage {
		return json.RawMessage(fmt.Sprintf(`{"event_id":"$%s","room_id":"!r","sender":"@%s:x","origin_server_ts":%d}`, id, sender, ts))
	}
	var keys []string
	for _, a := range arrivals([]json.RawMessage{
		raw("a3", "a", 30), raw("b1", "b", 99), raw("a1", "a", 10), raw("c1", "c", 1), raw("a2", "a", 20), raw("b2", "b", 100),
	}) {
		keys = append(keys, a.Key)
	}
	if want := []string{"$a1", "$b1", "$a2", "$c1", "$a3", "$b2"}; !slices.Equal(keys, want) {
		t.Errorf("stored as %q, want %q", keys, want)
	}
}

// A homeserver says what it likes of its clock: times as far apart as can be are in order too.
func TestInvariant11OrderOfTimesThatLie(t *testing.T) {
	late := json.RawMessage(fmt.Sprintf(`{"event_id":"$late","sender":"@a:x","origin_server_ts":%d}`, int64(math.MaxInt64)))
	early := json.RawMessage(fmt.Sprintf(`{"event_id":"$early","sender":"@a:x","origin_server_ts":%d}`, int64(math.MinInt64)))
	if stored := arrivals([]json.RawMessage{late, early}); stored[0].Key != "$early" || stored[1].Key != "$late" {
		t.Errorf("stored as %q, %q", stored[0].Key, stored[1].Key)
	}
}

// deadlined notes the deadlines that a handler sets.
type deadlined struct {
	*httptest.ResponseRecorder
	read, write time.Time
}

func (w *deadlined) SetReadDeadline(at time.Time) error  { w.read = at; return nil }
func (w *deadlined) SetWriteDeadline(at time.Time) error { w.write = at; return nil }

// Invariant 4: a transaction that comes slowly is no reason to refuse it; who has no
// token gets no more time than anybody.
func TestInvariant04TransactionsMayComeSlowly(t *testing.T) {
	handler := fuzzed(t).Handler()
	for token, given := range map[string]bool{fuzzedToken: true, "guess": false} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/_matrix/app/v1/transactions/1", strings.NewReader(`{"events":[]}`))
		r.Header.Set("Authorization", "Bearer "+token)
		w := &deadlined{ResponseRecorder: httptest.NewRecorder()}
		handler.ServeHTTP(w, r)
		least := time.Now().Add(transactionWithin / 2)
		if w.read.After(least) != given || w.write.After(least) != given {
			t.Errorf("with the token %q the deadlines are %s and %s", token, w.read, w.write)
		}
	}
}

func TestInvariant04EventsWithoutAnIDAreKeyedByTheirContent(t *testing.T) {
	stored := arrivals([]json.RawMessage{json.RawMessage(`{"x":1}`), json.RawMessage(`{"x":2}`), json.RawMessage(`{"x":1}`)})
	if stored[0].Key == stored[1].Key || stored[0].Key != stored[2].Key || stored[0].Key == "" {
		t.Errorf("keys %q %q %q", stored[0].Key, stored[1].Key, stored[2].Key)
	}
}

// What is odd beside the events of a transaction loses none of them.
func TestInvariant04EventsInOddCompany(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"ephemeral":7,"events":[{"event_id":"$a"}]}`: `{"event_id":"$a"}`,
		`{"events":7}`: `{"events":7}`,
		`{"events":`:   "",
	} {
		read, err := readTransaction([]byte(body))
		if got := string(slices.Concat(read.Events...)); err == nil || got != want {
			t.Errorf("%s is read as %s (%v)", body, got, err)
		}
	}
}
