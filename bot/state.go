package bot

import (
	"maps"
	"slices"
	"time"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// Version is that of State's form. A state of a newer version is not understood.
const Version = 1

// The most runs of a dialog, and inputs that are remembered so that none counts twice.
const (
	maxRuns   = 20
	maxInputs = 50
)

// State is all that the bot remembers of a dialog. Its zero value is a dialog in
// which nothing happened yet. It is written as JSON.
type State struct {
	Version int `json:"version"`
	// Runs are the chains under way, the one that began last at the end. At most
	// one of them waits for the visitor.
	Runs []*chain.Run `json:"runs,omitempty"`
	// Clocks are the time triggers that are wound up, by key, and when they are due;
	// zero for one that has struck and is not wound up again by itself.
	Clocks map[string]time.Time `json:"clocks,omitempty"`
	// LastStart says when a trigger last started its chain, for those that may not do
	// so at any time; LastVisit in which visit of the visitor.
	LastStart map[string]time.Time `json:"last_start,omitempty"`
	LastVisit map[string]int       `json:"last_visit,omitempty"`
	// Inputs are the ids of the latest inputs.
	Inputs []string `json:"inputs,omitempty"`
	// Met is true once the visitor wrote something.
	Met bool `json:"met,omitempty"`
	// Replied is when a chain said something to the visitor's latest words; zero if none did.
	Replied time.Time `json:"replied,omitzero"`
	// Silent is true if operators had the dialog after the latest turn.
	Silent bool `json:"silent,omitempty"`

	chain.Memory
}

// Due is when a Tick is due next; zero for never. While operators have the dialog
// most pauses and triggers do not count: whoever runs the bot makes a Tick when that is over.
func (s *State) Due() (due time.Time) {
	earlier := func(at time.Time) {
		if !at.IsZero() && (due.IsZero() || at.Before(due)) {
			due = at
		}
	}
	for _, r := range s.Runs {
		if r.Wait != nil && !r.Held && (r.Free || !s.Silent) {
			earlier(r.Wait.Until)
		}
	}
	for key, at := range s.Clocks {
		if !s.Silent || chain.ClockOf(key) == chain.SinceAsked {
			earlier(at)
		}
	}
	return due
}

// Typing reports whether the bot is about to say something: it pauses for a
// moment, or waits for a server or an assistant.
func (s *State) Typing() bool {
	return slices.ContainsFunc(s.Runs, func(r *chain.Run) bool { return foreground(r) && r.Wait.Types() && !r.Held })
}

// Asks reports whether a chain waits for the visitor's words or for a press.
func (s *State) Asks() bool {
	r := s.waiting()
	return r != nil && !r.Held
}

// CanContinue reports whether an order to continue has something to go on with:
// chains that are held, or while the bot is silent any that is under way.
func (s *State) CanContinue(silent bool) bool {
	return silent && len(s.Runs) > 0 || slices.ContainsFunc(s.Runs, func(r *chain.Run) bool { return r.Held })
}

// Awaits reports whether the outcome of a Request or a Generate still counts. Once it
// does not, nobody need ask for it any more; it never does again.
func (s *State) Awaits(id string) bool {
	return slices.ContainsFunc(s.Runs, func(r *chain.Run) bool { return r.Wait.Awaits(id) })
}

// End ends the chains under way, and has what was due by then be done. What is known of
// the visitor stays.
func (s *State) End(at time.Time) {
	s.Runs, s.Clocks = nil, maps.Clone(s.Clocks)
	for key, due := range s.Clocks {
		if !due.After(at) {
			s.Clocks[key] = time.Time{}
		}
	}
}

// remember notes an input. It reports whether it is new.
func (s *State) remember(id string) bool {
	if slices.Contains(s.Inputs, id) {
		return false
	}
	s.Inputs = append(s.Inputs, id)
	if extra := len(s.Inputs) - maxInputs; extra > 0 {
		s.Inputs = slices.Delete(s.Inputs, 0, extra)
	}
	return true
}

// sweep forgets what is remembered of triggers and steps that are there no more.
func (s *State) sweep(set *chain.Set) {
	maps.DeleteFunc(s.Clocks, func(key string, _ time.Time) bool { return set.Timer(key) == nil })
	maps.DeleteFunc(s.LastStart, func(key string, _ time.Time) bool { return !set.Limits(key) })
	maps.DeleteFunc(s.LastVisit, func(key string, _ int) bool { return !set.Limits(key) })
	maps.DeleteFunc(s.Choices, func(key string, _ int) bool {
		step := set.Step(key)
		return step == nil || !step.Sticks()
	})
}

// waiting returns the run that waits for the visitor, or nil.
func (s *State) waiting() *chain.Run {
	for _, r := range s.Runs {
		if r.Wait.ForVisitor() {
			return r
		}
	}
	return nil
}

// foreground reports whether a run is what the visitor is talking with: it waits
// for words, or has talked with it and waits for a server or makes a short pause.
func foreground(r *chain.Run) bool {
	return r.Wait == nil || r.Wait.ForVisitor() || r.Talks && !r.Wait.Long()
}

// drop takes a run out.
func (s *State) drop(r *chain.Run) {
	s.Runs = slices.DeleteFunc(s.Runs, func(other *chain.Run) bool { return other == r })
}

// wind winds up the time triggers of a clock.
func (s *State) wind(set *chain.Set, clock chain.Clock, since time.Time) {
	s.stop(set, clock)
	s.wait(set, clock, since)
}

// rewind winds up those that have not struck.
func (s *State) rewind(set *chain.Set, clock chain.Clock, since time.Time) {
	for _, g := range set.Timed(clock) {
		if at, wound := s.Clocks[g.Key]; wound && !at.IsZero() {
			delete(s.Clocks, g.Key)
		}
	}
	s.wait(set, clock, since)
}

// wait winds up those that neither run nor have struck.
func (s *State) wait(set *chain.Set, clock chain.Clock, since time.Time) {
	for _, g := range set.Timed(clock) {
		if _, wound := s.Clocks[g.Key]; wound {
			continue
		}
		if s.Clocks == nil {
			s.Clocks = map[string]time.Time{}
		}
		s.Clocks[g.Key] = since.Add(g.After)
	}
}

// stop stops the time triggers of a clock.
func (s *State) stop(set *chain.Set, clock chain.Clock) {
	for _, g := range set.Timed(clock) {
		delete(s.Clocks, g.Key)
	}
}

// clone copies the state, so that a turn does not change what it was given.
func (s State) clone() State {
	runs := make([]*chain.Run, len(s.Runs))
	for i, r := range s.Runs {
		other := *r
		other.Calls, other.Rounds = slices.Clone(r.Calls), maps.Clone(r.Rounds)
		if r.Wait != nil {
			w := *r.Wait
			other.Wait = &w
		}
		runs[i] = &other
	}
	s.Runs, s.Inputs = runs, slices.Clone(s.Inputs)
	s.Clocks, s.LastStart, s.LastVisit, s.Choices = maps.Clone(s.Clocks), maps.Clone(s.LastStart), maps.Clone(s.LastVisit), maps.Clone(s.Choices)
	return s
}

// left tells that a run was left at a question, or before an assistant had answered.
func left(t *chain.Turn, r *chain.Run) {
	if c := t.Set.Chain(r.Chain); c != nil && r.Wait.ForVisitor() && r.Wait.Answers == 0 {
		if step := c.Step(r.Step); step != nil {
			t.Count(step, talk.Left)
		}
	}
}
