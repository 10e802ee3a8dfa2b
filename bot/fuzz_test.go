package bot_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// modelled is what a model may answer that has been told what to say.
func modelled(text, value, name string) *talk.Reply {
	r := &talk.Reply{Text: text, Sources: []talk.Source{{Title: value, URL: name}}}
	if text == name {
		r.Failed = talk.Failure(value)
	}
	for _, tool := range []talk.Tool{talk.ToolSet, talk.ToolTag, talk.ToolStart, talk.Tool(text), talk.ToolHand, talk.ToolClose} {
		for _, named := range []string{name, "seats", "likes", "since", "email", "phone"} {
			r.Calls = append(r.Calls, talk.Call{Tool: tool, Name: named, Value: value})
		}
	}
	return r
}

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
		loaded(f, "testdata/assistant/chains", chain.Options{Assistants: []chain.Assistant{
			{Name: "sales", Variables: []string{"plan", "seats", "likes", "since", "email", "phone"}, Tags: []string{"lead"}, HandOver: true, Always: true},
		}}),
	}
	f.Fuzz(func(t *testing.T, text, reply, step string, button int, degrees float64) {
		const slow = time.Minute
		began := time.Now()
		for _, set := range sets {
			facts := talk.Facts{Name: text, Language: reply, Zone: text, Country: step, Visits: button, Variables: map[string]string{"plan": text, "asked": reply, "likes": text, "since": text}}
			kept, n, asked, ordered := []byte("{}"), 0, "", ""
			happens := func(e talk.Event) {
				n++
				in := talk.Input{ID: strconv.Itoa(n), At: time.Date(2026, 12, 1, 9, n, 0, 0, time.UTC), Event: e, Facts: facts}
				var actions []talk.Action
				kept, actions = obey(t, set, kept, in)
				for _, a := range actions {
					if order, ok := a.(talk.Generate); ok {
						ordered = order.ID
					}
					if say, ok := a.(talk.Say); ok && say.Offer != nil && say.Offer.Ask != nil {
						asked = say.Offer.Step
					}
				}
			}
			for _, begin := range []string{"price", "/all", "/tries", "menu", text} {
				happens(talk.Event{Kind: talk.Said, Text: begin})
				happens(talk.Event{Kind: talk.Pressed, Text: text, Press: &talk.Press{Step: step, Button: button, Text: text}})
				happens(talk.Event{Kind: talk.Said, Text: text})
				if ordered != "" {
					happens(talk.Event{Kind: talk.Responded, Request: ordered, Response: &talk.Response{Reply: modelled(text, reply, step)}})
				}
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
