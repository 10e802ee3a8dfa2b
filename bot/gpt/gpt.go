// Package gpt answers in a dialog by a language model: it writes the prompt from
// the site's instruction and knowledge, streams what the model says through the
// rules of safety, and reads the tools that it calls. It is the impure neighbour of
// package bot, which says when an answer is wanted and what becomes of it.
package gpt

import (
	"time"

	"github.com/anteroom-chat/anteroom/bot/talk"
)

// Dialog is what an assistant may know of a dialog.
type Dialog struct {
	// Visitor tells the visitor apart from all others without naming it; endpoints
	// get it as "user".
	Visitor string
	// Language is a BCP 47 tag.
	Language string
	// Facts are what the config lets the model know, in order.
	Facts []Fact
	// Lines are the newest messages, the oldest first.
	Lines []Line
	// At is now.
	At time.Time
}

// Fact is something known of the visitor or the site, such as {"page", "https://…"}.
type Fact struct{ Name, Value string }

// Line is a message of a dialog.
type Line struct {
	// By is who said it.
	By   By
	Text string
	// Past is true for what was before operators last had the dialog.
	Past bool
}

// By is who said a line.
type By string

// Who speaks in a dialog.
const (
	Visitor   By = "visitor"
	Operator  By = "operator"
	Chain     By = "chain" // the bot's scripted words
	Assistant By = "assistant"
)

// Usage is what an answer cost, over all requests that it took.
type Usage struct {
	// Requests counts those to endpoints, repeated ones included.
	Requests int
	// Prompt and Completion are in tokens, as the endpoint says or else estimated.
	Prompt, Completion int
	// Endpoint is the number of the endpoint that answered, from 0.
	Endpoint int
	// FirstToken is how long the first piece took; 0 if none came.
	FirstToken time.Duration
}

// Answer is what became of a question to an assistant.
type Answer struct {
	talk.Reply
	Usage
	// Why says what went wrong, for operators; it quotes neither keys nor the visitor.
	Why string
}
