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

// TestPriority: of keywords in one message the priority counts before their sort and
// length, a chain's name last, and neither a command nor a wish is a keyword.
func TestPriority(t *testing.T) {
	files := folder("on:\n  - { keywords: [tea, green tea], priority: -1 }\n  - { keywords: [a person, /milk], match: exact, priority: 100 }\nsteps: [ { say: Low } ]", map[string]string{
		"b.yaml": "on: [ { keywords: [tea, milk] } ]\nsteps: [ { say: Usual } ]",
		"c.yaml": "on: [ { keywords: [ea], match: contains, priority: 1, if: visits < 2 } ]\nsteps: [ { say: High } ]",
		"d.yaml": "on: [ { command: /milk }, { person_wanted: { words: [a person] } } ]\nsteps: [ { say: Wish } ]",
		"e.yaml": "on: [first_message]\nsteps: [ { say: First } ]",
	})
	for text, want := range map[string]string{
		"green tea":  "High",
		"pea soup":   "High",
		"milk":       "Usual",
		"/milk":      "Wish",
		"a person":   "Wish",
		"good night": "First",
	} {
		play(t, files, []input{{Event: says(text), want: `Say {"text":"` + want + `"}`}})
	}
	low := folder("on: [ { keywords: [tea], priority: -100 } ]\nsteps: [ { say: Low } ]", map[string]string{"b.yaml": "on: [first_message]\nsteps: [ { say: First } ]"})
	play(t, low, []input{{Event: says("tea"), want: `Say {"text":"Low"}`}})
}

// TestPrioritiesAreNotAmbiguous: a keyword of two chains is doubtful where nothing
// says which of them is meant.
func TestPrioritiesAreNotAmbiguous(t *testing.T) {
	for b, want := range map[string]string{
		"on: [ { keywords: [tea] } ]":                                                "",
		"on: [ { keywords: [tea], priority: 2 } ]":                                   "ambiguous_trigger",
		"on: [ { keywords: [tea], priority: 3 }, { keywords: [tea], priority: 4 } ]": "trigger_twice",
	} {
		_, faults := chain.Load(folder("on: [ { keywords: [tea], priority: 2 } ]\nsteps: [end]", map[string]string{"b.yaml": b + "\nsteps: [end]"}), options())
		got := ""
		for _, f := range faults {
			got += f.Code
		}
		if got != want {
			t.Errorf("%s: %v", b, faults)
		}
	}
}
