package talk

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"
)

// Action is one thing that the bot wants done. All actions of a turn are done
// together with the keeping of its state, or not at all.
type Action interface{ action() }

// MaxText is the most characters of one message of the bot.
const MaxText = 4000

// Say is a message to the visitor.
type Say struct {
	Text  string `json:"text,omitempty"`
	Media *Media `json:"media,omitempty"`
	Offer *Offer `json:"offer,omitempty"`
	// Byline is set on words of an assistant.
	Byline *Byline `json:"byline,omitempty"`
}

// Byline tells where words of an assistant come from.
type Byline struct {
	// Assistant is its name in the config.
	Assistant string `json:"assistant"`
	// Stream is the ID of the Generate that they answer. While they came the visitor
	// was shown them under that name, and now they stand in their place.
	Stream string `json:"stream,omitempty"`
	// Sources are the passages that they rest on.
	Sources []Source `json:"sources,omitempty"`
}

// Source is a passage of an assistant's knowledge that the visitor may look up.
type Source struct {
	Title string `json:"title"`
	// URL is where the visitor may read it, or empty.
	URL string `json:"url,omitempty"`
}

// Media is a file that the bot shows: one of the chains' folder, or an https URL.
type Media struct {
	// Path is relative to the folder of chains; URL is used without it.
	Path string `json:"path,omitempty"`
	URL  string `json:"url,omitempty"`
	// Image is true if it is shown as a picture, else it is a file to download.
	Image bool `json:"image,omitempty"`
}

// Offer are ways to answer a message beside free text.
type Offer struct {
	// Step is the step that said it, for the Press of one of its buttons.
	Step string `json:"step"`
	// Buttons stay; Quick ones go away once anybody says anything.
	Buttons []Button `json:"buttons,omitempty"`
	Quick   bool     `json:"quick,omitempty"`
	Ask     *Ask     `json:"ask,omitempty"`
	// Cards are shown side by side, each with buttons of its own.
	Cards []Card `json:"cards,omitempty"`
}

// Button returns the button at a place: first Buttons are counted, from 0, and
// then those of each card in order.
func (o *Offer) Button(place int) (Button, bool) {
	all := o.Buttons
	for _, c := range o.Cards {
		all = append(all[:len(all):len(all)], c.Buttons...)
	}
	if place < 0 || place >= len(all) {
		return Button{}, false
	}
	return all[place], true
}

// Button is one answer to press, or a link if it has a URL.
type Button struct {
	Text string `json:"text"`
	URL  string `json:"url,omitempty"`
}

// Card is a picture with words and buttons.
type Card struct {
	Title   string   `json:"title"`
	Text    string   `json:"text,omitempty"`
	Media   *Media   `json:"media,omitempty"`
	Buttons []Button `json:"buttons,omitempty"`
}

// AskType is what a question wants to know.
type AskType string

// The types of questions.
const (
	AskText     AskType = "text"
	AskNumber   AskType = "number"
	AskInteger  AskType = "integer"
	AskEmail    AskType = "email"
	AskPhone    AskType = "phone"
	AskURL      AskType = "url"
	AskDate     AskType = "date"
	AskTime     AskType = "time"
	AskDateTime AskType = "datetime"
	AskChoice   AskType = "choice"
	AskFile     AskType = "file"
	AskRating   AskType = "rating"
	AskRegex    AskType = "regex"
	AskLocation AskType = "location"
)

// Ask tells the widget which form helps with the answer.
type Ask struct {
	Type AskType `json:"type"`
	// Choices are the words of a choice; Many lets the visitor take several.
	Choices []string `json:"choices,omitempty"`
	Many    bool     `json:"many,omitempty"`
	// Min and Max are bounds in the form of Event.Reply: of a number, a date or a
	// time; for a text, the fewest and the most characters; for a rating, the highest is Max.
	Min string `json:"min,omitempty"`
	Max string `json:"max,omitempty"`
	// Placeholder stands in the empty field.
	Placeholder string `json:"placeholder,omitempty"`
}

// MaxValue is the most characters of a variable's value, in the form in which it is
// kept.
const MaxValue = 1000

// Set gives a variable of the visitor its value; "" takes it away. The names
// name, email and phone are the contact's own.
type Set struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Tag puts a tag on the visitor, or takes it off.
type Tag struct {
	Tag string `json:"tag"`
	Off bool   `json:"off,omitempty"`
}

// Request asks for an HTTP request; its outcome comes back as an input of kind
// Responded.
type Request struct {
	// ID is unique in the dialog, and is sent as the Idempotency-Key of everything
	// but GET, so that a repeated request is told apart by who gets it.
	ID      string             `json:"id"`
	Method  string             `json:"method"`
	URL     Spliced            `json:"url"`
	Headers map[string]Spliced `json:"headers,omitempty"`
	// Body is sent as it is, of the media type Type; empty for none.
	Body Spliced `json:"body,omitempty"`
	Type string  `json:"type,omitempty"`
	// Timeout is how long the answer may take.
	Timeout time.Duration `json:"timeout"`
}

