package store_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Errands of one kind and dialog are done in order; a summary holds no translation
// up, and a site no other.
func TestErrandsAreTakenInOrderAndShared(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	at := time.Now()
	visitor := func(site chat.SiteID, session string) chat.VisitorID {
		t.Helper()
		v, err := s.EnterVisitor(t.Context(), site, session, store.Device{}, at)
		if err != nil {
			t.Fatal(err)
		}
		return v.ID
	}
	add := func(v chat.VisitorID, kind store.ErrandKind, id string) bool {
		t.Helper()
		fresh, err := s.AddErrand(t.Context(), store.Errand{Visitor: v, ID: id, Kind: kind, Order: id}, at)
		if err != nil {
			t.Fatal(err)
		}
		return fresh
	}
	ann, ben, cid := visitor("shop", "ann"), visitor("shop", "ben"), visitor("clinic", "cid")
	for _, id := range []string{"t1", "t2", "t3"} {
		add(ann, store.TranslationErrand, id)
	}
	add(ann, store.SummaryErrand, "s1")
	add(ben, store.DraftErrand, "d1")
	add(cid, store.DraftErrand, "d2")
	if add(ann, store.TranslationErrand, "t1") {
		t.Error("the same errand was added twice")
	}
	take := func(share store.RequestShare) (all []store.Errand, of []string) {
		t.Helper()
		all, _, err := s.TakeErrands(t.Context(), at, time.Minute, share)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range all {
			of = append(of, e.ID)
		}
		return all, of
	}
	first, of := take(store.RequestShare{Limit: 8, Site: 2})
	if want := []string{"t1", "s1", "d1", "d2"}; !slices.Equal(of, want) {
		t.Fatalf("taken are %q, not %q", of, want)
	}
	add(visitor("shop", "dora"), store.TranslationErrand, "t4")
	if _, of := take(store.RequestShare{Limit: 8, Site: 1}); len(of) > 0 {
		t.Errorf("beyond their share: %q", of)
	}
	if mine, err := s.FinishErrand(t.Context(), first[0]); err != nil || !mine {
		t.Fatal(mine, err)
	}
	if mine, err := s.FinishErrand(t.Context(), first[0]); err != nil || mine {
		t.Errorf("finished twice: %t, %v", mine, err)
	}
	second, of := take(store.RequestShare{Limit: 8, Site: 1})
	if !slices.Equal(of, []string{"t2"}) {
		t.Fatalf("then taken: %q", of)
	}
	// Those behind one that is put off wait for it.
	if err := s.PostponeErrand(t.Context(), second[0], at.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, of := take(store.RequestShare{Limit: 8, Site: 2}); !slices.Equal(of, []string{"t4"}) {
		t.Errorf("while one is put off: %q", of)
	}
	// A process that ended in the midst of them does them anew, in the same order.
	if err := s.ReleaseErrands(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	if _, of := take(store.RequestShare{Limit: 8, Site: 8}); !slices.Equal(of, []string{"t2", "s1", "d1", "d2", "t4"}) {
		t.Errorf("after the next start: %q", of)
	}
}

// Failures are counted, and what failed waits for its time.
func TestFailuresOfErrandsAreCounted(t *testing.T) {
	path, at := filepath.Join(t.TempDir(), "anteroom.db"), time.Now()
	s := open(t, path)
	v, err := s.EnterVisitor(t.Context(), "shop", "ann", store.Device{}, at)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddErrand(t.Context(), store.Errand{Visitor: v.ID, ID: "d1", Kind: store.DraftErrand}, at); err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		taken, _, err := s.TakeErrands(t.Context(), at, time.Hour, store.RequestShare{Limit: 1, Site: 1})
		if err != nil || len(taken) != 1 {
			t.Fatalf("taken are %+v, %v", taken, err)
		}
		at = at.Add(time.Minute)
		if failures, err := s.FailErrand(t.Context(), taken[0], at); err != nil || failures != n+1 {
			t.Errorf("failed %d times, %v", failures, err)
		}
		if none, next, err := s.TakeErrands(t.Context(), at.Add(-time.Second), time.Hour, store.RequestShare{Limit: 1, Site: 1}); err != nil || len(none) > 0 || next.UnixMilli() != at.UnixMilli() {
			t.Errorf("before its time: %+v, %s, %v", none, next, err)
		}
		if n == 2 {
			if _, err := s.FinishErrand(t.Context(), taken[0]); err != nil {
				t.Fatal(err)
			}
			if _, err := s.FailErrand(t.Context(), taken[0], at); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("of one that is gone: %v", err)
			}
		}
	}
}
