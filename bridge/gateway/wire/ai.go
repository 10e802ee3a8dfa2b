package wire

import "github.com/anteroom-chat/anteroom/bridge/chat"

// AI is a chat.AI as the widget sees it: which assistant wrote is the site's own affair.
type AI struct {
	// Stream is the ID of the Stream whose place the entry takes.
	Stream  string        `json:"stream,omitempty"`
	Sources []chat.Source `json:"sources,omitempty"`
	// Interrupted is true if somebody spoke before the words were complete.
	Interrupted bool `json:"interrupted,omitempty"`
}

// Stream is a piece of a reply while a model writes it. It stands in no journal:
// the entry whose AI.Stream is its ID takes its place.
type Stream struct {
	T  Type   `json:"t"`
	ID string `json:"id"`
	// N counts the pieces of this connection from 0; piece 0 holds all there is so
	// far, and begins anew.
	N int `json:"n"`
	// Text goes behind what the pieces before said.
	Text string `json:"text,omitempty"`
	// Gone is true when nothing comes of it: what was shown is taken away.
	Gone bool `json:"gone,omitempty"`
}
