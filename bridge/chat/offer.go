package chat

// Offer are ways to answer a message of the bot beside free text.
type Offer struct {
	// Step is the step of a chain that said it. It never leaves for the widget.
	Step string `json:"step,omitempty"`
	// Buttons stay; Quick ones go away once anybody says anything.
	Buttons []Button `json:"buttons,omitempty"`
	Quick   bool     `json:"quick,omitempty"`
	Ask     *Ask     `json:"ask,omitempty"`
	Cards   []Card   `json:"cards,omitempty"`
}

// Button returns the button at a place: first Buttons are counted, from 0, and
// then those of each card in order.
func (o *Offer) Button(place int) (Button, bool) {
	b, _, ok := o.find(place)
	return b, ok
}

// CardOf returns the card of the button at a place, counted as by Button; false for
// a button of the message itself, and for none.
func (o *Offer) CardOf(place int) (Card, bool) {
	_, c, _ := o.find(place)
	if c == nil {
		return Card{}, false
	}
	return *c, true
}

// find returns the button at a place, and its card; nil if it is the message's own.
func (o *Offer) find(place int) (Button, *Card, bool) {
	if o == nil || place < 0 {
		return Button{}, nil, false
	}
	if place < len(o.Buttons) {
		return o.Buttons[place], nil, true
	}
	place -= len(o.Buttons)
	for i := range o.Cards {
		c := &o.Cards[i]
		if place < len(c.Buttons) {
			return c.Buttons[place], c, true
		}
		place -= len(c.Buttons)
	}
	return Button{}, nil, false
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
	Image   *File    `json:"image,omitempty"`
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

// Ask says which form helps with the answer to a question.
type Ask struct {
	Type AskType `json:"type"`
	// Choices are the words of a choice; Many lets the visitor take several.
	Choices []string `json:"choices,omitempty"`
	Many    bool     `json:"many,omitempty"`
	// Min and Max are bounds in the form of Answer.Value: of a number, a date or
	// a time; for a text, the fewest and the most characters; for a rating, Max is the highest.
	Min string `json:"min,omitempty"`
	Max string `json:"max,omitempty"`
	// Placeholder stands in the empty field.
	Placeholder string `json:"placeholder,omitempty"`
}

// Answer says what a visitor's message answers by a press or a form.
type Answer struct {
	// Entry is the message with the offer.
	Entry EntryID `json:"entry"`
	// Button is the place of the button that was pressed, see Offer.Button; nil for a form.
	Button *int `json:"button,omitempty"`
	// Value is what the form sends beside the text that people read: a date as
	// 2006-01-02, a time as 15:04, both as 2006-01-02T15:04, a number, a rating;
	// the places of the choices taken, from 0, with commas between.
	Value string `json:"value,omitempty"`
}
