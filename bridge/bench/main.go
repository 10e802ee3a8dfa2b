// Command bench makes of what "make bench" measured the figures of the README:
// build/bench.json, and the table "Numbers" on standard output.
//
// It reads what Go's benchmarks printed, the widget's sizes, and what it costs a page beside others. Every ratio compares two
// figures of one run, which took turns, so that what else the machine did weighs on both.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// machine is where a run was made.
type machine struct {
	Date       string `json:"date"` // in UTC
	Go         string `json:"go"`
	System     string `json:"system"`
	Processors int    `json:"processors"`
	// LoadBefore and LoadAfter are the system's load averages, of 1, 5 and 15 minutes.
	LoadBefore string `json:"load_before"`
	LoadAfter  string `json:"load_after"`
}

// result is bench.json.
type result struct {
	Machine machine           `json:"machine"`
	Figures map[string]figure `json:"figures"`
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	printed := flags.String("go", "", "`file` with what go test -bench printed")
	sizes := flags.String("sizes", "", "`file` with the widget's sizes; none if empty")
	widgets := flags.String("widgets", "", "`file` with what widgets cost a page; none if empty")
	to := flags.String("json", "", "`file` to write the figures to")
	part := flags.Bool("part", false, "figures that were not measured are left out, and are no fault")
	before := flags.String("load", "", "the load `averages` before the run")
	if err := flags.Parse(args); err != nil {
		return err
	}
	m := measured{}
	if err := readFile(*printed, m.readBenchmarks); err != nil {
		return err
	}
	var pieces []piece
	if *sizes != "" {
		err := readFile(*sizes, func(r io.Reader) (err error) { pieces, err = readSizes(r); return err })
		if err != nil {
			return err
		}
	}
	var others []beside
	if *widgets != "" {
		err := readFile(*widgets, func(r io.Reader) (err error) { others, err = readWidgets(r); return err })
		if err != nil {
			return err
		}
	}
	all, faults := figures(m, pieces, others)
	r := result{Machine: machineNow(*before), Figures: map[string]figure{}}
	for _, f := range all {
		r.Figures[f.Key] = f
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(*to, append(data, '\n'), 0o644); err != nil { // #nosec G306 -- figures are no secret
		return err
	}
	writeTable(out, r.Machine, all)
	if *part {
		return nil
	}
	return errors.Join(faults...)
}

func machineNow(before string) machine {
	after, _ := os.ReadFile("/proc/loadavg") // elsewhere than on Linux it is not known
	return machine{
		Date: time.Now().UTC().Format(time.RFC3339), Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH,
		Processors: runtime.NumCPU(), LoadBefore: averages(before), LoadAfter: averages(string(after)),
	}
}

// averages takes the three numbers of a line of /proc/loadavg.
func averages(line string) string {
	fields := strings.Fields(line)
	return strings.Join(fields[:min(3, len(fields))], " ")
}

func readFile(name string, read func(io.Reader) error) error {
	file, err := os.Open(name) // #nosec G304 -- the caller names it
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	return read(file)
}
