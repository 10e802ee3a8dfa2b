package source

import (
	"strconv"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"
)

// Scalar is a single value as text, which knows where each of its characters
// stands in the file.
type Scalar struct {
	// Pos is where the text begins: behind the quote, or at | and >.
	Pos
	Text string

	node  Pos
	lines []string // of the file
}

// ReadYAML reads a single value.
func (s *Scalar) ReadYAML(r *Reader, node *yaml.Node) {
	if text, ok := r.Scalar(node); ok {
		s.Pos, s.node, s.Text, s.lines = r.Pos(node), r.Pos(node), text, r.lines
		if node.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
			s.Column++
		}
	}
}

// Schema describes a single value to editors.
func (Scalar) Schema(*Schemas) map[string]any {
	return map[string]any{"type": []string{"string", "number", "boolean"}}
}

// IsZero reports whether nothing was written.
func (s *Scalar) IsZero() bool { return s.Text == "" }

// IsRead reports whether there was a text to read, be it an empty one.
func (s *Scalar) IsRead() bool { return s.Line > 0 }

// At is the place of a character of the text, counted from 0. White space is
// where the word before it ends: YAML folds it.
func (s *Scalar) At(offset int) Pos {
	if s.node.Line < 1 || s.node.Line > len(s.lines) {
		return s.Pos
	}
	before, here := 0, false
	for i, r := range []rune(s.Text) {
		if i >= offset {
			here = !unicode.IsSpace(r)
			break
		}
		if !unicode.IsSpace(r) {
			before++
		}
	}
	if before == 0 && !here {
		return s.Pos
	}
	last := s.node
	for pos := range s.written() {
		if before == 0 && here {
			return pos
		}
		last = pos
		if before--; before == 0 && !here {
			break
		}
	}
	last.Column++
	return last
}

// written yields the places of the characters that are no white space, in the
// order in which they stand in the text. In quotes, what is escaped is one of them.
func (s *Scalar) written() func(yield func(Pos) bool) {
	return func(yield func(Pos) bool) {
		line, column := s.node.Line, s.node.Column-1
		quote := rune(0)
		if at := []rune(s.lines[line-1]); column < len(at) {
			switch at[column] {
			case '"', '\'':
				quote = at[column]
				column++
			case '|', '>':
				line, column = line+1, 0
			}
		}
		for ; line <= len(s.lines); line, column = line+1, 0 {
			runes := []rune(s.lines[line-1])
			for column < len(runes) {
				size, blank := written(runes[column:], quote)
				if !blank && !yield(Pos{s.File, line, column + 1}) {
					return
				}
				column += size
			}
		}
	}
}

// written tells how many characters of a file stand for the next one of the text,
// and whether that is white space or nothing at all.
func written(runes []rune, quote rune) (size int, blank bool) {
	switch {
	case quote == '\'' && runes[0] == '\'' && len(runes) > 1 && runes[1] == '\'':
		return 2, false
	case quote != '"' || runes[0] != '\\':
		return 1, unicode.IsSpace(runes[0])
	case len(runes) == 1: // the line goes on in the next one
		return 1, true
	}
	// YAML 1.2.2, section 5.7.
	digits := map[rune]int{'x': 2, 'u': 4, 'U': 8}[runes[1]]
	size = min(2+digits, len(runes))
	if digits > 0 {
		code, _ := strconv.ParseInt(string(runes[2:size]), 16, 32)
		return size, unicode.IsSpace(rune(code))
	}
	return size, strings.ContainsRune("tnvfr \tNLP_", runes[1])
}
