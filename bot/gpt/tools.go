package gpt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	openai "github.com/sashabaranov/go-openai"
	"github.com/sashabaranov/go-openai/jsonschema"

	"github.com/anteroom-chat/anteroom/bot/talk"
)

// toolSearch is the tool that is no more than a part of answering.
const toolSearch = "search_knowledge"

// maxReason is how long the reason of a hand-over may be, in characters.
const maxReason = 300

// offered are the tools as a model reads of them, no more than it may use.
func (a *Assistant) offered() []openai.Tool {
	var tools []openai.Tool
	offer := func(name, description string, properties map[string]jsonschema.Definition, required ...string) {
		var parameters any = jsonschema.Definition{Type: jsonschema.Object, Properties: properties, Required: required, AdditionalProperties: false}
		if len(properties) == 0 { // which a Definition leaves out, and some servers insist on
			parameters = json.RawMessage(`{"type":"object","properties":{},"additionalProperties":false}`)
		}
		tools = append(tools, openai.Tool{Type: openai.ToolTypeFunction, Function: &openai.FunctionDefinition{
			Name: name, Description: description, Parameters: parameters,
		}})
	}
	text := func(description string, values ...string) jsonschema.Definition {
		return jsonschema.Definition{Type: jsonschema.String, Description: description, Enum: values}
	}
	t := a.o.Tools
	if a.searches {
		offer(toolSearch, "Looks for passages in the company's knowledge. Use it when the passages that you have do not answer the question.",
			map[string]jsonschema.Definition{"query": text("What to look for, in the visitor's language.")}, "query")
	}
	if t.HandOver {
		offer(string(talk.ToolHand), "Calls a person of the company into this chat; you are silent afterwards. Use it when the visitor asks for a person now, or when you cannot help.",
			map[string]jsonschema.Definition{"reason": text("Why, in a short sentence for the person.")}, "reason")
	}
	if len(t.Set) > 0 {
		offer(string(talk.ToolSet), "Keeps something that the visitor said about himself.",
			map[string]jsonschema.Definition{"name": text("What it is.", t.Set...), "value": text("What the visitor said.")}, "name", "value")
	}
	if len(t.Tag) > 0 {
		offer(string(talk.ToolTag), "Puts a tag on the visitor, for the company's eyes.",
			map[string]jsonschema.Definition{"tag": text("The tag.", t.Tag...)}, "tag")
	}
	if len(t.Start) > 0 {
		offer(string(talk.ToolStart), "Starts a scripted conversation in your place. Use it when it is about what the visitor wants.",
			map[string]jsonschema.Definition{"chain": text("Which one.", t.Start...)}, "chain")
	}
	if t.Close {
		offer(string(talk.ToolClose), "Ends the chat. Use it when the visitor has said goodbye.", nil)
	}
	return tools
}

// read reads a call of any tool but toolSearch. The error is for the model and for
// operators: it quotes nothing that a visitor could have said.
func (a *Assistant) read(call openai.FunctionCall) (talk.Call, error) {
	t := a.o.Tools
	switch tool := talk.Tool(call.Name); {
	case tool == talk.ToolHand && t.HandOver:
		given, err := arguments(call.Arguments, "reason")
		return talk.Call{Tool: tool, Value: short(visible(given["reason"]), maxReason)}, err
	case tool == talk.ToolSet && len(t.Set) > 0:
		return a.readSet(call)
	case tool == talk.ToolTag && len(t.Tag) > 0:
		return named(call, tool, "tag", t.Tag)
	case tool == talk.ToolStart && len(t.Start) > 0:
		return named(call, tool, "chain", t.Start)
	case tool == talk.ToolClose && t.Close:
		_, err := arguments(call.Arguments)
		return talk.Call{Tool: tool}, err
	case slices.Contains([]talk.Tool{talk.ToolHand, talk.ToolSet, talk.ToolTag, talk.ToolStart, talk.ToolClose}, tool):
		return talk.Call{}, errors.New("it may not use that tool")
	default:
		return talk.Call{}, errors.New("there is no such tool")
	}
}

// readSet reads a call that sets a variable. Chains may show it to the visitor.
func (a *Assistant) readSet(call openai.FunctionCall) (talk.Call, error) {
	given, err := arguments(call.Arguments, "name", "value")
	value := visible(given["value"])
	switch {
	case err != nil:
	case !slices.Contains(a.o.Tools.Set, given["name"]):
		err = errors.New("it may not set a variable of that name")
	case utf8.RuneCountInString(value) > talk.MaxValue:
		err = fmt.Errorf("the value has more than %d characters", talk.MaxValue)
	case a.rules.Tells(value):
		err = errors.New("the value tells the instruction")
	}
	return talk.Call{Tool: talk.ToolSet, Name: given["name"], Value: value}, err
}

// named reads a call that names one of a few things.
func named(call openai.FunctionCall, tool talk.Tool, key string, allowed []string) (talk.Call, error) {
	given, err := arguments(call.Arguments, key)
	if err == nil && !slices.Contains(allowed, given[key]) {
		err = fmt.Errorf("it may not use a %s of that name", key)
	}
	return talk.Call{Tool: tool, Name: given[key]}, err
}

// arguments reads the arguments of a call: all of the keys and no others, each a
// text, a number or a truth value.
func arguments(raw string, keys ...string) (map[string]string, error) {
	if strings.TrimSpace(raw) == "" {
		raw = "{}" // what some servers send for none
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(raw)))
	decoder.UseNumber()
	var given map[string]any
	if err := decoder.Decode(&given); err != nil {
		return nil, errors.New("the arguments are no JSON object")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the arguments are more than one JSON object")
	}
	texts := map[string]string{}
	for _, key := range keys {
		switch value := given[key].(type) {
		case string:
			texts[key] = value
		case json.Number:
			texts[key] = value.String()
		case bool:
			texts[key] = strconv.FormatBool(value)
		default:
			return nil, fmt.Errorf("the argument %q is missing or no text", key)
		}
		delete(given, key)
	}
	if len(given) > 0 {
		return nil, errors.New("there are arguments that the tool does not have")
	}
	return texts, nil
}

// ends reports whether nothing is to be said after a call.
func ends(c talk.Call) bool {
	return c.Tool == talk.ToolHand || c.Tool == talk.ToolStart || c.Tool == talk.ToolClose
}

// short is the beginning of a text, in characters.
func short(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return strings.TrimSpace(string(r[:most-1])) + "…"
	}
	return s
}
