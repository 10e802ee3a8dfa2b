package fulltext

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kljensen/snowball/english"
	"github.com/kljensen/snowball/russian"

	"github.com/anteroom-chat/anteroom/bot/fold"
)

// maxWord is how many bytes of a word are looked at; longer ones are no words.
const maxWord = 64

// words yields the words of a text, folded: without case, accents, stress marks
// and apostrophes, ё as е. Words with hyphens come in parts and, if there are two
// or three of these, as one: "e-mail" is e, mail and email.
func words(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		apart := func(r rune) bool { return !inWord(r) && r != '-' && r != '\'' && r != '‑' }
		for word := range strings.FieldsFuncSeq(fold.Fold(text), apart) {
			parts := strings.FieldsFunc(word, func(r rune) bool { return r == '-' || r == '‑' })
			if n := len(parts); n > 1 && n <= 3 {
				parts = append(parts, strings.Join(parts, ""))
			}
			for _, part := range parts {
				part = strings.TrimFunc(part, func(r rune) bool { return r == '\'' })
				part = strings.ReplaceAll(strings.TrimSuffix(part, "'s"), "'", "")
				if part != "" && len(part) <= maxWord && !yield(part) {
					return
				}
			}
		}
	}
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) }

// stemmer brings words to their stems, and remembers them.
type stemmer struct{ known map[string]string }

func newStemmer() *stemmer { return &stemmer{known: map[string]string{}} }

func (s *stemmer) of(word string) string {
	stem, known := s.known[word]
	if !known {
		stem = stemOf(word)
		s.known[word] = stem
	}
	return stem
}

// stemOf is the stem of a folded word by the rules of its script's language.
func stemOf(word string) string {
	first, _ := utf8.DecodeRuneInString(word)
	stem := word
	switch {
	case first < utf8.RuneSelf && unicode.IsLetter(first):
		stem = english.Stem(word, true)
	case unicode.Is(unicode.Cyrillic, first):
		stem = withoutFleeting(russian.Stem(word, true))
	}
	if stem == "" {
		return word
	}
	return stem
}

// withoutFleeting drops the vowel that Russian puts before the last consonant
// where a form has no ending: посылок is of посылка, чашек of чашка, образец has
// образцы. Where the vowel belongs to the word, all of its forms lose it.
func withoutFleeting(stem string) string {
	r := []rune(stem)
	n := len(r)
	if n < 4 || !isVowel(r[0]) && !isVowel(r[1]) && !isVowel(r[2]) {
		return stem
	}
	vowel, last := r[n-2], r[n-1]
	if last == 'к' && (vowel == 'о' || vowel == 'е') || last == 'ц' && vowel == 'е' {
		if !isVowel(r[n-3]) && r[n-3] != 'ь' && r[n-3] != 'й' {
			return string(r[:n-2]) + string(last)
		}
	}
	return stem
}

func isVowel(r rune) bool { return strings.ContainsRune("аеиоуыэюя", r) }
