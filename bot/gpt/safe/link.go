package safe

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// links are the addresses that a text may name.
type links struct {
	// domains are allowed with all below them: doors as addresses, with the port that is
	// not the usual one, domains by name and in addresses of mail. Hosts are alone and
	// without a path.
	domains, doors, hosts map[string]bool
	// pages are allowed with all below them: host and path. Queries are allowed as they
	// stand, behind a question mark.
	pages   []string
	queries map[string]bool
	mails   map[string]bool
}

var (
	schemeForm = regexp.MustCompile(`[a-z][a-z0-9+.-]*:`)
	dataForm   = regexp.MustCompile(`\bdata:(?:[a-z]+/|[;,])`)
	scriptForm = regexp.MustCompile(`\b(?:javascript|vbscript|file|blob|intent|livescript):\S`)
	// webForm is an address with its scheme, widgetForm one that the widget makes a link
	// (links.ts): they end where that ends it.
	webForm    = regexp.MustCompile(`(?:https?|ftp|wss?):/*[^\s<>"]+`)
	widgetForm = regexp.MustCompile(`(?i)(?:https?://|mailto:)[^\s<>"]+`)
	// widgetMail is what the widget takes for an address of mail: of a@b.comя it is a@b.com.
	widgetMail = regexp.MustCompile(`(?i)[\w.+-]+@[\w-]+(?:\.[\w-]+)+`)
	oneMail    = regexp.MustCompile(`^[\pL\pM\pN._+-]+@[\pL\pM\pN._-]+$`)
)

// normal is a piece of text as somebody reads it who looks for an address: dots of all
// writings as dots, slashes of both kinds as slashes, without what shows nothing.
// Letters keep their accents, for those make another host.
func normal(piece string) string {
	return strings.ToLower(norm.NFKC.String(strings.Map(func(r rune) rune {
		switch {
		case dot(r):
			return '.'
		case strings.ContainsRune(`\⁄∕／`, r):
			return '/'
		case unseen(r) || r == '\u200c' || r == '\u200d' || r >= 0xFE00 && r <= 0xFE0F:
			return -1
		}
		return r
	}, piece)))
}

func dot(r rune) bool { return strings.ContainsRune("。．｡․﹒", r) }

