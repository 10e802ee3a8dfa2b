package gateway

import (
	"errors"
	"net/netip"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/quota"
)

const (
	// smallBody is what a body or frame may have, in bytes, before it is counted: nearly
	// all are smaller, and go on when others have used up what there is.
	smallBody = 4 << 10
	// bodiesAtOnce is the memory, in bytes, for all that are larger and not handled yet: many
	// addresses together could send as many as there are connections.
	bodiesAtOnce = 128 << 20
	// smallAnswer is what may wait to leave on a connection, in bytes, before it is counted:
	// what nearly all are told fits into it.
	smallAnswer = 16 << 10
	// answersAtOnce is the memory, in bytes, for all that is more: who reads nothing has
	// what was asked for wait here until that was too long.
	answersAtOnce = 128 << 20
	// transcriptsAtOnce is the memory, in bytes, for all transcripts. It is their own, since
	// each may take an hour, for which others would be told little.
	transcriptsAtOnce = 64 << 20
	// ofConnection is what a connection takes by itself, in bytes: buffers and stacks.
	ofConnection = 16 << 10
)

// MostMemory is how many bytes over so many connections what comes from visitors, and what
// waits to go to them, takes at most. What Go has not collected yet comes on top of it.
func MostMemory(connections int) int64 {
	return bodiesAtOnce + answersAtOnce + transcriptsAtOnce + int64(connections)*(smallBody+smallAnswer+ofConnection)
}

// transcriptBytes is what is kept of a transcript of a site's dialog while it leaves, in bytes,
// about: a page of messages as visitors write them, each edited, and each about another one.
func transcriptBytes(site *config.Site) int64 {
	const (
		beside  = 1 << 10 // a message's text
		longest = 4       // bytes of a character, UTF-8
	)
	return dialog.TranscriptPage * 2 * (beside + 2*longest*int64(site.MaxLength))
}

// What is said of what waits to leave.
const (
	leavingToOne = "Too much is on its way to here at once."
	leavingToAll = "Too much is on its way at the moment; please try again."
)

// memory is shared by all visitors: for what comes in, or for what leaves.
type memory struct {
	*quota.Shared
	// ofOne and ofAll tell a visitor that its address, or that all have taken too much.
	ofOne, ofAll string
	// crowded takes the refusal of an address that has its part of the memory.
	crowded func(netip.Addr, error) error
}

func newMemory(all int64, ofOne, ofAll string) *memory {
	return &memory{Shared: quota.NewShared(all), ofOne: ofOne, ofAll: ofAll}
}

// take takes n bytes for an address. A chat.Error says that too much is on its way. Call
// Release for what was taken.
func (m *memory) take(address netip.Addr, n int64) error {
	switch err := m.Take(address, n); {
	case errors.Is(err, quota.ErrOwnPart):
		return m.crowded(address, tooFast(m.ofOne, time.Second))
	case err != nil:
		return chat.Errorf(chat.CodeUnavailable, "%s", m.ofAll).After(time.Second)
	default:
		return nil
	}
}
