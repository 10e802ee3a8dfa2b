// Package lang knows languages by their codes and by the names that people write
// for them in English, in Russian and in the languages themselves.
package lang

import (
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// Parse returns the BCP 47 tag that a word means: a code ("de", "pt-BR") or a name
// ("German", "немецкий", "Deutsch"), also as sentences have it ("into German",
// "на немецкий", "по-немецки").
func Parse(word string) (tag string, ok bool) {
	if len(word) > longestName {
		return "", false
	}
	word = strings.Join(strings.Fields(strings.ToLower(word)), " ")
	for _, lead := range []string{"into ", "to ", "in ", "from ", "на ", "с "} {
		word = strings.TrimPrefix(word, lead)
	}
	if adverb, found := strings.CutPrefix(word, "по-"); found {
		word = adverb + "й"
	}
	if tag, ok := names()[word]; ok {
		return tag, true
	}
	if len(word) > longestTag {
		return "", false
	}
	parsed, err := language.Parse(strings.ReplaceAll(word, "_", "-"))
	if err != nil {
		return "", false
	}
	base, sure := parsed.Base()
	if sure != language.Exact || slices.Contains(noLanguages, base.String()) || display.English.Languages().Name(base) == "" {
		return "", false
	}
	return parsed.String(), true
}

const (
	// longestTag is more than any tag that somebody means (RFC 5646, section 4.4.1),
	// longestName more than any name, in bytes.
	longestTag  = 35
	longestName = 100
)

// noLanguages are codes that stand for none (ISO 639-2).
var noLanguages = []string{"und", "mul", "mis", "zxx"} //nolint:gochecknoglobals // never changes

// General is a tag without what matters little to those who read: the country is left
// out, except of Portuguese, and the script is named where it is not the usual one.
func General(tag string) string {
	parsed, err := language.Parse(tag)
	if err != nil {
		return tag
	}
	base, _ := parsed.Base()
	script, _ := parsed.Script()
	region, named := parsed.Region()
	usual, _ := language.Make(base.String()).Script()
	switch {
	case script != usual:
		return base.String() + "-" + script.String()
	case base.String() == "pt" && named == language.Exact:
		return "pt-" + region.String()
	default:
		return base.String()
	}
}

// Name is what a language is called in another one: in Russian for "ru", else in
// English. Of a tag that is none it is the tag.
func Name(tag, in string) string {
	parsed, err := language.Parse(tag)
	if err != nil {
		return tag
	}
	dictionary := display.English.Tags()
	if Same(in, "ru") {
		dictionary = display.Russian.Tags()
	}
	if name := dictionary.Name(parsed); name != "" {
		return name
	}
	return tag
}

// Same reports whether two tags are of one language, whatever its country. Two that
// differ in script are not.
func Same(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	first, err := language.Parse(a)
	if err != nil {
		return false
	}
	second, err := language.Parse(b)
	if err != nil {
		return false
	}
	base, _ := first.Base()
	other, _ := second.Base()
	script, _ := first.Script()
	otherScript, _ := second.Script()
	return base == other && script == otherScript
}

// names are the tags of all languages with a code of two letters, and of a few more,
// by their names in lower case.
var names = sync.OnceValue(func() map[string]string { //nolint:gochecknoglobals // a table that never changes
	all := map[string]string{}
	add := func(name, tag string) {
		name = strings.ToLower(name)
		if _, taken := all[name]; name != "" && !taken {
			all[name] = tag
		}
	}
	tags := []string{"en", "ru", "fil", "ceb", "hmn", "yue", "zh-Hans", "zh-Hant", "pt-BR", "pt-PT", "sr-Latn", "no"}
	for a := 'a'; a <= 'z'; a++ {
		for b := 'a'; b <= 'z'; b++ {
			code := string(a) + string(b)
			if base, err := language.ParseBase(code); err == nil && base.String() == code {
				tags = append(tags, code)
			}
		}
	}
	add("norwegian", "no") // whose two written forms have names of their own
	add("норвежский", "no")
	for _, tag := range tags {
		parsed := language.MustParse(tag)
		add(display.English.Tags().Name(parsed), tag)
		add(display.Russian.Tags().Name(parsed), tag)
		add(display.Self.Name(parsed), tag)
	}
	return all
})

// Names are all names that Parse knows, in lower case and no order.
func Names() []string {
	all := make([]string, 0, len(names()))
	for name := range names() {
		all = append(all, name)
	}
	return all
}
