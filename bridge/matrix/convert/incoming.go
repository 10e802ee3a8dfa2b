package convert

import (
	"encoding/json"
	"strings"

	"maunium.net/go/mautrix/event"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

// FromMatrix says what the event in raw, as the homeserver sent it, means for
// the dialog. It does not look at the sender: events of our own ghosts are
// dropped before.
func FromMatrix(raw json.RawMessage) Incoming {
	evt, ok := parse(raw)
	if !ok || evt.string("type") == "" {
		return ignore(ReasonNotAnEvent)
	}
	kind := evt.string("type")
	content := evt.object("content")
	if evt.has("state_key") {
		return state(kind, content)
	}
	switch kind {
	case "m.room.message", "m.sticker":
		return message(evt, content, false)
	case "m.reaction":
		if content.isRedacted(evt) {
			return ignore(ReasonRedacted)
		}
		return reaction(content)
	case "m.room.redaction":
		return redaction(evt, content)
	case "m.room.encrypted":
		if content.isRedacted(evt) {
			return ignore(ReasonRedacted)
		}
		return refuse(ReasonEncrypted)
	case "m.poll.start", "org.matrix.msc3381.poll.start":
		return unlessThread(content, ReasonPoll)
	case "m.call.invite", "m.rtc.notification", "org.matrix.msc4075.rtc.notification":
		return unlessThread(content, ReasonCall)
	default:
		return ignore(ReasonUnknownEvent)
	}
}

// state refuses the one state event that an operator means for the visitor:
// the start of a live location (MSC3672).
func state(kind string, content object) Incoming {
	live, _ := content["live"].(bool)
	if live && (kind == "m.beacon_info" || kind == "org.matrix.msc3672.beacon_info") {
		return refuse(ReasonLiveLocation)
	}
	return ignore(ReasonState)
}

func unlessThread(content object, r Reason) Incoming {
	if content.relation().inThread() {
		return Incoming{Verdict: Internal, Reason: ReasonThread, Kind: chat.Message}
	}
	return refuse(r)
}

// isRedacted reports an event that was removed before it was sent to us: its
// content is empty (room versions keep nothing of a message), or the
// homeserver says so.
func (o object) isRedacted(evt object) bool {
	return evt.object("unsigned").has("redacted_because") || (o != nil && len(o) == 0)
}

// message judges a message; own is true for what we said ourselves.
func message(evt, content object, own bool) Incoming {
	if content.isRedacted(evt) {
		return ignore(ReasonRedacted)
	}
	if content == nil {
		return refuse(ReasonMalformed)
	}
	if evt.string("type") == "m.sticker" {
		content["msgtype"] = msgSticker
	}
	rel := content.relation()
	if rel.kind != event.RelReplace {
		in := judge(content, manner{reply: rel.replyTo != "", own: own})
		in.Kind = chat.Message
		in.ReplyTo = rel.replyTo
		return in
	}
	return edit(content, rel, own)
}

// manner is how the words of a content are read.
type manner struct {
	// reply is true for words that may begin with a quote of what they answer.
	reply bool
	// own is true for our own, which are what was said: nothing in them is a quote, a
	// command, or the name of an account that is to be hidden.
	own bool
}

// edit judges the new content as if it were a message, since an edit can turn
// an answer into a command or a note as well.
func edit(content object, rel relation, own bool) Incoming {
	next := content.object("m.new_content")
	if next == nil || rel.target == "" {
		in := refuse(ReasonMalformed)
		in.Kind, in.Target = chat.Edit, rel.target
		return in
	}
	if !next.has("msgtype") {
		next["msgtype"] = content["msgtype"]
	}
	// The new content's own fallback is not marked by a reply relation.
	in := judge(next, manner{reply: true, own: own})
	if content.string("msgtype") == string(event.MsgNotice) && in.Verdict == Deliver {
		in.Verdict, in.Reason = Internal, ReasonNotice
	}
	in.Kind = chat.Edit
	in.Target = rel.target
	in.Content.File, in.Content.Location, in.Media = nil, nil, nil
	return in
}

// msgSticker is our own msgtype for m.sticker events, which have none.
const msgSticker = "m.sticker"

// judge finds verdict and content of a message or of an edit's new content.
func judge(content object, as manner) Incoming {
	in := read(content, as)
	switch {
	case content.relation().inThread():
		in.Verdict, in.Reason = Internal, ReasonThread
	case content.string("msgtype") == string(event.MsgNotice):
		in.Verdict, in.Reason = Internal, ReasonNotice
	}
	return in
}

func read(content object, as manner) Incoming {
	switch msgtype := content.string("msgtype"); msgtype {
	case "m.text", "m.notice":
		return text(content, as)
	case "m.emote":
		c := words(content, content.string("body"), as)
		c.Emote = true
		if plain.Blank(c.Text) {
			return refuse(ReasonEmpty)
		}
		return Incoming{Verdict: Deliver, Content: c}
	case "m.image", "m.video", "m.audio", "m.file", msgSticker:
		return media(content, as)
	case "m.location":
		return location(content)
	case "m.key.verification.request":
		return refuse(ReasonVerification)
	default:
		return refuse(ReasonUnknownType)
	}
}

func text(content object, as manner) Incoming {
	c := words(content, content.string("body"), as)
	if plain.Blank(c.Text) {
		return refuse(ReasonEmpty)
	}
	return orCommand(c, as)
}

// orCommand delivers the content, unless its text is a command.
func orCommand(c chat.Content, as manner) Incoming {
	if as.own {
		return Incoming{Verdict: Deliver, Content: c}
	}
	if isCommand(c.Text) {
		return Incoming{Verdict: Internal, Reason: ReasonCommand, Content: c}
	}
	if plain, ok := unescape(c.Text); ok {
		c.Text, c.HTML = plain, unescapeHTML(c.HTML)
	}
	return Incoming{Verdict: Deliver, Content: c}
}

// words are the text and HTML of a content: of its body, or of a caption.
func words(content object, body string, as manner) chat.Content {
	var html string
	if content.string("format") == string(event.FormatHTML) {
		html = content.string("formatted_body")
	}
	if as.reply && !as.own {
		body = trimReplyFallback(strings.ReplaceAll(body, "\r\n", "\n"))
	}
	mentioned := content.object("m.mentions").strings("user_ids")
	doc := sanitise(html, mentioned)
	text := plain.Clean(body)
	if !as.own {
		text = hideIDs(text, doc.pills, mentioned)
	}
	if plain.Blank(text) {
		text = strings.TrimSpace(doc.text)
	}
	c := chat.Content{Text: text}
	if doc.says(text) {
		c.HTML = doc.html
	}
	return c
}
