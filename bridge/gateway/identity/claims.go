package identity

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

// claims are those of a token, or what a page says without one, each as it is
// written. A claim that is null is one that is missing.
type claims struct {
	// by is who claims, as sentences name it: "token" or "identity".
	by      string
	members map[string]json.RawMessage
}

func readClaims(by string, raw []byte) (claims, error) {
	members, twice, ok := object(raw)
	switch {
	case !ok:
		return claims{}, refuse("The %s's claims must be a JSON object.", by)
	case twice != "":
		return claims{}, refuse("The %s has the claim %q twice.", by, plain.Line(twice, MaxKey))
	default:
		return claims{by, members}, nil
	}
}

// object reads a JSON object without its nulls; twice is a key that it has more than once.
func object(raw []byte) (members map[string]json.RawMessage, twice string, ok bool) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, "", false
	}
	members = map[string]json.RawMessage{}
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		key, isKey := token.(string)
		var value json.RawMessage
		if err != nil || !isKey || decoder.Decode(&value) != nil {
			return nil, "", false
		}
		if seen[key] {
			twice = key
		}
		seen[key] = true
		if string(value) != "null" {
			members[key] = value
		}
	}
	return members, twice, true
}

func (c claims) identity(site chat.SiteID, now time.Time) (who Identity, err error) {
	if err := c.audience(site); err != nil {
		return Identity{}, err
	}
	if who.Issued, who.Expires, err = c.times(now); err != nil {
		return Identity{}, err
	}
	if who.Subject, err = c.subject(); err != nil {
		return Identity{}, err
	}
	if err := c.profile(&who); err != nil {
		return Identity{}, err
	}
	return who, nil
}

// profile reads what needs no signature to make sense.
func (c claims) profile(who *Identity) (err error) {
	for _, text := range []struct {
		name  string
		most  int
		value *string
	}{
		{"name", MaxName, &who.Name},
		{"email", MaxEmail, &who.Email},
		{"phone", MaxPhone, &who.Phone},
		{"locale", MaxLocale, &who.Locale},
	} {
		if *text.value, err = c.line(text.name, text.most); err != nil {
			return err
		}
	}
	if who.Email != "" && !isEmail(who.Email) {
		return refuse("The %s's email is not an address like anna@example.com.", c.by)
	}
	if who.Locale, err = c.canonicalLocale(who.Locale); err != nil {
		return err
	}
	who.Variables, err = c.variables()
	return err
}

// audience finds the site among those for which the token was made (RFC 7519 section 4.1.3).
func (c claims) audience(site chat.SiteID) error {
	raw, ok := c.members["aud"]
	if !ok {
		return refuse("The token has no aud; set it to %q, the id of this site.", site)
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		if one == string(site) {
			return nil
		}
		return refuse("The token is for %q (aud), not for this site; set it to %q.", plain.Line(one, 64), site)
	}
	var several []*string
	if json.Unmarshal(raw, &several) != nil || slices.Contains(several, nil) {
		return refuse("The token's aud must be text or a list of texts.")
	}
	if !slices.ContainsFunc(several, func(s *string) bool { return *s == string(site) }) {
		return refuse("The token's aud does not list this site; add %q.", site)
	}
	return nil
}

// times checks exp, iat and nbf (RFC 7519 sections 4.1.4 to 4.1.6).
func (c claims) times(now time.Time) (issued, expires time.Time, err error) {
	expires, err = c.date("exp")
	if err != nil {
		return issued, expires, err
	}
	issued, err = c.date("iat")
	if err != nil {
		return issued, expires, err
	}
	begins := issued
	if _, ok := c.members["nbf"]; ok {
		if begins, err = c.date("nbf"); err != nil {
			return issued, expires, err
		}
	}
	switch soon := now.Add(Leeway); {
	case !now.Before(expires):
		err = refuse("The token expired at %s; make a new one for each page.", stamp(expires))
	case expires.After(soon.Add(MaxLifetime)):
		err = refuse("The token expires at %s (exp); that may be at most 24 hours ahead.", stamp(expires))
	case issued.After(soon):
		err = refuse("The token was made at %s (iat), which is in the future; check the clock of the site's server.", stamp(issued))
	case begins.After(soon):
		err = refuse("The token does not hold before %s (nbf).", stamp(begins))
	default:
		return issued, expires, nil
	}
	return issued, expires, err
}

