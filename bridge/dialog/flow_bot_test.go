package dialog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/config"
)

// The bot is told of those answers of a form alone that were taken: what an operator
// knows better has not changed.
func TestOfAFormOnlyWhatWasTakenIsChanged(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	c.in.Site.Widget.Forms.Start = &config.Form{Fields: []config.FormField{{Type: config.FieldEmail}, {Type: config.FieldName}}}
	must(t, c.Set(t.Context(), c.in.Visitor, emailVariable, "operator@example.com"))
	c.hear(t)
	_, err := c.Fill(t.Context(), c.in, "form-0001", formStart, map[string]string{"email": "visitor@example.com", "name": "Ann"})
	must(t, err)
	told, err := c.store.BotInputs(t.Context(), c.in.Visitor)
	must(t, err)
	if len(told) != 1 || !strings.Contains(told[0].Event, `"name":"name"`) {
		t.Errorf("the bot is told %+v", told)
	}
}

// Where a chain asks for a rating when a dialog is closed, the window does not ask as well,
// neither before the answer nor after it.
func TestNobodyIsAskedTwiceForARating(t *testing.T) {
	c := newBot(t, map[string]string{"rating": "on:\n  - dialog: closed\nsteps:\n  - ask: How was it?\n    type: rating\n  - say: Thanks\n"})
	c.in.Site.Widget.Rating = config.RateStars
	c.says(t, "message-1", "Hi")
	c.hear(t)
	asks := func() bool {
		flow, err := c.Flow(t.Context(), c.in)
		must(t, err)
		return flow.Rate != nil
	}
	_, err := c.Close(t.Context(), c.in.Visitor)
	must(t, err)
	if !asks() {
		t.Error("without the chain's question the window asks nothing")
	}
	c.hear(t)
	c.hears(t, "How was it?")
	if asks() {
		t.Error("the window asks beside the chain")
	}
	c.says(t, "message-2", "5")
	c.hear(t)
	c.hears(t, "How was it?", "Thanks")
	if asks() {
		t.Error("the window asks for what the chain was told")
	}
	if ratings, err := c.store.RatingsOf(t.Context(), c.in.Visitor); err != nil || len(ratings) != 1 {
		t.Fatalf("rated: %+v (%v)", ratings, err)
	}
}

// Who asks for a person outside of the opening hours is told when somebody is back, and not
// that one was called.
func TestNobodyIsSaidToComeWhileNobodyIsThere(t *testing.T) {
	c := newBot(t, map[string]string{"person": person})
	c.in.Site.Widget.Person = true
	called := func() bool {
		flow, err := c.Flow(t.Context(), c.in)
		must(t, err)
		return flow.Called
	}
	triggers, _ := c.PageTriggers("shop")
	must(t, c.Visited(t.Context(), c.in, "client-1", triggers[0].Key))
	c.hear(t)
	c.says(t, "client-2", "Hi")
	if !called() {
		t.Error("in the opening hours it is not told that somebody was called")
	}
	c.in.Site.Hours = opening(t, strings.ToLower(now().AddDate(0, 0, 3).Format("Mon"))+`: "9:00-10:00"`).Hours
	if called() {
		t.Error("while nobody is there somebody is said to come")
	}
}

// opening is a site with such opening hours in its config.
func opening(t *testing.T, when string) *config.Site {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	must(t, os.WriteFile(path, []byte(`homeserver: {address: "http://127.0.0.1:8008", domain: example.org}
gateway: {public_url: "https://chat.example.org"}
sites: {shop: {name: Shop, origins: ["https://shop.example.org"], operators: ["@anna:example.org"], opening_hours: {`+when+`}}}`), 0o600))
	cfg, err := config.LoadUnregistered(path)
	must(t, err)
	return cfg.Sites["shop"]
}

// What is asked while nobody is there goes when somebody is, and comes when nobody is: no
// other news than the time tells so.
func TestOpeningHoursWakeWhoIsHere(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	monday := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	site := c.in.Site
	site.Widget.Person = true
	site.TimeZone, site.Hours = "UTC", opening(t, `mon: "9:00-10:00"`).Hours
	here := &woken{news: make(chan struct{}, 10)}
	t.Cleanup(c.Listen(c.in, here))
	elsewhere := &woken{news: make(chan struct{}, 10)}
	clinic := config.DefaultSite("clinic")
	t.Cleanup(c.Listen(Session{Visitor: "other", Site: clinic}, elsewhere))
	before := c.openSites(monday)
	for _, turn := range []struct {
		at    string
		wakes bool
	}{{"8h59m59s", false}, {"9h", true}, {"9h30m", false}, {"10h", true}, {"11h", false}} {
		after, err := time.ParseDuration(turn.at)
		must(t, err)
		before = c.heedHours(before, monday.Add(after))
		if turn.wakes {
			select {
			case <-here.news:
			case <-time.After(10 * time.Second):
				t.Fatalf("at %s nobody was woken", turn.at)
			}
		}
	}
	// Whoever was woken in vain has been by now: they are woken one after the other.
	c.hub.wakeSites([]*config.Site{site, clinic})
	<-here.news
	<-elsewhere.news
	if len(here.news) > 0 || len(elsewhere.news) > 0 {
		t.Error("somebody was woken in vain")
	}
}
