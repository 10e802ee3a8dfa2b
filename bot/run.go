package bot

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

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
func (t *turn) occasion(e talk.Event, allowed func(*chain.Trigger) bool) {
	t.Env.SetEvent(e.Data)
	if g := t.Set.Find(t.Turn, chain.Occasion{Event: e}, allowed); g != nil {
		t.start(g)
	}
}

// visited starts the chain of a page trigger.
func (t *turn) visited() {
	if g := t.Set.Visited(t.Turn, t.In.Event.Trigger); g != nil && t.mayUnasked(g) {
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

// started starts the chain that operators order.
func (t *turn) started() {
	if c := t.Set.Chain(t.In.Event.Name); c != nil {
		t.begin(c)
	}
}

// begin starts a chain at its first step.
func (t *turn) begin(c *chain.Chain) {
	first := c.Start()
	if first == nil {
		return
	}
	r := t.run(c)
	t.Runs = append(t.Runs, r)
	t.proceed(r, first, chain.Outcome{To: first})
}

// run makes a run of a chain.
func (t *turn) run(c *chain.Chain) *chain.Run {
	return &chain.Run{
		ID: t.In.ID + "/" + strconv.Itoa(len(t.Actions)), Chain: c.Name, Hash: c.Hash, Event: t.In.Event.Data, Free: t.In.Facts.Silent,
		Steps: t.before.Steps, Rounds: maps.Clone(t.before.Rounds),
	}
}

// makeRoom ends the oldest runs if there are too many, first those that the visitor
// does not talk with.
func (t *turn) makeRoom() {
	for len(t.Runs) > maxRuns {
		beside := slices.IndexFunc(t.Runs, func(r *chain.Run) bool { return !foreground(r) })
		oldest := t.Runs[max(beside, 0)]
		left(t.Turn, oldest)
		t.drop(oldest)
	}
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

// proceed goes on with a run after a step, until it waits or is over.
func (t *turn) proceed(r *chain.Run, step *chain.Step, o chain.Outcome) {
	t.Begin(r)
	r.Wait = nil
	if t.present {
		r.Visit = t.In.Facts.Visits
	}
	if t.words() {
		r.Talks, r.Words = true, true
	}
	for {
		if o.Hand != nil {
			t.hand(r, *o.Hand)
			return
		}
		if o.Wait != nil {
			t.stand(r, step, o.Wait)
			return
		}
		if o.To == nil && !o.End {
			o.To = t.back(r)
		}
		if o.End || o.To == nil {
			t.drop(r)
			return
		}
		step = o.To
		if step.Kind == "handoff" {
			t.events() // before the silence, in which they would start nothing
			if t.silenced() {
				t.drop(r)
				return
			}
			t.Begin(r)
		}
		t.steps++
		r.Steps++
		if r.Steps > maxSteps {
			t.Fault(t.round(r, step), "endless", errEndless)
			t.drop(r)
			return
		}
		mark(r, step)
		o = t.perform(r, step)
	}
}

// perform does one step, and notes whether it spoke to the visitor or called a person.
func (t *turn) perform(r *chain.Run, step *chain.Step) chain.Outcome {
	t.Count(step, talk.Entered)
	before := len(t.Actions)
	o := step.Run(t.Turn)
	t.noted(r, t.Actions[before:])
	return o
}

// noted notes whether a run spoke to the visitor, or is about to, or called a person.
func (t *turn) noted(r *chain.Run, actions []talk.Action) {
	for _, a := range actions {
		switch a := a.(type) {
		case talk.Say, talk.Generate:
			if r.Talks = true; t.words() {
				t.Replied = t.In.At
			}
		case talk.Hand:
			t.handed = t.handed || a.Stop
		}
	}
}

// hand ends a run that gives the dialog to the operators, but for the bot's silence
// that has begun in this turn already. Events are heard before it.
func (t *turn) hand(r *chain.Run, h talk.Hand) {
	t.events()
	if !t.silenced() {
		t.Do(h)
		t.handed = t.handed || h.Stop
	}
	t.drop(r)
}

// stand lets a run wait at a step.
func (t *turn) stand(r *chain.Run, step *chain.Step, w *chain.Wait) {
	r.Chain, r.Step, r.Kind, r.Hash, r.Wait = step.Chain.Name, step.ID, step.Kind, step.Chain.Hash, w
	if w.ForVisitor() {
		t.only(r)
	}
	if w.Long() {
		r.Talks = false
	}
	if w.ForVisitor() && w.For != chain.ForReply || w.Long() {
		r.Steps, r.Rounds, r.Words = 0, nil, false
	}
}

// back is where a chain goes on that called the one that has ended; nil for nowhere.
func (t *turn) back(r *chain.Run) *chain.Step {
	for len(r.Calls) > 0 {
		last := r.Calls[len(r.Calls)-1]
		r.Calls = r.Calls[:len(r.Calls)-1]
		if c := t.Set.Chain(last.Chain); c != nil {
			if step := c.Step(last.Step); step != nil && step.Kind == "call" && step.Next != nil {
				return step.Next
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

// at is the step at which a run stands, which there is once edited has been called.
func (t *turn) at(r *chain.Run) *chain.Step { return t.Set.Chain(r.Chain).Step(r.Step) }

// wake goes on with a run that waits. It reports whether the input was its business.
func (t *turn) wake(r *chain.Run) bool {
	step := t.at(r)
	t.Begin(r)
	before := len(t.Actions)
	o, taken := step.Wake(t.Turn, r.Wait)
	t.noted(r, t.Actions[before:])
	if taken {
		t.proceed(r, step, o)
	}
	return taken
}

// due lets happen what was waiting for this time: pauses that are over, questions
// that nobody answered, triggers of time. In the silence of the bot, pauses wait
// for its end. What is not reached in this turn is done in the next one.
func (t *turn) due() {
	for _, r := range t.overdue() {
		if !slices.Contains(t.Runs, r) || t.silenced() || t.steps > maxSteps {
			continue
		}
		if t.Unsubscribed && r.Wait.For == chain.ForTime && !foreground(r) {
			t.drop(r)
			continue
		}
		if !t.wake(r) {
			r.Wait.Until = time.Time{} // a step that was edited and has no time any more
		}
	}
	for _, key := range t.strikes() {
		if t.steps > maxSteps {
			return
		}
		t.strike(key)
	}
}

// strike starts the chain of a trigger whose time has come. In the silence of the
// bot only those strike that wait for operators, the others at its end; what was
// said a moment ago, or a call, begins those that it concerns anew, see told.
func (t *turn) strike(key string) {
	clock := t.Set.Timer(key).Clock
	waits := clock != chain.SinceAsked && (t.In.Facts.Silent || t.handed)
	if waits || clock == chain.SinceTold && t.says() {
		return
	}
	if t.Clocks[key] = (time.Time{}); clock == chain.SinceSubscribed {
		delete(t.Clocks, key)
	}
	if t.Unsubscribed && clock != chain.SinceAsked || t.silenced() {
		return
	}
	t.Env.SetEvent(nil)
	if g := t.Set.Due(t.Turn, key); g != nil {
		t.start(g)
	}
}

// says reports whether the visitor was told something in this turn.
func (t *turn) says() bool {
	return slices.ContainsFunc(t.Actions, func(a talk.Action) bool { _, is := a.(talk.Say); return is })
}

// silenced reports whether a chain has called a person in this turn, and the bot
// was not silent before.
func (t *turn) silenced() bool { return t.handed && !t.In.Facts.Silent }

// overdue are the runs whose time has come, in the order of their times.
func (t *turn) overdue() (runs []*chain.Run) {
	for _, r := range t.Runs {
		over := r.Wait != nil && !r.Wait.Until.IsZero() && !t.In.At.Before(r.Wait.Until)
		if over && !r.Held && (r.Free || !t.In.Facts.Silent) {
			runs = append(runs, r)
		}
	}
	slices.SortStableFunc(runs, func(a, b *chain.Run) int { return a.Wait.Until.Compare(b.Wait.Until) })
	return runs
}

// strikes are the keys of the time triggers whose time has come, in that order.
func (t *turn) strikes() (keys []string) {
	for key, at := range t.Clocks {
		if !at.IsZero() && !t.In.At.Before(at) {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(t.Clocks[a].Compare(t.Clocks[b]), cmp.Compare(a, b)) })
	return keys
}

// responded gives the outcome of a request to the run that waits for it; one that
// is held keeps it until it goes on, one that works beside until the silence is over.
// Nobody keeps what an assistant says in the silence.
func (t *turn) responded() {
	for _, r := range t.Runs {
		if !r.Wait.Awaits(t.In.Event.Request) {
			continue
		}
		switch silent := t.In.Facts.Silent && !r.Free; {
		case r.Wait.For == chain.ForReply && (r.Held || silent):
			r.Wait = r.Wait.Void()
		case r.Held:
			r.Wait.Response = t.In.Event.Response
		case silent:
			r.Wait.Response, r.Wait.Until = t.In.Event.Response, t.In.At
		default:
			t.wake(r)
		}
		return
	}
}

// continued goes on with what the visitor talked with, be it held or silenced a
// moment ago; long pauses have the time that is left of them.
func (t *turn) continued() {
	for _, r := range slices.Clone(t.Runs) {
		if !slices.Contains(t.Runs, r) || t.silenced() {
			continue
		}
		if r.Held = false; foreground(r) {
			t.wake(r)
		}
	}
	t.due()
}

// makeWay holds what was about to be said, and long pauses, for an operator speaks.
// Assistants are held with nothing to say. What works beside waits for the end of
// the silence.
func (t *turn) makeWay() {
	for _, r := range t.Runs {
		r.Free, r.Wait = false, r.Wait.Void()
		r.Held = r.Held || foreground(r) || r.Wait.Long()
	}
}

// events starts the chains that wait for events of other chains. Chains that start
// one another without end are stopped.
func (t *turn) events() {
	about := t.In.Event
	defer func() { t.In.Event, t.before = about, chain.Raised{} }()
	for len(t.Raised) > 0 && !t.silenced() {
		raised := t.Raised[0]
		if t.heardOf == maxRuns {
			t.Raised = nil
			t.Do(talk.Fault{Code: "endless", Text: fmt.Sprintf("Chains start one another without end by events, the last one is %q; they were stopped.", raised.Event.Name)})
			return
		}
		t.Raised = t.Raised[1:]
		t.heardOf++
		t.In.Event, t.before = raised.Event, raised
		t.occasion(raised.Event, t.mayHear)
	}
}
