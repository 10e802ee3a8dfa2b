package chain_test

import (
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot/talk"
)

func TestSkippedQuestion(t *testing.T) {
	files := folder(`
on: [ { keywords: [go] } ]
steps:
  - ask: Number?
    type: number
    save: n
    skip: { en: No thanks, ru: "Нет, спасибо" }
  - say: "[{{ n }}]"
`, nil)
	begin := input{Event: says("go"), want: `Say {"text":"Number?","offer":{"step":"main#start+1","buttons":[{"text":"No thanks"}],"quick":true,"ask":{"type":"number"}}}`}
	play(t, files, []input{begin, {Event: presses("main#start+1", 0, "No thanks"), want: `Say {"text":"[0]"}`}})
	play(t, files, []input{begin, {Event: says("no THANKS"), want: `Say {"text":"[0]"}`}})
	play(t, files, []input{begin, {Event: says("7"), want: "Set {\"name\":\"n\",\"value\":\"7\"}\nSay {\"text\":\"[7]\"}"}})
	play(t, folder("on: [default]\nsteps: [ { ask: A, type: number, save: n, skip: \"{{ name }}\", retry: B }, { say: C } ]", nil), []input{
		{Event: says("a"), want: "Unmatched {\"text\":\"a\"}\nSay {\"text\":\"A\",\"offer\":{\"step\":\"main#start+1\",\"ask\":{\"type\":\"number\"}}}"},
		{Event: says(""), want: `Say {"text":"B","offer":{"step":"main#start+1","ask":{"type":"number"}}}`},
	})
	wish := map[string]string{"person.yaml": "on: [ { person_wanted: { words: [enough] } } ]\nsteps: [ { say: D } ]"}
	play(t, folder("on: [ { keywords: [go] } ]\nsteps: [ { ask: A, save: a, skip: Enough }, { say: C } ]", wish), []input{
		{Event: says("go"), want: `Say {"text":"A","offer":{"step":"main#start+1","buttons":[{"text":"Enough"}],"quick":true,"ask":{"type":"text"}}}`},
		{Event: presses("main#start+1", 0, "Enough"), want: `Say {"text":"C"}`},
		{Event: says("enough"), want: `Say {"text":"D"}`},
	})
	refuse(t, nil, []bad{{"long", "  - ask: a\n    save: b\n    skip: 12345678901234567890123456789012345678901", "main.yaml:4:11 [too_long]", "40"}})
}

// TestChosenWords: what is saved of a choice are the words that the visitor read,
// in the same language for all visitors.
func TestChosenWords(t *testing.T) {
	files := folder(`
on: [ { keywords: [go] } ]
steps:
  - ask: Which?
    type: choice
    choices: [ "The {{ site.shop }}", { ru: Другой, en: Other }, { text: { ru: Нет, en: None }, value: "-" } ]
    many: true
    save: which
`, nil)
	begin := input{Event: says("go"), want: `Say {"text":"Which?","offer":{"step":"main#start+1","ask":{"type":"choice","choices":["The Tea & Co","Other","None"],"many":true}}}`}
	play(t, files, []input{begin, {Event: says("the tea & co"), want: `Set {"name":"which","value":"[\"The Tea \\u0026 Co\"]"}`}})
	play(t, files, []input{begin, {Event: says("other, none"), want: `Set {"name":"which","value":"[\"Other\",\"-\"]"}`}})
}

func TestBadChoices(t *testing.T) {
	refuse(t, nil, []bad{
		{"same words in a language", "  - ask: A\n    save: a\n    type: choice\n    choices: [ { en: Mug, ru: Чашка }, { en: Cup, ru: чашка } ]", "main.yaml:2:5 [bad_question]", "чашка"},
		{"same words in others' language", "  - ask: A\n    save: a\n    type: choice\n    choices: [ { ru: Да }, { en: Yes, ru: Конечно }, \"да\" ]", "main.yaml:2:5 [bad_question]", "да"},
		{"value without words", "  - ask: A\n    save: a\n    type: choice\n    choices: [ { value: a }, b ]", "main.yaml:2:5 [bad_question]\nmain.yaml:5:16 [missing_key]", ""},
	})
}

// TestChoiceOfTheWordText: text is a key, and no more than a word where a text stands.
func TestChoiceOfTheWordText(t *testing.T) {
	play(t, folder("on: [ { keywords: [go] } ]\nsteps: [ { ask: A, type: choice, choices: [ { en: text, ru: текст }, { en: call, ru: звонок } ], save: a } ]", nil), []input{
		{Event: says("go"), want: `Say {"text":"A","offer":{"step":"main#start+1","ask":{"type":"choice","choices":["text","call"]}}}`},
		{Event: says("text"), want: `Set {"name":"a","value":"text"}`},
	})
}

// TestFaultIsToldOnce: words that cannot be computed are told of when they are
// shown, and not again when an answer is held against them.
func TestFaultIsToldOnce(t *testing.T) {
	fault := `Fault {"chain":"main","step":"start+1","code":"expression","text":"A value in \"upper(event.x)\" is missing, or of another type than is needed there."}`
	play(t, folder("on: [ { event: go } ]\nsteps: [ { ask: A, type: choice, choices: [ \"{{ upper(event.x) }}!\", b ], skip: \"{{ upper(event.x) }}?\", save: a } ]", nil), []input{
		{
			Event: talk.Event{Kind: talk.Happened, Name: "go", Data: map[string]any{"x": 1.0}},
			want:  fault + "\n" + fault + "\n" + `Say {"text":"A","offer":{"step":"main#start+1","buttons":[{"text":"?"}],"quick":true,"ask":{"type":"choice","choices":["!","b"]}}}`,
		},
		{Event: says("b"), want: `Set {"name":"a","value":"b"}`},
	})
}

// The form of a question whose time is over is still on the screen: its value is
// no answer to the question that waits now.
func TestFormOfAnotherQuestion(t *testing.T) {
	const second = `Say {"text":"Stars","offer":{"step":"main#start+2","ask":{"type":"rating","max":"5"}}}`
	files := folder("on: [ { keywords: [go] } ]\nsteps:\n"+
		"  - { ask: Colour, type: choice, choices: [red, blue], save: colour, timeout: 1h }\n"+
		"  - { ask: Stars, type: rating, save: stars, retry: Stars }\n"+
		"  - say: \"[{{ colour }}] [{{ stars }}]\"", nil)
	form := func(step, text, value string) talk.Event {
		return talk.Event{Kind: talk.Said, Text: text, Reply: value, ReplyTo: step}
	}
	begin := input{Event: says("go"), want: `Say {"text":"Colour","offer":{"step":"main#start+1","ask":{"type":"choice","choices":["red","blue"]}}}`}
	over := input{Event: talk.Event{Kind: talk.Tick}, after: time.Hour, want: second}
	late := input{Event: form("main#start+1", "blue", "1"), want: second}
	rates := input{
		Event: form("main#start+2", "3 of 5", "3"),
		want:  "Set {\"name\":\"stars\",\"value\":\"3\"}\nRate {\"score\":3,\"of\":5}\nSay {\"text\":\"[] [3]\"}",
	}
	play(t, files, []input{begin, over, late, rates})
	play(t, files, []input{begin, over, {Event: form("main#start+1", "4", "1"), want: "Set {\"name\":\"stars\",\"value\":\"4\"}\nRate {\"score\":4,\"of\":5}\nSay {\"text\":\"[] [4]\"}"}})
	play(t, files, []input{begin, {Event: form("main#start+1", "blue", "1"), want: "Set {\"name\":\"colour\",\"value\":\"blue\"}\n" + second}})
}
