package gpt

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bot/talk"
)

// errFull ends an answer that has become as long as a message may be.
var errFull = errors.New("the answer is as long as a message may be")

// bound lets an answer through as far as one message has room for it. What comes is
// whole words, so it ends behind one.
type bound struct {
	show func(string)
	text strings.Builder
	// left is how many characters there is room for before the sign that there was more;
	// full is true once that sign stands.
	left int
	full bool
}

func newBound(show func(string)) *bound {
	return &bound{show: show, left: talk.MaxText - utf8.RuneCountInString(andMore)}
}

// more shows a piece, or what there is room for and that there was more.
func (b *bound) more(piece string) {
	if piece == "" || b.full {
		return
	}
	if n := utf8.RuneCountInString(piece); n <= b.left {
		b.left -= n
	} else {
		b.full = true
		piece = b.ending(piece)
	}
	b.text.WriteString(piece)
	b.show(piece)
}

// andMore stands for what was left out.
const andMore = "…"

// mostWord is how many characters of one word are rather left out than parted.
const mostWord = 200

// ending is the last of a text of which there is more: the words that there is room
// for, and a sign for the rest.
func (b *bound) ending(piece string) string {
	fits := []rune(piece)[:b.left]
	end := len(fits)
	for end > 0 && !unicode.IsSpace(fits[end-1]) {
		end--
	}
	if end == 0 && len(fits) > mostWord {
		end = len(fits)
	}
	return strings.TrimRightFunc(string(fits[:end]), unicode.IsSpace) + andMore
}
