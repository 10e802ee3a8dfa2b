package chain

// kinds are all kinds of steps, in the order of the manual.
func kinds() []kind[body] {
	return []kind[body]{
		{"say", false, func() body { return &sayStep{} }},
		{"image", false, func() body { return &imageStep{} }},
		{"file", false, func() body { return &fileStep{} }},
		{"card", false, func() body { return &cardStep{} }},
		{"gallery", false, func() body { return &galleryStep{} }},
		{"channels", false, func() body { return &channelsStep{} }},
		{"ask", false, func() body { return &askStep{} }},
		{"gpt", true, func() body { return &gptStep{} }},
		{"if", false, func() body { return &ifStep{} }},
		{"set", false, func() body { return &setStep{} }},
		{"tag", false, func() body { return &tagStep{} }},
		{"untag", false, func() body { return &untagStep{} }},
		{"request", false, func() body { return &requestStep{} }},
		{"random", false, func() body { return &randomStep{} }},
		{"pause", false, func() body { return &pauseStep{} }},
		{"goto", false, func() body { return &gotoStep{} }},
		{"call", false, func() body { return &callStep{} }},
		{"end", true, func() body { return &endStep{} }},
		{"open", true, func() body { return &openStep{} }},
		{"handoff", true, func() body { return &handoffStep{} }},
		{"close", true, func() body { return &closeStep{} }},
		{"note", false, func() body { return &noteStep{} }},
		{"alert", false, func() body { return &alertStep{} }},
		{"webhook", false, func() body { return &webhookStep{} }},
		{"event", false, func() body { return &eventStep{} }},
		{"subscribe", true, func() body { return &subscribeStep{} }},
		{"unsubscribe", true, func() body { return &unsubscribeStep{} }},
		{"label", false, func() body { return &labelStep{} }},
	}
}
