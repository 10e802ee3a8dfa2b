package convert

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text of anyone safe to show anywhere: valid UTF-8, LF as the
// only line break, no control characters but newline and tab, no direction
// overrides, and no direction isolate that reaches past its line. It never
// shortens the text otherwise.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(s)
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

// blank reports whether s shows nothing: space and invisible format characters alone.
func blank(s string) bool { return strings.TrimLeftFunc(s, invisible) == "" }

func invisible(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }

// isCommand reports whether text begins with "!" and a letter, also behind
// space that the eye does not see: a mistyped command must not leak either.
func isCommand(text string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeftFunc(text, invisible), "!")
	r, _ := utf8.DecodeRuneInString(rest)
	return ok && unicode.IsLetter(r)
}

// unescape takes one "!" from a text that begins with two or more of them and
// a letter, which is how an operator sends "!word" to the visitor. "!!!" alone
// is no escaped command but a person who is glad.
func unescape(text string) (string, bool) {
	start := len(text) - len(strings.TrimLeftFunc(text, invisible))
	marks := text[start:]
	letters := strings.TrimLeft(marks, "!")
	r, _ := utf8.DecodeRuneInString(letters)
	if len(marks)-len(letters) < 2 || !unicode.IsLetter(r) {
		return text, false
	}
	return text[:start] + marks[1:], true
}

// cutRunes returns at most n runes of s.
func cutRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
