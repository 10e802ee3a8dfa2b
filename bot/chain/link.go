package chain

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// start is where ids begin in a chain, before its first label.
const start = "start"

// link gives the steps their ids and what follows them, and finds what targets name.
func (c *checker) link() {
	for _, chain := range c.set.Chains {
		c.number(chain, chain.Steps, start, nil)
		if len(chain.order) > MaxSteps {
			c.fault(chain.Pos, "too_many_steps", "The chain has %d steps; at most %d are allowed.", len(chain.order), MaxSteps)
		}
	}
	for _, chain := range c.set.Chains {
		for _, step := range chain.order {
			if j, ok := step.do.(jumper); ok {
				c.resolve(chain, j.targets())
			}
		}
	}
}

func (c *checker) resolve(chain *Chain, targets []*Target) {
	for _, t := range targets {
		if t.IsZero() {
			continue
		}
		if fault := c.set.resolve(chain, t); fault != "" {
			c.fault(t.Pos, "unknown_target", "%s", fault)
		}
	}
}

// number gives the steps of a list their ids; next follows the last of them.
func (c *checker) number(chain *Chain, steps Block, from string, next *Step) {
	since := 0
	for i, step := range steps {
		since++
		step.Chain, step.Next = chain, next
		if i+1 < len(steps) {
			step.Next = steps[i+1]
		}
		step.ID = fmt.Sprintf("%s+%d", from, since)
		if step.Label != "" {
			c.label(chain, step)
			from, since, step.ID = step.Label, 0, step.Label
		}
		if chain.steps[step.ID] == nil {
			chain.steps[step.ID] = step
		}
		chain.order = append(chain.order, step)
		if h, ok := step.do.(holder); ok {
			for _, b := range h.blocks() {
				c.number(chain, b.steps, step.ID+"."+b.name, step.Next)
			}
		}
	}
}

func (c *checker) label(chain *Chain, step *Step) {
	other := chain.labels[step.Label]
	switch {
	case !chainName.MatchString(step.Label) || step.Label == start:
		c.fault(step.Pos, "bad_label", "A label is made of letters, digits, - and _, at most 64, and is not %q.", start)
	case other != nil:
		c.fault(step.Pos, "label_twice", "The label %q is given twice, first in line %d.", step.Label, other.Line)
	case c.set.byName[step.Label] != nil:
		c.warn(step.Pos, "label_is_chain", "%q is also the name of a chain; goto means the label here.", step.Label)
		chain.labels[step.Label] = step
	default:
		chain.labels[step.Label] = step
	}
}

// declarations gathers which variables there are.
type declarations struct {
	*checker
	later []assigned
}

// declare makes all variables known, before expressions are compiled.
func (c *checker) declare() {
	d := &declarations{checker: c}
	for _, chain := range c.set.Chains {
		for _, name := range slices.Sorted(maps.Keys(chain.Variables)) {
			d.variable(chain.Variables[name].Pos, name, chain.Variables[name].Type)
		}
	}
	for _, chain := range c.set.Chains {
		for _, step := range chain.order {
			if s, ok := step.do.(declarer); ok {
				s.declare(d, step)
			}
		}
	}
	for _, a := range c.set.assistants {
		for _, name := range a.Variables { // texts, if nothing else says what they are
			d.later = append(d.later, assigned{name, &operand{Scalar: source.Scalar{Pos: source.Pos{File: InConfig}}}})
		}
	}
	d.settle()
}

// variable makes one known.
func (d *declarations) variable(at source.Pos, name string, t value.Type) {
	if _, before := d.given[name]; !before {
		d.given[name] = at
	}
	switch {
	case !value.ValidName(name):
		d.fault(at, "bad_variable", "%q cannot name a variable: use letters, digits and _, at most 64, and begin with a letter.", name)
	case value.IsReserved(name):
		d.fault(at, "reserved_variable", "%q is kept by Anteroom itself and cannot be set; choose another name.", name)
	case value.IsContact(name):
		if t != value.Text {
			d.fault(at, "wrong_type", "%q is the contact's own and a text, and gets a %s here.", name, t)
		}
	default:
		if known := d.set.Names.Declare(name, t); known != t {
			d.fault(at, "two_types", "The variable %q holds a %s elsewhere and a %s here; use another name, or one type.", name, known, t)
		}
	}
}

// words compiles a text and holds it against the limit and the site's languages.
func (c *checker) words(w *value.Words, most int) {
	if w.IsZero() {
		return
	}
	w.Compile(c.set.Names, func(at source.Pos, code, text string) { c.fault(at, code, "%s.", source.Capital(text)) })
	for language, text := range w.Each {
		if n := len([]rune(text.Text)); n > most {
			c.fault(text.Pos, "too_long", "The text has %d characters; at most %d are allowed here.", n, most)
		}
		if strings.TrimSpace(text.Text) == "" {
			c.fault(text.Pos, "empty_text", "The text%s is empty.", forLanguage(language))
		}
	}
	if languages := w.Languages(); languages != nil {
		for _, wanted := range c.options.Languages {
			if _, ok := w.In[wanted]; !ok {
				c.warn(w.Pos, "missing_translation", "The text has no words in %q.", wanted)
			}
		}
	}
}

func forLanguage(language string) string {
	if language == "" {
		return ""
	}
	return " in " + quoted(language)
}
