package chain

import (
	"reflect"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// Exit is one way on from a step.
type Exit struct {
	// Words tell this way from the others: those of a button, then, else, or the key
	// that names the target, such as on_fail. They are empty for the one way of a step.
	Words string
	To    *Step
	// Call is true if the step's chain goes on when the called one has ended.
	Call bool
	// Below is true if the way leads to the step that stands below.
	Below bool
}

// Exits are the ways on from a step, in the order of the file.
func (s *Step) Exits() []Exit {
	var d describer
	d.walk(reflect.ValueOf(s.do).Elem(), "")
	all := d.exits
	if _, call := s.do.(*callStep); call {
		for i := range all {
			all[i].Call = true
		}
	}
	if g, ok := s.do.(*gptStep); ok {
		for _, to := range g.leads() {
			all = append(all, Exit{Words: to.words, To: to.to})
		}
	}
	below := s.done()
	if h, ok := s.do.(holder); ok {
		for _, b := range h.blocks() {
			if len(b.steps) > 0 {
				all = append(all, Exit{Words: b.name, To: b.steps[0]})
			} else {
				below = b.name
			}
		}
	}
	if follows(s) && s.Next != nil {
		all = append(all, Exit{Words: below, To: s.Next, Below: true})
	}
	return all
}

// done are the words of the way to the step below, where it is not the usual one.
func (s *Step) done() string {
	if g, ok := s.do.(*gptStep); ok {
		return g.GPT.Until.Text
	}
	return ""
}

// Depth is how many steps hold a step.
func (s *Step) Depth() int { return strings.Count(s.ID, ".") }

// Text is what a step says or does, in short; empty if its kind says it all.
func (s *Step) Text() string {
	_, text := named(reflect.ValueOf(s.do).Elem(), s.Kind)
	return text
}

// Text is what a trigger waits for, in short; empty if its kind says it all.
func (g *Trigger) Text() string {
	_, text := named(reflect.ValueOf(g.do).Elem(), g.Kind)
	if only := g.do.commonTrigger().If.Text; only != "" {
		text = strings.TrimSpace(text + " if " + only)
	}
	return text
}

// Heading is the chain's title, or its name.
func (c *Chain) Heading() string {
	if title := c.Title.Source(""); title != "" {
		return title
	}
	return c.Name
}

// describer finds the targets in what a step was read into. It goes by the tags
// of the structs, so that it knows every kind.
type describer struct{ exits []Exit }

func (d *describer) walk(v reflect.Value, words string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			d.walk(v.Elem(), words)
		}
	case reflect.Slice:
		for i := range v.Len() {
			d.walk(v.Index(i), words)
		}
	case reflect.Struct:
		if _, own := named(v, "text"); own != "" {
			words = own
		}
		for _, f := range source.Fields(v.Type()) {
			d.field(f, v.FieldByIndex(f.Index), words)
		}
	default:
	}
}

// field is walk for one field of a struct.
func (d *describer) field(f source.Field, v reflect.Value, words string) {
	if v.Type() == reflect.TypeFor[Block]() {
		return
	}
	target, ok := v.Interface().(Target)
	if !ok {
		d.walk(v, words)
		return
	}
	if words == "" && f.Name != "goto" && f.Name != "call" {
		words = f.Name
	}
	if target.step != nil {
		d.exits = append(d.exits, Exit{Words: words, To: target.step})
	}
}

// named is the field of a struct under a key, and its text.
func named(v reflect.Value, key string) (field reflect.Value, text string) {
	for _, f := range source.Fields(v.Type()) {
		if f.Name == key {
			field = v.FieldByIndex(f.Index)
			return field, textOf(field)
		}
	}
	return field, ""
}

// textOf is the first text in what was read, or all of a list.
func textOf(v reflect.Value) string {
	switch read := v.Interface().(type) {
	case value.Words:
		return read.Source("")
	case Target, Block:
		return ""
	case pause:
		return read.text()
	case gpt:
		return read.text()
	case source.Duration:
		return spanText(read.Std())
	case assignments:
		return strings.Join(read.sorted(), ", ")
	}
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Slice:
		return listText(v)
	case reflect.Pointer:
		if !v.IsNil() {
			return textOf(v.Elem())
		}
	case reflect.Struct:
		return structText(v)
	default:
	}
	return ""
}

func listText(v reflect.Value) string {
	var all []string
	for i := range v.Len() {
		if text := textOf(v.Index(i)); text != "" {
			all = append(all, text)
		}
	}
	return strings.Join(all, ", ")
}

func structText(v reflect.Value) string {
	if text := v.FieldByName("Text"); text.IsValid() && text.Kind() == reflect.String {
		return text.String()
	}
	for _, f := range source.Fields(v.Type()) {
		if text := textOf(v.FieldByIndex(f.Index)); text != "" {
			return text
		}
	}
	return ""
}

func (p *pause) text() string {
	if p.until != "" {
		return "until " + p.until
	}
	return spanText(p.span)
}

// spanText is a span as it is written in a file.
func spanText(span time.Duration) string {
	if span == 0 {
		return ""
	}
	text := span.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