// stamp has no more than the seconds that a token has.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// date reads a claim in seconds since 1970; fractions are cut off.
func (c claims) date(name string) (time.Time, error) {
	const tooLate = 1e11 // about the year 5138 in seconds, 1973 in milliseconds
	raw, ok := c.members[name]
	if !ok {
		return time.Time{}, refuse("The token has no %s; set it to a time in seconds since 1970.", name)
	}
	var seconds float64
	switch err := json.Unmarshal(raw, &seconds); {
	case err != nil:
		return time.Time{}, refuse("The token's %s must be a number of seconds since 1970.", name)
	case seconds >= tooLate:
		return time.Time{}, refuse("The token's %s is not in seconds since 1970; does it count milliseconds?", name)
	case seconds < 0:
		return time.Time{}, refuse("The token's %s lies before 1970.", name)
	default:
		return time.Unix(int64(seconds), 0).UTC(), nil
	}
}

// subject is not made clean but must be: two ids that cleaning makes equal would
// be one person.
func (c claims) subject() (string, error) {
	raw, ok := c.members["sub"]
	if !ok {
		return "", refuse("The token has no sub; set it to the user's id.")
	}
	var sub string
	if json.Unmarshal(raw, &sub) != nil {
		return "", refuse("The token's sub must be text; write a number as text too.")
	}
	switch count := utf8.RuneCountInString(sub); {
	case plain.Blank(sub):
		return "", refuse("The token's sub is empty; set it to the user's id.")
	case count > MaxSubject:
		return "", refuse("The token's sub has %d characters; it may have %d.", count, MaxSubject)
	case sub != plain.Line(sub, MaxSubject) || strings.ContainsRune(sub, utf8.RuneError):
		return "", refuse("The token's sub must be plain text in one line, without control characters and needless spaces.")
	default:
		return sub, nil
	}
}

// line reads an optional text.
func (c claims) line(name string, most int) (string, error) {
	raw, ok := c.members[name]
	if !ok {
		return "", nil
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return "", refuse("The %s's %s must be text.", c.by, name)
	}
	return cleanLine("The "+c.by+"'s "+name, text, most)
}

// cleanLine makes the text clean; one that shows nothing is empty.
func cleanLine(what, text string, most int) (string, error) {
	text = plain.Line(text, len(text))
	switch count := utf8.RuneCountInString(text); {
	case count > most:
		return "", refuse("%s has %d characters; it may have %d.", what, count, most)
	case plain.Blank(text):
		return "", nil
	default:
		return text, nil
	}
}

// isEmail is no more than a look; only a message that arrives proves an address.
func isEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && domain != "" && !strings.ContainsAny(s, " \"(),:;<>[\\]") && !strings.Contains(domain, "@")
}

// canonicalLocale leaves out the parts of a tag that are unknown, like the region of en-XY.
func (c claims) canonicalLocale(locale string) (string, error) {
	if locale == "" {
		return "", nil
	}
	// An error with a language in hand means an unknown part.
	tag, _ := language.Parse(locale)
	if tag == language.Und {
		return "", refuse("The %s's locale is not a language tag like ru or pt-BR.", c.by)
	}
	return tag.String(), nil
}

// keyForm is what an operator's !set takes too.
var keyForm = regexp.MustCompile(`^\p{L}[\p{L}\p{Nd}_]{0,63}$`)

func (c claims) variables() (map[string]Value, error) {
	raw, ok := c.members["variables"]
	if !ok {
		return nil, nil
	}
	members, twice, ok := object(raw)
	switch {
	case !ok:
		return nil, refuse("The %s's variables must be a JSON object.", c.by)
	case twice != "":
		return nil, refuse("The %s has the variable %q twice.", c.by, plain.Line(twice, MaxKey))
	case len(members) > MaxVariables:
		return nil, refuse("The %s has %d variables; it may have %d.", c.by, len(members), MaxVariables)
	case len(members) == 0:
		return nil, nil
	}
	variables := make(map[string]Value, len(members))
	for name, member := range members {
		if !keyForm.MatchString(name) {
			return nil, refuse("The %s's variable %q needs another name: a letter, then letters, digits and _, at most %d characters.", c.by, plain.Line(name, MaxKey), MaxKey)
		}
		value, err := c.value(name, member)
		if err != nil {
			return nil, err
		}
		variables[name] = value
	}
	return variables, nil
}

func (c claims) value(name string, raw json.RawMessage) (Value, error) {
	what := "The " + c.by + "'s variable " + name
	switch raw[0] {
	case '"':
		var text string
		if json.Unmarshal(raw, &text) != nil {
			return Value{}, refuse("%s cannot be read.", what)
		}
		text, err := cleanLine(what, text, MaxValue)
		return Value{Text, text}, err
	case 't', 'f':
		return Value{Truth, string(raw)}, nil
	case '{', '[':
		return Value{}, refuse("%s must be text, a number, true or false, not a list or an object.", what)
	default:
		if len(raw) > MaxValue {
			return Value{}, refuse("%s has %d characters; it may have %d.", what, len(raw), MaxValue)
		}
		return Value{Number, string(raw)}, nil
	}
}
