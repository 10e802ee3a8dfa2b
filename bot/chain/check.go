package chain

// checkAll compiles everything and looks at the set as a whole.
func (c *checker) checkAll() {
	c.triggers()
	for _, chain := range c.set.Chains {
		c.words(&chain.Title, maxTitle)
		for _, step := range chain.order {
			step.do.check(c, step)
		}
	}
}

// maxTitle is the most characters of a chain's title.
const maxTitle = 80
