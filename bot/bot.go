// Package bot decides what the bot of a site does: Turn takes what happened in a
// dialog and gives back what is to be done and what is to be remembered.
//
// It is pure: no clock, no chance, no network and no memory but the state that it
// is given. The same state and input give the same result, so a conversation is a
// file, a crash can be played again, and the same bot runs on a site and in a
// terminal. An input that comes twice is one input.
//
// # Who gets the visitor's words
//
// The first of these that there is, and no other:
//
//   - the button, or the choice of a question, that has these words, commas and the
//     like aside, or the only button that begins with the yes or no that is all they are;
//   - a chain whose trigger is a wish that holds at any time: a command, a person,
//     to be left alone, to get messages again. The usual words for the latter two are
//     never an answer: without a chain, also one of keywords, the bot confirms them;
//   - the question that waits for an answer, or the assistant that talks with the
//     visitor (the step gpt);
//   - a chain whose keyword they have, also while buttons wait;
//   - the way (otherwise) that the message with the buttons has for anything else;
//   - the chain for the first message, then the default chain;
//   - the message with the buttons, which is shown again: the bot is never silent to
//     words that it waits for.
//
// Of several chains the one of the most exact trigger starts, see package chain. A
// chain that starts for the visitor's words takes the place of the one that it
// talked with; those in a long pause stay, and those that have neither taken words
// of the visitor nor said anything to it, such as one that asks a server for an event
// of the page. One question waits at a time.
//
// An assistant gets the visitor's words also while it is about to answer others: what
// it would have said to those is void, as it is after a press, and when anybody else
// has spoken. One that answers but once and was asked nothing first makes way for
// keywords. A chain of the assistant's own may stand behind all others and answer what
// none of them is meant by, see chain.Assistant.Always. Closing the dialog ends its talk.
//
// A press of a button counts whenever it comes, also when its chain has moved on
// or was edited, as long as there is a button of those words at that step; else
// the words of the button are taken for the visitor's own.
//
// # Unasked
//
// Opening the chat, or a page, starts no chain while another one talks with the
// visitor in that visit or has spoken to it for a page, nor a chain that waits
// already. An event starts no chain that waits already for the visitor or for a
// time; several may wait for a server. A dialog that is opened by the visitor's
// words starts no chain that speaks while another one talks with the visitor, or has
// replied to those words. Who wrote /stop gets nothing from pages, their events, the
// time or long pauses until it subscribes again. A trigger for silence strikes once:
// a visitor's next words wind up the one for its own silence, an operator's next
// words both. Who is answered by an operator, or by a chain once the bot may speak
// again, waits for no operator any more.
//
// # Operators
//
// While operators have the dialog (Facts.Silent) no chain speaks. What the visitor
// talked with is held: a question, a short pause, a server that is asked and what it
// answers, an assistant, of which what it was about to say is void. Long pauses are
// held from an operator's word to the visitor on. A chain that works beside the talk
// waits for the end of the silence.
//
// An order to continue goes on with all that is held: it asks the question again, has
// the assistant answer the visitor's last words if nobody else has, ends the short
// pause, and takes what the server answered or goes on waiting for it. A long pause
// has the time left that it had. A press of a button of the held question goes on
// with it too. Without an order what is held says nothing more: it is over with the
// visitor's next words after the silence, which are for nobody in particular, or when
// the dialog is closed.
//
// What else time brings, pauses and triggers, waits for the end of the silence: it
// comes late rather than never. Two things speak in the silence, until an operator
// does: a chain that operators start by hand, and one that waits for their own
// silence. The wish for no messages, and for messages again, is confirmed in it too.
// The events that chains told before they call a person are heard before the silence.
//
// # Edits
//
// A chain that was edited goes on at the step of the same id, which is its label or
// the nearest label above and the number of steps since, if that is a step of the
// same kind. Else it is over: its pauses end, and the visitor's next words count
// anew. A chain that called another one goes on behind the call, or is passed over if
// the call is there no more.
//
// # Limits
//
// After 100 steps, with short pauses or none, without waiting for the visitor a chain
// is stopped, which is a fault that operators are told; it names the step that comes
// again and again. What time brings beyond 100 steps of a turn is done in the next
// one. Assistants are asked for at most 5 answers in a row in which no person has a
// part. A dialog has at most 20 chains under way; the oldest one makes room, first of
// those that the visitor does not talk with.
package bot

import (
	"fmt"
	"slices"
	"time"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// maxSteps is how many steps a chain does without waiting.
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
	switch in.Event.Kind {
	case talk.Said, talk.Pressed, talk.Visited, talk.Happened:
		t.present = true
	default:
	}
	t.edited()
	t.void()
	t.clocks()
	if in.Facts.Silent {
		t.hold()
	} else {
		t.speak()
	}
	t.events()
	t.makeRoom()
	t.told(was.Unsubscribed)
	s.Silent = in.Facts.Silent || t.handed
	return s, t.Actions
}

// words reports whether the turn is about something that the visitor said or pressed.
func (t *turn) words() bool {
	return t.In.Event.Kind == talk.Said || t.In.Event.Kind == talk.Pressed
}

