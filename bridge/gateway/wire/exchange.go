package wire

import (
	"encoding/json"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Exchange is the body of a POST where WebSocket is blocked: every request
// says hello anew (with the resume point), carries what the widget has to
// send, and asks to be kept waiting up to Wait seconds (at most 25) for news.
type Exchange struct {
	Hello  Hello             `json:"hello"`
	Frames []json.RawMessage `json:"frames,omitempty"`
	Wait   int               `json:"wait,omitempty"`
	// Knows is what the widget was told last beside the entries: where the welcome says
	// another thing, that is news, and nobody waits. Absent before it was told anything.
	Knows *Knows `json:"knows,omitempty"`
}

// Knows is what a welcome says beside the entries, as of Welcome.
type Knows struct {
	Seen int64 `json:"seen,omitempty"`
	Left int64 `json:"left,omitempty"`
	Flow *Flow `json:"flow,omitempty"`
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

// Mails is the body of a POST that says what the visitor wants of mails; with the secret
// alone it only asks.
type Mails struct {
	Secret string `json:"secret"`
	// Client names what is wanted, so that the same again, after an answer that was lost,
	// sends nothing twice.
	Client chat.ClientID `json:"cid,omitempty"`
	// Transcript has the conversation sent.
	Transcript bool `json:"transcript,omitempty"`
	// Answers says whether what the visitor does not read goes on by mail.
	Answers *bool `json:"answers,omitempty"`
	// To is the address for either; empty is the one that is known.
	To string `json:"to,omitempty"`
}

// MailsAre answers a Mails.
type MailsAre struct {
	// Known is the address that is known, of which only its owner sees which one it is.
	Known string `json:"known,omitempty"`
	// Answers is true while what the visitor does not read goes on by mail.
	Answers bool `json:"answers"`
}

// Return is the body of a POST that opens a dialog by the link of a mail. An Identified
// answers it.
type Return struct {
	Link string `json:"link"`
	// Secret is the browser's session, if it has one.
	Secret string `json:"secret,omitempty"`
	// Fresh is the secret by which the browser is let in, made before it first asks: an answer
	// that is lost is asked for again with it.
	Fresh string `json:"fresh,omitempty"`
}

// Dismissed is the body of a POST that says that somebody sent the site's proactive
// message of that name away. Nothing in it says who.
type Dismissed struct {
	Name string `json:"name"`
}
