package knowledge

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxPassage is how many characters a passage has at most. Longer sections are
// cut where a paragraph, else a line, a sentence or a word ends.
const MaxPassage = 1500

// cut parts a text into pieces of at most so many characters.
func cut(text string, most int) (parts []string) {
	for {
		text = strings.TrimSpace(text)
		if text == "" {
			return parts
		}
		end := byteOf(text, most)
		if end < len(text) {
			end = lastEnd(text[:end])
		}
		parts = append(parts, strings.TrimSpace(text[:end]))
		text = text[end:]
	}
}

// byteOf is where the character with a number begins, or the end of the text.
func byteOf(text string, n int) int {
	if len(text) <= n {
		return len(text)
	}
	for i := range text {
		if n == 0 {
			return i
		}
		n--
	}
	return len(text)
}

// lastEnd is where the best cut of a text is: late enough that the first piece is
// not tiny, between things that belong together as little as possible.
func lastEnd(text string) int {
	least := len(text) / 3
	if end := strings.LastIndex(text, "\n\n"); end > least {
		return end
	}
	if end := strings.LastIndexByte(text, '\n'); end > least {
		return end
	}
	if end := lastSentence(text); end > least {
		return end
	}
	if end := strings.LastIndexFunc(text, unicode.IsSpace); end > least {
		return end
	}
	return len(text)
}

// lastSentence is behind the last sign that ends a sentence and is followed by a space.
func lastSentence(text string) int {
	for end := len(text); end > 0; {
		r, size := utf8.DecodeLastRuneInString(text[:end])
		end -= size
		if !unicode.IsSpace(r) {
			continue
		}
		if before, _ := utf8.DecodeLastRuneInString(text[:end]); strings.ContainsRune(".!?…。", before) {
			return end
		}
	}
	return 0
}
