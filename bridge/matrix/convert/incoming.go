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
		return message(evt, content)
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

func message(evt, content object) Incoming {
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
		in := judge(content, rel.replyTo != "")
		in.Kind = chat.Message
		in.ReplyTo = rel.replyTo
		return in
	}
	return edit(content, rel)
}

// edit judges the new content as if it were a message, since an edit can turn
// an answer into a command or a note as well.
func edit(content object, rel relation) Incoming {
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
	in := judge(next, true)
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
func judge(content object, reply bool) Incoming {
	in := read(content, reply)
	switch {
	case content.relation().inThread():
		in.Verdict, in.Reason = Internal, ReasonThread
	case content.string("msgtype") == string(event.MsgNotice):
		in.Verdict, in.Reason = Internal, ReasonNotice
	}
	return in
}

func read(content object, reply bool) Incoming {
	switch msgtype := content.string("msgtype"); msgtype {
	case "m.text", "m.notice":
		return text(content, reply)
	case "m.emote":
		c := words(content, content.string("body"), reply)
		c.Emote = true
		if plain.Blank(c.Text) {
			return refuse(ReasonEmpty)
		}
		return Incoming{Verdict: Deliver, Content: c}
	case "m.image", "m.video", "m.audio", "m.file", msgSticker:
		return media(content, reply)
	case "m.location":
		return location(content)
	case "m.key.verification.request":
		return refuse(ReasonVerification)
	default:
		return refuse(ReasonUnknownType)
	}
}

func text(content object, reply bool) Incoming {
	c := words(content, content.string("body"), reply)
	if plain.Blank(c.Text) {
		return refuse(ReasonEmpty)
	}
	return orCommand(c)
}

// orCommand delivers the content, unless its text is a command.
func orCommand(c chat.Content) Incoming {
	if isCommand(c.Text) {
		return Incoming{Verdict: Internal, Reason: ReasonCommand, Content: c}
	}
	if plain, ok := unescape(c.Text); ok {
		c.Text, c.HTML = plain, unescapeHTML(c.HTML)
	}
	return Incoming{Verdict: Deliver, Content: c}
}

// words are the text and HTML of a content: of its body, or of a caption.
func words(content object, body string, reply bool) chat.Content {
	var html string
	if content.string("format") == string(event.FormatHTML) {
		html = content.string("formatted_body")
	}
	if reply {
		body = trimReplyFallback(strings.ReplaceAll(body, "\r\n", "\n"))
	}
	mentioned := content.object("m.mentions").strings("user_ids")
	doc := sanitise(html, mentioned)
	text := hideIDs(plain.Clean(body), doc.pills, mentioned)
	if plain.Blank(text) {
		text = strings.TrimSpace(doc.text)
	}
	c := chat.Content{Text: text}
	if doc.says(text) {
		c.HTML = doc.html
	}
	return c
}
