package source

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// syntax notes what the YAML parser says. The parser names the line where the
// list or the mapping begins that it was reading, which may be far above the
// fault, so the place is looked for: the first line with which it fails.
func (r *Reader) syntax(data []byte, err error) {
	line := r.broken(data, err)
	pos := Pos{r.File, line, 1}
	text := r.line(line)
	said := yamlPrefix.ReplaceAllString(err.Error(), "")
	for _, h := range hints() {
		if m := h.line.FindStringSubmatchIndex(text); m != nil && strings.Contains(said, h.said) {
			pos.Column += len([]rune(text[:m[2]]))
			r.FaultAt(pos, "bad_yaml", "This is not YAML: %s", h.text)
			return
		}
	}
	pos.Column += len(text) - len(strings.TrimLeft(text, " \t"))
	r.FaultAt(pos, "bad_yaml", "This is not YAML: %s.", said)
}

var yamlPrefix = regexp.MustCompile(`^yaml: (?:line \d+: )?`)

// hint is what probably was meant: where the parser's words and the line are like
// that. The group in the pattern is the place.
type hint struct {
	said, text string
	line       *regexp.Regexp
}

func hints() []hint {
	const indent = "the line does not fit those above it; look at its indentation, its dash, and the quotes and brackets of both."
	return []hint{
		{"", "lines are indented with spaces, and a tab stands here.", regexp.MustCompile(`^ *(\t)`)},
		{"", `a text with {{ at its beginning needs quotes around it.`, regexp.MustCompile(`(?:: |- |[\[,] *)(\{\{)`)},
		{"cannot start any token", "a text that begins with this sign needs quotes around it.", regexp.MustCompile("(?:: |- )([@`%])")},
		{"mapping values are not allowed", "a text with a colon and a space in it needs quotes around it.", regexp.MustCompile(`: .*?(: )`)},
		{"mapping values are not allowed", indent, regexp.MustCompile(`^ *(\S)`)},
		{"unexpected end of stream", "the quote that begins in this line is not closed.", regexp.MustCompile(`^.*(?:: |- |[\[{,] *)(["'])`)},
		{"unknown escape", `in double quotes \ begins a sign of its own, such as \n; write \\, or take single quotes.`, regexp.MustCompile(`(\\[^0abtnvfre "/\\NLPxuU_\t])`)},
		{"unknown anchor", "a text that begins with * needs quotes around it.", regexp.MustCompile(`(?:: |- |[\[,] *)(\*)`)},
		{"alphabetic or numeric", "a text that begins with * or & needs quotes around it.", regexp.MustCompile(`(?:: |- |[\[,] *)([*&])`)},
		{"expected ',' or ']'", "a comma is missing in the list in brackets, or the ] at its end.", regexp.MustCompile(`(\[)`)},
		{"expected ',' or '}'", "a comma is missing between the keys in braces, or the } at their end.", regexp.MustCompile(`(\{)`)},
		{"did not find expected", indent, regexp.MustCompile(`^\s*(\S)`)},
	}
}

// lineByLine hands out a file one line at a time, so that it is known how far
// somebody has read.
type lineByLine struct {
	rest []byte
	read int
}

func (l *lineByLine) Read(into []byte) (int, error) {
	if len(l.rest) == 0 {
		return 0, io.EOF
	}
	end := bytes.IndexByte(l.rest, '\n') + 1
	if end == 0 {
		end = len(l.rest)
	}
	n := copy(into, l.rest[:end])
	l.rest = l.rest[n:]
	l.read += n
	return n, nil
}

// broken is the line with which the parser begins to fail.
func (r *Reader) broken(data []byte, err error) int {
	const most, budget = 200, 8 << 20
	read := &lineByLine{rest: data}
	_ = yaml.NewDecoder(read).Decode(new(yaml.Node))
	at := read.read
	for n := 0; n < most && n*at < budget; n++ { // it looks some characters ahead, and behind an open quote for its end
		before := bytes.LastIndexByte(bytes.TrimRight(data[:at], "\r\n"), '\n') + 1
		again := yaml.NewDecoder(bytes.NewReader(data[:before])).Decode(new(yaml.Node))
		if before == 0 || again == nil || errors.Is(again, io.EOF) || yamlPrefix.ReplaceAllString(again.Error(), "") != yamlPrefix.ReplaceAllString(err.Error(), "") {
			break
		}
		at = before
	}
	return len(Lines(strings.TrimRight(string(data[:at]), "\r\n")))
}
