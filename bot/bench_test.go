package bot_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"testing/fstest"
	"time"

	"github.com/anteroom-chat/anteroom/bot"
	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// site are 30 chains as a site may have them: keywords in two languages, buttons,
// questions, conditions, variables of their own.
func site(b *testing.B) *chain.Set {
	b.Helper()
	folder := fstest.MapFS{
		"unknown.yaml": {Data: []byte("on: [default]\nsteps:\n  - say: \"I do not know “{{ last_message }}”.\"\n")},
		"person.yaml":  {Data: []byte("on: [person_wanted]\nsteps: [ handoff ]\n")},
	}
	for i := range 28 {
		folder[fmt.Sprintf("topic%02d.yaml", i)] = &fstest.MapFile{Data: fmt.Appendf(nil, `
on:
  - keywords: [topic%[1]d, subject%[1]d, "the matter %[1]d", вопрос%[1]d, тема%[1]d, "дело номер %[1]d"]
  - command: /topic%[1]d
  - event: topic%[1]d
    if: event.total > 10
steps:
  - say: { en: "Hello {{ name ?? 'there' }}! What about topic %[1]d?", ru: "Здравствуйте! Что именно?" }
    buttons:
      - { text: { en: Prices, ru: Цены }, set: { topic%[1]d: prices }, goto: more }
      - { text: { en: Details, ru: Подробности }, set: { topic%[1]d: details }, goto: more }
  - label: more
  - if: 'topic%[1]d == "prices" and "vip" not in tags'
    then: [ { tag: lead }, { set: { visits%[1]d: "{{ visits%[1]d + 1 }}" } } ]
  - ask: Where may we write to you?
    type: email
    save: email
  - say: "We write to {{ email }} about {{ topic%[1]d }}."
`, i)}
	}
	set, faults := chain.Load(folder, chain.Options{})
	if set == nil {
		b.Fatal(faults.Errors())
	}
	return set
}

// BenchmarkTurn is the engine alone: a conversation of five turns, each with its
// state read from JSON and written to it, as the bridge does; the middle of some rounds.
func BenchmarkTurn(b *testing.B) {
	set := site(b)
	facts := talk.Facts{Name: "Anna", Language: "en", Visits: 2, Zone: "Europe/Berlin", Tags: []string{"old"}, Variables: map[string]string{"topic3": "x", "visits3": "7"}}
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	const turns, conversations, rounds = 5, 2000, 5
	size := 0
	for b.Loop() {
		var took []time.Duration
		for range rounds {
			start := time.Now()
			for range conversations {
				size = max(size, converse(b, set, at, facts))
			}
			took = append(took, time.Since(start))
		}
		slices.Sort(took)
		b.ReportMetric(turns*conversations/took[rounds/2].Seconds(), "turns/s")
		b.ReportMetric(rounds, "turns")
	}
	b.ReportMetric(float64(size), "B/state")
	b.ReportMetric(0, "ns/op")
}

// converse is one conversation. It returns the most bytes that its state had.
func converse(b *testing.B, set *chain.Set, at time.Time, facts talk.Facts) (size int) {
	b.Helper()
	kept := []byte("{}")
	for i, e := range [...]talk.Event{
		{Kind: talk.Said, Text: "Good morning, I have a question that nobody has thought of before"},
		{Kind: talk.Said, Text: "What about topic27?"},
		{Kind: talk.Pressed, Text: "Prices", Press: &talk.Press{Step: "topic27#start+1", Text: "Prices"}},
		{Kind: talk.Said, Text: "anna at example"},
		{Kind: talk.Said, Text: "anna@example.com"},
	} {
		var s bot.State
		if err := json.Unmarshal(kept, &s); err != nil {
			b.Fatal(err)
		}
		s, actions := bot.Turn(set, s, talk.Input{ID: "said:" + strconv.Itoa(i), At: at, Event: e, Facts: facts})
		if len(actions) == 0 {
			b.Fatal("nothing was done")
		}
		var err error
		if kept, err = json.Marshal(s); err != nil {
			b.Fatal(err)
		}
		size = max(size, len(kept))
	}
	return size
}
