package chain_test

import "testing"

// TestNothingBehindTheColon: a key that needs a value has one fault, at its place.
func TestNothingBehindTheColon(t *testing.T) {
	refuse(t, nil, []bad{
		{"request", "  - request:", "main.yaml:2:13 [no_value]", `"request"`},
		{"webhook", "  - webhook:", "main.yaml:2:13 [no_value]", `"webhook"`},
		{"card", "  - card:", "main.yaml:2:10 [no_value]", `"card"`},
		{"channels", "  - channels:", "main.yaml:2:14 [no_value]", `"channels"`},
		{"set", "  - set:", "main.yaml:2:9 [no_value]", `"set"`},
		{"tag", "  - tag:", "main.yaml:2:9 [not_a_value]", ""},
		{"untag", "  - untag: ~", "main.yaml:2:12 [not_a_value]", ""},
		{"goto", "  - goto:", "main.yaml:2:10 [not_a_value]", ""},
		{"call", "  - call:", "main.yaml:2:10 [not_a_value]", ""},
		{"empty tag", "  - tag: \"\"", "main.yaml:2:11 [bad_tag]", ""},
		{"empty goto", "  - goto: \"\"", "main.yaml:2:5 [no_target]", ""},
		{"links", "  - channels: { links: }", "main.yaml:2:24 [not_a_mapping]", ""},
	})
	for _, steps := range []string{"subscribe:", "end:", "open:", "handoff:", "close:", "unsubscribe: ~"} {
		play(t, folder("on: [ { keywords: [other] } ]\nsteps:\n  - "+steps+"\n", nil), nil)
	}
}
