package gpt

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	openai "github.com/sashabaranov/go-openai"
)

// use does what the tools of a round are for, and reports whether the answer is over.
func (t *turn) use(ctx context.Context, answer said) (over bool) {
	message := openai.ChatCompletionMessage{Role: openai.ChatMessageRoleAssistant, Content: answer.text}
	var results []openai.ChatCompletionMessage
	kept, ended := 0, false
	for i, call := range answer.calls {
		if call.ID == "" {
			call.ID = fmt.Sprintf("call_%d", i+1)
		}
		message.ToolCalls = append(message.ToolCalls, call)
		result := "Done."
		if call.Function.Name == toolSearch && t.a.searches {
			result = t.lookUp(ctx, call.Function.Arguments)
		} else if wanted, err := t.a.read(call.Function); err != nil {
			t.decline(fmt.Sprintf("It called %s: %s.", toolName(call.Function.Name), err))
			result = "Refused: " + err.Error() + "."
		} else {
			if !slices.Contains(t.calls, wanted) {
				t.calls = append(t.calls, wanted)
			}
			kept++
			ended = ended || ends(wanted)
		}
		results = append(results, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleTool, ToolCallID: call.ID, Content: result})
	}
	if ended || kept == len(answer.calls) && strings.TrimSpace(t.raw+answer.text) != "" {
		return true
	}
	t.rounds = append(append(t.rounds, message), results...)
	if strings.TrimSpace(answer.text) != "" {
		t.raw += answer.text + "\n\n"
		if t.shown() {
			_ = t.write("\n\n") // an end of line is never forbidden
		}
	}
	return false
}

var plainName = regexp.MustCompile(`^[a-zA-Z0-9_.]{1,60}$`)

// toolName is a name for operators, who are not to read what a visitor made up.
func toolName(name string) string {
	if plainName.MatchString(name) {
		return short(name, 40)
	}
	return "a tool of no name"
}

// lookUp is the result of the tool that searches.
func (t *turn) lookUp(ctx context.Context, raw string) string {
	given, err := arguments(raw, "query")
	if err != nil || strings.TrimSpace(given["query"]) == "" {
		t.decline("It called " + toolSearch + " without a query.")
		return "Refused: give the query."
	}
	numbers := t.search(ctx, short(given["query"], maxReason))
	t.text.Know(len(t.passages))
	if len(numbers) == 0 {
		return "Nothing was found."
	}
	var b strings.Builder
	for _, n := range numbers {
		writePassage(&b, n, t.passages[n-1])
	}
	return strings.TrimSpace(b.String())
}
