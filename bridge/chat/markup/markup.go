// Package markup makes both bodies of an event, the plain and the HTML one, of
// a single text with light marks, so that they never differ. What others wrote
// comes in as values, which are text whatever they contain.
//
// The marks: **strong**, `code`, {value}, [label]({value}) for a link (where it ends
// the text its address has a line of the plain body, so that nothing is taken for a part of it),
// <<value: …>> for a part that is left out when its value is empty, and a line
// that begins with "- " for an item of a list.
package markup

import (
	"html"
	"regexp"
	"strings"
)

// Text is a text as an event carries it.
type Text struct{ Plain, HTML string }

// Values are the values by their names.
type Values map[string]string

var (
	optional = regexp.MustCompile(`<<(\w+): ((?:[^>]|>[^>])*)>>`)
	link     = regexp.MustCompile(`\[([^\]]+)\]\((\{\w+\})\)`)
	lastLink = regexp.MustCompile(link.String() + `$`)
	strong   = regexp.MustCompile(`\*\*([^*]+)\*\*`)
	code     = regexp.MustCompile("`([^`]+)`")
	value    = regexp.MustCompile(`\{(\w+)\}`)
)

// Render makes the text of a source and its values.
func Render(source string, values Values) Text {
	source = optional.ReplaceAllStringFunc(source, func(part string) string {
		m := optional.FindStringSubmatch(part)
		if values[m[1]] == "" {
			return ""
		}
		return m[2]
	})
	source = link.ReplaceAllStringFunc(source, func(part string) string {
		m := link.FindStringSubmatch(part)
		if values[strings.Trim(m[2], "{}")] == "" {
			return m[1]
		}
		return part
	})
	return Text{
		Plain: fill(unmark(link.ReplaceAllString(lastLink.ReplaceAllString(source, "$1\n$2"), "$1 ($2)")), values, func(s string) string { return s }),
		HTML:  fill(mark(html.EscapeString(source)), values, html.EscapeString),
	}
}

// Lines puts texts below each other; items of a list that follow each other
// become one list. Empty texts are left out.
func Lines(texts ...Text) Text {
	var plain, formatted strings.Builder
	inList := false
	for _, t := range texts {
		if t.Plain == "" {
			continue
		}
		item, isItem := strings.CutPrefix(t.HTML, itemMark)
		if plain.Len() > 0 {
			plain.WriteByte('\n')
		}
		plain.WriteString(t.Plain)
		switch {
		case isItem && !inList:
			formatted.WriteString("<ul>")
		case !isItem && inList:
			formatted.WriteString("</ul>")
		case !isItem && formatted.Len() > 0:
			formatted.WriteString("<br>")
		}
		inList = isItem
		if isItem {
			item = "<li>" + item + "</li>"
		}
		formatted.WriteString(item)
	}
	if inList {
		formatted.WriteString("</ul>")
	}
	return Text{Plain: plain.String(), HTML: formatted.String()}
}

// itemMark begins the line of a list's item, as people write it.
const itemMark = "- "

func mark(s string) string {
	s = strong.ReplaceAllString(s, "<strong>$1</strong>")
	s = code.ReplaceAllString(s, "<code>$1</code>")
	s = link.ReplaceAllString(s, `<a href="$2">$1</a>`)
	return s
}

func unmark(s string) string { return strings.NewReplacer("**", "", "`", "").Replace(s) }

// fill puts the values in, in one pass, so that one which looks like a mark or a value stays what it is.
func fill(s string, values Values, escape func(string) string) string {
	return value.ReplaceAllStringFunc(s, func(name string) string {
		return escape(values[strings.Trim(name, "{}")])
	})
}
