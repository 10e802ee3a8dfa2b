package chain

// kinds are all kinds of steps, in the order of the manual.
func kinds() []kind[body] {
	return []kind[body]{
		{"say", false, func() body { return &sayStep{} }},
		{"ask", false, func() body { return &askStep{} }},
		{"if", false, func() body { return &ifStep{} }},
		{"set", false, func() body { return &setStep{} }},
		{"tag", false, func() body { return &tagStep{} }},
		{"untag", false, func() body { return &untagStep{} }},
		{"pause", false, func() body { return &pauseStep{} }},
		{"goto", false, func() body { return &gotoStep{} }},
		{"call", false, func() body { return &callStep{} }},
		{"end", true, func() body { return &endStep{} }},
		{"open", true, func() body { return &openStep{} }},
		{"handoff", true, func() body { return &handoffStep{} }},
		{"close", true, func() body { return &closeStep{} }},
		{"label", false, func() body { return &labelStep{} }},
	}
}
