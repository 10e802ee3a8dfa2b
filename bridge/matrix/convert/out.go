package convert

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.mau.fi/util/variationselector"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

// Refs are the Matrix ids behind what an entry refers to, as far as the
// entry needs them.
type Refs struct {
	// Target is the event that an edit, a reaction or a notice is about.
	Target id.EventID
	// Original is what the target of an edit says; with a file, the edit
	// changes its caption. Nil counts as a text.
	Original *chat.Content
	// Edits is the entry that a message is the edit of, which never came to its room.
	Edits chat.EntryID `json:",omitempty"`
	// ReplyTo is the event of Content.ReplyTo; empty if that never was one.
	ReplyTo id.EventID
	// Media is where the bytes of the entry's file are, or of Original's for an edit.
	Media id.ContentURIString
	// Language is what operators read, "en" or "ru"; English if it is empty.
	Language string `json:",omitempty"`
	// Card is the heading of the card whose button the visitor pressed: of several with
	// the same button operators are to see which. The visitor's own words are the button's.
	Card string `json:",omitempty"`
	// Pictures is where the pictures of cards are, as far as they are on the homeserver.
	Pictures map[chat.FileID]id.ContentURIString `json:",omitempty"`
}

// What ToMatrix cannot make an event of; each is the caller's mistake or a
// row that must be kept back, never a fault of the homeserver.
var (
	ErrNoTarget = errors.New("the target has no event yet")
	ErrNoMedia  = errors.New("the file is not on the homeserver yet")
	ErrEmpty    = errors.New("nothing to say")
	ErrNotSent  = errors.New("entries of this kind are not sent as events")
)

// EntryKey is the content key that names the entry of the journal behind an
// event; the sender finds its own events by it.
const EntryKey = "chat.anteroom.id"

// ClientKey is the content key of the widget's own key for what a visitor did: a widget
// that says it again is known by it, also to a database that was restored.
const ClientKey = "chat.anteroom.client"

// OperatorKey is the content key that names the operator on whose behalf the
// bot sent a message.
const OperatorKey = "chat.anteroom.operator"

// Message is the content of m.room.message.
type Message struct {
	event.MessageEventContent
	Entry    chat.EntryID  `json:"chat.anteroom.id"`
	Client   chat.ClientID `json:"chat.anteroom.client,omitempty"`
	Operator id.UserID     `json:"chat.anteroom.operator,omitempty"`
	// Edits is what it was an edit of, see Refs: a restored database makes it that again.
	Edits chat.EntryID `json:"chat.anteroom.edits,omitempty"`
	// Card is what the text has of the card whose button was pressed, see Refs.
	Card string `json:"chat.anteroom.card,omitempty"`
	// Place is the extensible form of a location (MSC3488).
	Place *Place `json:"org.matrix.msc3488.location,omitempty"`
	// Offer are the buttons, the form and the cards that the visitor got with it.
	Offer *chat.Offer `json:"chat.anteroom.offer,omitempty"`
	// AI says that a language model wrote it, and on what it rests.
	AI *chat.AI `json:"chat.anteroom.ai,omitempty"`
}

// Place is a location of MSC3488.
type Place struct {
	URI         string `json:"uri"`
	Description string `json:"description,omitempty"`
}

// Reaction is the content of m.reaction.
type Reaction struct {
	event.ReactionEventContent
	Entry  chat.EntryID  `json:"chat.anteroom.id"`
	Client chat.ClientID `json:"chat.anteroom.client,omitempty"`
}

