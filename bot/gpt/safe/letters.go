package safe

import (
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bot/fold"
)

// letters are the letters of a piece of text between spaces, as somebody who wants
// to read it reads them: folded, letters that look alike as one, figures within a
// word as the letters that they stand for, and nothing else.
func letters(piece string) []rune {
	folded := []rune(fold.Fold(piece))
	var read []rune
	for i := 0; i < len(folded); {
		if !word(folded[i]) {
			i++
			continue
		}
		end := i
		spelled := false
		for end < len(folded) && word(folded[end]) {
			spelled = spelled || unicode.IsLetter(folded[end])
			end++
		}
		if spelled { // a number alone is no word
			for _, r := range folded[i:end] {
				read = append(read, alike(r))
			}
		}
		i = end
	}
	return read
}

// alike is the letter that a character is taken for: Latin for the Cyrillic and
// Greek ones that look the same, for small capitals, and for figures.
func alike(r rune) rune {
	const (
		from = "авекмнорстухіјѕԁһԛԝгь" + "αβεηικνορτυχγω" + "ɑɡı" + "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢ" + "01345789l"
		to   = "abekmhopctyxijsdhqwrb" + "abenikvoptuxyw" + "agi" + "abcdefghijkimnopqrstuvwyz" + "oieastbgi"
	)
	if r != 'l' && '9' < r && r < 0x100 {
		return r
	}
	if at := strings.IndexRune(from, r); at >= 0 {
		n := utf8.RuneCountInString(from[:at])
		for _, l := range to {
			if n == 0 {
				return l
			}
			n--
		}
	}
	return r
}

// parts parts a text at its spaces, and so that each character of a writing without
// spaces is a part of its own.
func parts(text string) (parts []string) {
	for field := range strings.FieldsSeq(text) {
		begin := 0
		for at, r := range field {
			if unspaced(r) {
				if begin < at {
					parts = append(parts, field[begin:at])
				}
				begin = at + utf8.RuneLen(r)
				parts = append(parts, field[at:begin])
			}
		}
		if begin < len(field) {
			parts = append(parts, field[begin:])
		}
	}
	return parts
}

// unspaced reports letters of writings that put no spaces between words.
func unspaced(r rune) bool {
	return r >= 0xE00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// codedForm is what texts in base64 and hexadecimal look like, when they are long
// enough to say something.
var codedForm = regexp.MustCompile(`[A-Za-z0-9+/_-]{24,}={0,2}`)

// coded reports whether a word is text in base64 or hexadecimal: nobody has a use
// for that in a chat but who wants to take something past the other rules.
func coded(piece string) bool {
	for _, run := range codedForm.FindAllString(piece, -1) {
		bare := strings.TrimRight(run, "=")
		if text, err := hex.DecodeString(bare); err == nil && readable(text) {
			return true
		}
		std := strings.NewReplacer("-", "+", "_", "/").Replace(bare)
		std = std[:len(std)/4*4] // what is behind the last whole group does not matter
		if text, err := base64.RawStdEncoding.DecodeString(std); err == nil && readable(text) {
			return true
		}
	}
	return false
}

// readable reports whether decoded bytes are words and not chance.
func readable(text []byte) bool {
	s := strings.ToValidUTF8(string(text), "\x00") // a character may be cut at the end
	good, spaces := 0, 0
	n := 0
	for _, r := range s {
		n++
		switch {
		case r == ' ' || r == '\n':
			good++
			spaces++
		case r < unicode.MaxASCII && unicode.IsPrint(r), unicode.In(r, unicode.Cyrillic):
			good++
		}
	}
	return spaces > 0 && good >= n-1
}
