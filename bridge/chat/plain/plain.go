// Package plain makes what anyone wrote fit to be stored, shown and sent:
// texts, lines, names of files, keys of reactions. Both doors use it, so that a
// text is the same on either side.
package plain

import (
	"strings"
	"unicode"
)

// lineBreaks makes LF of the others. It is made once: making it takes longer than using it.
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n") //nolint:gochecknoglobals // a constant that the language cannot write

// Clean makes text safe to show anywhere: valid UTF-8, LF as the only line
// break, no control characters but newline and tab, no direction overrides,
// and no direction isolate that reaches past its line. It never shortens the
// text otherwise.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = lineBreaks.Replace(s)
	s = strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || isOverride(r) || r == '\uFEFF') {
			return -1
		}
		return r
	}, s)
	if !strings.ContainsFunc(s, isIsolate) {
		return s
	}
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = balanceIsolates(line)
	}
	return strings.Join(lines, "\n")
}

// Line is clean text on one line, with single spaces, cut to that many runes.
func Line(s string, most int) string {
	line := strings.Join(strings.Fields(Clean(s)), " ")
	if short := Cut(line, most); short != line {
		return Clean(short) // the cut may have parted an isolate from its end
	}
	return line
}

// Cut returns at most n runes of s.
func Cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// Blank reports whether s shows nothing: it is Invisible all over.
func Blank(s string) bool { return strings.TrimLeftFunc(s, Invisible) == "" }

// Invisible reports what shows nothing by itself: space, control characters, the blank
// of Braille, and what Unicode calls default ignorable (UAX 44), which are fillers,
// joiners, direction marks and selectors.
func Invisible(r rune) bool {
	const blankBraille = '\u2800'
	return unicode.IsSpace(r) || unicode.IsControl(r) || r == blankBraille || isIgnorable(r)
}

// isIgnorable is the property Default_Ignorable_Code_Point, as it is derived in
// DerivedCoreProperties.txt: some format characters show something.
func isIgnorable(r rune) bool {
	switch {
	case unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		return true
	case !unicode.Is(unicode.Cf, r), unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return false
	default:
		interlinear, hieroglyphs := r >= '\uFFF9' && r <= '\uFFFB', r >= 0x13430 && r <= 0x13440
		return !interlinear && !hieroglyphs
	}
}

const popIsolate = '\u2069'

// isOverride reports the embeddings and overrides of Unicode's annex 9, with
// which a text can be shown in another order than it is stored.
func isOverride(r rune) bool { return r >= '\u202A' && r <= '\u202E' }

func isIsolate(r rune) bool { return r >= '\u2066' && r <= popIsolate }

// balanceIsolates drops isolates of one line that are never closed, and closings of none.
func balanceIsolates(line string) string {
	runes := []rune(line)
	drop := make(map[int]bool)
	var open []int
	for i, r := range runes {
		switch {
		case !isIsolate(r):
		case r != popIsolate:
			open = append(open, i)
		case len(open) > 0:
			open = open[:len(open)-1]
		default:
			drop[i] = true
		}
	}
	for _, i := range open {
		drop[i] = true
	}
	var b strings.Builder
	for i, r := range runes {
		if !drop[i] {
			b.WriteRune(r)
		}
	}
	return b.String()
}
