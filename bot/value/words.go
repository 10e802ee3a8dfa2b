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
	places    map[string]source.Pos
	templates map[string]*Template
}

// ReadYAML reads a string, or a mapping of languages.
func (w *Words) ReadYAML(r *source.Reader, node *yaml.Node) {
	w.Pos, w.In, w.places = r.Pos(node), map[string]string{}, map[string]source.Pos{}
	if node.Kind != yaml.MappingNode {
		if text, ok := r.Scalar(node); ok {
			w.In[""], w.places[""] = text, TextPos(r, node)
		}
		return
	}
	for key, value := range r.Pairs(node) {
		if !isLanguage(key.Value) {
			r.Fault(key, "not_a_language", "%q is not a language; write one text, or a text for each language like en and ru.", key.Value)
			continue
		}
		if text, ok := r.Scalar(value); ok {
			w.In[key.Value], w.places[key.Value] = text, TextPos(r, value)
		}
	}
}

// TextPos is where the characters of a value begin: behind the quote, or in the
// line below | and >.
func TextPos(r *source.Reader, node *yaml.Node) source.Pos {
	pos := r.Pos(node)
	if node.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		pos.Column++
	}
	return pos
}

func isLanguage(s string) bool {
	return len(s) >= 2 && len(s) <= 3 && s[0] >= 'a' && s[0] <= 'z' && s[1] >= 'a' && s[1] <= 'z'
}

// Schema describes the text to editors.
func (Words) Schema(*source.Schemas) map[string]any {
	return map[string]any{"oneOf": []any{
		map[string]any{"type": []string{"string", "number", "boolean"}},
		map[string]any{"type": "object", "propertyNames": map[string]any{"pattern": "^[a-z]{2,3}$"}, "additionalProperties": map[string]any{"type": "string"}},
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
			fault(FaultPos(w.places[language], err), "bad_expression", err.Error())
			continue
		}
		w.templates[language] = t
	}
}

// FaultPos is the place of a fault in a text that begins at pos, as well as it
// can be told in a text of several lines.
func FaultPos(pos source.Pos, err error) source.Pos {
	if f, ok := err.(*Fault); ok { //nolint:errorlint // never wrapped here
		pos.Column += f.Offset
	}
	return pos
}

// Render writes the text for a visitor of a language: in that one, else in the
// one for all, in English, or in the first that there is. See Template.Render for the error.
func (w *Words) Render(e *Env, language string) (string, error) {
	if w.IsZero() {
		return "", nil
	}
	for _, l := range append([]string{base(language), "", "en"}, w.Languages()...) {
		if t, ok := w.templates[l]; ok {
			return t.Render(e, language)
		}
	}
	return "", nil
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

// Written is a text where it stands.
type Written struct {
	source.Pos
	Text string
}

// Each yields the texts by language.
func (w *Words) Each(yield func(language string, text Written) bool) {
	if w.IsZero() {
		return
	}
	for _, language := range slices.Sorted(maps.Keys(w.In)) {
		if !yield(language, Written{w.places[language], w.In[language]}) {
			return
		}
	}
}
