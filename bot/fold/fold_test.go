package fold_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/anteroom-chat/anteroom/bot/fold"
)

func TestFold(t *testing.T) {
	for _, c := range []struct{ about, in, want string }{
		{"nothing", "", ""},
		{"plain", "plain words", "plain words"},
		{"case", "HeLLo ПРИВЕТ ΓΕΙΑ", "hello привет γεια"},
		{"ё", "Ёлка ещё", "елка еще"},
		{"ё in two parts", "е\u0308лка", "елка"},
		{"й stays", "ЙОГА йод", "йога йод"},
		{"й in two parts", "и\u0306од", "йод"},
		{"й in two parts with a mark below", "и\u0323\u0306од", "йод"},
		{"Ukrainian", "Їжак і ґава, м’який", "їжак і ґава, м'який"},
		{"Belarusian and Serbian", "Ўсё ђак ќе", "ўсе ђак ќе"},
		{"a stress mark", "за\u0301мок и замо\u0301к", "замок и замок"},
		{"Latin accents", "Àéîõü Ñandú çà ŠŽ", "aeiou nandu ca sz"},
		{"accents in two parts", "cafe\u0301", "cafe"},
		{"two accents on one letter", "ế ḗ", "e e"},
		{"strokes", "Łódź Ørsted Đorđe", "lodz orsted dorde"},
		{"ligatures", "Æsop Œuvre ﬁn ﬀ", "aesop oeuvre fin ff"},
		{"sharp s", "Straße STRASSE STRAẞE", "strasse strasse strasse"},
		{"Turkish", "İstanbul IRMAK ırmak ISPARTA", "istanbul irmak irmak isparta"},
		{"Greek", "Ἀθῆναι ΐ ᾳ Ὀδυσσεύς", "αθηναι ι α οδυσσευσ"},
		{"full width", "Ｈｅｌｌｏ，　１２３", "hello, 123"},
		{"half-width katakana", "ｶﾞｷﾞ", "ガギ"},
		{"kana keep their marks", "が か", "が か"},
		{"Hangul in parts", "\u1112\u1161\u11ab", "한"},
		{"Hebrew points", "שָׁלוֹם", "שלום"},
		{"Hebrew presentation forms", "\ufb2a\ufb35", "שו"},
		{"Arabic vowels and tatweel", "مُحَمَّد كـــتاب", "محمد كتاب"},
		{"Arabic presentation forms", "\ufefb", "لا"},
		{"Hindi keeps its vowel signs", "हिन्दी", "हिन्दी"},
		{"Thai keeps its marks", "น้ำ", norm("น้ำ")},
		{"spaces", " a \t b\n\u00a0\u2003c\u3000 ", "a b c"},
		{"what shows nothing", "a\u00adb\u200bc\u2060d\u202e\ufeff", "abcd"},
		{"emoji", "👍\ufe0f ok", "👍 ok"},
		{"control characters part words", "a\u0000b\u0085c", "a b c"},
		{"bad UTF-8", "a\xffb", "a\uFFFDb"},
		{"a phrase in one character", "\ufdfa", "\ufdfa"},
		{"roman numerals and fractions", "Ⅷ ½", "viii 1⁄2"},
	} {
		if got := fold.Fold(c.in); got != c.want {
			t.Errorf("%s: %q becomes %q (%+q), want %q", c.about, c.in, got, got, c.want)
		}
	}
}

// norm writes the Thai vowel am as the two signs that compatibility makes of it.
func norm(s string) string { return strings.ReplaceAll(s, "\u0e33", "\u0e4d\u0e32") }

func TestCyrillicLettersStayApart(t *testing.T) {
	seen := map[string]rune{}
	for r := rune(0x0430); r <= 0x045F; r++ {
		folded := fold.Fold(string(r))
		if other, twice := seen[folded]; twice && r != 'ё' {
			t.Errorf("%c and %c are both %s", other, r, folded)
		}
		seen[folded] = r
	}
}

