package lang_test

import (
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/language"

	"github.com/anteroom-chat/anteroom/bridge/chat/lang"
)

func TestLanguagesAreKnownByCodesAndNames(t *testing.T) {
	for word, want := range map[string]string{
		"en": "en", "EN": "en", "pt-BR": "pt-BR", "pt_br": "pt-BR", "zh-Hant": "zh-Hant",
		"English": "en", "английский": "en", "на  Английский": "en", "по-английски": "en", "into english": "en",
		"немецкий": "de", "Deutsch": "de", "german": "de", "по-немецки": "de", "русский": "ru", "Russian": "ru",
		"французский": "fr", "français": "fr", "Ukrainian": "uk", "украинский": "uk", "українська": "uk", "китайский": "zh", "Chinese": "zh",
		"日本語": "ja", "Japanese": "ja", "turkish": "tr", "Türkçe": "tr", "қазақ тілі": "kk", "казахский": "kk", "Hebrew": "he", "Norwegian": "no",
		"": "", "x": "", "off": "", "klingonish": "", "xx": "", "und": "", "mul": "", "hello world": "", "en en": "", "../../etc": "", "on": "",
		"!": "", "de\x00": "", "на ": "", strings.Repeat("на ", 9999) + "x": "", strings.Repeat("en-", 100): "",
	} {
		got, ok := lang.Parse(word)
		if got != want || ok != (want != "") {
			t.Errorf("%.40q is taken for %q (%t), not %q", word, got, ok, want)
		}
	}
}

func TestLanguagesAreNamed(t *testing.T) {
	for _, c := range [][3]string{
		{"de", "en", "German"},
		{"de", "ru", "немецкий"},
		{"pt-BR", "en", "Brazilian Portuguese"},
		{"en", "ru", "английский"},
		{"de-DE", "en", "German (Germany)"},
		{"nonsense!", "en", "nonsense!"},
	} {
		if got := lang.Name(c[0], c[1]); got != c[2] {
			t.Errorf("%s is called %q in %s", c[0], got, c[1])
		}
	}
}

func TestCountriesAreLeftOut(t *testing.T) {
	for tag, want := range map[string]string{
		"de-AT": "de", "de": "de", "zh-TW": "zh-Hant", "zh-CN": "zh", "pt-BR": "pt-BR", "pt": "pt", "sr-Latn": "sr-Latn", "en-US-u-hc-h12": "en", "?": "?",
	} {
		if got := lang.General(tag); got != want {
			t.Errorf("%s becomes %q", tag, got)
		}
	}
}

func TestOneLanguageInTwoCountriesIsTheSame(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"en", "en-GB", true},
		{"en-US", "en-GB", true},
		{"ru", "en", false},
		{"", "", false},
		{"en", "", false},
		{"zh-Hans", "zh-Hant", false},
		{"!", "!", false},
	} {
		if lang.Same(c.a, c.b) != c.same {
			t.Errorf("%q and %q: not %t", c.a, c.b, c.same)
		}
	}
}

// Every name leads to a tag that has that very name or another one of its language.
func TestEveryNameIsOfALanguage(t *testing.T) {
	names := lang.Names()
	if len(names) < 400 {
		t.Fatalf("only %d names", len(names))
	}
	for _, name := range names {
		tag, ok := lang.Parse(name)
		if _, err := language.Parse(tag); !ok || err != nil {
			t.Errorf("%q: %q (%v)", name, tag, err)
		}
		if name != strings.ToLower(name) || !strings.ContainsFunc(name, unicode.IsLetter) {
			t.Errorf("%q is no name in lower case", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, word := range []string{"de", "по-", "на на", "en-x-y", "zh-Hant-TW", "i-klingon"} {
		f.Add(word)
	}
	f.Fuzz(func(t *testing.T, word string) {
		tag, ok := lang.Parse(word)
		if ok == (tag == "") {
			t.Fatalf("%q: %q, %t", word, tag, ok)
		}
		if _, err := language.Parse(tag); ok && err != nil {
			t.Fatalf("%q is no tag: %v", tag, err)
		}
	})
}
