package words

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bot/typo"
)

// most is far above what all sentences take in any language.
const most = 512 << 10

// Fault is one thing that is wrong in a file. Line counts from 1; 0 is the file itself.
type Fault struct {
	Line int
	Text string
}

// File is a site's file of sentences.
type File struct {
	tag      string
	dir      string
	fallback string
	forms    []string
	said     map[*node]any
}

// Direction is where the language runs from: "ltr" or "rtl".
func (f *File) Direction() string { return f.dir }

// Fallback is the built-in language that says what the file does not.
func (f *File) Fallback() string { return f.fallback }

// lines are the sentence in each form, by its name; "" for one without forms.
type lines map[string][]piece

// piece is a text, or what it is filled with.
type piece struct {
	text, param string
	// optional pieces stand only where the parameter of theirs is not empty.
	optional []piece
}

type reader struct {
	file   *File
	faults []Fault
}

// Read reads the file of a language, a BCP 47 tag. The built-in languages are those that a
// file can fall back to, by itself to the first; of a built-in one it changes single sentences.
func Read(path, tag string, builtIn []string) (*File, []Fault) {
	root, err := catalogue()
	if err != nil {
		return nil, []Fault{{Text: err.Error() + "."}}
	}
	content, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, []Fault{{Text: fmt.Sprintf("there is no file %s; write one with anteroom words %s.", path, tag)}}
	case err != nil:
		return nil, []Fault{{Text: fmt.Sprintf("the file %s cannot be read.", filepath.Base(path))}}
	case len(content) > most:
		return nil, []Fault{{Text: fmt.Sprintf("the file %s is larger than all sentences could be.", filepath.Base(path))}}
	}
	return parse(root, content, tag, builtIn)
}

func parse(root *node, content []byte, tag string, builtIn []string) (*File, []Fault) {
	parsed, err := language.Parse(tag)
	if err != nil {
		return nil, []Fault{{Text: fmt.Sprintf("%q is no language; write it like de or pt-BR.", tag)}}
	}
	f := &File{tag: parsed.String(), dir: direction(parsed), fallback: builtIn[0], forms: formsOf(parsed), said: map[*node]any{}}
	if slices.Contains(builtIn, tag) {
		f.fallback = tag
	}
	r := &reader{file: f}
	var document yaml.Node
	if err := yaml.Unmarshal(content, &document); err != nil {
		return nil, []Fault{{Text: strings.TrimPrefix(err.Error(), "yaml: ") + "."}}
	}
	if len(document.Content) == 1 {
		r.head(document.Content[0], builtIn)
		r.section(root, document.Content[0], "")
	}
	if len(r.faults) > 0 {
		return nil, r.faults
	}
	return f, nil
}

func direction(tag language.Tag) string {
	script, _ := tag.Script()
	switch script.String() {
	case "Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm", "Rohg":
		return "rtl"
	default:
		return "ltr"
	}
}

// formsOf are the plural forms that whole numbers of the language have (CLDR, "cardinal").
func formsOf(tag language.Tag) []string {
	names := map[plural.Form]string{plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: "other"}
	var seen []string
	for _, n := range append([]int{1_000_000}, numbers(200)...) {
		if form := names[plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0)]; !slices.Contains(seen, form) {
			seen = append(seen, form)
		}
	}
	if base, _ := tag.Base(); base.String() == "he" { // "many" has left Hebrew with CLDR 42, which browsers go by
		seen = slices.DeleteFunc(seen, func(form string) bool { return form == "many" })
	}
	if !slices.Contains(seen, "other") { // of broken numbers, and what all sentences can fall back to
		seen = append(seen, "other")
	}
	order := []string{"zero", "one", "two", "few", "many", "other"}
	return slices.DeleteFunc(order, func(form string) bool { return !slices.Contains(seen, form) })
}

func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func (r *reader) fault(at *yaml.Node, format string, args ...any) {
	r.faults = append(r.faults, Fault{Line: at.Line, Text: fmt.Sprintf(format, args...)})
}

// head reads the keys that are no sentences, and takes them out.
func (r *reader) head(root *yaml.Node, builtIn []string) {
	if root.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(root.Content); {
		key, value := root.Content[i], root.Content[i+1]
		switch key.Value {
		case "dir":
			if r.file.dir = value.Value; value.Value != "ltr" && value.Value != "rtl" {
				r.fault(value, "dir must be ltr or rtl, not %q.", value.Value)
			}
		case "fallback":
			if r.file.fallback = value.Value; !slices.Contains(builtIn, value.Value) {
				r.fault(value, "fallback must be %s, not %q.", strings.Join(builtIn, ", "), value.Value)
			}
		default:
			i += 2
			continue
		}
		root.Content = slices.Delete(root.Content, i, i+2)
	}
}

