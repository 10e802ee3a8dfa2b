package config

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/rs/zerolog"
	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bot/typo"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/hours"
)

// position is a place in the file, counted from 1.
type position struct{ line, column int }

// document is one file while it is read: what is wrong in it so far, and where
// each key stands. A key's path is written as in "sites.shop.origins[0]".
type document struct {
	file   string
	faults Faults
	places map[string]position
	// rejected are the paths whose values could not be read at all, and with them
	// all that would stand below.
	rejected map[string]bool
	// texts are what is said in languages.
	texts []spokenText
	// most is how many faults are told; 0 for all. What is anybody's must not make more of them
	// than it has bytes.
	most int
	// edits is true if a null takes away what is there; in a file it leaves the default.
	edits bool
	// runs is true if what is wrong in files that are followed is no fault of this one.
	runs bool
	// copies is true if only faults about where things lie are told, see concernsCopies.
	copies bool
}

// followedFault notes what is wrong in a file or folder that is followed.
func (d *document) followedFault(path, format string, args ...any) {
	if !d.runs {
		d.fault(path, format, args...)
	}
}

// concernsCopies reports whether a fault at a path may be about where the database and the
// visitors' files lie.
func concernsCopies(path string) bool {
	section, _, _ := strings.Cut(path, ".")
	for part := range strings.SplitSeq(path, ".") {
		if part == "database" || part == "gateway" || part == "data_dir" {
			return true // in a wrong place, perhaps
		}
	}
	switch section {
	case "homeserver", "appservice", "mail", "outward", "metrics", "logging", "sites":
		return false
	default:
		return true
	}
}

// fault notes what is wrong at the path, or at the nearest parent that the file has.
// What could not be read has been named already and is passed over.
func (d *document) fault(path, format string, args ...any) {
	if d.copies && (!concernsCopies(path) || strings.HasPrefix(path, "gateway.") && path != "gateway.data_dir") {
		return
	}
	var at position
	for known := false; ; path = parent(path) {
		if d.rejected[path] {
			return
		}
		if p, ok := d.places[path]; ok && !known {
			at, known = p, true
		}
		if path == "" {
			break
		}
	}
	d.add(at, format, args...)
}

func parent(path string) string { return path[:max(0, strings.LastIndexAny(path, ".["))] }

func (d *document) isFull() bool { return d.most > 0 && len(d.faults) >= d.most }

func (d *document) add(at position, format string, args ...any) {
	if d.isFull() {
		return
	}
	d.faults = append(d.faults, Fault{File: d.file, Line: at.line, Column: at.column, Text: fmt.Sprintf(format, args...)})
}

// reject notes that the node cannot stand at the path, about which, and about
// what would stand below, nothing more will be said.
func (d *document) reject(node *yaml.Node, path, format string, args ...any) {
	d.rejected[path] = true
	if d.copies && !concernsCopies(path) {
		return
	}
	d.add(position{node.Line, node.Column}, format, args...)
}

// has reports whether the file itself has a value at the path.
func (d *document) has(path string) bool {
	_, ok := d.places[path]
	return ok
}

// decode writes the node into v. A null leaves the default, see document.edits.
func (d *document) decode(node *yaml.Node, v reflect.Value, path string) {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		if d.edits && v.Kind() == reflect.Pointer {
			v.SetZero()
		}
		return
	}
	if d.decodeOwn(node, v.Addr().Interface(), path) {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.decodeStruct(node, v, path)
	case reflect.Slice:
		d.decodeSlice(node, v, path)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.decode(node, v.Elem(), path)
	case reflect.Map:
		if node.Kind != yaml.MappingNode {
			d.reject(node, path, "%s must be a list of keys and values.", path)
		} else if err := node.Decode(v.Addr().Interface()); err != nil {
			d.reject(node, path, "%s cannot be read: %s.", path, strings.TrimPrefix(err.Error(), "yaml: "))
		}
	default:
		d.decodeScalar(node, v, path)
	}
}

