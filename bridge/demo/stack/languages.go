package stack

import (
	"path/filepath"
	"strings"
)

// tonguesSite speaks languages of files beside those that are built in, each of which says
// a part; wholeSite has all that a window can have, in the page's language, and arabicSite
// in Arabic on every page.
const (
	wholeSite   = "whole"
	tonguesSite = "tongues"
	arabicSite  = "arabic"
)

// languageSites are those three; the files of sentences are in words, beside the folder of
// the chains.
func languageSites(folder string, facts Facts) yamlMap {
	words := func(name string) string { return filepath.Join(filepath.Dir(folder), "words", name) }
	site := func(name string, widget yamlMap) yamlMap {
		return yamlMap{
			"name": name, "origins": []string{strings.TrimSuffix(facts.VisitorURL, "/")}, "operators": []string{facts.Operator.UserID},
			"invite": "everyone", "widget": widget,
		}
	}
	tongues := site("Tongues", yamlMap{
		"fallback":  "ru",
		"languages": yamlMap{"de": words("de.yaml"), "pt-BR": words("pt-br.yaml"), "zh-Hans": words("zh-hans.yaml")},
	})
	whole := func(name, language string) yamlMap {
		made := site(name, yamlMap{
			"language": language, "person": true, "rating": "stars", "color": "#0f766e",
			"title":     yamlMap{"en": "Glina pottery", "ru": "Мастерская «Глина»", "ar": "غلينا للخزف"},
			"team":      yamlMap{"en": "Anna and Ben answer", "ru": "Отвечают Анна и Бен", "ar": "معك Anna وBen"},
			"channels":  yamlMap{"telegram": "glina_shop", "phone": "+442079460001", "links": []yamlMap{{"name": yamlMap{"en": "Help centre", "ru": "Справка", "ar": "مركز المساعدة"}, "url": "https://glina.example/help"}}},
			"proactive": []yamlMap{{"name": "welcome", "pages": []string{"/own/*"}, "after": "1s", "text": yamlMap{"en": "New here? Ask us about anything, even order GLINA-10.", "ru": "Вы у нас впервые? Спросите о чём угодно, хоть о заказе GLINA-10.", "ar": "أهلًا بك! اسألنا عن أي شيء، مثل الطلب GLINA-10."}}},
			"forms": yamlMap{"start": yamlMap{"fields": []yamlMap{
				{"type": "name", "required": true},
				{"type": "email", "required": true},
				{"type": "phone"},
				{
					"type": "select", "name": "topic", "label": yamlMap{"en": "What is it about?", "ru": "О чём вопрос?", "ar": "ما موضوع سؤالك؟"},
					"choices": []yamlMap{{"en": "An order", "ru": "Заказ", "ar": "طلب"}, {"en": "Something else", "ru": "Другое", "ar": "شيء آخر"}},
				},
				{"type": "checkbox", "name": "news", "label": yamlMap{"en": "Send me news", "ru": "Присылайте новости", "ar": "أرسلوا لي الأخبار"}},
			}}},
		})
		made["bot"] = yamlMap{"enabled": true, "chains": folder}
		made["files"] = yamlMap{"voice": "1m"}
		return made
	}
	return yamlMap{tonguesSite: tongues, wholeSite: whole("Whole", "auto"), arabicSite: whole("Arabic", "ar")}
}
