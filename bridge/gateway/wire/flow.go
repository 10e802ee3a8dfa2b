package wire

import "github.com/anteroom-chat/anteroom/bridge/chat"

// Flow is what stands beside the talk at this moment. It comes with the welcome, and as a
// frame of its own when it changes, each time as a whole.
type Flow struct {
	// T is absent in a welcome.
	T Type `json:"t,omitempty"`
	// Form is what the visitor is asked to fill in; while it has required fields, messages
	// are refused with form_needed.
	Form *Asked `json:"form,omitempty"`
	// Person is true while the visitor can call a person by a button, Called once one was
	// called and has not answered.
	Person bool `json:"person,omitempty"`
	Called bool `json:"called,omitempty"`
	// Rate is set while the visitor can rate what was closed, or change that.
	Rate *Rated `json:"rate,omitempty"`
	// Channels are other ways to reach the site.
	Channels []Channel `json:"channels,omitempty"`
}

// Asked is a form; its words are in the language of the widget.
type Asked struct {
	// ID is start, handoff or away.
	ID    string `json:"id"`
	Title string `json:"title,omitempty"`
	// Message is true if the visitor's message belongs to the form.
	Message bool    `json:"message,omitempty"`
	Fields  []Field `json:"fields"`
}

// Field is one of a form. Type is name, email, phone, text, select or checkbox.
type Field struct {
	Name     string   `json:"name"`
	Type     string   `json:"type"`
	Label    string   `json:"label,omitempty"`
	Required bool     `json:"required,omitempty"`
	Max      int      `json:"max"`
	Choices  []string `json:"choices,omitempty"`
}

// Channel is a link; Kind is telegram, whatsapp, email, phone or link.
type Channel struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	URL  string `json:"url"`
}

// Form is what the visitor filled in. It is answered with an ack.
type Form struct {
	T      Type          `json:"t"`
	Client chat.ClientID `json:"cid"`
	ID     string        `json:"id"`
	// Values are by the names of the fields: of a select the choice's number from 0, of a
	// checkbox "yes" or nothing. Fields that were left empty may be missing.
	Values map[string]string `json:"values"`
}

// Rate rates what was closed. It is answered with an ack.
type Rate struct {
	T      Type          `json:"t"`
	Client chat.ClientID `json:"cid"`
	// Closing is that of Rated: a rating of another one is refused.
	Closing int64 `json:"closing"`
	Score   int64 `json:"score"`
	// Text has at most 500 characters.
	Text string `json:"text,omitempty"`
}

// Rated is what can be rated, and how it was so far. Scores are 1 to 5 of 5, or 0 and 1 of 1.
type Rated struct {
	Closing int64  `json:"closing"`
	Of      int64  `json:"of"`
	Score   *int64 `json:"score,omitempty"`
	Text    string `json:"text,omitempty"`
}