// decodeOwn writes the node into one of the types that are read in a way of their own.
func (d *document) decodeOwn(node *yaml.Node, target any, path string) bool {
	switch target := target.(type) {
	case *map[chat.SiteID]*Site:
		d.decodeSites(node, *target, path)
	case **hours.Rules:
		d.decodeHours(node, target, path)
	case **Assistant:
		d.decodeAssistant(node, target, path)
	case *map[string]*Assistant:
		d.decodeAssistants(node, target, path)
	case *Tools:
		d.decodeTools(node, target, path)
	case *Notice:
		d.decodeNotice(node, target, path)
	case *map[Language]string:
		d.decodeLanguages(node, target, path)
	case *map[string]string:
		d.decodeStrings(node, target, path)
	case *map[string]Text:
		d.decodeTexts(node, target, path)
	case *Text:
		d.decodeText(node, target, path)
	case encoding.TextUnmarshaler:
		d.decodeUnmarshaler(node, target, path)
	default:
		return false
	}
	return true
}

func (d *document) decodeStruct(node *yaml.Node, v reflect.Value, path string) {
	fields := fieldsOf(v)
	for key, value := range d.pairs(node, path) {
		field, ok := fields[key.Value]
		if !ok {
			d.unknownKey(key, path, fields)
			continue
		}
		d.decode(value, field, join(path, key.Value))
	}
}

// pairs yields the keys and values of a mapping, notes their places, and
// refuses whatever is no mapping and any key that comes twice.
func (d *document) pairs(node *yaml.Node, path string) func(func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		if node.Kind != yaml.MappingNode {
			d.reject(node, path, "%s must be a section with keys of its own.", orFile(path))
			return
		}
		seen := map[string]int{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i], node.Content[i+1]
			if key.Kind != yaml.ScalarNode {
				d.add(position{key.Line, key.Column}, "A key of %s is not a plain word.", orFile(path))
				continue
			}
			if key.Tag == "!!merge" {
				// Whether a key is missing here cannot be said.
				d.reject(key, path, "Merges (<<) are not supported: write the keys of %s out.", orFile(path))
				continue
			}
			if line, twice := seen[key.Value]; twice {
				d.reject(key, join(path, key.Value), "%s is given twice, first in line %d: keep one of them.", join(path, key.Value), line)
				continue
			}
			seen[key.Value] = key.Line
			at := key
			if value.Kind == yaml.ScalarNode && value.Tag != "!!null" {
				at = value
			}
			d.places[join(path, key.Value)] = position{at.Line, at.Column}
			if value.Tag == "!!null" && color.MatchString(key.LineComment) {
				d.reject(key, join(path, key.Value), `%s needs quotes, "%s": YAML takes a bare # for a comment.`, join(path, key.Value), key.LineComment)
			}
			if !yield(key, value) {
				return
			}
		}
	}
}

func (d *document) decodeSlice(node *yaml.Node, v reflect.Value, path string) {
	if node.Kind != yaml.SequenceNode {
		d.reject(node, path, "%s must be a list: write each value in a line of its own after a dash.", path)
		return
	}
	// A list in the file replaces the default one.
	v.Set(reflect.MakeSlice(v.Type(), len(node.Content), len(node.Content)))
	for i, item := range node.Content {
		itemPath := fmt.Sprintf("%s[%d]", path, i)
		d.places[itemPath] = position{item.Line, item.Column}
		d.decode(item, v.Index(i), itemPath)
	}
}

func (d *document) decodeSites(node *yaml.Node, sites map[chat.SiteID]*Site, path string) {
	for key, value := range d.pairs(node, path) {
		site := DefaultSite(chat.SiteID(key.Value))
		// Its settings are read all the same, so that their faults show too.
		switch {
		case !site.ID.Valid():
			d.fault(join(path, key.Value), "%q cannot name a site: use 1 to 32 of a-z, 0-9 and -, and begin with a letter or digit.", key.Value)
		case site.ID == "constructor": // which every list of a page's chats has
			d.fault(join(path, key.Value), "%q cannot name a site: browsers have something of that name already. Take another one.", key.Value)
		}
		sites[site.ID] = site
		d.decode(value, reflect.ValueOf(site).Elem(), join(path, key.Value))
	}
}

func (d *document) decodeStrings(node *yaml.Node, values *map[string]string, path string) {
	*values = map[string]string{}
	for key, value := range d.pairs(node, path) {
		if value.Kind != yaml.ScalarNode || value.Tag == "!!null" {
			d.reject(value, join(path, key.Value), "%s must be a single value.", join(path, key.Value))
			continue
		}
		(*values)[key.Value] = value.Value
	}
}