// forbidden returns a link of a piece of text without spaces that is not allowed,
// or "". Addresses of mail may be among own as well.
//
// An address with a scheme is judged twice: as it stands, which is what a browser
// opens, and in its normal form, which is what it seems to be. A ／ is no slash to a
// browser: in https://shop.example／@evil.com the host is evil.com.
func (l *links) forbidden(piece string, own map[string]bool) string {
	if !strings.ContainsFunc(piece, func(r rune) bool { return strings.ContainsRune(`.:/\@`, r) || r >= 0x2024 }) {
		return ""
	}
	text := normal(piece)
	for _, form := range []*regexp.Regexp{scriptForm, dataForm} {
		if bad := form.FindString(text); bad != "" {
			return bad
		}
	}
	for _, address := range within(widgetForm, piece) {
		if !l.opens(trimmedLink(address)) {
			return address
		}
	}
	for _, address := range within(webForm, text) {
		if !l.page(trimmedEnd(address)) || strings.Contains(piece, `\`) { // not all readers take \ for /
			return address
		}
	}
	for _, mail := range append(mailForm.FindAllString(text, -1), widgetMail.FindAllString(piece, -1)...) {
		if mail = strings.ToLower(mail); !l.mail(mail, own) {
			return mail
		}
	}
	rest := mailForm.ReplaceAllString(webForm.ReplaceAllString(text, " "), " ")
	if strings.Contains(rest, "://") && schemeForm.MatchString(rest) {
		return rest
	}
	return l.named(rest)
}

// within returns all that a form finds in a piece of text, also what begins within
// another one: who reads https://a.example/https://b.example may begin at the second,
// and does if something stands before the first.
func within(form *regexp.Regexp, piece string) (found []string) {
	for at := 0; at < len(piece); {
		next := form.FindStringIndex(piece[at:])
		if next == nil {
			break
		}
		address := piece[at+next[0] : at+next[1]]
		found = append(found, address)
		at += next[0] + strings.IndexByte(address, ':')
	}
	return found
}

// opens reports whether what the widget makes a link leads to what is allowed.
func (l *links) opens(address string) bool {
	if to, is := cutFold(address, "mailto:"); is {
		// One address and no more: a query could name further ones, in disguise.
		return oneMail.MatchString(to) || l.queries[strings.ToLower(address)]
	}
	return l.page(address)
}

func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// trimmedLink is an address without the sentence's punctuation behind it, as the
// widget cuts it off: a bracket stays if it was opened inside.
func trimmedLink(address string) string {
	open := map[rune]int{
		')': strings.Count(address, ")") - strings.Count(address, "("),
		']': strings.Count(address, "]") - strings.Count(address, "["),
	}
	for {
		last, size := utf8.DecodeLastRuneInString(address)
		switch {
		case strings.ContainsRune(".,:;!?'»”…", last):
		case open[last] > 0:
			open[last]--
		default:
			return address
		}
		address = address[:len(address)-size]
	}
}

// trimmedEnd is an address without whatever punctuation stands behind it.
func trimmedEnd(address string) string { return strings.TrimRight(address, ".,;:!?)]}»”’'\"") }

// page reports whether an address with its scheme is allowed.
func (l *links) page(address string) bool {
	host, port, u := parsed(address)
	if u == nil {
		return false
	}
	if below(l.doors, host, port) {
		return true
	}
	host = withPort(host, port)
	path := strings.TrimRight(u.EscapedPath(), "/")
	if u.RawQuery != "" {
		return l.queries[host+path+"?"+u.RawQuery]
	}
	if path == "" && u.Fragment == "" && l.hosts[host] {
		return true
	}
	if strings.Contains(path, "/.") || strings.Contains(path, "%2e") || strings.Contains(path, "//") {
		return false
	}
	return slices.ContainsFunc(l.pages, func(page string) bool {
		below, ok := strings.CutPrefix(host+path, page)
		return ok && (below == "" || below[0] == '/')
	})
}

// parsed is an address as browsers read it (the URL standard of WHATWG, 4.4), or nil if
// it is odd: the host as it is compared, its port or "" for the usual one, and what stands
// behind them.
func parsed(address string) (host, port string, behind *url.URL) {
	scheme, rest, _ := strings.Cut(address, ":")
	if scheme = strings.ToLower(scheme); scheme != "http" && scheme != "https" {
		return "", "", nil
	}
	// Browsers take any number of slashes, so there must not be a host behind another one.
	rest = strings.TrimLeft(rest, "/")
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host, port, _ = strings.Cut(rest[:end], ":")
	port, usual := portOf(scheme, port)
	if host = plainHost(host); host == "" || !usual {
		return "", "", nil
	}
	behind, err := url.Parse("//x" + strings.ToLower(rest[end:]))
	if err != nil {
		return "", "", nil
	}
	return host, port, behind
}

// portOf is a port as it is compared: "" for the usual one of a scheme. It reports false
// for what is no port.
func portOf(scheme, port string) (string, bool) {
	if port == "" {
		return "", true
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", false
	}
	if scheme == "http" && number == 80 || scheme == "https" && number == 443 {
		return "", true
	}
	return strconv.FormatUint(number, 10), true
}

func withPort(host, port string) string {
	if port == "" {
		return host
	}
	return host + ":" + port
}

// plainHost is a host as it is compared, or "" if it has anything but letters, figures
// and dots, or if those are not what a browser makes of them: signs that come apart
// into others, such as ⒈ and ℀, letters that are written in another form, such as ｓ,
// and a user before the host.
func plainHost(host string) string {
	const capitalSharpS = 'ẞ' // ß to some browsers, ss to others
	name := strings.Map(func(r rune) rune {
		switch {
		case dot(r):
			return '.'
		case unicode.In(r, unicode.L, unicode.M, unicode.Nd) && r != capitalSharpS, r == '.', r == '-', r == '_':
			return unicode.ToLower(r)
		default:
			return '@'
		}
	}, host)
	compared := ascii(name)
	if compared == "" || strings.HasSuffix(compared, ".") || strings.Contains(name, "@") {
		return ""
	}
	if shown, err := idna.Lookup.ToUnicode(compared); compared != strings.TrimSuffix(name, ".") && (err != nil || shown != norm.NFC.String(strings.TrimSuffix(name, "."))) {
		return ""
	}
	return compared
}

// learn allows the links of a text that its owner wrote.
func (l *links) learn(text string) {
	for field := range strings.FieldsSeq(text) {
		piece := normal(strings.TrimLeft(field, "([<{\"'«"))
		for _, address := range within(webForm, piece) {
			l.learnPage(address)
		}
		for _, address := range within(widgetForm, field) {
			if to, is := cutFold(trimmedLink(address), "mailto:"); is {
				l.queries["mailto:"+strings.ToLower(to)] = true
			}
		}
		for _, mail := range mailForm.FindAllString(piece, -1) {
			l.mails[mail], l.mails[spaced(mail)] = true, true
		}
		l.learnHosts(mailForm.ReplaceAllString(webForm.ReplaceAllString(piece, " "), " "))
	}
}

// learnHosts allows what is named without a scheme.
func (l *links) learnHosts(rest string) {
	for _, at := range hostForm.FindAllStringIndex(rest, -1) {
		run, tail := rest[at[0]:at[1]], pathAt(rest[at[1]:])
		if known(run) {
			l.learnPage("https://" + run + tail)
		}
		for name, last := range names(run) {
			if last && known(name) {
				l.learnPage("https://" + name + tail)
			} else if known(name) {
				l.learnPage("https://" + name)
			}
		}
	}
}

// learnPage allows a page, all below it, and its host by name.
func (l *links) learnPage(address string) {
	address, _, _ = strings.Cut(address, "](") // Markdown
	address, _, _ = strings.Cut(address, "|")  // a table's
	for strings.HasSuffix(address, ")") && strings.Count(address, ")") > strings.Count(address, "(") {
		address = strings.TrimSuffix(address, ")")
	}
	u, err := url.Parse(strings.TrimRight(address, ".,;:!?]}»”’'\"*_"))
	if err != nil || u.User != nil || ascii(u.Hostname()) == "" {
		return
	}
	port, ok := portOf(u.Scheme, u.Port())
	if !ok {
		return
	}
	host := withPort(ascii(u.Hostname()), port)
	l.hosts[host] = true
	page := host + strings.TrimRight(u.EscapedPath(), "/")
	if u.RawQuery != "" {
		l.queries[page+"?"+u.RawQuery] = true
	} else if !slices.Contains(l.pages, page) {
		l.pages = append(l.pages, page)
	}
}
