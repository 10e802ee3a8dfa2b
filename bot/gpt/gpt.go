// Package gpt answers in a dialog by a language model: it writes the prompt from
// the site's instruction and knowledge, streams what the model says through the
// rules of safety, and reads the tools that it calls. It is the impure neighbour of
// package bot, which says when an answer is wanted and what becomes of it.
package gpt

import (
	"time"

	"github.com/anteroom-chat/anteroom/bot/gpt/reach"
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
	// Wish is what an operator wants of a draft; empty for nothing.
	Wish string
	// Rests, when set, is called before what is shown with the sources on which all of
	// it rests so far, when there are more of them.
	Rests func(sources []talk.Source)
}

// Fact is something known of the visitor or the site, such as {"page", "https://…"}.
type Fact struct{ Name, Value string }

// Line is a message of a dialog.
type Line struct {
	// By is who said it.
	By   By
	Text string
	// Past is true for what was before operators last had the dialog, and for their
	// own lines. The model reads it as a report, and cannot take it for a wish of now.
	Past bool
}

// By is who said a line.
type By string

// Who speaks in a dialog.
const (
	ByVisitor   By = "visitor"
	ByOperator  By = "operator"
	ByChain     By = "chain" // the bot's scripted words
	ByAssistant By = "assistant"
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
	// Code and Why say what went wrong, for operators: Code is the same for ever and is
	// what notices are told apart by; Why is a sentence or more in English that quotes
	// neither keys nor the visitor. Both are also set when another endpoint, or another
	// try, answered all the same.
	Code Code
	Why  string
	// Down is true if there is no answer because the last endpoint answers nobody at the
	// moment: it is away, overloaded or too slow.
	Down bool
	// Declined are the tools that the model asked for and may not use, a sentence each.
	Declined []string
	// Searched is set when knowledge was looked for, and SearchFault when its endpoint
	// of embeddings failed at that: it was looked for by words alone then.
	Searched    bool
	SearchFault error
}

// Code names what went wrong: at an endpoint, or with the text that came of it.
type Code = reach.Code

// What can go wrong. The first ones are faults of an endpoint, see package reach, and
// another one may answer in its place.
const (
	CodeUnreachable = reach.Unreachable
	CodeSlow        = reach.Slow
	CodeCut         = reach.Cut
	CodeMalformed   = reach.Malformed
	CodeKey         = reach.Key
	CodeModel       = reach.Model
	// CodeLong: the prompt is too long for the model, even with fewer lines.
	CodeLong   = reach.Long
	CodeBusy   = reach.Busy
	CodeQuota  = reach.Quota
	CodeStatus = reach.Status
	// CodeEmpty: an answer of no words and no tools.
	CodeEmpty Code = "gpt_empty"
	// CodeLoop: the model calls tools for ever.
	CodeLoop Code = "gpt_tool_loop"

	// CodeRefused: the model refused, or the endpoint's filter did.
	CodeRefused = reach.Refused
	// CodeLeak: it began to tell the instruction. CodeLink: it wrote a link elsewhere.
	CodeLeak Code = "gpt_leak"
	CodeLink Code = "gpt_link"
	// CodeUnknown: it cited no passage, though it may answer from those alone.
	CodeUnknown Code = "gpt_unknown"
	// CodeCancelled: the caller's context ended.
	CodeCancelled = reach.Cancelled
)
