package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Verdict is the outcome of one check.
type Verdict int

// The verdicts. Noted is neither good nor bad: it could not be looked at, or
// is only worth knowing.
const (
	Good Verdict = iota
	Bad
	Noted
)

// String is the mark before a line.
func (v Verdict) String() string { return [...]string{Good: "✓", Bad: "✗", Noted: "–"}[v] }

// word is the verdict for programs.
func (v Verdict) word() string { return [...]string{Good: "good", Bad: "bad", Noted: "note"}[v] }

// Finding is one line of a look at an installation.
type Finding struct {
	Verdict Verdict
	// Code is stable: programs may go by it. Before the dot is what was looked at, as
	// in "public_url.silent"; after it stands what is the matter, or "ok".
	Code string
	// Text is a sentence: what was found and, if bad, what to do.
	Text string
}

// Name is what was looked at, for people.
func (f Finding) Name() string {
	area, _, _ := strings.Cut(f.Code, ".")
	if area == "as_token" {
		return area // as the config has it
	}
	return strings.ReplaceAll(area, "_", " ")
}

// ErrFaults says that at least one check was bad; the findings said which.
var ErrFaults = errors.New("something is wrong; see the lines with ✗")

// Look is how findings are written.
type Look struct {
	JSON bool
	// Colour marks faults in red and what is good in green; Width, if not 0, is where
	// lines are broken, in characters.
	Colour bool
	Width  int
}

// findings are written as they come, or as JSON when all are there.
type findings struct {
	look Look
	w    io.Writer
	all  []Finding
	err  error // of writing
	// brokenOff, if not nil, returns an error once who asked does not want to know any more.
	brokenOff func() error
}

// add tells nothing once the look is broken off: what was being asked then did not fail.
func (f *findings) add(verdict Verdict, code, format string, args ...any) {
	if f.brokenOff != nil && f.brokenOff() != nil {
		return
	}
	found := Finding{verdict, code, fmt.Sprintf(format, args...)}
	if f.all = append(f.all, found); !f.look.JSON {
		f.write(f.look.Line(found))
	}
}

func (f *findings) good(area, format string, args ...any) { f.add(Good, area+".ok", format, args...) }
func (f *findings) fail(code, format string, args ...any) { f.add(Bad, code, format, args...) }
func (f *findings) note(code, format string, args ...any) { f.add(Noted, code, format, args...) }

func (f *findings) write(text string) {
	if f.err == nil {
		_, f.err = io.WriteString(f.w, text)
	}
}

// bad is how many findings ask for something.
func (f *findings) bad() (n int) {
	for _, found := range f.all {
		if found.Verdict == Bad {
			n++
		}
	}
	return n
}

// end writes what can be said only now, and returns ErrFaults if something is bad.
func (f *findings) end() error {
	if f.look.JSON {
		f.err = f.json()
	}
	switch {
	case f.err != nil:
		return f.err
	case f.bad() > 0:
		return ErrFaults
	}
	return nil
}

func (f *findings) json() error {
	type line struct {
		Verdict string `json:"verdict"`
		Code    string `json:"code"`
		Name    string `json:"name"`
		Text    string `json:"text"`
	}
	out := struct {
		Well     bool   `json:"well"`
		Findings []line `json:"findings"`
	}{f.bad() == 0, make([]line, 0, len(f.all))}
	for _, found := range f.all {
		out.Findings = append(out.Findings, line{found.Verdict.word(), found.Code, found.Name(), found.Text})
	}
	encoder := json.NewEncoder(f.w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(out)
}

// Line is a finding as people read it: its text is broken under itself.
func (l Look) Line(f Finding) string {
	const indent = 15 // of the mark and the name
	mark := f.Verdict.String()
	if l.Colour {
		mark = [...]string{Good: "\x1b[32m", Bad: "\x1b[1;31m", Noted: "\x1b[2m"}[f.Verdict] + mark + "\x1b[0m"
	}
	return fmt.Sprintf("%s %-12s %s\n", mark, f.Name(), l.broken(f.Text, indent))
}

// broken is a text that begins at a column, with its further lines under its first.
func (l Look) broken(text string, column int) string {
	var b strings.Builder
	at := column
	for i, word := range strings.Fields(text) {
		size := len([]rune(word))
		if l.Width > 2*column && i > 0 && at+1+size > l.Width {
			b.WriteString("\n" + strings.Repeat(" ", column))
			at = column
		} else if i > 0 {
			b.WriteString(" ")
			at++
		}
		b.WriteString(word)
		at += size
	}
	return b.String()
}
