package chain

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// Assistant is one of the site's assistants as chains know it: its name and what it
// may do beside talking. How it finds its words is none of their business.
type Assistant struct {
	// Name is that of the config, in the form of a chain's name.
	Name string
	// Variables, Tags and Chains are those that it may set, put on the visitor and
	// start; it may do nothing to others. A variable that no chain gives a type is a text.
	Variables, Tags, Chains []string
	// HandOver is whether it may call a person, Close whether it may close the dialog.
	HandOver, Close bool
	// Fallback is what is done when it has no answer, by the reason; the one under ""
	// is for all reasons that have none of their own. Without one the visitor reads a
	// polite sentence in English, Russian or Arabic.
	Fallback map[talk.Failure]Fallback
	// Timeout is how long an answer may take; 0 is DefaultAnswer. Whoever asks it keeps
	// to that; a chain gives up only a while later.
	Timeout time.Duration
	// Always has it answer what no chain is meant by, see AssistantChain. One of a
	// site's assistants at most may do so.
	Always bool
}

// DefaultAnswer is how long an assistant may take if nothing is said.
const DefaultAnswer = 20 * time.Second

// Fallback is what is done when an assistant has no answer.
type Fallback struct {
	// Say is what the visitor reads, as value.Words{In: …} has it by language; {{ }}
	// puts values in.
	Say value.Words
	// HandOver calls a person, and the bot is silent. Without it the assistant gets
	// the visitor's next words again.
	HandOver bool
	// Chain is where the conversation goes on, instead; "" for nowhere.
	Chain string
}

// assistantPrefix stands before the name of an assistant in that of its own chain.
// No file can have such a name.
const assistantPrefix = "assistant:"

// AssistantChain is the name of the chain that every assistant has of its own: it
// answers until it hands over. Operators start it by hand (talk.Started). No file
// can have that name, and no chain goes to it; the step gpt is for that.
func AssistantChain(assistant string) string { return assistantPrefix + assistant }

// Assistant is who answers in a run: the assistant whose own chain it is, or that a step
// has asked; empty for none.
func (r *Run) Assistant() string {
	if r.Wait != nil && r.Wait.Assistant != "" {
		return r.Wait.Assistant
	}
	name, own := strings.CutPrefix(r.Chain, assistantPrefix)
	if !own {
		return ""
	}
	return strings.TrimSuffix(name, alwaysSuffix)
}

// alwaysSuffix tells the chain that answers whatever no other one is meant by from
// the one that operators start: it answers once, so that the next words are for
// anybody again.
const alwaysSuffix = ":always"

// InConfig is the file of faults that are about an assistant, which stands in the
// config and not in the folder.
const InConfig = "config"

// assistant is one with what it names.
type assistant struct {
	Assistant

	fallbacks map[talk.Failure]*fallbackTo
	// chains are those that it may start.
	chains []*Chain
}

// fallbackTo is a fall-back with its chain; nil for none.
type fallbackTo struct {
	Fallback

	chain *Chain
}

func (a *assistant) timeout() time.Duration {
	if a.Timeout <= 0 {
		return DefaultAnswer
	}
	return a.Timeout
}

// fallback is what is done for a failure; the zero one if nothing is said.
func (a *assistant) fallback(f talk.Failure) *fallbackTo {
	for _, reason := range []talk.Failure{f, ""} {
		if to := a.fallbacks[reason]; to != nil {
			return to
		}
	}
	return &fallbackTo{}
}

// lead is one way that an assistant's answer, or the lack of one, may lead to.
type lead struct {
	words string
	to    *Step
}

// leads are where an assistant may lead a conversation.
func (a *assistant) leads() (all []lead) {
	add := func(words string, to *Chain) {
		if to != nil && to.Start() != nil {
			all = append(all, lead{words, to.Start()})
		}
	}
	for _, chain := range a.chains {
		add(string(talk.ToolStart), chain)
	}
	for _, reason := range slices.Sorted(maps.Keys(a.fallbacks)) {
		words := "fallback"
		if reason != "" {
			words += " " + string(reason)
		}
		add(words, a.fallbacks[reason].chain)
	}
	return all
}

// IsAssistants reports whether the chain is one that an assistant has of its own.
func (c *Chain) IsAssistants() bool { return strings.HasPrefix(c.Name, assistantPrefix) }

// assistant returns one by its name, or nil.
func (s *Set) assistant(name string) *assistant {
	for _, a := range s.assistants {
		if a.Name == name {
			return a
		}
	}
	return nil
}

func (s *Set) assistantNames() (names []string) {
	for _, a := range s.assistants {
		names = append(names, a.Name)
	}
	return names
}

// own makes a chain that no file holds: one step gpt.
func (s *Set) own(a *assistant, name, how string) *Chain {
	do := &gptStep{GPT: gpt{Until: until{Scalar: source.Scalar{Text: how}}, who: a}}
	c := &Chain{
		Name: name, Hash: "of the assistant", labels: map[string]*Step{},
		Title: value.Words{In: map[string]string{"en": "Assistant " + a.Name, "ru": "Помощник " + a.Name}},
	}
	step := &Step{Kind: "gpt", ID: start + "+1", Chain: c, do: do}
	c.Steps, c.order, c.steps = Block{step}, []*Step{step}, map[string]*Step{step.ID: step}
	s.assistantChains, s.byName[name] = append(s.assistantChains, c), c
	return c
}
