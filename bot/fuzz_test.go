package bot_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// FuzzTurn sends hostile things to real chains: whatever a visitor sends, the laws
// of a turn hold, and a turn takes no time worth mentioning.
func FuzzTurn(f *testing.F) {
	for _, text := range []string{
		"hello", "what is the price?", "цена", "/price", "/all", "/tries", "menu", "{{ 1 / 0 }}", "\xff\xfe\x00", "a\u0301\u0301\u0301", "\u202eabc",
		"[Team]", "9999999999999999999999", "2026-02-30", "-0", "1e400", "🏳️‍🌈", "%s%d", "\r\n\t", "стоп",
	} {
		f.Add(text, text, "prices#start+1", 1, 55.75)
	}
	sets := []*chain.Set{
		loaded(f, "testdata/prices/chains", chain.Options{}), loaded(f, "testdata/asks/chains", chain.Options{}),
		loaded(f, "testdata/talks/chains", chain.Options{}), loaded(f, "testdata/words/chains", chain.Options{}),
	}
	f.Fuzz(func(t *testing.T, text, reply, step string, button int, degrees float64) {
		const slow = 5 * time.Second
		began := time.Now()
		for _, set := range sets {
			facts := talk.Facts{Name: text, Language: reply, Zone: text, Country: step, Visits: button, Variables: map[string]string{"plan": text, "asked": reply, "likes": text, "since": text}}
			kept, n, asked := []byte("{}"), 0, ""
			happens := func(e talk.Event) {
				n++
				in := talk.Input{ID: strconv.Itoa(n), At: time.Date(2026, 12, 1, 9, n, 0, 0, time.UTC), Event: e, Facts: facts}
				var actions []talk.Action
				kept, actions = obey(t, set, kept, in)
				for _, a := range actions {
					if say, ok := a.(talk.Say); ok && say.Offer != nil && say.Offer.Ask != nil {
						asked = say.Offer.Step
					}
				}
			}
			for _, begin := range []string{"price", "/all", "/tries", "menu", text} {
				happens(talk.Event{Kind: talk.Said, Text: begin})
				happens(talk.Event{Kind: talk.Pressed, Text: text, Press: &talk.Press{Step: step, Button: button, Text: text}})
				happens(talk.Event{Kind: talk.Said, Text: text})
				happens(talk.Event{Kind: talk.Said, Text: text, Reply: reply, ReplyTo: asked})
				happens(talk.Event{Kind: talk.Said, File: &talk.File{Name: text, Type: reply, Size: int64(button)}})
				happens(talk.Event{Kind: talk.Said, Location: &talk.Location{Latitude: degrees, Longitude: float64(button)}})
			}
			for _, kind := range []talk.Kind{talk.Visited, talk.Happened, talk.Tagged, talk.Changed, talk.Started, talk.Responded, talk.Tick, talk.Kind(text)} {
				happens(talk.Event{Kind: kind, Name: text, Trigger: text, Request: text, Data: map[string]any{"total": degrees, text: reply}})
			}
		}
		if took := time.Since(began); took > slow {
			t.Errorf("that took %s", took)
		}
	})
}
