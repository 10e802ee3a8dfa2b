package tokens_test

import (
	"os"
	"path/filepath"
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

// TestEstimateOfWholeTexts compares with what OpenAI's vocabularies have for these texts:
// o200k and cl100k, counted once with their own tokenizers.
func TestEstimateOfWholeTexts(t *testing.T) {
	for _, c := range []struct {
		folder         string
		o200k, cl100k  int
		least, atTimes float64
	}{
		{"en", 8226, 8331, 1, 1.25},
		{"ru", 9362, 13978, 0.75, 1.35},
	} {
		sum := 0
		files, err := filepath.Glob("../knowledge/testdata/shop/" + c.folder + "/*")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sum += tokens.Estimate(string(data))
		}
		if float64(sum) < c.least*float64(c.cl100k) || float64(sum) > c.atTimes*float64(c.o200k) {
			t.Errorf("%s: %d tokens, where o200k has %d and cl100k has %d", c.folder, sum, c.o200k, c.cl100k)
		}
	}
}
