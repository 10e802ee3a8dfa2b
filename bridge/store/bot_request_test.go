package store_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// A site whose requests are slow takes no more than its share, and a visitor one
// place, however many wait.
func TestRequestsAreSharedAmongSites(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	at := time.Now()
	add := func(site chat.SiteID, visitor, requests int) {
		t.Helper()
		v, err := s.EnterVisitor(t.Context(), site, fmt.Sprintf("%s-%d", site, visitor), store.Device{}, at)
		if err != nil {
			t.Fatal(err)
		}
		for n := range requests {
			at = at.Add(time.Millisecond)
			if err := s.AddBotRequest(t.Context(), store.BotRequest{Visitor: v.ID, ID: fmt.Sprintf("r%d", n), Request: fmt.Sprintf("%s-%d", site, visitor)}, at); err != nil {
				t.Fatal(err)
			}
		}
	}
	add("slow", 0, 3)
	for n := range 4 {
		add("slow", n+1, 1)
	}
	add("quick", 0, 2)
	take := func(limit int) (all []store.BotRequest, of []string) {
		t.Helper()
		all, next, err := s.TakeBotRequests(t.Context(), at, time.Minute, store.RequestShare{Limit: limit, Site: 3})
		if err != nil || !next.After(at) {
			t.Fatalf("next at %s, %v", next, err)
		}
		for _, r := range all {
			of = append(of, r.Request)
		}
		slices.Sort(of)
		return all, of
	}
	first, of := take(8)
	if want := []string{"quick-0", "slow-0", "slow-1", "slow-2"}; !slices.Equal(of, want) {
		t.Fatalf("taken are %q, not %q", of, want)
	}
	if _, of := take(8); len(of) > 0 {
		t.Errorf("beyond their share: %q", of)
	}
	for _, r := range first {
		if r.Request == "slow-0" {
			if mine, err := s.FinishBotRequest(t.Context(), r); err != nil || !mine {
				t.Fatal(mine, err)
			}
		}
	}
	if again, of := take(1); !slices.Equal(of, []string{"slow-0"}) || again[0].ID != "r1" {
		t.Errorf("then taken: %+v", again)
	}
}
