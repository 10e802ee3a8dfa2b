// Package chain is the language of scripted conversations: YAML files of a
// folder, read strictly, checked as a whole, and run step by step.
//
// A chain has triggers, which say when it starts, and steps. Everything about one
// kind of step stands in one file: step_ask.go reads, checks and runs ask. What a
// turn as a whole does, which run an input is for and which trigger it starts, is
// decided in package bot above this one.
package chain

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// Set are all chains of a folder, linked and checked, and those that the site's
// assistants have of their own. It is never changed after Load.
type Set struct {
	// Chains are those of the folder, sorted by name.
	Chains []*Chain
	// Names are what expressions can name.
	Names *value.Names

	constants  map[string]string
	assistants []*assistant
	// assistantChains are those that the assistants have of their own, which no file holds.
	assistantChains []*Chain
	byName          map[string]*Chain
	timed           map[Clock][]*Timed
	timers          map[string]*Timed
	// limited are the keys of triggers that may not start their chain at any time.
	limited map[string]bool
}

// Chain is one file.
type Chain struct {
	source.Pos
	// Name is that of the file without its ending.
	Name  string      `yaml:"-"`
	Title value.Words `yaml:"title" doc:"What operators and the statistics call the chain."`
	// Variables declares the types of variables that no chain sets, such as those
	// that the site's page or an operator gives.
	Variables map[string]*declared `yaml:"variables" doc:"Types of variables that come from the page or from operators: string, number, boolean, date or list."`
	On        []*Trigger           `yaml:"on" doc:"When the chain starts. Without a trigger it is started by other chains and by operators."`
	Steps     Block                `yaml:"steps" need:"true" doc:"What the chain does, from top to bottom."`

	// Hash tells one content of the file from another.
	Hash   string `yaml:"-"`
	steps  map[string]*Step
	order  []*Step
	labels map[string]*Step
}

// declared is the type of a variable, where it stands.
type declared struct {
	source.Pos
	Type value.Type
}

// ReadYAML reads the type.
func (d *declared) ReadYAML(r *source.Reader, node *yaml.Node) {
	d.Pos = r.Pos(node)
	r.Decode(node, &d.Type)
}

// Schema describes the type to editors.
func (declared) Schema(s *source.Schemas) map[string]any { return s.For(value.Type("")) }

// Answering are the chains of assistants that no file holds and that start by
// themselves: that of the one which answers always.
func (s *Set) Answering() (all []*Chain) {
	for _, c := range s.assistantChains {
		if len(c.On) > 0 {
			all = append(all, c)
		}
	}
	return all
}

// Chain returns a chain by its name, or nil; also one of an assistant, see AssistantChain.
func (s *Set) Chain(name string) *Chain { return s.byName[name] }

// Step returns a step by its Key, or nil.
func (s *Set) Step(key string) *Step {
	name, id, _ := strings.Cut(key, "#")
	if c := s.Chain(name); c != nil {
		return c.Step(id)
	}
	return nil
}

// Start is the chain's first step; nil when it has none.
func (c *Chain) Start() *Step {
	if len(c.Steps) == 0 {
		return nil
	}
	return c.Steps[0]
}

// Step returns a step by its id, or nil.
func (c *Chain) Step(id string) *Step { return c.steps[id] }

// All are all steps, in the order of the file, the inner ones behind those that hold them.
func (c *Chain) All() []*Step { return c.order }

// Label returns the step with a label, or nil.
func (c *Chain) Label(label string) *Step { return c.labels[label] }

// Step is one step of a chain.
type Step struct {
	source.Pos
	// Kind is the key that names it: "say".
	Kind string
	// Label is what goto names it by; empty for most.
	Label string
	// ID names the step within its chain: its label, or the nearest label above and
	// the number of steps since, so that edits further up do not change it.
	ID    string
	Chain *Chain
	// Next follows when the step is done; nil at the end of the chain.
	Next *Step

	do body
}

// Key names the step within the set.
func (s *Step) Key() string { return s.Chain.Name + "#" + s.ID }

// body is what a kind of step is. It may also be one of the interfaces below.
type body interface {
	// common are the keys that every step knows.
	common() *Common
	// check compiles what the author wrote, and notes what is wrong.
	check(c *checker, s *Step)
	// run does the step.
	run(t *Turn, s *Step) Outcome
}

// holder is a step with steps inside.
type holder interface{ blocks() []inner }

// inner is a list of steps inside a step. Name tells it from the step's others.
type inner struct {
	name  string
	steps Block
}

// jumper is a step that may go somewhere else.
type jumper interface{ targets() []*Target }

