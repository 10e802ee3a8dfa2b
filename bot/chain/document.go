package chain

import (
	"encoding/json"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// document is JSON as a chain's author writes it in YAML. A leaf that is nothing
// but one {{ }} has the type of its value; others are texts, numbers, true, false
// or null.
type document struct {
	// Of these one is set, or none for null.
	object *[]member
	list   *[]document
	leaf   *operand
}

// member is a key of an object and its value; they keep the order of the file.
type member struct {
	key   string
	value document
}

// ReadYAML reads any YAML.
func (d *document) ReadYAML(r *source.Reader, node *yaml.Node) {
	switch {
	case node.Kind == yaml.MappingNode:
		d.object = &[]member{}
		for key, inside := range r.Pairs(node) {
			m := member{key: key.Value}
			r.Decode(inside, &m.value)
			*d.object = append(*d.object, m)
		}
	case node.Kind == yaml.SequenceNode:
		list := make([]document, len(node.Content))
		for i, inside := range node.Content {
			r.Decode(inside, &list[i])
		}
		d.list = &list
	case !source.IsNull(node):
		d.leaf = &operand{}
		r.Decode(node, d.leaf)
	}
}

// Schema describes any JSON to editors.
func (document) Schema(*source.Schemas) map[string]any { return map[string]any{} }

func (d *document) check(c *checker) {
	switch {
	case d.object != nil:
		for i := range *d.object {
			(*d.object)[i].value.check(c)
		}
	case d.list != nil:
		for i := range *d.list {
			(*d.list)[i].check(c)
		}
	case d.leaf != nil:
		if _, err := d.leaf.compileBy(c.set.Names.SecretTemplate); err != nil {
			c.badExpression(d.leaf.Scalar, err)
		}
	}
}

// write writes the document as JSON.
func (d *document) write(t *Turn, s *Step, w *splicer) {
	switch {
	case d.object != nil:
		w.literal("{")
		for i, m := range *d.object {
			w.literal(strings.Repeat(",", min(i, 1)) + `"` + talk.AsJSON.Write(m.key) + `":`)
			m.value.write(t, s, w)
		}
		w.literal("}")
	case d.list != nil:
		w.literal("[")
		for i := range *d.list {
			w.literal(strings.Repeat(",", min(i, 1)))
			(*d.list)[i].write(t, s, w)
		}
		w.literal("]")
	case d.leaf != nil:
		d.leaf.writeJSON(t, s, w)
	default:
		w.literal("null")
	}
}

// writeJSON writes a value as JSON.
func (o *operand) writeJSON(t *Turn, s *Step, w *splicer) {
	if o.plain == nil && o.template.Single() == nil {
		w.literal(`"`)
		for _, p := range t.pieces(s, o.template) {
			w.piece(p, talk.AsJSON)
		}
		w.literal(`"`)
		return
	}
	w.literal(marshal(o.data(t, s)))
}

// marshal writes as JSON what value.Data returns, or what was read from JSON.
func marshal(v any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return "null" // never of what JSON knows
	}
	return strings.TrimSuffix(b.String(), "\n")
}
