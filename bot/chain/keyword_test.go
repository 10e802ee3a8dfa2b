package chain_test

import (
	"testing"

	"github.com/anteroom-chat/anteroom/bot/chain"
)

// TestMarksAroundWords: marks are no part of a word, but they are all of a keyword
// that has nothing else.
func TestMarksAroundWords(t *testing.T) {
	files := folder("on: [ { keywords: [\"!!!\", \"Yes.\"], match: exact } ]\nsteps: [ { say: A } ]", map[string]string{
		"price.yaml": "on: [ { command: /price } ]\nsteps: [ { say: B } ]",
	})
	for text, want := range map[string]string{
		"!!!":            `Say {"text":"A"}`,
		"...":            `Unmatched {"text":"..."}`,
		"yes!":           `Say {"text":"A"}`,
		"/price, please": `Say {"text":"B"}`,
		"/price?":        `Say {"text":"B"}`,
		"/prices":        `Unmatched {"text":"/prices"}`,
		"price":          `Unmatched {"text":"price"}`,
	} {
		play(t, files, []input{{Event: says(text), want: want}})
	}
}

// TestMarksAreTwoKeywords says nothing of two keywords of different marks.
func TestMarksAreTwoKeywords(t *testing.T) {
	_, faults := chain.Load(folder("on: [ { keywords: [\"!!!\"], match: exact } ]\nsteps: [end]", map[string]string{
		"b.yaml": "on: [ { keywords: [\"...\"], match: exact } ]\nsteps: [end]",
	}), options())
	if len(faults) > 0 {
		t.Error(faults)
	}
}
