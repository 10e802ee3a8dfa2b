package graph

import (
	"cmp"
	_ "embed"
	"fmt"
	"html"
	"math"
	"strings"
)

//go:embed picture.css
var pictureStyle string

// SVG is the graph as a picture that needs nothing else, for light and dark pages.
func (g *Graph) SVG() string {
	width, height := g.layout()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="chains" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" aria-label="%d chains">`,
		width, height, width, height, len(g.Chains))
	fmt.Fprintf(&b, "\n<style>%s</style>\n", pictureStyle)
	b.WriteString(`<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0 0.5 8 4 0 7.5z"/></marker></defs>` + "\n")
	fmt.Fprintf(&b, `<rect class="ground" width="%.0f" height="%.0f"/>`+"\n", width, height)
	b.WriteString("<g class=\"arrows\">\n")
	for _, c := range g.Chains {
		for _, r := range c.Rows {
			r.drawJumps(&b)
		}
	}
	b.WriteString("</g>\n")
	for _, c := range g.Chains {
		c.draw(&b)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (c *Chain) draw(b *strings.Builder) {
	fmt.Fprintf(b, `<g class="chain" id="%s" transform="translate(%.0f %.0f)">`+"\n", html.EscapeString(c.Name), c.x, c.y)
	fmt.Fprintf(b, `<rect class="frame" width="%.0f" height="%.0f" rx="10"/>`, frameWidth, c.height)
	head := headHeight + float64(c.triggerLines())*lineHeight
	fmt.Fprintf(b, `<path class="head" d="M0 %.0fV10a10 10 0 0 1 10-10H%.0fa10 10 0 0 1 10 10V%.0fz"/>`, head, frameWidth-10, head)
	fmt.Fprint(b, "\n", text("title", 14, 19, c.Title, frameWidth-28, 8), text("name", 14, 34, c.Name, frameWidth-28, 6.2), "\n")
	for i, t := range c.Triggers {
		if i == mostLines {
			t = Line{fmt.Sprintf("and %d more", len(c.Triggers)-mostLines), ""}
		}
		if i <= mostLines {
			drawLine(b, "trigger", 14, headHeight+float64(i)*lineHeight+11, frameWidth-28, t)
		}
	}
	for _, r := range c.Rows {
		r.draw(b)
	}
	b.WriteString("</g>\n")
}

// drawLine writes a kind and its words behind it.
func drawLine(b *strings.Builder, class string, x, y, width float64, l Line) {
	const perLetter = 6.7
	words, hint := cut(l.Text, int(width/perLetter)-len([]rune(l.Kind))-1), ""
	if words != l.Text {
		hint = "<title>" + html.EscapeString(l.Text) + "</title>"
	}
	fmt.Fprintf(b, `<text class="%s" x="%.1f" y="%.1f"><tspan class="kind">%s</tspan>`, class, x, y, html.EscapeString(l.Kind))
	if words != "" {
		fmt.Fprintf(b, `<tspan dx="6">%s</tspan>`, html.EscapeString(words))
	}
	b.WriteString(hint + "</text>\n")
}

func (r *Row) draw(b *strings.Builder) {
	x := 14 + float64(min(r.Depth, 6))*indentation
	fmt.Fprintf(b, `<g class="step %s" id="%s">`, html.EscapeString(r.Kind), html.EscapeString(r.Key))
	fmt.Fprintf(b, `<rect class="row" x="4" y="%.0f" width="%.0f" height="%.0f" rx="5"/>`, r.y, frameWidth-8, rowHeight+float64(len(r.worded()))*lineHeight)
	if r.Depth > 0 {
		fmt.Fprintf(b, `<path class="inside" d="M%.1f %.0fv%.0f"/>`, x-7, r.y, rowHeight)
	}
	line := r.Line
	if r.Kind == "label" {
		line.Text = "" // it stands at the right
	}
	if r.Branch != "" {
		line = Line{r.Branch + ": " + r.Kind, line.Text}
	}
	room := frameWidth - x - 14
	if r.Label != "" {
		label := cut("#"+r.Label, 18)
		fmt.Fprintf(b, `<text class="label" x="%.0f" y="%.1f" text-anchor="end">%s</text>`, frameWidth-12, r.y+16, html.EscapeString(label))
		room -= float64(len([]rune(label)))*6.2 + 8
	}
	drawLine(b, "words", x, r.y+16, room, line)
	for i, j := range r.worded() {
		fmt.Fprint(b, text("way", x+12, r.y+rowHeight+float64(i)*lineHeight+11, "› "+j.Words, frameWidth-x-26, 6.3))
	}
	b.WriteString("</g>\n")
}

// text is one line of text, cut to a width, with the whole of it as a hint.
func text(class string, x, y float64, words string, width, perLetter float64) string {
	shown := cut(words, int(width/perLetter))
	if shown == "" {
		return ""
	}
	hint := ""
	if shown != words {
		hint = "<title>" + html.EscapeString(words) + "</title>"
	}
	return fmt.Sprintf(`<text class="%s" x="%.1f" y="%.1f">%s%s</text>`, class, x, y, html.EscapeString(shown), hint)
}

func cut(s string, most int) string {
	r := []rune(s)
	switch {
	case len(r) <= most:
		return s
	case most < 2:
		return ""
	default:
		return string(r[:most-1]) + "…"
	}
}

// drawJumps draws the arrows of a step: beside the frame within it, to the nearer
// side of another one.
func (r *Row) drawJumps(b *strings.Builder) {
	n := 0
	for _, j := range r.Jumps {
		y := r.Chain.y + r.y + rowHeight/2
		if j.Words != "" {
			y = r.Chain.y + r.y + rowHeight + float64(n)*lineHeight + lineHeight/2 - 2
			n++
		}
		end := j.To.Chain.y + j.To.y + rowHeight/2
		if j.To == j.To.Chain.Rows[0] && j.To.Chain != r.Chain {
			end = j.To.Chain.y + headHeight/2 // the chain as a whole
		}
		class := "arrow"
		if j.Call {
			class += " call"
		}
		if j.To.Chain == r.Chain {
			class += " within"
		}
		fmt.Fprintf(b, `<path class="%s" data-from="%s" data-to="%s" marker-end="url(#tip)" d="%s"><title>%s</title></path>`+"\n",
			class, html.EscapeString(r.Key), html.EscapeString(j.To.Key), curve(r.Chain, j.To.Chain, y, end), html.EscapeString(r.Chain.Title+": "+cmp.Or(j.Words, r.Kind)+" → "+j.To.name(r.Chain)))
	}
}

func curve(from, to *Chain, y, end float64) string {
	left, right := from.x, from.x+frameWidth
	bend := 22 + math.Min(math.Abs(end-y)*0.12, gutter-36)
	switch {
	case from == to || from.x == to.x:
		return fmt.Sprintf("M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f", right, y, right+bend, y, right+bend, end, right+1, end)
	case to.x > from.x:
		bend = math.Max(gutter*0.6, (to.x-right)*0.45)
		return fmt.Sprintf("M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f", right, y, right+bend, y, to.x-bend, end, to.x-1, end)
	default:
		bend = math.Max(gutter*0.6, (left-to.x-frameWidth)*0.45)
		return fmt.Sprintf("M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f", left, y, left-bend, y, to.x+frameWidth+bend, end, to.x+frameWidth+1, end)
	}
}
