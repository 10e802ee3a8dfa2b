package safe

import (
	"regexp"
	"slices"
	"strings"
)

// maxRow is how long the row of a table may be, in characters.
const maxRow = 2000

// delimiterForm is the line between a table's head and its rows.
var delimiterForm = regexp.MustCompile(`^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$`)

// row reads a line of a table, which begins with |. A chat has no room for columns: the
// head becomes a line, each row an item of a list, their cells as in "Germany — 5 €; two
// days". No words are added, which could part a secret text.
//
// It puts the line that it makes in the place of the one that it read.
func (p *plain) row() answer {
	end, what := p.rowEnd()
	if what != yes {
		return what
	}
	next := min(end+1, len(p.in))
	delimiter, isHead := delimiterOf(p.in[next:], p.done)
	if isHead == unclear {
		return unclear
	}
	text := string(p.in[:end])
	if rule(text) {
		return no
	}
	if isHead == yes {
		end = next + delimiter
	}
	p.in = append([]rune(lineOf(cellsOf(text), isHead == yes)), p.in[end:]...)
	return yes
}

// rowEnd is where the row ends that begins here, if one does.
func (p *plain) rowEnd() (int, answer) {
	begin := 0
	for begin < len(p.in) && (p.in[begin] == ' ' || p.in[begin] == '\t') {
		begin++
	}
	if begin == len(p.in) || begin >= maxHead || p.in[begin] != '|' {
		return 0, no
	}
	end := slices.Index(p.in[:min(len(p.in), maxRow)], '\n')
	switch {
	case end >= 0:
		return end, yes
	case len(p.in) >= maxRow:
		return 0, no
	case !p.done:
		return 0, unclear
	default:
		return len(p.in), yes
	}
}

// lineOf is what becomes of the cells of a row, or of the head.
func lineOf(cells []string, head bool) string {
	line := rowOf(cells)
	switch {
	case line == "":
		return ""
	case head:
		return unmarked(line) + ":"
	case len(cells) == 1:
		return unmarked(line)
	default:
		return "- " + line
	}
}

// delimiterOf reads the line that parts a head from its rows, and returns its length.
func delimiterOf(in []rune, done bool) (length int, what answer) {
	for length < len(in) && in[length] != '\n' {
		if length == maxRow || !strings.ContainsRune("|:- \t", in[length]) {
			return 0, no
		}
		length++
	}
	switch {
	case length == len(in) && !done:
		return 0, unclear
	case delimiterForm.MatchString(string(in[:length])):
		return length, yes
	default:
		return 0, no
	}
}

var lineBreak = regexp.MustCompile(`(?i)[ \t]*<br[ \t]*/?>[ \t]*`)

// cellsOf are the cells of a row, without empty ones at its end. A \| parts none.
func cellsOf(line string) (cells []string) {
	line = strings.TrimPrefix(strings.TrimSpace(line), "|")
	if !strings.HasSuffix(line, `\|`) {
		line = strings.TrimSuffix(line, "|")
	}
	cell := ""
	for part := range strings.SplitSeq(line, "|") {
		if cell += part; strings.HasSuffix(part, `\`) {
			cell += "|"
			continue
		}
		cells, cell = append(cells, strings.TrimSpace(lineBreak.ReplaceAllString(cell, ", "))), ""
	}
	if cell != "" {
		cells = append(cells, strings.TrimSpace(cell))
	}
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}

// rowOf writes cells in a line: what it is about, and the rest behind a dash. What is
// empty keeps its place.
func rowOf(cells []string) string {
	if len(cells) == 0 {
		return ""
	}
	filled := slices.Clone(cells)
	for i, cell := range filled {
		if cell == "" && i > 0 {
			filled[i] = "–"
		}
	}
	rest := strings.Join(filled[1:], "; ")
	switch {
	case rest == "":
		return filled[0]
	case filled[0] == "":
		return rest
	default:
		return filled[0] + " — " + rest
	}
}

// unmarked is a line that begins with no mark of a heading, a quote, a list or code.
func unmarked(line string) string {
	if strings.HasPrefix(line, "```") || line != "" && strings.ContainsRune("#>+-=~", rune(line[0])) {
		return `\` + line
	}
	return line
}
