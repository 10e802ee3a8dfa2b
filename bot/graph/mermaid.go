package graph

import (
	"fmt"
	"strings"
)

// Mermaid is the graph as a flowchart of Mermaid (https://mermaid.js.org).
func (g *Graph) Mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	ids := map[*Row]string{}
	for i, c := range g.Chains {
		fmt.Fprintf(&b, "  subgraph c%d[%s]\n", i, mermaidText(c.Title))
		for j, t := range c.Triggers {
			fmt.Fprintf(&b, "    c%dt%d>%s]\n", i, j, mermaidText(t.Kind+" "+t.Text))
		}
		for j, r := range c.Rows {
			ids[r] = fmt.Sprintf("c%ds%d", i, j)
			fmt.Fprintf(&b, "    %s[%s]\n", ids[r], mermaidText(r.Kind+" "+r.Text))
		}
		for j := range c.Triggers {
			if len(c.Rows) > 0 {
				fmt.Fprintf(&b, "    c%dt%d -.-> %s\n", i, j, ids[c.Rows[0]])
			}
		}
		b.WriteString("  end\n")
	}
	for _, c := range g.Chains {
		for _, r := range c.Rows {
			for _, w := range r.ways {
				arrow := "-->"
				if w.Call {
					arrow = "-.->"
				}
				if w.Words != "" {
					arrow += "|" + mermaidText(w.Words) + "|"
				}
				fmt.Fprintf(&b, "  %s %s %s\n", ids[r], arrow, ids[w.To])
			}
		}
	}
	return b.String()
}

// mermaidText quotes a text; what Mermaid or HTML would read in it is written by number.
func mermaidText(text string) string {
	const most = 60
	if r := []rune(text); len(r) > most {
		text = string(r[:most-1]) + "…"
	}
	var b strings.Builder
	for _, r := range strings.TrimSpace(text) {
		if strings.ContainsRune("\"#&<>`\\{}[]|;", r) {
			fmt.Fprintf(&b, "#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	return `"` + b.String() + `"`
}
