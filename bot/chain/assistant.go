package chain

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot/fold"
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
	// polite sentence in English or Russian.
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

// assist finds what the assistants name, and gives each its own chain. It is called
// when all chains are read and linked, so that none of them can go to these.
func (c *checker) assist() {
	for i := range c.options.Assistants {
		a := &assistant{Assistant: c.options.Assistants[i], fallbacks: map[talk.Failure]*fallbackTo{}}
		if !chainName.MatchString(a.Name) || c.set.assistant(a.Name) != nil {
			c.accuse(a, "bad_assistant", "has no name of its own: letters, digits, - and _, at most 64")
			continue
		}
		if a.Always && slices.ContainsFunc(c.set.assistants, func(other *assistant) bool { return other.Always }) {
			c.accuse(a, "two_always", "is the second one that answers always; only one can")
			a.Always = false
		}
		for _, name := range a.Chains {
			if chain := c.chainOf(a, name); chain != nil {
				a.chains = append(a.chains, chain)
			}
		}
		for _, tag := range a.Tags {
			if fold.Fold(tag) == "" || len([]rune(tag)) > maxTag {
				c.accuse(a, "bad_tag", "may put the tag %q, and a tag has 1 to %d characters", cut(tag, maxShown), maxTag)
			}
		}
		for _, reason := range slices.Sorted(maps.Keys(a.Fallback)) {
			to := &fallbackTo{Fallback: a.Fallback[reason]}
			if to.HandOver && to.Chain != "" {
				c.accuse(a, "two_ways", "calls a person and starts a chain when it has no answer; it can do one of them")
			} else if to.Chain != "" {
				to.chain = c.chainOf(a, to.Chain)
			}
			a.fallbacks[reason] = to
		}
		c.set.assistants = append(c.set.assistants, a)
	}
	for _, a := range c.set.assistants {
		c.set.own(a, AssistantChain(a.Name), untilHandoff)
		if a.Always {
			always := c.set.own(a, AssistantChain(a.Name)+alwaysSuffix, untilAnswered)
			always.On = []*Trigger{{Kind: "default", Chain: always, Key: always.Name + "/default/", do: &defaultTrigger{}}}
		}
	}
}

// accuse notes what is wrong about an assistant. The format is what follows its name.
func (c *checker) accuse(a *assistant, code, format string, args ...any) {
	c.fault(source.Pos{File: InConfig}, code, "The assistant %q %s.", cut(a.Name, maxShown), fmt.Sprintf(format, args...))
}

func (c *checker) chainOf(a *assistant, name string) *Chain {
	chain := c.set.Chain(name)
	if chain == nil {
		c.accuse(a, "unknown_chain", "names the chain %q, which there is not%s", cut(name, maxShown), source.Suggest(name, c.set.names()))
	}
	return chain
}

// fallbacks compiles what the visitor reads when an assistant has no answer.
func (c *checker) fallbacks() {
	for _, a := range c.set.assistants {
		for _, reason := range slices.Sorted(maps.Keys(a.fallbacks)) {
			words := &a.fallbacks[reason].Say
			words.Compile(c.set.Names, func(_ source.Pos, code, text string) {
				c.accuse(a, code, "says what cannot be read when it has no answer: %s", text)
			})
			for _, text := range words.In {
				if len([]rune(text)) > MaxText {
					c.accuse(a, "too_long", "says more than %d characters when it has no answer", MaxText)
				}
			}
		}
	}
}

// hidden looks for chains that take all that an assistant is to answer: the
// folder's come first.
func (c *checker) hidden() {
	i := slices.IndexFunc(c.set.assistants, func(a *assistant) bool { return a.Always })
	if i < 0 {
		return
	}
	for _, chain := range c.set.Chains {
		for _, g := range chain.On {
			if g.Kind == "default" && g.AtMostEvery() == 0 && g.do.commonTrigger().If.IsZero() {
				c.warn(g.Pos, "hidden_assistant", "This chain takes all that means nothing else, so the assistant %q never answers by itself; give the trigger a condition, or have the assistant answer from chains alone.", c.set.assistants[i].Name)
			}
		}
	}
}

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
		Title: value.Words{In: map[string]string{"en": "Assistant " + a.Name, "ru": "Ассистент " + a.Name}},
	}
	step := &Step{Kind: "gpt", ID: start + "+1", Chain: c, do: do}
	c.Steps, c.order, c.steps = Block{step}, []*Step{step}, map[string]*Step{step.ID: step}
	s.assistantChains, s.byName[name] = append(s.assistantChains, c), c
	return c
}
