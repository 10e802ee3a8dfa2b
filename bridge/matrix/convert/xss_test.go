package convert_test

import (
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest/xss"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/matrix/convert"
)

// What an operator's client calls HTML is text to the widget, or one of a few elements,
// in messages of all kinds and in edits.
func TestNoVectorOfAnOperatorIsMoreThanText(t *testing.T) {
	for _, v := range xss.All(t) {
		said := func(kind string) map[string]any {
			return map[string]any{"msgtype": kind, "body": v.Text, "format": "org.matrix.custom.html", "formatted_body": v.Text}
		}
		edit := said("m.text")
		edit["m.new_content"] = said("m.text")
		edit["m.relates_to"] = map[string]any{"rel_type": "m.replace", "event_id": "$first"}
		picture := said("m.image")
		picture["url"], picture["filename"] = "mxc://example.org/abc", v.Text
		for name, content := range map[string]map[string]any{"text": said("m.text"), "emote": said("m.emote"), "edit": edit, "caption": picture} {
			in := convert.FromMatrix(rawEvent(t, "m.room.message", content))
			if in.Verdict == convert.Refuse || in.Verdict == convert.Ignore {
				t.Errorf("%s as %s: %s %s", v.Name, name, in.Verdict, in.Reason)
			}
			if harm := xss.Harm(t, in.Content.HTML); harm != "" {
				t.Errorf("%s as %s: %s in %s", v.Name, name, harm, in.Content.HTML)
			}
		}
	}
}

// What visitors write, and what of it comes back in the words of the bot, stands in the
// room as text, also for clients that would show any HTML.
func TestNoVectorOfAVisitorIsMoreThanTextInTheRoom(t *testing.T) {
	for _, v := range xss.All(t) {
		buttons := []chat.Button{{Text: v.Text, URL: v.Text}, {Text: v.Text}}
		for name, e := range map[string]chat.Entry{
			"a message":  {Kind: chat.Message, Author: chat.Author{Party: chat.Visitor}, Content: chat.Content{Text: v.Text, HTML: v.Text}},
			"an edit":    {Kind: chat.Edit, Author: chat.Author{Party: chat.Visitor}, Content: chat.Content{Text: v.Text}},
			"a caption":  {Kind: chat.Message, Author: chat.Author{Party: chat.Visitor}, Content: chat.Content{Text: v.Text, File: &chat.File{Kind: chat.Image, Name: v.Text}}},
			"a press":    {Kind: chat.Message, Author: chat.Author{Party: chat.Visitor}, Content: chat.Content{Text: v.Text, Answer: &chat.Answer{Value: v.Text}}},
			"buttons":    {Kind: chat.Message, Author: chat.Author{Party: chat.Bot}, Content: chat.Content{Text: v.Text, Offer: &chat.Offer{Buttons: buttons, Quick: true}}},
			"a form":     {Kind: chat.Message, Author: chat.Author{Party: chat.Bot}, Content: chat.Content{Text: v.Text, Offer: &chat.Offer{Ask: &chat.Ask{Choices: []string{v.Text}}}}},
			"a card":     {Kind: chat.Message, Author: chat.Author{Party: chat.Bot}, Content: chat.Content{Offer: &chat.Offer{Cards: []chat.Card{{Title: v.Text, Text: v.Text, Buttons: buttons}}}}},
			"an AI":      {Kind: chat.Message, Author: chat.Author{Party: chat.Bot}, Content: chat.Content{Text: v.Text, AI: &chat.AI{Interrupted: true, Sources: []chat.Source{{Title: v.Text, URL: v.Text}}}}},
			"a notice":   {Kind: chat.Notice, Author: chat.Author{Party: chat.Bot}, Content: chat.Content{Text: v.Text}},
			"a reaction": {Kind: chat.Reaction, Author: chat.Author{Party: chat.Visitor}, Content: chat.Content{Key: v.Text}},
		} {
			_, content, err := convert.ToMatrix(e, convert.Refs{Target: "$target", ReplyTo: "$reply", Media: "mxc://example.org/a", Card: v.Text})
			if err != nil {
				t.Errorf("%s as %s: %v", v.Name, name, err)
				continue
			}
			m, ok := content.(*convert.Message)
			if !ok {
				continue
			}
			if e.Author.Party == chat.Visitor && m.FormattedBody != "" {
				t.Errorf("%s as %s has HTML: %s", v.Name, name, m.FormattedBody)
			}
			if harm := xss.Harm(t, m.FormattedBody); harm != "" {
				t.Errorf("%s as %s: %s in %s", v.Name, name, harm, m.FormattedBody)
			}
		}
	}
}
