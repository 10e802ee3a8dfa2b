package chain

import (
	"maps"
	"regexp"
	"slices"
	"strconv"

	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// condition is an expression that is true or false.
type condition struct {
	source.Scalar

	expression *value.Expression
}

// Schema describes a condition to editors.
func (condition) Schema(*source.Schemas) map[string]any {
	return map[string]any{"type": []string{"string", "boolean"}, "description": `An expression that is true or false: plan == "team" and "vip" not in tags.`}
}

func (x *condition) check(c *checker) {
	if x.IsZero() {
		return
	}
	var err error
	if x.expression, err = c.set.Names.Condition(x.Text); err != nil {
		c.badExpression(x.Scalar, err)
	}
}

// reads reports whether the condition names one of these.
func (x *condition) reads(names []string) bool {
	return x.expression != nil && slices.ContainsFunc(x.expression.Names(), func(name string) bool { return slices.Contains(names, name) })
}

// holds computes the condition. One that cannot be computed does not hold, and
// the operators are told.
func (x *condition) holds(t *Turn, s *Step) bool {
	yes, err := x.expression.True(t.Env)
	if err != nil {
		t.Fault(s, "expression", err)
	}
	return yes
}

// badExpression notes all that is wrong in the expressions of a text.
func (c *checker) badExpression(text source.Scalar, err error) {
	value.EachFault(text, err, func(at source.Pos, clause string) {
		c.fault(at, "bad_expression", "%s.", source.Capital(clause))
	})
}

// template compiles a text without languages; nil with a fault noted.
func (c *checker) template(text source.Scalar) *value.Template {
	t, err := c.set.Names.Template(text.Text)
	if err != nil {
		c.badExpression(text, err)
	}
	return t
}

// render writes a text without languages; "" for none.
func (t *Turn) render(s *Step, text *value.Template) string {
	if text == nil {
		return ""
	}
	written, err := text.Render(t.Env, t.In.Facts.Language)
	if err != nil {
		t.Fault(s, "expression", err)
	}
	return written
}

// operand is a value as a chain's author writes it: a number, true, a list, or a
// text in which {{ }} puts values; a text that is nothing but one {{ }} has the
// type of its value.
type operand struct {
	source.Scalar
	plain any // a number, a boolean or a list; nil for a text

	template *value.Template
}

// numberForm is what a number looks like to people. YAML takes more for one: 017
// for 15, 0x1F, 1_000, .inf; these stay texts, as they stand.
var numberForm = regexp.MustCompile(`^[+-]?(0|[1-9]\d{0,14})(\.\d{1,15})?$`)

// ReadYAML reads a value.
func (o *operand) ReadYAML(r *source.Reader, node *yaml.Node) {
	o.Pos = r.Pos(node)
	switch {
	case node.Kind == yaml.SequenceNode:
		list := []string{}
		r.Decode(node, &list)
		o.plain = list
	case node.Tag == "!!bool":
		var b bool
		r.Decode(node, &b)
		o.plain = b
	case (node.Tag == "!!int" || node.Tag == "!!float") && numberForm.MatchString(node.Value):
		o.plain, _ = strconv.ParseFloat(node.Value, 64) // the form lets only numbers through
	default:
		o.Scalar.ReadYAML(r, node)
	}
}

// Schema describes a value to editors.
func (operand) Schema(*source.Schemas) map[string]any {
	return map[string]any{"type": []string{"string", "number", "boolean", "array"}, "items": map[string]any{"type": "string"}}
}

// compile is called when the names are known; typ is "" if only the moment tells.
func (o *operand) compile(names *value.Names) (typ value.Type, err error) {
	return o.compileBy(names.Template)
}

func (o *operand) compileBy(read func(text string) (*value.Template, error)) (typ value.Type, err error) {
	switch o.plain.(type) {
	case []string:
		return value.List, nil
	case bool:
		return value.Boolean, nil
	case float64:
		return value.Number, nil
	}
	if o.template, err = read(o.Text); err != nil {
		return "", err
	}
	if single := o.template.Single(); single != nil {
		return single.Type(), nil
	}
	return value.Text, nil
}

func (o *operand) eval(t *Turn) (any, error) {
	if o.plain != nil {
		return o.plain, nil
	}
	if single := o.template.Single(); single != nil {
		return single.Eval(t.Env)
	}
	return o.template.Render(t.Env, t.In.Facts.Language)
}

// assignments are variables and what they are set to.
type assignments map[string]*operand

func (a assignments) sorted() []string { return slices.Sorted(maps.Keys(a)) }

// declare notes which variables are set; settle finds out what they hold.
func (a assignments) declare(d *declarations) {
	for _, name := range a.sorted() {
		d.later = append(d.later, assigned{name, a[name]})
	}
}

// assigned is a variable and a value that it is given somewhere.
type assigned struct {
	name string
	to   *operand
}

// settle gives types to the variables that are only set: those of their values.
// Where a value names variables that are not known yet it waits for them; what
// only counts itself up is a number.
func (d *declarations) settle() {
	for progress := true; progress; {
		progress = false
		d.later = slices.DeleteFunc(d.later, func(a assigned) bool {
			if _, known := d.set.Names.TypeOf(a.name); known {
				return true
			}
			t, err := a.to.compile(d.set.Names)
			if err != nil {
				return false
			}
			if t == "" {
				t = value.Text
			}
			d.variable(a.to.Pos, a.name, t)
			progress = true
			return true
		})
	}
	for _, a := range d.later {
		if _, known := d.set.Names.TypeOf(a.name); known {
			continue
		}
		t := value.Text
		if _, err := a.to.compile(d.set.Names.With(a.name, value.Number)); err == nil {
			t = value.Number
		}
		d.variable(a.to.Pos, a.name, t)
	}
}

func (a assignments) check(c *checker) {
	for _, name := range a.sorted() {
		o := a[name]
		t, err := o.compile(c.set.Names)
		if err != nil {
			c.badExpression(o.Scalar, err)
			continue
		}
		known, ok := c.set.Names.TypeOf(name)
		told := t != "" && (o.plain != nil || t != value.Text) // what a text will be is only known when it is set
		isPhone := name == "phone" && t == value.Number        // in digits alone it looks like one
		if ok && told && t != known && (known != value.Text || value.IsContact(name) && !isPhone) {
			c.fault(o.Pos, "wrong_type", "The variable %q holds a %s and is given a %s here.", name, known, t)
		}
	}
}

func (a assignments) run(t *Turn, s *Step) {
	kept := map[string]string{}
	for _, name := range a.sorted() { // all are computed before any is set
		v, err := a[name].eval(t)
		if err == nil {
			typ, _ := t.Set.Names.TypeOf(name)
			v, err = typ.Keep(v)
		}
		if err != nil { // the variable stays as it is
			t.Fault(s, "set", err)
			continue
		}
		kept[name], _ = v.(string)
	}
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		t.set(s, name, kept[name])
	}
}
