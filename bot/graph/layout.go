package graph

import (
	"cmp"
	"math"
	"slices"
)

// Sizes of the picture, in pixels.
const (
	frameWidth  = 300.0
	gutter      = 96.0 // between columns, for the arrows
	gap         = 28.0 // between frames of a column
	margin      = 32.0
	headHeight  = 42.0
	lineHeight  = 18.0 // of a trigger, and of a way of a step
	rowHeight   = 24.0
	frameFoot   = 8.0
	mostLines   = 4 // triggers that a frame shows
	indentation = 14.0
)

// place is where a frame stands.
type place struct {
	x, y, height float64
	column       int
}

// triggerLines is how many lines the triggers take.
func (c *Chain) triggerLines() int { return min(len(c.Triggers), mostLines+1) }

// measure places the rows within the frame.
func (c *Chain) measure() {
	y := headHeight + float64(c.triggerLines())*lineHeight
	if len(c.Triggers) > 0 {
		y += frameFoot
	}
	for _, r := range c.Rows {
		r.y = y
		y += rowHeight + float64(len(r.worded()))*lineHeight
	}
	c.height = y + frameFoot
}

// worded are the jumps that have a line of their own.
func (r *Row) worded() []Jump {
	return slices.DeleteFunc(slices.Clone(r.Jumps), func(j Jump) bool { return j.Words == "" })
}

// layout places the frames: those that lead to one another in columns from left to
// right, the others below. It returns the size of the picture.
func (g *Graph) layout() (width, height float64) {
	linked := g.links()
	var bound, alone []*Chain
	for _, c := range g.Chains {
		c.measure()
		if len(linked[c]) > 0 {
			bound = append(bound, c)
		} else {
			alone = append(alone, c)
		}
	}
	columns := stack(layers(bound), linked)
	width, height = margin, margin
	for i, column := range columns {
		y := margin
		for _, c := range column {
			c.column, c.x, c.y = i, margin+float64(i)*(frameWidth+gutter), y
			y += c.height + gap
		}
		width = max(width, margin+float64(i+1)*(frameWidth+gutter)) // with room for arrows within the last column
		height = max(height, y)
	}
	return g.grid(alone, width, height)
}

// grid places frames that lead nowhere, each in the shortest column.
func (g *Graph) grid(alone []*Chain, width, top float64) (w, h float64) {
	if len(alone) == 0 {
		return width, top - gap + margin
	}
	area := 0.0
	for _, c := range alone {
		area += (c.height + gap) * (frameWidth + gutter)
	}
	columns := max(int((width-margin)/(frameWidth+gutter)), min(len(alone), int(math.Ceil(math.Sqrt(area)/(frameWidth+gutter)))), 1)
	ends := slices.Repeat([]float64{top}, columns)
	for _, c := range alone {
		i := slices.Index(ends, slices.Min(ends))
		c.x, c.y = margin+float64(i)*(frameWidth+gutter), ends[i]
		ends[i] += c.height + gap
		width = max(width, c.x+frameWidth+gutter)
	}
	return width, slices.Max(ends) - gap + margin
}

// links are the chains that a chain leads to or comes from, by chain.
func (g *Graph) links() map[*Chain]map[*Chain]bool {
	linked := map[*Chain]map[*Chain]bool{}
	note := func(a, b *Chain) {
		if linked[a] == nil {
			linked[a] = map[*Chain]bool{}
		}
		linked[a][b] = true
	}
	for _, c := range g.Chains {
		for _, to := range c.leadsTo() {
			note(c, to)
			note(to, c)
		}
	}
	return linked
}

// leadsTo are the other chains that a chain jumps to.
func (c *Chain) leadsTo() (all []*Chain) {
	for _, r := range c.Rows {
		for _, j := range r.Jumps {
			if j.To.Chain != c && !slices.Contains(all, j.To.Chain) {
				all = append(all, j.To.Chain)
			}
		}
	}
	return all
}

// layers sorts the chains by how many jumps they are away from those that no other
// chain leads to.
func layers(chains []*Chain) (all [][]*Chain) {
	seen := map[*Chain]bool{}
	for len(seen) < len(chains) {
		var layer []*Chain
		least := math.MaxInt
		for _, c := range chains { // if all are led to, those that the fewest lead to
			if n := incoming(chains, c); !seen[c] && n < least {
				least = n
			}
		}
		for _, c := range chains {
			if !seen[c] && incoming(chains, c) == least {
				layer, seen[c] = append(layer, c), true
			}
			if len(layer) > 0 && least > 0 {
				break
			}
		}
		for depth := 0; len(layer) > 0; depth++ {
			if len(all) <= depth {
				all = append(all, nil)
			}
			all[depth] = append(all[depth], layer...)
			var next []*Chain
			for _, c := range layer {
				for _, to := range c.leadsTo() {
					if !seen[to] {
						next, seen[to] = append(next, to), true
					}
				}
			}
			layer = next
		}
	}
	return all
}

// incoming is how many chains lead to a chain.
func incoming(chains []*Chain, c *Chain) (n int) {
	for _, from := range chains {
		if slices.Contains(from.leadsTo(), c) {
			n++
		}
	}
	return n
}

// stack fills columns with the layers, one after the other, so that the picture
// gets the shape of a screen, and puts side by side what is linked.
func stack(layers [][]*Chain, linked map[*Chain]map[*Chain]bool) (columns [][]*Chain) {
	const shape = 1.7 // width to height
	total, tallest := 0.0, 0.0
	for _, layer := range layers {
		for _, c := range layer {
			total += c.height + gap
			tallest = max(tallest, c.height)
		}
	}
	wanted := max(math.Round(math.Sqrt(shape*total/(frameWidth+gutter))), 1)
	most := max(total/wanted*1.05, tallest)
	place := map[*Chain]float64{}
	var column []*Chain
	y := 0.0
	for _, layer := range layers {
		order(layer, linked, place)
		for _, c := range layer {
			if len(column) > 0 && y+c.height > most {
				columns, column, y = append(columns, column), nil, 0
			}
			column = append(column, c)
			place[c] = y + c.height/2
			y += c.height + gap
		}
	}
	if len(column) > 0 {
		columns = append(columns, column)
	}
	for range 4 { // each time by better places
		for _, column := range columns {
			order(column, linked, place)
			y := 0.0
			for _, c := range column {
				place[c] = y + c.height/2
				y += c.height + gap
			}
		}
	}
	return columns
}

// order sorts a column by the middle of the places of what its chains are linked with.
func order(column []*Chain, linked map[*Chain]map[*Chain]bool, place map[*Chain]float64) {
	middle := map[*Chain]float64{}
	for _, c := range column {
		sum, n := 0.0, 0
		for other := range linked[c] {
			if y, ok := place[other]; ok {
				sum += y
				n++
			}
		}
		if n == 0 {
			middle[c] = place[c]
		} else {
			middle[c] = sum / float64(n)
		}
	}
	slices.SortStableFunc(column, func(a, b *Chain) int { return cmp.Compare(middle[a], middle[b]) })
}
