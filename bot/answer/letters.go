package answer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/anteroom-chat/anteroom/bot/fold"
)

// clean is the text without what could be shown otherwise than it is stored:
// valid UTF-8, LF as the only line break, no control characters but newline and
// tab, no direction overrides and isolates (Unicode's annex 9), nothing
// invisible at the ends.
func clean(s string) string {
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(s)
	s = strings.Map(func(r rune) rune {
		isDirection := r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069'
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || isDirection || r == '\uFEFF') {
			return -1
		}
		return r
	}, s)
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
}

// line is the clean text in one line with single spaces and nothing invisible,
// its letters in one piece each.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, clean(s))
	return norm.NFC.String(strings.Join(strings.Fields(s), " "))
}

// short is the line of an answer that is not a text of its own; a fault if there
// is nothing or far too much.
func short(s string) (string, *Fault) {
	// Runes have at most four bytes: what is longer need not be looked at.
	if len(s) > longest*utf8.UTFMax || utf8.RuneCountInString(s) > longest {
		return "", fail(TooLong)
	}
	if s = line(s); s == "" {
		return "", fail(Empty)
	}
	return s, nil
}

// folded is fold.Fold with the signs of numbers made equal as well: the digits of
// every script are ASCII, all dashes are -, Arabic separators those of elsewhere.
func folded(s string) string {
	return strings.TrimSpace(strings.Map(foldSign, fold.Fold(s)))
}

// figures is folded for what is made of numbers: there 5² is not 52, and ½ not 1/2.
func figures(s string) string {
	return folded(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.No, r) {
			return utf8.RuneError
		}
		return r
	}, s))
}

func foldSign(r rune) rune {
	switch {
	case r == '−' || unicode.Is(unicode.Pd, r):
		return '-'
	case r == '٫': // the decimal separator of Arabic numbers
		return ','
	case r == '٬': // and that of thousands
		return '\''
	case unicode.Is(unicode.Nd, r):
		return digit(r)
	case unicode.Is(unicode.Me, r): // the frames of keycap emoji
		return -1
	default:
		return r
	}
}

// digit is the ASCII digit for a digit of any script. Unicode keeps the ten of a
// script together, from 0 to 9 (The Unicode Standard, section 4.6).
func digit(r rune) rune {
	d := '0'
	for unicode.Is(unicode.Nd, r-1) && d < '9' {
		d++
		r--
	}
	return d
}

// bare is a folded text without punctuation and symbols around it.
func bare(s string) string {
	return strings.TrimFunc(folded(s), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) })
}
