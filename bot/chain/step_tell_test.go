package chain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot/talk"
)

func TestTellingOthers(t *testing.T) {
	play(t, folder(`
on: [ { keywords: [go] } ]
steps:
  - note: "Wants {{ last_message }}"
  - note: "{{ name }}"
  - alert: "Hot: {{ last_message }}"
  - alert: { text: { en: Now, ru: Сейчас }, notify: [mention, email] }
  - alert: { en: Both, ru: Оба }
  - webhook: { event: lead, data: { text: "{{ last_message }}", visits: "{{ visits }}", tags: [a, b], yes: true, at: "{{ now }}", sum: "n{{ visits }}", none: "{{ 1 / 0 }}" } }
  - webhook: { event: bare }
  - channels:
      say: Elsewhere
      links: { Telegram: "https://t.me/shop", "Call us": "tel:+123", Mail: "mailto:a@b.example?subject={{ last_message }}" }
  - channels: { links: { VK: "https://vk.example/shop" } }
`, nil), []input{{Event: says("go"), want: `
Note {"text":"Wants go"}
Alert {"text":"Hot: go"}
Alert {"text":"Now","notify":["mention","email"]}
Alert {"text":"Both"}
Emit {"name":"lead","data":{"at":"2026-11-26T12:00:00Z","none":null,"sum":"n1","tags":["a","b"],"text":"go","visits":1,"yes":true}}
Emit {"name":"bare"}
Say {"text":"Elsewhere","offer":{"step":"main#start+8","buttons":[{"text":"Telegram","url":"https://t.me/shop"},{"text":"Call us","url":"tel:+123"},{"text":"Mail","url":"mailto:a@b.example?subject=go"}]}}
Say {"offer":{"step":"main#start+9","buttons":[{"text":"VK","url":"https://vk.example/shop"}]}}`}})
}

func TestEventsStartOtherChains(t *testing.T) {
	state := play(t, folder(`
on: [ { keywords: [go] } ]
variables: { day: date }
steps:
  - event: { name: ordered, data: { what: "{{ last_message }}", n: "{{ visits + 1 }}", list: [a, b], day: "{{ day }}" } }
  - event: heard
  - say: First
`, map[string]string{
		"other.yaml": "on: [ { event: ordered } ]\nsteps: [ { say: \"{{ event.what }} {{ event.n + 1 }} {{ 'b' in event.list }} {{ event.day ?? '-' }}\" }, { pause: 1m }, { say: \"{{ event.what }} {{ len(event.list) }}\" } ]",
		"heard.yaml": "on: [ { event: heard, if: visits > 1 } ]\nsteps: [ { say: Never } ]",
	}), []input{
		{Event: says("go"), want: "Say {\"text\":\"First\"}\nSay {\"text\":\"go 3 true -\"}"},
		{Event: talk.Event{Kind: talk.Tick}, after: time.Minute, want: `Say {"text":"go 2"}`},
	})
	if len(state.Runs) > 0 {
		t.Errorf("%+v", state.Runs)
	}
}

func TestEventsWithoutEndAreStopped(t *testing.T) {
	play(t, folder("on: [ { keywords: [go] }, { event: go } ]\nsteps: [ { event: go } ]", nil), []input{
		{Event: says("go"), want: `Fault {"chain":"","code":"endless","text":"Chains start one another without end by events, the last one is \"go\"; they were stopped."}`},
	})
}

func TestSubscribing(t *testing.T) {
	play(t, folder(`
on: [ { keywords: [in] } ]
steps: [ subscribe, { say: "{{ subscribed }}" } ]
`, map[string]string{
		"out.yaml":   "on: [ { keywords: [out] } ]\nsteps: [ unsubscribe: {}, { say: \"{{ subscribed }}\" } ]",
		"later.yaml": "on: [ { subscribed: 1h } ]\nsteps: [ { say: Later } ]",
	}), []input{
		{Event: says("out"), want: `Say {"text":"false"}`},
		{Event: talk.Event{Kind: talk.Tick}, after: 2 * time.Hour},
		{Event: says("in"), want: `Say {"text":"true"}`},
		{Event: says("in"), after: 30 * time.Minute, want: `Say {"text":"true"}`},
		{Event: talk.Event{Kind: talk.Tick}, after: 29 * time.Minute},
		{Event: talk.Event{Kind: talk.Tick}, after: time.Minute, want: `Say {"text":"Later"}`},
	})
}

func TestBadTelling(t *testing.T) {
	refuse(t, map[string]string{"other.yaml": "on: [ { event: ordered } ]\nsteps: [ end ]"}, []bad{
		{"note", "  - note: \"{{ nmae }}\"", "main.yaml:2:15 [bad_expression]", `"name"`},
		{"empty note", "  - note: \"\"", "main.yaml:2:12 [empty_text]", ""},
		{"long alert", "  - alert: " + strings.Repeat("a", 501), "main.yaml:2:12 [too_long]", "500"},
		{"alert without text", "  - alert: { notify: [email] }", "main.yaml:2:12 [missing_key]", ""},
		{"alert by", "  - alert: { text: a, notify: [mail] }", "main.yaml:2:32 [unknown_word]", `"email"`},
		{"webhook", "  - webhook: { data: { a: b } }", "main.yaml:2:14 [missing_key]", `"event"`},
		{"webhook's data", "  - webhook: { event: a, data: { a: \"{{ nmae }}\" } }", "main.yaml:2:41 [bad_expression]", ""},
		{"event", "  - event: { data: { a: b } }", "main.yaml:2:12 [missing_key]", `"name"`},
		{"long event", "  - event: " + strings.Repeat("a", 65), "main.yaml:2:12 [bad_event]\nmain.yaml:2:12 [unheard_event]", ""},
		{"unheard event", "  - event: orderd", "main.yaml:2:12 [unheard_event]", `(did you mean "ordered"?)`},
		{"event's data", "  - event: { name: ordered, data: { a-b: c } }", "main.yaml:2:42 [bad_variable]", "event.KEY"},
		{"links", "  - channels: { say: a }", "main.yaml:2:15 [missing_key]", `"links"`},
		{"no links", "  - channels: { links: {} }", "main.yaml:2:5 [no_links]", ""},
		{"link", "  - channels: { links: { A: \"javascript:b\" } }", "main.yaml:2:29 [bad_url]", ""},
		{"empty link", "  - channels: { links: { A: \"\" } }", "main.yaml:2:29 [bad_url]", ""},
		{"null links", "  - channels: { links: }", "main.yaml:2:24 [not_a_mapping]", ""},
		{"event without a name", "  - event: \"\"", "main.yaml:2:13 [bad_event]", ""},
		{"null event", "  - event:", "main.yaml:2:11 [not_a_value]", ""},
		{"link twice", "  - channels: { links: { A: \"https://a.example\", A: \"https://b.example\" } }", "main.yaml:2:50 [key_twice]", ""},
		{"subscribe", "  - subscribe: yes", "main.yaml:2:16 [not_a_mapping]", ""},
		{"two", "  - note: a\n    alert: b", "main.yaml:3:5 [two_steps]", ""},
	})
}
