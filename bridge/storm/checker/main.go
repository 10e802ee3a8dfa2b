// Command checker reads the recording of a storm and proves that nothing was lost,
// doubled, mixed up or shown to the wrong person. It shares no code with the bridge:
// what it knows of the journal it reads by SQL of its own.
//
//	checker FOLDER
//
// It prints one finding a line and ends with 1 if there is any, with 2 if it cannot
// read the recording.
package main

import (
	"fmt"
	"io"
	"os"
)

// The exit codes.
const (
	exitOK       = 0
	exitFindings = 1
	exitUsage    = 2
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	if len(args) != 1 {
		fmt.Fprintln(stderr, "usage: checker FOLDER, where a storm was recorded")
		return exitUsage
	}
	r, err := load(args[0])
	if err != nil {
		fmt.Fprintln(stderr, "checker:", err)
		return exitUsage
	}
	findings := check(r)
	for _, f := range findings {
		fmt.Fprintln(stdout, f)
	}
	fmt.Fprintln(stderr, summary(r, findings))
	if len(findings) > 0 {
		return exitFindings
	}
	return exitOK
}

// check holds every invariant against a recording.
func check(r *recording) (all []string) {
	for _, invariant := range []struct {
		name  string
		prove func(*recording, *findings)
	}{
		{"acknowledged", acknowledged},
		{"journal", inJournal},
		{"to-the-room", toTheRoom},
		{"to-the-visitor", toTheVisitor},
		{"tabs", tabsAreWhole},
		{"order", inOrder},
		{"reactions", reactions},
		{"bot", botsWords},
		{"receipts", receipts},
		{"isolation", isolation},
		{"internal", internal},
		{"rest", atRest},
		{"figures", figures},
	} {
		f := &findings{name: invariant.name}
		invariant.prove(r, f)
		all = append(all, f.all...)
	}
	return all
}

// findings are what one invariant has against a recording.
type findings struct {
	name string
	all  []string
}

func (f *findings) add(format string, args ...any) {
	f.all = append(f.all, f.name+": "+fmt.Sprintf(format, args...))
}

func summary(r *recording, found []string) string {
	said, put := 0, 0
	for _, d := range r.dialogs {
		said += len(d.said)
		put += len(d.put)
	}
	return fmt.Sprintf("checker: %s: %d dialogs, %d things said by visitors, %d by operators, %d messages in the journal, %d faults, %d excused by them: %d findings",
		r.seed, len(r.dialogs), said, put, r.journal.messages(), len(r.faults), r.excused, len(found))
}
