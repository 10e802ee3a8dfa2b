package chain_test

import (
	"testing"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/fold"
)

// TestUsualWordsAreFolded: they are compared with folded words as they are.
func TestUsualWordsAreFolded(t *testing.T) {
	for _, word := range append(chain.StopWords(), chain.StartWords()...) {
		if fold.Fold(word) != word {
			t.Errorf("%q is not folded", word)
		}
	}
	for text, want := range map[string]bool{"/STOP!": true, "Стоп.": true, " unsubscribe ": true, "stop it": false, "": false, "?!": false} {
		if chain.IsStop(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}
