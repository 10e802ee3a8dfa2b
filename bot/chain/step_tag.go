package chain

import (
	"github.com/anteroom-chat/anteroom/bot/value"
)

// maxTag is the most characters of a tag.
const maxTag = 32

// tagStep puts a tag on the visitor.
type tagStep struct {
	Common `yaml:",inline"`
	Tag    string `yaml:"tag" need:"true" doc:"The tag; {{ }} puts values in."`

	tag *value.Template
}

func (g *tagStep) check(c *checker, s *Step) { g.tag = c.tag(s, g.Tag) }

func (g *tagStep) run(t *Turn, s *Step) Outcome {
	t.tag(cut(t.render(s, g.tag), maxTag), false)
	return s.then()
}

// untagStep takes a tag off the visitor.
type untagStep struct {
	Common `yaml:",inline"`
	Untag  string `yaml:"untag" need:"true" doc:"The tag; {{ }} puts values in."`

	tag *value.Template
}

func (g *untagStep) check(c *checker, s *Step) { g.tag = c.tag(s, g.Untag) }

func (g *untagStep) run(t *Turn, s *Step) Outcome {
	t.tag(cut(t.render(s, g.tag), maxTag), true)
	return s.then()
}

func (c *checker) tag(s *Step, tag string) *value.Template {
	compiled := c.template(s.Pos, tag)
	if tag == "" || compiled != nil && compiled.IsPlain() && len([]rune(tag)) > maxTag {
		c.fault(s.Pos, "bad_tag", "A tag has 1 to %d characters.", maxTag)
	}
	return compiled
}
