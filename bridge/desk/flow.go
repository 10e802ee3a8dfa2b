package desk

import (
	"fmt"
	"strings"

	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Filled is what operators read of a form that the visitor filled in.
func (d *Desk) Filled(site *config.Site, answers []dialog.Answered) markup.Text {
	if len(answers) == 0 {
		return d.say(site, formEmpty, nil)
	}
	lines := []markup.Text{d.say(site, formFilled, nil)}
	for _, a := range answers {
		label := a.Field.Caption(site.Language)
		if label == "" {
			label = d.word(site, fieldKey(a.Field.Type))
		}
		lines = append(lines, d.say(site, formLine, markup.Values{"label": label, "value": a.Shown}))
	}
	return markup.Lines(lines...)
}

// fieldKey is the name of a form's field that has no label of its own; others have one.
func fieldKey(of config.FieldType) key {
	switch of {
	case config.FieldEmail:
		return fieldEmail
	case config.FieldPhone:
		return fieldPhone
	case config.FieldName, config.FieldText, config.FieldSelect, config.FieldCheckbox:
		return fieldName
	default:
		return fieldName
	}
}

// Rated is what operators read of a visitor's rating.
func (d *Desk) Rated(site *config.Site, r dialog.Rated) markup.Text {
	k := rated
	switch {
	case r.Same && r.Word == "":
		k = ratedLess
	case r.Same:
		k = ratedMore
	case r.Again:
		k = ratedAgain
	}
	head := d.say(site, k, markup.Values{"rating": stars(r.Rating)})
	if r.Word == "" {
		return head
	}
	word := d.say(site, ratedWord, markup.Values{"word": r.Word})
	word.HTML = strings.ReplaceAll(word.HTML, "\n", "<br>")
	return markup.Lines(head, word)
}

// stars draws a rating: stars with their number, or a thumb.
func stars(r store.Rating) string {
	switch {
	case r.Of > 1:
		return strings.Repeat("★", int(r.Score)) + strings.Repeat("☆", int(r.Of-r.Score)) + fmt.Sprintf(" %d/%d", r.Score, r.Of)
	case r.Score > 0:
		return "👍"
	default:
		return "👎"
	}
}
