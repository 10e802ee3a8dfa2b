package answer

import (
	"net/mail"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/idna"

	"github.com/anteroom-chat/anteroom/bot/talk"
)

// readEmail finds the one address in what was said, so that "it's
// anna@example.com, thanks" will do.
func readEmail(_ Question, e talk.Event, _ Situation) (Answer, *Fault) {
	said, fault := short(e.Text)
	if fault != nil {
		return Answer{}, fault
	}
	var found string
	for word := range strings.FieldsSeq(said) {
		if !strings.ContainsAny(word, "@＠") {
			continue
		}
		if found != "" {
			return Answer{}, fail(NotAnEmail)
		}
		found = strings.Trim(word, `<>()[]{}"'«»“”„.,;:!?`)
	}
	if len(found) > len("mailto:") && strings.EqualFold(found[:len("mailto:")], "mailto:") {
		found = found[len("mailto:"):]
	}
	// A quoted local part, which may have anything in it, ends in the last case.
	local, host, ok := strings.Cut(strings.ReplaceAll(found, "＠", "@"), "@")
	domain, isDomain := asDomain(host)
	address := local + "@" + domain
	parsed, err := mail.ParseAddress(address)
	if !ok || !isDomain || len(local) > 64 || len(address) > longestEmail || err != nil || parsed.Address != address {
		return Answer{}, fail(NotAnEmail)
	}
	return Answer{Value: address, Text: local + "@" + forPeople(domain)}, nil
}

// asDomain is the name of a public host in small ASCII letters (RFC 5891): at
// least two labels, the last of which is not a number, as an IP address's is.
func asDomain(host string) (string, bool) {
	host = strings.TrimSuffix(host, ".")
	domain, err := idna.Lookup.ToASCII(host)
	last := strings.LastIndexByte(domain, '.')
	if err != nil || last < 1 || len(domain) > 253 || !topLevel.MatchString(domain[last+1:]) {
		return "", false
	}
	for label := range strings.SplitSeq(domain, ".") {
		if len(label) == 0 || len(label) > 63 {
			return "", false
		}
	}
	return domain, true
}

var topLevel = regexp.MustCompile(`^(?:xn--[a-z0-9-]+|[a-z]{2,63})$`)

// forPeople is a domain in the letters of its language.
func forPeople(domain string) string {
	if shown, err := idna.Display.ToUnicode(domain); err == nil {
		return shown
	}
	return domain
}

var scheme = regexp.MustCompile(`^(?i)[a-z][a-z0-9+.-]*://`)

func readURL(_ Question, e talk.Event, _ Situation) (Answer, *Fault) {
	said, fault := short(e.Text)
	if fault != nil {
		return Answer{}, fault
	}
	if !scheme.MatchString(said) {
		said = "https://" + strings.TrimPrefix(said, "//")
	}
	u, err := url.Parse(said)
	if err != nil || strings.ContainsAny(said, " \\") || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return Answer{}, fail(NotAURL)
	}
	domain, ok := asDomain(u.Hostname())
	if !ok {
		return Answer{}, fail(NotAURL)
	}
	port := u.Port()
	u.Host = domain
	if port != "" {
		u.Host += ":" + port
	}
	if u.Path == "" {
		u.Path = "/"
	}
	address := u.String()
	if len(address) > longestURL {
		return Answer{}, fail(TooLong)
	}
	return Answer{Value: address, Text: address}, nil
}
