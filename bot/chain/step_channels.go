package chain

import (
	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// channelsStep links to the site's other channels: messengers, phone, mail.
type channelsStep struct {
	Common   `yaml:",inline"`
	Channels struct {
		Say   value.Words `yaml:"say" doc:"What stands above the links."`
		Links links       `yaml:"links" need:"true" doc:"What stands on each link, and its address: Telegram: https://t.me/shop"`
	} `yaml:"channels" need:"true" doc:"Links to the site's other channels."`
}

// links are buttons that open addresses, in the order of the file.
type links []*button

// ReadYAML reads names with addresses.
func (l *links) ReadYAML(r *source.Reader, node *yaml.Node) {
	if node.Kind == yaml.MappingNode {
		*l = links{}
	}
	for name, address := range r.Pairs(node) {
		b := &button{Pos: r.Pos(address)}
		b.Text.ReadYAML(r, name)
		b.URL, _ = r.Scalar(address)
		*l = append(*l, b)
	}
}

// Schema describes the links to editors.
func (links) Schema(*source.Schemas) map[string]any {
	return map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "string", "format": "uri"}, "minProperties": 1}
}

func (n *channelsStep) check(c *checker, s *Step) {
	c.words(&n.Channels.Say, MaxText)
	if links := n.Channels.Links; links != nil && len(links) == 0 {
		c.fault(s.Pos, "no_links", "channels needs links, such as Telegram: https://t.me/shop")
	}
	for _, b := range n.Channels.Links {
		if !b.isLink() {
			c.fault(b.Pos, "bad_url", "A link begins with https://, http://, mailto: or tel:.")
		}
	}
	buttons(n.Channels.Links).check(c)
}

func (n *channelsStep) run(t *Turn, s *Step) Outcome {
	t.Do(talk.Say{Text: t.say(s, &n.Channels.Say), Offer: &talk.Offer{Step: s.Key(), Buttons: buttons(n.Channels.Links).shown(t, s)}})
	return s.then()
}
