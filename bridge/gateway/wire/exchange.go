package wire

import (
	"encoding/json"
)

// Exchange is the body of a POST where WebSocket is blocked: every request
// says hello anew (with the resume point), carries what the widget has to
// send, and asks to be kept waiting up to Wait seconds (at most 25) for news.
type Exchange struct {
	Hello  Hello             `json:"hello"`
	Frames []json.RawMessage `json:"frames,omitempty"`
	Wait   int               `json:"wait,omitempty"`
}

// Batch is the answer to an Exchange: a welcome, then the answers and news.
type Batch struct {
	Frames []any `json:"frames"`
}

// Identify is the body of a POST that says who sits before a browser: by a token
// that the site's server has signed, or by the page's own word.
type Identify struct {
	// Secret is the browser's session. Without one a token is only looked at, and
	// a good one is answered with 204 and no body.
	Secret string `json:"secret,omitempty"`
	Token  string `json:"token,omitempty"`
	// Person is an object with name, email, phone, locale and variables; nobody
	// looks at it beside a token.
	Person json.RawMessage `json:"person,omitempty"`
	// Consent is as in Hello.
	Consent string `json:"consent,omitempty"`
}

// Identified answers an Identify.
type Identified struct {
	// Secret is the browser's session from now on; absent if the present one stays.
	Secret string `json:"secret,omitempty"`
	// Session names that session without opening it, for a SignOut.
	Session string `json:"session"`
}

// SignOut is the body of a POST that ends a session for ever. It is named by its
// secret, or by what an Identified called it.
type SignOut struct {
	Secret  string `json:"secret,omitempty"`
	Session string `json:"session,omitempty"`
}

// Transcript is the body of a POST that asks for the visitor's own dialog as a file.
type Transcript struct {
	Secret string `json:"secret"`
	// Format is "html", a page, or "text"; empty is a page.
	Format string `json:"format,omitempty"`
}
