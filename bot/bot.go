// Package bot decides what the bot of a site does: Turn takes what happened in a
// dialog and gives back what is to be done and what is to be remembered.
//
// It is pure: no clock, no chance, no network and no memory but the state that it
// is given. The same state and input give the same result, so a conversation is a
// file, a crash can be played again, and the same bot runs on a site and in a
// terminal.
//
// # What an input means
//
// While an operator has the dialog (Facts.Silent) no chain speaks. What chains
// were waiting for is held until an operator lets them continue.
//
// A visitor's words go, in this order, to: a chain whose trigger is a wish that
// holds at any time (a command, a person, /stop); the question that waits for an
// answer; the button that has these words; a chain whose keyword they have; the
// way that the message with the buttons has for anything else; the chain for the
// first message; the default chain. When buttons wait and nothing of that speaks,
// they are shown again: the bot is never silent to words that it waits for.
//
// A press of a button counts whenever it comes, also when its chain has moved on
// or was edited, as long as there is a button of those words at that step.
package bot

import (
	"fmt"
	"time"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// maxSteps is how many steps a turn may do without waiting.
const maxSteps = 100

// Turn is one turn of the bot. It changes neither the set nor the state that it
// is given.
func Turn(set *chain.Set, was State, in talk.Input) (State, []talk.Action) {
	if was.Version > Version {
		return was, []talk.Action{talk.Fault{Code: "newer_state", Text: fmt.Sprintf("The state of the dialog has version %d, and this program knows %d.", was.Version, Version)}}
	}
	s := was.clone()
	s.Version = Version
	if !s.remember(in.ID) {
		return was, nil
	}
	t := &turn{State: &s, Turn: chain.NewTurn(set, in, &s.Memory)}
	t.edited()
	t.clocks()
	if in.Facts.Silent {
		t.hold()
	} else {
		t.speak()
	}
	t.told()
	if was.Unsubscribed && !s.Unsubscribed {
		t.wind(t.Set, chain.SinceSubscribed, in.At)
	}
	return s, t.Actions
}

// turn is a turn under way.
type turn struct {
	*State
	*chain.Turn

	steps int
}

// edited brings the runs to where they stand in chains that were edited: the same
// step if there still is one of that id and it can wait, else the run is over.
func (t *turn) edited() {
	for i := 0; i < len(t.Runs); i++ {
		r := t.Runs[i]
		c := t.Set.Chain(r.Chain)
		if c != nil && c.Hash == r.Hash {
			continue
		}
		if c != nil && r.Wait != nil {
			if step := c.Step(r.Step); step != nil && step.Waits() {
				r.Hash = c.Hash
				continue
			}
		}
		t.drop(r)
		i--
	}
}

// clocks winds up and stops the time triggers.
func (t *turn) clocks() {
	at := t.In.At
	switch t.In.Event.Kind {
	case talk.Said, talk.Pressed:
		if !t.Met {
			t.wind(t.Set, chain.SinceSubscribed, at)
		}
		t.wind(t.Set, chain.SinceTold, time.Time{})
		if t.In.Facts.Silent {
			t.asked(at)
		}
	case talk.Answered:
		t.wind(t.Set, chain.SinceAsked, time.Time{})
		t.wind(t.Set, chain.SinceTold, at)
	case talk.DialogClosed:
		t.wind(t.Set, chain.SinceAsked, time.Time{})
		t.wind(t.Set, chain.SinceTold, time.Time{})
	default:
	}
}

// asked winds up the clocks of who waits for an operator, unless they run.
func (t *turn) asked(at time.Time) {
	for _, g := range t.Set.Timed(chain.SinceAsked) {
		if _, runs := t.Clocks[g.Key]; !runs {
			t.wind(t.Set, chain.SinceAsked, at)
			return
		}
	}
}

// told winds up the clocks of what the visitor was told last, and of a hand-off.
func (t *turn) told() {
	for _, a := range t.Actions {
		switch a := a.(type) {
		case talk.Say:
			t.wind(t.Set, chain.SinceTold, t.In.At)
		case talk.Hand:
			if a.Stop {
				t.asked(t.In.At)
			}
		}
	}
}

// hold is a turn while an operator has the dialog.
func (t *turn) hold() {
	for _, r := range t.Runs {
		if foreground(r) {
			r.Held = true
		}
	}
	switch t.In.Event.Kind {
	case talk.Said, talk.Pressed:
		t.Met = true
	case talk.Answered: // what was about to be said is not said any more
		for _, r := range append([]*chain.Run(nil), t.Runs...) {
			if r.Wait == nil || r.Wait.For == chain.ForResponse || r.Wait.Brief {
				t.drop(r)
			}
		}
	case talk.Tick:
		t.due()
	case talk.Responded:
		t.responded()
	default:
	}
}

// speak is a turn in which the bot may speak.
func (t *turn) speak() {
	switch t.In.Event.Kind {
	case talk.Said:
		t.said()
		t.Met = true
	case talk.Pressed:
		t.pressed()
		t.Met = true
	case talk.Tick:
		t.due()
	case talk.Responded:
		t.responded()
	case talk.Continued:
		t.continued()
	case talk.Started:
		if c := t.Set.Chain(t.In.Event.Name); c != nil {
			t.begin(c)
		}
	case talk.Visited:
		if g := t.Set.Visited(t.Turn, t.In.Event.Trigger); g != nil && t.may(g) {
			t.start(g)
		}
	case talk.Answered:
		t.answered()
	default:
		t.occasion(chain.Occasion{Event: t.In.Event})
	}
	t.events()
}
