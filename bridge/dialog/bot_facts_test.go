package dialog

import (
	"testing"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// The bot knows a visitor by the name that somebody gave it, not by the one that
// the bridge made up, and in the language of the chat.
func TestWhatTheBotKnowsOfAVisitor(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	c.says(t, "client-1", "Hi")
	site, _ := c.Site("shop")
	facts := func(change func(*store.Visitor)) talk.Facts {
		t.Helper()
		v, err := c.store.Visitor(t.Context(), c.in.Visitor)
		must(t, err)
		change(&v)
		f, err := c.facts(t.Context(), site, v, store.Dialog{}, now())
		must(t, err)
		return f
	}
	f := facts(func(v *store.Visitor) {
		v.Language, v.TimeZone, v.Place, v.Country, v.CountryCode = "de-DE", "Europe/Berlin", "Berlin", "Germany", "DE"
		v.System, v.UserAgent = "Chrome 156, Android 14", "Mozilla/5.0 (Linux; Android 14) Mobile Safari"
	})
	if f.Name != "" || f.Language != "de-DE" || f.Zone != "Europe/Berlin" || f.City != "Berlin" || f.CountryCode != "DE" || f.Browser != "Chrome 156" ||
		f.Device != talk.Mobile || f.Visits != 1 || !f.Open || f.Operators != 1 || f.Silent {
		t.Errorf("the bot knows %+v", f)
	}
	if f := facts(func(v *store.Visitor) { v.TimeZone, v.Place, v.Country = "Mars/Olympus", "Germany", "Germany" }); f.Zone != "UTC" || f.City != "" || f.Country != "Germany" {
		t.Errorf("a visitor of a country: %+v", f)
	}
	for name, value := range map[string]string{"name": "  Ann\nLee ", "email": "ann@example.com"} {
		if changed, err := c.setByBot(t.Context(), store.Visitor{ID: c.in.Visitor}, name, value); err != nil || !changed {
			t.Errorf("%s was not set (%v)", name, err)
		}
	}
	for _, tag := range []string{"..", " ", "VIP"} { // what is no tag does not stop the bot
		must(t, c.tagByBot(t.Context(), store.Visitor{ID: c.in.Visitor}, tag, false))
	}
	if tags, err := c.store.Tags(t.Context(), c.in.Visitor); err != nil || len(tags) != 1 || tags[0] != "VIP" {
		t.Errorf("the tags are %q, %v", tags, err)
	}
	site.Widget.Language = config.Russian
	if f := facts(func(*store.Visitor) {}); f.Name != "Ann Lee" || f.Email != "ann@example.com" || f.Language != "ru" {
		t.Errorf("who said its name: %+v", f)
	}
	for agent, want := range map[string]talk.Device{
		"Mozilla/5.0 (iPad; CPU OS 17_0)": talk.Tablet, "Mozilla/5.0 (iPhone; CPU)": talk.Mobile, "Mozilla/5.0 (X11; Linux x86_64)": talk.Desktop,
		"Mozilla/5.0 (Linux; Android 14; SM-X910)": talk.Tablet, "": talk.Desktop,
	} {
		if got := deviceOf(agent); got != want {
			t.Errorf("%q is a %s", agent, got)
		}
	}
}
