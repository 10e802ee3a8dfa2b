package gpt

import (
	"time"

	openai "github.com/sashabaranov/go-openai"

	"github.com/anteroom-chat/anteroom/bot/gpt/reach"
	"github.com/anteroom-chat/anteroom/bot/gpt/safe"
)

// Assistant answers by the language models of its endpoints. It is safe for use by
// many at once.
type Assistant struct {
	o         Options
	endpoints []*endpoint
	rules     *safe.Rules
	tools     []openai.Tool
	// searches is true if the knowledge is too large to be told whole.
	searches bool
	// now is the time by which endpoints rest.
	now func() time.Time
}

// New makes an assistant. The error has all faults of the options, a sentence a
// line, each with the key of the config that it is about. No endpoint is asked.
func New(o Options) (*Assistant, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	a := &Assistant{o: o, now: time.Now}
	transport := o.Transport
	if transport == nil {
		transport = reach.NewTransport()
	}
	for _, e := range o.Endpoints {
		made, err := newEndpoint(e, transport)
		if err != nil {
			return nil, err
		}
		a.endpoints = append(a.endpoints, made)
	}
	var secret, public []string
	for _, text := range o.Instruction {
		secret = append(secret, text)
	}
	secret = append(secret, a.rulesText(""))
	if o.Knowledge != nil {
		a.searches = o.Knowledge.Tokens() > o.KnowledgeTokens
		for _, p := range o.Knowledge.Public() {
			public = append(public, p.Title+"\n"+p.Text+"\n"+p.URL)
		}
	}
	a.rules = safe.NewRules(secret, public, o.Domains)
	a.tools = a.offered()
	return a, nil
}
