package convert

import (
	"html"
	"slices"
	"strings"

	"maunium.net/go/mautrix/event"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

// offer adds to the message's text what the visitor could press: for operators
// to read, not to press.
func (m *Message) offer(o chat.Offer) {
	var text, formatted []string
	if !plain.Blank(m.Body) {
		text, formatted = append(text, m.Body), append(formatted, paragraph(m.Body))
	}
	add := func(words string, html ...string) {
		if words != "" {
			text, formatted = append(text, words), append(formatted, strings.Join(html, ""))
		}
	}
	for _, c := range o.Cards {
		title, words := plain.Clean(c.Title), plain.Clean(c.Text)
		picture := pictureOf(c)
		said := strings.TrimSpace(title + "\n" + strings.TrimSpace(picture+"\n"+words))
		add(said, "<p><strong>", html.EscapeString(title), "</strong>", lineBreak(picture), lineBreak(words), "</p>")
		add(row(c.Buttons), list(c.Buttons))
	}
	add(row(o.Buttons), list(o.Buttons))
	if o.Ask != nil {
		var choices []chat.Button
		for _, c := range o.Ask.Choices {
			choices = append(choices, chat.Button{Text: c})
		}
		add(row(choices), list(choices))
	}
	m.Offer = public(o)
	m.Body = strings.Join(text, "\n")
	if len(text) > 0 {
		m.Format, m.FormattedBody = event.FormatHTML, strings.Join(formatted, "")
	}
}

// pictureOf names a card's picture, which stays in the chat.
func pictureOf(c chat.Card) string {
	if c.Image == nil {
		return ""
	}
	return "🖼 " + plain.FileName(c.Image.Name)
}

// public is an offer without what only the bridge can make use of: the step
// behind it, and the pictures, which are not on the homeserver.
func public(o chat.Offer) *chat.Offer {
	o.Step, o.Cards = "", slices.Clone(o.Cards)
	for i := range o.Cards {
		o.Cards[i].Image = nil
	}
	return &o
}

// row are buttons in a line of text.
func row(buttons []chat.Button) string {
	words := make([]string, 0, len(buttons))
	for _, b := range buttons {
		word := "[ " + plain.Line(b.Text, len(b.Text)) + " ]"
		if b.URL != "" {
			word += " " + plain.Line(b.URL, len(b.URL))
		}
		words = append(words, word)
	}
	return strings.Join(words, "  ")
}

// list are buttons as a list.
func list(buttons []chat.Button) string {
	var b strings.Builder
	b.WriteString("<ul>")
	for _, button := range buttons {
		words := html.EscapeString(plain.Line(button.Text, len(button.Text)))
		if button.URL != "" {
			words = `<a href="` + html.EscapeString(plain.Line(button.URL, len(button.URL))) + `">` + words + `</a>`
		}
		b.WriteString("<li>" + words + "</li>")
	}
	b.WriteString("</ul>")
	return b.String()
}

func paragraph(text string) string { return "<p>" + breaks(text) + "</p>" }

func lineBreak(text string) string {
	if text == "" {
		return ""
	}
	return "<br>" + breaks(text)
}

func breaks(text string) string { return strings.ReplaceAll(html.EscapeString(text), "\n", "<br>") }
