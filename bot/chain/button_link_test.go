package chain_test

import (
	"testing"

	"github.com/anteroom-chat/anteroom/bot/talk"
)

// TestLinksKeepValuesAsValues: what a visitor wrote cannot become a part of a link.
func TestLinksKeepValuesAsValues(t *testing.T) {
	for link, want := range map[string]string{
		"https://shop.example/?q={{ last_message }}&a=b":          "https://shop.example/?q=a%2Bb%40x%20%26%20%231&a=b",
		"{{ site.crm }}/{{ last_message }}":                       "https://crm.example/v2/a%2Bb%40x%20%26%20%231",
		"mailto:{{ last_message }}?subject={{ last_message }}&cc": "mailto:a%2Bb@x%20%26%20%231?subject=a%2Bb@x%20%26%20%231&cc",
		"mailto:{{ site.host }}@shop.example":                     "mailto:crm.example@shop.example",
		"https://a.example{{ visits > 0 ? '/ru' : '' }}/x":        "https://a.example/ru/x",
		"{{ site.crm }}/{{ visits > 0 ? 'a/b?' : '' }}x":          "https://crm.example/v2/a/b?x",
		"tel:{{ last_message }}":                                  "tel:a+b%40x%20%26%20%231",
	} {
		play(t, folder("on: [ { keywords: [x] } ]\nsteps: [ { say: A, buttons: [ { text: B, url: \""+link+"\" } ] } ]", nil), []input{
			{Event: talk.Event{Kind: talk.Said, Text: "a+b@x & #1"}, want: `Say {"text":"A","offer":{"step":"main#start+1","buttons":[{"text":"B","url":"` + want + `"}]}}`},
		})
	}
}

func TestBadLinks(t *testing.T) {
	refuse(t, nil, []bad{
		{"host of a value", "  - say: A\n    buttons: [ { text: B, url: \"https://{{ last_message }}\" } ]", "main.yaml:3:41 [host_from_value]", "host"},
		{"host goes on with a value", "  - channels: { links: { A: \"https://a.example{{ last_message }}\" } }", "main.yaml:2:47 [host_from_value]", "host"},
		{"host of a choice", "  - say: A\n    buttons: [ { text: B, url: \"https://a{{ visits > 0 ? '/' : '.' }}b/\" } ]", "main.yaml:3:42 [host_from_value]", "host"},
		{"expression", "  - channels: { links: { A: \"tel:{{ nmae }}\" } }", "main.yaml:2:37 [bad_expression]", `"name"`},
	})
}
