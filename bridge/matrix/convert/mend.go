package convert

import (
	"encoding/json"

	"maunium.net/go/mautrix/event"
)

// Mend says what a message means that was kept back, now that its author has
// edited it: the new content as a message of its own, with its file, as an
// answer to what the original answered.
func Mend(original, edit json.RawMessage) Incoming {
	before, ok := parse(original)
	after, isEvent := parse(edit)
	if !ok || !isEvent {
		return ignore(ReasonNotAnEvent)
	}
	content, old := after.object("content"), before.object("content")
	next := content.object("m.new_content")
	if next == nil || old.relation().inThread() || old.string("msgtype") == string(event.MsgNotice) {
		return ignore(ReasonNoTarget)
	}
	if !next.has("msgtype") {
		next["msgtype"] = content["msgtype"]
	}
	if answered := old.relation().replyTo; answered != "" {
		next["m.relates_to"] = map[string]any{"m.in_reply_to": map[string]any{"event_id": string(answered)}}
	} else {
		delete(next, "m.relates_to")
	}
	return message(after, next, false)
}
