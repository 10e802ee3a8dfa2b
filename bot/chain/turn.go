package chain

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bot/fold"
	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// MaxText is the most characters of one message of the bot.
const MaxText = talk.MaxText

// MaxResponse is the most bytes of the answer to a request.
const MaxResponse = 64 << 10

// MaxMedia is the most bytes of a file that the bot shows.
const MaxMedia = 20 << 20

// ShortPause is the longest pause in which the bot seems to type.
const ShortPause = time.Minute

// Memory is what a dialog keeps beside the runs of chains.
type Memory struct {
	// Choices are the ways that were taken at random once and for all, by step.
	Choices map[string]int `json:"choices,omitempty"`
	// Unsubscribed is true while the visitor takes nothing that it did not ask for.
	Unsubscribed bool `json:"unsubscribed,omitempty"`
	// Last is what the visitor wrote last.
	Last string `json:"last,omitempty"`
	// Unanswered is true until somebody says something to that.
	Unanswered bool `json:"unanswered,omitempty"`
	// Asked is how many answers assistants were asked for since a person had a part
	// in it: the visitor, or an operator who ordered them to.
	Asked int `json:"asked,omitempty"`
}

// Run is a chain under way.
type Run struct {
	// ID is unique in the dialog.
	ID string `json:"id"`
	// Chain and Step are where it stands; Hash tells which content of the chain that was.
	Chain string `json:"chain"`
	Step  string `json:"step"`
	Hash  string `json:"hash"`
	// Calls are the steps that wait for a called chain to end, the last one first to go on.
	Calls []Call `json:"calls,omitempty"`
	Wait  *Wait  `json:"wait,omitempty"`
	// Event are the values of the page's event that started it.
	Event map[string]any `json:"event,omitempty"`
	// Kind is that of the step, so that another step of the same id is told apart.
	Kind string `json:"kind,omitempty"`
	// Status is the HTTP status of its latest request, read as response.status; 0
	// when there was no answer.
	Status int `json:"status,omitempty"`
	// Held is true since an operator took the dialog over: only an order goes on with
	// it. The visitor's next words after the silence end it, and so does closing the dialog.
	Held bool `json:"held,omitempty"`
	// Free is true if it speaks although operators have the dialog: they ordered it,
	// or were silent for too long.
	Free bool `json:"free,omitempty"`
	// Talks is true once it takes the visitor's words or says something to it, until
	// its next long pause. Else it works beside what the visitor talks with.
	Talks bool `json:"talks,omitempty"`
	// Words is true while it has taken words of the visitor that it has not answered
	// by an assistant, and neither waited for others nor made a long pause since.
	Words bool `json:"words,omitempty"`
	// Visit is the visit in which the visitor last had a part in it; 0 for none.
	Visit int `json:"visit,omitempty"`
	// Steps is how many it did since it last waited for the visitor or made a long pause.
	Steps int `json:"steps,omitempty"`
	// Rounds is how often it did each of the later ones, by key.
	Rounds map[string]int `json:"rounds,omitempty"`
}

// Call is a step that called another chain.
type Call struct {
	Chain string `json:"chain"`
	Step  string `json:"step"`
}

// Waiting says what a run waits for.
type Waiting string

// What a run can wait for.
const (
	ForAnswer   Waiting = "answer"   // the visitor's next words
	ForPress    Waiting = "press"    // one of the buttons, while words may also mean something else
	ForTime     Waiting = "time"     // Until
	ForResponse Waiting = "response" // the outcome of Request, which is the id of anything that a step ordered
	ForReply    Waiting = "reply"    // the same of an assistant, while the visitor's next words count as well
)

// Wait is a run that stands still.
type Wait struct {
	For Waiting `json:"for"`
	// Until is when it is over: a pause, or a question that nobody answered. Zero is never.
	Until time.Time `json:"until,omitzero"`
	// Request is the request whose outcome it waits for.
	Request string `json:"request,omitempty"`
	// Response is an outcome that came while the run was held.
	Response *talk.Response `json:"response,omitempty"`
	// Tries is how often the question was answered in vain.
	Tries int `json:"tries,omitempty"`
	// Brief is true while the bot seems to type: in a short pause, or while it asks a
	// server or an assistant.
	Brief bool `json:"brief,omitempty"`
	// Assistant is who was asked for the reply; Answers is how often the visitor got
	// one at this step.
	Assistant string `json:"assistant,omitempty"`
	Answers   int    `json:"answers,omitempty"`
}

