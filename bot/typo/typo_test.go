package typo_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/anteroom-chat/anteroom/bot/typo"
)

func TestNearest(t *testing.T) {
	for _, c := range []struct {
		word, known string
		most        int
		want        string
	}{
		{"stpes", "labels steps", 1, "steps"}, // neighbours that changed places are one slip
		{"Steps", "steps", 0, "steps"},
		{"step", "steps label", 1, "steps"},
		{"stepps", "steps label", 1, "steps"},
		{"stops", "steps stop", 1, "steps"}, // of equally near ones the first
		{"stop", "steps stops", 2, "stops"}, // and of others the nearest
		{"метка", "метки шаг", 1, "метки"},  // characters, not bytes
		{"МЕТКА", "Метка", 0, "Метка"},
		{"abc", "xyz", 3, ""}, // nothing is left of it
		{"stes", "steps", 0, ""},
		{"", "a", 1, ""},
		{strings.Repeat("a", 1<<20), "steps", 1000, ""},
	} {
		if got := typo.Nearest(c.word, strings.Fields(c.known), c.most); got != c.want {
			t.Errorf("%.20q of %q with %d slips is %q, not %q", c.word, c.known, c.most, got, c.want)
		}
	}
	for word, want := range map[string]string{"to": "too", "clsoe": "close", "abcd": "", "hlpe me": ""} {
		if got := typo.Meant(word, []string{"close", "help", "too"}); got != want {
			t.Errorf("%q means %q, not %q", word, got, want)
		}
	}
}

// TestSlipsAreForgiven: a word with so many slips is found by as many.
func TestSlipsAreForgiven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		known := rapid.StringOfN(rapid.RuneFrom([]rune("abcёж")), 6, 12, -1).Draw(t, "known")
		word, slips := []rune(known), rapid.IntRange(0, 3).Draw(t, "slips")
		for range slips {
			at := rapid.IntRange(0, len(word)-1).Draw(t, "at")
			switch rapid.IntRange(0, 2).Draw(t, "slip") {
			case 0:
				word[at] = 'z'
			case 1:
				word = append(word[:at], word[at+1:]...)
			default:
				word = append(word[:at], append([]rune{'y'}, word[at:]...)...)
			}
		}
		if got := typo.Nearest(string(word), []string{known}, slips); got != known {
			t.Fatalf("%q is not found by %q, with %d slips", known, string(word), slips)
		}
	})
}
