package matrix

import (
	"context"
	"errors"
	"slices"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Operators leave rooms, which is how people tidy up, and nobody asks them back for that.
// But what a visitor writes then is seen by nobody. So it is kept with the message, or with
// the call for a person, that somebody has to come back: whom to ask may be known only
// when the bot gives up or the site opens, and a turn may end before it has asked anybody.

// wantRecall is a part of recording a message as sent: a visitor's one, into a room in
// which no operator is, wants somebody back.
func (m *Matrix) wantRecall(ctx context.Context, c *conversation, e chat.Entry) error {
	if e.Kind != chat.Message || e.Author.Party != chat.Visitor {
		return nil
	}
	in, err := m.store.InRoom(ctx, c.room)
	if err != nil || slices.ContainsFunc(in, c.site.IsOperator) {
		return err
	}
	return m.store.WantRecall(ctx, c.visitor)
}

// recall has those who are to be in the room invited once more if that is wanted, unless
// an operator is there, or called already. While nobody is to come, it stays wanted.
func (m *Matrix) recall(ctx context.Context, c *conversation, invited []id.UserID, called bool) error {
	wanted, err := m.store.RecallWanted(ctx, c.visitor)
	if err != nil || !wanted {
		return err
	}
	if !called {
		if called, err = m.attended(ctx, c); err != nil {
			return err
		}
	}
	if !called && len(invited) == 0 {
		return nil
	}
	return m.store.Write(ctx, func(ctx context.Context) error {
		wanted, err := m.store.EndRecall(ctx, c.visitor)
		if err != nil || !wanted || called { // not wanted: closed or answered meanwhile
			return err
		}
		for _, user := range invited {
			err = errors.Join(err, m.store.SetApplied(ctx, string(c.visitor), store.Invited(user), ""))
		}
		return err
	})
}

// attended reports whether an operator is in a dialog's room, or invited.
func (m *Matrix) attended(ctx context.Context, c *conversation) (bool, error) {
	for _, user := range c.site.Operators {
		member, err := m.hs.state.TryGetMember(ctx, c.room, user)
		if err != nil {
			return false, err
		}
		if member == nil {
			asked, err := m.store.Applied(ctx, string(c.visitor), store.Invited(user))
			if err != nil {
				return false, err
			}
			if asked != string(c.room) {
				continue // never asked: who is to come is invited next
			}
			// The cache may have been lost; the homeserver knows.
			now, err := m.hs.membership(ctx, m.cfg.BotUserID(), c.room, user)
			if err != nil {
				return false, err
			}
			member = &event.MemberEventContent{Membership: now}
			if err := m.hs.state.SetMembership(ctx, c.room, user, now); err != nil {
				return false, err
			}
		}
		if member.Membership == event.MembershipJoin || member.Membership == event.MembershipInvite {
			return true, nil
		}
	}
	return false, nil
}
