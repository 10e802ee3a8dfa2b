package gateway

import (
	"context"
	"net/netip"
	"runtime"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/quota"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// mostBehind is how long who waits for a turn lets those go first who are in the middle of a
// talk, where there is always one.
const mostBehind = 5 * time.Millisecond

// newTurns leaves half of the processors to who is in the middle of a talk.
func newTurns() *quota.Turns { return quota.NewTurns(max(1, runtime.NumCPU()/2), mostBehind) }

// turnKey is the key of the turn of a context.
type turnKey struct{}

// turn is one that work has, or had before it waited for a commit.
type turn struct {
	of      *quota.Turns
	address netip.Addr
	// done gives it back; nil while the work has none.
	done func()
}

func (t *turn) wait(ctx context.Context) (err error) {
	t.done, err = t.of.Wait(ctx, t.address)
	return err
}

func (t *turn) rest() {
	if t.done != nil {
		t.done()
		t.done = nil
	}
}

// inTurn does what may wait for its turn: connections, new visitors and those who do more
// than a person can. Any crowd can have as much of that as it likes, and none of it is to
// hold up who is in the middle of a talk. Once it has waited for a commit it has its turn no
// more, since it may hold what the next one waits for; see again.
func (g *Gateway) inTurn(ctx context.Context, address netip.Addr, do func(context.Context) error) error {
	if ctx.Value(turnKey{}) != nil {
		return do(ctx)
	}
	t := &turn{of: g.limits.turns, address: address}
	if err := t.wait(ctx); err != nil {
		return err
	}
	defer t.rest()
	return do(store.BeforeWait(context.WithValue(ctx, turnKey{}, t), t.rest))
}

// first does something for who is in the middle of a talk; no turn begins meanwhile.
func (g *Gateway) first(ctx context.Context, do func(context.Context) error) error {
	defer g.limits.turns.First()()
	return do(ctx)
}

// again has work whose turn passed wait for another one, where it holds nothing. It goes on
// without one if ctx ends: what was done is to be told.
func again(ctx context.Context) {
	if t, ok := ctx.Value(turnKey{}).(*turn); ok && t.done == nil {
		_ = t.wait(ctx)
	}
}

// freshFor is how long a dialog is new.
const freshFor = 20 * time.Second

// isNew reports whether the visitor began to talk just now, or has not yet: of those, a
// crowd of addresses has any number.
func (c *conversation) isNew() bool {
	if !c.acted.Load() {
		return true
	}
	began := c.began.Load()
	return began != 0 && time.Since(c.g.started)-time.Duration(began) < freshFor
}

// whereNew does something in its turn for a visitor who is new, and at once for others.
func (c *conversation) whereNew(ctx context.Context, do func(context.Context) error) error {
	if c.isNew() {
		return c.g.inTurn(ctx, c.address, do)
	}
	return do(ctx)
}

// turnTaking has a new dialog let those go first that have lasted.
func (c *conversation) turnTaking(ctx context.Context) context.Context {
	if c.isNew() {
		return store.Patient(ctx)
	}
	return ctx
}
