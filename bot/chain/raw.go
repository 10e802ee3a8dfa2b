package chain

import (
	"strings"
	"unicode"

	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// raw is a text for machines: it has no languages, and values stand in it as a
// variable keeps them.
type raw struct {
	source.Scalar
	template *value.Template
}

// check compiles the text; read is the way to do so, with secrets or without.
func (x *raw) check(c *checker, read func(text string) (*value.Template, error)) {
	var err error
	if x.template, err = read(x.Text); err != nil {
		c.badExpression(x.Scalar, err)
	}
}

// pieces are the parts of the text now.
func (x *raw) pieces(t *Turn, s *Step) []value.Piece { return t.pieces(s, x.template) }

func (t *Turn) pieces(s *Step, text *value.Template) []value.Piece {
	pieces, err := text.Pieces(t.Env)
	if err != nil {
		t.Fault(s, "expression", err)
	}
	return pieces
}

// splicer writes a text with places for secrets.
type splicer struct{ out talk.Spliced }

// literal adds what is written already as it has to be.
func (w *splicer) literal(text string) {
	switch last := len(w.out) - 1; {
	case text == "":
	case last >= 0 && w.out[last].Secret == "":
		w.out[last].Text += text
	default:
		w.out = append(w.out, talk.Splice{Text: text})
	}
}

// piece adds a part of a template, written in that way.
func (w *splicer) piece(p value.Piece, as talk.Writing) {
	if p.Secret != "" {
		w.out = append(w.out, talk.Splice{Secret: p.Secret, As: as})
		return
	}
	w.literal(as.Write(p.Text))
}

// whole writes all of a text in the same way.
func whole(pieces []value.Piece, as talk.Writing) talk.Spliced {
	var w splicer
	for _, p := range pieces {
		w.piece(p, as)
	}
	return w.out
}

// oneLine keeps a value from ending the line in which it stands.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}
