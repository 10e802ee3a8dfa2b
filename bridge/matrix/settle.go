package matrix

import (
	"context"
	"errors"
	"net/http"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/matrix/recipe"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// Names of what the homeserver was told about a dialog or a space (table applied).
const (
	whatOperators = "operators"
	whatDoor      = "door"
	whatName      = "name"
	whatRoomName  = "room name"
	whatTopic     = "topic"
	whatReceipt   = "receipt of "
	whatPresence  = "presence"
	whatCard      = "card"
	// whatAlias is when the room was upgraded, until its alias is seen to follow.
	whatAlias = "alias"
	// whatEnter is the successor of an upgraded room that the ghost has yet to enter.
	whatEnter = "enter"
)

// settle brings everything that has a latest value from what it is to what it
// should be. It runs after the messages, because nobody waits for it, and says
// nothing that was said before.
func (m *Matrix) settle(ctx context.Context, c *conversation) error {
	if c.who.Desk {
		m.spaces.wake(c.site.ID) // as often as the desk has news, for whom it is time to ask in again
		return errors.Join(m.settlePlace(ctx, c), m.settleTopic(ctx, c), m.settlePanel(ctx, c))
	}
	if err := m.settleGhost(ctx, c); err != nil {
		return err
	}
	return m.each(ctx,
		func() error { return m.settlePlace(ctx, c) },
		func() error { return m.settleName(ctx, c) },
		func() error { return m.settleReceipts(ctx, c) },
		func() error { return m.settleCard(ctx, c) },
		func() error { return m.settlePanel(ctx, c) },
	)
}

// each takes steps of which none needs the one before: one that fails holds up no
// other, unless the homeserver is down.
func (m *Matrix) each(ctx context.Context, steps ...func() error) error {
	var errs error
	for _, step := range steps {
		err := step()
		if err != nil && (ctx.Err() != nil || m.hs.isDown(ctx, err)) {
			return err
		}
		errs = errors.Join(errs, err)
	}
	return errs
}

// settlePlace asks in who belongs into a dialog's room, and lists it where it belongs.
func (m *Matrix) settlePlace(ctx context.Context, c *conversation) error {
	space, err := m.store.SiteRoom(ctx, c.site.ID, roleSpace)
	if err != nil {
		return err
	}
	stands, err := m.store.Dialog(ctx, c.visitor)
	if err != nil {
		return err
	}
	called, err := m.readmit(ctx, c, stands)
	if err != nil {
		return err
	}
	return m.each(ctx,
		func() error { return m.settleOperators(ctx, c, called) },
		func() error { return m.settleAlias(ctx, c) },
		func() error { return m.place(ctx, c, stands, space) },
	)
}

// settleName gives ghost and room the name that the visitor has.
func (m *Matrix) settleName(ctx context.Context, c *conversation) error {
	name, err := m.dialog.NameOf(ctx, c.visitor)
	if err != nil {
		return err
	}
	if err := m.nameGhost(ctx, c, name); err != nil {
		return err
	}
	return m.attempt(ctx, string(c.visitor), whatRoomName, name, func(ctx context.Context) error {
		return second(m.hs.as(m.cfg.BotUserID()).SendStateEvent(ctx, c.room, event.StateRoomName, "", &event.RoomNameEventContent{Name: name}))
	})
}

// settleTopic says in a desk what it is for. Operators may say something else.
func (m *Matrix) settleTopic(ctx context.Context, c *conversation) error {
	topic := recipe.DeskTopic(c.site)
	return m.attempt(ctx, string(c.visitor), whatTopic, topic, func(ctx context.Context) error {
		return second(m.hs.as(m.cfg.BotUserID()).SendStateEvent(ctx, c.room, event.StateTopic, "", &event.TopicEventContent{Topic: topic}))
	})
}

func (m *Matrix) nameGhost(ctx context.Context, c *conversation, name string) error {
	return m.attempt(ctx, string(c.visitor), whatName, name, func(ctx context.Context) error {
		return m.hs.as(c.ghost).SetDisplayName(ctx, name)
	})
}

// settleOperators gives a dialog's room the operators that it is to have. called is true
// if one of them was called back already.
func (m *Matrix) settleOperators(ctx context.Context, c *conversation, called bool) error {
	former, err := m.store.FormerRooms(ctx, c.visitor)
	if err != nil {
		return err
	}
	// First, or who asks meanwhile would count as invited.
	asked, err := m.store.AskedIn(ctx, c.visitor)
	if err != nil {
		return err
	}
	invited := c.site.Operators
	if !c.who.Desk {
		if invited, err = m.dialog.Invited(ctx, c.site, c.visitor); err != nil {
			return err
		}
	}
	if err := m.recall(ctx, c, invited, called); err != nil {
		return err
	}
	if err := m.settleMembers(ctx, string(c.visitor), members{site: c.site, room: c.room, former: former, invited: invited}); err != nil {
		return err
	}
	for _, user := range asked {
		if err := m.store.InvitedIn(ctx, c.visitor, user); err != nil {
			return err
		}
	}
	return nil
}

// settleReceipts shows the operators how far the visitor got: the receipt of
// its ghost for read, that of the reserved user for delivered, each on the
// newest message of an operator only.
func (m *Matrix) settleReceipts(ctx context.Context, c *conversation) error {
	marks, err := m.store.Marks(ctx, c.visitor)
	if err != nil {
		return err
	}
	if err := m.settleReceipt(ctx, c, c.ghost, marks.Read); err != nil || !c.site.Delivered {
		return err
	}
	return m.settleReceipt(ctx, c, m.cfg.DeliveredUserID(), marks.Delivered)
}

func (m *Matrix) settleReceipt(ctx context.Context, c *conversation, user id.UserID, seq int64) error {
	if seq == 0 {
		return nil
	}
	newest, err := m.store.NewestOf(ctx, c.visitor, chat.Operator, seq)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	at, err := m.eventIn(ctx, c.room, newest.ID)
	if err != nil || at == "" {
		return err
	}
	if user == c.ghost && !m.hs.state.IsInRoom(ctx, c.room, user) {
		return nil // removed by an operator: it comes back with its next message only
	}
	return m.attempt(ctx, string(c.visitor), whatReceipt+string(user), string(at), func(ctx context.Context) error {
		if err := m.hs.join(ctx, user, m.cfg.BotUserID(), c.room); err != nil {
			return err
		}
		err := m.hs.as(user).SendReceipt(ctx, c.room, at, event.ReceiptTypeRead, struct{}{})
		if err == nil {
			trail.Of(m.log.Debug(), &newest).Str(trail.EventID, string(at)).Str(trail.RoomID, string(c.room)).Str("by", string(user)).Msg("Operators are shown how far the visitor is")
		}
		return err
	})
}

// attempt is apply for things that no message depends on: what the homeserver
// refuses again and again is logged once and let be. A single refusal proves
// nothing: Dendrite, killed and started, refuses what it allows a moment later.
func (m *Matrix) attempt(ctx context.Context, subject, what, value string, do func(context.Context) error) error {
	return m.apply(ctx, subject, what, value, func(ctx context.Context) error { return m.letBe(subject, what, do(ctx)) })
}

// letBe returns the error of a change that no message depends on, or nil once
// the homeserver has refused it often enough.
func (m *Matrix) letBe(subject, what string, err error) error {
	const most = 6
	key := chat.EntryID(subject + " " + what)
	if err == nil {
		m.doubts.clear(key)
	}
	if err == nil || !answered(err) || m.doubts.refuseApart(key) < most {
		return err
	}
	m.doubts.clear(key)
	m.log.Warn().Err(err).Str("subject", subject).Str("what", what).Msg("The homeserver refuses a change that no message depends on; it is left out")
	return nil
}

// answered reports whether an error is what the homeserver says of the request itself.
func answered(err error) bool {
	return status(err) != 0 && status(err) != http.StatusTooManyRequests && outcome(err) != unauthorized
}

// refreshRooms wakes the dialogs whose rooms do not have the operators of the
// config yet, and those that are open: who is called may have changed meanwhile.
func (m *Matrix) refreshRooms(ctx context.Context) error {
	for _, site := range m.cfg.Sites {
		stale, err := m.store.NotAppliedIn(ctx, site.ID, whatOperators, operatorsIn("", site.Operators))
		if err != nil {
			return err
		}
		open, err := m.store.OpenDialogs(ctx, site.ID)
		if err != nil {
			return err
		}
		for _, v := range append(stale, open...) {
			m.queue.wake(v)
		}
	}
	return nil
}
