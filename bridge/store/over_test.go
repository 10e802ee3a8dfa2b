package store_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// A dialog is over since it was closed or, if nobody did that, since the last word in it,
// also of a visitor who only reacted.
func TestOnlyDialogsThatAreOverForLongEnoughAreFound(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	now := time.Now()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		what                 string
		said, opened, closed time.Duration // ago; 0 for never
		reacted              time.Duration
		over                 bool
	}{
		{"open, and said long ago", 3 * time.Hour, 3 * time.Hour, 0, 0, true},
		{"open, and said something", time.Hour, 3 * time.Hour, 0, 0, false},
		{"open, and reacted", 3 * time.Hour, 3 * time.Hour, 0, time.Hour, false},
		{"opened again", 3 * time.Hour, time.Hour, 0, 0, false},
		{"closed, and said something before", 4 * time.Hour, 4 * time.Hour, time.Hour, 0, false},
		{"closed long ago", 4 * time.Hour, 4 * time.Hour, 3 * time.Hour, 0, true},
		{"only reacted, long ago", 0, 0, 0, 3 * time.Hour, true},
		{"only reacted", 0, 0, 0, time.Hour, false},
	} {
		entered, err := s.EnterVisitor(t.Context(), "shop", c.what, store.Device{}, now.Add(-5*time.Hour))
		must(err)
		v := entered.ID
		_, err = s.NumberVisitor(t.Context(), v, now)
		must(err)
		say := func(kind chat.Kind, ago time.Duration) {
			d := draft(v, string(kind), "Hello")
			d.Kind, d.At = kind, now.Add(-ago)
			_, _, err := s.Append(t.Context(), d)
			must(err)
		}
		if c.said > 0 {
			say(chat.Message, c.said)
		}
		if c.reacted > 0 {
			say(chat.Reaction, c.reacted)
		}
		say(chat.Notice, 0)
		if c.opened > 0 {
			_, err = s.OpenDialog(t.Context(), v, now.Add(-c.opened))
			must(err)
		}
		if c.closed > 0 {
			_, err = s.CloseDialog(t.Context(), v, now.Add(-c.closed))
			must(err)
		}
		before := now.Add(-2 * time.Hour)
		found, err := s.OverSince(t.Context(), "shop", before, 100)
		must(err)
		still, err := s.IsOverSince(t.Context(), v, before)
		must(err)
		if over := slices.ContainsFunc(found, func(f store.Visitor) bool { return f.ID == v }); over != c.over || still != c.over {
			t.Errorf("%s: it is over: %v, %v", c.what, over, still)
		}
	}
	for limit := 1; limit <= 3; limit++ {
		if found, err := s.OverSince(t.Context(), "shop", now.Add(-2*time.Hour), limit); err != nil || len(found) != limit {
			t.Errorf("%d of at most %d are found (%v)", len(found), limit, err)
		}
	}
}

// What is on its way is yet to be read, and so is a question that was handed on.
func TestNoDialogIsOverWhileSomethingOfItIsOnItsWay(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	now := time.Now()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	before := now.Add(-2 * time.Hour)
	for what, then := range map[string]func(v chat.VisitorID, said chat.Entry){
		"waits for the homeserver": func(_ chat.VisitorID, said chat.Entry) { must(s.Enqueue(t.Context(), said)) },
		"is here, and not taken over": func(v chat.VisitorID, _ chat.Entry) {
			must(s.SetRoom(t.Context(), v, "!room:localhost", now))
			must(s.StoreArrivals(t.Context(), []store.Arrival{{Key: "$answer", Room: "!room:localhost", Raw: []byte(`{}`)}}, now))
		},
		"is closed, and waits for the homeserver": func(v chat.VisitorID, said chat.Entry) {
			_, err := s.CloseDialog(t.Context(), v, now.Add(-3*time.Hour))
			must(err)
			must(s.Enqueue(t.Context(), said))
		},
		"was handed on, and waits": func(v chat.VisitorID, _ chat.Entry) { must(s.SetWaiting(t.Context(), v, now)) },
	} {
		entered, err := s.EnterVisitor(t.Context(), "shop", what, store.Device{}, now.Add(-5*time.Hour))
		must(err)
		_, err = s.NumberVisitor(t.Context(), entered.ID, now)
		must(err)
		d := draft(entered.ID, what, "Hello")
		d.At = now.Add(-4 * time.Hour)
		said, _, err := s.Append(t.Context(), d)
		must(err)
		_, err = s.OpenDialog(t.Context(), entered.ID, d.At)
		must(err)
		if over, err := s.IsOverSince(t.Context(), entered.ID, before); err != nil || !over {
			t.Errorf("%s: it is not over before (%v)", what, err)
		}
		then(entered.ID, said)
		if over, err := s.IsOverSince(t.Context(), entered.ID, before); err != nil || over {
			t.Errorf("%s, and is over (%v)", what, err)
		}
	}
}
