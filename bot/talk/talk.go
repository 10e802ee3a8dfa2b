// Package talk is the vocabulary between the bot and whoever runs it: what goes
// into a turn of the bot and what comes out of it. It holds no rules; those are
// in packages chain (what a step does) and bot (what an input starts).
//
// Everything here is plain data that can be written as JSON, so that a
// conversation is a file that can be played again.
package talk

import "time"

// Input is one thing that happened in a dialog, together with what was known of
// the visitor at that moment. The bot knows nothing else: no clock, no database.
type Input struct {
	// ID is unique in the dialog; the same input twice is one input.
	ID string    `json:"id"`
	At time.Time `json:"at"`
	// Seed feeds whatever is left to chance in this turn.
	Seed  uint64 `json:"seed,omitempty"`
	Event Event  `json:"event"`
	Facts Facts  `json:"facts"`
}

// Kind says what happened.
type Kind string

// What can happen. Of the fields of Event only those that a kind names are set.
const (
	// Said is a visitor's message: Text, File, Location; Reply when it answers a question with a form.
	Said Kind = "said"
	// Pressed is a visitor's press of a button: Press, and the button's words in Text.
	Pressed Kind = "pressed"
	// Opened is the chat's window opened by the visitor.
	Opened Kind = "opened"
	// Visited is a page on which a trigger's conditions came true: Trigger.
	Visited Kind = "visited"
	// Happened is an event that the page named: Name, Data.
	Happened Kind = "happened"
	// Tagged is a tag put on the visitor by somebody else than the bot: Name.
	Tagged Kind = "tagged"
	// Changed is a variable set by somebody else than the bot: Name.
	Changed Kind = "changed"
	// DialogOpened, DialogClosed and DialogReopened say how the dialog stands now.
	DialogOpened   Kind = "dialog_opened"
	DialogClosed   Kind = "dialog_closed"
	DialogReopened Kind = "dialog_reopened"
	// Answered is a message of an operator to the visitor.
	Answered Kind = "answered"
	// Responded is the outcome of a Request, or of what else a step ordered with an
	// id: Request, Response.
	Responded Kind = "responded"
	// Tick is time that passed: what was due by then happens.
	Tick Kind = "tick"
	// Started is an operator's order to run a chain: Name.
	Started Kind = "started"
	// Continued is an operator's order to go on where the bot was silenced.
	Continued Kind = "continued"
)

// Event is what happened.
type Event struct {
	Kind Kind `json:"kind"`
	// Text is what the visitor wrote, or the words of the button that was pressed.
	Text string `json:"text,omitempty"`
	// Reply is the value that a form of the widget sent beside the text: a date
	// as 2006-01-02, a time as 15:04, both as 2006-01-02T15:04, a number, a rating.
	Reply string `json:"reply,omitempty"`
	// ReplyTo is the Offer.Step of the question that the form belongs to: another
	// one may be waiting by now, to which Reply is no answer.
	ReplyTo string `json:"reply_to,omitempty"`
	// File is true if the message carries a file, Location if it carries a place.
	File     *File     `json:"file,omitempty"`
	Location *Location `json:"location,omitempty"`
	// Press is which button was pressed.
	Press *Press `json:"press,omitempty"`
	// Name is that of a tag, a variable, a page's event or a chain.
	Name string `json:"name,omitempty"`
	// Data are a page's event's own values, which a chain reads as event.key.
	Data map[string]any `json:"data,omitempty"`
	// Trigger is the key of a page trigger, see chain.PageTriggers.
	Trigger string `json:"trigger,omitempty"`
	// Request is the id of the request that was answered.
	Request  string    `json:"request,omitempty"`
	Response *Response `json:"response,omitempty"`
}

// File is a visitor's file as a chain sees it.
type File struct {
	Name string `json:"name"`
	// Type is the media type; Size is in bytes.
	Type string `json:"type"`
	Size int64  `json:"size"`
}

// Location is a point on the map, in degrees.
type Location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

// Press names a button of a message that the bot said, however long ago.
type Press struct {
	// Step is the Offer.Step of that message.
	Step string `json:"step"`
	// Button is the place of the button in the message, see Offer.Button.
	Button int `json:"button"`
	// Text are the button's words when it was shown.
	Text string `json:"text"`
}

// Response is what became of a request.
type Response struct {
	// Status is the HTTP status, or 0 when there was no answer.
	Status int `json:"status"`
	// Body is the answer, at most chain.MaxResponse bytes.
	Body string `json:"body,omitempty"`
	// Fault says why there is no answer, for operators; empty when there is one.
	Fault string `json:"fault,omitempty"`
	// Reply is the outcome of a Generate, and nil for a Request.
	Reply *Reply `json:"reply,omitempty"`
}

