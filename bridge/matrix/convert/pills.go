package convert

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

// maxMentions is how many mentioned users are hidden by name; nobody mentions more by hand.
const maxMentions = 50

// matrixLink is the Matrix identifier that a matrix.to or matrix: link leads
// to ("@user:server", "#alias:server", "!room"); false for any other link.
func matrixLink(href string) (string, bool) {
	u, err := url.Parse(strings.TrimSpace(href))
	if err != nil {
		return "", false
	}
	switch {
	case strings.EqualFold(u.Scheme, "matrix"):
		if name, ok := strings.CutPrefix(u.Opaque, "u/"); ok {
			return "@" + name, true
		}
		return "", true
	case strings.EqualFold(u.Hostname(), "matrix.to"):
		return identifier(u.Fragment), true
	default:
		return clientLink(u.Fragment)
	}
}

// clientLink reads the links of Element Web where its admin has set a
// permalink prefix: https://chat.example.org/#/user/@bob:example.org.
func clientLink(fragment string) (string, bool) {
	if rest, ok := strings.CutPrefix(fragment, "/user/"); ok && isUserID(identifier(rest)) {
		return identifier(rest), true
	}
	rest, ok := strings.CutPrefix(fragment, "/room/")
	return identifier(rest), ok && strings.HasPrefix(rest, "!")
}

func identifier(path string) string {
	ref, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	ref, _, _ = strings.Cut(ref, "?")
	if decoded, err := url.PathUnescape(ref); err == nil {
		return decoded
	}
	return ref
}

// pill is the text that stands for a link to a Matrix identifier, and keeps it
// in mind for the plain text.
func (w *writer) pill(ref, label string) string {
	label = hideIDs(label, nil, append([]string{ref}, w.ids...))
	if isUserID(ref) && len(w.doc.pills) < maxMentions {
		if plain.Blank(label) {
			label = localpart(ref)
		}
		w.doc.pills[ref] = label
	}
	return label
}

// isUserID reports a user id in the wide sense of historical ones
// (Matrix specification, appendices, "User Identifiers").
func isUserID(s string) bool {
	return len(s) > 3 && len(s) <= maxID && s[0] == '@' && strings.Index(s, ":") > 1
}

func localpart(user string) string {
	name, _, _ := strings.Cut(user, ":")
	return name
}

var (
	markdownPill = regexp.MustCompile(`\[([^\]\n]{1,255})\]\(<?https://matrix\.to/#/[^)\s]{1,512}\)`)
	userLink     = regexp.MustCompile(`https://matrix\.to/#/(?:@|%40)([^:%\s]{1,255})(?::|%3[Aa])[^\s<>"')\]]{1,255}`)
)

// hideIDs replaces what names an operator's account by the name that the
// operators see: Matrix links by their label, ids by their pill's name or their localpart.
func hideIDs(text string, pills map[string]string, ids []string) string {
	if strings.Contains(text, "matrix.to/#/") {
		text = markdownPill.ReplaceAllString(text, "$1")
		text = userLink.ReplaceAllString(text, "@$1")
	}
	if !strings.Contains(text, "@") {
		return text
	}
	names := make(map[string]string, len(pills))
	for _, user := range ids[:min(len(ids), maxMentions)] {
		if isUserID(user) {
			names[user] = localpart(user)
		}
	}
	for user, label := range pills {
		names[user] = label
	}
	users := make([]string, 0, len(names))
	for user := range names {
		users = append(users, user)
	}
	// Longest first: one server's name can begin with another's.
	slices.SortFunc(users, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	for _, user := range users {
		text = strings.ReplaceAll(text, user, names[user])
	}
	return text
}
