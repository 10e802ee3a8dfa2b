package tokens_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/anteroom-chat/anteroom/bot/gpt/tokens"
)

// TestEstimate compares with what o200k, the tokenizer of GPT-4o, makes of a text.
func TestEstimate(t *testing.T) {
	for text, exact := range map[string]int{
		"": 0, "Hello": 1, "Delivery takes two days and costs 300 roubles.": 11,
		"Доставка занимает два дня и стоит 300 рублей.": 11,
	} {
		if got := tokens.Estimate(text); got < exact*9/10 || got > exact*8/5+1 {
			t.Errorf("%q: %d, exactly %d", text, got, exact)
		}
	}
}

func TestCut(t *testing.T) {
	if got := tokens.Cut("Delivery takes two days", 3); got != "Delivery takes" && got != "Delivery takes " {
		t.Errorf("%q", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 200, -1).Draw(t, "text")
		most := rapid.IntRange(0, 50).Draw(t, "most")
		got := tokens.Cut(text, most)
		if !strings.HasPrefix(text, got) || tokens.Estimate(got) > most || utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Fatalf("%q cut to %d is %q, of %d", text, most, got, tokens.Estimate(got))
		}
		if tokens.Estimate(text) <= most && got != text {
			t.Fatalf("%q has %d tokens and was cut to %q", text, tokens.Estimate(text), got)
		}
	})
}
