package safe

import (
	"slices"
	"strings"
	"unicode"
)

// maxHead is how many signs may stand before a line's words.
const maxHead = 200

// beginLine reads what a line begins with: a list's mark, a heading's, a quote's.
func (p *plain) beginLine() (int, bool) {
	if !p.fenced {
		if what := p.row(); what == unclear {
			return 0, false
		}
	}
	head := p.head()
	whole := head < len(p.in) && p.in[head] == '\n'
	if head == len(p.in) && !p.done && head < maxHead {
		return 0, false
	}
	if fence := trimmed(p.in[:head]); strings.HasPrefix(fence, "```") || strings.HasPrefix(fence, "~~~") {
		return p.fence(head)
	}
	if p.fenced {
		return p.verbatim(head)
	}
	if whole || head == len(p.in) {
		if rule(trimmed(p.in[:head])) {
			p.newlines++ // a rule parts paragraphs
			return min(head+1, len(p.in)), true
		}
	}
	p.lineStart = false
	took := p.marker(p.in[:head])
	if took == 0 {
		return p.inlineOrEnd()
	}
	return took, true
}

// inlineOrEnd goes on within the line.
func (p *plain) inlineOrEnd() (int, bool) {
	if len(p.in) == 0 {
		return 0, true
	}
	took, ok := p.inline()
	if !ok && !p.done {
		p.lineStart = true // it will be looked at again from here
	}
	return took, ok
}

// head is how many signs and digits stand before the line's first word.
func (p *plain) head() int {
	for i, r := range p.in {
		if i == maxHead || !strings.ContainsRune("#>*+-=_~`|:•.) \t0123456789", r) {
			return i
		}
	}
	return len(p.in)
}

// fence begins or ends lines of code, whose own line is dropped.
func (p *plain) fence(head int) (int, bool) {
	end := slices.Index(p.in, '\n')
	switch {
	case end < 0 && !p.done && len(p.in) < maxHead:
		return 0, false
	case end < 0 && p.done:
		end = len(p.in) - 1
	case end < 0: // no language has so long a name
		end = head - 1
	}
	p.fenced = !p.fenced
	p.newlines = max(p.newlines, 1)
	return end + 1, true
}

// verbatim puts out the beginning of a line of code.
func (p *plain) verbatim(head int) (int, bool) {
	p.lineStart = false
	spaces := 0
	for spaces < head && (p.in[spaces] == ' ' || p.in[spaces] == '\t') {
		spaces++
	}
	if spaces > 0 {
		p.indent = strings.ReplaceAll(string(p.in[:spaces]), "\t", "    ")
		return spaces, true
	}
	if p.in[0] == '\n' {
		p.endLine()
	} else {
		p.put(p.in[0])
	}
	return 1, true
}

// marker handles the first mark of a line, if it has one, and returns its length.
func (p *plain) marker(head []rune) int {
	spaces := 0
	for spaces < len(head) && (head[spaces] == ' ' || head[spaces] == '\t') {
		spaces++
	}
	rest := string(head[spaces:])
	switch {
	case strings.HasPrefix(rest, ">"):
		p.lineStart = true // a quote may hold anything
		return spaces + 1
	case strings.HasPrefix(rest, "|"):
		return spaces + 1
	case strings.HasPrefix(rest, "#"):
		signs := len(rest) - len(strings.TrimLeft(rest, "#"))
		if signs <= 6 && strings.HasPrefix(rest[signs:], " ") {
			return spaces + signs + 1
		}
	default:
		if length, item := listItem(rest); length > 0 {
			p.indent = strings.Repeat("  ", min(depth(head[:spaces]), 4))
			p.puts(item + " ")
			return spaces + length
		}
	}
	return spaces
}

// listItem reads the mark of a list and the space behind it.
func listItem(head string) (length int, mark string) {
	if rest, ok := strings.CutPrefix(head, "•"); ok && strings.HasPrefix(rest, " ") {
		return 2, "-"
	}
	if len(head) >= 2 && strings.ContainsRune("-*+", rune(head[0])) && (head[1] == ' ' || head[1] == '\t') {
		return 2, "-"
	}
	digits := len(head) - len(strings.TrimLeft(head, "0123456789"))
	if digits == 0 || digits > 3 || len(head) < digits+2 {
		return 0, ""
	}
	if sign := head[digits]; (sign == '.' || sign == ')') && (head[digits+1] == ' ' || head[digits+1] == '\t') {
		return digits + 2, head[:digits+1]
	}
	return 0, ""
}

// depth is how deep an item is within others.
func depth(spaces []rune) int {
	width := 0
	for _, r := range spaces {
		if r == '\t' {
			width += 4
		} else {
			width++
		}
	}
	return width / 2
}

// rule reports lines such as --- and |---|---|.
func rule(line string) bool {
	signs := strings.Map(func(r rune) rune {
		if strings.ContainsRune("| :", r) {
			return -1
		}
		return r
	}, line)
	return len(signs) >= 3 && strings.Trim(signs, "-") == "" || len(signs) >= 3 && strings.Trim(signs, "*") == "" ||
		len(signs) >= 3 && strings.Trim(signs, "_") == "" || len(signs) >= 3 && strings.Trim(signs, "=") == ""
}

func trimmed(line []rune) string { return strings.TrimFunc(string(line), unicode.IsSpace) }
