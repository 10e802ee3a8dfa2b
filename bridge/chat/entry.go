package chat

import "time"

// Kind says what an entry of the journal does.
type Kind string

// The kinds of entries. Message, Edit, Redaction and Reaction are what a
// visitor sees; a Notice is the bot's word to the operators alone.
const (
	Message   Kind = "message"
	Edit      Kind = "edit"      // replaces the text of Target
	Redaction Kind = "redaction" // removes Target: a message or a reaction
	Reaction  Kind = "reaction"  // Content.Key on Target
	Notice    Kind = "notice"    // never leaves for the widget
)

// Party is one of the three that append to a dialog.
type Party string

// The parties of a dialog.
const (
	Visitor  Party = "visitor"
	Operator Party = "operator"
	Bot      Party = "bot"
)

// Author is who wrote an entry. ID and Name are empty for the visitor.
type Author struct {
	Party Party
	// ID is the operator's Matrix user id; it never leaves for the widget,
	// which is given an alias that nobody can compute.
	ID string
	// Name is the operator's display name when the entry was written.
	Name string
	// Avatar is the operator's mxc:// avatar when the entry was written, or empty.
	Avatar string
}

// Entry is one line of a dialog's journal. Entries are append-only; only a
// redaction empties the content of its target.
type Entry struct {
	ID      EntryID
	Visitor VisitorID
	// Seq numbers the entries of one dialog from 1, without gaps.
	Seq    int64
	Kind   Kind
	Author Author
	// Client is the widget's own key of the visitor's entries; empty on all others.
	Client ClientID
	// Target is the entry that an edit, redaction or reaction is about. A notice with
	// one is a word about that entry, or the bot's own reaction to it if it has a Key,
	// and goes when the entry does. Empty otherwise.
	Target  EntryID
	Content Content
	// Redacted is true once a redaction of this entry was appended.
	Redacted bool
	At       time.Time
}

// Content is what an entry says. Text is always plain text; HTML, when set,
// is the same text with formatting, sanitised for the widget.
type Content struct {
	Text  string `json:"text,omitempty"`
	HTML  string `json:"html,omitempty"`
	Emote bool   `json:"emote,omitempty"`
	// Stamp is when the homeserver took an operator's edit, in Unix milliseconds
	// of its clock: the newest edit of a message counts, in whatever order they come.
	Stamp int64 `json:"stamp,omitempty"`
	// ReplyTo is the message that this one answers.
	ReplyTo EntryID `json:"reply_to,omitempty"`
	// Mentions are the Matrix users whom a notice rings; it is a message then,
	// since clients are quiet about notices.
	Mentions []string `json:"mentions,omitempty"`
	// Answers is the Matrix event that a notice is about; empty for most.
	Answers string `json:"answers,omitempty"`
	// Key is the emoji of a reaction, also of the bot's own to a notice.
	Key string `json:"key,omitempty"`
	// File is the message's one attachment; Text is then its caption.
	File *File `json:"file,omitempty"`
	// Location is a place on the map; Text is then its description.
	Location *Location `json:"location,omitempty"`
	// Offer are the buttons, the form and the cards of a message of the bot.
	Offer *Offer `json:"offer,omitempty"`
	// Answer is the press or the form that made a visitor's message.
	Answer *Answer `json:"answer,omitempty"`
	// AI is set on words that a language model wrote.
	AI *AI `json:"ai,omitempty"`
	// Original is what the author wrote, on words that were translated for the visitor.
	Original *Original `json:"original,omitempty"`
	// Thread is the Matrix event under which a notice stands; empty for most.
	Thread string `json:"thread,omitempty"`
	// Draft is set on a notice that proposes an answer.
	Draft *Draft `json:"draft,omitempty"`
}

// FileKind is how a file is shown.
type FileKind string

// The kinds of files; Sticker is shown as an image without a frame.
const (
	Image      FileKind = "image"
	Video      FileKind = "video"
	Audio      FileKind = "audio"
	Voice      FileKind = "voice"
	Sticker    FileKind = "sticker"
	Attachment FileKind = "file"
)

// File describes a file of a dialog; its bytes are staged on disk, on the
// homeserver, or both (see store.File).
type File struct {
	ID   FileID   `json:"id"`
	Kind FileKind `json:"kind"`
	Name string   `json:"name"`
	// Type is the media type: found by content sniffing for uploads, claimed for operators' files.
	Type string `json:"type"`
	// Size is in bytes; 0 when an operator's client did not say.
	Size int64 `json:"size"`
	// Width and Height are in pixels; 0 when unknown.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	// Duration is in milliseconds; 0 when unknown.
	Duration int64 `json:"duration,omitempty"`
	// Waveform is that of a voice message, see the function of this name.
	Waveform []int `json:"waveform,omitempty"`
}

// Location is a point of RFC 5870 ("geo:51.5,-0.1").
type Location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

// Visible reports whether the widget is shown this entry.
func (e Entry) Visible() bool { return e.Kind != Notice }
