package convert

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

// isCommand reports whether text begins with "!" and a letter, also behind
// space that the eye does not see: a mistyped command must not leak either.
func isCommand(text string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeftFunc(text, plain.Invisible), "!")
	r, _ := utf8.DecodeRuneInString(rest)
	return ok && unicode.IsLetter(r)
}

// unescape takes one "!" from a text that begins with two or more of them and
// a letter, which is how an operator sends "!word" to the visitor. "!!!" alone
// is no escaped command but a person who is glad.
func unescape(text string) (string, bool) {
	start := len(text) - len(strings.TrimLeftFunc(text, plain.Invisible))
	marks := text[start:]
	letters := strings.TrimLeft(marks, "!")
	r, _ := utf8.DecodeRuneInString(letters)
	if len(marks)-len(letters) < 2 || !unicode.IsLetter(r) {
		return text, false
	}
	return text[:start] + marks[1:], true
}
