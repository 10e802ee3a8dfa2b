package wire

import "github.com/anteroom-chat/anteroom/bridge/chat"

// What the widget tells of the page that it stands on, and is told of it.

// PageView says that the visitor is on another page now.
type PageView struct {
	T Type `json:"t"`
	Page
}

// Page is where the visitor is. Longer URLs than 2,048 and titles than 256
// characters are cut.
type Page struct {
	URL      string `json:"url"`
	Title    string `json:"title,omitempty"`
	Referrer string `json:"referrer,omitempty"`
}

// Opened says that the visitor opened the chat's window; once in each page view.
type Opened struct {
	T Type `json:"t"`
}

// Visited says that what a chain waits for on a page came true, see Trigger. It
// is answered with an ack that has neither an id nor a number.
type Visited struct {
	T       Type          `json:"t"`
	Client  chat.ClientID `json:"cid"`
	Trigger string        `json:"trigger"`
}

// Proactive says that the visitor took the site's proactive message of that name into
// the chat, where it comes as an entry. It is answered with an ack that has neither an id
// nor a number.
type Proactive struct {
	T      Type          `json:"t"`
	Client chat.ClientID `json:"cid"`
	Name   string        `json:"name"`
}

// Event is an event of the page itself, by Anteroom.event(name, data). It is
// answered with an ack that has neither an id nor a number.
type Event struct {
	T      Type          `json:"t"`
	Client chat.ClientID `json:"cid"`
	// Name has at most 64 characters.
	Name string `json:"name"`
	// Data has strings, numbers and booleans, at most 4 KiB of JSON.
	Data map[string]any `json:"data,omitzero"`
}

// Trigger tells the widget when a chain wants to know of a page visit. It
// stands in the widget's settings, not in a frame.
type Trigger struct {
	Key string `json:"key"`
	// URL is a pattern for the page's address, in which * stands for any
	// characters; without a scheme it is one for the path alone.
	URL string `json:"url"`
	// After is how long the page has to be visible, in milliseconds.
	After int64 `json:"after,omitempty"`
	// Device is "desktop" or "mobile"; empty for both.
	Device string `json:"device,omitempty"`
	// Once is "visit" (a tab's life) or "visitor"; empty for every time.
	Once string `json:"once,omitempty"`
}
