package convert

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"maunium.net/go/mautrix/event"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// FromOwn says what an event of a ghost, or of the bot for an operator, said: the words as
// they were, without what ToMatrix adds for operators. It is for a database that does not
// know it any more.
func FromOwn(raw json.RawMessage) Incoming {
	evt, ok := parse(raw)
	content := evt.object("content")
	if !ok || content == nil || evt.string("type") != event.EventMessage.Type {
		return FromMatrix(raw)
	}
	if card := content.string(cardKey); card != "" {
		content["body"] = strings.TrimSuffix(content.string("body"), besideCard+card)
	}
	return message(evt, content, true)
}

// FromBot says what an event of the bot, as the homeserver sent it, showed the visitor: the
// message without what ToMatrix adds for operators. It is for a database that does not know
// the message any more. Of its buttons links alone are left, for the chain that waited for
// the others is not there either. Notices, which visitors never see, are not delivered.
func FromBot(raw json.RawMessage) Incoming {
	evt, ok := parse(raw)
	if !ok || evt.string("type") != event.EventMessage.Type {
		return ignore(ReasonUnknownEvent)
	}
	content := evt.object("content")
	if content == nil {
		return ignore(ReasonNotAnEvent)
	}
	// A notice that is to ring somebody is no m.notice, or it would not ring.
	if len(content.object("m.mentions").strings("user_ids")) > 0 {
		return ignore(ReasonNotice)
	}
	var own struct {
		Content struct {
			Offer *chat.Offer `json:"chat.anteroom.offer"`
			AI    *chat.AI    `json:"chat.anteroom.ai"`
		}
	}
	_ = json.Unmarshal(raw, &own) // what cannot be read was not there
	offer := own.Content.Offer
	if own.Content.AI != nil {
		content.cutByline()
	}
	if offer != nil {
		offer = content.cutOffer(*offer)
	}
	in := message(evt, content, true)
	if in.Reason == ReasonEmpty && offer != nil {
		in = Incoming{Verdict: Deliver, Kind: chat.Message} // cards need no words beside them
	}
	if in.Kind != chat.Message || in.Verdict != Deliver {
		return ignore(ReasonUnknownEvent)
	}
	in.Content.Offer, in.Content.AI = offer, own.Content.AI
	return in
}

// cutByline takes away the line that byline adds.
func (o object) cutByline() {
	for key, begins := range map[string]string{"body": bylineText, "formatted_body": bylineHTML} {
		if said := o.string(key); strings.Contains(said, begins) {
			o[key] = said[:strings.LastIndex(said, begins)]
		}
	}
}

// pictureName is the line with a picture's name.
var pictureName = regexp.MustCompile("(?m)^" + pictureMark + ".*\n?")

// cutOffer takes away the lines that offer adds, and returns what can be offered again,
// or nil. A message that said nothing else keeps the lines that are not.
func (o object) cutOffer(given chat.Offer) *chat.Offer {
	var lines Message
	lines.offer(given, nil)
	again := links(given)
	// The offer does not have the names of its pictures, which stand in lines of their own.
	body := strings.TrimSuffix(pictureName.ReplaceAllString(o.string("body"), ""), "\n")
	said, found := strings.CutSuffix(body, lines.Body)
	if said = strings.TrimSuffix(said, "\n"); !found || said == "" && again == nil {
		return again
	}
	delete(o, "format")
	delete(o, "formatted_body")
	o["body"] = said
	return again
}

// links are the cards and the links of an offer, or nil if it has none.
func links(o chat.Offer) *chat.Offer {
	noLink := func(b chat.Button) bool { return b.URL == "" }
	again := &chat.Offer{Buttons: slices.DeleteFunc(slices.Clone(o.Buttons), noLink), Cards: slices.Clone(o.Cards)}
	for i := range again.Cards {
		c := &again.Cards[i]
		c.Image, c.Buttons = nil, slices.DeleteFunc(slices.Clone(c.Buttons), noLink)
	}
	if len(again.Buttons)+len(again.Cards) == 0 {
		return nil
	}
	return again
}
