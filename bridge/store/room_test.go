package store_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Invariant 17: a dialog's rooms have the order in which it had them, also where the clock was
// set back between two: what was said in the former one comes first.
func TestInvariant17RoomsKeepTheirOrderWhenTheClockIsSetBack(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	v := enter(t, s, "hash")
	for _, had := range []struct {
		room id.RoomID
		at   time.Time
	}{{"!first:x", time.Now().Add(13 * time.Hour)}, {"!second:x", time.Now()}, {"!third:x", time.Now()}, {"!third:x", time.Now()}} {
		if err := s.SetRoom(t.Context(), v, had.room, had.at); err != nil {
			t.Fatal(err)
		}
	}
	former, err := s.FormerRooms(t.Context(), v)
	if want := []id.RoomID{"!first:x", "!second:x"}; err != nil || !slices.Equal(former, want) {
		t.Errorf("the former rooms are %q (%v), want %q", former, err, want)
	}
	if err := s.StoreArrivals(t.Context(), []store.Arrival{{Key: "$said", Room: "!first:x", Raw: []byte("{}")}}, time.Now()); err != nil {
		t.Fatal(err)
	}
	for room, want := range map[id.RoomID]bool{"!first:x": false, "!second:x": true, "!third:x": true} {
		if waits, err := s.FormerArrivals(t.Context(), room); err != nil || waits != want {
			t.Errorf("%s waits for what was said before: %t (%v), want %t", room, waits, err, want)
		}
	}
}
