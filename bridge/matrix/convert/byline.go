package convert

import (
	"html"
	"net/url"
	"strings"

	"maunium.net/go/mautrix/event"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

// maxTitle is the longest title of a source that is shown, in characters.
const maxTitle = 80

// What stands before the line that byline adds, in text and HTML.
const (
	bylineText = "\n— "
	bylineHTML = "<br><sub>"
)

// byline adds to words of a language model a last, small line that says so, and
// what they rest on: operators see at once which messages are not a person's.
// Clients show <sub> small (Matrix specification, "m.room.message msgtypes").
func (m *Message) byline(ai chat.AI, language string) {
	mark, cut := "AI", "interrupted"
	if strings.HasPrefix(language, "ru") {
		mark, cut = "ИИ", "прервано"
	}
	text, formatted := []string{mark}, []string{mark}
	if titles, links := sources(ai.Sources); titles != "" {
		text, formatted = append(text, titles), append(formatted, links)
	}
	if ai.Interrupted {
		text, formatted = append(text, cut), append(formatted, cut)
	}
	said := m.FormattedBody
	if said == "" {
		said = breaks(m.Body)
	}
	m.Format, m.FormattedBody = event.FormatHTML, said+bylineHTML+strings.Join(formatted, " · ")+"</sub>"
	m.Body += bylineText + strings.Join(text, " · ")
	ai.Stream = "" // of use to the widget alone
	m.AI = &ai
}

// sources are the titles of passages, as text and as links.
func sources(all []chat.Source) (titles, links string) {
	var text, formatted []string
	for _, s := range all {
		title := plain.Line(s.Title, maxTitle)
		if plain.Blank(title) {
			continue
		}
		link := html.EscapeString(title)
		if u, err := url.Parse(s.URL); err == nil && s.URL != "" && goesOut(u) {
			link = `<a href="` + html.EscapeString(s.URL) + `">` + link + `</a>`
		}
		text, formatted = append(text, title), append(formatted, link)
	}
	return strings.Join(text, ", "), strings.Join(formatted, ", ")
}
