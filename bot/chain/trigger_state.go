package chain

import (
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot/fold"
	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// tagTrigger is a tag put on the visitor, by an operator or by the page.
type tagTrigger struct {
	CommonTrigger `yaml:",inline"`
	Tag           string `yaml:"tag" need:"true" doc:"A tag that the visitor gets from somebody else than the bot."`
}

func (k *tagTrigger) check(c *checker, g *Trigger) string {
	if fold.Fold(k.Tag) == "" || len([]rune(k.Tag)) > maxTag {
		c.fault(g.Pos, "bad_tag", "A tag has 1 to %d characters.", maxTag)
	}
	return fold.Fold(k.Tag)
}

func (k *tagTrigger) matches(o Occasion) (int, bool) {
	return rankOther, o.Kind == talk.Tagged && fold.Fold(o.Name) == fold.Fold(k.Tag)
}

// variableTrigger is a variable set, by an operator or by the page.
type variableTrigger struct {
	CommonTrigger `yaml:",inline"`
	Variable      string `yaml:"variable" need:"true" doc:"A variable that gets a value from somebody else than the bot."`
}

func (k *variableTrigger) check(c *checker, g *Trigger) string {
	if _, known := c.set.Names.TypeOf(k.Variable); !known {
		c.fault(g.Pos, "unknown_variable", "There is no variable %q%s; declare it under variables.", k.Variable, source.Suggest(k.Variable, c.set.Names.Variables()))
	}
	return k.Variable
}

func (k *variableTrigger) matches(o Occasion) (int, bool) {
	return rankOther, o.Kind == talk.Changed && o.Name == k.Variable
}

// dialogTrigger is the dialog opened or closed.
type dialogTrigger struct {
	CommonTrigger `yaml:",inline"`
	Dialog        dialogChange `yaml:"dialog" need:"true" doc:"opened, closed or reopened."`
}

type dialogChange string

// Words are the changes.
func (dialogChange) Words() []string { return []string{"opened", "closed", "reopened"} }

func (k *dialogTrigger) check(*checker, *Trigger) string { return string(k.Dialog) }

func (k *dialogTrigger) matches(o Occasion) (int, bool) {
	switch k.Dialog {
	case "opened":
		return rankOther, o.Kind == talk.DialogOpened
	case "closed":
		return rankOther, o.Kind == talk.DialogClosed
	default:
		return rankOther, o.Kind == talk.DialogReopened
	}
}

// timed are the times that triggers may wait for: from a minute to a year.
func (c *checker) timed(g *Trigger, span source.Duration) string {
	const least, most = time.Minute, 366 * 24 * time.Hour
	if span.Std() < least || span.Std() > most {
		c.fault(g.Pos, "bad_time", "The time of a trigger is from 1m to a year.")
	}
	return span.Std().String()
}

// operatorSilentTrigger is a visitor's message that no operator answers for a time.
type operatorSilentTrigger struct {
	CommonTrigger `yaml:",inline"`
	Silent        source.Duration `yaml:"operator_silent" need:"true" doc:"How long the visitor waits for an operator in vain after a hand-off."`
}

func (k *operatorSilentTrigger) check(c *checker, g *Trigger) string { return c.timed(g, k.Silent) }

func (k *operatorSilentTrigger) matches(Occasion) (int, bool) { return 0, false }

// visitorSilentTrigger is an answer on which the visitor says nothing for a time.
type visitorSilentTrigger struct {
	CommonTrigger `yaml:",inline"`
	Silent        source.Duration `yaml:"visitor_silent" need:"true" doc:"How long the visitor says nothing after the last message to it."`
}

func (k *visitorSilentTrigger) check(c *checker, g *Trigger) string { return c.timed(g, k.Silent) }

func (k *visitorSilentTrigger) matches(Occasion) (int, bool) { return 0, false }

// subscribedTrigger is so long after the visitor subscribed, which is its first message.
type subscribedTrigger struct {
	CommonTrigger `yaml:",inline"`
	Subscribed    source.Duration `yaml:"subscribed" need:"true" doc:"How long after the visitor's first message, or after it subscribed again."`
}

func (k *subscribedTrigger) check(c *checker, g *Trigger) string { return c.timed(g, k.Subscribed) }

func (k *subscribedTrigger) matches(Occasion) (int, bool) { return 0, false }

// Clock is what the time of a trigger is counted from.
type Clock string

// The clocks.
const (
	SinceAsked      Clock = "operator_silent" // the visitor's first unanswered message
	SinceTold       Clock = "visitor_silent"  // the last message to the visitor
	SinceSubscribed Clock = "subscribed"
)

// Timed is a trigger that waits for a time.
type Timed struct {
	*Trigger
	Clock Clock
	After time.Duration
}

// ClockOf returns the clock of a timed trigger's key.
func ClockOf(key string) Clock {
	_, rest, _ := strings.Cut(key, "/")
	clock, _, _ := strings.Cut(rest, "/")
	return Clock(clock)
}

// Timed are the set's triggers of a clock.
func (s *Set) Timed(clock Clock) []*Timed { return s.timed[clock] }

// Timer returns the trigger of a key that waits for a time, or nil.
func (s *Set) Timer(key string) *Timed { return s.timers[key] }

// Limits reports whether a trigger of a key may not start its chain at any time, so
// that it has to be known when it last did.
func (s *Set) Limits(key string) bool { return s.limited[key] }

// time gathers the triggers that wait for a time, and those that are limited.
func (s *Set) time() {
	s.timed, s.timers, s.limited = map[Clock][]*Timed{}, map[string]*Timed{}, map[string]bool{}
	for _, chain := range s.Chains {
		for _, g := range chain.On {
			if visit, visitor := g.Once(); visit || visitor || g.AtMostEvery() > 0 {
				s.limited[g.Key] = true
			}
			var after source.Duration
			switch do := g.do.(type) {
			case *operatorSilentTrigger:
				after = do.Silent
			case *visitorSilentTrigger:
				after = do.Silent
			case *subscribedTrigger:
				after = do.Subscribed
			default:
				continue
			}
			timed := &Timed{g, Clock(g.Kind), after.Std()}
			s.timed[timed.Clock] = append(s.timed[timed.Clock], timed)
			s.timers[g.Key] = timed
		}
	}
}

// Due returns the timed trigger of a key if there still is one and its condition
// holds, or nil.
func (s *Set) Due(t *Turn, key string) *Trigger {
	for _, chain := range s.Chains {
		for _, g := range chain.On {
			if g.Key != key || chain.Start() == nil {
				continue
			}
			if only := &g.do.commonTrigger().If; only.IsZero() || only.holds(t, chain.Start()) {
				return g
			}
		}
	}
	return nil
}
