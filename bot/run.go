package bot

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// may reports whether a trigger may start its chain now.
func (t *turn) may(g *chain.Trigger) bool {
	if every := g.AtMostEvery(); every > 0 {
		if last, ok := t.LastStart[g.Key]; ok && t.In.At.Before(last.Add(every)) {
			return false
		}
	}
	visit, visitor := g.Once()
	last, before := t.LastVisit[g.Key]
	again := !visit || last != t.In.Facts.Visits
	return !before || !visitor && again
}

// note remembers that a trigger started its chain.
func (t *turn) note(g *chain.Trigger) {
	if g.AtMostEvery() > 0 {
		if t.LastStart == nil {
			t.LastStart = map[string]time.Time{}
		}
		t.LastStart[g.Key] = t.In.At
	}
	if visit, visitor := g.Once(); visit || visitor {
		if t.LastVisit == nil {
			t.LastVisit = map[string]int{}
		}
		t.LastVisit[g.Key] = t.In.Facts.Visits
	}
}

// occasion starts the chain that something means which is not the visitor's words.
func (t *turn) occasion(o chain.Occasion) {
	if g := t.Set.Find(t.Turn, o, t.may); g != nil {
		t.start(g)
	}
}

// startFor starts a chain for the visitor's words: it takes the place of what the
// visitor talked with before.
func (t *turn) startFor(g *chain.Trigger) {
	t.interrupt(nil)
	t.start(g)
}

func (t *turn) start(g *chain.Trigger) {
	t.note(g)
	t.begin(g.Chain)
}

// begin starts a chain at its first step.
func (t *turn) begin(c *chain.Chain) {
	first := c.Start()
	if first == nil {
		return
	}
	r := t.run(c)
	t.Runs = append(t.Runs, r)
	if extra := len(t.Runs) - maxRuns; extra > 0 {
		t.Runs = slices.Delete(t.Runs, 0, extra)
	}
	t.proceed(r, first, chain.Outcome{To: first})
}

// run makes a run of a chain.
func (t *turn) run(c *chain.Chain) *chain.Run {
	return &chain.Run{ID: t.In.ID + "/" + strconv.Itoa(len(t.Actions)), Chain: c.Name, Hash: c.Hash, Event: t.In.Event.Data}
}

// interrupt ends what the visitor talked with, but for one run.
func (t *turn) interrupt(but *chain.Run) {
	for _, r := range slices.Clone(t.Runs) {
		if r != but && foreground(r) {
			left(t.Turn, r)
			t.drop(r)
		}
	}
}

var errEndless = errors.New("the chain did " + strconv.Itoa(maxSteps) + " steps without waiting for the visitor and was stopped")

// proceed goes on with a run after a step, until it waits or is over.
func (t *turn) proceed(r *chain.Run, step *chain.Step, o chain.Outcome) {
	t.Begin(r)
	for {
		switch {
		case o.Wait != nil:
			r.Chain, r.Step, r.Hash, r.Wait = step.Chain.Name, step.ID, step.Chain.Hash, o.Wait
			if r.Wait.ForVisitor() {
				t.only(r)
			}
			return
		case o.To == nil && !o.End:
			o.To = t.back(r)
		}
		if o.End || o.To == nil {
			t.drop(r)
			return
		}
		step = o.To
		if t.steps++; t.steps > maxSteps {
			t.Fault(step, "endless", errEndless)
			t.drop(r)
			return
		}
		t.Count(step, talk.Entered)
		o = step.Run(t.Turn)
	}
}

// back is where a chain goes on that called the one that has ended; nil for nowhere.
func (t *turn) back(r *chain.Run) *chain.Step {
	for len(r.Calls) > 0 {
		last := r.Calls[len(r.Calls)-1]
		r.Calls = r.Calls[:len(r.Calls)-1]
		if c := t.Set.Chain(last.Chain); c != nil {
			if step := c.Step(last.Step); step != nil {
				return step
			}
		}
	}
	return nil
}

// only ends all other runs that wait for the visitor: there is one question at a time.
func (t *turn) only(r *chain.Run) {
	for _, other := range slices.Clone(t.Runs) {
		if other != r && other.Wait.ForVisitor() {
			left(t.Turn, other)
			t.drop(other)
		}
	}
}

// wake goes on with a run that waits, if the input is its business.
func (t *turn) wake(r *chain.Run) {
	step := t.Set.Chain(r.Chain).Step(r.Step)
	t.Begin(r)
	if o, taken := step.Wake(t.Turn, r.Wait); taken {
		t.proceed(r, step, o)
	}
}

// due lets happen what was waiting for this time: pauses that are over, questions
// that nobody answered, triggers of time.
func (t *turn) due() {
	for _, r := range slices.Clone(t.Runs) {
		over := r.Wait != nil && !r.Wait.Until.IsZero() && !t.In.At.Before(r.Wait.Until)
		if over && !r.Held && !t.In.Facts.Silent && slices.Contains(t.Runs, r) {
			t.wake(r)
		}
	}
	for _, key := range sortedKeys(t.Clocks) {
		if t.In.At.Before(t.Clocks[key]) {
			continue
		}
		g := t.Set.Due(t.Turn, key)
		delete(t.Clocks, key)
		if g == nil || t.Unsubscribed && g.Kind != string(chain.SinceAsked) {
			continue
		}
		if !t.In.Facts.Silent || g.Kind == string(chain.SinceAsked) {
			t.start(g)
		}
	}
}

// responded gives the outcome of a request to the run that waits for it; one that
// is held keeps it until it goes on.
func (t *turn) responded() {
	for _, r := range t.Runs {
		if r.Wait == nil || r.Wait.For != chain.ForResponse || r.Wait.Request != t.In.Event.Request {
			continue
		}
		if r.Held {
			r.Wait.Response = t.In.Event.Response
		} else {
			t.wake(r)
		}
		return
	}
}

// continued goes on with what an operator's words had held.
func (t *turn) continued() {
	for _, r := range slices.Clone(t.Runs) {
		if r.Held && slices.Contains(t.Runs, r) {
			r.Held = false
			t.wake(r)
		}
	}
}

// answered is an operator's word while the bot may speak: what was about to be
// said is not said any more.
func (t *turn) answered() {
	for _, r := range slices.Clone(t.Runs) {
		if foreground(r) {
			left(t.Turn, r)
			t.drop(r)
		}
	}
}

// events starts the chains that wait for events of other chains. Chains that start
// one another without end are stopped.
func (t *turn) events() {
	for n := 0; len(t.Events) > 0; n++ {
		event := t.Events[0]
		if n == maxRuns {
			t.Do(talk.Fault{Code: "endless", Text: fmt.Sprintf("Chains start one another without end by events, the last one is %q; they were stopped.", event.Name)})
			return
		}
		t.Events = t.Events[1:]
		t.In.Event = event
		t.occasion(chain.Occasion{Event: event})
	}
}
