package markup_test

import (
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
)

func TestBothBodiesComeOfOneSource(t *testing.T) {
	for _, c := range []struct {
		source      string
		values      markup.Values
		plain, html string
	}{
		{"**Hello** {name}", markup.Values{"name": "<b>*x*</b>"}, "Hello <b>*x*</b>", "<strong>Hello</strong> &lt;b&gt;*x*&lt;/b&gt;"},
		{"Write `{code}`", markup.Values{"code": "!a `b` {name}"}, "Write !a `b` {name}", "Write <code>!a `b` {name}</code>"},
		{"In [the room]({url}).", markup.Values{"url": "https://x/\"y"}, "In the room (https://x/\"y).", `In <a href="https://x/&#34;y">the room</a>.`},
		{"In [the room]({url}).", nil, "In the room.", "In the room."},
		{"[A]({url}) in [the room]({url})", markup.Values{"url": "https://x/y"}, "A (https://x/y) in the room\nhttps://x/y", `<a href="https://x/y">A</a> in <a href="https://x/y">the room</a>`},
		{"[Open it<<number:  at #{number}>>]({url})", markup.Values{"url": "https://x/y", "number": "4"}, "Open it at #4\nhttps://x/y", `<a href="https://x/y">Open it at #4</a>`},
		{"A<<b:  and {b}>>.", nil, "A.", "A."},
		{"A<<b:  and {b}>>.", markup.Values{"b": "B"}, "A and B.", "A and B."},
		{"A<<b:  > {b}>>.", markup.Values{"b": "B"}, "A > B.", "A &gt; B."},
	} {
		got := markup.Render(c.source, c.values)
		if got.Plain != c.plain || got.HTML != c.html {
			t.Errorf("%q:\n got %q\nand %q\nwant %q\nand %q", c.source, got.Plain, got.HTML, c.plain, c.html)
		}
	}
}

func TestLinesMakeOneListOfTheItems(t *testing.T) {
	r := func(s string) markup.Text { return markup.Render(s, nil) }
	got := markup.Lines(r("**Head**"), r(""), r("- one"), r("- two"), r("end"), r("last"))
	want := markup.Text{
		Plain: "Head\n- one\n- two\nend\nlast",
		HTML:  "<strong>Head</strong><ul><li>one</li><li>two</li></ul>end<br>last",
	}
	if got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if got := markup.Lines(r("- one")); got.HTML != "<ul><li>one</li></ul>" {
		t.Errorf("got %+v", got)
	}
}