func (d *document) decodeTexts(node *yaml.Node, texts *map[string]Text, path string) {
	*texts = map[string]Text{}
	for key, value := range d.pairs(node, path) {
		var text Text
		d.decodeText(value, &text, join(path, key.Value))
		(*texts)[key.Value] = text
	}
}

func (d *document) decodeText(node *yaml.Node, text *Text, path string) {
	if node.Kind == yaml.ScalarNode {
		*text = Text{"": node.Value}
		return
	}
	*text = Text{}
	for key, value := range d.pairs(node, path) {
		if !tag.MatchString(strings.ToLower(key.Value)) {
			d.reject(key, join(path, key.Value), "%s knows the languages en, ru and ar, not %q.", path, key.Value)
			continue
		}
		language := languageOf(key.Value)
		// Whether the site's widget speaks it is known when all was read.
		d.texts = append(d.texts, spokenText{path, language, position{key.Line, key.Column}})
		if value.Kind != yaml.ScalarNode {
			d.reject(value, path, "%s must be text.", join(path, key.Value))
			continue
		}
		if value.Tag != "!!null" {
			(*text)[language] = value.Value
		}
	}
}

func (d *document) decodeUnmarshaler(node *yaml.Node, target encoding.TextUnmarshaler, path string) {
	if node.Kind != yaml.ScalarNode {
		d.reject(node, path, "%s must be a single value.", path)
		return
	}
	err := target.UnmarshalText([]byte(node.Value))
	if _, isLevel := target.(*zerolog.Level); isLevel && err != nil {
		err = fmt.Errorf("%q is not a log level: use trace, debug, info, warn, error, fatal or disabled", node.Value)
	}
	if err != nil {
		d.reject(node, path, "%s: %s.", path, err.Error())
	}
}

func (d *document) decodeScalar(node *yaml.Node, v reflect.Value, path string) {
	if node.Kind != yaml.ScalarNode {
		d.reject(node, path, "%s must be a single value.", path)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(node.Value)
	case reflect.Bool:
		var b bool
		if node.Tag != "!!bool" || node.Decode(&b) != nil {
			d.reject(node, path, "%s must be true or false, not %q.", path, node.Value)
			return
		}
		v.SetBool(b)
	case reflect.Int, reflect.Int64, reflect.Float64:
		d.decodeNumber(node, v, path)
	default:
		panic("config: no way to read a " + v.Type().String())
	}
}

func (d *document) decodeNumber(node *yaml.Node, v reflect.Value, path string) {
	if v.Kind() == reflect.Float64 {
		var n float64
		if node.Tag != "!!int" && node.Tag != "!!float" || node.Decode(&n) != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			d.reject(node, path, "%s must be a number, not %q.", path, node.Value)
			return
		}
		v.SetFloat(n)
		return
	}
	var n int64
	if node.Tag != "!!int" || node.Decode(&n) != nil {
		d.reject(node, path, "%s must be a whole number, not %q.", path, node.Value)
		return
	}
	v.SetInt(n)
}

func (d *document) unknownKey(key *yaml.Node, path string, fields map[string]reflect.Value) {
	if d.isFull() {
		return
	}
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	if near := typo.Meant(key.Value, names); near != "" {
		d.rejected[join(path, near)] = true
		d.reject(key, join(path, key.Value), "%s does not exist; did you mean %q?", join(path, key.Value), near)
		return
	}
	d.reject(key, join(path, key.Value), "%s does not exist; %s knows %s.", join(path, key.Value), orFile(path), strings.Join(names, ", "))
}

// fieldsOf maps the YAML names of a struct's fields, inlined ones included, to the fields.
func fieldsOf(v reflect.Value) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	for i := range v.NumField() {
		name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		switch {
		case name == "-":
		case strings.Contains(options, "inline"):
			for inner, field := range fieldsOf(v.Field(i)) {
				fields[inner] = field
			}
		default:
			fields[name] = v.Field(i)
		}
	}
	return fields
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func orFile(path string) string {
	if path == "" {
		return "the file"
	}
	return path
}
