package chain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/fold"
	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// occasion is one thing that starts a chain: a keyword of a trigger, or all of it.
type occasion struct {
	*Trigger
	at source.Pos
	// key is the same for what always comes together; what names it for people.
	key, what string
	// priority is that of a keyword.
	priority int
}

// occasions are what a trigger starts its chain on.
func occasions(g *Trigger) (all []occasion) {
	switch do := g.do.(type) {
	case *keywordTrigger:
		for _, word := range do.Keywords {
			key := fmt.Sprintf("keywords/%s/%s", do.Match.orWord(), do.Match.plain(word.Text))
			all = append(all, occasion{g, word.Pos, key, fmt.Sprintf("keyword %q", word.Text), do.Priority})
		}
	case *commandTrigger:
		all = append(all, occasion{g, g.Pos, "command/" + fold.Fold(do.Command), fmt.Sprintf("command %q", do.Command), 0})
	default:
		_, key, _ := strings.Cut(g.Key, "/")
		all = append(all, occasion{g, g.Pos, key, "trigger " + g.Kind, 0})
	}
	return all
}

// orWord is the way to look for a keyword, also if nothing is said.
func (m matching) orWord() matching {
	if m == "" {
		return matchWord
	}
	return m
}

// plain is a keyword as messages are compared with it.
func (m matching) plain(word string) string {
	switch m {
	case matchRegex:
		return word
	case matchExact:
		folded := fold.Fold(word)
		return cmp.Or(strings.TrimFunc(folded, isMark), folded)
	default:
		return fold.Fold(word)
	}
}

// ambiguous looks for triggers of which one stands in another's way.
func (c *checker) ambiguous() {
	before := map[string][]occasion{}
	for _, chain := range c.set.Chains {
		for _, g := range chain.On {
			for _, o := range occasions(g) {
				if i := slices.IndexFunc(before[o.key], func(first occasion) bool { return first.rivals(o) && first.hides(g) }); i >= 0 {
					c.twice(o, before[o.key][i])
				}
				before[o.key] = append(before[o.key], o)
			}
		}
	}
	c.outranked()
}

// rivals reports whether nothing says which of two occasions comes first: priorities
// tell chains apart, and are of no use within one.
func (o occasion) rivals(other occasion) bool {
	return o.priority == other.priority || o.Chain == other.Chain
}

// hides reports whether a trigger always starts its chain when another one would
// that means the same and comes later: a condition makes it one of its own.
func (g *Trigger) hides(other *Trigger) bool {
	visit, visitor := g.Once()
	limited := g.AtMostEvery() > 0 || (visit || visitor) && g.Chain != other.Chain
	return !limited && g.do.commonTrigger().If.Text == other.do.commonTrigger().If.Text
}

func (c *checker) twice(o, first occasion) {
	switch {
	case o.Chain == first.Chain:
		c.warn(o.at, "trigger_twice", "The %s stands here twice, first in line %d; keep one of them.", o.what, first.at.Line)
	case o.Kind == "keywords":
		c.warn(o.at, "ambiguous_trigger", "The %s starts the chain %q already (%s), which comes first by its name; here it starts nothing. Keep one of them, or give one a condition with if, or another priority.", o.what, first.Chain.Name, first.at)
	case o.Kind == "page" || clock(o.Kind):
		c.warn(o.at, "ambiguous_trigger", "The %s starts the chain %q at the same moment (%s); keep one of them, or give one another time.", o.what, first.Chain.Name, first.at)
	default:
		c.warn(o.at, "ambiguous_trigger", "The %s starts the chain %q already (%s), which comes first by its name; here it starts nothing. Keep one of them, or give one a condition with if.", o.what, first.Chain.Name, first.at)
	}
}

// clock reports whether triggers of a kind wait for a time, each on its own.
func clock(kind string) bool {
	return slices.Contains([]Clock{SinceAsked, SinceTold, SinceSubscribed}, Clock(kind))
}

// outranked looks for keywords that are whole messages, which a command or a wish
// always takes first.
func (c *checker) outranked() {
	for _, chain := range c.set.Chains {
		for _, g := range chain.On {
			k, ok := g.do.(*keywordTrigger)
			if !ok || k.Match != matchExact {
				continue
			}
			for _, word := range k.Keywords {
				if first := c.wish(word.Text); first != nil && first.do.commonTrigger().If.IsZero() {
					c.warn(word.Pos, "hidden_keyword", "The message %q means %s of the chain %q (%s), which comes before all keywords; here it starts nothing.", word.Text, first.Kind, first.Chain.Name, first.Pos)
				}
			}
		}
	}
}

// wish is the trigger for a command or a wish that a message is, or nil.
func (c *checker) wish(message string) *Trigger {
	for _, chain := range c.set.Chains {
		for _, g := range chain.On {
			if !g.IsWish() {
				continue
			}
			if _, ok := g.do.matches(said(message)); ok {
				return g
			}
		}
	}
	return nil
}

// said is a message as triggers look at it.
func said(message string) Occasion {
	return Occasion{Event: talk.Event{Kind: talk.Said, Text: message}, folded: fold.Fold(message)}
}
