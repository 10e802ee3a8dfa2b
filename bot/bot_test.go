package bot_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/anteroom-chat/anteroom/bot"
	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

const prices = `
title: Prices
on:
  - keywords: [price, "how much", цена]
  - command: /price
steps:
  - say: "Hello {{ name ?? 'there' }}! Which plan interests you?"
    buttons:
      - { text: Basic, goto: basic }
      - { text: Team, set: { plan: team }, goto: team }
      - { text: Documentation, url: "https://example.com/docs" }
  - label: basic
  - say: "Basic is free."
  - end
  - label: team
  - ask: "Where may we send the offer?"
    type: email
    save: email
    retry: "That does not look like an e-mail address."
    on_fail: basic
  - pause: 2s
  - if: 'plan == "team" and "vip" not in tags'
    then: [ { tag: lead }, { set: { asked: "{{ asked + 1 }}" } } ]
    else: [ { untag: lead } ]
  - say: "Sent to {{ email }}, for the {{ asked }}. time."
`

type conversation struct {
	t     *testing.T
	set   *chain.Set
	state bot.State
	facts talk.Facts
	now   time.Time
	n     int
}

func (c *conversation) does(e talk.Event) string {
	c.t.Helper()
	c.n++
	var actions []talk.Action
	c.state, actions = bot.Turn(c.set, c.state, talk.Input{ID: fmt.Sprint(c.n), At: c.now, Event: e, Facts: c.facts})
	kept, err := json.Marshal(c.state)
	if err != nil {
		c.t.Fatal(err)
	}
	c.state = bot.State{}
	if err := json.Unmarshal(kept, &c.state); err != nil {
		c.t.Fatal(err)
	}
	var lines []string
	for _, a := range actions {
		switch a := a.(type) {
		case talk.Count:
		case talk.Set:
			if c.facts.Variables == nil {
				c.facts.Variables = map[string]string{}
			}
			c.facts.Variables[a.Name] = a.Value
			if a.Name == "email" {
				c.facts.Email = a.Value
			}
			lines = append(lines, fmt.Sprintf("%T%+v", a, a))
		case talk.Say:
			lines = append(lines, a.Text)
		default:
			lines = append(lines, fmt.Sprintf("%T%+v", a, a))
		}
	}
	return strings.Join(lines, "\n")
}

func TestPrices(t *testing.T) {
	set, faults := chain.Load(fstest.MapFS{"prices.yaml": {Data: []byte(prices)}}, chain.Options{})
	for _, f := range faults {
		t.Log(f.Shown())
	}
	if set == nil {
		t.Fatal("no set")
	}
	c := &conversation{t: t, set: set, now: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)}
	for _, step := range []struct {
		e     talk.Event
		later time.Duration
		want  string
	}{
		{e: talk.Event{Kind: talk.Said, Text: "What's the PRICE?"}, want: "Hello there! Which plan interests you?"},
		{e: talk.Event{Kind: talk.Said, Text: "hm"}, want: "talk.Unmatched{Text:hm}\nHello there! Which plan interests you?"},
		{e: talk.Event{Kind: talk.Said, Text: "team"}, want: "talk.Set{Name:plan Value:team}\nWhere may we send the offer?"},
		{e: talk.Event{Kind: talk.Said, Text: "nope"}, want: "That does not look like an e-mail address."},
		{e: talk.Event{Kind: talk.Said, Text: "anna@example.com"}, want: "talk.Set{Name:email Value:anna@example.com}"},
		{e: talk.Event{Kind: talk.Tick}, later: 2 * time.Second, want: "talk.Tag{Tag:lead Off:false}\ntalk.Set{Name:asked Value:1}\nSent to anna@example.com, for the 1. time."},
		{e: talk.Event{Kind: talk.Pressed, Text: "Basic", Press: &talk.Press{Step: "prices#start+1", Text: "Basic"}}, want: "Basic is free."},
		{e: talk.Event{Kind: talk.Said, Text: "thanks"}, want: "talk.Unmatched{Text:thanks}"},
	} {
		c.now = c.now.Add(step.later)
		if got := c.does(step.e); got != step.want {
			t.Errorf("%s %q: got\n%s\nwant\n%s", step.e.Kind, step.e.Text, got, step.want)
		}
	}
}
