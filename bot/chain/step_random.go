package chain

import (
	"strconv"

	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bot/source"
)

// randomStep takes one of several ways by chance.
type randomStep struct {
	Common `yaml:",inline"`
	Random []*way `yaml:"random" need:"true" doc:"The ways, each with a weight and steps."`
	Sticky bool   `yaml:"sticky" doc:"Whether a visitor goes the same way every time."`
}

// way is one of them.
type way struct {
	source.Pos
	Weight weight `yaml:"weight" doc:"How often it is taken beside the others; 1 if nothing is said."`
	Steps  Block  `yaml:"steps" need:"true" doc:"What is done."`
}

// The most ways and the highest weight of one.
const (
	maxWays   = 20
	maxWeight = 1_000_000
)

// weight is a positive number; 0 stands for 1.
type weight int

// ReadYAML reads the number.
func (w *weight) ReadYAML(r *source.Reader, node *yaml.Node) {
	n := 0
	r.Decode(node, &n)
	if n < 1 || n > maxWeight {
		if node.Tag == "!!int" {
			r.Fault(node, "bad_weight", "A weight is a whole number from 1 to %d.", maxWeight)
		}
		return
	}
	*w = weight(n)
}

// Schema describes a weight to editors.
func (weight) Schema(*source.Schemas) map[string]any {
	return map[string]any{"type": "integer", "minimum": 1, "maximum": maxWeight}
}

func (w *way) weight() int { return max(int(w.Weight), 1) }

func (m *randomStep) blocks() []inner {
	all := make([]inner, len(m.Random))
	for i, w := range m.Random {
		all[i] = inner{"way" + strconv.Itoa(i+1), w.Steps}
	}
	return all
}

func (m *randomStep) check(c *checker, s *Step) {
	if len(m.Random) < 2 || len(m.Random) > maxWays {
		c.fault(s.Pos, "bad_ways", "random has 2 to %d ways.", maxWays)
	}
}

func (m *randomStep) run(t *Turn, s *Step) Outcome {
	if m.Sticky {
		if chosen, before := t.Memory.Choices[s.Key()]; before && chosen < len(m.Random) {
			return s.into(m.Random[chosen].Steps)
		}
	}
	chosen := m.choose(t)
	if m.Sticky {
		if t.Memory.Choices == nil {
			t.Memory.Choices = map[string]int{}
		}
		t.Memory.Choices[s.Key()] = chosen
	}
	return s.into(m.Random[chosen].Steps)
}

// Sticks reports whether a step takes a way at random once and for all.
func (s *Step) Sticks() bool {
	m, ok := s.do.(*randomStep)
	return ok && m.Sticky
}

// choose takes a way by chance.
func (m *randomStep) choose(t *Turn) int {
	sum := 0
	for _, w := range m.Random {
		sum += w.weight()
	}
	at := t.chance.IntN(sum)
	for i, w := range m.Random {
		if at -= w.weight(); at < 0 {
			return i
		}
	}
	return 0
}
