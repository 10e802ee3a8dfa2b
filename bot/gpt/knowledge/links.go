package knowledge

import (
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/net/idna"

	"github.com/anteroom-chat/anteroom/bot/source"
)

// Host is the host of a web address as it is compared: in lower case, in ASCII
// (a.рф is xn--…), without port and without a dot at its end. It is false for what
// is no http or https address with a host.
func Host(address string) (host string, ok bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return "", false
	}
	host = strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii
	}
	return host, host != ""
}

// maxURL is how many bytes a URL may have.
const maxURL = 2000

// url checks a URL that somebody wrote.
func (l *loader) url(s source.Scalar) string {
	text := strings.TrimSpace(s.Text)
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	_, web := Host(text)
	switch {
	case err != nil || !web || u.User != nil || len(text) > maxURL || strings.ContainsFunc(text, unicode.IsSpace):
		l.fault(s.Pos, "bad_url", "%q is no web address; write the whole one, such as https://shop.example/delivery.", clip(text))
		return ""
	}
	return u.String()
}

// withAnchor is the address of a heading's place on a page.
func withAnchor(page, anchor string) string {
	u, err := url.Parse(page)
	if err != nil || page == "" || anchor == "" || u.Fragment != "" {
		return page
	}
	u.Fragment = anchor
	return u.String()
}

// slug is a heading's anchor as GitHub, GitLab and most generators of sites make
// it: lower case, letters of any script, digits, - and _; spaces become -.
func slug(title string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(title) {
		switch {
		case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r), r == '-', r == '_':
			b.WriteRune(r)
		case r == ' ':
			b.WriteByte('-')
		}
	}
	return b.String()
}
