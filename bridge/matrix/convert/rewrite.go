package convert

import (
	"html"
	"net/url"
	"strconv"
	"strings"

	nethtml "golang.org/x/net/html"

	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

// place says where in the tree a node stands.
type place struct {
	depth int
	// inline is true where only inline elements may stand: in a paragraph.
	inline bool
	list   bool // directly in ul or ol
	pre    bool
	format bool // text here looks other than plain text does
}

func (p place) deeper() place {
	p.depth++
	p.list = false
	return p
}

// writer writes the rewritten tree and its plain text side by side.
type writer struct {
	doc  *document
	ids  []string
	html strings.Builder
	text strings.Builder
}

func (w *writer) children(n *nethtml.Node, at place) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.node(c, at)
	}
}

func (w *writer) node(n *nethtml.Node, at place) {
	switch {
	case n.Type == nethtml.TextNode:
		w.words(n.Data, at)
	case n.Type == nethtml.ElementNode && n.Namespace == "" && !hidden(n):
		w.element(n, at)
	}
}

func (w *writer) words(s string, at place) {
	// Cleaned again, because character references were resolved since.
	s = hideIDs(plain.Clean(s), w.doc.pills, w.ids)
	w.html.WriteString(html.EscapeString(s))
	if !at.pre {
		s = strings.ReplaceAll(s, "\n", " ")
	}
	w.text.WriteString(s)
	if at.format && !plain.Blank(s) {
		w.doc.formatted = true
	}
}

// hidden reports elements whose content was never meant to be read.
func hidden(n *nethtml.Node) bool {
	switch n.Data {
	case "mx-reply", "script", "style", "head", "title", "template", "noscript", "noembed", "noframes",
		"iframe", "object", "embed", "applet", "svg", "math", "textarea", "select", "option", "datalist",
		"video", "audio", "canvas", "xmp", "plaintext":
		return true
	default:
		return false
	}
}

func (w *writer) element(n *nethtml.Node, at place) {
	if at.depth >= maxDepth {
		w.children(n, at)
		return
	}
	switch n.Data {
	case "br":
		w.html.WriteString("<br>")
		w.text.WriteByte('\n')
	case "img":
		w.words(altText(n), at)
	case "a":
		w.link(n, at)
	case "b", "strong", "i", "em", "u", "s", "del", "strike", "code":
		w.inline(n.Data, n.Data, n, at)
	case "ins":
		w.inline("u", "u", n, at)
	case "tt", "kbd", "samp":
		w.inline("code", "code", n, at)
	case "span":
		w.span(n, at)
	case "li":
		w.item(n, at)
	default:
		w.block(n, at)
	}
}

func (w *writer) inline(open, closing string, n *nethtml.Node, at place) {
	at = at.deeper()
	at.format = true
	// Blocks inside an inline element would be torn apart by the browser.
	at.inline = true
	w.html.WriteString("<" + open + ">")
	w.children(n, at)
	w.html.WriteString("</" + closing + ">")
}

func (w *writer) span(n *nethtml.Node, at place) {
	reason, spoiler := attribute(n, "data-mx-spoiler")
	if !spoiler {
		w.children(n, at)
		return
	}
	if !plain.Blank(reason) {
		w.words("("+reason+") ", at)
	}
	w.inline(`span data-spoiler=""`, "span", n, at)
}

func (w *writer) item(n *nethtml.Node, at place) {
	w.breakLine()
	if !at.list {
		w.children(n, at)
		w.breakLine()
		return
	}
	w.text.WriteString("- ")
	w.wrap("li", n, at.deeper())
}

// block writes an element that begins and ends a line, or the children of one that we do not know.
func (w *writer) block(n *nethtml.Node, at place) {
	at = at.deeper()
	if !isBlock(n.Data) {
		w.children(n, at)
		return
	}
	if at.inline {
		w.brokenLine()
		w.children(n, at)
		w.brokenLine()
		return
	}
	w.breakLine()
	switch n.Data {
	case "p":
		at.inline = true
		w.wrap("p", n, at)
	case "h1", "h2", "h3", "h4", "h5", "h6":
		// A heading in a chat would stand in the outline of the site's own page.
		w.html.WriteString("<p>")
		at.inline = true
		w.inline("strong", "strong", n, at)
		w.html.WriteString("</p>")
	case "pre":
		at.inline, at.pre, at.format = true, true, true
		w.wrap("pre", n, at)
	case "ul", "ol":
		// deeper has made list false for everything else.
		at.list, at.format = true, true
		w.wrap(listTag(n), n, at)
	case "blockquote", "table", "thead", "tbody", "tr", "th", "td":
		at.format = true
		w.wrap(n.Data, n, at)
	case "hr":
		w.html.WriteString("<hr>")
		w.doc.formatted = true
	default:
		w.brokenLine()
		w.children(n, at)
		w.brokenLine()
	}
	w.breakLine()
}

// wrap writes the children of n in an element; tag may carry attributes of ours.
func (w *writer) wrap(tag string, n *nethtml.Node, at place) {
	name, _, _ := strings.Cut(tag, " ")
	w.html.WriteString("<" + tag + ">")
	w.children(n, at)
	w.html.WriteString("</" + name + ">")
	if name == "th" || name == "td" {
		w.text.WriteByte('\t')
	}
}

func listTag(n *nethtml.Node) string {
	start, _ := attribute(n, "start")
	if i, err := strconv.Atoi(start); err == nil && n.Data == "ol" {
		return `ol start="` + strconv.Itoa(i) + `"`
	}
	return n.Data
}

func isBlock(name string) bool {
	switch name {
	case "p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "ul", "ol", "li", "blockquote", "hr",
		"table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption", "div", "section", "article", "header",
		"footer", "main", "aside", "nav", "center", "address", "figure", "figcaption", "form", "fieldset",
		"details", "summary", "dl", "dt", "dd", "dir", "menu":
		return true
	default:
		return false
	}
}

// breakLine begins a new line of the plain text, unless it stands at one.
func (w *writer) breakLine() {
	if s := w.text.String(); s != "" && !strings.HasSuffix(s, "\n") {
		w.text.WriteByte('\n')
	}
}

// brokenLine begins a new line where an element that stood for one is not kept.
func (w *writer) brokenLine() {
	if s := w.text.String(); s != "" && !strings.HasSuffix(s, "\n") {
		w.html.WriteString("<br>")
		w.text.WriteByte('\n')
	}
}

func (w *writer) link(n *nethtml.Node, at place) {
	href, _ := attribute(n, "href")
	if ref, ok := matrixLink(href); ok {
		w.words(w.pill(ref, textOf(n)), at)
		return
	}
	u, err := url.Parse(strings.TrimSpace(href))
	if err != nil || !goesOut(u) {
		w.children(n, at)
		return
	}
	before := at.format
	at = at.deeper()
	at.inline = true
	// The widget makes links of addresses itself: one that shows its own address says nothing new.
	at.format = before || strings.TrimSuffix(squeeze(textOf(n)), "/") != strings.TrimSuffix(strings.TrimSpace(href), "/")
	w.html.WriteString(`<a href="` + html.EscapeString(u.String()) + `" rel="noopener noreferrer nofollow" target="_blank">`)
	w.children(n, at)
	w.html.WriteString("</a>")
}

func attribute(n *nethtml.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name && a.Namespace == "" {
			return a.Val, true
		}
	}
	return "", false
}

func altText(n *nethtml.Node) string {
	if alt, _ := attribute(n, "alt"); !plain.Blank(alt) {
		return alt
	}
	title, _ := attribute(n, "title")
	return title
}

func textOf(n *nethtml.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == nethtml.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}
