package chain

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// hasWords reports whether a folded phrase stands in a folded text as whole words.
func hasWords(text, phrase string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], phrase)
		if i < 0 {
			return false
		}
		begin, end := from+i, from+i+len(phrase)
		before, _ := utf8.DecodeLastRuneInString(text[:begin])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if !isLetter(before) && !isLetter(after) {
			return true
		}
		_, size := utf8.DecodeRuneInString(text[begin:])
		from = begin + size
	}
}

// isLetter reports what is part of a word; RuneError is the edge of the text.
func isLetter(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '_')
}

// isMark reports what around a message is no part of what it says.
func isMark(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) && r != '/' }
