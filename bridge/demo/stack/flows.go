package stack

import "strings"

// formsSite is one with a form before the talk, stars after it, and other ways to reach
// it; flowsSite has a bot, a button that calls a person, a form for that, and thumbs;
// nightSite is never open, and asks for a message.
const (
	formsSite = "forms"
	flowsSite = "flows"
	nightSite = "night"
)

// flowSites are those three; folder has the chains.
func flowSites(folder string, facts Facts) yamlMap {
	site := func(name string, widget yamlMap) yamlMap {
		return yamlMap{
			"name": name, "origins": []string{strings.TrimSuffix(facts.VisitorURL, "/")}, "operators": []string{facts.Operator.UserID},
			"invite": "everyone", "widget": widget,
		}
	}
	forms := site("Forms", yamlMap{
		"rating": "stars", "privacy": "https://shop.example.com/privacy",
		"channels": yamlMap{
			"telegram": "glina_shop", "whatsapp": "+442079460000", "email": "hello@glina.example", "phone": "+442079460001",
			"links": []yamlMap{{"name": yamlMap{"en": "Help centre", "ru": "Справка"}, "url": "https://glina.example/help"}},
		},
		"forms": yamlMap{"start": yamlMap{"fields": []yamlMap{
			{"type": "name", "required": true},
			{"type": "email", "required": true},
			{"type": "phone"},
			{
				"type": "select", "name": "topic", "label": yamlMap{"en": "What is it about?", "ru": "О чём вопрос?"},
				"choices": []yamlMap{{"en": "An order", "ru": "Заказ"}, {"en": "Something else", "ru": "Другое"}},
			},
			{"type": "checkbox", "name": "news", "label": yamlMap{"en": "Send me news", "ru": "Присылайте новости"}},
		}}},
	})
	flows := site("Flows", yamlMap{
		"person": true, "rating": "thumbs",
		"forms": yamlMap{"handoff": yamlMap{"fields": []yamlMap{{"type": "email", "required": true}}}},
	})
	flows["bot"] = yamlMap{"enabled": true, "chains": folder}
	night := site("Night", yamlMap{"forms": yamlMap{"away": yamlMap{"fields": []yamlMap{{"type": "name"}, {"type": "email", "required": true}}}}})
	// Open for a minute of the year.
	night["opening_hours"] = yamlMap{"mon-sun": "closed", "holidays": []yamlMap{{"date": "01-01", "hours": "09:00-09:01"}}}
	return yamlMap{formsSite: forms, flowsSite: flows, nightSite: night}
}

// consentSite is a further site for the shop's pages, which asks visitors to agree to
// something before anything of them is kept.
const consentSite = "consent"

// besideSite asks for the same, for pages that have both chats.
const besideSite = "beside"

func consentConfig(facts Facts) yamlMap {
	return yamlMap{
		"name": "Consent", "origins": []string{strings.TrimSuffix(facts.VisitorURL, "/")}, "operators": []string{facts.Operator.UserID},
		"invite": "everyone", "identity": yamlMap{"secret": facts.IdentitySecret},
		"widget": yamlMap{
			"consent": yamlMap{
				"en": "We keep what you write here, and where you came from, for 30 days, to answer you. Nobody else gets it.",
				"ru": "Мы храним то, что вы здесь напишете, и то, откуда вы пришли, 30 дней, чтобы вам ответить. Больше это никто не получит.",
				"ar": "نحتفظ بما تكتبه هنا، وبالصفحة التي جئت منها، ثلاثين يومًا لنردّ عليك، ولا يصل ذلك إلى غيرنا.",
			},
			"privacy": "https://shop.example.com/privacy",
		},
	}
}
