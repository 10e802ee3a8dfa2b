package dialog

import (
	"context"
	"slices"
	"sync"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// direction is whom a translation is for.
type direction int

const (
	toOperators direction = iota
	toVisitor
)

// failing is why translating in one direction fails.
type failing struct {
	direction
	why Failure
}

// knownFailures are those of which a dialog's operators know. They are forgotten when it
// is closed, and with the process: then they are told once more.
type knownFailures struct {
	mu sync.Mutex
	of map[chat.VisitorID][]failing
}

// tell notes that operators are told.
func (k *knownFailures) tell(v chat.VisitorID, f failing) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.of == nil {
		k.of = map[chat.VisitorID][]failing{}
	}
	if !slices.Contains(k.of[v], f) {
		k.of[v] = append(k.of[v], f)
	}
}

func (k *knownFailures) known(v chat.VisitorID, f failing) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Contains(k.of[v], f)
}

// forget has everything told anew in a dialog.
func (k *knownFailures) forget(v chat.VisitorID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.of, v)
}

// knowsFailure reports whether operators were told already that translating fails for
// that reason in that direction of a dialog, which is done once until anything in the
// dialog is translated again. A refusal is about one text and tells nothing of the
// next: each is told.
func (s *Service) knowsFailure(ctx context.Context, v chat.VisitorID, to direction, why Failure) bool {
	switch why {
	case "":
		store.AfterCommit(ctx, func() { s.errands.failing.forget(v) })
		return false
	case FailedRefused:
		return false
	default:
		f := failing{to, why}
		store.AfterCommit(ctx, func() { s.errands.failing.tell(v, f) })
		return s.errands.failing.known(v, f)
	}
}
