package chain

import (
	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// maxTag is the most characters of a tag.
const maxTag = 32

// tagStep puts a tag on the visitor.
type tagStep struct {
	Common `yaml:",inline"`
	Tag    source.Scalar `yaml:"tag" need:"true" doc:"The tag; {{ }} puts values in."`

	tag *value.Template
}

func (g *tagStep) check(c *checker, _ *Step) { g.tag = c.tag(g.Tag) }

func (*tagStep) changes() []string { return []string{"tags"} }

func (g *tagStep) run(t *Turn, s *Step) Outcome {
	t.tag(cut(t.render(s, g.tag), maxTag), false)
	return s.then()
}

// untagStep takes a tag off the visitor.
type untagStep struct {
	Common `yaml:",inline"`
	Untag  source.Scalar `yaml:"untag" need:"true" doc:"The tag; {{ }} puts values in."`

	tag *value.Template
}

func (g *untagStep) check(c *checker, _ *Step) { g.tag = c.tag(g.Untag) }

func (*untagStep) changes() []string { return []string{"tags"} }

func (g *untagStep) run(t *Turn, s *Step) Outcome {
	t.tag(cut(t.render(s, g.tag), maxTag), true)
	return s.then()
}

func (c *checker) tag(tag source.Scalar) *value.Template {
	compiled := c.template(tag)
	if tag.IsRead() && tag.IsZero() || compiled != nil && compiled.IsPlain() && len([]rune(tag.Text)) > maxTag {
		c.fault(tag.Pos, "bad_tag", "A tag has 1 to %d characters.", maxTag)
	}
	return compiled
}
