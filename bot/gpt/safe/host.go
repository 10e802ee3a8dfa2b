package safe

import (
	"iter"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// hostRune is what a host's names have; of symbols there are hosts as well, such as i❤.ws.
const hostRune = `\pL\pM\pN\p{So}\x{2190}-\x{2BFF}\x{1F000}-\x{1FAFF}_-`

var (
	// A host is names with dots between them; what is no part of one parts it.
	hostForm = regexp.MustCompile(`[` + hostRune + `]+(?:\.[` + hostRune + `]+)+`)
	mailForm = regexp.MustCompile(`[\pL\pM\pN._%+-]+@[` + hostRune + `]+(?:\.[` + hostRune + `]+)+`)
)

// mail reports whether an address of mail is allowed, in normal form.
func (l *links) mail(mail string, own map[string]bool) bool {
	local, host, _ := strings.Cut(mail, "@")
	return allowed(host, func(name string, _ bool) bool {
		if l.host(name) || l.domain(name) {
			return true
		}
		for _, whole := range []string{local + "@" + name, spaced(local + "@" + name)} {
			if l.mails[whole] || own[whole] {
				return true
			}
		}
		return false
	})
}

// named returns a host without a scheme that is not allowed, or "".
func (l *links) named(rest string) string {
	for _, at := range hostForm.FindAllStringIndex(rest, -1) {
		run, tail := rest[at[0]:at[1]], pathAt(rest[at[1]:])
		if !allowed(run, func(name string, last bool) bool {
			if !last || tail == "" {
				return l.host(name) || l.domain(name)
			}
			return l.page("https://"+name+tail) || l.page("http://"+name+tail)
		}) {
			return run + tail
		}
	}
	return ""
}

// allowed reports whether all may be named that a row of names with dots between
// them can be read as: the whole, or else the hosts within it. last is true for the
// one at its end.
func allowed(run string, may func(name string, last bool) bool) bool {
	whole := known(run)
	if whole && may(run, true) {
		return true
	}
	for name, last := range names(run) {
		if !known(name) {
			continue
		}
		if !may(name, last) {
			return false
		}
		whole = whole && !last
	}
	return !whole
}

// names are the hosts within a row of names: a writing without spaces between words
// has none before a host and behind it either, as in 请访问shop.example, and signs may
// point at one, as in 👉shop.example.
func names(run string) iter.Seq2[string, bool] {
	return func(yield func(name string, last bool) bool) {
		begin, before := 0, false
		for at, r := range run + "." {
			// Within a name, the writing changes; between names there is a dot.
			change := at > begin && r != '.' && run[at-1] != '.' && unspaced(r) != before
			end := at == len(run)
			if change || end {
				if name := pointed(run[begin:at]); strings.Contains(strings.Trim(name, "."), ".") && !yield(name, end) {
					return
				}
				begin = at
			}
			before = unspaced(r)
		}
	}
}

// pointed is a host without the signs that point at it.
func pointed(host string) string {
	first, rest, _ := strings.Cut(host, ".")
	if bare := strings.TrimLeftFunc(first, symbol); bare != "" {
		first = bare
	}
	return strings.TrimRightFunc(first+"."+rest, symbol)
}

func symbol(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.M, unicode.N) && !strings.ContainsRune("._-", r)
}

// spaced is an address of mail without the words before it in a writing that puts
// no spaces between words.
func spaced(mail string) string {
	local, host, _ := strings.Cut(mail, "@")
	if at := strings.LastIndexFunc(local, unspaced); at >= 0 {
		_, size := utf8.DecodeRuneInString(local[at:])
		local = local[at+size:]
	}
	return local + "@" + host
}

// pathAt is the path that begins a text, with what may go before it: the dot of a whole
// name, and a port.
func pathAt(rest string) string {
	rest = strings.TrimPrefix(rest, ".")
	if rest == "" || !strings.ContainsRune(":/?#", rune(rest[0])) {
		return ""
	}
	if rest[0] == ':' && (len(rest) == 1 || !unicode.IsDigit(rune(rest[1]))) {
		return ""
	}
	return trimmedEnd(rest)
}

// domain reports whether a host is one of the domains or below one.
func (l *links) domain(host string) bool { return below(l.domains, host, "") }

// below reports whether a host is one of some, or below one, at that port. Below an
// address of IPv4 there is nothing.
func below(hosts map[string]bool, host, port string) bool {
	for name := ascii(host); name != ""; {
		if hosts[withPort(name, port)] {
			return !numeric(name) || name == ascii(host)
		}
		_, name, _ = strings.Cut(name, ".")
	}
	return false
}

// numericForm is that of an address of IPv4 as people write it.
var numericForm = regexp.MustCompile(`^(?:(?:25[0-5]|2[0-4]\d|[01]?\d?\d)(?:\.|$)){4}$`)

// numeric reports whether a host is an address of IPv4.
func numeric(host string) bool { return numericForm.MatchString(host) }

func (l *links) host(name string) bool { return l.hosts[ascii(name)] }

// ascii is the form in which hosts are compared, or "" for no host.
func ascii(host string) string {
	name, err := idna.Lookup.ToASCII(strings.TrimSuffix(strings.ToLower(host), "."))
	if err != nil {
		return ""
	}
	return name
}

// known reports whether a name ends in a domain of the internet, or is an address of
// IPv4: others, such as node.js, are not taken for links by anybody.
func known(host string) bool {
	name := ascii(host)
	if name == "" { // odd enough to be judged as a host
		name = strings.ToLower(host)
	}
	if numeric(name) {
		return true
	}
	top := name[strings.LastIndexByte(name, '.')+1:]
	if slices.Contains([]string{"example", "test", "onion", "local", "localhost", "internal", "invalid"}, top) {
		return true
	}
	_, icann := publicsuffix.PublicSuffix(top)
	return icann
}
