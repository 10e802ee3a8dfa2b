package bot

import (
	"slices"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// said is a visitor's message. The package comment says who gets it.
func (t *turn) said() {
	t.release()
	occasion := chain.Occasion{Event: t.In.Event, First: !t.Met}
	r := t.waiting()
	if r == nil || !t.means(r) {
		if g := t.Set.Find(t.Turn, occasion, (*chain.Trigger).IsWish); g != nil {
			t.wishes()
			t.wished(g)
			t.startFor(g)
			return
		}
		if t.wishes() {
			t.confirm(occasion)
			return
		}
	}
	if r != nil {
		t.answer(r, occasion)
		return
	}
	if g := t.Set.Find(t.Turn, occasion, t.may); g != nil {
		isBusy := g.Kind == "default" && slices.ContainsFunc(t.Runs, foreground) // a chain is about to speak
		if g.Kind == "default" && (isBusy || !g.Chain.IsAssistants()) {
			t.Do(talk.Unmatched{Text: t.In.Event.Text})
		}
		if isBusy {
			return
		}
		t.startFor(g)
		return
	}
	t.Do(talk.Unmatched{Text: t.In.Event.Text})
}

// means reports whether the visitor's words are those of a button or a choice that
// a run waits for.
func (t *turn) means(r *chain.Run) bool {
	t.Begin(r)
	return t.at(r).Means(t.Turn)
}

// isFor reports whether what the visitor did is for a run that waits: its words,
// or a press of a button of its message.
func (t *turn) isFor(r *chain.Run) bool {
	press := t.In.Event.Press
	return press == nil || t.at(r).Key() == press.Step
}

// wishes notes whether the visitor wants messages unasked, if it says so in the
// usual words, and reports whether it does.
func (t *turn) wishes() bool {
	stop, start := chain.IsStop(t.In.Event.Text), chain.IsStart(t.In.Event.Text)
	if stop || start {
		t.Subscribe(start)
	}
	return stop || start
}

// confirm answers such a wish for which there is no chain, but for one that has it
// as a keyword. A question goes on waiting.
func (t *turn) confirm(occasion chain.Occasion) {
	if g := t.Set.Find(t.Turn, occasion, t.mayByKeyword); g != nil {
		t.startFor(g)
		return
	}
	t.Replied = t.In.At
	t.Confirm()
}

// wished notes the same in the words of a trigger.
func (t *turn) wished(g *chain.Trigger) {
	switch g.Kind {
	case "unsubscribe":
		t.Subscribe(false)
	case "subscribe":
		t.Subscribe(true)
	}
}

// release ends the runs that an operator's words held: the bot listens anew.
func (t *turn) release() {
	for _, r := range slices.Clone(t.Runs) {
		if r.Held {
			left(t.Turn, r)
			t.drop(r)
		}
	}
}

// answer gives the visitor's words to a run that waits for them.
func (t *turn) answer(r *chain.Run, occasion chain.Occasion) {
	if yields := r.Wait.For == chain.ForPress || t.at(r).Yields(); yields && !t.means(r) {
		if g := t.Set.Find(t.Turn, occasion, t.mayByKeyword); g != nil {
			t.startFor(g)
			return
		}
	}
	if t.wake(r) {
		return
	}
	g := t.Set.Find(t.Turn, occasion, t.may)
	if g == nil || !g.Chain.IsAssistants() {
		t.Do(talk.Unmatched{Text: t.In.Event.Text})
	}
	if g != nil {
		t.startFor(g)
		return
	}
	step := t.at(r)
	t.Begin(r)
	t.proceed(r, step, step.Run(t.Turn)) // it is shown once more
}

// pressed is a press of a button, of a chain that waits for it or of one that has
// long moved on.
func (t *turn) pressed() {
	press := t.In.Event.Press
	r := t.waiting()
	isIts := r != nil && press != nil && t.isFor(r) && t.means(r)
	if isIts {
		r.Held = false // it goes on, with those that called it
	}
	t.release()
	if isIts {
		t.wake(r)
		return
	}
	if press != nil {
		if step := t.Set.Step(press.Step); step != nil {
			r = t.run(step.Chain)
			t.Begin(r)
			if o, ok := step.Press(t.Turn); ok {
				t.interrupt(r)
				t.Runs = append(t.Runs, r)
				t.proceed(r, step, o)
				return
			}
		}
	}
	t.In.Event.Kind = talk.Said // a button that is no more: its words remain
	t.said()
}