// ToMatrix makes the event that tells the operators of an entry of the visitor or
// the bot, or of a message that a command sent for an operator. The content is a
// *Message or a *Reaction: what the entry means, never cut to a size (see TooLarge
// and Degrade).
//
// A visitor's words are plain text whatever they contain: there is no
// formatted body, and an empty m.mentions keeps "@room" from ringing anyone
// (Matrix specification, "User and room mentions").
func ToMatrix(e chat.Entry, refs Refs) (event.Type, any, error) {
	if e.Author.Party == chat.Operator && e.Kind != chat.Message {
		return event.Type{}, nil, fmt.Errorf("entry %s of an operator: %w", e.ID, ErrNotSent)
	}
	switch e.Kind {
	case chat.Message, chat.Notice:
		if e.Kind == chat.Notice && e.Content.Key != "" {
			return newReaction(e, refs)
		}
		m, err := newMessage(e, e.Content, refs)
		return finish(event.EventMessage, m, e, err)
	case chat.Edit:
		m, err := newEdit(e, refs)
		return finish(event.EventMessage, m, e, err)
	case chat.Reaction:
		return newReaction(e, refs)
	case chat.Redaction:
		// Redactions have an endpoint of their own.
		return event.Type{}, nil, fmt.Errorf("redaction %s: %w", e.ID, ErrNotSent)
	default:
		return event.Type{}, nil, fmt.Errorf("entry %s of kind %q: %w", e.ID, e.Kind, ErrNotSent)
	}
}

func finish(t event.Type, m *Message, e chat.Entry, err error) (event.Type, any, error) {
	if err != nil {
		return event.Type{}, nil, fmt.Errorf("%s %s: %w", e.Kind, e.ID, err)
	}
	return t, m, nil
}

func newReaction(e chat.Entry, refs Refs) (event.Type, any, error) {
	key := plain.Clean(e.Content.Key)
	if refs.Target == "" {
		return event.Type{}, nil, fmt.Errorf("reaction %s: %w", e.ID, ErrNoTarget)
	}
	if plain.Blank(key) {
		return event.Type{}, nil, fmt.Errorf("reaction %s: %w", e.ID, ErrEmpty)
	}
	r := &Reaction{Entry: e.ID, Client: e.Client}
	// With every U+FE0F that may stand there, as the clients send it, or they would count two reactions.
	r.RelatesTo.SetAnnotation(refs.Target, variationselector.Add(key))
	return event.EventReaction, r, nil
}

func newMessage(e chat.Entry, c chat.Content, refs Refs) (*Message, error) {
	m := &Message{Entry: e.ID, Client: e.Client, Edits: refs.Edits}
	if e.Author.Party == chat.Operator {
		m.Operator = id.UserID(e.Author.ID)
	}
	m.Mentions = mentions(e.Kind, c)
	m.say(e, c, refs)
	switch {
	case c.File != nil:
		if refs.Media == "" {
			return nil, ErrNoMedia
		}
		m.attach(*c.File, refs.Media)
	case c.Location != nil:
		m.locate(*c.Location)
	case plain.Blank(m.Body):
		return nil, ErrEmpty
	case e.Kind == chat.Notice && len(m.Mentions.UserIDs) == 0:
		m.MsgType = event.MsgNotice
	case c.Emote:
		m.MsgType = event.MsgEmote
	default:
		m.MsgType = event.MsgText
	}
	m.RelatesTo = relates(e, c, refs)
	return m, nil
}

// relates says what a message or a notice answers, or which thread it stands in.
func relates(e chat.Entry, c chat.Content, refs Refs) *event.RelatesTo {
	reply := refs.ReplyTo
	if e.Kind == chat.Notice && refs.Target != "" {
		reply = refs.Target
	}
	if c.Answers != "" {
		reply = id.EventID(c.Answers)
	}
	switch {
	case e.Kind == chat.Edit:
		return nil
	case c.Thread != "":
		// For clients without threads it is an answer to the event that begins it.
		return (&event.RelatesTo{}).SetThread(id.EventID(c.Thread), id.EventID(c.Thread))
	case reply != "":
		return (&event.RelatesTo{}).SetReplyTo(reply)
	default:
		return nil
	}
}

