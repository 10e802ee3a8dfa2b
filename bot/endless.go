package bot

import (
	"errors"
	"maps"
	"slices"
	"strconv"

	"github.com/anteroom-chat/anteroom/bot/chain"
)

var errEndless = errors.New("the chain did " + strconv.Itoa(maxSteps) + " steps without waiting for the visitor and was stopped")

// fewSteps is how many steps are done before it is noted which: most chains wait
// before that, and those that go round without end do so behind it too.
const fewSteps = 20

// mark notes that a run does a step.
func mark(r *chain.Run, step *chain.Step) {
	if r.Steps <= fewSteps {
		return
	}
	if r.Rounds == nil {
		r.Rounds = map[string]int{}
	}
	r.Rounds[step.Key()]++
}

// round is the step to blame for an endless chain that has come to a step: of those
// that wait for a called chain, the outermost one first, and of that step, one that
// was done more than once. A chain that a circle calls is innocent, and so is one at
// the end of a circle that was long.
func (t *turn) round(r *chain.Run, step *chain.Step) *chain.Step {
	for _, call := range r.Calls {
		if c := t.Set.Chain(call.Chain); c != nil {
			if caller := c.Step(call.Step); caller != nil && r.Rounds[caller.Key()] > 1 {
				return caller
			}
		}
	}
	if r.Rounds[step.Key()] > 0 {
		return step
	}
	most := 1
	for _, key := range slices.Sorted(maps.Keys(r.Rounds)) {
		if often := t.Set.Step(key); often != nil && r.Rounds[key] > most {
			most, step = r.Rounds[key], often
		}
	}
	return step
}
