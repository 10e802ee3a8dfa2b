// Package marks lets the formatting of a text outlive its translation: the elements
// of sanitised HTML become numbered marks in plain text, which are put back in what
// a model made of it. So a model never writes an element or an address.
package marks

import (
	"html"
	"regexp"
	"strconv"
	"strings"

	nethtml "golang.org/x/net/html"
)

// most is how many elements are marked; a text with more is better translated plain.
const most = 99

// mark is what stands in a text for an element: {1} and {/1}, or {2/} for one without
// content. Angle brackets would be taken for markup by those who clean a prompt.
var mark = regexp.MustCompile(`\{(/?)(\d{1,3})(/?)\}`)

// Marks are the elements of one text. They are never changed.
type Marks struct{ elements []element }

type element struct {
	name, open string
	// parent is the number of the element around it, 0 for none.
	parent int
}

// void reports elements without content.
func (e element) void() bool { return e.name == "br" || e.name == "hr" }

// strict reports elements that hold other elements and no text.
func (e element) strict() bool {
	switch e.name {
	case "ul", "ol", "table", "thead", "tbody", "tr":
		return true
	default:
		return false
	}
}

// block reports elements that stand on lines of their own.
func (e element) block() bool {
	switch e.name {
	case "p", "pre", "blockquote", "li", "hr", "tr":
		return true
	default:
		return e.strict()
	}
}

// Of takes a text with its marks out of HTML that was sanitised for the widget. It is
// not ok if there is nothing to mark, too much, or the text has such marks itself.
func Of(sanitised string) (text string, m Marks, ok bool) {
	var b strings.Builder
	var open []int
	z := nethtml.NewTokenizer(strings.NewReader(sanitised))
	for {
		kind := z.Next()
		raw := string(z.Raw())
		token := z.Token()
		switch kind {
		case nethtml.ErrorToken:
			return b.String(), m, len(open) == 0 && len(m.elements) > 0 && len(m.elements) <= most
		case nethtml.TextToken:
			if mark.MatchString(token.Data) {
				return "", Marks{}, false
			}
			b.WriteString(token.Data)
		case nethtml.StartTagToken, nethtml.SelfClosingTagToken:
			e := element{name: token.Data, open: raw}
			if len(open) > 0 {
				e.parent = open[len(open)-1]
			}
			m.elements = append(m.elements, e)
			n := len(m.elements)
			if e.void() {
				b.WriteString("{" + strconv.Itoa(n) + "/}")
				continue
			}
			open = append(open, n)
			b.WriteString("{" + strconv.Itoa(n) + "}")
		case nethtml.EndTagToken:
			if len(open) == 0 || m.elements[open[len(open)-1]-1].name != token.Data {
				return "", Marks{}, false
			}
			b.WriteString("{/" + strconv.Itoa(open[len(open)-1]) + "}")
			open = open[:len(open)-1]
		default: // comments and the like are not in sanitised HTML
			return "", Marks{}, false
		}
	}
}

// Restore puts the elements back into a translated text: formatted is safe for the
// widget as the HTML was of which the marks are. It is not ok, and formatted empty,
// unless each mark is there once and within the element that it was in. Plain is the
// text alone, in any case.
func (m Marks) Restore(text string) (formatted, plain string, ok bool) {
	r := restorer{Marks: m, seen: make([]bool, len(m.elements)), ok: true}
	at := 0
	for _, found := range mark.FindAllStringSubmatchIndex(text, -1) {
		r.words(text[at:found[0]])
		n, _ := strconv.Atoi(text[found[4]:found[5]]) // three digits at most
		r.mark(n, found[2] < found[3], found[6] < found[7])
		at = found[1]
	}
	r.words(text[at:])
	for _, seen := range r.seen {
		r.ok = r.ok && seen
	}
	plain = strings.TrimSpace(r.plain.String())
	if !r.ok || len(r.open) > 0 {
		return "", plain, false
	}
	return r.html.String(), plain, true
}

type restorer struct {
	Marks
	html, plain strings.Builder
	open        []int
	seen        []bool
	ok          bool
}

// inside is the number of the element that is open, 0 for none.
func (r *restorer) inside() int {
	if len(r.open) == 0 {
		return 0
	}
	return r.open[len(r.open)-1]
}

func (r *restorer) words(s string) {
	if n := r.inside(); n > 0 && r.elements[n-1].strict() && strings.TrimSpace(s) != "" {
		r.ok = false
	}
	r.html.WriteString(html.EscapeString(s))
	r.plain.WriteString(s)
}

func (r *restorer) mark(n int, closes, void bool) {
	if n < 1 || n > len(r.elements) {
		r.ok = false
		return
	}
	e := r.elements[n-1]
	r.breakLine(e, closes)
	switch {
	case closes:
		if r.inside() != n || void {
			r.ok = false
			return
		}
		r.open = r.open[:len(r.open)-1]
		r.html.WriteString("</" + e.name + ">")
	case r.seen[n-1] || r.inside() != e.parent || void != e.void():
		r.ok = false
	default:
		r.seen[n-1] = true
		r.html.WriteString(e.open)
		if !void {
			r.open = append(r.open, n)
		}
	}
}

// breakLine keeps in the plain text what is seen of blocks.
func (r *restorer) breakLine(e element, closes bool) {
	so := r.plain.String()
	switch {
	case e.name == "br":
		r.plain.WriteByte('\n')
	case e.block() && so != "" && !strings.HasSuffix(so, "\n"):
		r.plain.WriteByte('\n')
	case closes && (e.name == "td" || e.name == "th"):
		r.plain.WriteByte(' ')
	}
	if e.name == "li" && !closes {
		r.plain.WriteString("- ")
	}
}
