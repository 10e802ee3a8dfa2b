package storm_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/storm/record"
)

// What a storm of all faults has at the least, a minute: one in which hardly anything fails,
// or in which everybody waits for a bridge that is locked, down or behind, proves nothing.
// The slowest so far, seed 62 on a loaded machine, had 18 faults and 316 messages.
// Short ones are held to less: a few faults more or less are much of theirs, and other tests run
// beside them.
const (
	leastFaults, leastFaultsShort     = 10, 5
	leastMessages, leastMessagesShort = 300, 100
)

// lacking is what a storm of that length has too little of; empty if it has enough.
func lacking(talk time.Duration, faults map[record.Op]int, messages int) (all []string) {
	leastFaults, leastMessages := leastFaults, leastMessages
	if talk < longStorm {
		leastFaults, leastMessages = leastFaultsShort, leastMessagesShort
	}
	sum := 0
	for _, n := range faults {
		sum += n
	}
	minutes := int(talk / time.Minute)
	if least := leastFaults * minutes; sum < least {
		all = append(all, fmt.Sprintf("%d faults in %s, where %d are the least", sum, talk, least))
	}
	if least := leastMessages * minutes; messages < least {
		all = append(all, fmt.Sprintf("%d messages in %s, where %d are the least", messages, talk, least))
	}
	return all
}

// kinds lists how often each fault was.
func kinds(faults map[record.Op]int) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(faults)) {
		all = append(all, fmt.Sprintf("%s %d", name, faults[name]))
	}
	return strings.Join(all, ", ")
}

func TestAStormThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	faults := func(n int) map[record.Op]int { return map[record.Op]int{"bridge-killed": n / 2, "crowd": n - n/2} }
	const quarter = 15 * time.Minute
	for _, storm := range []struct {
		talk     time.Duration
		faults   int
		messages int
		lacks    int
	}{
		{quarter, 150, 4500, 0},
		{quarter, 149, 4500, 1},
		{quarter, 150, 4499, 1},
		{quarter, 0, 0, 2},
		{longStorm, 50, 1500, 0},
		{longStorm, 49, 1499, 2},
		{time.Minute, 5, 100, 0},
		{time.Minute, 4, 99, 2},
	} {
		if got := lacking(storm.talk, faults(storm.faults), storm.messages); len(got) != storm.lacks {
			t.Errorf("a storm of %s with %d faults and %d messages lacks %q", storm.talk, storm.faults, storm.messages, got)
		}
	}
}
