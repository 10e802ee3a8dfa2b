package chain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot/talk"
)

const teas = `
on: [ { keywords: [teas] }, { keywords: [help] } ]
steps:
  - gallery:
      - title: "{{ name ?? 'Green' }} tea"
        text: Fresh
        image: tea.png
        buttons:
          - { text: Order, set: { tea: green } }
          - { text: Read, url: "https://tea.example/green" }
      - title: Black tea
        buttons:
          - { text: Order, set: { tea: black }, tag: dark }
          - { text: No, goto: no }
    otherwise: what
    timeout: 1h
    on_timeout: late
  - say: "Ordered {{ tea }}."
  - end
  - label: what
  - say: What?
  - end
  - label: late
  - say: Still there?
  - end
  - label: no
  - card: { title: "Coffee?", buttons: [ { text: Yes, goto: what } ] }
`

const (
	showsTeas = `Say {"offer":{"step":"main#start+1","cards":[{"title":"Green tea","text":"Fresh","media":{"path":"tea.png","image":true},` +
		`"buttons":[{"text":"Order"},{"text":"Read","url":"https://tea.example/green"}]},{"title":"Black tea","buttons":[{"text":"Order"},{"text":"No"}]}]}}`
	showsCoffee = `Say {"offer":{"step":"main#no+1","cards":[{"title":"Coffee?","buttons":[{"text":"Yes"}]}]}}`
	orderGreen  = "Set {\"name\":\"tea\",\"value\":\"green\"}\nSay {\"text\":\"Ordered green.\"}"
	orderBlack  = "Set {\"name\":\"tea\",\"value\":\"black\"}\nTag {\"tag\":\"dark\"}\nSay {\"text\":\"Ordered black.\"}"
)

func TestCards(t *testing.T) {
	files := folder(teas, map[string]string{"tea.png": "x"})
	begin := input{Event: says("teas"), want: showsTeas}
	for name, more := range map[string][]input{
		"first card":     {{Event: presses("main#start+1", 0, "Order"), want: orderGreen}},
		"second card":    {{Event: presses("main#start+1", 2, "Order"), want: orderBlack}},
		"words":          {{Event: says("order"), want: orderGreen}},
		"moved":          {{Event: presses("main#start+1", 1, "No"), want: showsCoffee}},
		"otherwise":      {{Event: says("hm"), want: "Unmatched {\"text\":\"hm\"}\nSay {\"text\":\"What?\"}"}},
		"keyword":        {{Event: says("help"), want: showsTeas}},
		"timeout":        {{Event: talk.Event{Kind: talk.Tick}, after: time.Hour, want: `Say {"text":"Still there?"}`}},
		"continued":      {{Event: says("hm"), silent: true}, {Event: talk.Event{Kind: talk.Continued}, want: showsTeas}},
		"pressed twice":  {{Event: presses("main#start+1", 2, "Order"), want: orderBlack}, {Event: presses("main#start+1", 0, "Order"), want: orderGreen}},
		"card":           {{Event: says("no"), want: showsCoffee}, {Event: presses("main#no+1", 0, "Yes"), want: `Say {"text":"What?"}`}},
		"card and words": {{Event: says("no"), want: showsCoffee}, {Event: says("hm"), want: "Unmatched {\"text\":\"hm\"}\n" + showsCoffee}},
	} {
		t.Run(name, func(t *testing.T) { play(t, files, append([]input{begin}, more...)) })
	}
}

func TestCardWithoutButtonsDoesNotWait(t *testing.T) {
	play(t, folder("on: [default]\nsteps: [ { card: { title: A, buttons: [ { text: B, url: \"https://b.example\" } ] } }, { say: C } ]", nil), []input{
		{Event: says("x"), want: `Unmatched {"text":"x"}` + "\n" +
			`Say {"offer":{"step":"main#start+1","cards":[{"title":"A","buttons":[{"text":"B","url":"https://b.example"}]}]}}` + "\n" + `Say {"text":"C"}`},
	})
}

func TestBadCards(t *testing.T) {
	refuse(t, map[string]string{"tea.png": "x"}, []bad{
		{"no title", "  - card: { text: a }", "main.yaml:2:11 [missing_key]", `"title"`},
		{"long title", "  - card: { title: " + strings.Repeat("a", 101) + " }", "main.yaml:2:20 [too_long]", "100"},
		{"missing picture", "  - card: { title: a, image: te.png }", "main.yaml:2:30 [missing_file]", `"tea.png"`},
		{"one card", "  - gallery: [ { title: a } ]", "main.yaml:2:5 [bad_gallery]", ""},
		{"eleven cards", "  - gallery: [" + strings.Repeat("{ title: a }, ", 11) + "]", "main.yaml:2:5 [bad_gallery]", ""},
		{"null", "  - gallery: [ { title: a }, { title: b }, ~ ]", "main.yaml:2:44 [no_value]", ""},
		{"no buttons to wait for", "  - card: { title: a }\n    timeout: 1m", "main.yaml:2:5 [nothing_to_wait_for]", ""},
		{"target", "  - card: { title: a, buttons: [ { text: b, goto: c } ] }", "main.yaml:2:51 [unknown_target]", ""},
		{"button", "  - gallery: [ { title: a }, { title: b, buttons: [ { text: c, url: \"javascript:d\" } ] } ]", "main.yaml:2:70 [bad_url]", ""},
		{"null button", "  - card: { title: a, buttons: [ ~ ] }", "main.yaml:2:34 [no_value]", ""},
	})
}
