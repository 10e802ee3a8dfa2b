package words

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"
)

// longest is more characters than any sentence has room for.
const longest = 400

// text reads one text. All that the English one is filled with has to be in it, but the
// number where it is counted: "one message" says it in words.
func (r *reader) text(n *node, at *yaml.Node, path string, numbered bool) ([]piece, bool) {
	switch {
	case at.Kind != yaml.ScalarNode || strings.TrimSpace(at.Value) == "":
		r.fault(at, "%s must be a text.", path)
		return nil, false
	case len([]rune(at.Value)) > longest:
		r.fault(at, "%s has more than %d characters.", path, longest)
		return nil, false
	case strings.ContainsFunc(at.Value, unicode.IsControl):
		r.fault(at, "%s must be one line of text.", path)
		return nil, false
	}
	pieces, used, wrong := cut(n, at.Value)
	if wrong != "" {
		r.fault(at, "%s: %s", path, wrong)
		return nil, false
	}
	for _, name := range n.usedInEnglish() {
		if !slices.Contains(used, name) && (name != n.Counted || numbered) {
			r.fault(at, "%s lacks {%s}.", path, name)
			return nil, false
		}
	}
	return pieces, true
}

// cut takes a text apart; wrong says what cannot stand in it.
func cut(n *node, text string) (pieces []piece, used []string, wrong string) {
	for text != "" {
		at := strings.IndexAny(text, "{<")
		switch {
		case at < 0 || text[at] == '<' && !strings.HasPrefix(text[at:], "<<"):
			end := len(text)
			if at >= 0 {
				end = at + 1
			}
			pieces, text = append(pieces, piece{text: text[:end]}), text[end:]
			continue
		case at > 0:
			pieces = append(pieces, piece{text: text[:at]})
			text = text[at:]
		}
		if inner, rest, ok := cutBetween(text, "<<", ">>"); ok {
			parts, names, fault := cut(n, inner)
			if fault == "" && len(names) != 1 {
				fault = "<<…>> holds one {…}, and goes with it where that is empty."
			}
			if fault != "" {
				return nil, nil, fault
			}
			pieces, used, text = append(pieces, piece{param: names[0], optional: parts}), append(used, names[0]), rest
			continue
		}
		name, rest, ok := cutBetween(text, "{", "}")
		if _, known := n.param(name); !ok || !known {
			return nil, nil, "{" + name + "} is nothing that it is filled with; it knows " + n.known() + "."
		}
		pieces, used, text = append(pieces, piece{param: name}), append(used, name), rest
	}
	return pieces, used, ""
}

func cutBetween(text, open, shut string) (inner, rest string, ok bool) {
	after, found := strings.CutPrefix(text, open)
	if !found {
		return "", "", false
	}
	inner, rest, ok = strings.Cut(after, shut)
	return inner, rest, ok
}

func (n *node) known() string {
	var names []string
	for _, p := range n.Params {
		if p.Type != "boolean" {
			names = append(names, "{"+p.Name+"}")
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// usedInEnglish are the names of what the English sentence is filled with.
func (n *node) usedInEnglish() []string {
	var used []string
	for _, p := range n.Params {
		if strings.Contains(string(n.English), "{"+p.Name+"}") {
			used = append(used, p.Name)
		}
	}
	return used
}

func (n *node) list() []string {
	var list []string
	if json.Unmarshal(n.English, &list) != nil {
		return nil
	}
	return list
}
