package value

import (
	"strings"
)

// Template is a text with expressions in {{ }}.
type Template struct {
	Source string
	parts  []part
}

// part is literal text, or an expression, or the name of a secret.
type part struct {
	text       string
	expression *Expression
	secret     string
	offset     int // where a place begins, in characters
}

// Template compiles a text. The error is of type Faults.
func (n *Names) Template(text string) (*Template, error) { return n.template(text, nil) }

// SecretTemplate compiles a text that may also name secrets: {{ secret.NAME }}
// as a whole place.
func (n *Names) SecretTemplate(text string) (*Template, error) {
	return n.template(text, func(inside string) (string, error) {
		name, ok := strings.CutPrefix(strings.TrimSpace(inside), "secret.")
		if !ok {
			return "", nil
		}
		for _, known := range n.secrets {
			if known == name {
				return name, nil
			}
		}
		return "", &Fault{Text: "there is no secret " + quote(name) + " in the configuration"}
	})
}

func quote(s string) string { return show(s) }

func (n *Names) template(text string, secret func(inside string) (string, error)) (*Template, error) {
	t := &Template{Source: text}
	var faults Faults
	offset := 0
	for rest := text; rest != ""; {
		before, after, found := strings.Cut(rest, "{{")
		if before != "" {
			t.parts = append(t.parts, part{text: before})
		}
		if !found {
			break
		}
		at := offset + runes(before)
		inside, next, closed := cutPlace(after)
		if !closed {
			return nil, append(faults, &Fault{Text: `"{{" is not closed with "}}"`, Offset: at})
		}
		p, err := n.placed(inside, secret)
		if f, ok := err.(*Fault); ok { //nolint:errorlint // never wrapped here
			f.Offset += at + 2
			faults = append(faults, f)
		}
		p.offset = at
		t.parts = append(t.parts, p)
		offset = at + 4 + runes(inside)
		rest = next
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return t, nil
}

func (n *Names) placed(inside string, secret func(inside string) (string, error)) (part, error) {
	if secret != nil {
		name, err := secret(inside)
		if name != "" || err != nil {
			return part{secret: name}, err
		}
	}
	x, err := n.Compile(inside)
	return part{expression: x}, err
}

func runes(s string) int { return len([]rune(s)) }

// cutPlace cuts behind the }} that closes a place; one in quotes does not.
func cutPlace(s string) (inside, after string, found bool) {
	var quoted byte
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted != 0 && c == '\\':
			i++
		case quoted != 0 && c == quoted:
			quoted = 0
		case quoted != 0:
		case c == '"' || c == '\'' || c == '`':
			quoted = c
		case strings.HasPrefix(s[i:], "}}"):
			return s[:i], s[i+2:], true
		}
	}
	return "", "", false
}

// IsPlain reports whether there are no places in the text.
func (t *Template) IsPlain() bool {
	for _, p := range t.parts {
		if p.expression != nil || p.secret != "" {
			return false
		}
	}
	return true
}

// Single returns the expression when the text is nothing but one place, so that
// its value keeps its type.
func (t *Template) Single() *Expression {
	if len(t.parts) == 1 {
		return t.parts[0].expression
	}
	return nil
}

// Render puts the values in, as they are written for people of a language. A
// place whose value cannot be computed stays empty, and the first such error is
// returned beside the text.
func (t *Template) Render(e *Env, language string) (string, error) {
	var b strings.Builder
	var first error
	for _, p := range t.parts {
		if p.expression == nil {
			b.WriteString(p.text)
			continue
		}
		v, err := p.expression.Eval(e)
		if first == nil {
			first = err
		}
		b.WriteString(ForPeople(v, language))
	}
	return b.String(), first
}

// Piece is a part of a template for who writes it in another way than Render.
type Piece struct {
	// Text is literal text, or the value of a place as a variable keeps it.
	Text string
	// Secret is the name of a secret that stands here.
	Secret string
	// Place is true for the value of an expression; Constant is the name of the
	// site's constant, if the expression is nothing more.
	Place    bool
	Constant string
	// Written are the two texts of the file between which the expression chooses, if
	// it does nothing more.
	Written []string
	// Offset is the character of the template where a place or a secret begins.
	Offset int
}

// Shape are the parts of the text, without the values of its places.
func (t *Template) Shape() []Piece {
	pieces := make([]Piece, len(t.parts))
	for i, p := range t.parts {
		pieces[i] = Piece{Text: p.text, Secret: p.secret, Place: p.expression != nil, Offset: p.offset}
		if p.expression != nil {
			pieces[i].Constant, pieces[i].Written = p.expression.constant(), p.expression.written()
		}
	}
	return pieces
}

// Pieces are the parts of the text with the values of its places. One that cannot
// be computed is empty, and the first such error is returned beside them.
func (t *Template) Pieces(e *Env) ([]Piece, error) {
	var first error
	pieces := t.Shape()
	for i, p := range t.parts {
		if p.expression == nil {
			continue
		}
		v, err := p.expression.Eval(e)
		if first == nil {
			first = err
		}
		pieces[i].Text = plainText(v)
	}
	return pieces, first
}
