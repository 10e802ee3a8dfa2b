package graph

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed page.html
var page string

// HTML is the graph as a page that needs nothing else: with search and zoom.
func (g *Graph) HTML() string {
	steps := 0
	for _, c := range g.Chains {
		steps += len(c.Rows)
	}
	return strings.NewReplacer("{count}", fmt.Sprintf("%d chains, %d steps", len(g.Chains), steps), "{picture}", g.SVG()).Replace(page)
}