// Reply is what an assistant answered.
type Reply struct {
	// Text is what the visitor may read, all rules of safety applied; empty when the
	// assistant did no more than call tools, or failed before anything was shown. With
	// Failed set it is what was shown by then, and no whole answer.
	Text    string   `json:"text,omitempty"`
	Sources []Source `json:"sources,omitempty"`
	// Calls are the tools that it wants used, in order. They are of a known name and
	// form and no more: the step checks them as if a chain said them.
	Calls []Call `json:"calls,omitempty"`
	// Failed is why there is no answer; empty when there is one.
	Failed Failure `json:"failed,omitempty"`
}

// Call is a tool that an assistant wants used.
type Call struct {
	Tool Tool `json:"tool"`
	// Name is the variable, the tag or the chain; Value is the variable's value, or the reason of ToolHand.
	Name  string `json:"name,omitempty"`
	Value string `json:"value,omitempty"`
}

// Tool is something that an assistant may do beside talking.
type Tool string

// The tools. Searching the knowledge is no more than a part of answering.
const (
	ToolHand  Tool = "hand_over"
	ToolSet   Tool = "set_variable"
	ToolTag   Tool = "add_tag"
	ToolStart Tool = "start_chain"
	ToolClose Tool = "close"
)

// Failure is why an assistant gave no answer. It chooses the fall-back.
type Failure string

// The failures.
const (
	// FailedEndpoint: no endpoint gave a usable answer in time.
	FailedEndpoint Failure = "endpoint"
	// FailedRefused: the model refused, or what it wrote may not be shown.
	FailedRefused Failure = "refused"
	// FailedUnknown: it may answer from its knowledge alone, and that has nothing of use.
	FailedUnknown Failure = "unknown"
	// FailedLimit: a limit of tokens or requests is reached.
	FailedLimit Failure = "limit"
	// FailedCut: it was told to be quiet. That has no fall-back: nothing is said, and
	// the chain waits for the visitor's next words.
	FailedCut Failure = "cut"
	// FailedStale: what it answered is gone, and something before that still waits for
	// an answer. Nothing is said, and it is asked anew.
	FailedStale Failure = "stale"
)

// Facts are what is known at the moment of an input. A chain reads them by the
// names in the comments.
type Facts struct {
	Name     string `json:"name,omitempty"`     // name
	Email    string `json:"email,omitempty"`    // email
	Phone    string `json:"phone,omitempty"`    // phone
	Language string `json:"language,omitempty"` // language, a BCP 47 tag
	City     string `json:"city,omitempty"`     // place.city
	Country  string `json:"country,omitempty"`  // place.country, in words
	// CountryCode is ISO 3166-1 alpha-2 in capitals.
	CountryCode string `json:"country_code,omitempty"` // place.country_code
	Device      Device `json:"device,omitempty"`       // device: "desktop", "mobile" or "tablet"
	Browser     string `json:"browser,omitempty"`      // browser
	Page        Page   `json:"page"`                   // page.url, page.title, page.referrer
	Visits      int    `json:"visits,omitempty"`       // visits, 1 at the first
	// Tags are the visitor's, Variables its own values by name, both as operators see them.
	Tags      []string          `json:"tags,omitempty"`
	Variables map[string]string `json:"variables,omitempty"`
	// Open is whether the site's operators are at work, OpensAt when they are next
	// if not; zero for never.
	Open    bool      `json:"open,omitempty"` // hours.open
	OpensAt time.Time `json:"opens_at,omitzero"`
	// Operators is how many are on duty now.
	Operators int `json:"operators,omitempty"` // operators.online
	// Zone is the IANA name of the visitor's time zone, or the site's.
	Zone string `json:"zone,omitempty"`
	// Assistant is whether the site has an assistant that can answer now, within its
	// limits; whether it talks with the visitor makes no difference.
	Assistant bool `json:"assistant,omitempty"` // assistant.active
	// Silent is true while an operator has the dialog: the bot listens and says nothing.
	Silent bool `json:"silent,omitempty"`
}

// Device is the kind of a visitor's device.
type Device string

// The kinds of devices.
const (
	Desktop Device = "desktop"
	Mobile  Device = "mobile"
	Tablet  Device = "tablet"
)

// Page is where the visitor is.
type Page struct {
	URL      string `json:"url,omitempty"`
	Title    string `json:"title,omitempty"`
	Referrer string `json:"referrer,omitempty"`
}
