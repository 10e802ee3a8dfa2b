package chain

import (
	"fmt"
	"maps"
	"slices"

	"github.com/anteroom-chat/anteroom/bot/fold"
	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// assist finds what the assistants name, and gives each its own chain. It is called
// when all chains are read and linked, so that none of them can go to these.
func (c *checker) assist() {
	for _, known := range c.options.Assistants {
		a := &assistant{Assistant: known, fallbacks: map[talk.Failure]*fallbackTo{}}
		if !chainName.MatchString(a.Name) || c.set.assistant(a.Name) != nil {
			c.accuse(a, "bad_assistant", "has no name of its own: letters, digits, - and _, at most 64")
			continue
		}
		if a.Always && c.set.always() != nil {
			c.accuse(a, "two_always", "is the second one that answers always; only one can")
			a.Always = false
		}
		c.tools(a)
		for _, reason := range slices.Sorted(maps.Keys(a.Fallback)) {
			c.fallback(a, reason)
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

// tools finds what an assistant's tools name.
func (c *checker) tools(a *assistant) {
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
}

// fallback finds what a fall-back names; its words are compiled by fallbacks.
func (c *checker) fallback(a *assistant, reason talk.Failure) {
	to := &fallbackTo{Fallback: a.Fallback[reason]}
	if to.HandOver && to.Chain != "" {
		c.accuse(a, "two_ways", "calls a person and starts a chain when it has no answer; it can do one of them")
	} else if to.Chain != "" {
		to.chain = c.chainOf(a, to.Chain)
	}
	a.fallbacks[reason] = to
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
	a := c.set.always()
	if a == nil {
		return
	}
	for _, chain := range c.set.Chains {
		for _, g := range chain.On {
			if g.Kind == "default" && g.AtMostEvery() == 0 && g.do.commonTrigger().If.IsZero() {
				c.warn(g.Pos, "hidden_assistant", "This chain takes all that means nothing else, so the assistant %q never answers by itself; give the trigger a condition, or have the assistant answer from chains alone.", a.Name)
			}
		}
	}
}

// Idle are the assistants that answer from chains alone, and that no chain has: they
// answer only who is handed to them by operators.
func (s *Set) Idle() (names []string) {
	used := map[*assistant]bool{}
	for _, chain := range s.Chains {
		for _, step := range chain.All() {
			if g, ok := step.do.(*gptStep); ok {
				used[g.GPT.who] = true
			}
		}
	}
	for _, a := range s.assistants {
		if !a.Always && !used[a] {
			names = append(names, a.Name)
		}
	}
	return names
}

// always is the assistant that answers what no chain is meant by; nil for none.
func (s *Set) always() *assistant {
	for _, a := range s.assistants {
		if a.Always {
			return a
		}
	}
	return nil
}
