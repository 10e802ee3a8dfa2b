package source

import (
	"encoding/json"
	"reflect"
)

// Described is a type that describes itself to editors.
type Described interface {
	// Schema returns a schema (JSON Schema 2020-12) of what ReadYAML reads.
	Schema(s *Schemas) map[string]any
}

// Schemas builds a schema, each named type once.
type Schemas struct{ defs map[string]any }

// Schema is the JSON Schema of the file that is read into a value of type t.
func Schema(t reflect.Type, id, title string) ([]byte, error) {
	s := &Schemas{defs: map[string]any{}}
	root := s.structure(t)
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"], root["title"], root["$defs"] = id, title, s.defs
	return json.MarshalIndent(root, "", "  ")
}

// Of returns the schema of a type: a reference to its definition, when it has a
// name and parts.
func (s *Schemas) Of(t reflect.Type) map[string]any {
	if t.Kind() == reflect.Pointer {
		return s.Of(t.Elem())
	}
	if d, ok := reflect.Zero(t).Interface().(Described); ok {
		return s.named(t, func() map[string]any { return d.Schema(s) })
	}
	switch t.Kind() {
	case reflect.Struct:
		return s.named(t, func() map[string]any { return s.structure(t) })
	case reflect.Slice:
		return map[string]any{"type": "array", "items": s.Of(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": s.Of(t.Elem())}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	default:
		if enum, ok := reflect.Zero(t).Interface().(Enum); ok {
			return map[string]any{"enum": enum.Words()}
		}
		return map[string]any{"type": []string{"string", "number", "boolean"}}
	}
}

// named keeps the schema of a type as a definition, so that types may hold themselves.
func (s *Schemas) named(t reflect.Type, describe func() map[string]any) map[string]any {
	name := t.Name()
	if name == "" {
		return describe()
	}
	if _, known := s.defs[name]; !known {
		s.defs[name] = map[string]any{} // stands in while the type is described
		s.defs[name] = describe()
	}
	return map[string]any{"$ref": "#/$defs/" + name}
}

// structure describes the keys of a struct.
func (s *Schemas) structure(t reflect.Type) map[string]any { return s.Keys(Fields(t)) }

// Keys describes a mapping of these keys and no others.
func (s *Schemas) Keys(fields []Field) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range fields {
		property := s.Of(f.Type)
		if f.Doc != "" {
			property["description"] = f.Doc
		}
		properties[f.Name] = property
		if f.Need {
			required = append(required, f.Name)
		}
	}
	schema := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		schema["required"] = required
	}
	return schema
}

// For is Of the type of a value.
func (s *Schemas) For(v any) map[string]any { return s.Of(reflect.TypeOf(v)) }
