package chain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

const order = `
on: [ { keywords: [order] } ]
variables: { total: number, paid: boolean, items: list }
steps:
  - ask: Which order?
    save: number
  - request:
      url: "https://crm.example/orders/{{ number }}?shop={{ site.shop }}&key={{ secret.TOKEN }}"
      headers: { Authorization: "Bearer {{ secret.TOKEN }}", X-For: "{{ number }}" }
      save: { id: .id, total: .sum.total, paid: .paid, items: .items, first: ".items[0]", whole: . }
      timeout: 5s
      on_error: failed
  - say: "{{ id }} {{ total + 1 }} {{ paid ? 'paid' : 'open' }} {{ join(items, '+') }} {{ first }}"
  - end
  - label: failed
  - say: "Sorry ({{ response.status }})."
`

const asksOrder = `Say {"text":"Which order?","offer":{"step":"main#start+1","ask":{"type":"text"}}}`

const ordered = `Set {"name":"number","value":"../7?a=b\nc"}
Request {"id":"i2:1","method":"GET","url":[{"text":"https://crm.example/orders/..%2F7%3Fa%3Db%0Ac?shop=Tea%20%26%20Co&key="},{"secret":"TOKEN","as":"url"}],` +
	`"headers":{"Authorization":[{"text":"Bearer "},{"secret":"TOKEN"}],"X-For":[{"text":"../7?a=b c"}]},"timeout":5000000000}`

func TestRequest(t *testing.T) {
	asked := []input{{Event: says("order"), want: asksOrder}, {Event: says("../7?a=b\nc"), want: ordered}}
	for name, more := range map[string][]input{
		"answered": {
			{Event: responds("other", talk.Response{Status: 200, Body: `{}`})},
			{Event: responds("i2:1", talk.Response{Status: 200, Body: `{"id": 12345678901234567890, "sum": {"total": 9.5}, "paid": true, "items": ["tea", 2, {"a": "<"}]}`}), want: `
Set {"name":"id","value":"12345678901234567890"}
Set {"name":"total","value":"9.5"}
Set {"name":"paid","value":"true"}
Set {"name":"items","value":"[\"tea\",\"2\",\"{\\\"a\\\":\\\"\\u003c\\\"}\"]"}
Set {"name":"first","value":"tea"}
Set {"name":"whole","value":"{\"id\":12345678901234567890,\"items\":[\"tea\",2,{\"a\":\"<\"}],\"paid\":true,\"sum\":{\"total\":9.5}}"}
Say {"text":"12345678901234567890 10.5 paid tea+2+{\"a\":\"<\"} tea"}`},
			{Event: responds("i2:1", talk.Response{Status: 200, Body: `{}`})},
		},
		"something is missing": {
			{Event: responds("i2:1", talk.Response{Status: 201, Body: `{"id": "a\u0000b", "sum": {"total": "many"}, "paid": false, "items": [], "bell": "\u0007"}`}), want: `
Set {"name":"id","value":"ab"}
Fault {"chain":"main","step":"start+2","code":"not_in_answer","text":"The answer has no value for the variable total at .sum.total: \"many\" is not a number."}
Set {"name":"total","value":""}
Set {"name":"paid","value":"false"}
Set {"name":"items","value":"[]"}
Fault {"chain":"main","step":"start+2","code":"not_in_answer","text":"The answer has no value for the variable first at .items[0]: there is nothing at that place."}
Set {"name":"first","value":""}
Set {"name":"whole","value":"{\"bell\":\"\\u0007\",\"id\":\"a\\u0000b\",\"items\":[],\"paid\":false,\"sum\":{\"total\":\"many\"}}"}
Say {"text":"ab 1 open  "}`},
		},
		"null": {
			{Event: responds("i2:1", talk.Response{Status: 200, Body: `{"id": null, "sum": {"total": null}, "paid": null, "items": [null]}`}), want: `
Set {"name":"id","value":""}
Set {"name":"total","value":""}
Set {"name":"paid","value":""}
Set {"name":"items","value":"[\"\"]"}
Set {"name":"first","value":""}
Set {"name":"whole","value":"{\"id\":null,\"items\":[null],\"paid\":null,\"sum\":{\"total\":null}}"}
Say {"text":" 1 open  "}`},
		},
		"refused": {
			{Event: responds("i2:1", talk.Response{Status: 404, Body: `{}`}), want: `Say {"text":"Sorry (404)."}`},
		},
		"broken": {
			{Event: responds("i2:1", talk.Response{Status: 503}), want: `
Fault {"chain":"main","step":"start+2","code":"request_failed","text":"The request was answered with the status 503."}
Say {"text":"Sorry (503)."}`},
		},
		"not answered": {
			{Event: responds("i2:1", talk.Response{Fault: "crm.example does not answer."}), want: `
Fault {"chain":"main","step":"start+2","code":"request_failed","text":"The request failed: crm.example does not answer."}
Say {"text":"Sorry (0)."}`},
		},
		"not JSON": {
			{Event: responds("i2:1", talk.Response{Status: 200, Body: "<html>"}), want: `
Fault {"chain":"main","step":"start+2","code":"request_failed","text":"The answer is not JSON."}
Say {"text":"Sorry (200)."}`},
		},
		"two pieces": {
			{Event: responds("i2:1", talk.Response{Status: 200, Body: "{} {}"}), want: `
Fault {"chain":"main","step":"start+2","code":"request_failed","text":"The answer is more than one piece of JSON."}
Say {"text":"Sorry (200)."}`},
		},
		"too large": {
			{Event: responds("i2:1", talk.Response{Status: 200, Body: strings.Repeat(" ", chain.MaxResponse) + "1"}), want: `
Fault {"chain":"main","step":"start+2","code":"request_failed","text":"The answer is larger than 64 KiB."}
Say {"text":"Sorry (200)."}`},
		},
		"lost": {
			{Event: talk.Event{Kind: talk.Tick}, after: 5 * time.Minute},
			{Event: talk.Event{Kind: talk.Tick}, after: 5 * time.Second, want: `
Fault {"chain":"main","step":"start+2","code":"request_failed","text":"The request failed: there was no answer in time."}
Say {"text":"Sorry (0)."}`},
			{Event: responds("i2:1", talk.Response{Status: 404})},
		},
		"an operator takes the dialog meanwhile": {
			{Event: talk.Event{Kind: talk.Tick}, silent: true},
			{Event: responds("i2:1", talk.Response{Status: 404}), silent: true},
			{Event: talk.Event{Kind: talk.Tick}, after: time.Hour},
			{Event: talk.Event{Kind: talk.Continued}, want: `Say {"text":"Sorry (404)."}`},
		},
		"an operator gives the dialog back before the answer": {
			{Event: talk.Event{Kind: talk.Tick}, silent: true},
			{Event: talk.Event{Kind: talk.Continued}},
			{Event: responds("i2:1", talk.Response{Status: 404}), want: `Say {"text":"Sorry (404)."}`},
		},
		"an operator answers meanwhile": {
			{Event: talk.Event{Kind: talk.Answered}, silent: true},
			{Event: responds("i2:1", talk.Response{Status: 404})},
		},
	} {
		t.Run(name, func(t *testing.T) { play(t, folder(order, nil), append(asked[:2:2], more...)) })
	}
}

