package chain

import (
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bot/source"
)

// kind is one of the things that can stand in a list of steps or of triggers. Its
// name is the key by which it is told apart.
type kind[T any] struct {
	name string
	// bare is true if the name may also stand alone, without a value.
	bare bool
	// make returns a pointer to the struct that the mapping is read into.
	make func() T
}

// readKind reads one of the kinds. What there is none of is called by what: "step".
func readKind[T any](r *source.Reader, node *yaml.Node, kinds []kind[T], what string) (name string, read T, ok bool) {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	find := func(name string) int { return slices.Index(names, name) }
	if node.Kind == yaml.ScalarNode {
		i := find(node.Value)
		switch {
		case i < 0:
			r.Fault(node, "unknown_"+what, "There is no %s %q%s.", what, node.Value, source.Suggest(node.Value, names))
			return "", read, false
		case !kinds[i].bare:
			r.Fault(node, "no_value", "The %s %q needs a value: write it as %s: …", what, node.Value, node.Value)
			return "", read, false
		}
		return node.Value, kinds[i].make(), true
	}
	if node.Kind != yaml.MappingNode {
		r.Fault(node, "not_a_"+what, "A %s is expected here, such as %s: …", what, names[0])
		return "", read, false
	}
	found, second := "", ""
	var at *yaml.Node
	for i := 0; i+1 < len(node.Content); i += 2 {
		if key := node.Content[i].Value; find(key) >= 0 && found == "" {
			found = key
		} else if find(key) >= 0 && !isOption(kinds[find(found)].make(), key) {
			second, at = key, node.Content[i]
		}
	}
	switch {
	case found == "":
		hint := ""
		for i := 0; i+1 < len(node.Content) && hint == ""; i += 2 {
			hint = source.Suggest(node.Content[i].Value, names)
		}
		keys := make([]string, 0, len(node.Content)/2)
		for i := 0; i+1 < len(node.Content); i += 2 {
			keys = append(keys, node.Content[i].Value)
		}
		r.Fault(node, "unknown_"+what, "There is no %s %q%s.", what, strings.Join(keys, ", "), hint)
		return "", read, false
	case second != "":
		r.Fault(at, "two_"+what+"s", "One %s does one thing: %q and %q are two; give each a dash of its own.", what, found, second)
		return "", read, false
	}
	read = kinds[find(found)].make()
	r.Decode(node, read)
	return found, read, true
}

// isOption reports whether a kind knows a key as one of its own settings.
func isOption(made any, key string) bool {
	return slices.ContainsFunc(source.Fields(reflect.TypeOf(made).Elem()), func(f source.Field) bool { return f.Name == key })
}

// schemaOf describes the kinds to editors.
func schemaOf[T any](s *source.Schemas, kinds []kind[T], more ...any) map[string]any {
	var all []any
	var bare []string
	for _, k := range kinds {
		if k.bare {
			bare = append(bare, k.name)
		}
		schema := s.Of(reflect.TypeOf(k.make()).Elem())
		all = append(all, map[string]any{"allOf": []any{schema}, "required": []string{k.name}})
	}
	if len(bare) > 0 {
		all = append(all, map[string]any{"enum": bare})
	}
	return map[string]any{"anyOf": append(all, more...)}
}
