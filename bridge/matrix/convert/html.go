package convert

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	nethtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

const (
	// maxHTML is the longest formatted body that is looked at, in bytes. An
	// event has at most 64 KiB (Matrix specification, "Size limits"); what is
	// longer never was one, and its plain text is delivered alone.
	maxHTML = 128 << 10
	// maxDepth is how deep elements may nest; deeper ones leave only their text.
	maxDepth = 32
)

// document is what is left of a formatted body.
type document struct {
	// html is safe for the widget.
	html string
	// text is the same as plain text, with line breaks between blocks.
	text string
	// formatted is true if html shows more than paragraphs and line breaks do.
	formatted bool
	// pills are the names that stand for Matrix user ids in links.
	pills map[string]string
}

// says reports whether the HTML tells more than text does.
func (d document) says(text string) bool {
	if d.html == "" || plain.Blank(d.text) {
		return false
	}
	return d.formatted || squeeze(d.text) != squeeze(text)
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// sanitise keeps of a formatted body what the widget may show. The tree is
// rewritten first, because Matrix's own elements (replies, pills, spoilers,
// custom emoji) need to be understood and not only dropped; the policy then
// decides once more, by an allow-list that knows nothing of the rewriting.
func sanitise(body string, ids []string) document {
	d := document{pills: map[string]string{}}
	if body == "" || len(body) > maxHTML {
		return d
	}
	root := &nethtml.Node{Type: nethtml.ElementNode, Data: "body", DataAtom: atom.Body}
	// Nesting beyond 512 elements is the parser's only error: the plain text is delivered alone then.
	nodes, err := nethtml.ParseFragment(strings.NewReader(plain.Clean(body)), root)
	if err != nil {
		return d
	}
	w := writer{doc: &d, ids: ids}
	for _, n := range nodes {
		w.node(n, place{})
	}
	d.html = edges.ReplaceAllString(policy().Sanitize(w.html.String()), "")
	if len(d.html) > maxHTML {
		// Misnested tables grow when they are put in order.
		d.html = ""
	}
	d.text = strings.TrimSpace(w.text.String())
	return d
}

var (
	// edges are the breaks and spaces that a removed block leaves at either end.
	edges      = regexp.MustCompile(`^(?:\s|<br/?>)+|(?:\s|<br/?>)+$`)
	noValue    = regexp.MustCompile(`^$`)
	linkTarget = regexp.MustCompile(`^_blank$`)
	linkRel    = regexp.MustCompile(`^noopener noreferrer nofollow$`)
)

// policy is made anew for each formatted body: it is cheap, and a shared one
// would be a global that anyone could widen.
func policy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "b", "strong", "i", "em", "u", "s", "del", "strike", "code", "pre",
		"blockquote", "ul", "ol", "li", "hr", "table", "thead", "tbody", "tr", "th", "td")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("data-spoiler").Matching(noValue).OnElements("span")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("target").Matching(linkTarget).OnElements("a")
	p.AllowAttrs("rel").Matching(linkRel).OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto")
	p.RequireParseableURLs(true)
	return p
}

var escapedMark = regexp.MustCompile(`^((?:\s|<[^>]*>)*)!!`)

// unescapeHTML does to sanitised HTML what unescape did to its text.
func unescapeHTML(s string) string { return escapedMark.ReplaceAllString(s, "${1}!") }

// goesOut reports the links that a visitor may follow.
func goesOut(u *url.URL) bool {
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		return u.Host != ""
	case "mailto":
		return u.Opaque != ""
	default:
		return false
	}
}
