// Package graph draws the chains of a folder and where they lead to one another:
// as Mermaid text, as an SVG picture and as an HTML page that holds it.
//
// A chain is a frame with its triggers and its steps from top to bottom, as they
// stand in the file, so that what merely follows needs no arrow. Arrows are the
// jumps; each begins at the words that tell it from others.
package graph

import (
	"slices"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/chain"
)

// Graph is what is drawn.
type Graph struct {
	Chains []*Chain

	byName map[string]*Chain
}

// Chain is a frame.
type Chain struct {
	Name, Title string
	Triggers    []Line
	Rows        []*Row

	place
}

// Line is a kind and the words of it.
type Line struct{ Kind, Text string }

// Row is a step.
type Row struct {
	Line
	Chain *Chain
	// Key names the step in the set; Label is its label.
	Key, Label string
	// Branch names the way of the step above that begins here: then, else.
	Branch string
	Depth  int
	Jumps  []Jump

	ways []Jump // all of them, also those that need no arrow here
	y    float64
}

// Jump is an arrow. Without words it begins at the row itself.
type Jump struct {
	Words string
	To    *Row
	Call  bool
}

// Of makes the graph of a set.
func Of(set *chain.Set) *Graph {
	g := &Graph{byName: map[string]*Chain{}}
	rows := map[*chain.Step]*Row{}
	for _, c := range slices.Concat(set.Chains, set.Answering()) {
		drawn := &Chain{Name: c.Name, Title: c.Heading()}
		for _, trigger := range c.On {
			drawn.Triggers = append(drawn.Triggers, Line{trigger.Kind, short(trigger.Text())})
		}
		for _, step := range c.All() {
			row := &Row{Line: Line{step.Kind, short(step.Text())}, Chain: drawn, Key: step.Key(), Label: step.Label, Depth: step.Depth()}
			rows[step] = row
			drawn.Rows = append(drawn.Rows, row)
		}
		g.Chains = append(g.Chains, drawn)
		g.byName[c.Name] = drawn
	}
	for step, row := range rows {
		for _, exit := range step.Exits() {
			to := rows[exit.To]
			row.ways = append(row.ways, Jump{short(exit.Words), to, exit.Call})
			switch {
			case exit.Below:
			case to.Chain == row.Chain && to.Depth > row.Depth && strings.HasPrefix(to.Key, row.Key+"."+exit.Words+"+"):
				to.Branch = exit.Words
			default:
				row.Jumps = append(row.Jumps, Jump{short(exit.Words), to, exit.Call})
			}
		}
	}
	for _, row := range rows {
		if len(row.Jumps) == 1 && row.Jumps[0].Words == "" && row.Text == "" {
			row.Text = row.Jumps[0].To.name(row.Chain)
		}
	}
	return g
}

// name is how a chain names a step: by its label, or by the chain that it begins.
func (r *Row) name(from *Chain) string {
	switch {
	case r.Chain != from && r.Label == "":
		return r.Chain.Title
	case r.Chain != from:
		return r.Chain.Title + " # " + r.Label
	case r.Label == "":
		return "the beginning"
	default:
		return r.Label
	}
}

// short is one line of a text.
func short(text string) string {
	const most = 200
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}
