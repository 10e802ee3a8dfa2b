package fold

import (
	"strings"
	"unicode"
)

// MaxTerm is the longest term, in characters; what is longer counts by its beginning.
const MaxTerm = 32

// Terms returns what an index keeps of a text, so that people find it by the
// beginnings of its words: a text has a word of Words if one of its terms begins
// with the word's Term. These are its words, folded, and of each word also what
// follows a character that is no letter or digit ("example.com" of an address), or
// begins with a letter of a script that writes words without spaces. At most so
// many different ones, in their order.
func Terms(text string, most int) (terms []string) {
	known := map[string]bool{}
	for word := range strings.SplitSeq(Fold(text), " ") {
		word = strings.TrimFunc(word, unicode.IsPunct)
		before := ' '
		for i, r := range word {
			if i == 0 || begins(before, r) {
				term := Term(word[i:])
				if len(terms) == most {
					return terms
				}
				if !known[term] {
					known[term] = true
					terms = append(terms, term)
				}
			}
			before = r
		}
	}
	return terms
}

// Term is a word as Terms has it: its first MaxTerm characters.
func Term(word string) string {
	if len(word) <= MaxTerm {
		return word
	}
	n := 0
	for i := range word {
		if n == MaxTerm {
			return word[:i]
		}
		n++
	}
	return word
}

// begins reports whether people take a character behind another one for a beginning.
func begins(before, r rune) bool {
	if !unicode.In(r, unicode.L, unicode.N) {
		return false
	}
	return !unicode.In(before, unicode.L, unicode.N, unicode.M) ||
		unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}
