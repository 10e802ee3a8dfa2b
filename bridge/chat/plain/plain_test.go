package plain_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

func TestClean(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain, with\ttab\nand line", "plain, with\ttab\nand line"},
		{"a\r\nb\rc\u2028d\u2029e", "a\nb\nc\nd\ne"},
		{"bell\u0007 nul\u0000 del\u007f c1\u0085 bom\ufeff", "bell nul del c1 bom"},
		{"bad\xff\xfeutf8", "bad\uFFFDutf8"},
		{"\u202Aa\u202Bb\u202Cc\u202Dd\u202Ee", "abcde"},
		{"\u2068שלום\u2069 kept", "\u2068שלום\u2069 kept"},
		{"open \u2067 only\nnext \u2069 line", "open  only\nnext  line"},
		{"\u2066a\u2067b\u2069", "a\u2067b\u2069"},
		{"👨‍👩‍👧 \u200fעברית", "👨‍👩‍👧 \u200fעברית"},
	} {
		if got := plain.Clean(c.in); got != c.want {
			t.Errorf("Clean(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestFileName(t *testing.T) {
	long := strings.Repeat("ы", 300)
	for _, c := range []struct{ in, want string }{
		{"photo.jpg", "photo.jpg"},
		{"../../etc/passwd", "passwd"},
		{`C:\Users\anna\CV.pdf`, "CV.pdf"},
		{".htaccess", "htaccess"},
		{"..", ""},
		{"a/", ""},
		{"in\u202Efdp.exe", "infdp.exe"},
		{"a\nb\u0000c.txt", "a bc.txt"},
		{"what?*.png. .", "what__.png"},
		{long + ".jpeg", strings.Repeat("ы", 195) + ".jpeg"},
		{"a." + long, "a." + strings.Repeat("ы", 198)},
	} {
		got := plain.FileName(c.in)
		if got != c.want {
			t.Errorf("FileName(%q) = %q, want %q", c.in, got, c.want)
		}
		if n := utf8.RuneCountInString(got); n > 200 {
			t.Errorf("FileName(%q) has %d characters", c.in, n)
		}
		if again := plain.FileName(got); again != got {
			t.Errorf("FileName(%q) = %q is not its own name but %q", c.in, got, again)
		}
	}
}

func TestReaction(t *testing.T) {
	same := [][]string{
		{"👍", "👍\uFE0F", " 👍 "},
		{"❤", "❤\uFE0F"},
		{"🏳\u200d🌈", "🏳\uFE0F\u200d🌈"},
	}
	for _, keys := range same {
		want, ok := plain.Reaction(keys[0])
		for _, key := range keys {
			if got, okay := plain.Reaction(key); !ok || !okay || got != want {
				t.Errorf("Reaction(%q) = %q %v, want %q", key, got, okay, want)
			}
		}
	}
	for _, key := range []string{"", " \u200b", "mxc://example.org/cat", strings.Repeat("👍", 33)} {
		if got, ok := plain.Reaction(key); ok {
			t.Errorf("Reaction(%q) = %q", key, got)
		}
	}
	if got, ok := plain.Reaction(strings.Repeat("👍", 32)); !ok || got != strings.Repeat("👍", 32) {
		t.Errorf("32 thumbs are not accepted: %q", got)
	}
}

func TestLine(t *testing.T) {
	for _, c := range []struct {
		in   string
		most int
		want string
	}{
		{" a\n\tb  c ", 10, "a b c"},
		{"\u202Egnp.exe", 10, "gnp.exe"},
		{"чайник", 3, "чай"},
		{"a\u2066bc\u2069d", 3, "ab"}, // the isolate lost its end
		{"a\u2066b\u2069d", 4, "a\u2066b\u2069"},
	} {
		if got := plain.Line(c.in, c.most); got != c.want {
			t.Errorf("Line(%q, %d) = %q, want %q", c.in, c.most, got, c.want)
		}
	}
}

func TestBlank(t *testing.T) {
	for s, want := range map[string]bool{"": true, " \n": true, "\u200b\u2060": true, "a": false, "\u200ba": false, "👍": false} {
		if got := plain.Blank(s); got != want {
			t.Errorf("Blank(%q) is %t", s, got)
		}
	}
}

func TestIsEmoji(t *testing.T) {
	for _, key := range []string{
		"👍", "👍🏽", "❤", "❤\uFE0F", "👨‍👩‍👧‍👦", "🏳\u200d🌈", "🇩🇪", "🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F",
		"1\uFE0F\u20E3", "#\u20E3", "☹", "🧑🏿‍🤝‍🧑🏻", "©", "👩🏽‍❤️‍💋‍👨🏿",
	} {
		if normal, ok := plain.Reaction(key); !ok || !plain.IsEmoji(normal) {
			t.Errorf("%q (%+q) is refused", key, normal)
		}
	}
	for _, key := range []string{
		"a", "1", "#", "ok", "👍👍", "👍a", "a👍", "🇩🇪🇫🇷", "\u200d", "\uFE0F", "<b>", "👍 👍", "..", "é", "漢", "e\u0301", "👍\u0301", "‼‼",
	} {
		if normal, ok := plain.Reaction(key); ok && plain.IsEmoji(normal) {
			t.Errorf("%q (%+q) passes as one emoji", key, normal)
		}
	}
}