// turn is a turn under way.
type turn struct {
	*State
	*chain.Turn

	steps int
	// present is true for what the visitor does on the site, other than to open the chat.
	present bool
	// heardOf is how many events of chains were told in the turn.
	heardOf int
	// before is the event of a chain that is heard, with what led to it.
	before chain.Raised
	// handed is true once a chain has called a person, so that the bot is silent.
	handed bool
}

// edited brings the runs to where they stand in chains that were edited, see the
// package comment. What it leaves stands at a step that there is.
func (t *turn) edited() {
	for i := 0; i < len(t.Runs); i++ {
		r := t.Runs[i]
		c := t.Set.Chain(r.Chain)
		if c != nil && r.Wait != nil {
			if step := c.Step(r.Step); step != nil && step.Kind == r.Kind {
				r.Hash = c.Hash
				continue
			}
		}
		t.drop(r)
		i--
	}
	t.sweep(t.Set)
}

// void lets nobody wait any more for an assistant's words once the visitor has said
// something else. Closing the dialog ends an assistant's talk, and what is held.
func (t *turn) void() {
	switch t.In.Event.Kind {
	case talk.Said, talk.Pressed:
		for _, r := range t.Runs {
			r.Wait = r.Wait.Void()
		}
	case talk.DialogClosed:
		for _, r := range slices.Clone(t.Runs) {
			if r.Kind == "gpt" || r.Held {
				left(t.Turn, r)
				t.drop(r)
			}
		}
	default:
	}
}

// clocks winds up and stops the time triggers.
func (t *turn) clocks() {
	at := t.In.At
	switch t.In.Event.Kind {
	case talk.Said, talk.Pressed:
		t.Replied = time.Time{}
		if !t.Met {
			t.wind(t.Set, chain.SinceSubscribed, at)
		}
		t.stop(t.Set, chain.SinceTold)
		if t.In.Facts.Silent {
			t.wait(t.Set, chain.SinceAsked, at)
		}
	case talk.Answered:
		t.stop(t.Set, chain.SinceAsked)
		t.wind(t.Set, chain.SinceTold, at)
	case talk.Continued:
		t.stop(t.Set, chain.SinceAsked)
	case talk.DialogClosed:
		t.stop(t.Set, chain.SinceAsked)
		t.stop(t.Set, chain.SinceTold)
	default:
	}
}

// heard notes that the visitor wrote; if a chain took its words, it waits for no
// operator any more.
func (t *turn) heard() {
	t.Met = true
	if slices.ContainsFunc(t.Actions, func(a talk.Action) bool { c, is := a.(talk.Count); return is && c.What != talk.Left }) {
		t.stop(t.Set, chain.SinceAsked)
	}
}

// told winds up the clocks of what the visitor was told last, of a hand-off, and
// of who subscribed again.
func (t *turn) told(wasUnsubscribed bool) {
	for _, a := range t.Actions {
		switch a := a.(type) {
		case talk.Say:
			t.rewind(t.Set, chain.SinceTold, t.In.At)
		case talk.Hand:
			switch {
			case !a.Stop:
			case t.In.Facts.Silent:
				t.wait(t.Set, chain.SinceAsked, t.In.At)
			default: // what struck before did so for another call
				t.wind(t.Set, chain.SinceAsked, t.In.At)
			}
		}
	}
	if wasUnsubscribed && !t.Unsubscribed {
		t.wind(t.Set, chain.SinceSubscribed, t.In.At)
	}
}

// hold is a turn while operators have the dialog.
func (t *turn) hold() {
	for _, r := range t.Runs {
		if foreground(r) && !r.Free {
			r.Held = true
		}
	}
	switch t.In.Event.Kind {
	case talk.Said, talk.Pressed:
		t.overhear()
	case talk.Answered:
		t.makeWay()
	case talk.Responded:
		t.responded()
	case talk.Started:
		t.started()
	case talk.Tick:
		t.due()
	default:
	}
}

// overhear is what the visitor says to operators, or answers to a chain that speaks
// in the silence.
func (t *turn) overhear() {
	t.Met = true
	r := t.waiting()
	isAsked := r != nil && r.Free && t.isFor(r)
	if t.In.Event.Kind == talk.Said && (!isAsked || !t.means(r)) && t.wishes() {
		t.Confirm()
		return
	}
	if isAsked {
		t.wake(r)
	}
}

// speak is a turn in which the bot may speak.
func (t *turn) speak() {
	for _, r := range t.Runs {
		r.Free = false
	}
	switch t.In.Event.Kind {
	case talk.Said:
		t.said()
		t.heard()
	case talk.Pressed:
		t.pressed()
		t.heard()
	case talk.Tick:
		t.due()
	case talk.Responded:
		t.responded()
	case talk.Continued:
		t.continued()
	case talk.Started:
		t.started()
	case talk.Visited:
		t.visited()
	case talk.Opened:
		t.occasion(t.In.Event, t.mayBreakIn)
	case talk.Happened:
		if !t.Unsubscribed {
			t.occasion(t.In.Event, t.mayHear)
		}
	case talk.Answered:
		t.makeWay()
	case talk.DialogOpened, talk.DialogReopened:
		t.occasion(t.In.Event, t.mayJoin)
	default:
		t.occasion(t.In.Event, t.may)
	}
}
