package gpttest

import (
	"strings"
	"time"
)

// Reply is how the server answers one request for a chat completion. The zero
// value is an answer without words. Its JSON is what the control door reads.
type Reply struct {
	// Pieces are the words, a piece a chunk of the stream.
	Pieces []string `json:"pieces,omitempty"`
	// Calls are the tools called behind the words.
	Calls []Call `json:"calls,omitempty"`
	// Refusal is the model's own refusal, in the field that OpenAI has for it.
	Refusal string `json:"refusal,omitempty"`
	// Finish is the finish_reason; empty is what goes with the rest.
	Finish string `json:"finish,omitempty"`

	// Wait is how long nothing comes, after what is held first; Every how long each piece takes after the first.
	Wait  time.Duration `json:"wait,omitempty"`
	Every time.Duration `json:"every,omitempty"`
	// HeldAfter stops the stream after so many pieces until Server.Release; 0 does not.
	// HeldFirst stops it before anything is sent, headers included.
	HeldAfter int  `json:"held_after,omitempty"`
	HeldFirst bool `json:"held_first,omitempty"`
	// Writes, when set, is called with the number of each piece, from 0, right before
	// it is sent, and with the number of pieces before the end is.
	Writes func(piece int) `json:"-"`

	// Broken breaks the connection after so many pieces; see Cut.
	Broken bool `json:"broken,omitempty"`
	After  int  `json:"after,omitempty"`
	// Unended ends the stream in good order, but without finish_reason and [DONE].
	Unended bool `json:"unended,omitempty"`
	// Raw is sent behind the pieces as it stands, instead of the stream's end.
	Raw string `json:"raw,omitempty"`

	// Status other than 0 and 200 is an error: Code, Message and RetryAfter go with it.
	Status     int    `json:"status,omitempty"`
	Code       string `json:"code,omitempty"`
	Message    string `json:"message,omitempty"`
	RetryAfter string `json:"retry_after,omitempty"`
	// Body is sent with Status in place of OpenAI's form of an error.
	Body string `json:"body,omitempty"`
	// Location is where a redirection leads.
	Location string `json:"location,omitempty"`

	// Prompt and Completion are the tokens told; 0 for a few that the server counts.
	// Uncounted tells none.
	Prompt     int  `json:"prompt,omitempty"`
	Completion int  `json:"completion,omitempty"`
	Uncounted  bool `json:"uncounted,omitempty"`
}

// Call is a tool that the model calls.
type Call struct {
	Tool string `json:"tool"`
	// Arguments are JSON, or whatever a model takes for it.
	Arguments string `json:"arguments"`
}

// Says is an answer in words, each a chunk with the space before it.
func Says(text string) Reply {
	var pieces []string
	for rest := text; rest != ""; {
		end := strings.IndexAny(rest[1:], " \n") + 1
		if end == 0 {
			end = len(rest)
		}
		pieces, rest = append(pieces, rest[:end]), rest[end:]
	}
	return Reply{Pieces: pieces}
}

// Calls is an answer that calls a tool, with arguments as they are sent.
func Calls(tool, arguments string) Reply { return Reply{}.Calling(tool, arguments) }

// Refuses is the model's own refusal.
func Refuses(why string) Reply { return Reply{Refusal: why} }

// Fails is an error in OpenAI's form, such as Fails(500, "", "overloaded").
func Fails(status int, code, message string) Reply {
	return Reply{Status: status, Code: code, Message: message}
}

// The faults that endpoints are known for, with the words that they have for them.

// WrongKey is what OpenAI says to a key that it does not know.
func WrongKey() Reply {
	return Fails(401, "invalid_api_key", "Incorrect API key provided: sk-wrong*****************cret. You can find your API key at https://platform.openai.com/account/api-keys.")
}

// UnknownModel is what OpenAI says to a model that it does not have.
func UnknownModel() Reply {
	return Fails(404, "model_not_found", "The model `gpt-9` does not exist or you do not have access to it.")
}

// TooLong is what OpenAI says to a prompt above the model's context.
func TooLong() Reply {
	return Fails(400, "context_length_exceeded", "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens. Please reduce the length of the messages.")
}

// Busy is a 429; retryAfter is the header's value, or "" for none.
func Busy(retryAfter string) Reply {
	r := Fails(429, "rate_limit_exceeded", "Rate limit reached for requests.")
	r.RetryAfter = retryAfter
	return r
}

// NoMoney is the 429 that no waiting helps.
func NoMoney() Reply {
	return Fails(429, "insufficient_quota", "You exceeded your current quota, please check your plan and billing details.")
}

// Empty is an answer of nothing at all.
func Empty() Reply { return Reply{} }

// Malformed are some words, and then a chunk that is no JSON.
func Malformed(text string) Reply {
	r := Says(text)
	r.Raw = "data: {\"choices\":[{\"delta\":{\"content\":\n\ndata: [DONE]\n\n"
	return r
}

// Slow lets nothing come for a while, and each further piece take its time.
func (r Reply) Slow(wait, every time.Duration) Reply {
	r.Wait, r.Every = wait, every
	return r
}

// Cut breaks the connection after so many pieces; after 0 there were headers alone.
func (r Reply) Cut(after int) Reply {
	r.Broken, r.After = true, after
	return r
}

// Hold stops the stream after so many pieces, until Server.Release; with 0 not even
// headers come before that.
func (r Reply) Hold(after int) Reply {
	r.HeldAfter, r.HeldFirst = after, after == 0
	return r
}

// Calling lets the answer call a tool too, behind its words and other calls.
func (r Reply) Calling(tool, arguments string) Reply {
	r.Calls = append(r.Calls[:len(r.Calls):len(r.Calls)], Call{tool, arguments})
	return r
}

// Text are the pieces together.
func (r Reply) Text() string { return strings.Join(r.Pieces, "") }

func (r Reply) writes(piece int) {
	if r.Writes != nil {
		r.Writes(piece)
	}
}

// finish is the finish_reason.
func (r Reply) finish() string {
	switch {
	case r.Finish != "":
		return r.Finish
	case len(r.Calls) > 0:
		return "tool_calls"
	default:
		return "stop"
	}
}