// Generate asks an assistant for the next words in the dialog. Its outcome comes
// back as Responded with Response.Reply.
type Generate struct {
	// ID is unique in the dialog.
	ID string `json:"id"`
	// Assistant is its name in the config.
	Assistant string `json:"assistant"`
}

// Spliced is a text with places for secrets of the configuration, which the bot
// knows by name alone.
type Spliced []Splice

// Splice is a piece of text, or the name of a secret that stands there.
type Splice struct {
	Text   string `json:"text,omitempty"`
	Secret string `json:"secret,omitempty"`
	// As says how the secret has to be written in its place; the text is so already.
	As Writing `json:"as,omitempty"`
}

// Writing is how a value is written within something else.
type Writing string

// The ways to write a value.
const (
	AsIs   Writing = ""
	AsURL  Writing = "url"  // percent-encoded, all but letters, digits, - . _ ~
	AsJSON Writing = "json" // within the quotes of a JSON string
)

// Write writes a value in that way.
func (w Writing) Write(value string) string {
	switch w {
	case AsURL:
		return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
	case AsJSON:
		var quoted strings.Builder
		encoder := json.NewEncoder(&quoted)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(value) // a string can always be written
		return strings.TrimSuffix(strings.TrimPrefix(quoted.String(), `"`), "\"\n")
	default:
		return value
	}
}

// Join writes the text with the secrets in their places. A secret that is not
// known is left out, and missing has its name.
func (s Spliced) Join(secrets map[string]string) (text string, missing []string) {
	var b strings.Builder
	for _, p := range s {
		if p.Secret == "" {
			b.WriteString(p.Text)
			continue
		}
		secret, ok := secrets[p.Secret]
		if !ok {
			missing = append(missing, p.Secret)
		}
		b.WriteString(p.As.Write(secret))
	}
	return b.String(), missing
}

// Hand gives the dialog to the operators: it is opened, alerted, assigned. With
// Stop the bot is silent afterwards, until it is switched on or Pause is over.
type Hand struct {
	// Assign is who gets it; empty for nobody in particular.
	Assign string `json:"assign,omitempty"`
	// Notify says how operators are told beside the desk room; empty is as the site's alerts say.
	Notify []Channel `json:"notify,omitempty"`
	Stop   bool      `json:"stop,omitempty"`
	// Pause is how long the bot is silent; 0 until the dialog is closed.
	Pause time.Duration `json:"pause,omitempty"`
	// Reason is what operators read: why they are called, in the words of the site's
	// owner or of an assistant, who may have them from the visitor; or empty.
	Reason string `json:"reason,omitempty"`
	// Failed is why Assistant had no answer, if that is the reason: then Reason says the
	// same in English, and who tells operators says it in their language.
	Failed    Failure `json:"failed,omitempty"`
	Assistant string  `json:"assistant,omitempty"`
}

// Channel is a way to tell operators something.
type Channel string

// The channels.
const (
	Mention Channel = "mention" // in the desk's room, so that their clients ring
	Email   Channel = "email"
	Webhook Channel = "webhook"
)

// Close closes the dialog.
type Close struct{}

// Note tells the operators something in the dialog's room.
type Note struct {
	Text string `json:"text"`
}

// Alert tells the operators something in the desk's room, and rings.
type Alert struct {
	Text   string    `json:"text"`
	Notify []Channel `json:"notify,omitempty"`
}

// Emit sends an event to the site's webhook.
type Emit struct {
	Name string         `json:"name"`
	Data map[string]any `json:"data,omitempty"`
}

// Rate keeps the visitor's rating of the dialog, from 1 to Of.
type Rate struct {
	Score int `json:"score"`
	Of    int `json:"of"`
}

// Count counts what happened at a step, for statistics.
type Count struct {
	Chain string  `json:"chain"`
	Step  string  `json:"step"`
	What  Counted `json:"what"`
}

// Counted is what is counted of a step.
type Counted string

// What is counted: the step was reached, the visitor answered it, or it was
// left without an answer.
const (
	Entered Counted = "entered"
	Replied Counted = "answered"
	Left    Counted = "left"
)

// Unmatched says that no chain was meant by a visitor's words.
type Unmatched struct {
	Text string `json:"text"`
}

// Fault says that a chain could not do what it says; operators are told.
type Fault struct {
	Chain string `json:"chain"`
	Step  string `json:"step,omitempty"`
	// Code names the fault for ever; Text says it in one English sentence.
	Code string `json:"code"`
	Text string `json:"text"`
}

func (Say) action()       {}
func (Set) action()       {}
func (Tag) action()       {}
func (Request) action()   {}
func (Generate) action()  {}
func (Hand) action()      {}
func (Close) action()     {}
func (Note) action()      {}
func (Alert) action()     {}
func (Emit) action()      {}
func (Rate) action()      {}
func (Count) action()     {}
func (Unmatched) action() {}
func (Fault) action()     {}
