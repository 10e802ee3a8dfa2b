package matrix

import (
	"context"
	"errors"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/steady"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// work is a worker: it takes dialogs of one task from the queue for ever.
func (m *Matrix) work(ctx context.Context, t task) error {
	loop := steady.Of(ctx, steady.Outbox)
	for {
		v, err := m.queue.next(ctx, t)
		if err != nil {
			return err
		}
		if err := m.hs.gate.pass(ctx); err != nil {
			return err
		}
		_ = loop.Step(ctx, func(ctx context.Context) error { m.step(ctx, t, v); return nil })
	}
}

// errOtherTask says that the dialog's next step is another worker's.
type errOtherTask struct{ next task }

func (e errOtherTask) Error() string { return "the next step is another worker's" }

// step lets a dialog go as far as it can and decides when it comes back.
func (m *Matrix) step(ctx context.Context, t task, v chat.VisitorID) {
	err := m.advance(ctx, t, v)
	if errors.Is(err, errErased) {
		err = m.erase(ctx, t, v)
	}
	if other, ok := errors.AsType[errOtherTask](err); ok {
		m.queue.finish(v, other.next, true, 0, false)
		return
	}
	if err == nil || errors.Is(err, errErased) {
		m.doubts.calm(v)
		m.queue.finish(v, taskSend, false, 0, false)
		return
	}
	if ctx.Err() != nil {
		m.queue.finish(v, taskSend, false, 0, false)
		return
	}
	pause := m.doubts.pause(v)
	if errors.Is(err, errShut) || m.hs.isDown(ctx, err) {
		pause = probeFirst // resumed by the gate
	} else {
		pause = max(pause, retryAfter(err))
	}
	told := m.log.Warn().Err(err).Str(trail.Visitor, string(v))
	if e, ok := errors.AsType[errOfEntry](err); ok {
		told = told.Str(trail.Entry, string(e.entry))
	}
	told.Stringer("again_in", pause).Msg("A dialog could not be brought to Matrix yet")
	m.queue.finish(v, taskSend, true, pause, isUnsettled(err))
}

// conversation is a dialog on its way to Matrix, as one worker holds it.
type conversation struct {
	visitor chat.VisitorID
	who     store.Visitor
	site    *config.Site
	// ghost speaks for the visitor; in a site's desk that is the bot itself.
	ghost id.UserID
	room  id.RoomID
	lease store.Lease
	// blocked visitors' messages wait until the ban is lifted; what others say and remove goes on.
	blocked bool
}

var errErased = errors.New("the visitor was erased, or its site left the config")

// advance sends what waits and settles what has a latest value. A worker of
// another task than sending does that one step and hands the dialog back.
func (m *Matrix) advance(ctx context.Context, t task, v chat.VisitorID) error {
	c, err := m.open(ctx, v)
	if err != nil {
		return err
	}
	if c.blocked, err = m.store.Blocked(ctx, v); err != nil || c.blocked && c.room == "" {
		return err
	}
	if c.room == "" {
		if c.who.Number == 0 && !c.who.Desk {
			return nil // a greeting alone makes no room; it goes in first once the visitor acts
		}
		if t != taskCreate {
			return errOtherTask{taskCreate}
		}
		if err := m.makeRoom(ctx, c); err != nil {
			return err
		}
		return errOtherTask{taskSend}
	}
	if t == taskCreate || t == taskErase {
		return errOtherTask{taskSend}
	}
	if err := m.sendUnsent(ctx, t, c); err != nil {
		return err
	}
	if err := m.settle(ctx, c); err != nil {
		return errUnsettled{err}
	}
	return nil
}

// errUnsettled is a failure after all messages were sent: new ones need not wait for it.
type errUnsettled struct{ error }

func (e errUnsettled) Unwrap() error { return e.error }

func isUnsettled(err error) bool {
	_, ok := errors.AsType[errUnsettled](err)
	return ok
}

func (m *Matrix) open(ctx context.Context, v chat.VisitorID) (*conversation, error) {
	visitor, err := m.store.Visitor(ctx, v)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errErased
	}
	if err != nil {
		return nil, err
	}
	site, err := m.dialog.Site(visitor.Site)
	if err != nil {
		return nil, errErased
	}
	c := &conversation{visitor: v, who: visitor, site: site, ghost: m.cfg.GhostUserID(v)}
	if visitor.Desk {
		c.ghost = m.cfg.BotUserID()
	}
	if c.room, err = m.store.RoomOf(ctx, v); err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	c.lease, err = m.leases.take(ctx, v)
	return c, err
}

// sendUnsent sends what waits, in the journal's order, one after another.
func (m *Matrix) sendUnsent(ctx context.Context, t task, c *conversation) error {
	const page = 50
	unsent := m.store.Unsent
	if c.blocked {
		unsent = m.store.UnsentByOthers
	}
	for {
		entries, err := unsent(ctx, c.visitor, page)
		if err != nil || len(entries) == 0 {
			return err
		}
		for _, e := range entries {
			// Sending one entry may settle others of the page.
			state, err := m.store.SendStateOf(ctx, e.ID)
			if err != nil {
				return err
			}
			if state != store.Pending {
				continue
			}
			if err := m.send(ctx, t, c, e); err != nil {
				return errOfEntry{err, e.ID}
			}
			if t == taskUpload {
				return errOtherTask{taskSend}
			}
		}
	}
}

// errOfEntry says which entry could not be sent yet.
type errOfEntry struct {
	error
	entry chat.EntryID
}

// Unwrap is why.
func (e errOfEntry) Unwrap() error { return e.error }

// settleUnderLease records something about a sent entry, unless another owner
// took the dialog over meanwhile.
func (m *Matrix) settleUnderLease(ctx context.Context, c *conversation, do func(context.Context) error) error {
	return m.store.Write(ctx, func(ctx context.Context) error {
		if err := m.store.Guard(ctx, c.lease); err != nil {
			return err
		}
		return do(ctx)
	})
}

// isHomeserver tells a failure of the homeserver from one of our own storage,
// which outcome cannot.
func isHomeserver(err error) bool {
	_, answered := errors.AsType[mautrix.HTTPError](err)
	return answered || isTransport(err) || errors.Is(err, errGarbage)
}
