package convert

import (
	"strings"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

// maxID is the length limit of event ids in bytes (Matrix specification,
// appendices, "Common Identifier Format").
const maxID = 255

// eventID is the event id at key, or "" when it has not the form of one.
func (o object) eventID(key string) id.EventID {
	s := o.string(key)
	if len(s) < 2 || len(s) > maxID || s[0] != '$' {
		return ""
	}
	return id.EventID(s)
}

// relation is the m.relates_to of a content.
type relation struct {
	kind    event.RelationType
	target  id.EventID
	replyTo id.EventID
	key     string
}

func (o object) relation() relation {
	rel := o.object("m.relates_to")
	return relation{
		kind:    event.RelationType(rel.string("rel_type")),
		target:  rel.eventID("event_id"),
		replyTo: rel.object("m.in_reply_to").eventID("event_id"),
		key:     rel.string("key"),
	}
}

// inThread is true for the unstable name of threads as well: a note that an
// old client files in a thread is a note all the same.
func (r relation) inThread() bool {
	return r.kind == event.RelThread || r.kind == "io.element.thread"
}

func reaction(content object) Incoming {
	rel := content.relation()
	if rel.kind != event.RelAnnotation || rel.target == "" {
		return ignore(ReasonNoTarget)
	}
	key, ok := plain.Reaction(rel.key)
	if !ok {
		return ignore(ReasonBadKey)
	}
	return Incoming{Verdict: Deliver, Kind: chat.Reaction, Content: chat.Content{Key: key}, Target: rel.target}
}

// redaction reads the target from the content, where room version 11 put it,
// or from the top level, where it was before.
func redaction(evt, content object) Incoming {
	target := content.eventID("redacts")
	if target == "" {
		target = evt.eventID("redacts")
	}
	if target == "" {
		return ignore(ReasonNoTarget)
	}
	return Incoming{Verdict: Deliver, Kind: chat.Redaction, Target: target}
}

// trimReplyFallback takes away the quotation that clients before version 1.13
// of the specification put above a reply: "> <@user:server> …" and an empty line.
func trimReplyFallback(body string) string {
	if !strings.HasPrefix(body, "> <@") && !strings.HasPrefix(body, "> * <@") {
		return body
	}
	rest := body
	for strings.HasPrefix(rest, ">") {
		_, after, found := strings.Cut(rest, "\n")
		if !found {
			return ""
		}
		rest = after
	}
	return strings.TrimPrefix(rest, "\n")
}
