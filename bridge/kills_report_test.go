package bridge_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

func (s *killTest) report() {
	for _, p := range slices.Sorted(maps.Keys(s.killed)) {
		s.Logf("%3d kills at %s", s.killed[p], p)
	}
	s.Logf("%3d kills of the homeserver (%d of them by its own fault), which then hid %d rooms", len(s.outages), s.crashes, s.hidden)
	var in, out counts
	rounds := 0
	for _, c := range s.chats {
		rounds += c.rounds
	}
	s.Logf("%d visitors went %d rounds with the bot", len(s.chats), rounds)
	for _, t := range s.talks {
		in.add(t.visitor)
		out.add(t.operator)
	}
	s.Logf("%d kills; %d dialogs; visitors: %s; operator: %s", s.kills(), len(s.talks), in, out)
	for _, p := range killPoints() {
		if s.killed[p] == 0 {
			s.Errorf("the bridge was never killed at %s", p)
		}
	}
}

// open names what is not quiet or not done, for the report of a failure.
func (t *killTalk) open(s *killTest) (all []string) {
	t.mu.Lock()
	all = append(all, fmt.Sprintf("dialog %d in %s: %d things to do", t.number, t.room, t.busy))
	t.mu.Unlock()
	all = append(all, s.books(t)...)
	for i, tab := range t.tabs {
		all = append(all, fmt.Sprintf("dialog %d, tab %d: connected %t, all acknowledged %t, %v", t.number, i, tab.Connected(), tab.AllAcked(), tab.Refusals()))
	}
	for _, m := range slices.Concat(t.visitor, t.operator) {
		acked := m.event != ""
		var entry chat.EntryID
		if m.tab != nil {
			var ack wire.Ack
			ack, acked = m.tab.AckOf(m.cid)
			entry = ack.ID
		}
		seen := m.tab == nil || s.anna.Find(func(e *event.Event) bool { return read[marks](e).Entry == entry }) != nil
		if len(m.plan) > 0 || !acked || !seen && m.want != "" {
			all = append(all, fmt.Sprintf("dialog %d in %s: %q (%s): planned %v, acknowledged %t, seen %t", t.number, t.room, m.text, entry, m.plan, acked, seen))
		}
	}
	return all
}

// books are what the bridge has of a dialog, and what its bot sees of the
// operator: which side stopped, when the other waits in vain.
func (s *killTest) books(t *killTalk) (all []string) {
	ctx := context.WithoutCancel(s.Context()) // it is over when a failed test reports
	db, err := sql.Open("sqlite3", "file:"+s.Database()+"?mode=ro")
	if err != nil {
		return []string{err.Error()}
	}
	defer func() { _ = db.Close() }()
	var entry chat.EntryID
	for _, m := range t.visitor {
		if ack, ok := m.tab.AckOf(m.cid); ok {
			entry = ack.ID
		}
	}
	var visitor, states string
	if err := db.QueryRowContext(ctx, `SELECT visitor_id, (SELECT group_concat(state || ' ' || n, ', ') FROM
		(SELECT state, COUNT(*) AS n FROM outbox WHERE visitor_id = entry.visitor_id GROUP BY state))
		FROM entry WHERE id = $1`, entry).Scan(&visitor, &states); err != nil {
		return []string{fmt.Sprintf("dialog %d: nothing acknowledged is in the journal: %v", t.number, err)}
	}
	var room id.RoomID
	if err := db.QueryRowContext(ctx, `SELECT room_id FROM room WHERE visitor_id = $1 AND current`, visitor).Scan(&room); err != nil {
		return []string{fmt.Sprintf("dialog %d is of visitor %s without a room (%v); outbox: %s", t.number, visitor, err, states)}
	}
	var member event.MemberEventContent
	err = s.Bot(s.T).StateEvent(ctx, room, event.StateMember, string(s.anna.UserID), &member)
	return []string{fmt.Sprintf("dialog %d is of visitor %s in %s; outbox: %s; the bot sees the operator there as %q (%v)", t.number, visitor, room, states, member.Membership, err)}
}

// counts sums up what was done.
type counts struct{ messages, edits, redactions, reactions, removals int }

func (c *counts) add(all []*said) {
	c.messages += len(all)
	for _, m := range all {
		for _, s := range m.made {
			switch s {
			case edit:
				c.edits++
			case redact:
				c.redactions++
			case react:
				c.reactions++
			case remove:
				c.removals++
			}
		}
	}
}

func (c counts) String() string {
	return fmt.Sprintf("%d messages with %d edits, %d redactions, %d reactions by the other side, %d removals by the other side",
		c.messages, c.edits, c.redactions, c.reactions, c.removals)
}
