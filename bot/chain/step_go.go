package chain

// gotoStep goes to a label or to another chain, and does not come back.
type gotoStep struct {
	Common `yaml:",inline"`
	Target Target `yaml:"goto" need:"true" doc:"A label of this chain, another chain, or chain#label."`
}

func (g *gotoStep) targets() []*Target { return []*Target{&g.Target} }

func (g *gotoStep) after() bool { return false }

func (g *gotoStep) check(c *checker, s *Step) {
	if g.Target.IsZero() && g.Target.read {
		c.fault(s.Pos, "no_target", "goto needs a label or a chain.")
	}
}

func (g *gotoStep) run(_ *Turn, _ *Step) Outcome { return Outcome{To: g.Target.step} }

// callStep runs another chain, or the part behind a label, and goes on below when
// that has ended.
type callStep struct {
	Common `yaml:",inline"`
	Target Target `yaml:"call" need:"true" doc:"The chain to run before this one goes on: a chain, a label, or chain#label."`
}

// maxCalls is how many chains may wait for one another to end.
const maxCalls = 20

func (g *callStep) targets() []*Target { return []*Target{&g.Target} }

func (g *callStep) check(c *checker, s *Step) {
	if g.Target.IsZero() && g.Target.read {
		c.fault(s.Pos, "no_target", "call needs a chain or a label.")
	}
}

func (g *callStep) run(t *Turn, s *Step) Outcome {
	if len(t.Run.Calls) >= maxCalls {
		t.Fault(s, "too_deep", errTooDeep)
		return end()
	}
	if s.Next != nil {
		t.Run.Calls = append(t.Run.Calls, Call{s.Chain.Name, s.ID})
	}
	return Outcome{To: g.Target.step}
}

// endStep ends the chain, and those that called it.
type endStep struct {
	Common `yaml:",inline"`
	End    struct{} `yaml:"end" doc:"Ends the chain here."`
}

func (*endStep) after() bool { return false }

func (*endStep) check(*checker, *Step) {}

func (*endStep) run(*Turn, *Step) Outcome { return end() }

// labelStep is a label in a line of its own.
type labelStep struct{ Common }

func (*labelStep) check(*checker, *Step) {}

func (*labelStep) run(_ *Turn, s *Step) Outcome { return s.then() }