// Long reports whether it is a pause in which the visitor talks with other chains.
func (w *Wait) Long() bool { return w != nil && w.For == ForTime && !w.Brief }

// ForVisitor reports whether it is the visitor's turn.
func (w *Wait) ForVisitor() bool {
	return w != nil && (w.For == ForAnswer || w.For == ForPress || w.For == ForReply)
}

// Awaits reports whether it is for the outcome of what was ordered by that id.
func (w *Wait) Awaits(id string) bool {
	return w != nil && (w.For == ForResponse || w.For == ForReply) && w.Request == id
}

// Types reports whether the bot has something to say as soon as it can.
func (w *Wait) Types() bool { return !w.ForVisitor() || w.For == ForReply }

// Void is what a wait for an assistant becomes once somebody else has spoken: a
// wait for the visitor's words. What the assistant answers is nobody's any more.
func (w *Wait) Void() *Wait {
	if w == nil || w.For != ForReply {
		return w
	}
	return &Wait{For: ForAnswer, Answers: w.Answers}
}

// Turn is one turn of the bot as its steps see it.
type Turn struct {
	Set    *Set
	In     talk.Input
	Run    *Run
	Memory *Memory
	Env    *value.Env
	// Actions are what is to be done.
	Actions []talk.Action
	// Raised are the events that chains started for other chains.
	Raised []Raised

	tags   []string
	chance *rand.Rand
	orders int
}

// Raised is an event that a chain started for other chains.
type Raised struct {
	Event talk.Event
	// Steps is how many its run had done without the visitor: who hears it goes on
	// counting there, or chains that start one another would never be stopped.
	Steps int
	// Rounds is how often it had done each of the later ones.
	Rounds map[string]int
}

// NewTurn begins a turn.
func NewTurn(s *Set, in talk.Input, m *Memory) *Turn {
	t := &Turn{
		Set: s, In: in, Memory: m, tags: slices.Clone(in.Facts.Tags),
		chance: rand.New(rand.NewPCG(in.Seed, 0)), // #nosec G404 -- the input says what chance decides, so that a turn can be repeated
	}
	switch in.Event.Kind {
	case talk.Said, talk.Pressed:
		m.Last, m.Unanswered, m.Asked = cut(in.Event.Text, MaxText), true, 0
	case talk.Answered:
		m.Unanswered = false
	case talk.Started, talk.Continued:
		m.Asked = 0
	default:
	}
	t.Env = s.Names.Env(value.Now{
		Facts: in.Facts, At: in.At, Constants: s.constants, Last: m.Last, Subscribed: !m.Unsubscribed, Event: in.Event.Data,
	})
	return t
}

// Begin makes a run the one whose steps are done.
func (t *Turn) Begin(r *Run) {
	t.Run = r
	t.Env.SetEvent(r.Event)
	t.Env.SetStatus(r.Status)
}

// Do adds something to be done.
func (t *Turn) Do(a talk.Action) {
	if _, isSay := a.(talk.Say); isSay {
		t.Memory.Unanswered = false
	}
	t.Actions = append(t.Actions, a)
}

// key is new for each order of a run that others have to tell apart.
func (t *Turn) key() string {
	t.orders++
	return fmt.Sprintf("%s:%d", t.In.ID, t.orders)
}

// Count counts something that happened at a step.
func (t *Turn) Count(s *Step, what talk.Counted) {
	t.Do(talk.Count{Chain: s.Chain.Name, Step: s.ID, What: what})
}

// Fault tells the operators that a step could not do what it says. The text is a
// clause of the kind that expressions give.
func (t *Turn) Fault(s *Step, code string, err error) {
	t.Do(talk.Fault{Chain: s.Chain.Name, Step: s.ID, Code: code, Text: source.Capital(err.Error()) + "."})
}

// say writes a text for the visitor.
func (t *Turn) say(s *Step, w *value.Words) string {
	text, err := w.Render(t.Env, t.In.Facts.Language)
	if err != nil {
		t.Fault(s, "expression", err)
	}
	return cut(text, MaxText)
}

