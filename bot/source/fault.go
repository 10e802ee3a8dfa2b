// Package source reads files that people wrote: YAML strictly into structs, with
// every fault at its place and in one clear sentence. It knows nothing of
// chains; whoever uses it names the keys by the tags of its structs, from which
// the JSON Schema for editors is made too.
package source

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bot/typo"
)

// Pos is a place in a file. Line and Column count from 1, in characters.
type Pos struct {
	File         string
	Line, Column int
}

// String writes the place as compilers do.
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Fault is one thing that is wrong in a file.
type Fault struct {
	Pos
	// Code names the kind of fault for ever, Text says it in one sentence.
	Code, Text string
	// Warning is true if the file can be used all the same.
	Warning bool
	// Source is the line of the file where the fault is; empty when it has no line.
	Source string
}

// String writes the fault in a line, without the source.
func (f Fault) String() string {
	kind := ""
	if f.Warning {
		kind = "warning: "
	}
	return fmt.Sprintf("%s: %s%s [%s]", f.Pos, kind, f.Text, f.Code)
}

// Shown writes the fault with its line and a mark under the place.
func (f Fault) Shown() string {
	if f.Source == "" {
		return f.String()
	}
	line := []rune(strings.Map(visible, f.Source))
	at := min(max(f.Column-1, 0), len(line))
	const most = 100
	from := 0
	if len(line) > most {
		from = max(0, min(at-most/2, len(line)-most))
		line = line[from:min(from+most, len(line))]
	}
	margin := strings.Map(func(r rune) rune {
		if r == '\t' {
			return '\t'
		}
		return ' '
	}, string(line[:at-from]))
	number := fmt.Sprintf("%5d", f.Line)
	return fmt.Sprintf("%s\n%s | %s\n%s | %s^", f.String(), number, string(line), strings.Repeat(" ", len(number)), margin)
}

// visible keeps what a terminal would take for an order from being one.
func visible(r rune) rune {
	if r != '\t' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
		return unicode.ReplacementChar
	}
	return r
}

// Faults are all that is wrong, by file and line.
type Faults []Fault

// Error lists the faults, one a line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "\n")
}

// Errors returns the faults that are no warnings.
func (f Faults) Errors() Faults {
	return slices.DeleteFunc(slices.Clone(f), func(f Fault) bool { return f.Warning })
}

// Sort puts the faults in the order of files and lines, and leaves out what is said twice.
func (f Faults) Sort() Faults {
	slices.SortStableFunc(f, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.CompactFunc(f, func(a, b Fault) bool { return a.Pos == b.Pos && a.Text == b.Text })
}

// Suggest returns ` (did you mean "near"?)` with the known word that is nearest
// to a mistyped one, or "" when none is near.
func Suggest(word string, known []string) string {
	if best := typo.Nearest(word, known, max(1, utf8.RuneCountInString(word)/3)); best != "" {
		return fmt.Sprintf(" (did you mean %q?)", best)
	}
	return ""
}
