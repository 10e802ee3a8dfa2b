package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/anteroom-chat/anteroom/bridge/matrix"
	"github.com/anteroom-chat/anteroom/bridge/router"
	"github.com/anteroom-chat/anteroom/bridge/steady"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

const (
	// stuckAfter is how long one transaction may take until the process counts as hung.
	// Nothing but a restart ends that; a disk that is only slow or full is no reason for one.
	stuckAfter = 2 * time.Minute
	// loops are looked at every lookEvery; one that came on at none of loopTicks looks, so
	// in ten minutes, hangs. That is three times what the homeserver may take for an answer.
	lookEvery = 10 * time.Second
	loopTicks = 60
	// answerIn bounds how long the writer may take to answer.
	answerIn = 2 * time.Second
	// healthFresh is how long an answer is good for whoever asks next: asking is cheap.
	healthFresh = time.Second
)

// health answers whether the process lives and whether visitors may be sent to it.
type health struct {
	store *store.Store
	// loops knows which of the bridge's loops hang.
	loops *steady.Watch
	// homeserverIs is how the homeserver is to us.
	homeserverIs func() matrix.Standing
	// isRestoring is whether a restored database has yet to hear what the rooms have; nil where there are none.
	isRestoring func() bool
	// isCrowded is whether connections are turned away for their number; nil where nobody counts them.
	isCrowded func() bool
	folder    string        // of the database
	stuck     time.Duration // stuckAfter
	stopping  atomic.Bool

	mu   sync.Mutex
	at   time.Time
	last condition
}

// condition is the body of an answer.
type condition struct {
	// Status is ok, degraded (visitors are served, and something or somebody waits) or unavailable.
	Status  string   `json:"status"`
	Reasons []reason `json:"reasons,omitempty"`
}

// reason says in a stable code and a sentence what is wrong.
type reason struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

const (
	statusOK          = "ok"
	statusDegraded    = "degraded"
	statusUnavailable = "unavailable"
)

func newHealth(s *store.Store, loops *steady.Watch, homeserverIs func() matrix.Standing, folder string) *health {
	return &health{store: s, loops: loops, homeserverIs: homeserverIs, folder: folder, stuck: stuckAfter}
}

// stopsBefore says that the bridge stops, and closes what it stops only then: whoever
// sends visitors here learns of it before they are sent away.
func (h *health) stopsBefore(closing func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		h.stopping.Store(true)
		return closing(ctx)
	}
}

const (
	livePath  = "/health/live"
	readyPath = "/health/ready"
)

// handle adds the two paths.
func (h *health) handle(mux *router.Router) {
	mux.HandleFunc("GET "+livePath, func(w http.ResponseWriter, _ *http.Request) { tellHealth(w, h.live()) })
	mux.HandleFunc("GET "+readyPath, func(w http.ResponseWriter, r *http.Request) { tellHealth(w, h.ready(r.Context())) })
}

func asksHealth(r *http.Request) bool {
	return r.URL.Path == livePath || r.URL.Path == readyPath
}

func tellHealth(w http.ResponseWriter, c condition) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if c.Status == statusUnavailable {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(c) // whoever asked has left
}

// live is whether the process makes progress: what a restart mends, and nothing else.
func (h *health) live() condition {
	if h.store.Busy() > h.stuck {
		return condition{statusUnavailable, []reason{{"database_hangs", "A write to the database has not ended for two minutes."}}}
	}
	if hung := h.loops.Hung(); len(hung) > 0 {
		return condition{statusUnavailable, []reason{{"loop_hangs", "A part of the bridge has not come on for ten minutes: " + strings.Join(hung, ", ") + "."}}}
	}
	return condition{Status: statusOK}
}

// ready is whether visitors may be sent here: what they write is kept. A homeserver that
// is away keeps nobody from that.
func (h *health) ready(ctx context.Context) condition {
	if h.stopping.Load() {
		return condition{statusUnavailable, []reason{{"stopping", "The bridge stops; visitors connect again after it."}}}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.at.IsZero() || time.Since(h.at) >= healthFresh {
		// Whoever asked may leave; who asks next is told the same.
		h.last, h.at = h.look(context.WithoutCancel(ctx)), time.Now()
	}
	return h.last
}

func (h *health) look(ctx context.Context) condition {
	if wrong := h.keepsNothing(ctx); len(wrong) > 0 {
		return condition{statusUnavailable, wrong}
	}
	var waits []reason
	// Those who talk are served on: to send all of them elsewhere would be worse.
	if h.isCrowded != nil && h.isCrowded() {
		waits = append(waits, reason{"crowded", "gateway.limits.connections is reached, or what LimitNOFILE allows: who talks is served, and who comes now is turned away."})
	}
	standing := h.homeserverIs()
	switch standing {
	case matrix.Away:
		waits = append(waits, reason{"homeserver_away", "The homeserver is away; what visitors write is kept and sent when it is back."})
	case matrix.Refusing:
		waits = append(waits, reason{"homeserver_refuses", "The homeserver does not take the as_token; what visitors write is kept and sent when it does."})
	case matrix.Up, matrix.Preparing:
	}
	// For as long as it reads the rooms the homeserver is not prepared either, and this is why.
	if h.isRestoring != nil && h.isRestoring() {
		waits = append(waits, reason{"database_restored", "The database was restored from a backup and has not heard yet all that the rooms have since; what visitors write is kept, and the bot, mails and alerts may wait until then."})
	}
	if standing == matrix.Preparing {
		waits = append(waits, reason{"homeserver_preparing", "The homeserver is not prepared yet; what visitors write is kept and sent then."})
	}
	if len(waits) > 0 {
		return condition{statusDegraded, waits}
	}
	return condition{Status: statusOK}
}

// keepsNothing is why what visitors write could not be kept. Of a disk that is full only that
// is told, and not that writes fail, as they do then.
func (h *health) keepsNothing(ctx context.Context) (wrong []reason) {
	err := h.writable(ctx)
	var disk unix.Statfs_t
	if err := unix.Statfs(h.folder, &disk); err == nil && int64(disk.Bavail)*int64(disk.Bsize) < store.LeastFree { // #nosec G115 -- no disk has so many bytes
		wrong = append(wrong, reason{"disk_full", "The disk of the database is full, or has less than 16 MiB left."})
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		wrong = append(wrong, reason{"database_slow", "The database does not answer in time."})
	case err != nil && len(wrong) == 0:
		wrong = append(wrong, reason{"database_fails", "The database cannot be written to; the log has the cause."})
	}
	return wrong
}

// writable asks the writer, and waits no longer than answerIn. The writer itself waits on, for
// a lock that another program has: it cannot be called off once it has begun.
func (h *health) writable(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	answer := make(chan error, 1)
	go func() { answer <- h.store.Writable(ctx) }()
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
