// Package convert turns Matrix events into chat content and chat entries into
// Matrix content. It is pure: no network, no clock, no store. Events are read
// leniently, because whatever an operator's client or a hostile server sends,
// the inbox must be able to go on: odd JSON gives a Verdict, never an error
// and never a panic.
package convert

import (
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Verdict says who an event is for.
type Verdict string

// The verdicts. The zero value is not one of them.
const (
	// Deliver: the content goes to the visitor.
	Deliver Verdict = "deliver"
	// Internal: a word among operators, which never reaches the visitor.
	Internal Verdict = "internal"
	// Refuse: an operator meant it for the visitor, and it cannot be
	// delivered; the room must be told why.
	Refuse Verdict = "refuse"
	// Ignore: nobody wrote it to anyone; a line in the debug log is enough.
	Ignore Verdict = "ignore"
)

// Reason is the stable code of why a verdict is not Deliver; empty when it is.
type Reason string

// Reasons of Internal.
const (
	ReasonNotice  Reason = "notice"  // m.notice: written by bots, or meant as a note
	ReasonThread  Reason = "thread"  // a message inside a thread
	ReasonCommand Reason = "command" // text that begins with "!" and a letter
)

// Reasons of Refuse.
const (
	ReasonEncrypted      Reason = "encrypted"       // m.room.encrypted: nothing here can read it
	ReasonPoll           Reason = "poll"            // a poll was started
	ReasonCall           Reason = "call"            // a voice or video call rings in the room
	ReasonVerification   Reason = "verification"    // m.key.verification.request
	ReasonUnknownType    Reason = "unknown_type"    // a msgtype that we do not know
	ReasonNoMedia        Reason = "no_media"        // a file without a usable mxc:// address
	ReasonEncryptedMedia Reason = "encrypted_media" // a file of an encrypted room (content.file)
	ReasonLiveLocation   Reason = "live_location"   // a live location was started
	ReasonBadLocation    Reason = "bad_location"    // a location without a usable geo: URI
	ReasonEmpty          Reason = "empty"           // nothing is left of the text
	ReasonMalformed      Reason = "malformed"       // an edit without target or new content, content that is no object
)

// Reasons of Ignore.
const (
	ReasonState        Reason = "state"         // a state event
	ReasonUnknownEvent Reason = "unknown_event" // an event type that says nothing to a visitor
	ReasonNotAnEvent   Reason = "not_an_event"  // not a JSON object, or one without a type
	ReasonRedacted     Reason = "redacted"      // removed before it came here
	ReasonNoTarget     Reason = "no_target"     // a redaction or a reaction of nothing
	ReasonBadKey       Reason = "bad_key"       // a reaction that is empty, longer than plain.MaxReaction, or a custom image
)

// Incoming is what an event of a dialog's room means.
//
// Kind, Content and Target are filled in for Internal events too, so that a
// command can be read from Content.Text. Ids of other events are Matrix ids:
// finding the entries that they stand for, and what to do when the target is
// itself internal, is the caller's job.
type Incoming struct {
	Verdict Verdict
	Reason  Reason
	// Kind is Message, Edit, Reaction or Redaction; empty for Ignore.
	Kind chat.Kind
	// Content has neither ReplyTo nor File.ID: the caller mints and maps them.
	// An edit carries the new text alone (of a file: its new caption, which
	// may be empty), never a File or Location.
	Content chat.Content
	// Target is the event that an edit, a reaction or a redaction is about.
	Target id.EventID
	// ReplyTo is the event that a message answers. It is empty for an edit:
	// the original's stays in force.
	ReplyTo id.EventID
	// Media is where the bytes of Content.File are; nil without a file.
	Media *Media
}

// Media is the address of an operator's file on the homeserver. What is known
// of the file itself stands in Content.File.
type Media struct {
	// URL is a well-formed mxc:// address.
	URL id.ContentURIString
}

func ignore(r Reason) Incoming { return Incoming{Verdict: Ignore, Reason: r} }

func refuse(r Reason) Incoming {
	return Incoming{Verdict: Refuse, Reason: r, Kind: chat.Message}
}
