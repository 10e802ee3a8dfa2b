package matrix

import (
	"context"
	"fmt"
	"sync"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// doubts remembers what the process does not know for sure, and how often a
// dialog failed in a row.
type doubts struct {
	mu sync.Mutex
	// entries may be on the homeserver already, although the outbox says pending:
	// their PUT broke off, or they were pending when the process started.
	entries map[chat.EntryID]struct{}
	// failures in a row of a dialog.
	failures map[chat.VisitorID]int
	// refusals of an entry, or of a change that no message depends on.
	refusals map[chat.EntryID]int
	// refused is when the last refusal was counted of those that count apart.
	refused map[chat.EntryID]time.Time
	// faults are answers of 5xx to an entry; worked counts what got through.
	faults map[chat.EntryID]fault
	worked int64
	// cuts are requests of an entry, or of its file, that were cut off.
	cuts map[chat.EntryID]int
	// later is when a change is tried again that was let be.
	later map[chat.EntryID]time.Time
	// silences are of users whose servers let invitations hang.
	silences map[id.UserID]silence
}

func newDoubts() doubts {
	return doubts{
		entries: map[chat.EntryID]struct{}{}, failures: map[chat.VisitorID]int{}, refusals: map[chat.EntryID]int{}, refused: map[chat.EntryID]time.Time{},
		faults: map[chat.EntryID]fault{}, cuts: map[chat.EntryID]int{}, later: map[chat.EntryID]time.Time{},
		silences: map[id.UserID]silence{},
	}
}

func (d *doubts) load(ctx context.Context, s *store.Store) error {
	ids, err := s.PendingEntries(ctx)
	if err != nil {
		return fmt.Errorf("read the outbox: %w", err)
	}
	for _, entry := range ids {
		d.doubt(entry)
	}
	return nil
}

func (d *doubts) doubt(e chat.EntryID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries[e] = struct{}{}
}

func (d *doubts) about(e chat.EntryID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, ok := d.entries[e]
	return ok
}

// certain ends the doubt whether an entry arrived: it did not.
func (d *doubts) certain(e chat.EntryID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.entries, e)
}

// clear ends all doubts about an entry.
func (d *doubts) clear(e chat.EntryID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.entries, e)
	delete(d.refusals, e)
	delete(d.refused, e)
	delete(d.refusals, lookFor(e))
	delete(d.faults, e)
	delete(d.cuts, e)
}

// cut counts a request of an entry that was cut off and returns how many there were.
func (d *doubts) cut(e chat.EntryID) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cuts[e]++
	return d.cuts[e]
}

// refuse counts a refusal and returns how many there were.
func (d *doubts) refuse(e chat.EntryID) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refusals[e]++
	return d.refusals[e]
}

// refuseApart is refuse for what is tried again by any news: a homeserver that is coming up
// refuses for some seconds, however often it is asked. A refusal counts if the pause before it
// was at least half of what the queue makes of it by itself: six take 8 s, four take 2 s.
func (d *doubts) refuseApart(e chat.EntryID) int {
	const first = 250 * time.Millisecond
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.refusals[e]
	if n == 0 || time.Since(d.refused[e]) >= first<<(n-1) {
		n++
		d.refusals[e], d.refused[e] = n, time.Now()
	}
	return n
}

// wait has a change wait that long.
func (d *doubts) wait(e chat.EntryID, long time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.later[e] = time.Now().Add(long)
}

// waits reports whether a change is not to be tried yet.
func (d *doubts) waits(e chat.EntryID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Now().Before(d.later[e]) {
		return true
	}
	delete(d.later, e)
	return false
}

// silence is of a user whose server lets invitations hang.
type silence struct {
	times int
	since time.Time // when the last of them was found
	until time.Time // when the user is asked again
}

// lasts reports whether a silence was found often enough to go on without the user.
func (s silence) lasts() bool {
	const most = 3
	return s.times >= most
}

// asks reports whether a user may be asked. Of those who find that a silence is over,
// only the first does, and the others wait for the answer.
func (d *doubts) asks(user id.UserID) (ask, lasts bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, was := d.silences[user]
	if !was {
		return true, false
	}
	if time.Now().Before(s.until) {
		return false, s.lasts()
	}
	s.until = time.Now().Add(inviteTimeout)
	d.silences[user] = s
	return true, s.lasts()
}

// silent counts that a user did not answer who was asked then, and reports whether that
// lasts. What hung at the same time is one silence.
func (d *doubts) silent(user id.UserID, asked time.Time) (lasts bool) {
	const first, then = 10 * time.Second, 2 * time.Minute
	d.mu.Lock()
	defer d.mu.Unlock()
	s, was := d.silences[user]
	if !was || asked.After(s.since) {
		s.times++
		s.since = time.Now()
		s.until = s.since.Add(first)
		if s.lasts() {
			s.until = s.since.Add(then)
		}
		d.silences[user] = s
	}
	return s.lasts()
}

// heard ends a user's silence.
func (d *doubts) heard(user id.UserID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.silences, user)
}

// fault is how often the homeserver answered 5xx to an entry while others got through.
type fault struct {
	times int
	at    int64 // what worked then
}

// fault counts an answer of 5xx to an entry and returns how many count: only
// those between which something else got through. A homeserver that fails for
// everyone says nothing about the entry.
func (d *doubts) fault(e chat.EntryID) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	f, known := d.faults[e]
	if known && d.worked > f.at {
		f.times++
	}
	f.at = d.worked
	d.faults[e] = f
	return f.times
}

// gotThrough notes that the homeserver took something.
func (d *doubts) gotThrough() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.worked++
}

func (d *doubts) calm(v chat.VisitorID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.failures, v)
}

// pause is how long a dialog waits after another failure in a row.
func (d *doubts) pause(v chat.VisitorID) time.Duration {
	const first, most, doublings = 500 * time.Millisecond, time.Minute, 7
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failures[v]++
	return min(most, first<<min(d.failures[v]-1, doublings))
}
