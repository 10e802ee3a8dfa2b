package safe

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// plainOf is a text made plain, its marks as {n} where they stood.
func plainOf(pieces ...string) string {
	var out strings.Builder
	p := newPlain(func(s string) { out.WriteString(s) }, func(n int) { fmt.Fprintf(&out, "{%d}", n) })
	for _, piece := range pieces {
		p.write(piece)
	}
	p.close()
	return out.String()
}

func TestMarkdownBecomesPlainText(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"words", "Delivery takes two days.", "Delivery takes two days."},
		{"bold", "It is **very** *quick* and __sure__, _really_.", "It is very quick and sure, really."},
		{"bold at a line's start", "**Delivery**\n*Two* days", "Delivery\nTwo days"},
		{"bold within a word", "un**believ**able", "unbelievable"},
		{"a sum", "2 * 3 = 6, 2*3, a * b", "2 * 3 = 6, 2*3, a * b"},
		{"a name", "set max_tokens_out to 5 __init__", "set max_tokens_out to 5 init"},
		{"struck", "~~old~~ new, ~5 days", "old new, ~5 days"},
		{"code", "run `go test ./...` now", "run go test ./... now"},
		{"a block of code", "So:\n```go\nif a {\n    b_c()\n}\n```\nDone", "So:\nif a {\n    b_c()\n}\nDone"},
		{"headings", "# Delivery\n## By post ##\ntext", "Delivery\nBy post ##\ntext"},
		{"no heading", "#1 in town", "#1 in town"},
		{"a list", "* one\n* **two**\n+ three\n- four\n• five", "- one\n- two\n- three\n- four\n- five"},
		{"a list within", "- one\n  - two\n    - three", "- one\n  - two\n    - three"},
		{"numbers", "1. one\n2) two\n10. ten", "1. one\n2) two\n10. ten"},
		{"a number alone", "42", "42"},
		{"a year", "2026 was good", "2026 was good"},
		{"a price", "100 ₽", "100 ₽"},
		{"a negative number", "-5 degrees", "-5 degrees"},
		{"a quote", "> said\n>> twice", "said\ntwice"},
		{"a rule", "a\n---\nb\n***\nc", "a\n\nb\n\nc"},
		{"a table", "| a | b |\n|---|:-:|\n| 1 | 2 |", "a — b:\n- 1 — 2"},
		{
			"a table in a text", "So:\n\n| **Country** | Price | Time |\n| :--- | ---: | --- |\n| [Germany](https://shop.example/de) | 5 € [1] | two days |\n| Россия | | _пять_ дней |\n\nDone.",
			"So:\n\nCountry — Price; Time:\n- Germany (https://shop.example/de) — 5 €{1}; two days\n- Россия — –; пять дней\n\nDone.",
		},
		{"a table of one column", "| Teas |\n|---|\n| green |\n| black |", "Teas:\ngreen\nblack"},
		{"a table without a head", "| | |\n|---|---|\n| Phone | 123 |\n| Mail | a@shop.example |", "- Phone — 123\n- Mail — a@shop.example"},
		{"rows without a line below the first", "| a | b |\n| c | d |", "- a — b\n- c — d"},
		{"rows that end nowhere", "| a | b\n| c", "- a — b\nc"},
		{"a cell with a bar", "| a \\| b | c |\n| d \\|", "- a | b — c\nd |"},
		{"cells of lines", "| a<br>b | c<BR />d |", "- a, b — c, d"},
		{"cells with marks of lines", "| # | - | > |\n|---|---|---|\n| # | - | 1. |", "# — -; >:\n- # — -; 1."},
		{"an empty row", "a\n| | |\nb", "a\n\nb"},
		{"a bar alone", "a\n|\nb", "a\n\nb"},
		{"a line of bars", "|---|---|", ""},
		{"bars of code", "```\n| a | b |\n|---|---|\n```", "| a | b |\n|---|---|"},
		{"a quoted table", "> | a | b |\n> |---|---|\n> | c | d |", "- a — b\n\n- c — d"},
		{"bars in a line", "a | b\nc || d", "a | b\nc || d"},
		{"a row that is too long", "| " + strings.Repeat("a", 2000) + " | b |\n|---|---|\nc", strings.Repeat("a", 2000) + " | b |\n\nc"},
		{"empty lines", "a\n\n\n\nb\n\n", "a\n\nb"},
		{"spaces", "  a   b  ", "a b"},
		{"carriage returns", "a\r\nb", "a\nb"},
		{"a link", "See [delivery](https://shop.example/d).", "See delivery (https://shop.example/d)."},
		{"a link with a title", `[d](https://shop.example/d "Our _delivery_")`, "d (https://shop.example/d)"},
		{"a link of itself", "[https://shop.example/d](https://shop.example/d)", "https://shop.example/d"},
		{"a link of its host", "[shop.example](https://shop.example/)", "https://shop.example/"},
		{"a link that lies", "[https://shop.example](https://evil.example)", "https://shop.example (https://evil.example)"},
		{"a bold link", "**[d](https://shop.example/a_b_c)**", "d (https://shop.example/a_b_c)"},
		{"a link with brackets", "[a](https://shop.example/a_(b)) c", "a (https://shop.example/a_(b)) c"},
		{"an address", "https://shop.example/_a_/__b__?c=*d", "https://shop.example/_a_/__b__?c=*d"},
		{"a bold address", "**https://shop.example/a**.", "https://shop.example/a."},
		{"a mail link", "[write](mailto:a@shop.example), [a@shop.example](mailto:a@shop.example)", "write (mailto:a@shop.example), a@shop.example"},
		{"a picture", "![cat](https://evil.example/c.png?d=1)", "cat (https://evil.example/c.png?d=1)"},
		{"a nameless picture", "![](https://evil.example/c.png)", "https://evil.example/c.png"},
		{"a reference", "[a][b]\n\n[b]: https://evil.example", "[a][b]\n\n[b]: https://evil.example"},
		{"a script link", "[a](javascript:alert(1))", "a (javascript:alert(1))"},
		{"escapes", `\*not bold\* 1\. \\ a\b`, `*not bold* 1. \ a\b`},
		{"brackets", "[optional] a[i] [] [ ] [x", "[optional] a[i] [] [ ] [x"},
		{"marks", "Two days [1]. By post [2, 3]; free [4][5], [6].", "Two days{1}. By post{2}{3}; free{4}{5}{6}."},
		{"other marks", "A [^1] b 【2†source】 c [3-5] d [7](https://shop.example).", "A{1} b{2} c{3}{4}{5} d{7}."},
		{"a mark before the line", "[1] A\n[2] B", "{1}A\n{2}B"},
		{"no mark", "[1234] a[b] 【x】", "[1234] a[b] 【x】"},
		{"tags", "<b>a</b> <i>b</i><br>c<br/>d<p>e</p>", "a b\nc\nd\ne"},
		{"a list of tags", "<ul><li>a</li><li>b</li></ul>", "- a\n- b"},
		{"a link tag", `<a href="https://evil.example/x">here</a> now`, "here (https://evil.example/x) now"},
		{"an unclosed link tag", `<a href=https://evil.example/x>here`, "here (https://evil.example/x)"},
		{"a picture tag", `a<img src='https://evil.example/p' onerror="x()">b`, "a https://evil.example/p b"},
		{"a script", "<script>alert(1)</script>", "alert(1)"},
		{"a comment", "a<!-- b -->c", "ac"},
		{"an address in brackets", "<https://shop.example/a>", "https://shop.example/a"},
		{"less than", "a < b, a <b, 1<2, <3, <тег>", "a < b, a <b, 1<2, <3, <тег>"},
		{"thoughts", "<think>\nThe visitor wants\n**x** < y\n</think>\n\nHello", "Hello"},
		{"thoughts without end", "<think>The visitor", ""},
		{"what shows nothing", "ev\u200bil\u202e \ufeffa\u00adb\U000e0041", "evil ab"},
		{"an emoji of several", "👨‍👩‍👧 ☎️", "👨‍👩‍👧 ☎️"},
		{"broken text", "a\xffb\ufffdc", "abc"},
		{"Russian", "**Доставка** занимает _два_ дня [1].\n* по Москве\n* по области", "Доставка занимает два дня{1}.\n- по Москве\n- по области"},
		{"Chinese", "**送货**需要两天[1]。", "送货需要两天{1}。"},
		{"an end in a mark", "a **", "a **"},
		{"an end in a bracket", "a [b", "a [b"},
		{"an end in a tag", "a <b", "a <b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := plainOf(c.in); got != c.want {
				t.Errorf("%q\n got %q\nwant %q", c.in, got, c.want)
			}
			if got := plainOf(strings.Split(c.in, "")...); got != c.want {
				t.Errorf("%q, letter by letter\n got %q\nwant %q", c.in, got, c.want)
			}
		})
	}
}

