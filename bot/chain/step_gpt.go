package chain

import (
	"errors"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// gptStep has an assistant talk with the visitor. Each message of the visitor is an
// order for the assistant's next words; while these come, the visitor's next
// message takes their place.
type gptStep struct {
	Common `yaml:",inline"`
	GPT    gpt `yaml:"gpt" doc:"An assistant of the site that answers the visitor: its name, or assistant, until and say_first."`
}

type gpt struct {
	Assistant source.Scalar `yaml:"assistant" doc:"The assistant's name in the config; may be left out if the site has but one."`
	Until     until         `yaml:"until" doc:"How long it answers: handoff, until it calls a person, if nothing is said; answered, once; or until a condition holds after an answer."`
	SayFirst  value.Words   `yaml:"say_first" doc:"What is said at once; then the assistant waits for the visitor's words. Without it, it answers the words that led here."`

	who *assistant
}

// plainGPT is gpt without its own way to be read.
type plainGPT gpt

// ReadYAML reads the name of an assistant, or a mapping.
func (g *gpt) ReadYAML(r *source.Reader, node *yaml.Node) {
	switch {
	case node.Kind == yaml.MappingNode:
		r.Decode(node, (*plainGPT)(g))
	case !source.IsNull(node):
		r.Decode(node, &g.Assistant)
	}
}

// Schema describes the step to editors.
func (gpt) Schema(s *source.Schemas) map[string]any {
	return map[string]any{"anyOf": []any{map[string]any{"type": []string{"string", "number", "boolean"}}, s.For(plainGPT{})}}
}

func (g *gpt) text() string {
	if g.who != nil {
		return g.who.Name
	}
	return g.Assistant.Text
}

// until is when an assistant has done its part.
type until struct {
	source.Scalar

	condition *value.Expression
}

// The words of until; any other is a condition.
const (
	untilHandoff  = "handoff"
	untilAnswered = "answered"
)

// Schema describes it to editors.
func (until) Schema(*source.Schemas) map[string]any {
	return map[string]any{"type": []string{"string", "boolean"}, "description": `handoff, answered, or a condition: email != "".`}
}

func (u *until) isHandoff() bool { return u.IsZero() || u.Text == untilHandoff }

func (u *until) check(c *checker) {
	if u.isHandoff() || u.Text == untilAnswered {
		return
	}
	var err error
	if u.condition, err = c.set.Names.Condition(u.Text); err != nil {
		c.badExpression(u.Scalar, err)
	}
}

// after is false for an assistant that answers for ever: nothing comes below.
func (g *gptStep) after() bool { return !g.GPT.Until.isHandoff() }

// leads are where the assistant may lead.
func (g *gptStep) leads() []lead {
	if g.GPT.who == nil {
		return nil
	}
	return g.GPT.who.leads()
}

func (g *gptStep) check(c *checker, s *Step) {
	c.words(&g.GPT.SayFirst, MaxText)
	g.GPT.Until.check(c)
	name, all := g.GPT.Assistant, c.set.assistants
	at := s.Pos
	if name.IsRead() {
		at = name.Pos
	}
	switch {
	case len(all) == 0 && len(c.options.Assistants) == 0:
		c.fault(at, "no_assistant", "The site has no assistant: its config names them under assistant or assistants.")
	case !name.IsRead() && len(all) == 1:
		g.GPT.who = all[0]
	case !name.IsRead():
		c.fault(at, "which_assistant", "The site has several assistants; name one of %s.", strings.Join(c.set.assistantNames(), ", "))
	default:
		if g.GPT.who = c.set.assistant(name.Text); g.GPT.who == nil {
			c.fault(at, "unknown_assistant", "There is no assistant %q%s; known are %s.", cut(name.Text, maxShown),
				source.Suggest(name.Text, c.set.assistantNames()), strings.Join(c.set.assistantNames(), ", "))
		}
	}
}

// Yields reports whether a chain's keyword in the visitor's words comes before a step
// that they are for: it has asked the visitor nothing, and answers but once.
func (s *Step) Yields() bool {
	g, ok := s.do.(*gptStep)
	return ok && g.GPT.SayFirst.IsZero() && g.GPT.Until.Text == untilAnswered
}

func (g *gptStep) run(t *Turn, s *Step) Outcome {
	if text := t.say(s, &g.GPT.SayFirst); text != "" {
		t.Do(talk.Say{Text: text})
		return wait(Wait{For: ForAnswer})
	}
	ordered := t.In.Event.Kind == talk.Started && t.Memory.Unanswered
	if t.Run.Words || ordered {
		return g.order(t, s, 0)
	}
	return wait(Wait{For: ForAnswer})
}

// maxAsked is how many answers of assistants may follow one another while nobody has
// a part in it, as when they start one another's chains. Each costs money.
const maxAsked = 5

var errAsksItself = errors.New("assistants start one another without end, and the chain was stopped")

// order asks for the assistant's next words; answers is how many it gave here.
func (g *gptStep) order(t *Turn, s *Step, answers int) Outcome {
	who := g.GPT.who
	if t.Memory.Asked >= maxAsked {
		t.Fault(s, "endless", errAsksItself)
		t.Do(talk.Say{Text: sorry(talk.FailedEndpoint, false, t.In.Facts.Language)})
		return end()
	}
	t.Memory.Asked++
	a := talk.Generate{ID: t.key(), Assistant: who.Name}
	t.Do(a)
	return wait(Wait{
		For: ForReply, Request: a.ID, Until: t.In.At.Add(who.timeout() + GraceOfAnswer), Brief: true, Assistant: who.Name, Answers: answers,
	})
}

func (g *gptStep) wake(t *Turn, s *Step, w *Wait) (Outcome, bool) {
	switch e := t.In.Event; {
	case e.Kind == talk.Said || e.Kind == talk.Pressed:
		return g.order(t, s, w.Answers), true
	case e.Kind == talk.Continued:
		return g.goOn(t, s, w), true
	case w.For != ForReply:
		return Outcome{Wait: w}, false
	case e.Kind == talk.Responded && e.Response != nil && e.Response.Reply != nil:
		return g.replied(t, s, w, e.Response.Reply), true
	case e.Kind == talk.Responded || w.over(t.In.At):
		return g.failed(t, s, w, talk.FailedEndpoint), true
	default:
		return Outcome{Wait: w}, false
	}
}

// goOn is what operators order who had the dialog: words that nobody has answered
// are answered now, and what was said first is said again if nothing came of it.
func (g *gptStep) goOn(t *Turn, s *Step, w *Wait) Outcome {
	if t.Memory.Unanswered {
		return g.order(t, s, w.Answers)
	}
	if text := t.say(s, &g.GPT.SayFirst); text != "" && w.Answers == 0 {
		t.Do(talk.Say{Text: text})
	}
	return wait(Wait{For: ForAnswer, Answers: w.Answers})
}

// replied takes what the assistant answered.
func (g *gptStep) replied(t *Turn, s *Step, w *Wait, got *talk.Reply) Outcome {
	switch {
	case w.Assistant != g.GPT.who.Name, // the chain was edited meanwhile
		got.Failed == talk.FailedStale:
		return g.order(t, s, w.Answers)
	case got.Failed == talk.FailedCut:
		return wait(*w.Void())
	case got.Failed != "":
		return g.failed(t, s, w, got.Failed)
	}
	text := strings.TrimSpace(cut(printable(got.Text), MaxText))
	if text != "" {
		t.Do(talk.Say{Text: text, Byline: &talk.Byline{Assistant: w.Assistant, Stream: w.Request, Sources: got.Sources}})
		t.Run.Words = false
	}
	o, led := g.GPT.who.obey(t, s, got.Calls, text != "")
	done := !led && g.done(t, s, text != "")
	if text == "" && !led && !done {
		return g.failed(t, s, w, talk.FailedEndpoint)
	}
	if w.Answers == 0 {
		t.Count(s, talk.Replied)
	}
	switch {
	case led:
		if o.Hand != nil && text == "" {
			t.Do(talk.Say{Text: passedOn(t.In.Facts.Language)})
		}
		return o
	case done:
		return s.then()
	default:
		return wait(Wait{For: ForAnswer, Answers: w.Answers + 1})
	}
}

// done reports whether the chain goes on below after an answer; spoke is whether
// that has words.
func (g *gptStep) done(t *Turn, s *Step, spoke bool) bool {
	u := &g.GPT.Until
	if u.condition == nil {
		return spoke && u.Text == untilAnswered
	}
	yes, err := u.condition.True(t.Env)
	if err != nil {
		t.Fault(s, "expression", err)
	}
	return yes
}

// failed does what is to be done without an answer. The visitor always reads
// something, if by the chain that follows.
func (g *gptStep) failed(t *Turn, s *Step, w *Wait, why talk.Failure) Outcome {
	if why == talk.FailedUnknown {
		t.Do(talk.Unmatched{Text: t.Memory.Last})
	}
	to := g.GPT.who.fallback(why)
	text := t.say(s, &to.Say)
	if text == "" && (to.chain == nil || !to.chain.Speaks()) {
		text = sorry(why, to.HandOver, t.In.Facts.Language)
	}
	if text != "" {
		t.Do(talk.Say{Text: text})
		t.Run.Words = false
	}
	switch {
	case to.HandOver:
		return Outcome{Hand: &talk.Hand{Stop: true, Reason: g.GPT.who.excuse(why), Failed: why, Assistant: g.GPT.who.Name}}
	case to.chain != nil:
		return Outcome{To: to.chain.Start()}
	default:
		return wait(*w.Void()) // a failure is no answer: it gets the next words
	}
}
