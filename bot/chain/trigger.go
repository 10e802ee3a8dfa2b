package chain

import (
	"fmt"

	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bot/fold"
	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// Trigger says when a chain starts.
type Trigger struct {
	source.Pos
	Kind  string
	Chain *Chain
	// Key names the trigger for ever within its set, as long as what it says is the same.
	Key string

	do cause
}

// cause is what a kind of trigger waits for.
type cause interface {
	// commonTrigger are the keys that every trigger knows.
	commonTrigger() *CommonTrigger
	// check compiles what the author wrote and notes what is wrong. It returns what
	// tells the trigger from others of its kind in the chain.
	check(c *checker, g *Trigger) (key string)
	// matches reports whether an occasion is meant, and how exactly.
	matches(o Occasion) (rank int, ok bool)
}

// CommonTrigger are the keys that every trigger knows.
type CommonTrigger struct {
	If condition `yaml:"if" doc:"A condition that has to hold as well."`
}

func (c *CommonTrigger) commonTrigger() *CommonTrigger { return c }

// Occasion is what happened, as triggers look at it.
type Occasion struct {
	talk.Event
	// First is true for the first message of the visitor at all.
	First bool

	// folded are the visitor's words as they are compared.
	folded string
}

// How exactly a trigger means an occasion: of several that match, the one with
// the highest rank starts; of equal ones, one with a condition, then the one of the
// chain that comes first by its name. A longer keyword comes before a shorter one,
// and one of a higher priority before all of a lower one.
const (
	rankOther    = 1
	rankDefault  = 100
	rankFirst    = 200
	rankContains = 1_000
	rankRegex    = 2_000
	rankWord     = 3_000
	rankExact    = 4_000
	rankPriority = 5_000     // for each above the lowest one
	rankWish     = 2_000_000 // for a person, or to be left alone
	rankCommand  = 3_000_000
)

// ReadYAML reads a trigger.
func (g *Trigger) ReadYAML(r *source.Reader, node *yaml.Node) {
	g.Pos = r.Pos(node)
	g.Kind, g.do, _ = readKind(r, node, causes(), "trigger")
}

// Schema describes triggers to editors.
func (Trigger) Schema(s *source.Schemas) map[string]any { return schemaOf(s, causes(), "trigger") }

// causes are all kinds of triggers, in the order of the manual.
func causes() []kind[cause] {
	return []kind[cause]{
		{"first_message", true, func() cause { return &firstTrigger{} }},
		{"keywords", false, func() cause { return &keywordTrigger{} }},
		{"command", false, func() cause { return &commandTrigger{} }},
		{"default", true, func() cause { return &defaultTrigger{} }},
		{"person_wanted", true, func() cause { return &personTrigger{} }},
		{"unsubscribe", true, func() cause { return &unsubscribeTrigger{} }},
		{"subscribe", true, func() cause { return &subscribeTrigger{} }},
		{"opened", true, func() cause { return &openedTrigger{} }},
		{"page", false, func() cause { return &pageTrigger{} }},
		{"event", false, func() cause { return &eventTrigger{} }},
		{"tag", false, func() cause { return &tagTrigger{} }},
		{"variable", false, func() cause { return &variableTrigger{} }},
		{"dialog", false, func() cause { return &dialogTrigger{} }},
		{"operator_silent", false, func() cause { return &operatorSilentTrigger{} }},
		{"visitor_silent", false, func() cause { return &visitorSilentTrigger{} }},
		{"subscribed", false, func() cause { return &subscribedTrigger{} }},
	}
}

func (c *checker) triggers() {
	for _, chain := range c.set.Chains {
		kept := chain.On[:0]
		for _, g := range chain.On {
			if g == nil || g.do == nil {
				continue
			}
			g.Chain = chain
			g.Key = fmt.Sprintf("%s/%s/%s", chain.Name, g.Kind, g.do.check(c, g))
			g.do.commonTrigger().If.check(c)
			kept = append(kept, g)
		}
		chain.On = kept
	}
}

// all yields the chains of the folder, and behind them those of the assistants.
func (s *Set) all(yield func(*Chain) bool) {
	for _, chains := range [][]*Chain{s.Chains, s.assistantChains} {
		for _, chain := range chains {
			if !yield(chain) {
				return
			}
		}
	}
}

// Find returns the trigger that an occasion means, or nil.
func (s *Set) Find(t *Turn, o Occasion, allowed func(*Trigger) bool) *Trigger {
	var best *Trigger
	highest := 0
	o.folded = fold.Fold(o.Text)
	for chain := range s.all {
		for _, g := range chain.On {
			rank, ok := g.do.matches(o)
			only := &g.do.commonTrigger().If
			if rank *= 2; !only.IsZero() {
				rank++
			}
			if !ok || rank <= highest || chain.Start() == nil || !allowed(g) {
				continue
			}
			if only.IsZero() || only.holds(t, chain.Start()) {
				best, highest = g, rank
			}
		}
	}
	return best
}
