package bot

import (
	"slices"

	"github.com/anteroom-chat/anteroom/bot/chain"
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

// mayByKeyword is may for the triggers with keywords alone.
func (t *turn) mayByKeyword(g *chain.Trigger) bool { return g.Kind == "keywords" && t.may(g) }

// mayBreakIn reports whether a trigger may start its chain now although the
// visitor asked for nothing: not while a chain talks with it in this visit, and
// not while its own chain waits.
func (t *turn) mayBreakIn(g *chain.Trigger) bool {
	visit := t.In.Facts.Visits
	return t.may(g) && !slices.ContainsFunc(t.Runs, func(r *chain.Run) bool {
		return !r.Wait.Long() && !r.Held && (r.Chain == g.Chain.Name || r.Visit > 0 && r.Visit == visit)
	})
}

// mayHear reports whether a trigger may start its chain for an event: not while it
// waits already for the visitor or for a time, or a page could pile it up.
func (t *turn) mayHear(g *chain.Trigger) bool {
	return t.may(g) && !slices.ContainsFunc(t.Runs, func(r *chain.Run) bool {
		return r.Chain == g.Chain.Name && !r.Held && r.Wait != nil && r.Wait.For != chain.ForResponse
	})
}

// mayJoin reports whether a trigger may start its chain for a change of the dialog,
// which the visitor's words may be the cause of: a chain that speaks does not while
// another one talks with the visitor or has just replied. One that tells but
// operators and servers always may.
func (t *turn) mayJoin(g *chain.Trigger) bool {
	if !g.Chain.Speaks() {
		return t.may(g)
	}
	return t.mayBreakIn(g) && (t.Replied.IsZero() || t.In.At.Sub(t.Replied) >= chain.ShortPause)
}

// mayUnasked is mayBreakIn for what the visitor can refuse altogether.
func (t *turn) mayUnasked(g *chain.Trigger) bool { return !t.Unsubscribed && t.mayBreakIn(g) }
