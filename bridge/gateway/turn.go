package gateway

import (
	"context"
	"net/netip"
	"runtime"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/quota"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// mostBehind is how long a turn that could begin lets those go first who are in the middle
// of a talk.
const mostBehind = 5 * time.Millisecond

// newTurns leaves half of the processors to who is in the middle of a talk, as talks reports
// of anybody.
func newTurns(talks func() bool) *quota.Turns {
	return quota.NewTurns(max(1, runtime.GOMAXPROCS(0)/2), mostBehind, talks)
}

// turnKey is the key of the turn of a context.
type turnKey struct{}

// turn is one that work has, or had before it waited for a commit.
type turn struct {
	// first is true for who waits for none.
	first bool
	// next is how to come to another one.
	next func(context.Context) (done func(), err error)
	// done gives it back; nil while the work has none.
	done func()
}

func (t *turn) giveBack() {
	if t.done != nil {
		t.done()
		t.done = nil
	}
}

// inTurn does what may wait for its turn: connections, new visitors and those who do more
// than a person can. Any crowd can have as much of that as it likes, and none of it is to
// hold up who is in the middle of a talk. Once it waits for a commit it has its turn no
// more, since it may hold what the next one waits for; see again.
func (g *Gateway) inTurn(ctx context.Context, address netip.Addr, do func(context.Context) error) error {
	return g.inTurnOf(ctx, func(ctx context.Context) (func(), error) { return g.limits.turns.Wait(ctx, address, false) }, do)
}

// inTurnAndRest does the same for what new visitors and floods say: of that there is always
// more. Connections do not rest: after a restart all come at once, and are to be back soon.
func (g *Gateway) inTurnAndRest(ctx context.Context, address netip.Addr, do func(context.Context) error) error {
	return g.inTurnOf(ctx, func(ctx context.Context) (func(), error) { return g.limits.turns.Wait(ctx, address, true) }, do)
}

func (g *Gateway) inTurnOf(ctx context.Context, next func(context.Context) (func(), error), do func(context.Context) error) error {
	if t, ok := ctx.Value(turnKey{}).(*turn); ok {
		if !t.first {
			return do(ctx)
		}
		t.giveBack() // else it would wait for itself
	}
	return (&turn{next: next}).do(ctx, do)
}

// first does something for who is in the middle of a talk; turns begin behind it. While it
// waits for a commit they need not wait.
func (g *Gateway) first(ctx context.Context, do func(context.Context) error) error {
	t := &turn{first: true, next: func(context.Context) (func(), error) { return g.limits.turns.First(), nil }}
	return t.do(ctx, do)
}

// isFirst reports whether a context is that of first.
func isFirst(ctx context.Context) bool {
	t, ok := ctx.Value(turnKey{}).(*turn)
	return ok && t.first
}

func (t *turn) do(ctx context.Context, do func(context.Context) error) error {
	done, err := t.next(ctx)
	if err != nil {
		return err
	}
	t.done = done
	defer t.giveBack()
	return do(store.BeforeWait(context.WithValue(ctx, turnKey{}, t), t.giveBack))
}

// again has work that waited for a commit go first, or wait for its turn, once more, where it
// holds nothing. It goes on without one if ctx ends: what was done is to be told.
func again(ctx context.Context) {
	t, ok := ctx.Value(turnKey{}).(*turn)
	if !ok || t.done != nil {
		return
	}
	if done, err := t.next(ctx); err == nil {
		t.done = done
	}
}

// briefly has a turn for work that may also wait for somebody else: it ends with over, and
// after most in any case.
func (g *Gateway) briefly(ctx context.Context, address netip.Addr, most time.Duration) (over func(), err error) {
	done, err := g.limits.turns.Wait(ctx, address, false)
	if err != nil {
		return nil, err
	}
	late := time.AfterFunc(most, done)
	return func() { late.Stop(); done() }, nil
}

// freshFor is how long a dialog is new.
const freshFor = 20 * time.Second

// isNew reports whether the visitor began to talk just now, or has not yet: of those, a
// crowd of addresses has any number.
func (c *conversation) isNew() bool {
	began := c.began.Load()
	since := time.Since(time.UnixMilli(began)) // the time of day; one to come is that of a clock that was wrong
	return began == 0 || since >= 0 && since < freshFor
}

// patient has the visitor's writes let others go first.
func (c *conversation) patient(ctx context.Context) context.Context {
	return store.Patient(ctx, quota.Customer(c.address))
}

// whereNew does something in its turn for a visitor who is new, and at once for others.
func (c *conversation) whereNew(ctx context.Context, do func(context.Context) error) error {
	if c.isNew() {
		return c.g.inTurn(ctx, c.address, do)
	}
	return do(ctx)
}
