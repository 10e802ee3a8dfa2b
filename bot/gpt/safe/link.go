package safe

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/unicode/norm"
)

// links are the addresses that a text may name.
type links struct {
	// domains are allowed with all below them, hosts alone and without a path.
	domains, hosts map[string]bool
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
	// A host is names with dots between them; what is no part of one parts it.
	hostForm = regexp.MustCompile(`[\pL\pM\pN_-]+(?:\.[\pL\pM\pN_-]+)+`)
	mailForm = regexp.MustCompile(`[\pL\pM\pN._%+-]+@[\pL\pM\pN_-]+(?:\.[\pL\pM\pN_-]+)+`)
	webForm  = regexp.MustCompile(`(?:https?|ftp|wss?):/*[^\s<>"|]+`)
)

// normal is a piece of text as a browser reads an address: dots of all writings as
// dots, slashes of both kinds as slashes, without what shows nothing. Letters keep
// their accents, for those make another host.
func normal(piece string) string {
	return strings.ToLower(norm.NFKC.String(strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune("。．｡․﹒", r):
			return '.'
		case strings.ContainsRune(`\⁄∕／`, r):
			return '/'
		case unseen(r) || r == '\u200c' || r == '\u200d' || r >= 0xFE00 && r <= 0xFE0F:
			return -1
		}
		return r
	}, piece)))
}

// forbidden returns a link of a piece of text without spaces that is not allowed,
// or "". Addresses of mail may be among own as well.
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
	rest := text
	for _, address := range webForm.FindAllString(text, -1) {
		if !l.page(address) || strings.Contains(piece, `\`) { // not all readers take \ for /
			return address
		}
		rest = strings.Replace(rest, address, " ", 1)
	}
	if strings.Contains(rest, "://") && schemeForm.MatchString(rest) {
		return rest
	}
	return l.named(rest, own)
}

// named returns an address of mail or a host without a scheme that is not allowed, or "".
func (l *links) named(rest string, own map[string]bool) string {
	for _, mail := range mailForm.FindAllString(rest, -1) {
		_, host, _ := strings.Cut(mail, "@")
		if known(host) && !l.mails[mail] && !own[mail] && !l.host(host) && !l.domain(host) {
			return mail
		}
		rest = strings.Replace(rest, mail, " ", 1)
	}
	for _, at := range hostForm.FindAllStringIndex(rest, -1) {
		name := rest[at[0]:at[1]]
		if !known(name) || l.domain(name) {
			continue
		}
		if tail := pathAt(rest[at[1]:]); tail == "" && !l.host(name) || tail != "" && !l.page("https://"+name+tail) {
			return name + tail
		}
	}
	return ""
}

// pathAt is the path that begins a text, with what may go before it: a port.
func pathAt(rest string) string {
	if rest == "" || !strings.ContainsRune(":/?#", rune(rest[0])) {
		return ""
	}
	if rest[0] == ':' && (len(rest) == 1 || !unicode.IsDigit(rune(rest[1]))) {
		return ""
	}
	return strings.TrimRight(rest, ".,;:!?)]}»”’'\"")
}

// page reports whether an address with its scheme is allowed.
func (l *links) page(address string) bool {
	u := parsed(address)
	if u == nil {
		return false
	}
	host := ascii(u.Hostname())
	if l.domain(host) {
		return true
	}
	if u.Port() != "" {
		host += ":" + u.Port()
	}
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

// parsed is an address as browsers read it, or nil if it is odd or has a user.
func parsed(address string) *url.URL {
	scheme, rest, _ := strings.Cut(address, ":")
	if scheme != "http" && scheme != "https" {
		return nil
	}
	// Browsers take any number of slashes, so there must not be a host behind another one.
	u, err := url.Parse(scheme + "://" + strings.TrimRight(strings.TrimLeft(rest, "/"), ".,;:!?)]}»”’'\""))
	if err != nil || u.User != nil || strings.ContainsAny(u.Host, "@%") || ascii(u.Hostname()) == "" {
		return nil
	}
	return u
}

// domain reports whether a host is one of the domains or below one.
func (l *links) domain(host string) bool {
	for name := ascii(host); name != ""; {
		if l.domains[name] {
			return true
		}
		_, name, _ = strings.Cut(name, ".")
	}
	return false
}

func (l *links) host(name string) bool { return l.hosts[ascii(name)] }

// ascii is the form in which hosts are compared, or "" for no host.
func ascii(host string) string {
	name, err := idna.Lookup.ToASCII(strings.TrimSuffix(strings.ToLower(host), "."))
	if err != nil {
		return ""
	}
	return name
}

// known reports whether a name ends in a domain of the internet: others, such as
// node.js, are not taken for links by anybody.
func known(host string) bool {
	name := ascii(host)
	if name == "" { // odd enough to be judged as a host
		name = strings.ToLower(host)
	}
	top := name[strings.LastIndexByte(name, '.')+1:]
	if slices.Contains([]string{"example", "test", "onion", "local", "localhost", "internal", "invalid"}, top) {
		return true
	}
	_, icann := publicsuffix.PublicSuffix(top)
	return icann
}

// learn allows the links of a text that its owner wrote.
func (l *links) learn(text string) {
	for piece := range strings.FieldsSeq(text) {
		piece = normal(strings.TrimLeft(piece, "([<{\"'«"))
		rest := piece
		for _, address := range webForm.FindAllString(piece, -1) {
			l.learnPage(address)
			rest = strings.Replace(rest, address, " ", 1)
		}
		for _, mail := range mailForm.FindAllString(rest, -1) {
			l.mails[mail] = true
			rest = strings.Replace(rest, mail, " ", 1)
		}
		for _, at := range hostForm.FindAllStringIndex(rest, -1) {
			if name := rest[at[0]:at[1]]; known(name) {
				l.learnPage("https://" + name + pathAt(rest[at[1]:]))
			}
		}
	}
}

// learnPage allows a page, all below it, and its host by name.
func (l *links) learnPage(address string) {
	address, _, _ = strings.Cut(address, "](") // Markdown
	for strings.HasSuffix(address, ")") && strings.Count(address, ")") > strings.Count(address, "(") {
		address = strings.TrimSuffix(address, ")")
	}
	u, err := url.Parse(strings.TrimRight(address, ".,;:!?]}»”’'\"*_"))
	if err != nil || u.User != nil || ascii(u.Hostname()) == "" {
		return
	}
	host := ascii(u.Hostname())
	if u.Port() != "" {
		host += ":" + u.Port()
	}
	l.hosts[host] = true
	page := host + strings.TrimRight(u.EscapedPath(), "/")
	if u.RawQuery != "" {
		l.queries[page+"?"+u.RawQuery] = true
	} else if !slices.Contains(l.pages, page) {
		l.pages = append(l.pages, page)
	}
}
