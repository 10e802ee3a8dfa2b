// Package fold makes texts comparable for a search: what a person takes for the
// same word becomes the same string. Nothing that it returns is fit to be shown.
package fold

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold returns the text in the form in which texts are compared:
//
//   - lower case, ß as ss, ς as σ, Turkish dotless ı as i;
//   - Latin and Greek letters without accents and strokes (é, ø and ł are e, o and l);
//   - ё as е, but every other Cyrillic letter as itself: й is not и, ї is not і;
//   - without stress marks, Hebrew points, Arabic vowel signs and tatweel, and
//     without characters that show nothing;
//   - full-width letters, ligatures and superscripts as plain ones;
//   - all apostrophes as ', all white space as single spaces, none at the ends.
//
// Folding a folded text changes nothing. The result is valid UTF-8 and never
// longer than four times the text, in bytes.
func Fold(s string) string {
	if folded, ok := foldASCII(s); ok {
		return folded
	}
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	// Dropping a mark can bring together what makes one letter: once is not always enough.
	for range passes {
		folded := once(s)
		if folded == s {
			break
		}
		s = folded
	}
	return s
}

// passes is more than any text is known to need; most need one and one to see it.
const passes = 8

// MaxWords is how many words of a query count.
const MaxWords = 8

// Words returns the first MaxWords different words of a query, folded and
// without punctuation around them; nil if it has none. A text has a word if its
// Fold contains it.
func Words(query string) []string {
	var words []string
	for word := range strings.SplitSeq(Fold(query), " ") {
		word = strings.TrimFunc(word, unicode.IsPunct)
		if word == "" || slices.Contains(words, word) {
			continue
		}
		words = append(words, word)
		if len(words) == MaxWords {
			break
		}
	}
	return words
}

// foldASCII is Fold for what most texts are; false for texts with anything else.
func foldASCII(s string) (string, bool) {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return "", false
		}
	}
	return fields(strings.ToLower(s)), true
}

func once(s string) string {
	s = norm.NFC.String(expand(s))
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		if !dropped(r) {
			writeLetter(&b, unicode.ToLower(base(r)))
		}
	}
	return fields(b.String())
}

// growth is how many times longer a text may become.
const growth = 4

// expand writes compatibility characters, such as full-width letters and
// ligatures, as what they stand for. A few stand for whole phrases; those keep
// their own form, or a short text could become a long one.
func expand(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	var own [utf8.UTFMax]byte
	for _, r := range s {
		size := utf8.EncodeRune(own[:], r)
		plain := norm.NFKD.Properties(own[:size]).Decomposition()
		if len(plain) == 0 || len(plain) > growth*size {
			plain = own[:size]
		}
		_, _ = b.Write(plain)
	}
	return b.String()
}

// dropped reports what is no part of a letter: marks that can go with any
// letter, those of Hebrew and Arabic, and what shows nothing. The vowel signs of
// other scripts are marks too, but words without them would be other words.
func dropped(r rune) bool {
	const tatweel = '\u0640' // only stretches a word
	switch {
	case r < utf8.RuneSelf:
		return false
	case unicode.Is(unicode.Mn, r):
		return unicode.In(r, unicode.Inherited, unicode.Hebrew, unicode.Arabic)
	default:
		return r == tatweel || unicode.Is(unicode.Cf, r)
	}
}

// base is the letter without its marks if it is Latin or Greek, else the letter itself.
func base(r rune) rune {
	if r < utf8.RuneSelf || !unicode.In(r, unicode.Latin, unicode.Greek) {
		return r
	}
	if plain := norm.NFD.PropertiesString(string(r)).Decomposition(); len(plain) > 0 {
		r, _ = utf8.DecodeRune(plain)
	}
	return r
}

// writeLetter writes the letter, or what people take it for where Unicode does not.
func writeLetter(b *strings.Builder, r rune) {
	switch r {
	case 'ё':
		r = 'е'
	case 'ς':
		r = 'σ'
	case 'ı':
		r = 'i'
	case 'ø':
		r = 'o'
	case 'ł':
		r = 'l'
	case 'đ':
		r = 'd'
	case 'ħ':
		r = 'h'
	case 'ŧ':
		r = 't'
	case '’', '‘', 'ʼ':
		r = '\''
	case 'ß':
		b.WriteByte('s')
		r = 's'
	case 'æ':
		b.WriteByte('a')
		r = 'e'
	case 'œ':
		b.WriteByte('o')
		r = 'e'
	}
	b.WriteRune(r)
}

// fields puts single spaces between words; control characters part words as well.
func fields(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}
