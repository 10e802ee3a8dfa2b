package chain

import (
	"maps"
	"slices"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// data are values with names for somebody else: a form, an event.
type data map[string]*operand

// maxData is the most values that are given on.
const maxData = 50

func (d data) sorted() []string { return slices.Sorted(maps.Keys(d)) }

func (d data) check(c *checker, s *Step, read func(text string) (*value.Template, error)) {
	if len(d) > maxData {
		c.fault(s.Pos, "too_many_values", "At most %d values can be given on.", maxData)
	}
	for _, name := range d.sorted() {
		if _, err := d[name].compileBy(read); err != nil {
			c.badExpression(d[name].Scalar, err)
		}
	}
}

// values computes them as JSON knows them; nil for none.
func (d data) values(t *Turn, s *Step) map[string]any {
	var all map[string]any
	for _, name := range d.sorted() {
		if all == nil {
			all = map[string]any{}
		}
		all[name] = d[name].data(t, s)
	}
	return all
}

// form writes them as a form does (application/x-www-form-urlencoded); a list
// repeats its name.
func (d data) form(t *Turn, s *Step) talk.Spliced {
	var w splicer
	field := func(name string, pieces ...value.Piece) {
		if len(w.out) > 0 {
			w.literal("&")
		}
		w.literal(talk.AsURL.Write(name) + "=")
		for _, p := range pieces {
			w.piece(p, talk.AsURL)
		}
	}
	for _, name := range d.sorted() {
		o := d[name]
		if o.plain == nil && o.template.Single() == nil {
			field(name, t.pieces(s, o.template)...)
			continue
		}
		v := o.data(t, s)
		if list, ok := v.([]any); ok {
			for _, element := range list {
				field(name, value.Piece{Text: value.Plain(element)})
			}
			continue
		}
		field(name, value.Piece{Text: value.Plain(v)})
	}
	return w.out
}

// data computes a value for machines, as JSON knows it.
func (o *operand) data(t *Turn, s *Step) any {
	switch {
	case o.plain != nil:
		return value.Data(o.plain)
	case o.template.Single() == nil:
		text := ""
		for _, p := range t.pieces(s, o.template) {
			text += p.Text
		}
		return text
	}
	v, err := o.template.Single().Eval(t.Env)
	if err != nil {
		t.Fault(s, "expression", err)
	}
	return value.Data(v)
}
