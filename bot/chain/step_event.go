package chain

import (
	"maps"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// webhookStep sends an event to the site's webhook.
type webhookStep struct {
	Common  `yaml:",inline"`
	Webhook struct {
		Event source.Scalar `yaml:"event" need:"true" doc:"The name of the event."`
		Data  data          `yaml:"data" doc:"Values that are sent with it; {{ }} puts values in."`
	} `yaml:"webhook" need:"true" doc:"An event that is sent to the site's webhook."`
}

func (h *webhookStep) check(c *checker, s *Step) {
	c.event(&h.Webhook.Event)
	h.Webhook.Data.check(c, s, c.set.Names.Template)
}

func (h *webhookStep) run(t *Turn, s *Step) Outcome {
	t.Do(talk.Emit{Name: h.Webhook.Event.Text, Data: h.Webhook.Data.values(t, s)})
	return s.then()
}

func (c *checker) event(name *source.Scalar) {
	if name.IsRead() && (name.IsZero() || len([]rune(name.Text)) > maxEvent) {
		c.fault(name.Pos, "bad_event", "An event's name has 1 to %d characters.", maxEvent)
	}
}

// eventStep starts the chains that wait for an event, once this one waits or is over.
type eventStep struct {
	Common `yaml:",inline"`
	Event  event `yaml:"event" need:"true" doc:"Starts the chain with the trigger event of that name: a name, or name and data."`
}

type event struct {
	Name source.Scalar `yaml:"name" need:"true" doc:"The name of the event."`
	Data data          `yaml:"data" doc:"Values that the other chain reads as event.KEY; {{ }} puts values in."`
}

// plainEvent is event without its own way to be read.
type plainEvent event

// ReadYAML reads a name, or a mapping with name and data.
func (e *event) ReadYAML(r *source.Reader, node *yaml.Node) {
	if node.Kind == yaml.MappingNode {
		r.Decode(node, (*plainEvent)(e))
		return
	}
	r.Decode(node, &e.Name)
}

// Schema describes an event to editors.
func (event) Schema(s *source.Schemas) map[string]any {
	return map[string]any{"anyOf": []any{map[string]any{"type": "string", "maxLength": maxEvent}, s.For(plainEvent{})}}
}

func (e *eventStep) check(c *checker, s *Step) {
	name := &e.Event.Name
	c.event(name)
	e.Event.Data.check(c, s, c.set.Names.Template)
	for _, name := range e.Event.Data.sorted() {
		if !value.ValidName(name) {
			c.fault(e.Event.Data[name].Pos, "bad_variable", "%q cannot be read as event.KEY: use letters, digits and _, at most 64, and begin with a letter.", cut(name, maxShown))
		}
	}
	if known := c.set.events(); !name.IsZero() && !slices.Contains(known, name.Text) {
		c.warn(name.Pos, "unheard_event", "No chain has a trigger for the event %q%s.", cut(name.Text, maxShown), source.Suggest(name.Text, known))
	}
}

// events are the names of the events that triggers wait for.
func (s *Set) events() (names []string) {
	for _, chain := range s.Chains {
		for _, g := range chain.On {
			if k, ok := g.do.(*eventTrigger); ok {
				names = append(names, k.Event)
			}
		}
	}
	return names
}

func (e *eventStep) run(t *Turn, s *Step) Outcome {
	t.Raised = append(t.Raised, Raised{
		Event: talk.Event{Kind: talk.Happened, Name: e.Event.Name.Text, Data: e.Event.Data.values(t, s)},
		Steps: t.Run.Steps, Rounds: maps.Clone(t.Run.Rounds),
	})
	return s.then()
}