// nasty are pieces from which texts are made that mean something to the reader of Markdown.
func nasty() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{
			" ", "\n", "\n\n", "*", "**", "_", "__", "`", "```", "```\n", "~", "~~~", "#", "# ", "> ", "- ", "1. ", "12", ".", ",", ";", ":", "|", "---", "| ", " |\n", "|---|\n|", "\\|",
			"[", "]", "(", ")", "![", "](", "[1]", "[2, 3]", "[^1]", "【1†s】", "【", "】", "<", ">", "<b>", "</b>", "<br>", "<a href=\"", "\">", "</a>", "<think>", "</think>",
			"http", "https://", "://", "www.", "shop.example", "evil.example", "evil.com", "/a_b", "?q=", "@", "mailto:", "javascript:", "data:", "\\", "\t", "\r\n",
			"you ", "must ", "never ", "tell ", "the ", "secret ", "word ", "swordfish ", "никогда ", "не ", "говори ", "送", "货", "\u200b", "\u200d", "a", "B", "й", "é", "5", "\xff",
		}),
		rapid.StringN(0, 6, -1),
	)
}

// A large text at once takes no longer than in pieces.
func TestManyRowsAreReadInTime(t *testing.T) {
	const rows = 40_000
	begin := time.Now()
	if got := plainOf(strings.Repeat("|a|b\n", rows)); len(got) != rows*len("- a — b\n")-1 {
		t.Errorf("%d bytes came of it", len(got))
	}
	if took := time.Since(begin); took > 10*time.Second { // the whole text for each row would take minutes
		t.Errorf("it took %s", took)
	}
}

func TestPiecesMakeNoDifferenceToPlainText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.ToValidUTF8(strings.Join(rapid.SliceOfN(nasty(), 0, 40).Draw(t, "text"), ""), "?")
		want := plainOf(text)
		if got := plainOf(cut(t, text)...); got != want {
			t.Fatalf("%q\nin pieces %q\n at once  %q", text, got, want)
		}
	})
}

// cut cuts a text anywhere between its characters.
func cut(t *rapid.T, text string) []string {
	runes := []rune(text)
	var pieces []string
	for len(runes) > 0 {
		n := rapid.IntRange(1, min(len(runes), 12)).Draw(t, "piece")
		pieces, runes = append(pieces, string(runes[:n])), runes[n:]
	}
	return pieces
}
