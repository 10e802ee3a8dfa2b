package chain

import (
	"errors"
	"slices"
	"strconv"

	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bot/answer"
	"github.com/anteroom-chat/anteroom/bot/fold"
	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// askStep is a question. The visitor's next message is the answer; an answer of
// the wrong kind is asked for again, and after some tries the chain goes on elsewhere.
type askStep struct {
	Common      `yaml:",inline"`
	Ask         value.Words     `yaml:"ask" need:"true" doc:"The question; {{ }} puts values in."`
	Type        askType         `yaml:"type" doc:"What the answer has to be; text if nothing is said."`
	Choices     []*choice       `yaml:"choices" doc:"The answers to choose from, for the type choice."`
	Many        bool            `yaml:"many" doc:"Whether several choices may be taken; a list is saved then."`
	Min         string          `yaml:"min" doc:"The least: of a number, a date (2026-12-24, today, today+2d) or a time (09:00); for a text, the fewest characters."`
	Max         string          `yaml:"max" doc:"The most, as min; for a text 512 characters if nothing is said, and 1000 at most; for a rating the highest one, 5 if nothing is said."`
	Pattern     source.Scalar   `yaml:"pattern" doc:"What the whole answer has to match, for the type regex (RE2)."`
	Accept      []string        `yaml:"accept" doc:"Media types that a file may have, such as image/*."`
	Placeholder value.Words     `yaml:"placeholder" doc:"What stands in the empty field."`
	Save        source.Scalar   `yaml:"save" doc:"The variable that keeps the answer; name, email and phone are the contact's own."`
	Retry       value.Words     `yaml:"retry" doc:"What the bot says to an answer of the wrong kind."`
	Attempts    int             `yaml:"attempts" doc:"How many answers of the wrong kind are taken; 3 if nothing is said."`
	OnFail      Target          `yaml:"on_fail" doc:"Where to go when they are used up; without it the chain goes on below."`
	Skip        value.Words     `yaml:"skip" doc:"What stands on a button that goes on below without an answer; nothing is saved then."`
	Timeout     source.Duration `yaml:"timeout" doc:"How long to wait for the answer."`
	OnTimeout   Target          `yaml:"on_timeout" doc:"Where to go when the time is over; without it the chain goes on below."`

	question answer.Question
}

// defaultAttempts is how often a question is answered in vain before the chain goes on.
const (
	defaultAttempts = 3
	maxAttempts     = 20
)

type askType talk.AskType

// Words are the types of questions.
func (askType) Words() []string {
	types := []talk.AskType{
		talk.AskText, talk.AskNumber, talk.AskInteger, talk.AskEmail, talk.AskPhone, talk.AskURL, talk.AskDate, talk.AskTime,
		talk.AskDateTime, talk.AskChoice, talk.AskFile, talk.AskRating, talk.AskRegex, talk.AskLocation,
	}
	words := make([]string, len(types))
	for i, t := range types {
		words[i] = string(t)
	}
	return words
}

// choice is one of the answers to choose from: words, or words and the value that is saved.
type choice struct {
	source.Pos
	Text  value.Words `yaml:"text" need:"true" doc:"The words to choose."`
	Value string      `yaml:"value" doc:"What is saved; without it the words are: of several languages the English ones, else the first."`
}

// plainChoice is choice without its own way to be read.
type plainChoice choice

// ReadYAML reads words, or a mapping with text and value.
func (h *choice) ReadYAML(r *source.Reader, node *yaml.Node) {
	h.Pos = r.Pos(node)
	if hasKey(node, "text") || hasKey(node, "value") {
		r.Decode(node, (*plainChoice)(h))
		return
	}
	h.Text.ReadYAML(r, node)
}

// Schema describes a choice to editors.
func (choice) Schema(s *source.Schemas) map[string]any {
	return map[string]any{"anyOf": []any{s.For(value.Words{}), s.For(plainChoice{})}}
}

func (a *askStep) targets() []*Target { return []*Target{&a.OnFail, &a.OnTimeout} }

func (a *askStep) typ() talk.AskType {
	if a.Type == "" {
		return talk.AskText
	}
	return talk.AskType(a.Type)
}

// saved is the type of the variable that keeps the answer.
func (a *askStep) saved() value.Type {
	switch a.typ() {
	case talk.AskNumber, talk.AskInteger, talk.AskRating:
		return value.Number
	case talk.AskDate, talk.AskDateTime:
		return value.Date
	case talk.AskChoice:
		if a.Many {
			return value.List
		}
		return value.Text
	default:
		return value.Text
	}
}

func (a *askStep) declare(d *declarations, _ *Step) {
	if !a.Save.IsZero() {
		d.variable(a.Save.Pos, a.Save.Text, a.saved())
	}
}

func (a *askStep) check(c *checker, s *Step) {
	c.words(&a.Ask, MaxText)
	c.words(&a.Retry, MaxText)
	c.words(&a.Placeholder, maxButton)
	c.words(&a.Skip, maxButton)
	for _, h := range a.Choices {
		c.words(&h.Text, maxChoice)
	}
	a.checkQuestion(c, s)
	switch {
	case a.Attempts < 0 || a.Attempts > maxAttempts:
		c.fault(s.Pos, "bad_attempts", "attempts is a number from 1 to %d.", maxAttempts)
	case a.Timeout == 0 && !a.OnTimeout.IsZero():
		c.fault(a.OnTimeout.Pos, "no_timeout", "on_timeout needs a timeout beside it.")
	case a.Save.IsZero() && a.typ() != talk.AskRating:
		c.warn(s.Pos, "not_saved", "The answer is saved nowhere; name a variable with save.")
	}
}

// maxChoice is the most characters of a choice.
const maxChoice = 80

func (a *askStep) checkQuestion(c *checker, s *Step) {
	a.question = answer.Question{Type: a.typ(), Many: a.Many, Min: a.Min, Max: a.Max, Media: a.Accept}
	if !a.Pattern.IsZero() {
		pattern, err := answer.Pattern(a.Pattern.Text)
		if err != nil {
			c.fault(a.Pattern.Pos, "bad_pattern", "The pattern is not a regular expression: %s.", err)
			return
		}
		a.question.Pattern = pattern
	}
	if a.Type != "" && !slices.Contains(a.Type.Words(), string(a.Type)) {
		return // said when it was read
	}
	for _, language := range a.languages() {
		a.question.Choices = nil
		for _, h := range a.Choices {
			a.question.Choices = append(a.question.Choices, h.Text.Source(language))
		}
		if err := a.question.Check(); err != nil {
			c.fault(s.Pos, "bad_question", "%s.", source.Capital(err.Error()))
			return
		}
	}
}

// languages are those that choices have words in, and one more for all others.
func (a *askStep) languages() []string {
	all := []string{""}
	for _, h := range a.Choices {
		all = append(all, h.Text.Languages()...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (a *askStep) run(t *Turn, s *Step) Outcome {
	a.speak(t, s, t.say(s, &a.Ask))
	return a.wait(t, 0)
}

func (a *askStep) wait(t *Turn, tries int) Outcome {
	w := Wait{For: ForAnswer, Tries: tries}
	if a.Timeout > 0 {
		w.Until = t.In.At.Add(a.Timeout.Std())
	}
	return wait(w)
}

func (a *askStep) speak(t *Turn, s *Step, text string) {
	ask := a.question.Form(situation(t))
	ask.Choices = nil
	for _, h := range a.Choices {
		ask.Choices = append(ask.Choices, t.say(s, &h.Text))
	}
	ask.Placeholder = t.say(s, &a.Placeholder)
	offer := &talk.Offer{Step: s.Key(), Ask: &ask}
	if skip := cut(t.say(s, &a.Skip), maxButton); skip != "" {
		offer.Buttons, offer.Quick = []talk.Button{{Text: skip}}, true
	}
	t.Do(talk.Say{Text: text, Offer: offer})
}

// words are the choices in the visitor's language. An error was told when they
// were shown.
func (a *askStep) words(t *Turn) (words []string) {
	for _, h := range a.Choices {
		text, _ := h.Text.Render(t.Env, t.In.Facts.Language)
		words = append(words, cut(text, MaxText))
	}
	return words
}

func (a *askStep) wake(t *Turn, s *Step, w *Wait) (Outcome, bool) {
	switch t.In.Event.Kind {
	case talk.Tick:
		if a.Timeout == 0 || !w.over(t.In.At) { // an edit may have taken the timeout away
			return Outcome{Wait: w}, false
		}
		t.Count(s, talk.Left)
		return s.to(&a.OnTimeout), true
	case talk.Said, talk.Pressed:
		return a.answered(t, s, w), true
	case talk.Continued:
		a.speak(t, s, t.say(s, &a.Ask))
		return a.wait(t, w.Tries), true
	default:
		return Outcome{Wait: w}, false
	}
}

// skips reports whether the visitor goes on without an answer, by the button or
// by its words. A mere no is rather one of the choices.
func (a *askStep) skips(t *Turn) bool {
	text, _ := a.Skip.Render(t.Env, t.In.Facts.Language) // an error was told when it was shown
	text = cut(text, maxButton)
	words, said := fold.Fold(text), t.In.Event.Text
	return words != "" && (fold.Fold(said) == words || bare(said) != "" && bare(said) == bare(text) ||
		a.typ() != talk.AskChoice && agrees(text, said))
}

func (a *askStep) answered(t *Turn, s *Step, w *Wait) Outcome {
	if a.skips(t) {
		t.Count(s, talk.Replied)
		return s.then()
	}
	question := a.question
	question.Choices = a.words(t)
	got, err := answer.Read(question, a.heard(t, s), situation(t))
	if err == nil {
		t.Count(s, talk.Replied)
		return a.take(t, s, got)
	}
	attempts := a.Attempts
	if attempts == 0 {
		attempts = defaultAttempts
	}
	if w.Tries+1 >= attempts {
		t.Count(s, talk.Left)
		return s.to(&a.OnFail)
	}
	a.speak(t, s, a.complaint(t, s, err))
	return a.wait(t, w.Tries+1)
}

// heard is the event as an answer to this question. The value of a form that
// belongs to another one, or names choices that stand elsewhere by now, means nothing
// here; the words beside it may.
func (a *askStep) heard(t *Turn, s *Step) talk.Event {
	e := t.In.Event
	if e.ReplyTo != s.Key() || a.moved(t) {
		e.Reply = ""
	}
	return e
}

// moved reports whether the choices that a form names by their places are others than
// the visitor read, for the chain was edited meanwhile. Words with values in them may
// have changed by themselves, and tell nothing.
func (a *askStep) moved(t *Turn) bool {
	e := t.In.Event
	if a.typ() != talk.AskChoice || e.Reply == "" || e.Text == e.Reply {
		return false
	}
	if slices.ContainsFunc(a.Choices, func(h *choice) bool { return !h.Text.IsPlain() }) {
		return false
	}
	question := a.question
	for _, language := range a.languages() { // it may have read another one than it speaks now
		question.Choices = nil
		for _, h := range a.Choices {
			text, _ := h.Text.Render(t.Env, language) // plain words have no errors
			question.Choices = append(question.Choices, text)
		}
		got, err := answer.Read(question, e, situation(t))
		if err == nil && fold.Fold(got.Text) == fold.Fold(e.Text) {
			return false
		}
	}
	return true
}

// offers reports whether the visitor's words are one of the choices, or those of
// the button that goes on without an answer.
func (a *askStep) offers(t *Turn, s *Step) bool {
	if a.skips(t) {
		return true
	}
	if a.typ() != talk.AskChoice {
		return false
	}
	question := a.question
	question.Choices = a.words(t)
	_, err := answer.Read(question, a.heard(t, s), situation(t))
	return err == nil
}

// situation is what helps to understand an answer.
func situation(t *Turn) answer.Situation {
	return answer.Situation{Language: t.In.Facts.Language, Country: t.In.Facts.CountryCode, Now: t.In.At.In(t.Env.Zone())}
}

// complaint is what is said to an answer of the wrong kind.
func (a *askStep) complaint(t *Turn, s *Step, err error) string {
	if !a.Retry.IsZero() {
		return t.say(s, &a.Retry)
	}
	fault, _ := errors.AsType[*answer.Fault](err)
	return fault.Words(situation(t))
}

func (a *askStep) take(t *Turn, s *Step, got answer.Answer) Outcome {
	kept := got.Value
	if a.typ() == talk.AskChoice {
		kept = a.chosen(t, got)
	}
	if !a.Save.IsZero() {
		t.set(s, a.Save.Text, kept)
	}
	if a.typ() == talk.AskRating {
		score, _ := strconv.Atoi(got.Value)
		of, _ := strconv.Atoi(a.Max)
		if of == 0 {
			of = answer.DefaultRating
		}
		t.Do(talk.Rate{Score: score, Of: of})
	}
	return s.then()
}

// chosen is what is saved of a choice: the values of the places taken, or their
// words. Of several languages it is the same one whatever the visitor's is, so that
// conditions and operators can count on it.
func (a *askStep) chosen(t *Turn, got answer.Answer) string {
	var values []string
	for _, place := range got.Places {
		v := a.Choices[place].Value
		if v == "" {
			v, _ = a.Choices[place].Text.Render(t.Env, "") // an error was told when the choice was shown
		}
		values = append(values, v)
	}
	if !a.Many && len(values) == 1 {
		return values[0]
	}
	kept, _ := value.List.Keep(values)
	return kept
}
