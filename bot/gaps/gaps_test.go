package gaps

import (
	"slices"
	"testing"

	"github.com/anteroom-chat/anteroom/bot/fold"
)

func TestGaps(t *testing.T) {
	var g Gaps
	for _, text := range []string{
		"Do you ship to Norway?", "do you ship to norway", "DO YOU SHIP TO NORWAY!!", "Ship ship ship", "And Norway?", "😀", "😀", "", "only once",
		"Ёлка есть?", "елка!", "Можно ёлку?",
	} {
		g.Add(text)
	}
	g.Sum(2)
	if g.Messages != 12 {
		t.Errorf("%d messages", g.Messages)
	}
	if want := []Times{{"DO YOU SHIP TO NORWAY!!", 3}, {"😀", 2}}; !slices.Equal(g.Whole, want) {
		t.Errorf("messages: got %v, want %v", g.Whole, want)
	}
	if want := []Times{{"norway", 4}, {"ship", 4}}; !slices.Equal(g.Words, want) {
		t.Errorf("words: got %v, want %v", g.Words, want)
	}
	g.Sum(9)
	if want := (Times{"елка", 2}); !slices.Contains(g.Words, want) {
		t.Errorf("words: got %v, and no %v", g.Words, want)
	}
	var none Gaps
	if none.Sum(9); none.Whole != nil || none.Words != nil {
		t.Errorf("of nothing: %v", none)
	}
}

// TestCommonWordsAreFolded holds the list to the form in which words are compared.
func TestCommonWordsAreFolded(t *testing.T) {
	for _, word := range common() {
		if folded := fold.Fold(word); folded != word {
			t.Errorf("%q is folded to %q", word, folded)
		}
	}
}

// TestGreetingsAreNoGap says what everybody says, as people write it.
func TestGreetingsAreNoGap(t *testing.T) {
	var g Gaps
	for range 2 {
		g.Add("Здравствуйте! Добрый день, подскажите, пожалуйста, какой мой размер? Hello, thanks")
	}
	if g.Sum(9); !slices.Equal(g.Words, []Times{{"размер", 2}}) {
		t.Errorf("words: %v", g.Words)
	}
}
