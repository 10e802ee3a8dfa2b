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
	// Wish is what an operator wants of a draft; empty for nothing.
	Wish string
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
}

// Code names what went wrong.
type Code string

// What can go wrong. The first ones are faults of an endpoint, and another one
// may answer in its place.
const (
	// CodeUnreachable: there is no connection.
	CodeUnreachable Code = "gpt_unreachable"
	// CodeSlow: nothing usable came in time.
	CodeSlow Code = "gpt_slow"
	// CodeCut: the connection ended before the answer did.
	CodeCut Code = "gpt_cut"
	// CodeMalformed: what it sent is not what an endpoint sends.
	CodeMalformed Code = "gpt_malformed"
	// CodeEmpty: an answer of no words and no tools.
	CodeEmpty Code = "gpt_empty"
	// CodeKey: the key is not accepted.
	CodeKey Code = "gpt_key"
	// CodeModel: the endpoint does not know the model, or there is none at the address.
	CodeModel Code = "gpt_model"
	// CodeLong: the prompt is too long for the model, even with fewer lines.
	CodeLong Code = "gpt_context"
	// CodeBusy: too many requests (429); CodeQuota: no money left.
	CodeBusy  Code = "gpt_busy"
	CodeQuota Code = "gpt_quota"
	// CodeStatus: any other status than 200.
	CodeStatus Code = "gpt_status"
	// CodeLoop: the model calls tools for ever.
	CodeLoop Code = "gpt_tool_loop"

	// CodeRefused: the model refused, or the endpoint's filter did.
	CodeRefused Code = "gpt_refused"
	// CodeLeak: it began to tell the instruction. CodeLink: it wrote a link elsewhere.
	CodeLeak Code = "gpt_leak"
	CodeLink Code = "gpt_link"
	// CodeUnknown: it cited no passage, though it may answer from those alone.
	CodeUnknown Code = "gpt_unknown"
	// CodeCancelled: the caller's context ended.
	CodeCancelled Code = "gpt_cancelled"
)
