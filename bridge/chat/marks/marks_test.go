package marks_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/anteroom-chat/anteroom/bridge/chat/marks"
)

const list = `See <b>this</b>:<ul><li>a &lt; b</li><li><a href="https://shop.example/tea" target="_blank">tea</a><br>hot</li></ul>`

func TestFormattingOutlivesATranslation(t *testing.T) {
	text, m, ok := marks.Of(list)
	if want := "See {1}this{/1}:{2}{3}a < b{/3}{4}{5}tea{/5}{6/}hot{/4}{/2}"; !ok || text != want {
		t.Fatalf("%q, %t", text, ok)
	}
	for _, c := range []struct{ made, html, plain string }{
		{text, strings.Replace(list, "&lt;", "&lt;", 1), "See this:\n- a < b\n- tea\nhot"},
		{"{1}Das{/1}: {2}{4}{5}Tee{/5}{6/}<b>{/4}{3}x{/3}{/2}", `<b>Das</b>: <ul><li><a href="https://shop.example/tea" target="_blank">Tee</a><br>&lt;b&gt;</li><li>x</li></ul>`, "Das: \n- Tee\n<b>\n- x"},
		{"Das: Tee", "", "Das: Tee"}, // lost
		{strings.Replace(text, "{1}this{/1}", "this", 1), "", "See this:\n- a < b\n- tea\nhot"}, // one lost
		{text + "{1}x{/1}", "", "See this:\n- a < b\n- tea\nhot\nx"},                            // twice
		{text + "{9}x{/9}", "", "See this:\n- a < b\n- tea\nhot\nx"},                            // unknown
		{"{/1}This{1}" + text[len("See {1}this{/1}"):], "", "This:\n- a < b\n- tea\nhot"},       // reversed
		{strings.Replace(text, "{3}", "x{3}", 1), "", "See this:\nx\n- a < b\n- tea\nhot"},      // where only items stand
		{strings.Replace(text, "{6/}", "{6}{/6}", 1), "", "See this:\n- a < b\n- tea\n\nhot"},   // not as it was
		{"{3}a{/3}{1}x{/1}{2}{4}{5}y{/5}{6/}z{/4}{/2}", "", "- a\nx\n- y\nz"},                   // an item without its list
	} {
		html, plain, ok := m.Restore(c.made)
		if html != c.html || plain != c.plain || ok != (c.html != "") {
			t.Errorf("%q became\n%q\n%q, %t", c.made, html, plain, ok)
		}
	}
}

func TestWhatCannotBeMarked(t *testing.T) {
	for _, html := range []string{"", "plain &amp; simple", "has {1} <b>already</b>", "<b>open", "</b>", "<!-- x --><b>y</b>", strings.Repeat("<b>x</b>", 100)} {
		if text, _, ok := marks.Of(html); ok {
			t.Errorf("%q is marked as %q", html, text)
		}
	}
}

// Whatever a model writes, no element comes of it that was not there, nor one more.
func TestAModelMakesNoElements(t *testing.T) {
	text, m, _ := marks.Of(list)
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SampledFrom(append(strings.SplitAfter(text, "}"), "<script>", "{1}", "{/2}", "{6/}", "&lt;", `<a href="x">`, "{0}", "{999}"))
		made := strings.Join(rapid.SliceOfN(piece, 0, 16).Draw(t, "made"), "")
		html, plain, ok := m.Restore(made)
		if !ok && html != "" || strings.Contains(plain, "{1}") {
			t.Fatalf("%q became %q, %q", made, html, plain)
		}
		if ok && (strings.Count(html, "<") != strings.Count(list, "<") || strings.Count(html, "href") > 1+strings.Count(plain, "href")) {
			t.Fatalf("%q became %q", made, html)
		}
	})
}
