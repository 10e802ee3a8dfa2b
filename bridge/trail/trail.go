// Package trail is what the log calls things: the fields by which a message is
// followed through the whole house, the same in every package, and what the log may
// say of an error.
//
// A message has up to three ids, and the lines that join two of them hold both: the
// widget's key (client_id) and the entry's id when it comes into the journal, the
// entry's id and the event's (event_id) when it is in the room. So a search of the log
// for any of them leads to all of it. The life of a message is told at the level debug,
// one line a stage; what fails on the way at warn and error.
//
// No line, at any level, holds what people write: no text, name, e-mail address, page or
// name of a file. What others answer to us, homeservers and mail servers among them, may
// repeat it, so errors come into the log by Error alone.
package trail

import (
	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// The fields.
const (
	// Site and Visitor name a site of the config, and a visitor with its one dialog.
	Site    = "site"
	Visitor = "visitor"
	// Entry is the id of a journal's entry: the Matrix transaction id of what is sent,
	// and the key chat.anteroom.id in the event's content. Seq is its number in the dialog.
	Entry = "entry"
	Seq   = "seq"
	// Kind is an entry's kind, Author the party who wrote it.
	Kind   = "kind"
	Author = "author"
	// Target is the entry that an edit, a reaction or a removal is about.
	Target = "target"
	// ClientID is the key that the widget gave to what it sent.
	ClientID = "client_id"
	// EventID and RoomID are those of Matrix.
	EventID = "event_id"
	RoomID  = "room_id"
	// Cause is the entry that made the bot act.
	Cause = "caused_by"
	// Input is the key of what the bot heard, Request that of what it asks others, an
	// assistant among them.
	Input   = "input"
	Request = "request"
	// Connection is the number of a visitor's connection since the bridge's start.
	Connection = "connection"
	// Delivery is a mail or a webhook on its way.
	Delivery = "delivery"
	// File is the id of a file.
	File = "file"
	// Origin is the key that an entry's source gave it: that of the widget, of the Matrix
	// event, of the bot's turn.
	Origin = "origin"
	// Panic and Stack are of a fault of the program.
	Panic = "panic"
	Stack = "stack"
)

// Of adds the fields of an entry. It costs nothing when e is nil, as it is while its
// level is off.
func Of(e *zerolog.Event, entry *chat.Entry) *zerolog.Event {
	if e == nil {
		return nil
	}
	e.Str(Visitor, string(entry.Visitor)).Str(Entry, string(entry.ID)).Int64(Seq, entry.Seq).
		Str(Kind, string(entry.Kind)).Str(Author, string(entry.Author.Party))
	if entry.Client != "" {
		e.Str(ClientID, string(entry.Client))
	}
	if entry.Target != "" {
		e.Str(Target, string(entry.Target))
	}
	return e
}
