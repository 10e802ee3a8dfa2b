package stack

import "strings"

// consentSite is a further site for the shop's pages, which asks visitors to agree to
// something before anything of them is kept.
const consentSite = "consent"

func consentConfig(facts Facts) yamlMap {
	return yamlMap{
		"name": "Consent", "origins": []string{strings.TrimSuffix(facts.VisitorURL, "/")}, "operators": []string{facts.Operator.UserID},
		"invite": "everyone", "identity": yamlMap{"secret": facts.IdentitySecret},
		"widget": yamlMap{
			"consent": yamlMap{
				"en": "We keep what you write here, and where you came from, for 30 days, to answer you. Nobody else gets it.",
				"ru": "Мы храним то, что вы здесь напишете, и то, откуда вы пришли, 30 дней, чтобы вам ответить. Больше это никто не получит.",
			},
			"privacy": "https://shop.example.com/privacy",
		},
	}
}
