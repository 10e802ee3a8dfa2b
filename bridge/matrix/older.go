package matrix

import (
	"fmt"
	"regexp"
	"strconv"
)

// dendriteToken is Dendrite's token of a place in a room: a depth, and a position
// among the events of that depth.
var dendriteToken = regexp.MustCompile(`^t(\d{1,18})_(\d{1,18})$`)

// olderFrom returns the token from which to read the page of older events behind
// one that was read from one token and ended with another. Dendrite (0.15.2) ends a
// page one depth below its oldest event, and so leaves out an event of the same depth that the
// page had no room for: two that were sent at once have the same. Read from one
// depth further up, such an event comes, and a few come once more.
//
// It answers somebody who left the room with the newest page, whatever was asked for: such a
// page starts further up than it was to, and nothing older is to be had ("").
func olderFrom(from, start, end string) string {
	if depth(start) > depth(from) && from != "" {
		return ""
	}
	m := dendriteToken.FindStringSubmatch(end)
	if m == nil {
		return end
	}
	older := fmt.Sprintf("t%d_%s", depth(end)+1, m[2])
	if older == from { // a whole page of one depth: there is no going on but below it
		return end
	}
	return older
}

// depth is that of a token of Dendrite's, 0 of any other.
func depth(token string) (n int64) {
	if m := dendriteToken.FindStringSubmatch(token); m != nil {
		n, _ = strconv.ParseInt(m[1], 10, 64) // the form lets digits through
	}
	return n
}
