package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Nobody is called back into a dialog that was answered, closed or shut out.
func TestARecallEndsWithWhatItIsFor(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	for name, c := range map[string]struct {
		do    func(v chat.VisitorID) error
		stays bool // wanted, when it was before
		anew  bool // wanted afterwards again
	}{
		"called":    {func(v chat.VisitorID) error { return s.SetCalled(t.Context(), v) }, true, true},
		"answered":  {func(v chat.VisitorID) error { return s.SetAnswered(t.Context(), v) }, false, true},
		"closed":    {func(v chat.VisitorID) error { _, err := s.CloseDialog(t.Context(), v, time.Now()); return err }, false, false},
		"blocked":   {func(v chat.VisitorID) error { return s.SetBlocked(t.Context(), v, true) }, false, false},
		"unblocked": {func(v chat.VisitorID) error { return s.SetBlocked(t.Context(), v, false) }, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			v := enter(t, s, name)
			if _, err := s.OpenDialog(t.Context(), v, time.Now()); err != nil {
				t.Fatal(err)
			}
			wants := func(want bool, when string) {
				t.Helper()
				if got, err := s.RecallWanted(t.Context(), v); err != nil || got != want {
					t.Errorf("%s: wanted is %t (%v)", when, got, err)
				}
			}
			want := func() {
				t.Helper()
				if err := s.WantRecall(t.Context(), v); err != nil {
					t.Fatal(err)
				}
			}
			wants(false, "at first")
			want()
			want()
			wants(true, "then")
			if err := c.do(v); err != nil {
				t.Fatal(err)
			}
			wants(c.stays, "after it")
			want()
			wants(c.anew, "wanted again")
			if ended, err := s.EndRecall(t.Context(), v); err != nil || ended != c.anew {
				t.Errorf("ended is %t (%v)", ended, err)
			}
			wants(false, "in the end")
		})
	}
}
