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
	var k *kind[T]
	switch node.Kind {
	case yaml.ScalarNode:
		return readBare(r, node, kinds, what)
	case yaml.MappingNode:
		k = kindOf(r, node, kinds, what)
	default:
		r.Fault(node, "not_a_"+what, "A %s is expected here, such as %s: …", what, kinds[0].name)
	}
	if k == nil {
		return "", read, false
	}
	read = k.make()
	r.Decode(node, read)
	return k.name, read, true
}

// readBare reads a name without a value.
func readBare[T any](r *source.Reader, node *yaml.Node, kinds []kind[T], what string) (name string, read T, ok bool) {
	for _, k := range kinds {
		if k.name != node.Value {
			continue
		}
		if !k.bare {
			r.Fault(node, "no_value", "The %s %q needs a value: write it as %s: …", what, k.name, k.name)
			return "", read, false
		}
		return k.name, k.make(), true
	}
	r.Fault(node, "unknown_"+what, "There is no %s %q%s.", what, node.Value, source.Suggest(node.Value, kindNames(kinds)))
	return "", read, false
}

func kindNames[T any](kinds []kind[T]) []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return names
}

// kindOf tells a mapping by its keys; nil with a fault noted if it is none or two.
func kindOf[T any](r *source.Reader, node *yaml.Node, kinds []kind[T], what string) (found *kind[T]) {
	names := kindNames(kinds)
	keys := make([]string, 0, len(node.Content)/2)
	hint := ""
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i].Value
		keys = append(keys, key)
		at := slices.Index(names, key)
		switch {
		case at < 0 && hint == "":
			hint = source.Suggest(key, names)
		case at >= 0 && (found == nil || isOption(kinds[at].make(), found.name)): // a label and its step
			found = &kinds[at]
		case at >= 0 && !isOption(found.make(), key):
			r.Fault(node.Content[i], "two_"+what+"s", "One %s does one thing: %q and %q are two; give each a dash of its own.", what, found.name, key)
			return nil
		}
	}
	if found == nil {
		r.Fault(node, "unknown_"+what, "There is no %s %q%s.", what, strings.Join(keys, ", "), hint)
	}
	return found
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
