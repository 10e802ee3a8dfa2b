package matrix

import (
	"testing"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Everybody waits while the database is written anew: for a visitor who asked to be erased
// that is done at once, for dialogs that were kept for long enough once a day.
func TestErasuresByAgeAreCompactedOnceADay(t *testing.T) {
	s := openStore(t)
	m := &Matrix{store: s, log: zerolog.Nop()}
	compacted := func(by id.UserID) string {
		t.Helper()
		if err := s.SetMeta(t.Context(), "to_compact", "1"); err != nil { // a run takes it away
			t.Fatal(err)
		}
		e := &erasing{Matrix: m, Erasure: store.Erasure{Visitor: chat.NewVisitorID(), Site: "shop", By: by}}
		if err := e.compact(t.Context()); err != nil {
			t.Fatal(err)
		}
		left, err := s.Meta(t.Context(), "to_compact")
		if err != nil {
			t.Fatal(err)
		}
		return left
	}
	for i, c := range []struct {
		by   id.UserID
		want string
	}{{"", ""}, {"", "1"}, {"@anna:localhost", ""}, {"", "1"}} {
		if left := compacted(c.by); left != c.want {
			t.Errorf("erasure %d, asked for by %q: left to be compacted is %q, want %q", i+1, c.by, left, c.want)
		}
	}
}
