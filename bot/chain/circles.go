package chain

import (
	"cmp"
	"slices"
)

// circles returns the groups of steps that lead to one another, or one to itself:
// the strongly connected components, as R. Tarjan finds them (SIAM Journal on
// Computing 1, 1972).
func circles(steps []*Step, next func(*Step) []*Step) (all [][]*Step) {
	t := tarjan{next: next, number: map[*Step]int{}, low: map[*Step]int{}, open: map[*Step]bool{}}
	for _, s := range steps {
		if t.number[s] == 0 {
			t.visit(s)
		}
	}
	return t.found
}

type tarjan struct {
	next        func(*Step) []*Step
	number, low map[*Step]int // numbers count from 1
	stack       []*Step
	open        map[*Step]bool // on the stack
	found       [][]*Step
}

func (t *tarjan) visit(s *Step) {
	t.number[s] = len(t.number) + 1
	t.low[s] = t.number[s]
	t.stack, t.open[s] = append(t.stack, s), true
	for _, to := range t.next(s) {
		if t.number[to] == 0 {
			t.visit(to)
			t.low[s] = min(t.low[s], t.low[to])
		} else if t.open[to] {
			t.low[s] = min(t.low[s], t.number[to])
		}
	}
	if t.low[s] != t.number[s] {
		return
	}
	at := len(t.stack) - 1
	for t.stack[at] != s {
		at--
	}
	group := slices.Clone(t.stack[at:])
	t.stack = t.stack[:at]
	for _, member := range group {
		t.open[member] = false
	}
	if len(group) > 1 || slices.Contains(t.next(s), s) {
		t.found = append(t.found, group)
	}
}

// shortest is the shortest way round a circle, from the step of it that stands first.
func shortest(circle []*Step, next func(*Step) []*Step) []*Step {
	first := slices.MinFunc(circle, func(a, b *Step) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	from := map[*Step]*Step{}
	for todo := []*Step{first}; len(todo) > 0; todo = todo[1:] {
		for _, to := range next(todo[0]) {
			if to == first {
				path := []*Step{}
				for s := todo[0]; s != nil; s = from[s] {
					path = append(path, s)
				}
				slices.Reverse(path)
				return path
			}
			if _, seen := from[to]; !seen && slices.Contains(circle, to) {
				from[to] = todo[0]
				todo = append(todo, to)
			}
		}
	}
	return circle
}
