package config

import (
	"fmt"
	"reflect"
	"slices"

	"gopkg.in/yaml.v3"
)

// decodeAssistant reads a site's only assistant.
func (d *document) decodeAssistant(node *yaml.Node, assistant **Assistant, path string) {
	*assistant = DefaultAssistant(soleAssistant, path)
	d.decodeOneAssistant(node, *assistant)
}

// decodeAssistants reads a site's assistants by their names.
func (d *document) decodeAssistants(node *yaml.Node, assistants *map[string]*Assistant, path string) {
	*assistants = map[string]*Assistant{}
	for key, value := range d.pairs(node, path) {
		a := DefaultAssistant(key.Value, join(path, key.Value))
		(*assistants)[key.Value] = a
		d.decodeOneAssistant(value, a)
	}
}

func (d *document) decodeOneAssistant(node *yaml.Node, a *Assistant) {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node.Kind != yaml.MappingNode { // also of one that is empty it is said what is missing
		d.reject(node, a.Path, "%s must be a section with an instruction and endpoints.", a.Path)
		return
	}
	d.decodeStruct(node, reflect.ValueOf(a).Elem(), a.Path)
	d.inherit(&a.Fallback, a.Path+".fallback")
}

// fallbacks are those for each reason, by their keys.
func (f *Fallbacks) fallbacks() map[string]*Fallback {
	return map[string]*Fallback{"endpoint": &f.Endpoint, "refused": &f.Refused, "unknown": &f.Unknown, "limit": &f.Limit}
}

// inherit fills in what the file leaves out of the fall-backs for single reasons.
// Who names a chain wants no person, unless both are said.
func (d *document) inherit(f *Fallbacks, path string) {
	settle := func(own *Fallback, path string) {
		if d.has(path+".chain") && !d.has(path+".hand_over") {
			own.HandOver = false
		}
	}
	settle(&f.Fallback, path)
	for key, own := range f.fallbacks() {
		ownPath := join(path, key)
		if !d.has(ownPath + ".say") {
			own.Say = f.Say
		}
		switch hand, chain := d.has(ownPath+".hand_over"), d.has(ownPath+".chain"); {
		case !hand && !chain:
			own.HandOver, own.Chain = f.HandOver, f.Chain
		case !hand:
			settle(own, ownPath)
		}
	}
}

// decodeNotice reads words, or "off".
func (d *document) decodeNotice(node *yaml.Node, notice *Notice, path string) {
	switch {
	case node.Kind == yaml.ScalarNode && node.Value == "off" && node.Style == 0:
		*notice = Notice{}
	case node.Kind == yaml.ScalarNode && node.Tag == "!!bool":
		d.reject(node, path, `%s must be text or off, not %q.`, path, node.Value)
	default:
		d.decodeText(node, (*Text)(notice), path)
	}
}

// toolNames are the tools as they are listed.
func toolNames() []string {
	return []string{"hand_over", "set_variable", "add_tag", "start_chain", "close"}
}

// decodeTools reads a list of tools, some of which name what they may be used for.
func (d *document) decodeTools(node *yaml.Node, tools *Tools, path string) {
	if node.Kind != yaml.SequenceNode {
		d.reject(node, path, "%s must be a list of %s.", path, orList(toolNames()))
		return
	}
	*tools = Tools{}
	seen := map[string]bool{}
	for i, item := range node.Content {
		itemPath := fmt.Sprintf("%s[%d]", path, i)
		d.places[itemPath] = position{item.Line, item.Column}
		name, names, ok := d.decodeTool(item, itemPath)
		switch {
		case !ok:
		case seen[name]:
			d.fault(itemPath, "%s names %s twice.", path, name)
		default:
			seen[name] = true
			tools.allow(name, names)
		}
	}
}

func (t *Tools) allow(name string, names []string) {
	switch name {
	case "hand_over":
		t.HandOver = true
	case "close":
		t.Close = true
	case "set_variable":
		t.SetVariable = names
	case "add_tag":
		t.AddTag = names
	case "start_chain":
		t.StartChain = names
	}
}

// decodeTool reads one tool, and the names that it may use.
func (d *document) decodeTool(item *yaml.Node, path string) (name string, names []string, ok bool) {
	plain := item.Kind == yaml.ScalarNode
	switch {
	case plain:
		name = item.Value
	case item.Kind == yaml.MappingNode && len(item.Content) == 2 && item.Content[0].Kind == yaml.ScalarNode:
		name = item.Content[0].Value
	default:
		d.reject(item, path, "%s must be %s.", path, orList(toolNames()))
		return "", nil, false
	}
	alone := name == "hand_over" || name == "close"
	switch {
	case !slices.Contains(toolNames(), name):
		d.reject(item, path, "%s must be %s, not %q%s", path, orList(toolNames()), name, meant(name, toolNames()))
		return "", nil, false
	case plain && !alone:
		d.reject(item, path, "%s must say which: write it like %s: [name].", path, name)
		return "", nil, false
	case !plain && alone:
		d.reject(item, path, "%s takes no names: write %s alone.", path, name)
		return "", nil, false
	case plain:
		return name, nil, true
	}
	d.decode(item.Content[1], reflect.ValueOf(&names).Elem(), join(path, name))
	if len(names) == 0 && !d.rejected[join(path, name)] {
		d.reject(item, path, "%s must say which: write it like %s: [name].", path, name)
		return "", nil, false
	}
	return name, names, true
}
