package gpttest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
)

// Request is what a client asked.
type Request struct {
	// Path and Query are of the URL; Key is that of whichever header carries it.
	Path  string `json:"path"`
	Query string `json:"query,omitempty"`
	Key   string `json:"key,omitempty"`
	// Header holds all headers.
	Header http.Header `json:"-"`
	// Body is as it came.
	Body json.RawMessage `json:"body"`

	// What of Body tests look at.

	Model    string    `json:"model"`
	Messages []Message `json:"messages,omitempty"`
	Tools    []string  `json:"tools,omitempty"`
	Stream   bool      `json:"stream,omitempty"`
	User     string    `json:"user,omitempty"`
	// Input are the texts of a request for embeddings.
	Input []string `json:"input,omitempty"`

	counted bool
}

// Message is a message of a prompt.
type Message struct {
	Role    string `json:"role"`
	Content string `json:"content,omitempty"`
	// Calls are the tools that the message of an assistant calls.
	Calls []Call `json:"calls,omitempty"`
	// Result is the id of the call whose result the message is.
	Result string `json:"result,omitempty"`
}

// Prompt are all messages that a role has, with blank lines between them.
func (r Request) Prompt(role string) string {
	var texts []string
	for _, m := range r.Messages {
		if m.Role == role {
			texts = append(texts, m.Content)
		}
	}
	return strings.Join(texts, "\n\n")
}

// Asked is the newest message of the user.
func (r Request) Asked() string {
	for i := len(r.Messages) - 1; i >= 0; i-- {
		if r.Messages[i].Role == "user" {
			return r.Messages[i].Content
		}
	}
	return ""
}

// body is what a request's body is read as.
type body struct {
	Model    string `json:"model"`
	Messages []struct {
		Role       string `json:"role"`
		Content    string `json:"content"`
		ToolCallID string `json:"tool_call_id"`
		ToolCalls  []struct {
			Function struct {
				Name      string `json:"name"`
				Arguments string `json:"arguments"`
			} `json:"function"`
		} `json:"tool_calls"`
	} `json:"messages"`
	Tools []struct {
		Function struct {
			Name string `json:"name"`
		} `json:"function"`
	} `json:"tools"`
	Stream        bool            `json:"stream"`
	User          string          `json:"user"`
	Input         json.RawMessage `json:"input"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
}

// maxBody is above any prompt.
const maxBody = 16 << 20

// read reads a request; the error is for the client.
func read(w http.ResponseWriter, r *http.Request) (Request, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return Request{}, err
	}
	var b body
	if err := json.Unmarshal(raw, &b); err != nil {
		return Request{}, err
	}
	request := Request{
		Path: r.URL.Path, Query: r.URL.RawQuery, Header: r.Header.Clone(), Body: raw,
		Key:   strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "),
		Model: b.Model, Stream: b.Stream, User: b.User, counted: !b.Stream || b.StreamOptions.IncludeUsage,
	}
	if request.Key == "" {
		request.Key = r.Header.Get("Api-Key") // Azure's
	}
	for _, m := range b.Messages {
		message := Message{Role: m.Role, Content: m.Content, Result: m.ToolCallID}
		for _, c := range m.ToolCalls {
			message.Calls = append(message.Calls, Call{c.Function.Name, c.Function.Arguments})
		}
		request.Messages = append(request.Messages, message)
	}
	for _, t := range b.Tools {
		request.Tools = append(request.Tools, t.Function.Name)
	}
	return request, request.readInput(b.Input)
}

func (r *Request) readInput(input json.RawMessage) error {
	if len(input) == 0 {
		return nil
	}
	var one string
	if json.Unmarshal(input, &one) == nil {
		r.Input = []string{one}
		return nil
	}
	if json.Unmarshal(input, &r.Input) != nil {
		return errors.New("input is neither a text nor a list of texts")
	}
	return nil
}
