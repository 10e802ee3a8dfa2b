package dialog

import (
	"context"
	"sync"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// holding keeps an answer back that nothing was shown of while an operator types,
// for a while at most.
type holding struct {
	mu sync.Mutex
	// through is where what may be shown goes.
	through func(text string)
	text    string
	// shown is true once something was shown: then nothing is held back any more.
	shown bool
	timer *time.Timer
	// over is closed with the end of a hold; nil without one.
	over chan struct{}
	// spent is true after the one hold that there is.
	spent bool
}

// begin says where the answer goes, and holds it back for so long, if an operator types.
func (h *holding) begin(hold bool, most time.Duration, through func(string)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.through = through
	if !hold || h.shown || h.spent {
		return
	}
	h.spent, h.over = true, make(chan struct{})
	h.timer = time.AfterFunc(most, h.end)
}

// shows reports whether something of the answer was shown, or will be at once.
func (h *holding) shows() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.shown || h.spent
}

// show shows all that there is so far, or keeps it until the hold is over.
func (h *holding) show(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text = text
	h.pass()
}

// pass shows what may be shown. The holding is locked.
func (h *holding) pass() {
	if h.over != nil || h.text == "" {
		return
	}
	h.shown = true
	h.through(h.text)
}

// end ends a hold, if there is one.
func (h *holding) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over == nil {
		return
	}
	h.timer.Stop()
	close(h.over)
	h.over = nil
	h.pass()
}

// drop lets nothing more be shown.
func (h *holding) drop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text, h.through = "", func(string) {}
	if h.timer != nil {
		h.timer.Stop()
	}
}

// wait returns when nothing is held back, or when ctx ends.
func (h *holding) wait(ctx context.Context) {
	h.mu.Lock()
	over := h.over
	h.mu.Unlock()
	if over == nil {
		return
	}
	select {
	case <-over:
	case <-ctx.Done():
	}
}

// roomTypingRepeat is how often the room is told again that the bot types: it
// forgets after twelve seconds.
const roomTypingRepeat = 10 * time.Second

// typesInRoom shows operators that the bot types, until stop is called.
func (s *Service) typesInRoom(v chat.VisitorID) (stop func()) {
	tell := func(on bool) {
		for _, w := range s.hub.watchers {
			w.BotTyping(v, on)
		}
	}
	done := make(chan struct{})
	tell(true)
	go func() {
		repeat := time.NewTicker(roomTypingRepeat)
		defer repeat.Stop()
		for {
			select {
			case <-repeat.C:
				tell(true)
			case <-done:
				tell(false)
				return
			}
		}
	}()
	return func() { close(done) }
}