func TestRequestTypesWhileItWaits(t *testing.T) {
	state := play(t, folder(order, nil), []input{{Event: says("order"), want: asksOrder}, {Event: says("../7?a=b\nc"), want: ordered}})
	if due := state.Due(); !state.Typing() || !due.Equal(time.Date(2026, 11, 26, 12, 5, 5, 0, time.UTC)) {
		t.Errorf("typing %v, due %v", state.Typing(), due)
	}
}

func TestRequestsBodies(t *testing.T) {
	for name, test := range map[string]struct{ request, want string }{
		"json": {
			`json: { text: "{{ last_message }}", n: "{{ visits }}", s: "v{{ visits }}", deep: [ { yes: true, no: null, "a\"b": 1.5 } ], none: [], "empty": {}, key: "x{{ secret.TOKEN }}", when: "{{ now }}", tags: "{{ tags }}" }`,
			`{"id":"i1:1","method":"POST","url":[{"text":"https://crm.example/"}],"body":[{"text":"{\"text\":\"a\\\"\\n&<\",\"n\":1,\"s\":\"v1\",\"deep\":[{\"yes\":true,\"no\":null,\"a\\\"b\":1.5}],\"none\":[],\"empty\":{},\"key\":\"x"},` +
				`{"secret":"TOKEN","as":"json"},{"text":"\",\"when\":\"2026-11-26T12:00:00Z\",\"tags\":[]}"}],"type":"application/json","timeout":10000000000}`,
		},
		"form": {
			`{ form: { a b: "{{ last_message }}", list: [x, "y&z"], key: "{{ secret.TOKEN }}!", n: 5 }, method: PUT }`,
			`{"id":"i1:1","method":"PUT","url":[{"text":"https://crm.example/"}],"body":[{"text":"a%20b=a%22%0A%26%3C&key="},{"secret":"TOKEN","as":"url"},{"text":"%21&list=x&list=y%26z&n=5"}],"type":"application/x-www-form-urlencoded","timeout":10000000000}`,
		},
		"body": {
			`body: "{{ last_message }} {{ secret.TOKEN }}"`,
			`{"id":"i1:1","method":"POST","url":[{"text":"https://crm.example/"}],"body":[{"text":"a\"\n&< "},{"secret":"TOKEN"}],"type":"text/plain; charset=utf-8","timeout":10000000000}`,
		},
		"body with a type": {
			`{ body: "<a/>", headers: { content-type: text/xml }, timeout: 1m }`,
			`{"id":"i1:1","method":"POST","url":[{"text":"https://crm.example/"}],"headers":{"content-type":[{"text":"text/xml"}]},"body":[{"text":"<a/>"}],"timeout":60000000000}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			request := strings.TrimSuffix(strings.TrimPrefix(test.request, "{ "), " }")
			if !strings.HasPrefix(test.request, "{ ") {
				request = test.request
			}
			play(t, folder("on: [default]\nsteps: [ { request: { url: \"https://crm.example/\", "+request+" } } ]", nil), []input{
				{Event: says("a\"\n&<"), want: "Unmatched {\"text\":\"a\\\"\\n&<\"}\nRequest " + test.want},
				{Event: responds("i1:1", talk.Response{Status: 204})},
			})
		})
	}
}

func TestRequestsURLs(t *testing.T) {
	for url, want := range map[string]string{
		"{{ site.crm }}/{{ last_message }}":                  `[{"text":"https://crm.example/v2/"}]`, // ".." is left out
		"https://{{ site.host }}/a{{ last_message }}":        `[{"text":"https://crm.example/a"}]`,
		"{{ secret.BASE }}/a?b={{ visits }}":                 `[{"secret":"BASE"},{"text":"/a?b=1"}]`,
		"http://crm.example:8080?{{ site.crm }}":             `[{"text":"http://crm.example:8080?https%3A%2F%2Fcrm.example%2Fv2"}]`,
		"https://{{ secret.BASE }}.example/{{secret.TOKEN}}": `[{"text":"https://"},{"secret":"BASE"},{"text":".example/"},{"secret":"TOKEN","as":"url"}]`,
	} {
		play(t, folder("on: [default]\nsteps: [ { request: { url: \""+url+"\" } } ]", nil), []input{
			{Event: says(".."), want: "Unmatched {\"text\":\"..\"}\nRequest " + `{"id":"i1:1","method":"GET","url":` + want + `,"timeout":10000000000}`},
		})
	}
}

func TestSecretsAreWrittenAsTheirPlacesNeed(t *testing.T) {
	text, missing := talk.Spliced{
		{Text: "a="}, {Secret: "KEY", As: talk.AsURL}, {Text: `&"`}, {Secret: "KEY", As: talk.AsJSON}, {Text: `"`}, {Secret: "KEY"}, {Secret: "NONE"},
	}.Join(map[string]string{"KEY": "a +\"\n"})
	if want := "a=a%20%2B%22%0A&\"a +\\\"\\n\"a +\"\n"; text != want || strings.Join(missing, " ") != "NONE" {
		t.Errorf("got %q, missing %q", text, missing)
	}
}

func TestBadRequests(t *testing.T) {
	refuse(t, nil, []bad{
		{"host of a value", `  - request: { url: "https://{{ last_message }}.example/" }`, "main.yaml:2:30 [host_from_value]", "secret"},
		{"host goes on with a value", `  - request: { url: "https://crm.example{{ last_message }}" }`, "main.yaml:2:41 [host_from_value]", ""},
		{"constant goes on with a value", `  - request: { url: "https://{{ site.host }}{{ last_message }}/" }`, "main.yaml:2:45 [host_from_value]", ""},
		{"secret goes on with a value", `  - request: { url: "{{ secret.BASE }}{{ last_message }}/" }`, "main.yaml:2:39 [host_from_value]", ""},
		{"secret scheme", `  - request: { url: "{{ secret.BASE }}//{{ last_message }}/" }`, "main.yaml:2:22 [bad_url]", ""},
		{"no scheme", `  - request: { url: "crm.example/{{ last_message }}" }`, "main.yaml:2:34 [host_from_value]", ""},
		{"other scheme", `  - request: { url: "ftp://crm.example/" }`, "main.yaml:2:22 [bad_url]", ""},
		{"user and password", `  - request: { url: "https://a:b@crm.example/" }`, "main.yaml:2:22 [bad_url]", "password"},
		{"port", `  - request: { url: "https://crm.example:http/" }`, "main.yaml:2:22 [bad_url]", ""},
		{"spaces", `  - request: { url: "https://crm.example/a b" }`, "main.yaml:2:22 [bad_url]", ""},
		{"no url", `  - request: { method: GET }`, "main.yaml:2:14 [missing_key]", ""},
		{"unknown secret", "  - request:\n      url: https://crm.example/\n      headers: { A: \"b {{ secret.TOKEM }}\" }", "main.yaml:4:26 [bad_expression]", "TOKEM"},
		{"secret elsewhere", `  - say: "{{ secret.TOKEN }}"`, "main.yaml:2:14 [bad_expression]", "secret"},
		{"unknown variable", "  - request:\n      url: https://crm.example/\n      json:\n        a: [ { b: \"{{ nmae }}\" } ]", "main.yaml:5:23 [bad_expression]", `"name"`},
		{"unknown variable in a form", `  - request: { url: "https://crm.example/", form: { a: "{{ nmae }}" } }`, "main.yaml:2:60 [bad_expression]", `"name"`},
		{"no value in a form", `  - request: { url: "https://crm.example/", form: { a: } }`, "main.yaml:2:56 [no_value]", ""},
		{"two bodies", `  - request: { url: "https://crm.example/", form: { a: b }, body: c }`, "main.yaml:2:5 [two_bodies]", ""},
		{"body of GET", `  - request: { url: "https://crm.example/", method: GET, body: c }`, "main.yaml:2:5 [body_of_get]", ""},
		{"method", `  - request: { url: "https://crm.example/", method: POTS }`, "main.yaml:2:53 [unknown_word]", `"POST"`},
		{"our header", `  - request: { url: "https://crm.example/", headers: { host: c } }`, "main.yaml:2:62 [bad_header]", ""},
		{"bad header", `  - request: { url: "https://crm.example/", headers: { "a b": c } }`, "main.yaml:2:63 [bad_header]", ""},
		{"timeout", `  - request: { url: "https://crm.example/", timeout: 2m }`, "main.yaml:2:5 [bad_timeout]", ""},
		{"path", `  - request: { url: "https://crm.example/", save: { a: "items[0]" } }`, "main.yaml:2:56 [bad_path]", ""},
		{"variable", `  - request: { url: "https://crm.example/", save: { place: .a } }`, "main.yaml:2:53 [reserved_variable]", ""},
		{"variable's name", `  - request: { url: "https://crm.example/", save: { "a b": .a } }`, "main.yaml:2:53 [bad_variable]", ""},
		{"target", `  - request: { url: "https://crm.example/", on_error: nowhere }`, "main.yaml:2:55 [unknown_target]", ""},
		{"key", `  - request: { url: "https://crm.example/", header: { a: b } }`, "main.yaml:2:45 [unknown_key]", `"headers"`},
		{"anchor", `  - request: { url: "https://crm.example/", json: { a: &x 1, b: *x } }`, "main.yaml:2:56 [anchor]\nmain.yaml:2:65 [anchor]", ""},
	})
}

// TestLongValues are cut where they can be, and the operators are told.
func TestLongValues(t *testing.T) {
	list := strings.Repeat(`"abcdefgh",`, 500)
	kept := strings.Repeat(`\"abcdefgh\",`, 90)
	play(t, folder(`
on: [ { keywords: [go] } ]
variables: { l: list }
steps:
  - request: { url: "https://crm.example/", save: { l: .l, t: .t } }
  - say: "{{ len(l) }} {{ len(t) }}"
`, nil), []input{
		{Event: says("go"), want: `Request {"id":"i1:1","method":"GET","url":[{"text":"https://crm.example/"}],"timeout":10000000000}`},
		{Event: responds("i1:1", talk.Response{Status: 200, Body: `{"l":[` + strings.TrimSuffix(list, ",") + `],"t":"` + strings.Repeat("ж", 1001) + `"}`}), want: `
Fault {"chain":"main","step":"start+1","code":"value_too_long","text":"The value for the variable l has more than 1000 characters, and only its beginning was kept."}
Set {"name":"l","value":"[` + strings.TrimSuffix(kept, ",") + `]"}
Fault {"chain":"main","step":"start+1","code":"value_too_long","text":"The value for the variable t has more than 1000 characters, and only its beginning was kept."}
Set {"name":"t","value":"` + strings.Repeat("ж", 1000) + `"}
Say {"text":"90 1000"}`},
	})
}
