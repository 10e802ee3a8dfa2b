package place

import (
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxHeader is the longest value of a header that is looked at, in bytes: room
// for the longest name, each character of it percent-encoded.
const maxHeader = 1 << 10

// fromHeader reads what a CDN says. A city counts only with its country, so
// that a CDN that says "unknown" in words of its own names no place.
func (f *Finder) fromHeader(h http.Header) finding {
	if h == nil || f.options.CountryHeader == "" {
		return finding{}
	}
	country := f.atlas.countryCode(limited(h.Get(f.options.CountryHeader)))
	if country == "" {
		return finding{}
	}
	found := finding{country: country, source: FromHeader}
	if f.options.CityHeader != "" {
		found.city.english = cleanName(decodeText(limited(h.Get(f.options.CityHeader))))
	}
	return found
}

func limited(value string) string { return value[:min(len(value), maxHeader)] }

// decodeText reads a header's text in any of the encodings that CDNs use:
// UTF-8, percent-encoded UTF-8, Latin-1 (which HTTP once prescribed), and
// UTF-8 that a proxy took for Latin-1 and encoded a second time.
func decodeText(s string) string {
	if decoded, err := url.PathUnescape(s); err == nil {
		s = decoded
	}
	if !utf8.ValidString(s) {
		return fromLatin1(s)
	}
	if twice, ok := toLatin1(s); ok && len(twice) < len(s) && utf8.ValidString(twice) {
		return twice
	}
	return s
}

func fromLatin1(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

// toLatin1 fails if a character has no place in Latin-1.
func toLatin1(s string) (string, bool) {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r > unicode.MaxLatin1 {
			return "", false
		}
		b = append(b, byte(r)) // #nosec G115 -- it is at most 255
	}
	return string(b), true
}