func (r *reader) section(n *node, at *yaml.Node, path string) {
	if at.Kind == yaml.ScalarNode && at.Tag == "!!null" {
		return
	}
	if at.Kind != yaml.MappingNode {
		r.fault(at, "%s must be a section with keys of its own.", orFile(path))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(at.Content); i += 2 {
		key, value := at.Content[i], at.Content[i+1]
		name := strings.TrimPrefix(path+"."+key.Value, ".")
		child := n.child(key.Value)
		switch {
		case seen[key.Value]:
			r.fault(key, "%s is given twice.", name)
		case child == nil:
			r.fault(key, "%s is no sentence of the chat%s", name, n.hint(key.Value))
		case value.Kind == yaml.ScalarNode && value.Tag == "!!null":
			// It is left to the fall-back.
		case child.Kind == "section" || child.Kind == "part" || child.Kind == "map":
			r.section(child, value, name)
		case child.Kind == "list":
			r.list(child, value, name)
		default:
			r.sentence(child, value, name)
		}
		seen[key.Value] = true
	}
}

// hint names the child that was meant, if one looks like it, and ends the sentence.
func (n *node) hint(wrong string) string {
	known := make([]string, len(n.Children))
	for i, c := range n.Children {
		known[i] = c.Name
	}
	if near := typo.Meant(wrong, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return "."
}

func orFile(path string) string {
	if path == "" {
		return "The file"
	}
	return path
}

func (r *reader) list(n *node, at *yaml.Node, path string) {
	english := n.list()
	if at.Kind != yaml.SequenceNode || len(at.Content) != len(english) {
		r.fault(at, "%s must be a list of %d texts: %s.", path, len(english), strings.Join(english, ", "))
		return
	}
	var said []string
	for _, item := range at.Content {
		if item.Kind != yaml.ScalarNode || strings.TrimSpace(item.Value) == "" {
			r.fault(item, "%s must be a list of texts.", path)
			return
		}
		said = append(said, item.Value)
	}
	r.file.said[n] = said
}

// sentence reads a text, its plural forms, or the two that it is by its flag.
func (r *reader) sentence(n *node, at *yaml.Node, path string) {
	if n.Flag == "" {
		if said, ok := r.forms(n, at, path); ok {
			r.file.said[n] = said
		}
		return
	}
	both := map[string]lines{}
	if at.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(at.Content); i += 2 {
			name := at.Content[i].Value
			if name != "yes" && name != "no" {
				r.fault(at.Content[i], "%s.%s is nothing; %s has yes and no, for whether it is %s.", path, name, path, n.Flag)
				return
			}
			said, ok := r.forms(n, at.Content[i+1], path+"."+name)
			if !ok {
				return
			}
			both[name] = said
		}
	}
	if len(both) != 2 {
		r.fault(at, "%s needs yes and no, for whether it is %s.", path, n.Flag)
		return
	}
	r.file.said[n] = both
}

func (r *reader) forms(n *node, at *yaml.Node, path string) (lines, bool) {
	said := lines{}
	if at.Kind == yaml.ScalarNode {
		if n.Counted != "" && len(r.file.forms) > 1 {
			r.fault(at, "%s goes by the number {%s}: write %s.", path, n.Counted, strings.Join(r.file.forms, ", "))
			return nil, false
		}
		form := ""
		if n.Counted != "" {
			form = "other"
		}
		pieces, ok := r.text(n, at, path, true)
		said[form] = pieces
		return said, ok
	}
	if n.Counted == "" || at.Kind != yaml.MappingNode {
		r.fault(at, "%s must be one text.", path)
		return nil, false
	}
	good := true
	for i := 0; i+1 < len(at.Content); i += 2 {
		form := at.Content[i].Value
		if !slices.Contains(r.file.forms, form) {
			r.fault(at.Content[i], "%s.%s is no plural form of the language, which has %s.", path, form, strings.Join(r.file.forms, ", "))
			good = false
			continue
		}
		pieces, ok := r.text(n, at.Content[i+1], path+"."+form, form == "few" || form == "many" || form == "other")
		said[form], good = pieces, good && ok
	}
	for _, form := range r.file.forms {
		if _, there := said[form]; !there && good {
			r.fault(at, "%s lacks the plural form %q; it needs %s.", path, form, strings.Join(r.file.forms, ", "))
			return nil, false
		}
	}
	return said, good
}
