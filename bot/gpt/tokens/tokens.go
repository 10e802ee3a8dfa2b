// Package tokens tells about how many tokens of a language model a text is,
// without the model and without network.
package tokens

import "unicode"

// Estimate is about how many tokens a text is: of English a word is one and long
// ones are two, of Russian about every third letter begins one, digits go by
// threes, a Chinese character is one, and so is each sign. It is made to be rather
// too high than too low for the tokenizers of today (o200k of OpenAI, those of Llama 3
// and Qwen); the old cl100k takes up to a third more for Russian.
func Estimate(text string) int {
	tokens, run := 0, 0
	class := other
	for _, r := range text {
		is := classOf(r)
		if is == class && (is != other && is != ideograph) {
			run++
			continue
		}
		tokens += cost(class, run)
		class, run = is, 1
	}
	return tokens + cost(class, run)
}

// Cut returns the beginning of a text that has at most so many tokens, ending at a
// word's end where there is one.
func Cut(text string, most int) string {
	if Estimate(text) <= most {
		return text
	}
	tokens, run, end := 0, 0, 0
	class := other
	for at, r := range text {
		is := classOf(r)
		if is == class && (is != other && is != ideograph) {
			run++
			continue
		}
		tokens += cost(class, run)
		if tokens > most {
			break
		}
		class, run, end = is, 1, at
	}
	return text[:end]
}

type class int

const (
	other class = iota
	space
	ascii
	latin
	cyrillic
	digit
	ideograph
	letter
)

func classOf(r rune) class {
	switch {
	case r == ' ' || r == '\n' || r == '\t' || unicode.IsSpace(r):
		return space
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z':
		return ascii
	case '0' <= r && r <= '9':
		return digit
	case unicode.Is(unicode.Cyrillic, r):
		return cyrillic
	case unicode.Is(unicode.Latin, r):
		return latin
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul):
		return ideograph
	case unicode.IsLetter(r), unicode.IsMark(r):
		return letter
	default:
		return other
	}
}

// cost is how many tokens a run of one class is; a single space goes with its word.
func cost(c class, run int) int {
	per := 1
	switch c {
	case space:
		return min(run-1, 1+run/16)
	case ascii:
		per = 7
	case latin:
		per = 3
	case cyrillic, digit:
		per = 3
	case letter:
		per = 2
	case other, ideograph:
	}
	return (run + per - 1) / per
}
