package admin

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

var (
	errNotEditable = errors.New("the file is written in a way that cannot be edited safely")
	// emptyValue is what may follow a key that has no value yet.
	emptyValue = regexp.MustCompile(`^(["']?[ \t]*:)[ \t]*(?:""|''|~|null|Null|NULL)?([ \t\r,}].*)?$`)
)

// setScalar gives section.key a value in the YAML text and leaves every other
// character as it is: comments, order and formatting are the admin's. The key
// must be absent or empty. The value must need no escapes in double quotes.
func setScalar(text []byte, section, key, value string) ([]byte, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("read it as YAML: %w", err)
	}
	if len(root.Content) == 0 {
		return nil, errNotEditable
	}
	lines := strings.SplitAfter(string(text), "\n")
	sectionKey, sectionValue := child(root.Content[0], section)
	if sectionKey == nil {
		lines = appendSection(lines, section, key, value)
	} else if entry, _ := child(sectionValue, key); !setInSection(lines, sectionKey, sectionValue, entry, key, value) {
		return nil, errNotEditable
	}
	edited := []byte(strings.Join(lines, ""))
	if !onlyDifference(text, edited, section, key, value) {
		return nil, errNotEditable
	}
	return edited, nil
}

func appendSection(lines []string, section, key, value string) []string {
	if last := len(lines) - 1; lines[last] != "" && !strings.HasSuffix(lines[last], "\n") {
		lines[last] += "\n"
	}
	return append(lines, fmt.Sprintf("\n%s:\n  %s: %q\n", section, key, value))
}

// setInSection changes one of the lines in place and reports whether it knew how.
func setInSection(lines []string, sectionKey, sectionValue, entry *yaml.Node, key, value string) bool {
	if entry != nil {
		line := &lines[entry.Line-1]
		before, rest, ok := splitAfterKey(*line, entry)
		if !ok {
			return false
		}
		body, end := cutNewline(rest)
		m := emptyValue.FindStringSubmatch(body)
		if m == nil {
			return false
		}
		*line = before + m[1] + fmt.Sprintf(" %q", value) + m[2] + end
		return true
	}
	if sectionValue.Style&yaml.FlowStyle != 0 {
		line := &lines[sectionValue.Line-1]
		column := byteColumn(*line, sectionValue.Column)
		if column < 0 || !strings.HasPrefix((*line)[column:], "{") {
			return false
		}
		separator := ""
		if len(sectionValue.Content) > 0 {
			separator = ", "
		}
		*line = (*line)[:column+1] + fmt.Sprintf("%s: %q%s", key, value, separator) + (*line)[column+1:]
		return true
	}
	indent := "  "
	if len(sectionValue.Content) > 0 {
		indent = strings.Repeat(" ", sectionValue.Content[0].Column-1)
	}
	line := &lines[sectionKey.Line-1]
	body, end := cutNewline(*line)
	if end == "" {
		end = "\n"
	}
	*line = body + end + fmt.Sprintf("%s%s: %q", indent, key, value) + end
	return true
}

// splitAfterKey cuts the line behind the key's name.
func splitAfterKey(line string, key *yaml.Node) (before, after string, ok bool) {
	column := byteColumn(line, key.Column)
	if column < 0 {
		return "", "", false
	}
	if key.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		column++
	}
	if !strings.HasPrefix(line[column:], key.Value) {
		return "", "", false
	}
	column += len(key.Value)
	return line[:column], line[column:], true
}

// byteColumn turns YAML's column, counted in characters from 1, into a byte offset.
func byteColumn(line string, column int) int {
	count := 1
	for offset := range line {
		if count == column {
			return offset
		}
		count++
	}
	return -1
}

func cutNewline(line string) (body, end string) {
	body = strings.TrimRight(line, "\r\n")
	return body, line[len(body):]
}

func child(mapping *yaml.Node, name string) (key, value *yaml.Node) {
	if mapping.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(mapping.Content); i += 2 {
			if mapping.Content[i].Value == name {
				return mapping.Content[i], mapping.Content[i+1]
			}
		}
	}
	return nil, nil
}

// onlyDifference proves an edit: read as YAML, the two texts differ in the one
// value and nothing else.
func onlyDifference(before, after []byte, section, key, value string) bool {
	var old, edited map[string]any
	if yaml.Unmarshal(before, &old) != nil || yaml.Unmarshal(after, &edited) != nil {
		return false
	}
	inside, ok := edited[section].(map[string]any)
	if !ok || inside[key] != value {
		return false
	}
	if old == nil {
		old = map[string]any{}
	}
	oldInside, ok := old[section].(map[string]any)
	if !ok {
		oldInside = map[string]any{}
		old[section] = oldInside
	}
	oldInside[key] = value
	want, err := yaml.Marshal(old)
	if err != nil {
		return false
	}
	got, err := yaml.Marshal(edited)
	return err == nil && bytes.Equal(want, got)
}
