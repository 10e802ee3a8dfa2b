package chain

// subscribeStep notes that the visitor takes messages that it did not ask for.
type subscribeStep struct {
	Common    `yaml:",inline"`
	Subscribe struct{} `yaml:"subscribe" doc:"The visitor gets messages unasked from now on; triggers subscribed count from now."`
}

func (*subscribeStep) check(*checker, *Step) {}

func (*subscribeStep) run(t *Turn, s *Step) Outcome {
	t.Subscribe(true)
	return s.then()
}

// unsubscribeStep notes that the visitor takes none.
type unsubscribeStep struct {
	Common      `yaml:",inline"`
	Unsubscribe struct{} `yaml:"unsubscribe" doc:"The visitor gets no messages unasked any more."`
}

func (*unsubscribeStep) check(*checker, *Step) {}

func (*unsubscribeStep) run(t *Turn, s *Step) Outcome {
	t.Subscribe(false)
	return s.then()
}
