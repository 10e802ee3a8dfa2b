package gateway

import (
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// A welcome that is long comes in parts, for it counts only when it is whole: on a slow line it
// would begin anew time and again.
func TestALongWelcomeComesInParts(t *testing.T) {
	d := openSmallDoor(t, answersAtOnce, time.Minute)
	const messages, size = 20, 4000
	secret := d.talked(messages, size)
	c, fresh := d.enter(secret, nil)
	if n := len(fresh.Entries); n == 0 || n > mostOfPage/size || !fresh.More || fresh.Entries[n-1].Seq != fresh.Seq {
		t.Errorf("%d entries up to %d, more: %v", n, fresh.Entries[n-1].Seq, fresh.More)
	}
	// What is older comes in parts, too.
	older, all := fresh.More, fresh.Entries
	for older {
		c.say(&wire.History{T: wire.TypeHistory, Before: all[0].Seq, Limit: pageSize})
		page := take[wire.History](c, wire.TypeHistory)
		if n := len(page.Entries); n == 0 || n > mostOfPage/size {
			t.Fatalf("a page of %d entries", n)
		}
		older, all = page.More, append(page.Entries, all...)
	}
	if len(all) != messages {
		t.Errorf("%d messages in all", len(all))
	}
	_ = c.conn.Close()
	first := all[0]
	c, again := d.enter(secret, &wire.Resume{Seq: first.Seq, ID: first.ID})
	next := first.Seq
	see := func(e wire.Entry) {
		if next++; e.Seq != next {
			t.Errorf("%d comes in place of %d", e.Seq, next)
		}
	}
	if n := len(again.Entries); again.Reset || n == 0 || n > mostOfPage/size {
		t.Errorf("resumed with %d entries", n)
	}
	for _, e := range again.Entries {
		see(e)
	}
	for next < fresh.Seq {
		see(take[wire.NewEntry](c, wire.TypeEntry).Entry)
	}
}
