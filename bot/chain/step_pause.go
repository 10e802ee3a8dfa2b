package chain

import (
	"time"

	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// pauseStep waits for a time. In one of at most ShortPause the bot seems to type.
type pauseStep struct {
	Common `yaml:",inline"`
	Pause  pause `yaml:"pause" need:"true" doc:"A time span, or until: a time of day, a date, or opening."`
}

// pause is a span, or a moment.
type pause struct {
	source.Pos
	span    time.Duration
	wrong   bool // no span at all, which has been said
	until   string
	opening bool
	clock   time.Time // the time of day of until
	date    time.Time // the date of until; zero for the next day that has that time
}

type pauseUntil struct {
	Until string `yaml:"until" need:"true" doc:"A time of day in the visitor's zone (09:00), a date (2026-12-24), both (2026-12-24T09:00), or opening: the site's next opening hour."`
}

// ReadYAML reads a span like 5m, or a mapping with until.
func (p *pause) ReadYAML(r *source.Reader, node *yaml.Node) {
	p.Pos = r.Pos(node)
	if node.Kind != yaml.MappingNode {
		var span source.Duration
		r.Decode(node, &span)
		p.span = span.Std()
		_, err := source.ParseDuration(node.Value)
		p.wrong = err != nil
		return
	}
	var u pauseUntil
	r.Decode(node, &u)
	p.until = u.Until
	for _, form := range []string{"15:04", "2006-01-02", "2006-01-02T15:04"} {
		at, err := time.Parse(form, u.Until)
		if err != nil {
			continue
		}
		if p.clock = at; form != "15:04" {
			p.date = at
		}
		return
	}
	if p.opening = u.Until == "opening"; !p.opening {
		r.Fault(node, "bad_until", "%q is not a moment; write a time of day like 09:00, a date like 2026-12-24, both like 2026-12-24T09:00, or opening.", u.Until)
	}
}

// Schema describes a pause to editors.
func (pause) Schema(s *source.Schemas) map[string]any {
	return map[string]any{"anyOf": []any{s.For(source.Duration(0)), s.For(pauseUntil{})}}
}

// end is when the pause is over that begins now.
func (p *pause) end(t *Turn) time.Time {
	now := t.In.At.In(t.Env.Zone())
	switch {
	case p.opening && (t.In.Facts.Open || t.In.Facts.OpensAt.IsZero()):
		return t.In.At // open now, or never again: nobody knows what to wait for
	case p.opening:
		return t.In.Facts.OpensAt
	case p.until == "":
		return t.In.At.Add(p.span)
	case !p.date.IsZero():
		return time.Date(p.date.Year(), p.date.Month(), p.date.Day(), p.clock.Hour(), p.clock.Minute(), 0, 0, now.Location())
	}
	at := time.Date(now.Year(), now.Month(), now.Day(), p.clock.Hour(), p.clock.Minute(), 0, 0, now.Location())
	if !at.After(now) {
		at = time.Date(now.Year(), now.Month(), now.Day()+1, p.clock.Hour(), p.clock.Minute(), 0, 0, now.Location())
	}
	return at
}

func (p *pauseStep) check(c *checker, s *Step) {
	if p.Pause.until == "" && p.Pause.span == 0 && !p.Pause.wrong {
		c.fault(s.Pos, "no_pause", "A pause has to last for some time: 2s, 5m, 1h.")
	}
}

func (p *pauseStep) run(t *Turn, s *Step) Outcome {
	until := p.Pause.end(t)
	if !until.After(t.In.At) {
		return s.then()
	}
	return wait(Wait{For: ForTime, Until: until, Brief: until.Sub(t.In.At) <= ShortPause})
}

func (p *pauseStep) wake(t *Turn, s *Step, w *Wait) (Outcome, bool) {
	if t.In.Event.Kind == talk.Continued && w.Brief || w.over(t.In.At) {
		return s.then(), true
	}
	return Outcome{Wait: w}, false
}