// say gives the message its text, what a message of the bot offers, and whether a
// model wrote it.
func (m *Message) say(e chat.Entry, c chat.Content, refs Refs) {
	m.Body = plain.Clean(c.Text)
	if card := plain.Line(refs.Card, maxCard); !plain.Blank(card) && card != m.Body {
		m.Card, m.Body = card, m.Body+besideCard+card
	}
	if e.Author.Party == chat.Bot && c.HTML != "" {
		m.Format, m.FormattedBody = event.FormatHTML, c.HTML
	}
	if c.Offer != nil {
		m.offer(*c.Offer, refs.Pictures)
	}
	if c.AI != nil && e.Kind == chat.Message && !plain.Blank(m.Body) {
		m.byline(*c.AI, refs.Language)
	}
}

// mentions are the users whom a notice rings. An empty list keeps "@room" in a
// visitor's words from ringing anyone.
func mentions(kind chat.Kind, c chat.Content) *event.Mentions {
	m := &event.Mentions{}
	if kind == chat.Notice {
		for _, user := range c.Mentions {
			m.UserIDs = append(m.UserIDs, id.UserID(user))
		}
	}
	return m
}

// attach makes a file of the message; what it says so far becomes the caption (MSC2530).
func (m *Message) attach(f chat.File, url id.ContentURIString) {
	m.MsgType = msgType(f.Kind)
	m.URL = url
	m.FileName = plain.FileName(f.Name)
	if m.FileName == "" {
		m.FileName = string(f.Kind)
	}
	if plain.Blank(m.Body) {
		m.Body = m.FileName
		m.Format, m.FormattedBody = "", ""
	}
	m.Info = &event.FileInfo{
		MimeType: f.Type,
		Size:     int(f.Size),
		Width:    f.Width,
		Height:   f.Height,
		Duration: int(f.Duration),
	}
	if f.Kind == chat.Voice {
		m.MSC3245Voice = &event.MSC3245Voice{}
		m.MSC1767Audio = &event.MSC1767Audio{Duration: int(f.Duration), Waveform: f.Waveform}
	}
}

func msgType(k chat.FileKind) event.MessageType {
	switch k {
	case chat.Image, chat.Sticker:
		return event.MsgImage
	case chat.Video:
		return event.MsgVideo
	case chat.Audio, chat.Voice:
		return event.MsgAudio
	case chat.Attachment:
		return event.MsgFile
	default:
		return event.MsgFile
	}
}

func (m *Message) locate(l chat.Location) {
	m.MsgType = event.MsgLocation
	m.GeoURI = geo(l)
	m.Place = &Place{URI: m.GeoURI, Description: m.Body}
	if plain.Blank(m.Body) {
		m.Body = "Location " + m.GeoURI
	}
}

// maxCard is how much of a card's heading stands beside the button that was pressed,
// in characters.
const maxCard = 100

// besideCard stands between a button and the heading of its card, which is in cardKey too.
const (
	besideCard = " · "
	cardKey    = "chat.anteroom.card"
)

// maxFallback is how much of an edit's text its fallback repeats, in bytes;
// clients that know edits do not show it, and an event has room for one text only.
const maxFallback = 4096

func newEdit(e chat.Entry, refs Refs) (*Message, error) {
	if refs.Target == "" {
		return nil, ErrNoTarget
	}
	c := e.Content
	if refs.Original != nil {
		c.File, c.Location = refs.Original.File, refs.Original.Location
		c.Emote = c.Emote || refs.Original.Emote
	}
	m, err := newMessage(e, c, refs)
	if err != nil {
		return nil, err
	}
	next := m.MessageEventContent
	m.NewContent = &next
	m.RelatesTo = (&event.RelatesTo{}).SetReplace(refs.Target)
	m.Body = "* " + m.Body
	if m.FormattedBody != "" {
		m.FormattedBody = "* " + m.FormattedBody
	}
	if len(m.Body)+len(m.FormattedBody) > maxFallback {
		m.Format, m.FormattedBody = "", ""
		m.Body = cutBytes(m.Body, maxFallback) + "…"
	}
	return m, nil
}

// cutBytes returns at most n bytes of s without breaking a character.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.TrimRight(s[:n], " \n")
}
