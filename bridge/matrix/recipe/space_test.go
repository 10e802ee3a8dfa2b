package recipe_test

import (
	"slices"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/matrix/recipe"
)

// Operators see the desk, then Open, then the months from the newest on.
func TestSpacesHaveNamesAndAnOrder(t *testing.T) {
	cfg := config.Default()
	english, russian := config.DefaultSite("shop"), config.DefaultSite("shop")
	russian.Language = config.Russian
	english.Name, russian.Name = "Tea shop", "Tea shop"
	last := recipe.DeskChild(cfg).Order
	for _, c := range []struct {
		mark   recipe.SpaceMark
		en, ru string
	}{
		{recipe.SpaceMark{Shelf: "open", Number: 2}, "Open · Tea shop · 2", "Открытые · Tea shop · 2"},
		{recipe.SpaceMark{Shelf: "open", Number: 1}, "Open · Tea shop", "Открытые · Tea shop"},
		{recipe.SpaceMark{Shelf: "2027-01", Number: 1}, "Closed · Tea shop · January 2027", "Закрытые · Tea shop · январь 2027"},
		{recipe.SpaceMark{Shelf: "2026-11", Number: 2}, "Closed · Tea shop · November 2026 · 2", "Закрытые · Tea shop · ноябрь 2026 · 2"},
		{recipe.SpaceMark{Shelf: "2026-11", Number: 1}, "Closed · Tea shop · November 2026", "Закрытые · Tea shop · ноябрь 2026"},
		{recipe.SpaceMark{Shelf: "2026-02", Number: 1}, "Closed · Tea shop · February 2026", "Закрытые · Tea shop · февраль 2026"},
	} {
		if got := recipe.BucketName(english, c.mark); got != c.en {
			t.Errorf("%+v is called %q, want %q", c.mark, got, c.en)
		}
		if got := recipe.BucketName(russian, c.mark); got != c.ru {
			t.Errorf("%+v is called %q, want %q", c.mark, got, c.ru)
		}
		order := recipe.BucketChild(cfg, c.mark).Order
		if order <= last {
			t.Errorf("%+v stands at %q, before %q", c.mark, order, last)
		}
		// As the specification allows: at most 50 characters of \x20 to \x7E ("m.space.child").
		if len(order) > 50 || slices.ContainsFunc([]rune(order), func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q is no valid order", order)
		}
		last = order
	}
}

// A month begins when it does for the site.
func TestMonthsAreThoseOfTheSite(t *testing.T) {
	site := config.DefaultSite("shop")
	at := time.Date(2026, 10, 31, 22, 0, 0, 0, time.UTC)
	if got := recipe.Shelf(site, at); got != "2026-10" {
		t.Errorf("in UTC it is %s", got)
	}
	site.TimeZone = "Europe/Moscow"
	if got := recipe.Shelf(site, at); got != "2026-11" {
		t.Errorf("in Moscow it is %s", got)
	}
}
