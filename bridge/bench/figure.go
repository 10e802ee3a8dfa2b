package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// figure is a line of the table and a member of bench.json.
type figure struct {
	Key  string `json:"-"`
	What string `json:"what"`
	// Ours is what was measured of Anteroom, Other what it is compared with: a median, or
	// another percentile, of what all repetitions measured, and the median of the benchmark's runs.
	Ours  amount  `json:"anteroom"`
	Other *amount `json:"compared_with,omitempty"`
	// Ratio is Ours over Other in a run of the benchmark, the median of the runs.
	Ratio float64 `json:"ratio,omitempty"`
	Goal  *goal   `json:"goal,omitempty"`
	// Repetitions is how often the two took turns, in all runs.
	Repetitions int `json:"repetitions"`
}

// amount is a number with its unit, and what it is of.
type amount struct {
	Value float64   `json:"value"`
	Unit  string    `json:"unit"`
	What  string    `json:"what,omitempty"`
	All   []float64 `json:"all,omitempty"` // of each run of the benchmark
}

// String is what people read: few digits, and never one that noise made.
func (a amount) String() string {
	const fine = 10 // smaller numbers have a fraction
	number := fmt.Sprintf("%.0f", a.Value)
	switch {
	case a.Unit == "%":
		number = fmt.Sprintf("%.1f", a.Value)
	case a.Value != 0 && a.Value < fine && a.Value != float64(int(a.Value)):
		number = fmt.Sprintf("%.1f", a.Value)
	}
	switch a.Unit {
	case "":
		return number
	case "%":
		return number + "%"
	case "/s":
		return number + "/s"
	}
	return number + " " + a.Unit
}

// goal is what a figure is to reach: its ratio, or, where nothing is compared, its value.
type goal struct {
	AtMost  float64 `json:"at_most,omitempty"`
	AtLeast float64 `json:"at_least,omitempty"`
	Reached bool    `json:"reached"`
}

func (g *goal) String() string {
	if g == nil {
		return "–"
	}
	text := fmt.Sprintf("≤ %v", g.AtMost)
	if g.AtLeast > 0 {
		text = fmt.Sprintf("≥ %v", g.AtLeast)
	}
	if !g.Reached {
		return text + ": missed"
	}
	return text
}

func (g *goal) judge(value float64) *goal {
	if g != nil {
		g.Reached = value > 0 && (g.AtMost == 0 || value <= g.AtMost) && value >= g.AtLeast
	}
	return g
}

func atMost(value float64) *goal  { return &goal{AtMost: value} }
func atLeast(value float64) *goal { return &goal{AtLeast: value} }

// part names a figure of a benchmark, and how it is shown.
type part struct {
	name, metric string  // as the benchmark reports it
	unit         string  // as it is shown
	scale        float64 // from the one to the other; 0 for 1
	what         string
}

// book collects the figures.
type book struct {
	measured measured
	list     []figure
	faults   []error
}

var (
	errMissing = errors.New("a figure was not measured")
	errFew     = errors.New("a figure was measured too few times")
)

// leastTurns are those of a run of a benchmark: a middle of fewer may be noise.
const leastTurns = 5

// amount is the median of what a benchmark reported.
func (b *book) amount(p part) amount {
	values := b.measured[p.name+" "+p.metric]
	if len(values) == 0 {
		b.faults = append(b.faults, fmt.Errorf("%w: %s of Benchmark%s", errMissing, p.metric, p.name))
	}
	scaled := make([]float64, len(values))
	for i, v := range values {
		scaled[i] = v
		if p.scale != 0 {
			scaled[i] *= p.scale
		}
	}
	return amount{median(scaled), p.unit, p.what, scaled}
}

// add keeps a figure, unless a part of it was not measured since there were known many faults.
func (b *book) add(f figure, known int) {
	if len(b.faults) == known {
		b.list = append(b.list, f)
	}
}

// compare adds a figure that is a ratio.
func (b *book) compare(key, what string, ours, other part, g *goal) {
	known := len(b.faults)
	f := figure{Key: key, What: what, Ours: b.amount(ours), Repetitions: b.turns(ours.name)}
	o := b.amount(other)
	f.Other = &o
	ratios := []float64{}
	for i, value := range f.Ours.All {
		if i < len(o.All) && o.All[i] != 0 {
			ratios = append(ratios, value/o.All[i])
		}
	}
	f.Ratio = median(ratios)
	f.Goal = g.judge(f.Ratio)
	b.add(f, known)
}

// alone adds a figure that nothing of the same kind is compared with, only set beside.
func (b *book) alone(key, what string, ours part, beside *part, g *goal) {
	known := len(b.faults)
	f := figure{Key: key, What: what, Ours: b.amount(ours), Repetitions: b.turns(ours.name)}
	if beside != nil {
		o := b.amount(*beside)
		f.Other = &o
	}
	f.Goal = g.judge(f.Ours.Value)
	b.add(f, known)
}

// rise adds a figure of how far something rose above what it was before.
func (b *book) rise(key, what string, peak, before part, g *goal) {
	known := len(b.faults)
	top, o := b.amount(peak), b.amount(before)
	rises := []float64{}
	for i, value := range top.All {
		if i < len(o.All) {
			rises = append(rises, value-o.All[i])
		}
	}
	f := figure{Key: key, What: what, Ours: amount{median(rises), peak.unit, peak.what, rises}, Other: &o, Repetitions: b.turns(peak.name)}
	const least = 1e-6 // no rise at all is measured, too
	f.Goal = g.judge(max(f.Ours.Value, least))
	b.add(f, known)
}

// turns is how often a benchmark and what it is compared with took turns. A benchmark
// says it itself: nothing else knows.
func (b *book) turns(name string) (n int) {
	for _, turns := range b.amount(part{name: name, metric: "turns"}).All {
		if n += int(turns); turns < leastTurns {
			b.faults = append(b.faults, fmt.Errorf("%w: Benchmark%s took %.0f turns, and %d are the least", errFew, name, turns, leastTurns))
		}
	}
	return n
}

// writeTable writes the README's table.
func writeTable(w io.Writer, m machine, all []figure) {
	_, _ = fmt.Fprintf(w, "\nOne run of make bench: %s, %s, %d processors, %s; load before %s, after %s\n\n",
		m.Date, m.Go, m.Processors, m.System, m.LoadBefore, m.LoadAfter)
	row := func(cells ...string) { _, _ = fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | ")) }
	row("what", "Anteroom", "compared with", "ratio", "goal")
	row("---", "---:", "---", "---:", "---:")
	for _, f := range all {
		other, ratio := "–", "–"
		if f.Other != nil {
			other = f.Other.String()
			if f.Other.What != "" {
				other += ": " + f.Other.What
			}
		}
		if f.Ratio != 0 {
			ratio = fmt.Sprintf("%.2f", f.Ratio)
		}
		ours := f.Ours.String()
		if f.Ours.What != "" {
			ours += ": " + f.Ours.What
		}
		row(f.What, ours, other, ratio, f.Goal.String())
	}
}
