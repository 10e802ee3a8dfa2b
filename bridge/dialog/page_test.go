package dialog

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/store"
)

// browser is a tab that goes from page to page.
type browser struct {
	*core
	leave func()
}

// opens loads a page in place of the one before; again is a tab that only connects anew.
func (b *browser) opens(t *testing.T, path string, again bool) {
	t.Helper()
	if b.leave != nil {
		b.leave()
	}
	in, err := b.Enter(t.Context(), "shop", strings.Repeat("s", 43), store.Device{})
	must(t, err)
	b.in, b.leave = in, b.Listen(in, &silent{})
	b.shows(t, path, "", again)
}

// shows goes to a page without a load.
func (b *browser) shows(t *testing.T, path, title string, again bool) {
	t.Helper()
	must(t, b.Page(t.Context(), b.in, store.Page{URL: "https://shop.example.com" + path, Title: title}, again))
}

// viewed returns the paths of the page views, the oldest first.
func (b *browser) viewed(t *testing.T) (paths string) {
	t.Helper()
	views, err := b.store.Views(t.Context(), b.in.Visitor)
	must(t, err)
	for _, v := range views {
		paths = strings.TrimPrefix(v.URL, "https://shop.example.com") + " " + paths
	}
	return strings.TrimSpace(paths)
}

func TestPageViewsAreWrittenOnceEach(t *testing.T) {
	watch(t, func(t *testing.T, c *core, w *watched) {
		b := &browser{core: c}
		expect := func(when, want string, moves int) {
			t.Helper()
			if got := b.viewed(t); got != want || w.moves != moves {
				t.Errorf("%s: %q in %d moves, want %q in %d", when, got, w.moves, want, moves)
			}
		}
		b.opens(t, "/a", false)
		b.opens(t, "/a", false)
		b.shows(t, "/a", "", false)
		expect("the same page again", "/a", 1)
		b.shows(t, "/b", "", false)
		b.shows(t, "/b", "Tea", false) // its title came later
		b.shows(t, "/a", "", false)
		expect("to and fro", "/a /b /a", 4)
		pass(2 * time.Hour)
		b.opens(t, "/b", true) // the network came back, in two tabs
		b.opens(t, "/a", true)
		expect("two tabs that connect anew", "/a /b /a", 6)
		b.leave()
		b.leave = nil
		pass(VisitGap - time.Minute)
		b.opens(t, "/a", true)
		expect("a short absence", "/a /b /a", 6)
		b.leave()
		b.leave = nil
		pass(VisitGap)
		b.opens(t, "/a", true) // a laptop that was opened
		b.opens(t, "/b", true)
		expect("the next visit", "/a /b /a /a", 8)
		views, err := c.store.Views(t.Context(), b.in.Visitor)
		must(t, err)
		if title := views[2].Title; title != "Tea" {
			t.Errorf("the page that got its title later is called %q", title)
		}
		for i := range 60 {
			b.shows(t, fmt.Sprintf("/%d", i), "", false)
		}
		if paths := strings.Fields(b.viewed(t)); len(paths) != 50 || paths[0] != "/10" || paths[49] != "/59" {
			t.Errorf("kept are %v", paths)
		}
	})
}

// A visit begins when a visitor comes who was away for long, however many pages it
// looks at then, and is counted once.
func TestVisitsAreCounted(t *testing.T) {
	watch(t, func(t *testing.T, c *core, _ *watched) {
		b := &browser{core: c}
		expect := func(when string, want int64) {
			t.Helper()
			v, err := c.store.Visitor(t.Context(), c.in.Visitor)
			must(t, err)
			if v.Visits != want {
				t.Errorf("%s: %d visits, want %d", when, v.Visits, want)
			}
		}
		expect("before the first page", 0)
		b.opens(t, "/a", false)
		b.opens(t, "/b", false)
		expect("two pages", 1)
		for want := int64(2); want <= 4; want++ {
			b.leave()
			b.leave = nil
			pass(VisitGap + time.Hour)
			b.opens(t, "/a", false)
			b.shows(t, "/a", "Tea", false)
			for i := range 60 {
				b.shows(t, fmt.Sprintf("/%d", i), "", false)
			}
			b.opens(t, "/b", false)
			expect("the next visit", want)
		}
		pass(2 * VisitGap)
		b.shows(t, "/c", "", false)
		expect("the page was open all the time", 4)
		pass(time.Second)
		came := now()
		must(t, c.store.CountVisit(t.Context(), c.in.Visitor, came))
		must(t, c.store.AddView(t.Context(), c.in.Visitor, store.View{At: came, URL: "/d"}))
		must(t, c.store.CountVisit(t.Context(), c.in.Visitor, came))
		expect("two tabs at once", 5)
	})
}
