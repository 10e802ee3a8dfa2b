package chain

import (
	"regexp"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/talk"
)

// link is what a button opens: a web address, or one for letters or calls. Values
// in it are percent-encoded, and cannot say which host a web address leads to.
type link struct{ address }

// constantFirst is a text that begins with one of the site's constants.
var constantFirst = regexp.MustCompile(`^\{\{\s*site\.(\w+)\s*\}\}`)

// scheme is that of the link as it is written, or as its first constant has it.
func (l *link) scheme(c *checker) string {
	text := l.Text
	if m := constantFirst.FindStringSubmatch(text); m != nil {
		text = c.options.Constants[m[1]]
	}
	for _, scheme := range []string{"https://", "http://", mailScheme, callScheme} {
		if strings.HasPrefix(text, scheme) {
			return scheme
		}
	}
	return ""
}

const (
	mailScheme = "mailto:"
	callScheme = "tel:"
)

func (l *link) check(c *checker) {
	switch l.scheme(c) {
	case mailScheme, callScheme:
		l.raw.check(c, c.set.Names.Template)
	case "":
		if l.raw.check(c, c.set.Names.Template); l.template != nil {
			c.fault(l.Pos, "bad_url", "A link begins with https://, http://, mailto: or tel:.")
		}
	default:
		l.address.check(c, c.set.Names.Template)
	}
}

// shown is the link as it is now; "" for none.
func (l *link) shown(t *Turn, s *Step) string {
	if l.IsZero() {
		return ""
	}
	if l.front > 0 { // a web address, see address.check
		url, _ := l.write(t, s).Join(nil) // there are no secrets in it
		return url
	}
	url := ""
	for _, p := range l.pieces(t, s) {
		if !p.Place || p.Constant != "" || p.Written != nil { // the file's and the site's own words stand as they are
			url += p.Text
			continue
		}
		// What parts an address (RFC 6068, section 2) and begins a number (RFC 3966,
		// section 3) stays; a + would be a space to some mail programs.
		code, sign := "%40", "@"
		if strings.HasPrefix(url, callScheme) {
			code, sign = "%2B", "+"
		}
		url += strings.ReplaceAll(talk.AsURL.Write(p.Text), code, sign)
	}
	return url
}
