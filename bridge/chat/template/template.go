// Package template puts values into the texts that a site owner wrote:
// "Hello {{ name }}", or "Hello {{ name ?? "there" }}" with words for a visitor
// whose name is not known.
package template

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Template is a text with places for values.
type Template struct{ parts []part }

// part is literal text, or the place of a value when name is set.
type part struct {
	text string
	name string
	// instead stands there when the value is missing; without it the value is needed.
	instead *string
}

var place = regexp.MustCompile(`^\s*([A-Za-z][A-Za-z0-9_]{0,63})\s*(?:\?\?\s*("(?:[^"\\]|\\.)*")\s*)?$`)

// Parse reads a text. The error is a clause that says which place is wrong.
func Parse(text string) (Template, error) {
	var t Template
	for text != "" {
		before, rest, found := strings.Cut(text, "{{")
		if before != "" {
			t.parts = append(t.parts, part{text: before})
		}
		if !found {
			break
		}
		inside, after, closed := strings.Cut(rest, "}}")
		if !closed {
			return Template{}, fmt.Errorf("%q is not closed with }}", "{{"+cut(rest))
		}
		m := place.FindStringSubmatch(inside)
		if m == nil {
			return Template{}, fmt.Errorf(`%q is not a place for a value; write it like {{ name }} or {{ name ?? "there" }}`, "{{"+cut(inside)+"}}")
		}
		p := part{name: m[1]}
		if m[2] != "" {
			words, err := strconv.Unquote(m[2])
			if err != nil {
				return Template{}, fmt.Errorf("%s cannot be read as words in quotes", m[2])
			}
			p.instead = &words
		}
		t.parts = append(t.parts, p)
		text = after
	}
	return t, nil
}

// Render puts the values in. missing are the names, each once, that have
// neither a value nor words instead; the text is then of no use.
func (t Template) Render(value func(name string) string) (text string, missing []string) {
	var b strings.Builder
	seen := map[string]bool{}
	for _, p := range t.parts {
		if p.name == "" {
			b.WriteString(p.text)
			continue
		}
		switch v := value(p.name); {
		case v != "":
			b.WriteString(v)
		case p.instead != nil:
			b.WriteString(*p.instead)
		case !seen[p.name]:
			seen[p.name] = true
			missing = append(missing, p.name)
		}
	}
	return b.String(), missing
}

// cut keeps an error on one readable line.
func cut(s string) string {
	const most = 30
	line, _, _ := strings.Cut(s, "\n")
	if runes := []rune(line); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return line
}
