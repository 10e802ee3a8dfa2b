package gateway

import (
	"io"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

const (
	// smallBody is what a body or frame may have, in bytes, before it is counted: nearly
	// all are smaller, and go on when others have used up what there is.
	smallBody = 4 << 10
	// bodiesAtOnce is the memory, in bytes, for all that are larger and on their way: many
	// addresses together could send as many as there are connections.
	bodiesAtOnce = 128 << 20
)

// bodies reads what visitors send, within a memory that all share.
type bodies struct{ free *semaphore.Weighted }

func newBodies() bodies { return bodies{semaphore.NewWeighted(bodiesAtOnce)} }

// readAll reads from r, which yields most bytes or fewer, to its end. What it takes of the
// memory grows with what has come: who announces much and sends little takes little. A
// chat.Error says that too much is on its way.
func (b bodies) readAll(r io.Reader, most int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, smallBody))
	if err != nil || len(data) < smallBody {
		return data, err
	}
	taken := int64(0)
	defer func() { b.free.Release(taken) }()
	for {
		step := min(int64(len(data)), most-int64(len(data)))
		if step <= 0 { // its end comes, or the reader's own limit
			more, err := io.ReadAll(r)
			return append(data, more...), err
		}
		if !b.free.TryAcquire(step) {
			return nil, chat.Errorf(chat.CodeUnavailable, "Too much is being sent at the moment; please try again.").After(time.Second)
		}
		taken += step
		more, err := io.ReadAll(io.LimitReader(r, step))
		data = append(data, more...)
		if err != nil || int64(len(more)) < step {
			return data, err
		}
	}
}
