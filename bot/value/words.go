package value

import (
	"maps"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bot/source"
)

// Words are a text as a chain's author wrote it: one string for all languages,
// or one for each. It is compiled once all names are known.
type Words struct {
	source.Pos
	// In are the texts by language; the one for all stands under "".
	In        map[string]string
	written   map[string]source.Scalar
	templates map[string]*Template
}

// ReadYAML reads a string, or a mapping of languages.
func (w *Words) ReadYAML(r *source.Reader, node *yaml.Node) {
	w.Pos, w.In, w.written = r.Pos(node), map[string]string{}, map[string]source.Scalar{}
	if node.Kind != yaml.MappingNode {
		w.read(r, "", node)
		return
	}
	for key, value := range r.Pairs(node) {
		if !isLanguage(key.Value) {
			r.Fault(key, "not_a_language", "%q is not a language; write one text, or a text for each language like en and ru.", key.Value)
			continue
		}
		w.read(r, key.Value, value)
	}
}

func (w *Words) read(r *source.Reader, language string, node *yaml.Node) {
	var s source.Scalar
	r.Decode(node, &s)
	if node.Kind == yaml.ScalarNode && !source.IsNull(node) {
		w.In[language], w.written[language] = s.Text, s
	}
}

func isLanguage(s string) bool {
	return len(s) >= 2 && len(s) <= 3 && s[0] >= 'a' && s[0] <= 'z' && s[1] >= 'a' && s[1] <= 'z'
}

// Schema describes the text to editors.
func (Words) Schema(*source.Schemas) map[string]any {
	scalar := []string{"string", "number", "boolean"}
	return map[string]any{"oneOf": []any{
		map[string]any{"type": scalar, "title": "One text for all languages"},
		map[string]any{
			"type": "object", "title": "A text for each language", "minProperties": 1,
			"propertyNames": map[string]any{"pattern": "^[a-z]{2,3}$"}, "additionalProperties": map[string]any{"type": scalar},
		},
	}}
}

// IsZero reports whether there is no text at all.
func (w *Words) IsZero() bool { return w == nil || len(w.In) == 0 }

// Languages are those that have a text of their own, sorted; none when one text is for all.
func (w *Words) Languages() []string {
	if _, one := w.In[""]; one || w.IsZero() {
		return nil
	}
	return slices.Sorted(maps.Keys(w.In))
}

// Compile compiles the texts; fault is told what is wrong and where.
func (w *Words) Compile(n *Names, fault func(at source.Pos, code, text string)) {
	if w.IsZero() {
		return
	}
	w.templates = map[string]*Template{}
	for _, language := range slices.Sorted(maps.Keys(w.In)) {
		t, err := n.Template(w.In[language])
		if err != nil {
			EachFault(w.written[language], err, func(at source.Pos, text string) { fault(at, "bad_expression", text) })
			continue
		}
		w.templates[language] = t
	}
}

// EachFault tells the place and the clause of each fault that was found in a text.
func EachFault(text source.Scalar, err error, fault func(at source.Pos, text string)) {
	switch err := err.(type) { //nolint:errorlint // never wrapped here
	case *Fault:
		fault(text.At(err.Offset), err.Text)
	case Faults:
		for _, f := range err {
			fault(text.At(f.Offset), f.Text)
		}
	default:
		fault(text.Pos, err.Error())
	}
}

// Render writes the text for a visitor of a language: in that one, else in the
// one for all, in English, or in the first that there is. See Template.Render for the error.
func (w *Words) Render(e *Env, language string) (string, error) {
	if w.IsZero() {
		return "", nil
	}
	if t := w.templates[w.in(language)]; t != nil {
		return t.Render(e, language)
	}
	return "", nil
}

// Source is the text as the author wrote it that a visitor of a language gets.
func (w *Words) Source(language string) string { return w.In[w.in(language)] }

// in is the language of the text that a visitor of a language gets.
func (w *Words) in(language string) string {
	for _, l := range append([]string{base(language), "", "en"}, w.Languages()...) {
		if _, ok := w.In[l]; ok {
			return l
		}
	}
	return ""
}

// IsPlain reports whether there are no places for values in the text.
func (w *Words) IsPlain() bool {
	for _, t := range w.templates {
		if !t.IsPlain() {
			return false
		}
	}
	return true
}

// Each yields the texts by language.
func (w *Words) Each(yield func(language string, text source.Scalar) bool) {
	if w.IsZero() {
		return
	}
	for _, language := range slices.Sorted(maps.Keys(w.In)) {
		if !yield(language, w.written[language]) {
			return
		}
	}
}
