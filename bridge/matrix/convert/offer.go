package convert

import (
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

// offer adds to the message's text what the visitor could press: for operators
// to read, not to press. Clients that show no pictures in a text show their names,
// which stand below them.
func (m *Message) offer(o chat.Offer, pictures map[chat.FileID]id.ContentURIString) {
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
		name, drawn := pictureOf(c, pictures)
		said := strings.TrimSpace(title + "\n" + strings.TrimSpace(name+"\n"+words))
		if title != "" {
			title = "<strong>" + html.EscapeString(title) + "</strong>"
		}
		shown := title + drawn + lineBreak(name) + lineBreak(words)
		add(said, "<p>", strings.TrimPrefix(shown, "<br>"), "</p>") // a card may have no heading
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

// How large a picture in a text is at most, in pixels.
const (
	maxPictureWidth  = 320
	maxPictureHeight = 240
)

// pictureOf names a card's picture, and draws it if it is on the homeserver.
func pictureOf(c chat.Card, pictures map[chat.FileID]id.ContentURIString) (name, drawn string) {
	if c.Image == nil {
		return "", ""
	}
	name = plain.FileName(c.Image.Name)
	if at := pictures[c.Image.ID]; at != "" {
		size := ""
		if w, h := c.Image.Width, c.Image.Height; w > 0 && h > 0 {
			if w > maxPictureWidth {
				w, h = maxPictureWidth, h*maxPictureWidth/w
			}
			if h > maxPictureHeight {
				w, h = w*maxPictureHeight/h, maxPictureHeight
			}
			size = fmt.Sprintf(` width="%d" height="%d"`, max(w, 1), max(h, 1))
		}
		drawn = `<br><img src="` + html.EscapeString(string(at)) + `" alt="` + html.EscapeString(name) + `"` + size + `>`
	}
	return pictureMark + name, drawn
}

// pictureMark stands before the name of a picture in a text.
const pictureMark = "🖼 "

// public is an offer without what only the bridge can make use of: the step
// behind it, and its own ids of the pictures.
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
		if leads(button.URL) {
			words = `<a href="` + html.EscapeString(plain.Line(button.URL, len(button.URL))) + `">` + words + `</a>`
		}
		b.WriteString("<li>" + words + "</li>")
	}
	b.WriteString("</ul>")
	return b.String()
}

// leads reports whether a button's link is one that the widget offers too: clients differ
// in what they let a link do.
func leads(link string) bool {
	u, err := url.Parse(link)
	return err == nil && (goesOut(u) || strings.EqualFold(u.Scheme, "tel") && u.Opaque != "")
}

func paragraph(text string) string { return "<p>" + breaks(text) + "</p>" }

func lineBreak(text string) string {
	if text == "" {
		return ""
	}
	return "<br>" + breaks(text)
}

func breaks(text string) string { return strings.ReplaceAll(html.EscapeString(text), "\n", "<br>") }
