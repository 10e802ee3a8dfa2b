package fold_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/anteroom-chat/anteroom/bot/fold"
)

func TestTerms(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "",
		" ?! — ...":                    "",
		"Пётр Ёлкин, Пётр":             "петр|елкин",
		"#12 Anna.Smith@Example.com":   "12|anna.smith@example.com|smith@example.com|example.com|com",
		"+442079460000":                "+442079460000|442079460000",
		"well-known (café)":            "well-known|known|cafe",
		"王小明":                          "王小明|小明|明",
		strings.Repeat("é", 40):        strings.Repeat("e", 32),
		strings.Repeat("word ", 3_000): "word",
	} {
		if got := strings.Join(fold.Terms(text, 100), "|"); got != want {
			t.Errorf("%q has the terms %q, want %q", text, got, want)
		}
	}
	if got := fold.Terms("a b c d", 3); len(got) != 3 {
		t.Errorf("of four words three are wanted, and these are %q", got)
	}
}

// Every word of a text is found by every beginning of it.
func TestAWordIsFoundByItsBeginnings(t *testing.T) {
	parts := rapid.StringOf(rapid.SampledFrom([]rune("aéßёйЖ王あก1@.-+#' \n\u0301\u200d")))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(parts, rapid.String()).Draw(t, "text")
		terms := fold.Terms(text, 10_000)
		for _, word := range fold.Words(text) {
			length := rapid.IntRange(1, utf8.RuneCountInString(word)).Draw(t, "length")
			for _, typed := range fold.Words(string([]rune(word)[:length])) {
				if !slices.ContainsFunc(terms, func(term string) bool { return strings.HasPrefix(term, fold.Term(typed)) }) {
					t.Fatalf("%+q is not found by %+q in %+q", text, typed, terms)
				}
			}
		}
	})
}
