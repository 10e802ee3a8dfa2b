package bot

import (
	"slices"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// said is a visitor's message. The package comment says who gets it.
func (t *turn) said() {
	t.wishes()
	occasion := chain.Occasion{Event: t.In.Event, First: !t.Met}
	if g := t.Set.Find(t.Turn, occasion, (*chain.Trigger).IsWish); g != nil {
		t.startFor(g)
		return
	}
	t.release()
	if r := t.waiting(); r != nil {
		t.answer(r, occasion)
		return
	}
	if g := t.Set.Find(t.Turn, occasion, t.may); g != nil {
		if isLast := g.Kind == "default"; isLast {
			t.Do(talk.Unmatched{Text: t.In.Event.Text})
			if slices.ContainsFunc(t.Runs, foreground) {
				return // a chain is about to speak
			}
		}
		t.startFor(g)
		return
	}
	t.Do(talk.Unmatched{Text: t.In.Event.Text})
}

// wishes notes whether the visitor wants messages unasked.
func (t *turn) wishes() {
	switch {
	case chain.IsStop(t.In.Event.Text):
		t.Subscribe(false)
	case chain.IsStart(t.In.Event.Text):
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
	step := t.Set.Chain(r.Chain).Step(r.Step)
	t.Begin(r)
	if r.Wait.For == chain.ForPress && !step.Means(t.Turn) {
		if g := t.Set.Find(t.Turn, occasion, func(g *chain.Trigger) bool { return g.Kind == "keywords" && t.may(g) }); g != nil {
			t.startFor(g)
			return
		}
	}
	if o, taken := step.Wake(t.Turn, r.Wait); taken {
		t.proceed(r, step, o)
		return
	}
	t.Do(talk.Unmatched{Text: t.In.Event.Text})
	if g := t.Set.Find(t.Turn, occasion, t.may); g != nil {
		t.startFor(g)
		return
	}
	t.again(r, step)
}

// again shows what a run waits for once more.
func (t *turn) again(r *chain.Run, step *chain.Step) {
	t.proceed(r, step, step.Run(t.Turn))
}

// pressed is a press of a button, of a chain that waits for it or of one that has
// long moved on.
func (t *turn) pressed() {
	t.release()
	press := t.In.Event.Press
	if r := t.waiting(); r != nil {
		step := t.Set.Chain(r.Chain).Step(r.Step)
		if press != nil && step.Key() == press.Step {
			t.Begin(r)
			if o, taken := step.Wake(t.Turn, r.Wait); taken {
				t.proceed(r, step, o)
				return
			}
		}
	}
	if press != nil {
		if step := t.Set.Step(press.Step); step != nil {
			r := t.run(step.Chain)
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
