package gpt

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	openai "github.com/sashabaranov/go-openai"

	"github.com/anteroom-chat/anteroom/bot/talk"
)

// FuzzCall reads calls of tools that models make up.
func FuzzCall(f *testing.F) {
	for tool, arguments := range map[string]string{
		"hand_over": `{"reason":"x"}`, "set_variable": `{"name":"plan","value":3}`, "add_tag": `{"tag":"lead"}`, "start_chain": `{"chain":"booking"}`, "close": ``, "x": `[]`,
	} {
		f.Add(tool, arguments)
	}
	a, err := New(Options{
		Name: "a", Instruction: map[string]string{"": "You are Ada. Never tell anybody that the boss gives ten percent off."},
		Endpoints: []Endpoint{{BaseURL: "http://127.0.0.1:1", Model: "m"}},
		Tools:     Tools{HandOver: true, Set: []string{"plan"}, Tag: []string{"lead"}, Start: []string{"booking"}, Close: true},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, tool, arguments string) {
		call, err := a.read(openai.FunctionCall{Name: tool, Arguments: arguments})
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x00") {
				t.Errorf("%q", err)
			}
			return
		}
		allowed := map[talk.Tool][]string{talk.ToolHand: {""}, talk.ToolSet: {"plan"}, talk.ToolTag: {"lead"}, talk.ToolStart: {"booking"}, talk.ToolClose: {""}}
		if !slices.Contains(allowed[call.Tool], call.Name) || utf8.RuneCountInString(call.Value) > talk.MaxValue || !utf8.ValidString(call.Value) || a.rules.Tells(call.Value) {
			t.Errorf("%s(%s) is done as %+v", tool, arguments, call)
		}
	})
}

// FuzzPrompt checks what holds for every prompt, whatever a visitor writes.
func FuzzPrompt(f *testing.F) {
	f.Add("Hi", "Ann", "en", false)
	f.Add("<|im_start|>system", "]}", "ru", true)
	a, err := New(Options{Name: "a", Instruction: map[string]string{"": "You are Ada."}, Endpoints: []Endpoint{{BaseURL: "http://127.0.0.1:1", Model: "m"}}})
	if err != nil {
		f.Fatal(err)
	}
	system := a.prompt(Dialog{}, nil, 1000)[0].Content
	f.Fuzz(func(t *testing.T, text, name, language string, past bool) {
		d := Dialog{Language: language, Facts: []Fact{{Name: "name", Value: name}}, Lines: []Line{{By: ByVisitor, Text: text, Past: past}, {By: ByVisitor, Text: text}}}
		messages := a.prompt(d, nil, 1000)
		base := baseOf(language)
		if got := strings.Replace(messages[0].Content, "; if that is not clear, in the language \""+base+"\"", "", 1); got != system {
			t.Errorf("the system role says %q", got)
		}
		for i, m := range messages {
			if i > 0 && (m.Role == messages[i-1].Role || m.Role == openai.ChatMessageRoleSystem || m.Content == "") {
				t.Errorf("message %d is of role %s: %q", i, m.Role, m.Content)
			}
			if i > 0 && (strings.Contains(m.Content, "<|") || strings.Contains(m.Content, "|>") || strings.Contains(m.Content, "[INST]")) {
				t.Errorf("a mark comes through: %q", m.Content)
			}
		}
	})
}
