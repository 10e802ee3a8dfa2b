package chain

// ifStep takes one of two ways.
type ifStep struct {
	Common `yaml:",inline"`
	If     condition `yaml:"if" need:"true" doc:"The condition."`
	Then   Block     `yaml:"then" need:"true" doc:"What is done if it holds."`
	Else   Block     `yaml:"else" doc:"What is done if it does not."`
}

func (i *ifStep) blocks() []inner { return []inner{{"then", i.Then}, {"else", i.Else}} }

func (i *ifStep) check(c *checker, _ *Step) { i.If.check(c) }

func (i *ifStep) run(t *Turn, s *Step) Outcome {
	if i.If.holds(t, s) {
		return s.into(i.Then)
	}
	return s.into(i.Else)
}
