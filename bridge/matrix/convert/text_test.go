package convert_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bridge/matrix/convert"
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
		if got := convert.Clean(c.in); got != c.want {
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
		got := convert.FileName(c.in)
		if got != c.want {
			t.Errorf("FileName(%q) = %q, want %q", c.in, got, c.want)
		}
		if n := utf8.RuneCountInString(got); n > 200 {
			t.Errorf("FileName(%q) has %d characters", c.in, n)
		}
		if again := convert.FileName(got); again != got {
			t.Errorf("FileName(%q) = %q is not its own name but %q", c.in, got, again)
		}
	}
}

func TestNormalKey(t *testing.T) {
	same := [][]string{
		{"👍", "👍\uFE0F", " 👍 "},
		{"❤", "❤\uFE0F"},
		{"🏳\u200d🌈", "🏳\uFE0F\u200d🌈"},
	}
	for _, keys := range same {
		want, ok := convert.NormalKey(keys[0])
		for _, key := range keys {
			if got, okay := convert.NormalKey(key); !ok || !okay || got != want {
				t.Errorf("NormalKey(%q) = %q %v, want %q", key, got, okay, want)
			}
		}
	}
	for _, key := range []string{"", " \u200b", "mxc://example.org/cat", strings.Repeat("👍", 33)} {
		if got, ok := convert.NormalKey(key); ok {
			t.Errorf("NormalKey(%q) = %q", key, got)
		}
	}
	if got, ok := convert.NormalKey(strings.Repeat("👍", 32)); !ok || got != strings.Repeat("👍", 32) {
		t.Errorf("32 thumbs are not accepted: %q", got)
	}
}

// A mistyped command must not reach the visitor, and nothing else may be kept back.
func TestCommandsAreFoundByTheirFirstLetter(t *testing.T) {
	for body, want := range map[string]string{
		"!name Ivan":     "",
		"!\u0418мя":      "",
		"\u200b\n !name": "",
		"! name":         "! name",
		"!":              "!",
		"!1":             "!1",
		"!!name":         "!name",
		"!!!name":        "!!name",
		"!!!":            "!!!",
		"!! wow":         "!! wow",
		"a !name":        "a !name",
		"![alt](x)":      "![alt](x)",
	} {
		in := convert.FromMatrix(rawEvent(t, "m.room.message", map[string]any{"msgtype": "m.text", "body": body}))
		switch {
		case want == "" && (in.Verdict != convert.Internal || in.Reason != convert.ReasonCommand):
			t.Errorf("%q: %s %s, want a command", body, in.Verdict, in.Reason)
		case want != "" && (in.Verdict != convert.Deliver || in.Content.Text != want):
			t.Errorf("%q: %s %q, want %q", body, in.Verdict, in.Content.Text, want)
		}
	}
}

func TestLongTextIsDeliveredWhole(t *testing.T) {
	body := strings.Repeat("длинно ", 5000)
	in := convert.FromMatrix(rawEvent(t, "m.room.message", map[string]any{"msgtype": "m.text", "body": body}))
	if in.Content.Text != body {
		t.Errorf("%d of %d bytes are left", len(in.Content.Text), len(body))
	}
}
