package chain

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// saves are variables, and where in the JSON of an answer their values are.
type saves []save

type save struct {
	source.Pos
	variable string
	path     jsonPath
}

// ReadYAML reads variables with paths.
func (v *saves) ReadYAML(r *source.Reader, node *yaml.Node) {
	for key, at := range r.Pairs(node) {
		text, ok := r.Scalar(at)
		if !ok {
			continue
		}
		path, ok := parsePath(text)
		if !ok {
			r.Fault(at, "bad_path", "%q is no path into JSON: write .name, .items[0].name, or . for all of it.", cut(text, maxShown))
			continue
		}
		*v = append(*v, save{r.Pos(key), key.Value, path})
	}
}

// Schema describes the paths to editors.
func (saves) Schema(*source.Schemas) map[string]any {
	return map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "string", "pattern": `^\.`}}
}

// declare makes texts of the variables that nothing else gives another type.
func (v saves) declare(d *declarations) {
	for _, s := range v {
		d.later = append(d.later, assigned{s.variable, &operand{Scalar: source.Scalar{Pos: s.Pos}}})
	}
}

// take saves the values of an answer; the error is a clause that says what is
// wrong with the whole of it. A value that is not there, or of the wrong type,
// makes its variable empty, and the operators are told.
func (v saves) take(t *Turn, s *Step, body string) error {
	if len(v) == 0 {
		return nil
	}
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.UseNumber() // ids may have more digits than a float64
	var whole any
	if err := decoder.Decode(&whole); err != nil {
		return errors.New("the answer is not JSON")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("the answer is more than one piece of JSON")
	}
	for _, one := range v {
		found, ok := one.path.find(whole)
		kept, err := "", error(nil)
		if ok {
			typ, _ := t.Set.Names.TypeOf(one.variable)
			kept, err = keepJSON(typ, found)
		} else {
			err = errors.New("there is nothing at that place")
		}
		if err != nil {
			t.Fault(s, "not_in_answer", fmt.Errorf("the answer has no value for the variable %s at %s: %w", one.variable, one.path, err))
		}
		t.set(s, one.variable, kept)
	}
	return nil
}

// keepJSON turns a value of an answer into the form that a variable keeps.
func keepJSON(typ value.Type, v any) (string, error) {
	switch of := v.(type) {
	case nil:
		return "", nil
	case []any:
		if typ != value.List {
			return typ.Keep(flat(v))
		}
		list := make([]string, len(of))
		for i, element := range of {
			list[i] = flat(element)
		}
		return typ.Keep(list)
	case bool:
		return typ.Keep(of)
	default:
		return typ.Keep(flat(v))
	}
}

// flat writes a value of an answer as a text: objects and lists as JSON.
func flat(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return printable(v)
	default:
		return marshal(v)
	}
}

// printable leaves out what is no part of a text: other servers may send anything.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
}

// jsonPath leads to a value in JSON: keys of objects and places in lists.
type jsonPath []jsonStep

// jsonStep is a key, or a place from 0 if there is none.
type jsonStep struct {
	key   string
	place int
}

var (
	pathForm = regexp.MustCompile(`^(?:\.|(?:\.[^.\[\]\s]+|^\.\[\d{1,5}\])(?:\.[^.\[\]\s]+|\[\d{1,5}\])*)$`)
	pathStep = regexp.MustCompile(`[^.\[\]]+|\[\d+\]`)
)

// parsePath reads .items[0].name; false if it is none.
func parsePath(text string) (jsonPath, bool) {
	if !pathForm.MatchString(text) {
		return nil, false
	}
	var path jsonPath
	for _, part := range pathStep.FindAllString(text, -1) {
		if inside, isPlace := strings.CutPrefix(part, "["); isPlace {
			place, _ := strconv.Atoi(strings.TrimSuffix(inside, "]")) // the form lets digits through alone
			path = append(path, jsonStep{place: place})
			continue
		}
		path = append(path, jsonStep{key: part})
	}
	return path, true
}

// String writes the path as it is read.
func (p jsonPath) String() string {
	if len(p) == 0 {
		return "."
	}
	var b strings.Builder
	for i, step := range p {
		switch {
		case step.key != "":
			b.WriteString("." + step.key)
		case i == 0:
			b.WriteString(".")
			fallthrough
		default:
			fmt.Fprintf(&b, "[%d]", step.place)
		}
	}
	return b.String()
}

// find follows the path; false if there is nothing.
func (p jsonPath) find(v any) (any, bool) {
	for _, step := range p {
		switch of := v.(type) {
		case map[string]any:
			inside, ok := of[step.key]
			if !ok || step.key == "" {
				return nil, false
			}
			v = inside
		case []any:
			if step.key != "" || step.place >= len(of) {
				return nil, false
			}
			v = of[step.place]
		default:
			return nil, false
		}
	}
	return v, true
}
