package safe

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// maxTag is how long a tag of HTML may be, in characters.
const maxTag = 2000

var (
	tagForm  = regexp.MustCompile(`^(/?)([a-zA-Z][a-zA-Z0-9]*)((?:[\s/].*)?)$`)
	autoForm = regexp.MustCompile(`^(?:[a-zA-Z][a-zA-Z0-9+.-]*:[^\s<>]+|[^\s<>@/]+@[^\s<>@/]+)$`)
	linkForm = regexp.MustCompile(`(?i)\b(?:href|src)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))`)
)

// tag reads a tag of HTML, or an address in angle brackets. What is neither stays.
func (p *plain) tag() (int, bool) {
	if len(p.in) == 1 && !p.done {
		return 0, false
	}
	if len(p.in) == 1 || !unicode.IsLetter(p.in[1]) && p.in[1] != '/' && p.in[1] != '!' {
		p.put('<')
		return p.take(1)
	}
	switch match(p.in, thinkOpen, p.done) {
	case yes:
		p.thinking = true
		return len(thinkOpen), true
	case unclear:
		return 0, false
	case no:
	}
	return p.angle()
}

// angle reads to the bracket that closes.
func (p *plain) angle() (int, bool) {
	end := slices.IndexFunc(p.in, func(r rune) bool { return r == '>' || r == '\n' })
	if end < 0 && !p.done && len(p.in) < maxTag {
		return 0, false
	}
	if end > 0 && end < maxTag && p.in[end] == '>' && p.markup(string(p.in[1:end])) {
		return p.take(end + 1)
	}
	p.put('<')
	return p.take(1)
}

// markup handles what stands between angle brackets; false if that is no markup.
func (p *plain) markup(within string) bool {
	if strings.HasPrefix(within, "!--") || strings.EqualFold(within, "!doctype html") {
		return true
	}
	if autoForm.MatchString(within) {
		p.puts(within)
		return true
	}
	m := tagForm.FindStringSubmatch(within)
	if m == nil {
		return false
	}
	closes, name, attributes := m[1] != "", strings.ToLower(m[2]), m[3]
	if !isTag(name) {
		return false
	}
	switch name {
	case "br", "p", "div", "tr", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6":
		p.newlines = max(p.newlines, 1)
	case "li":
		if p.newlines = max(p.newlines, 1); !closes {
			p.puts("- ")
		}
	case "a":
		p.closeLink()
	}
	if link := linkForm.FindStringSubmatch(attributes); link != nil && !closes {
		href := strings.Join(strings.Fields(link[1]+link[2]+link[3]), "%20")
		if name == "a" {
			p.href = href
		} else {
			p.puts(" " + href + " ")
		}
	}
	return true
}

// isTag reports whether HTML has a tag of that name which models write.
func isTag(name string) bool {
	const tags = " a abbr article aside audio b base big blockquote body br button caption center code col dd del details div dl dt em embed " +
		"font footer form h1 h2 h3 h4 h5 h6 head header hr html i iframe img input ins kbd label li link main mark math meta nav noscript " +
		"object ol option p picture pre q s samp script section select small source span strike strong style sub summary sup svg table " +
		"tbody td textarea tfoot th thead time title tr track tt u ul var video "
	return strings.Contains(tags, " "+name+" ")
}
