package desk

import (
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// What a visitor filled in and rated reads well in both languages, and is text whatever it contains.
func TestFormsAndRatingsReadWell(t *testing.T) {
	form := []dialog.Answered{
		{Field: config.FormField{Type: config.FieldName}, Shown: "Ann <b>Tea</b>"},
		{Field: config.FormField{Type: config.FieldPhone}, Shown: "+442079460000"},
		{Field: config.FormField{Type: config.FieldEmail, Label: config.Text{config.English: "Your address:", config.Russian: "Ваш адрес:"}}, Shown: "ann@example.com"},
		{Field: config.FormField{Type: config.FieldSelect, Name: "topic", Label: config.Text{"": "What is it about?"}}, Shown: "- {label} **order**"},
		{Field: config.FormField{Type: config.FieldCheckbox, Name: "news", Label: config.Text{config.Arabic: "أخبار"}}, Shown: "✓"},
	}
	ratings := []dialog.Rated{
		{Rating: store.Rating{Score: 4, Of: 5}, Word: "- Quick & <b>kind</b>\n\nbut {rating}"},
		{Rating: store.Rating{Score: 1, Of: 5}, Again: true},
		{Rating: store.Rating{Score: 1, Of: 1}},
		{Rating: store.Rating{Score: 0, Of: 1}, Again: true, Word: "no"},
		{Rating: store.Rating{Score: 0, Of: 1}, Again: true, Same: true, Word: "no, and why"},
		{Rating: store.Rating{Score: 0, Of: 1}, Again: true, Same: true},
	}
	for _, language := range []config.Language{config.English, config.Russian} {
		d, site := testDesk(language)
		golden(t, "form_"+string(language), d.Filled(site, form))
		golden(t, "form_empty_"+string(language), d.Filled(site, nil))
		var all markup.Text
		for _, r := range ratings {
			all = markup.Lines(all, d.Rated(site, r))
		}
		golden(t, "ratings_"+string(language), all)
		golden(t, "wanted_"+string(language), d.say(site, handedOff, markup.Values{"name": "Ann", "number": "3", "room": "https://matrix.to/#/x", "reason": d.word(site, handWanted), "stop": "."}))
	}
}

// What a visitor says to its rating later is told as what it is: more, nothing any more, or
// another rating.
func TestAWordToARatingIsTakenBack(t *testing.T) {
	d, site, v, _, _ := hooked(t)
	in, closed := toRate(t, d, site, v)
	for _, c := range []struct {
		client     chat.ClientID
		score      int64
		word, want string
	}{
		{"rating-01", 3, "", "The visitor rated the dialog: ★★★☆☆ 3/5"},
		{"rating-02", 3, "Slow", "The visitor said more to the rating: ★★★☆☆ 3/5\n“Slow”"},
		{"rating-03", 3, " ", "The visitor took back the word to the rating: ★★★☆☆ 3/5"},
		{"rating-04", 4, "", "The visitor changed the rating: ★★★★☆ 4/5"},
	} {
		if e, err := d.dialog.Rate(t.Context(), in, c.client, closed, c.score, c.word); err != nil || e.Content.Text != c.want {
			t.Errorf("%s: %q (%v)", c.client, e.Content.Text, err)
		}
	}
}

// toRate closes the dialog of a visitor, who can rate it then.
func toRate(t *testing.T, d *Desk, site *config.Site, v chat.VisitorID) (in dialog.Session, closed time.Time) {
	t.Helper()
	site.Widget.Rating = config.RateStars
	in, err := d.dialog.Enter(t.Context(), site.ID, strings.Repeat("s", 43), store.Device{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.dialog.Close(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	flow, err := d.dialog.Flow(t.Context(), in)
	if err != nil || flow.Rate == nil {
		t.Fatalf("there is nothing to rate: %+v (%v)", flow, err)
	}
	return in, flow.Rate.Closed
}