// declarer is a step that gives variables their values.
type declarer interface {
	declare(d *declarations, s *Step)
}

// waiter is a step that may wait. wake goes on with an input while the step
// waits; taken is false if that input is none of its business.
type waiter interface {
	wake(t *Turn, s *Step, w *Wait) (o Outcome, taken bool)
}

// ender is a step that may end a way: after is false if the next step never follows.
type ender interface{ after() bool }

// Common are the keys that every step knows.
type Common struct {
	Label string `yaml:"label" doc:"A name for this step, for goto and for the statistics."`
}

func (c *Common) common() *Common { return c }

// Block is a list of steps. In a file, the name of a label or a chain alone
// stands for a goto, in the list or in its place.
type Block []*Step

// ReadYAML reads the steps; those that cannot be read are left out.
func (b *Block) ReadYAML(r *source.Reader, node *yaml.Node) {
	if node.Kind == yaml.ScalarNode && !source.IsNull(node) {
		*b = Block{readGoto(r, node)}
		return
	}
	for _, item := range r.Items(node) {
		if item.Kind == yaml.ScalarNode && !source.IsNull(item) && !slices.Contains(kindNames(kinds()), item.Value) {
			*b = append(*b, readGoto(r, item))
			continue
		}
		name, do, ok := readKind(r, item, kinds(), "step")
		if !ok {
			continue
		}
		*b = append(*b, &Step{Pos: r.Pos(item), Kind: name, Label: do.common().Label, do: do})
	}
}

// readGoto reads the name of a label or a chain that stands in the place of a step.
func readGoto(r *source.Reader, node *yaml.Node) *Step {
	target := Target{bare: true}
	target.ReadYAML(r, node)
	return &Step{Pos: r.Pos(node), Kind: "goto", do: &gotoStep{Target: target}}
}

// Schema describes steps to editors.
func (Block) Schema(s *source.Schemas) map[string]any {
	step := schemaOf(s, kinds(), "step", s.For(Target{}))
	return map[string]any{"anyOf": []any{
		map[string]any{"type": "array", "title": "Steps", "items": step},
		map[string]any{"type": "string", "title": "A label or a chain to go to"},
	}}
}

// Target is where a step goes: a label of its own chain, another chain, or a label
// of another chain as "chain#label".
type Target struct {
	source.Pos
	Text string

	// bare is true if the name stands in the place of a step.
	bare bool
	// read is true if there was a name to read, be it an empty one.
	read bool
	step *Step
}

// ReadYAML reads the name of a label or a chain.
func (t *Target) ReadYAML(r *source.Reader, node *yaml.Node) {
	t.Pos = r.Pos(node)
	t.Text, t.read = r.Scalar(node)
}

// Schema describes a target to editors.
func (Target) Schema(*source.Schemas) map[string]any {
	return map[string]any{"type": "string", "description": "A label of this chain, another chain, or chain#label."}
}

// IsZero reports whether no target was named.
func (t *Target) IsZero() bool { return t.Text == "" }

// Step is the step that the target names.
func (t *Target) Step() *Step { return t.step }

// resolve finds the step that a target names in a chain; fault is a sentence, or "".
func (s *Set) resolve(c *Chain, t *Target) (fault string) {
	chain, label, both := strings.Cut(t.Text, "#")
	if !both {
		if t.step = c.Label(t.Text); t.step != nil {
			return ""
		}
		chain = t.Text
	}
	other := s.Chain(chain)
	switch {
	case other == nil && both:
		return "There is no chain " + quoted(chain) + source.Suggest(chain, s.names()) + "."
	case other == nil && t.bare:
		known := slices.Concat(kindNames(kinds()), c.labelNames(), s.names())
		return "There is neither a step without settings, nor a label of this chain, nor a chain " + quoted(chain) + source.Suggest(chain, known) + "."
	case other == nil:
		return "There is neither a label of this chain nor a chain " + quoted(chain) + source.Suggest(chain, append(c.labelNames(), s.names()...)) + "."
	case both:
		if t.step = other.Label(label); t.step == nil {
			return "The chain " + quoted(chain) + " has no label " + quoted(label) + source.Suggest(label, other.labelNames()) + "."
		}
		return ""
	}
	t.step = other.Start()
	return ""
}

func quoted(s string) string { return `"` + s + `"` }

func (s *Set) names() []string {
	names := make([]string, len(s.Chains))
	for i, c := range s.Chains {
		names[i] = c.Name
	}
	return names
}

func (c *Chain) labelNames() []string {
	names := make([]string, 0, len(c.labels))
	for label := range c.labels {
		names = append(names, label)
	}
	slices.Sort(names)
	return names
}
