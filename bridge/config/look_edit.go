package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"gopkg.in/yaml.v3"
)

// EditWidget returns the site's widget with changes in it, which are a JSON object of
// the keys that widget has in the file. What is wrong in them is said as Load says it;
// frame is the gateway's limit, which forms have to fit into. The changes are anybody's:
// they cannot name files, and nothing of the site changes.
func (s *Site) EditWidget(changes []byte, frame Size) (*Widget, Faults) {
	const mostFaults = 20
	d := &document{file: "widget", places: map[string]position{"": {}}, rejected: map[string]bool{}, most: mostFaults, edits: true}
	w := s.Widget
	w.Avatar, w.Languages = "", nil
	var root yaml.Node
	// Of all YAML only what is JSON too: no anchors, tags or merges.
	if !json.Valid(changes) || yaml.Unmarshal(changes, &root) != nil || len(root.Content) != 1 {
		d.add(position{}, "The changes are no JSON object.")
		return nil, d.faults
	}
	d.decode(root.Content[0], reflect.ValueOf(&w).Elem(), "widget")
	if w.Avatar != "" {
		d.add(position{}, "widget.avatar is a file, and can be named in the config alone.")
	} else if w.Languages != nil {
		d.add(position{}, "widget.languages are files, and can be named in the config alone.")
	} else {
		d.checkTexts(&w, "widget.")
		d.validateWidget(&w, "widget")
		d.validateFormFrames(&w.Forms, frame, "widget.forms")
	}
	if len(d.faults) > 0 {
		return nil, d.faults
	}
	w.Avatar, w.Languages = s.Widget.Avatar, s.Widget.Languages
	return &w, nil
}

// YAML writes the section widget of a site as it stands in the file: what differs from
// the defaults, and nothing of files.
func (w *Widget) YAML() (string, error) {
	shown := *w
	shown.Avatar, shown.Languages = "", nil
	var own, usual yaml.Node
	defaults := defaultWidget()
	if err := own.Encode(shown); err != nil {
		return "", fmt.Errorf("write the widget's section: %w", err)
	}
	if err := usual.Encode(defaults); err != nil {
		return "", fmt.Errorf("write the widget's section: %w", err)
	}
	section := &yaml.Node{Kind: yaml.MappingNode, Content: differing(&own, &usual)}
	if len(section.Content) == 0 {
		section.Style = yaml.FlowStyle
	}
	key := &yaml.Node{Kind: yaml.ScalarNode, Value: "widget"}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{key, section}}); err != nil {
		return "", fmt.Errorf("write the widget's section: %w", err)
	}
	// As deep as it stands in the file, below sites and the site.
	text := strings.TrimSuffix(out.String(), "\n")
	return "    " + strings.ReplaceAll(text, "\n", "\n    ") + "\n", nil
}

// differing are the keys and values of own that are other than usual, which has the same
// keys in the same order where they are not languages.
func differing(own, usual *yaml.Node) (kept []*yaml.Node) {
	for i := 0; i+1 < len(own.Content); i += 2 {
		key, value, was := own.Content[i], simple(own.Content[i+1]), simple(usual.Content[i+1])
		switch {
		case same(value, was):
		case isSection(value) && isSection(was):
			if inner := differing(value, was); len(inner) > 0 {
				kept = append(kept, key, &yaml.Node{Kind: yaml.MappingNode, Content: inner})
			}
		default:
			kept = append(kept, key, bare(value))
		}
	}
	return kept
}

// bare is a value without its members that say nothing: of what has no defaults of its own,
// such as the fields of a form, these mean the same when they are left out.
func bare(n *yaml.Node) *yaml.Node {
	switch {
	case n.Kind == yaml.SequenceNode:
		for i, item := range n.Content {
			n.Content[i] = bare(simple(item))
			n.Content[i].Style |= yaml.FlowStyle
			if item.Kind == yaml.MappingNode && isSection(item) {
				n.Style = 0 // one a line
			}
		}
	case isSection(n):
		var kept []*yaml.Node
		for i := 0; i+1 < len(n.Content); i += 2 {
			if value := bare(simple(n.Content[i+1])); !saysNothing(value) {
				kept = append(kept, n.Content[i], value)
			}
		}
		n.Content = kept
	}
	return n
}

func saysNothing(n *yaml.Node) bool {
	switch {
	case n.Kind != yaml.ScalarNode:
		return len(n.Content) == 0
	case n.ShortTag() == "!!str":
		return n.Value == ""
	default:
		return n.Value == "null" || n.Value == "false" || n.Value == "0"
	}
}

// isSection is false for texts by language, which stand as a whole.
func isSection(n *yaml.Node) bool {
	return n.Kind == yaml.MappingNode && len(n.Content) > 0 && !tag.MatchString(n.Content[0].Value)
}

// simple is a text for all languages as it is written, and a list as short as it is.
func simple(n *yaml.Node) *yaml.Node {
	switch {
	case n.Kind == yaml.MappingNode && len(n.Content) == 0:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle}
	case n.Kind == yaml.MappingNode && len(n.Content) == 2 && n.Content[0].Value == "":
		return n.Content[1]
	case n.Kind == yaml.SequenceNode:
		n.Style = yaml.FlowStyle
	}
	return n
}

func same(a, b *yaml.Node) bool {
	if a.Kind != b.Kind || a.Value != b.Value || len(a.Content) != len(b.Content) {
		return false
	}
	for i := range a.Content {
		if !same(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return true
}
