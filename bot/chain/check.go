package chain

// checkAll compiles everything and looks at the set as a whole.
func (c *checker) checkAll() {
	c.triggers()
	c.fallbacks()
	for _, chain := range c.set.Chains {
		c.words(&chain.Title, maxTitle)
		for _, step := range chain.order {
			step.do.check(c, step)
		}
	}
	if !c.whole {
		return // of what was not read nobody knows where it leads
	}
	c.flow()
	c.ambiguous()
	c.hidden()
	c.unused()
}

// maxTitle is the most characters of a chain's title.
const maxTitle = 80
