// Package wire is the protocol between the widget and the gateway,
// "anteroom.v1": JSON text frames over a WebSocket of that sub-protocol, or
// the same frames in the body of POST requests where WebSocket is blocked.
// README.md beside this file tells the story; testdata/ holds one golden JSON
// per frame, which this package's tests and the widget's tests both read.
package wire

import (
	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Subprotocol is the WebSocket sub-protocol of this version (RFC 6455 section 1.9).
const Subprotocol = "anteroom.v1"

// Close codes of the private range (RFC 6455 section 7.4.2).
const (
	// CloseReconnect asks the widget to connect again at once and resume: a
	// slow reader, a restart, a hello that came too late.
	CloseReconnect = 4000
	// CloseStop tells the widget not to come back by itself; the error frame
	// before it says why.
	CloseStop = 4001
)

// Type names a frame, in its field "t".
type Type string

// Frames of the widget.
const (
	TypeHello     Type = "hello"
	TypeMessage   Type = "message"
	TypeEdit      Type = "edit"
	TypeRedact    Type = "redact"
	TypeReaction  Type = "reaction"
	TypeDelivered Type = "delivered"
	TypePage      Type = "page"
	TypeOpened    Type = "opened"
	TypeVisited   Type = "visited"
	TypeProactive Type = "proactive"
	TypeEvent     Type = "event"
	TypeForm      Type = "form"
	TypeRate      Type = "rate"
	TypePing      Type = "ping"
)

// Frames of the gateway.
const (
	TypeWelcome Type = "welcome"
	TypeAck     Type = "ack"
	TypeEntry   Type = "entry"
	TypeStream  Type = "stream"
	TypeError   Type = "error"
	TypePong    Type = "pong"
	TypeLeft    Type = "left"
	TypeFlow    Type = "flow"
)

// Frames that go both ways: asked by the widget and answered by the gateway
// (upload, file, history), or said by either side (typing, read).
const (
	TypeUpload  Type = "upload"
	TypeFile    Type = "file"
	TypeHistory Type = "history"
	TypeTyping  Type = "typing"
	TypeRead    Type = "read"
)

// Hello is the first frame of every connection.
type Hello struct {
	T Type `json:"t"`
	// Secret is the browser's session: 43 characters of base64url (256 random
	// bits), made by the widget and kept in the site's localStorage.
	Secret string `json:"secret"`
	// Resume is the last entry that this tab holds; absent on a fresh start.
	Resume *Resume `json:"resume,omitempty"`
	Page   *Page   `json:"page,omitempty"`
	// Language is a BCP 47 tag: that in which the widget speaks, or the page's where the
	// widget does not speak it. TimeZone is an IANA name, as the browser says.
	Language string `json:"language,omitempty"`
	TimeZone string `json:"time_zone,omitempty"`
	// Hints are what navigator.userAgentData says, if the browser has it.
	Hints *Hints `json:"hints,omitempty"`
	// Consent is the hash of the text that the visitor agreed to, where the site asks
	// for that: the hex of its SHA-256.
	Consent string `json:"consent,omitempty"`
}

// Hints say what browser and system the visitor uses, in the names of the
// browsers' own interface (User-Agent Client Hints, section 4.1).
type Hints struct {
	Brands          []Brand `json:"brands,omitempty"`
	Mobile          bool    `json:"mobile,omitempty"`
	Platform        string  `json:"platform,omitempty"`
	PlatformVersion string  `json:"platformVersion,omitempty"`
	Model           string  `json:"model,omitempty"`
}

// Brand is one of the names that a browser gives itself.
type Brand struct {
	Brand   string `json:"brand"`
	Version string `json:"version"`
}

// Resume names the last entry that the widget holds; number 0 without an id
// says that it holds none and knows that there was none. When the journal has
// another entry at that number, the welcome says reset.
type Resume struct {
	Seq int64        `json:"seq"`
	ID  chat.EntryID `json:"id"`
}

// Message is a new message of the visitor: text, a file, or a file with a caption.
type Message struct {
	T       Type          `json:"t"`
	Client  chat.ClientID `json:"cid"`
	Text    string        `json:"text,omitempty"`
	ReplyTo chat.EntryID  `json:"reply_to,omitempty"`
	// File was announced by an upload frame and sent to the URL that it gave.
	File chat.FileID `json:"file,omitempty"`
	// Answer says that the message is a press of a button, whose words then are
	// the text, or comes from the form of a question.
	Answer *chat.Answer `json:"answer,omitempty"`
	// Location answers a question for a place, with the visitor's consent.
	Location *chat.Location `json:"location,omitempty"`
	// Person says that the message is the visitor's wish to talk to a person.
	Person bool `json:"person,omitempty"`
}

// Edit gives one of the visitor's own messages a new text.
type Edit struct {
	T      Type          `json:"t"`
	Client chat.ClientID `json:"cid"`
	Target chat.EntryID  `json:"target"`
	Text   string        `json:"text"`
}

// Redact removes one of the visitor's own messages or reactions.
type Redact struct {
	T      Type          `json:"t"`
	Client chat.ClientID `json:"cid"`
	Target chat.EntryID  `json:"target"`
}

// Reaction puts an emoji on a message.
type Reaction struct {
	T      Type          `json:"t"`
	Client chat.ClientID `json:"cid"`
	Target chat.EntryID  `json:"target"`
	Key    string        `json:"key"`
}

// Upload announces a file (widget), or says where its bytes go (gateway).
type Upload struct {
	T      Type          `json:"t"`
	Client chat.ClientID `json:"cid"`
	// Name, Type and Size (bytes) are the widget's.
	Name string `json:"name,omitempty"`
	Type string `json:"type,omitempty"`
	Size int64  `json:"size,omitempty"`
	// Voice makes a voice message of the file, which the visitor has recorded.
	Voice *chat.Recording `json:"voice,omitempty"`
	// File and URL are the gateway's: PUT the bytes there within the hour.
	File chat.FileID `json:"file,omitempty"`
	URL  string      `json:"url,omitempty"`
}

// FileLink asks for a fresh URL of a file (widget), or gives it (gateway).
type FileLink struct {
	T    Type        `json:"t"`
	File chat.FileID `json:"file"`
	URL  string      `json:"url,omitempty"`
}

// History asks for older entries (widget: Before, Limit), or gives them
// (gateway: Entries in rising order, More if there are older ones still).
type History struct {
	T       Type    `json:"t"`
	Before  int64   `json:"before"`
	Limit   int     `json:"limit,omitempty"`
	Entries []Entry `json:"entries,omitempty"`
	More    bool    `json:"more,omitempty"`
}

// Typing says that someone types or stopped. The widget repeats On every few
// seconds while it lasts; the gateway adds who it is. It is never stored.
type Typing struct {
	T      Type    `json:"t"`
	On     bool    `json:"on"`
	Author *Author `json:"author,omitempty"`
}

// Read says how far a side has seen the other's messages: from the widget,
// the visitor's; from the gateway, the operators'. It only ever rises.
type Read struct {
	T   Type  `json:"t"`
	Seq int64 `json:"seq"`
}

// Left says that no operator is in the dialog any more who spoke up to a number: it
// was closed, or given back to the bot. It only ever rises.
type Left struct {
	T   Type  `json:"t"`
	Seq int64 `json:"seq"`
}

// Delivered says how far the widget holds the operators' messages.
type Delivered struct {
	T   Type  `json:"t"`
	Seq int64 `json:"seq"`
}

// Ping asks for a Pong, to notice a half-open link.
type Ping struct {
	T Type `json:"t"`
}

// Welcome answers the hello.
type Welcome struct {
	T    Type `json:"t"`
	Site Site `json:"site"`
	// Seq is the number of the dialog's newest entry, 0 when there is none.
	Seq int64 `json:"seq"`
	// Reset tells the widget to forget what it holds: Entries starts anew.
	Reset bool `json:"reset,omitempty"`
	// Entries are those after the resume point, or the newest of the dialog on
	// a fresh start; at most 100. The rest follows as entry frames.
	Entries []Entry `json:"entries"`
	// More is true if there are entries older than the first of Entries (fresh start only).
	More bool `json:"more,omitempty"`
	// Read is how far the visitor has read, Seen how far the operators have.
	Read int64 `json:"read"`
	Seen int64 `json:"seen"`
	// Left is as in the frame of that name; absent while no operator has left.
	Left int64 `json:"left,omitempty"`
	// Now is the gateway's clock in Unix milliseconds, as the times of entries are:
	// what is "today" there may be tomorrow by the clock of a browser.
	Now int64 `json:"now,omitempty"`
	// Flow is what stands beside the talk; absent where the site has nothing of it.
	Flow *Flow `json:"flow,omitempty"`
}

// Site is what the widget needs to know of the site's settings once connected.
type Site struct {
	Name string `json:"name"`
	// MaxLength is the limit of a message in characters (Unicode code points).
	MaxLength int `json:"max_length"`
	// MaxFileSize is in bytes; 0 means that files are not accepted.
	MaxFileSize int64 `json:"max_file_size"`
	// MaxFiles is how many files may be chosen at once; absent if files are not accepted.
	MaxFiles int `json:"max_files,omitempty"`
	// FileTypes are media types and wildcards ("image/*") that are accepted; empty means all but the dangerous ones.
	FileTypes []string `json:"file_types,omitempty"`
	// Voice is the longest voice message, in milliseconds; absent if none are accepted.
	Voice int64 `json:"voice,omitempty"`
	// AINotice tells the visitor that an AI writes, in the language of the widget; it
	// is shown with the first words of one. Empty where none writes, or nothing is to be said.
	AINotice string `json:"ai_notice,omitempty"`
	// Away is what is said outside of the opening hours: now, or from within two weeks on.
	// Absent where nothing is to be said.
	Away *Away `json:"away,omitempty"`
	// Mails are what visitors may have sent to them: transcript, answers.
	Mails []string `json:"mails,omitempty"`
}

// Away says that nobody is there.
type Away struct {
	// Text is in the language of the widget.
	Text string `json:"text"`
	Span
	// Back is when somebody is there again, in milliseconds of Unix time, at the end of
	// For; 0 if that is not known.
	Back int64 `json:"back,omitempty"`
	// Later are the times after this one, in their order, for two weeks: the link may
	// last for days, and nothing more is said on it.
	Later []Span `json:"later,omitempty"`
}

// Span is a time in milliseconds from when it was told, so that a wrong clock does not matter.
type Span struct {
	// In is until it begins; 0 if it has begun.
	In int64 `json:"in,omitempty"`
	// For is until it ends; 0 if that is not known.
	For int64 `json:"for,omitempty"`
}

// Ack says that what the widget sent under Client is on disk: in the journal,
// or, without an id and a number, with the bot.
type Ack struct {
	T      Type          `json:"t"`
	Client chat.ClientID `json:"cid"`
	ID     chat.EntryID  `json:"id,omitempty"`
	Seq    int64         `json:"seq,omitempty"`
	At     int64         `json:"at"`
}

// NewEntry carries one entry of the journal, in rising order of numbers.
type NewEntry struct {
	T     Type  `json:"t"`
	Entry Entry `json:"entry"`
}

// Entry is a chat.Entry as the widget sees it. At is in Unix milliseconds.
// Numbers may have gaps: notices between operators are not shown.
type Entry struct {
	ID       chat.EntryID   `json:"id"`
	Seq      int64          `json:"seq"`
	Kind     chat.Kind      `json:"kind"`
	At       int64          `json:"at"`
	Author   Author         `json:"author"`
	Client   chat.ClientID  `json:"cid,omitempty"`
	Target   chat.EntryID   `json:"target,omitempty"`
	Text     string         `json:"text,omitempty"`
	HTML     string         `json:"html,omitempty"`
	Emote    bool           `json:"emote,omitempty"`
	ReplyTo  chat.EntryID   `json:"reply_to,omitempty"`
	Key      string         `json:"key,omitempty"`
	File     *File          `json:"file,omitempty"`
	Location *chat.Location `json:"location,omitempty"`
	Offer    *Offer         `json:"offer,omitempty"`
	Answer   *chat.Answer   `json:"answer,omitempty"`
	AI       *AI            `json:"ai,omitempty"`
	// Original is what an operator wrote, of a text that was translated for the visitor.
	Original *chat.Original `json:"original,omitempty"`
	Redacted bool           `json:"redacted,omitempty"`
}

// Offer is a chat.Offer as the widget sees it.
type Offer struct {
	Buttons []chat.Button `json:"buttons,omitempty"`
	Quick   bool          `json:"quick,omitempty"`
	Ask     *chat.Ask     `json:"ask,omitempty"`
	Cards   []Card        `json:"cards,omitempty"`
}

// Card is a chat.Card with the URL of its picture.
type Card struct {
	Title   string        `json:"title"`
	Text    string        `json:"text,omitempty"`
	Image   *File         `json:"image,omitempty"`
	Buttons []chat.Button `json:"buttons,omitempty"`
}

// File is a chat.File with the URL where the widget may fetch it for the next hour.
type File struct {
	chat.File
	URL string `json:"url"`
}

// Author is who wrote or types. ID is a digest that stands for one operator
// within the site; it, Name and Avatar (a URL) are set for operators only.
type Author struct {
	Party  chat.Party `json:"party"`
	ID     string     `json:"id,omitempty"`
	Name   string     `json:"name,omitempty"`
	Avatar string     `json:"avatar,omitempty"`
}

// Error answers a frame that was refused; nothing was changed by it.
type Error struct {
	T    Type      `json:"t"`
	Code chat.Code `json:"code"`
	// Text is one English sentence; the widget shows its own for known codes.
	Text string `json:"text"`
	// Client is the key of the refused frame, when it had one.
	Client chat.ClientID `json:"cid,omitempty"`
	// RetryAfter is in milliseconds; absent if trying again is of no use.
	RetryAfter int64 `json:"retry_after,omitempty"`
}

// Pong answers a Ping.
type Pong struct {
	T Type `json:"t"`
}
