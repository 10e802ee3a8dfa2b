package chain

// setStep gives variables their values.
type setStep struct {
	Common `yaml:",inline"`
	Set    assignments `yaml:"set" need:"true" doc:"Variables and their values. {{ }} puts values in; all are computed before any is set."`
}

func (e *setStep) declare(d *declarations, _ *Step) { e.Set.declare(d) }

func (e *setStep) check(c *checker, _ *Step) { e.Set.check(c) }

func (e *setStep) run(t *Turn, s *Step) Outcome {
	e.Set.run(t, s)
	return s.then()
}
