package stack

import "strings"

// eagerSite is a further site for the shop's pages, which speaks first to visitors.
const eagerSite = "eager"

func eagerConfig(facts Facts) yamlMap {
	return yamlMap{
		"name": "Eager", "origins": []string{strings.TrimSuffix(facts.VisitorURL, "/")}, "operators": []string{facts.Operator.UserID},
		"widget": yamlMap{
			"color": "#0f766e",
			"proactive": []yamlMap{
				{
					"name": "welcome", "pages": []string{"/", "/ru/"}, "after": "1s",
					"text": yamlMap{"en": "New here? We show you around: ask us anything.", "ru": "Вы у нас впервые? Спросите о чём угодно, мы поможем."},
				},
				{"name": "cart", "pages": []string{"/cart*"}, "devices": []string{"desktop"}, "visitors": "all", "once": "visit", "text": "Questions about your order?"},
				{"name": "back", "pages": []string{"/delivery*"}, "visitors": "returning", "text": yamlMap{"en": "Good to see you again!"}},
			},
		},
	}
}
