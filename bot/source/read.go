package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// MaxFile is the most bytes of a file that is read.
const MaxFile = 1 << 20

// Own is a type that is read from YAML in a way of its own.
type Own interface {
	// ReadYAML reads the node and notes the faults at it; it must not keep the reader.
	ReadYAML(r *Reader, node *yaml.Node)
}

// Enum is a word out of a list.
type Enum interface {
	// Words are the list.
	Words() []string
}

// Reader reads one file and gathers what is wrong in it.
type Reader struct {
	File   string
	lines  []string
	faults Faults
}

// Read decodes a file into the struct that target points to. Keys are named by
// the tags yaml:"name"; unknown ones, and two of one name, are faults. A field
// with the tag need:"true" must be there, and have a value. A struct that embeds Pos is given its place.
func Read(file string, data []byte, target any) Faults {
	r := &Reader{File: file}
	r.read(data, target)
	return r.faults
}

func (r *Reader) read(data []byte, target any) {
	whole := Pos{File: r.File}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	switch {
	case len(data) > MaxFile:
		r.FaultAt(whole, "file_too_large", "The file is larger than %d KiB; split it.", MaxFile>>10)
		return
	case !utf8.Valid(data):
		r.FaultAt(whole, "not_utf8", "The file is not UTF-8 text.")
		return
	}
	r.lines = Lines(string(data))
	if !r.letters() {
		return
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		r.FaultAt(whole, "empty_file", "The file is empty.")
		return
	case err != nil:
		r.syntax(data, err)
		return
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		r.FaultAt(whole, "two_documents", "The file holds more than one YAML document (a line ---); give each a file of its own.")
		return
	}
	if r.survey(document.Content[0], 0) {
		r.Decode(document.Content[0], target)
	}
}

// Pos is the place of a node.
func (r *Reader) Pos(node *yaml.Node) Pos { return Pos{r.File, node.Line, node.Column} }

// Fault notes that something is wrong at a node. The format is one sentence.
func (r *Reader) Fault(node *yaml.Node, code, format string, args ...any) {
	r.FaultAt(r.Pos(node), code, format, args...)
}

// FaultAt is Fault at any place of the file.
func (r *Reader) FaultAt(pos Pos, code, format string, args ...any) {
	r.faults = append(r.faults, Fault{Pos: pos, Code: code, Text: fmt.Sprintf(format, args...), Source: r.line(pos.Line)})
}

func (r *Reader) line(n int) string {
	if n < 1 || n > len(r.lines) {
		return ""
	}
	return r.lines[n-1]
}

// Decode reads a node into what target points to. A null leaves it as it is.
func (r *Reader) Decode(node *yaml.Node, target any) {
	r.decode(node, reflect.ValueOf(target).Elem())
}

func (r *Reader) decode(node *yaml.Node, v reflect.Value) {
	if node.Kind == yaml.AliasNode {
		return // noted already
	}
	if own, ok := v.Addr().Interface().(Own); ok {
		own.ReadYAML(r, node)
		return
	}
	if IsNull(node) {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		r.decode(node, v.Elem())
	case reflect.Struct:
		r.decodeStruct(node, v)
	case reflect.Slice:
		r.decodeSlice(node, v)
	case reflect.Map:
		r.decodeMap(node, v)
	default:
		r.decodeScalar(node, v)
	}
}

// IsNull reports whether nothing stands at a node.
func IsNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.Tag == "!!null" }

func (r *Reader) decodeStruct(node *yaml.Node, v reflect.Value) {
	fields := Fields(v.Type())
	seen := map[string]bool{}
	for key, value := range r.Pairs(node) {
		seen[key.Value] = true
		i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == key.Value })
		if i < 0 {
			r.unknown(key, fields)
			continue
		}
		before := len(r.faults)
		r.decode(value, v.FieldByIndex(fields[i].Index))
		if fields[i].Need && IsNull(value) && len(r.faults) == before {
			r.Fault(value, "no_value", "The key %q needs a value.", key.Value)
		}
	}
	if place := v.FieldByName("Pos"); place.IsValid() && place.Type() == reflect.TypeFor[Pos]() {
		place.Set(reflect.ValueOf(r.Pos(node)))
	}
	for _, f := range fields {
		if f.Need && !seen[f.Name] && node.Kind == yaml.MappingNode {
			r.Fault(node, "missing_key", "The key %q is missing here.", f.Name)
		}
	}
}

func (r *Reader) unknown(key *yaml.Node, fields []Field) {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	if hint := Suggest(key.Value, names); hint != "" {
		r.Fault(key, "unknown_key", "There is no key %q here%s.", key.Value, hint)
		return
	}
	r.Fault(key, "unknown_key", "There is no key %q here; known are %s.", key.Value, strings.Join(names, ", "))
}

