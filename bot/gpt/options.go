package gpt

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bot/gpt/knowledge"
	"github.com/anteroom-chat/anteroom/bot/gpt/reach"
)

// Options are what an assistant is made of.
type Options struct {
	// Name is the assistant's in the config.
	Name string
	// Instruction is the owner's text for the model, by language (BCP 47); that of "" is
	// for all others. A dialog's language finds "pt" for "pt-BR".
	Instruction map[string]string
	// Knowledge may be nil.
	Knowledge Knowledge
	// Endpoints are asked in order: the next one when one fails.
	Endpoints []Endpoint
	// Temperature is 0 to 2; nil leaves it to the endpoint.
	Temperature *float64
	// MaxTokens bounds an answer; 0 is DefaultMaxTokens.
	MaxTokens int
	// ContextTokens bounds the lines of the dialog, KnowledgeTokens the passages: more
	// knowledge than that is searched. 0 is the default of that name.
	ContextTokens   int
	KnowledgeTokens int
	// Timeout is how long until the visitor must have something; 0 is DefaultTimeout.
	Timeout time.Duration
	// Tools are what the model may do.
	Tools Tools
	// OnlyKnowledge refuses answers that cite no passage: see package safe for the rule.
	OnlyKnowledge bool
	// Domains are those to which answers may link, with those below them, each with its
	// port if that is not the usual one; the links of the knowledge are allowed as well.
	Domains []string
	// Transport is how endpoints are reached; nil is a pool of the assistant's own.
	Transport http.RoundTripper
}

// Knowledge is where an assistant looks things up; *knowledge.Base is one. It is
// asked by many at once.
type Knowledge interface {
	// Search returns the n passages that fit the query best, the best first. With an
	// error, of which operators hear elsewhere, those are what was found all the same.
	Search(ctx context.Context, query string, n int) ([]knowledge.Passage, error)
	// All returns every passage; it is not to be changed.
	All() []knowledge.Passage
	// Public returns every passage that Search may return, which can be more than All:
	// answers may link to whatever they rest on.
	Public() []knowledge.Passage
	// Tokens is about how many tokens all passages take.
	Tokens() int
}

// Endpoint is a server that speaks OpenAI's chat completions.
type Endpoint struct {
	// BaseURL is what stands before /chat/completions, such as
	// https://api.openai.com/v1 or http://127.0.0.1:11434/v1. An address of Azure is told
	// by its host, or by an api-version behind a question mark:
	// https://NAME.openai.azure.com/openai/deployments/DEPLOYMENT?api-version=2024-10-21;
	// without a deployment in it Model names one.
	BaseURL string
	// Key may be empty, as local servers want none.
	Key   string
	Model string
}

// Tools are what a model may do beside talking; everything else is refused.
type Tools struct {
	HandOver bool
	// Set are the variables that it may set, Tag the tags that it may add, Start the
	// chains that it may start.
	Set   []string
	Tag   []string
	Start []string
	Close bool
}

// The defaults and bounds of Options.
const (
	DefaultMaxTokens       = 500
	DefaultContextTokens   = 3000
	DefaultKnowledgeTokens = 3000
	DefaultTimeout         = 20 * time.Second

	// MaxInstruction is in characters: every request carries it.
	MaxInstruction = 20_000

	maxTokens  = 32000
	maxContext = 1 << 20
	minTimeout = 100 * time.Millisecond
	maxTimeout = 5 * time.Minute
	maxNamed   = 100 // variables, tags and chains
)

// withDefaults fills in what was left out.
func (o Options) withDefaults() Options {
	fill := func(value *int, preset int) {
		if *value == 0 {
			*value = preset
		}
	}
	fill(&o.MaxTokens, DefaultMaxTokens)
	fill(&o.ContextTokens, DefaultContextTokens)
	fill(&o.KnowledgeTokens, DefaultKnowledgeTokens)
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	return o
}

// check returns all faults, a sentence each.
func (o Options) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if strings.TrimSpace(o.Name) == "" {
		fault("The assistant has no name.")
	}
	o.checkInstruction(fault)
	if len(o.Endpoints) == 0 {
		fault("endpoints: there is none; give at least one base_url and model.")
	}
	for i, e := range o.Endpoints {
		e.check(fmt.Sprintf("endpoints[%d]", i), fault)
	}
	if t := o.Temperature; t != nil && !(*t >= 0 && *t <= 2) {
		fault("temperature: %v is not from 0 to 2.", *t)
	}
	within := func(name string, value, most int) {
		if value < 1 || value > most {
			fault("%s: %d is not from 1 to %d.", name, value, most)
		}
	}
	within("max_tokens", o.MaxTokens, maxTokens)
	within("context_tokens", o.ContextTokens, maxContext)
	within("knowledge_tokens", o.KnowledgeTokens, maxContext)
	if o.Timeout < minTimeout || o.Timeout > maxTimeout {
		fault("timeout: %s is not from %s to %s.", o.Timeout, minTimeout, maxTimeout)
	}
	if o.OnlyKnowledge && o.Knowledge == nil {
		fault("only_knowledge: there is no knowledge to answer from.")
	}
	checkNames("tools.set_variable", o.Tools.Set, fault)
	checkNames("tools.add_tag", o.Tools.Tag, fault)
	checkNames("tools.start_chain", o.Tools.Start, fault)
	return errors.Join(faults...)
}

func (o Options) checkInstruction(fault func(string, ...any)) {
	if len(o.Instruction) == 0 {
		fault("instruction: there is none; say who the assistant is and what it helps with.")
	}
	for language, text := range o.Instruction {
		name := "instruction"
		if language != "" {
			name += "." + language
		}
		switch n := utf8.RuneCountInString(text); {
		case !utf8.ValidString(text):
			fault("%s: the text is not valid UTF-8.", name)
		case strings.TrimSpace(text) == "":
			fault("%s: the text is empty.", name)
		case n > MaxInstruction:
			fault("%s: the text has %d characters, more than %d; put facts into the knowledge.", name, n, MaxInstruction)
		}
	}
}

func (e Endpoint) check(name string, fault func(string, ...any)) {
	u, err := url.Parse(e.BaseURL)
	switch {
	case e.BaseURL == "":
		fault("%s.base_url: there is none; it is an address like https://api.openai.com/v1.", name)
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		fault("%s.base_url: this is no address like https://api.openai.com/v1.", name)
	case u.User != nil:
		fault("%s.base_url: a key does not belong into the address; give it as api_key.", name)
	case u.Fragment != "":
		fault("%s.base_url: leave out what stands behind #.", name)
	case strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/chat/completions"):
		fault("%s.base_url: leave out /chat/completions; it is added to the address.", name)
	case u.RawQuery != "" && u.Query().Get("api-version") == "":
		fault("%s.base_url: only api-version may stand behind a question mark.", name)
	}
	if e.Model == "" && reach.Deployment(e.BaseURL) == "" {
		fault("%s.model: there is none.", name)
	}
	if strings.ContainsFunc(e.Key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		fault("%s.api_key: the key has a space or a character that no key has.", name)
	}
}

// checkNames checks the names that a tool may use.
func checkNames(tool string, names []string, fault func(string, ...any)) {
	if len(names) > maxNamed {
		fault("%s: %d names are more than %d.", tool, len(names), maxNamed)
	}
	for i, name := range names {
		switch {
		case strings.TrimSpace(name) == "":
			fault("%s[%d]: the name is empty.", tool, i)
		case slices.Index(names, name) < i:
			fault("%s[%d]: %q is there twice.", tool, i, name)
		}
	}
}
