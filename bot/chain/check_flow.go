package chain

import (
	"fmt"
	"slices"
	"strings"
)

// flow looks where the steps lead.
func (c *checker) flow() {
	c.unreachable()
	c.endless()
}

// successors are the steps that may follow a step, whatever is waited for between.
func successors(s *Step) (all []*Step) {
	if j, ok := s.do.(jumper); ok {
		for _, t := range j.targets() {
			if t.step != nil {
				all = append(all, t.step)
			}
		}
	}
	if h, ok := s.do.(holder); ok {
		for _, b := range h.blocks() {
			if len(b.steps) > 0 {
				all = append(all, b.steps[0])
			}
		}
	}
	if g, ok := s.do.(*gptStep); ok {
		for _, to := range g.leads() {
			all = append(all, to.to)
		}
	}
	if follows(s) && s.Next != nil {
		all = append(all, s.Next)
	}
	return all
}

// follows reports whether what stands below a step may come after it.
func follows(s *Step) bool {
	if e, ok := s.do.(ender); ok && !e.after() {
		return false
	}
	h, ok := s.do.(holder)
	return !ok || slices.ContainsFunc(h.blocks(), func(b inner) bool { return len(b.steps) == 0 })
}

func (c *checker) unreachable() {
	reached := map[*Step]bool{}
	var todo []*Step
	for _, chain := range c.set.Chains {
		if first := chain.Start(); first != nil {
			todo = append(todo, first)
		}
	}
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !reached[s] {
			reached[s] = true
			todo = append(todo, successors(s)...)
		}
	}
	named := c.named()
	for _, chain := range c.set.Chains {
		before := true
		for _, s := range chain.order {
			_, alone := s.do.(*labelStep)
			switch {
			case !reached[s] && before && s.Label != "":
				c.warn(s.Pos, "unreachable", "This step is never reached: nothing goes to its label %q, and what stands above it goes elsewhere or ends.", s.Label)
			case !reached[s] && before:
				c.warn(s.Pos, "unreachable", "This step is never reached: what stands above it goes elsewhere or ends. Give it a label that something goes to, or delete it.")
			case reached[s] && alone && !named[s]:
				c.warn(s.Pos, "unused_label", "Nothing goes to the label %q.", s.Label)
			}
			before = reached[s]
		}
	}
}

// named are the steps that something goes to.
func (c *checker) named() map[*Step]bool {
	named := map[*Step]bool{}
	for _, chain := range c.set.Chains {
		for _, s := range chain.order {
			if j, ok := s.do.(jumper); ok {
				for _, t := range j.targets() {
					named[t.step] = true
				}
			}
		}
	}
	return named
}

// changer is a step that changes what conditions read.
type changer interface{ changes() []string }

// endless looks for steps that lead back to themselves while nothing waits.
func (c *checker) endless() {
	w := walk{ends: map[*Step]bool{}}
	for _, chain := range c.set.Chains {
		w.steps = append(w.steps, chain.order...)
	}
	w.settle()
	for _, circle := range circles(w.steps, w.next) {
		path := shortest(circle, w.next)
		if w.left(circle) {
			c.warn(path[0].Pos, "loop_without_waiting", "These steps may go round without waiting for the visitor: %s. After 100 steps a chain is stopped.", told(path))
		} else {
			c.fault(path[0].Pos, "endless_loop", "These steps go round for ever without waiting for the visitor: %s. Put a question, buttons or a pause among them.", told(path))
		}
	}
}

// walk tells which steps follow one another without a wait.
type walk struct {
	steps []*Step
	// ends are the steps from which the chain may come to its end without a wait, so
	// that who called it goes on.
	ends map[*Step]bool
}

// stands reports whether a step always waits.
func stands(s *Step) bool {
	if b, ok := s.do.(interface{ all() buttons }); ok {
		return b.all().wait()
	}
	_, waits := s.do.(waiter)
	return waits
}

// settle finds the ends: chains call one another, so until nothing is new.
func (w *walk) settle() {
	for again := true; again; {
		again = false
		for _, s := range slices.Backward(w.steps) {
			if !w.ends[s] && w.mayEnd(s) {
				w.ends[s], again = true, true
			}
		}
	}
}

func (w *walk) mayEnd(s *Step) bool {
	if stands(s) {
		return false
	}
	if g, ok := s.do.(*callStep); ok {
		called := g.Target.step
		return (called == nil || w.ends[called]) && (s.Next == nil || w.ends[s.Next])
	}
	return follows(s) && s.Next == nil || slices.ContainsFunc(successors(s), func(to *Step) bool { return w.ends[to] })
}

// next are the steps that follow a step without a wait.
func (w *walk) next(s *Step) []*Step {
	if stands(s) {
		return nil
	}
	all := successors(s)
	if g, ok := s.do.(*callStep); ok && g.Target.step != nil && s.Next != nil && !w.ends[g.Target.step] {
		all = slices.DeleteFunc(all, func(to *Step) bool { return to == s.Next && to != g.Target.step })
	}
	return all
}

// left reports whether the steps of a circle may be left in time: by chance, or by
// a condition on something that they change.
func (w *walk) left(circle []*Step) bool {
	var changed []string
	for _, s := range circle {
		if g, ok := s.do.(changer); ok {
			changed = append(changed, g.changes()...)
		}
	}
	return slices.ContainsFunc(circle, func(s *Step) bool {
		way, isIf := s.do.(*ifStep)
		if _, several := s.do.(holder); !several || isIf && !way.If.reads(changed) {
			return false // any other step with steps inside takes one of them by chance
		}
		return s.Next == nil && follows(s) || slices.ContainsFunc(successors(s), func(to *Step) bool { return !slices.Contains(circle, to) })
	})
}

// told names the steps of a circle for people.
func told(path []*Step) string {
	const most = 8
	var names []string
	for _, s := range append(slices.Clone(path), path[0]) {
		name := s.Kind
		if s.Label != "" {
			name = "label " + s.Label
		}
		place := fmt.Sprintf("line %d", s.Line)
		if s.Chain != path[0].Chain {
			place = fmt.Sprintf("%s:%d", s.File, s.Line)
		}
		names = append(names, fmt.Sprintf("%s (%s)", name, place))
	}
	if len(names) > most {
		names = slices.Concat(names[:most-2], []string{"…"}, names[len(names)-1:])
	}
	return strings.Join(names, " → ")
}

// speaker is a step that may say something, if speaks reports so.
type speaker interface{ speaks() bool }

// Speaks reports whether the chain, or one that it goes to, may say something to the
// visitor.
func (c *Chain) Speaks() bool {
	seen := map[*Step]bool{}
	todo := []*Step{c.Start()}
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if s == nil || seen[s] {
			continue
		}
		if y, ok := s.do.(speaker); ok && y.speaks() {
			return true
		}
		seen[s] = true
		todo = append(todo, successors(s)...)
	}
	return false
}

func (*sayStep) speaks() bool { return true }

func (*askStep) speaks() bool { return true }

func (*gptStep) speaks() bool { return true }

func (*imageStep) speaks() bool { return true }

func (*fileStep) speaks() bool { return true }

func (*cardStep) speaks() bool { return true }

func (*galleryStep) speaks() bool { return true }

func (*channelsStep) speaks() bool { return true }

func (o *openStep) speaks() bool { return !o.Open.Say.IsZero() }

func (o *handoffStep) speaks() bool { return !o.Handoff.Say.IsZero() }
