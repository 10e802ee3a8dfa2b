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

// A visitor has one answer under way, a site its share, and whoever has the fewest
// under way is first.
func TestAssistantsAreSharedAmongSites(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	at := time.Now().Truncate(time.Millisecond)
	ids := map[string]chat.VisitorID{}
	add := func(site chat.SiteID, visitor, requests int) {
		t.Helper()
		name := fmt.Sprintf("%s-%d", site, visitor)
		v, err := s.EnterVisitor(t.Context(), site, name, store.Device{}, at)
		if err != nil {
			t.Fatal(err)
		}
		ids[name] = v.ID
		for n := range requests {
			at = at.Add(time.Millisecond)
			if err := s.AddAssistantRequest(t.Context(), store.AssistantRequest{Visitor: v.ID, ID: fmt.Sprintf("r%d", n), Assistant: name, At: at}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for n := range 5 {
		add("busy", n, 1)
	}
	add("quiet", 0, 2)
	add("quiet", 1, 1)
	take := func(limit, site int) (all []store.AssistantRequest, of []string) {
		t.Helper()
		all, next, err := s.TakeAssistantRequests(t.Context(), at, time.Minute, store.RequestShare{Limit: limit, Site: site})
		if err != nil || !next.After(at) {
			t.Fatalf("next at %s, %v", next, err)
		}
		for _, r := range all {
			of = append(of, r.Assistant)
		}
		slices.Sort(of)
		return all, of
	}
	if _, of := take(3, 4); !slices.Equal(of, []string{"busy-0", "busy-1", "quiet-0"}) {
		t.Fatalf("first are %q", of) // each site's first, and then the oldest of their seconds
	}
	if _, of := take(8, 4); !slices.Equal(of, []string{"busy-2", "busy-3", "quiet-1"}) {
		t.Fatalf("then are %q", of)
	}
	if _, of := take(8, 4); len(of) > 0 {
		t.Fatalf("beyond their share are %q", of)
	}
	first := store.AssistantRequest{Visitor: ids["quiet-0"], ID: "r0"}
	if has, err := s.HasAssistantRequest(t.Context(), first); err != nil || !has {
		t.Fatal(has, err)
	}
	for _, want := range []bool{true, false} {
		if mine, err := s.FinishAssistantRequest(t.Context(), first); err != nil || mine != want {
			t.Errorf("finished: %t, %v", mine, err)
		}
	}
	if has, err := s.HasAssistantRequest(t.Context(), first); err != nil || has {
		t.Error("it is there after its end", err)
	}
	left, err := s.AssistantRequestsOf(t.Context(), ids["quiet-0"])
	if err != nil || len(left) != 1 || left[0].ID != "r1" || left[0].At.IsZero() {
		t.Fatalf("left are %+v, %v", left, err)
	}
	if again, of := take(8, 4); !slices.Equal(of, []string{"quiet-0"}) || again[0].ID != "r1" {
		t.Errorf("the visitor's next is %+v", again)
	}
	// A process that starts takes up what another one left.
	if err := s.ReleaseAssistantRequests(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	if _, of := take(99, 99); len(of) != 7 {
		t.Errorf("taken up are %q", of)
	}
}

func TestUsageIsCounted(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	anna, ben := enter(t, s, "anna"), enter(t, s, "ben")
	of := func(v chat.VisitorID, address, day string) store.UsageOf {
		return store.UsageOf{Site: "shop", Assistant: "sales", Day: day, Visitor: v, Address: address}
	}
	add := func(o store.UsageOf, requests, prompt, completion int64) {
		t.Helper()
		if err := s.AddUsage(t.Context(), o, store.Usage{Requests: requests, Prompt: prompt, Completion: completion}); err != nil {
			t.Fatal(err)
		}
	}
	used := func(o store.UsageOf) store.Used {
		t.Helper()
		u, err := s.Used(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	const day, next = "2026-11-26", "2026-11-27"
	add(of(anna, "home", day), 1, 100, 10)
	add(of(anna, "home", day), 1, 200, 20)
	add(of(ben, "home", day), 1, 1000, 1)
	add(of(ben, "", day), 1, 1, 1)
	add(of("erased", "home", day), 1, 5, 5)
	add(of(anna, "home", next), 1, 7, 7)
	want := store.Used{Visitor: store.Usage{2, 300, 30}, Address: store.Usage{4, 1305, 36}, Site: store.Usage{5, 1306, 37}}
	if got := used(of(anna, "home", day)); got != want || got.Site.Tokens() != 1343 {
		t.Errorf("used is %+v, not %+v", got, want)
	}
	if got := used(of(ben, "", day)); got.Address != (store.Usage{}) || got.Visitor.Requests != 2 {
		t.Errorf("without an address: %+v", got)
	}
	other := of(anna, "home", day)
	other.Assistant = "support"
	if got := used(other); got != (store.Used{}) {
		t.Errorf("another assistant was used: %+v", got)
	}
	if _, err := s.EraseVisitor(t.Context(), anna, "", time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := used(of(anna, "home", day)); got.Visitor != (store.Usage{}) || got.Site != want.Site {
		t.Errorf("of an erased visitor: %+v", got)
	}
	if err := s.SweepUsage(t.Context(), next, day); err != nil {
		t.Fatal(err)
	}
	if got := used(of(ben, "home", day)); got.Visitor != (store.Usage{}) || got.Address != (store.Usage{}) || got.Site != want.Site {
		t.Errorf("after the day: %+v", got)
	}
	if err := s.ForgetAddresses(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := used(of(anna, "home", next)); got.Address != (store.Usage{}) || got.Site.Requests != 1 {
		t.Errorf("after the addresses were forgotten: %+v", got)
	}
	if err := s.SweepUsage(t.Context(), next, next); err != nil {
		t.Fatal(err)
	}
	if got := used(of(anna, "home", day)); got != (store.Used{}) {
		t.Errorf("after all: %+v", got)
	}
}

// What was said before operators had the dialog, or it was closed, is past.
func TestWhatIsSettledIsPast(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	v := enter(t, s, "anna")
	n := int64(0)
	for name, settle := range map[string]func() error{
		"off":    func() error { return s.SetBotOff(t.Context(), v, store.BotSwitch{OffSince: time.Now()}) },
		"handed": func() error { return s.SetPast(t.Context(), v) },
		"closed": func() error {
			_, err := s.OpenDialog(t.Context(), v, time.Now())
			if err == nil {
				_, err = s.CloseDialog(t.Context(), v, time.Now())
			}
			return err
		},
	} {
		if _, _, err := s.Append(t.Context(), draft(v, name, name)); err != nil {
			t.Fatal(err)
		}
		n++
		if past, err := s.Past(t.Context(), v); err != nil || past != n-1 {
			t.Errorf("before %s past is %d, %v", name, past, err)
		}
		if err := settle(); err != nil {
			t.Fatal(err)
		}
		if past, err := s.Past(t.Context(), v); err != nil || past != n {
			t.Errorf("after %s past is %d, %v", name, past, err)
		}
	}
}