// Pairs yields the keys and values of a mapping. What is no mapping, a key that
// is no plain word, and one that comes twice are faults and are left out.
func (r *Reader) Pairs(node *yaml.Node) func(yield func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		if node.Kind != yaml.MappingNode || unquoted(node) {
			r.expected(node, "not_a_mapping", "Keys with values are expected here")
			return
		}
		seen := map[string]int{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i], node.Content[i+1]
			first, twice := seen[key.Value]
			switch {
			case key.Kind != yaml.ScalarNode || key.Tag == "!!merge":
				r.Fault(key, "bad_key", "A key has to be a plain word; merges (<<) are not supported.")
				continue
			case twice:
				r.Fault(key, "key_twice", "The key %q is given twice, first in line %d; keep one of them.", key.Value, first)
				continue
			}
			seen[key.Value] = key.Line
			if !yield(key, value) {
				return
			}
		}
	}
}

// Items returns the elements of a list, or notes a fault and returns none.
func (r *Reader) Items(node *yaml.Node) []*yaml.Node {
	if node.Kind != yaml.SequenceNode {
		r.expected(node, "not_a_list", "A list is expected here (each element after a dash)")
		return nil
	}
	return node.Content
}

// Scalar returns the text of a single value, or notes a fault.
func (r *Reader) Scalar(node *yaml.Node) (string, bool) {
	if node.Kind != yaml.ScalarNode || IsNull(node) {
		r.expected(node, "not_a_value", "A single value is expected here")
		return "", false
	}
	return node.Value, true
}

// expected notes that something else stands at a node than what belongs there.
func (r *Reader) expected(node *yaml.Node, code, what string) {
	switch {
	case node.Kind == yaml.AliasNode: // noted already
	case unquoted(node):
		r.Fault(node, "unquoted_place", "A text with {{ at its beginning needs quotes around it.")
	default:
		r.Fault(node, code, "%s, not %s.", what, describe(node))
	}
}

// unquoted reports whether a text begins with {{ which YAML takes for a mapping
// whose key is a mapping.
func unquoted(node *yaml.Node) bool {
	return node.Kind == yaml.MappingNode && node.Style&yaml.FlowStyle != 0 && len(node.Content) > 0 && node.Content[0].Kind == yaml.MappingNode
}

func describe(node *yaml.Node) string {
	switch {
	case IsNull(node):
		return "nothing"
	case node.Kind == yaml.MappingNode:
		return "keys with values"
	case node.Kind == yaml.SequenceNode:
		return "a list"
	case node.Kind == yaml.ScalarNode:
		return strconv.Quote(excerpt(node.Value))
	default:
		return "this"
	}
}

// excerpt keeps a sentence readable that quotes what somebody wrote.
func excerpt(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

func (r *Reader) decodeSlice(node *yaml.Node, v reflect.Value) {
	for _, item := range r.Items(node) {
		if element := reflect.New(v.Type().Elem()).Elem(); r.element(item, element) {
			v.Set(reflect.Append(v, element))
		}
	}
}

func (r *Reader) decodeMap(node *yaml.Node, v reflect.Value) {
	v.Set(reflect.MakeMap(v.Type()))
	for key, value := range r.Pairs(node) {
		if element := reflect.New(v.Type().Elem()).Elem(); r.element(value, element) {
			v.SetMapIndex(reflect.ValueOf(key.Value).Convert(v.Type().Key()), element)
		}
	}
}

// element decodes an element of a list or a mapping, where nothing cannot stand.
func (r *Reader) element(node *yaml.Node, v reflect.Value) (ok bool) {
	if IsNull(node) {
		r.Fault(node, "no_value", "Nothing stands here; write a value, or leave out its dash or key.")
		return false
	}
	r.decode(node, v)
	return node.Kind != yaml.AliasNode
}

func (r *Reader) decodeScalar(node *yaml.Node, v reflect.Value) {
	text, ok := r.Scalar(node)
	if !ok {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
		if enum, ok := v.Interface().(Enum); ok && !slices.Contains(enum.Words(), text) {
			r.Fault(node, "unknown_word", "%q is not known here%s; use one of %s.", excerpt(text), Suggest(text, enum.Words()), strings.Join(enum.Words(), ", "))
		}
	case reflect.Bool:
		var b bool
		if node.Tag != "!!bool" || node.Decode(&b) != nil {
			r.Fault(node, "not_a_boolean", "true or false is expected here, not %q.", excerpt(text))
			return
		}
		v.SetBool(b)
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, 32)
		if node.Tag != "!!int" || err != nil {
			r.Fault(node, "not_an_integer", "A whole number is expected here, not %q.", excerpt(text))
			return
		}
		v.SetInt(n)
	default:
		panic("source: no way to read a " + v.Type().String())
	}
}

// Field is a key that a struct knows.
type Field struct {
	Name string
	// Doc says what it is for, in a sentence: the tag doc.
	Doc   string
	Need  bool
	Index []int
	Type  reflect.Type
}

// Fields are the keys of a struct in their order, those of embedded structs included.
func Fields(t reflect.Type) (fields []Field) {
	for _, f := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); name != "" && name != "-" {
			fields = append(fields, Field{Name: name, Doc: f.Tag.Get("doc"), Need: f.Tag.Get("need") == "true", Index: f.Index, Type: f.Type})
		}
	}
	return fields
}