// set gives a variable its value, in the form that a variable keeps. Of a longer
// one it keeps the beginning, and the operators are told.
func (t *Turn) set(s *Step, variable, kept string) {
	typ, _ := t.Set.Names.TypeOf(variable)
	fitting := cut(kept, talk.MaxValue)
	if fitting != kept && typ == value.List {
		fitting = value.Shorten(kept, talk.MaxValue)
	}
	if fitting != kept {
		t.Fault(s, "value_too_long", fmt.Errorf("the value for the variable %s has more than %d characters, and only its beginning was kept", variable, talk.MaxValue))
	}
	kept = fitting
	t.Env.Set(variable, kept)
	t.Do(talk.Set{Name: variable, Value: kept})
}

// tag puts a tag on the visitor or takes it off; nothing happens if that is so already.
func (t *Turn) tag(tag string, off bool) {
	same := func(other string) bool { return fold.Fold(other) == fold.Fold(tag) }
	if has := slices.ContainsFunc(t.tags, same); tag == "" || has == !off {
		return
	}
	if off {
		t.tags = slices.DeleteFunc(t.tags, same)
	} else {
		t.tags = append(t.tags, tag)
	}
	t.Env.SetTags(t.tags)
	t.Do(talk.Tag{Tag: tag, Off: off})
}

// Subscribe notes whether the visitor takes messages that it did not ask for.
func (t *Turn) Subscribe(on bool) {
	t.Memory.Unsubscribed = !on
	t.Env.SetSubscribed(on)
}

// Confirm tells the visitor what Subscribe noted, in Russian, Arabic or else English, for
// a set that has no chain for that.
func (t *Turn) Confirm() {
	stop, start := "You will get no more messages unless you write. /subscribe turns them on again.", "You will get messages again. /stop turns them off."
	switch spoken(t.In.Facts.Language) {
	case russian:
		stop, start = "Больше не буду писать первым. Вернуть сообщения: /subscribe.", "Снова буду присылать сообщения. Отключить их: /stop."
	case arabic:
		stop, start = "لن تصلك رسائل إلا إذا كتبت لنا. لإعادتها: \u2068/subscribe\u2069.", "ستصلك الرسائل من جديد. لإيقافها: \u2068/stop\u2069."
	}
	if t.Memory.Unsubscribed {
		start = stop
	}
	t.Do(talk.Say{Text: start})
}

// The languages beside English that the bot has sentences of its own in.
const (
	russian = "ru"
	arabic  = "ar"
)

// spoken is the language of a BCP 47 tag: "ru" of "ru-RU".
func spoken(tag string) string {
	language, _, _ := strings.Cut(tag, "-")
	return strings.ToLower(language)
}

// cut keeps the first characters of a text, and valid UTF-8 in any case.
func cut(s string, most int) string {
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	if len(s) <= most {
		return s
	}
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// Outcome is how a step ended.
type Outcome struct {
	// To is the step that is done next; without one, Wait says what is waited for;
	// without either the chain is over.
	To   *Step
	Wait *Wait
	// End is true if the run is over, whoever called the chain.
	End bool
	// Hand gives the dialog to the operators before that, see bot.Turn.
	Hand *talk.Hand
}

// over is the end of a chain; who called it goes on.
func over() Outcome { return Outcome{} }

// end is the end of a run.
func end() Outcome { return Outcome{End: true} }

func wait(w Wait) Outcome { return Outcome{Wait: &w} }

// then goes on with the step behind this one.
func (s *Step) then() Outcome { return Outcome{To: s.Next} }

// to goes to a target, or behind the step if there is none.
func (s *Step) to(t *Target) Outcome {
	if t.IsZero() {
		return s.then()
	}
	return Outcome{To: t.step}
}

// into goes to the first of the steps inside, or behind the step if there are none.
func (s *Step) into(b Block) Outcome {
	if len(b) == 0 {
		return s.then()
	}
	return Outcome{To: b[0]}
}

// Run does the step.
func (s *Step) Run(t *Turn) Outcome { return s.do.run(t, s) }

// Wake goes on with the turn's input at a step that waits; taken is false if the
// input is none of its business.
func (s *Step) Wake(t *Turn, w *Wait) (o Outcome, taken bool) {
	if waits, ok := s.do.(waiter); ok {
		return waits.wake(t, s, w)
	}
	return over(), false
}

// over reports whether the time of a wait is over.
func (w *Wait) over(at time.Time) bool { return !w.Until.IsZero() && !at.Before(w.Until) }
