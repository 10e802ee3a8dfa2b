package chain

import (
	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// noteStep tells the operators something in the dialog's room.
type noteStep struct {
	Common `yaml:",inline"`
	Note   value.Words `yaml:"note" need:"true" doc:"What operators read in the dialog's room; the visitor does not see it."`
}

func (n *noteStep) check(c *checker, _ *Step) { c.words(&n.Note, MaxText) }

func (n *noteStep) run(t *Turn, s *Step) Outcome {
	if text := t.say(s, &n.Note); text != "" {
		t.Do(talk.Note{Text: text})
	}
	return s.then()
}

// alertStep tells the operators something in the desk's room.
type alertStep struct {
	Common `yaml:",inline"`
	Alert  alert `yaml:"alert" need:"true" doc:"What operators read in the desk's room: a text, or text and notify."`
}

type alert struct {
	Text   value.Words `yaml:"text" need:"true" doc:"What operators read."`
	Notify []channel   `yaml:"notify" doc:"How they are told beside: mention, email, webhook; as the site's alerts say if nothing is said."`
}

// plainAlert is alert without its own way to be read.
type plainAlert alert

// ReadYAML reads a text, or a mapping with text and notify.
func (a *alert) ReadYAML(r *source.Reader, node *yaml.Node) {
	if hasKey(node, "text") || hasKey(node, "notify") {
		r.Decode(node, (*plainAlert)(a))
		return
	}
	a.Text.ReadYAML(r, node)
}

// Schema describes an alert to editors.
func (alert) Schema(s *source.Schemas) map[string]any {
	return map[string]any{"anyOf": []any{s.For(value.Words{}), s.For(plainAlert{})}}
}

// hasKey reports whether a node is a mapping with that key.
func hasKey(node *yaml.Node, key string) bool {
	for i := 0; node.Kind == yaml.MappingNode && i < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return true
		}
	}
	return false
}

// maxAlert is the most characters of an alert.
const maxAlert = 500

func (a *alertStep) check(c *checker, _ *Step) { c.words(&a.Alert.Text, maxAlert) }

func (a *alertStep) run(t *Turn, s *Step) Outcome {
	text := cut(t.say(s, &a.Alert.Text), maxAlert)
	if text == "" {
		return s.then()
	}
	told := talk.Alert{Text: text}
	for _, via := range a.Alert.Notify {
		told.Notify = append(told.Notify, talk.Channel(via))
	}
	t.Do(told)
	return s.then()
}