// check finds that folding again changes nothing, and the promises about form and length.
func check(t interface {
	Fatalf(format string, args ...any)
}, s string,
) {
	folded := fold.Fold(s)
	if again := fold.Fold(folded); again != folded {
		t.Fatalf("%+q becomes %+q and then %+q", s, folded, again)
	}
	if len(folded) > 4*len(s) {
		t.Fatalf("%+q has %d bytes and becomes %d: %+q", s, len(s), len(folded), folded)
	}
	if !utf8.ValidString(folded) {
		t.Fatalf("%+q becomes %+q", s, folded)
	}
	if folded != strings.Join(strings.Fields(folded), " ") {
		t.Fatalf("%+q becomes %+q, which has spaces to spare", s, folded)
	}
	words := fold.Words(s)
	if len(words) > fold.MaxWords {
		t.Fatalf("%+q has %d words", s, len(words))
	}
	for i, word := range words {
		if word == "" || slices.Contains(words[:i], word) || !strings.Contains(folded, word) {
			t.Fatalf("%+q has the words %+q", s, words)
		}
	}
}

// assigned yields the characters that Unicode knows, without private ones.
func assigned(yield func(rune) bool) {
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.Cc, unicode.Cf) && !yield(r) {
			return
		}
	}
}

func TestEveryCharacterFoldsOnce(t *testing.T) {
	for r := range assigned {
		check(t, string(r))
	}
}

func TestEveryCharacterIsFoundInEitherCase(t *testing.T) {
	for r := range assigned {
		s := string(r)
		// Upper case of ı is I, which is i; of a few more it is another letter for good.
		if upper := strings.ToUpper(s); strings.ToLower(upper) == s && fold.Fold(upper) != fold.Fold(s) {
			t.Errorf("%s becomes %s, but %s becomes %s", s, fold.Fold(s), upper, fold.Fold(upper))
		}
	}
}

func TestFoldingTwiceIsFoldingOnce(t *testing.T) {
	// Letters of all kinds, and what can come between and join them.
	parts := rapid.SampledFrom([]rune("aAeéÉßẞıİiIøæᾳΐς ёЁеЕйЙиИїіґ’ʼ\u0301\u0306\u0308\u0323\u0345\u0327\u0338" +
		"\u1100\u1161\u11a8가かカ\u3099ｶﾞשָׁ\u05c1\ufb2aمُـ\u0654\ufdfaﬁ㌖½\u200d\u00ad\ufe0f\u0000\n \u00a0\u0958\u093c\u0915\u0e33\u0f71\u0f72\u0f73\U0001d15e"))
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.OneOf(rapid.String(), rapid.StringOf(parts)).Draw(t, "text"))
	})
}

func TestWords(t *testing.T) {
	for query, want := range map[string]string{
		"":          "",
		" ?! — ...": "",
		"Чайник, ЧАЙНИК; чайник!":     "чайник",
		"«Ёлка» (большая)":            "елка|большая",
		"don't well-known":            "don't|well-known",
		"#42 c++ @ann:example.com":    "42|c++|ann:example.com",
		"a b c d e f g h i j":         "a|b|c|d|e|f|g|h",
		"a a b b c c d d e e f f g h": "a|b|c|d|e|f|g|h",
	} {
		if got := strings.Join(fold.Words(query), "|"); got != want {
			t.Errorf("%q has the words %q, want %q", query, got, want)
		}
	}
}

func FuzzFold(f *testing.F) {
	f.Add("Ёлка, Straße İstanbul за\u0301мок")
	f.Add("\ufdfa\ufdfb㌖ \xff\u1100\u0301\u1161")
	f.Fuzz(func(t *testing.T, s string) { check(t, s) })
}

func BenchmarkFold(b *testing.B) {
	for name, text := range map[string]string{
		"english": strings.Repeat("Where is my order, please? ", 20),
		"russian": strings.Repeat("Где же мой заказ, объясните ещё раз? ", 20),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				fold.Fold(text)
			}
		})
	}
}
