// Package notice holds the sentences that operators read in a dialog's room
// when something did not go the usual way: what happened, and what to do.
// Each is kept once per language, with light marks of which both bodies of the
// event are made, so that they never differ.
package notice

import (
	"fmt"
	"strings"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/matrix/convert"
)

// Kind names a notice.
type Kind string

// What an operator wrote and the visitor did not get.
const (
	RefusedEncrypted      Kind = "refused_encrypted"
	RefusedPoll           Kind = "refused_poll"
	RefusedCall           Kind = "refused_call"
	RefusedVerification   Kind = "refused_verification"
	RefusedUnknownType    Kind = "refused_unknown_type"
	RefusedNoMedia        Kind = "refused_no_media"
	RefusedEncryptedMedia Kind = "refused_encrypted_media"
	RefusedLiveLocation   Kind = "refused_live_location"
	RefusedBadLocation    Kind = "refused_bad_location"
	RefusedEmpty          Kind = "refused_empty"
	RefusedMalformed      Kind = "refused_malformed"
	// EditKept: an edit made a note or a command of a delivered message, which the visitor still sees.
	EditKept Kind = "edit_kept"
	// SignedInSince: the visitor signed in, and reads another room since. Args.Room, Args.Via.
	SignedInSince Kind = "signed_in_since"
	// FirstNote: somebody wrote in a thread for the first time in this dialog.
	FirstNote Kind = "first_note"
	// VisitorErased: the visitor's data were erased, so nobody reads this.
	VisitorErased Kind = "visitor_erased"
	// SiteGone: the site left the config, so nobody reads this.
	SiteGone Kind = "site_gone"
	// Poison: an event could not be converted after several attempts. Args.Event names it.
	Poison Kind = "poison"
)

// What was said to or by a visitor and the room did not get, or not as it was.
const (
	// SendFailed: the homeserver refused a visitor's message. Args.Text, Args.Cause.
	SendFailed Kind = "send_failed"
	// BotSendFailed: the same of a message of the bot, which the visitor has. Args.Text, Args.Cause.
	BotSendFailed Kind = "bot_send_failed"
	// OperatorSendFailed: the same of a message that a command sent for an operator. Args.Text, Args.Cause.
	OperatorSendFailed Kind = "operator_send_failed"
	// EditFailed: the homeserver refused the edit of a visitor's message. Args.Text, Args.Cause.
	EditFailed Kind = "edit_failed"
	// RemovalFailed: the homeserver does not remove what the visitor removed. Args.Cause, Args.Event.
	RemovalFailed Kind = "removal_failed"
	// RemovalFailedBefore: the same in a room before this one. Args.Cause, Args.Room, Args.Via.
	RemovalFailedBefore Kind = "removal_failed_before"
	// FileTooLarge: the homeserver takes no file of this size. Args.File, Args.Size, Args.Words.
	FileTooLarge Kind = "file_too_large"
	// FileLost: the bridge's disk lost a file before it was sent. Args.File, Args.Words.
	FileLost Kind = "file_lost"
	// BotFileMissing: a message of the bot is here without its file. Args.File, Args.Cause.
	BotFileMissing Kind = "bot_file_missing"
)

// What an operator asked for and did not get.
const (
	// ExportTooLarge: the homeserver takes no file of this size. Args.File, Args.Size.
	ExportTooLarge Kind = "export_too_large"
	// ExportLost: the file could not be brought to the homeserver. Args.File, Args.Cause.
	ExportLost Kind = "export_lost"
)

// What happened to the room.
const (
	// EncryptionOn: somebody switched encryption on.
	EncryptionOn Kind = "encryption_on"
	// Erased: the visitor of this room was erased. Args.At.
	Erased Kind = "erased"
	// ErasedRoomLost: the bot is not in a room of an erased visitor any more.
	// Args.Number, Args.Room, Args.Via.
	ErasedRoomLost Kind = "erased_room_lost"
	// RoomReplaced: this room continues an older one. Args.Room, Args.Via.
	RoomReplaced Kind = "room_replaced"
)

// What happened to the site's spaces; told in the desk's room.
const (
	// SpaceReplaced: the site's space was gone and a new one was made. Args.Room, Args.Via.
	SpaceReplaced Kind = "space_replaced"
	// BucketReplaced: a space inside of it was. Args.Name.
	BucketReplaced Kind = "bucket_replaced"
	// OperatorLeft: an operator is not in the site's space any more. Args.Name.
	OperatorLeft Kind = "operator_left"
)

// Kinds are all of them.
func Kinds() []Kind {
	return []Kind{
		RefusedEncrypted, RefusedPoll, RefusedCall, RefusedVerification, RefusedUnknownType, RefusedNoMedia,
		RefusedEncryptedMedia, RefusedLiveLocation, RefusedBadLocation, RefusedEmpty, RefusedMalformed,
		EditKept, SignedInSince, FirstNote, VisitorErased, SiteGone, Poison, SendFailed, BotSendFailed, OperatorSendFailed, EditFailed, RemovalFailed, RemovalFailedBefore, FileTooLarge, FileLost, BotFileMissing,
		EncryptionOn, Erased, ErasedRoomLost, RoomReplaced, SpaceReplaced, BucketReplaced, OperatorLeft, ExportTooLarge, ExportLost,
	}
}

// Unsent is the notice of a party's message that the homeserver refused.
func Unsent(by chat.Party) Kind {
	switch by {
	case chat.Bot:
		return BotSendFailed
	case chat.Operator:
		return OperatorSendFailed
	case chat.Visitor:
		return SendFailed
	default:
		return SendFailed
	}
}

// OfReason is the notice that answers a message which was not delivered for
// this reason; false for reasons that nobody needs to be told of.
func OfReason(r convert.Reason) (Kind, bool) {
	switch r {
	case convert.ReasonEncrypted:
		return RefusedEncrypted, true
	case convert.ReasonPoll:
		return RefusedPoll, true
	case convert.ReasonCall:
		return RefusedCall, true
	case convert.ReasonVerification:
		return RefusedVerification, true
	case convert.ReasonUnknownType:
		return RefusedUnknownType, true
	case convert.ReasonNoMedia:
		return RefusedNoMedia, true
	case convert.ReasonEncryptedMedia:
		return RefusedEncryptedMedia, true
	case convert.ReasonLiveLocation:
		return RefusedLiveLocation, true
	case convert.ReasonBadLocation:
		return RefusedBadLocation, true
	case convert.ReasonEmpty:
		return RefusedEmpty, true
	case convert.ReasonMalformed:
		return RefusedMalformed, true
	case convert.ReasonCommand, convert.ReasonNotice, convert.ReasonThread, convert.ReasonState, convert.ReasonUnknownEvent,
		convert.ReasonNotAnEvent, convert.ReasonRedacted, convert.ReasonNoTarget, convert.ReasonBadKey:
		return "", false
	default:
		return "", false
	}
}

// Args are what a notice speaks of; those that a kind does not name are not
// used, and a part of a sentence whose argument is empty is left out.
type Args struct {
	// Text is what was written; an excerpt of 200 characters is shown.
	Text string
	// Words is what was written with a file that is missing; all of it is shown.
	Words string
	// Cause is what the homeserver said, such as "413 M_TOO_LARGE".
	Cause string
	// File is a file's name.
	File string
	// Size is in bytes.
	Size int64
	// Name is that of a space or a person.
	Name string
	// Event is the event that the notice is about.
	Event id.EventID
	// Room is another room, Via the servers through which it is found.
	Room id.RoomID
	Via  []string
	// Number is a visitor's within the site.
	Number int64
	// At is when something was, as the site's operators read it.
	At string
}

// maxExcerpt is the longest argument that is shown, in characters.
const maxExcerpt = 200

// Text is a notice in the language of a BCP 47 tag ("ru", "ru-RU"), as the
// plain and the HTML body of an m.notice. A language that is missing falls
// back to English.
func Text(lang string, kind Kind, args Args) (plain, formatted string) {
	texts := english()
	source := texts[kind]
	units := [...]string{"bytes", "KB", "MB", "GB"}
	point := "."
	if base, _, _ := strings.Cut(strings.ToLower(lang), "-"); base == "ru" {
		texts = russian()
		units = [...]string{"байт", "КБ", "МБ", "ГБ"}
		point = ","
	}
	if s := texts[kind]; s != "" {
		source = s
	}
	values := markup.Values{
		"text":  excerpt(args.Text),
		"words": whole(args.Words),
		"cause": excerpt(args.Cause),
		"file":  excerpt(args.File),
		"name":  excerpt(args.Name),
		"event": excerpt(string(args.Event)),
		"at":    args.At,
		"size":  size(args.Size, units, point),
	}
	if args.Number > 0 {
		values["number"] = fmt.Sprint(args.Number)
	}
	if args.Room != "" {
		values["room"] = args.Room.URI(args.Via...).MatrixToURL()
	}
	text := markup.Render(source, values)
	return text.Plain, text.HTML
}

// whole is a text on one line.
func whole(s string) string { return plain.Line(s, len(s)) }

func excerpt(s string) string {
	line := whole(s)
	if plain.Cut(line, maxExcerpt) == line {
		return line
	}
	return plain.Line(line, maxExcerpt-1) + "…"
}

// size is empty for an unknown one.
func size(bytes int64, units [4]string, point string) string {
	if bytes <= 0 {
		return ""
	}
	n, unit := float64(bytes), 0
	for n >= 1000 && unit < len(units)-1 {
		n, unit = n/1000, unit+1
	}
	s := fmt.Sprintf("%.1f", n)
	s = strings.TrimSuffix(s, ".0")
	return strings.Replace(s, ".", point, 1) + "\u00A0" + units[unit]
}
