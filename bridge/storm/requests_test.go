package storm_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/storm/record"
)

// requests is the network between the bridge and the homeserver, in one direction, or from
// visitors to the bridge: things happen to whole HTTP requests and their answers.
type requests struct {
	bridgetest.Between

	mu    sync.Mutex
	dice  *rand.Rand
	doing trouble
	share int // of a hundred requests, how many are hit
	until time.Time
	spells
}

// trouble answers a request in the other side's place.
type trouble func(w http.ResponseWriter, r *http.Request, body []byte, forward http.Handler, left time.Duration)

func newRequests(dice *rand.Rand) *requests { return &requests{dice: dice} }

func (q *requests) through(t *testing.T) func(string) string {
	t.Helper()
	q.Handle = func(w http.ResponseWriter, r *http.Request, body []byte, forward http.Handler) bool {
		do, left := q.next()
		if do == nil {
			return false
		}
		do(w, r, body, forward, left)
		return true
	}
	return q.Through(t)
}

// be gives trouble to a share of the requests (in percent) for a while.
func (q *requests) be(name record.Op, do trouble, share int, span time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.begin(name, span)
	q.doing, q.share, q.until = do, share, time.Now().Add(span)
}

func (q *requests) next() (trouble, time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	left := time.Until(q.until)
	if q.doing == nil || left <= 0 || q.dice.IntN(100) >= q.share {
		return nil, 0
	}
	q.present.hits++
	return q.doing, left
}

// ended are the faults since it was asked last.
func (q *requests) ended() []spell {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.over()
}

// late forwards a request some time later.
func late(w http.ResponseWriter, r *http.Request, _ []byte, forward http.Handler, left time.Duration) {
	if pause(r.Context(), min(left, 2*time.Second)) {
		forward.ServeHTTP(w, r)
	}
}

// cutOff ends the connection before the other side hears anything.
func cutOff(http.ResponseWriter, *http.Request, []byte, http.Handler, time.Duration) {
	panic(http.ErrAbortHandler)
}

// unanswered has the other side do it, and loses the answer.
func lostAnswer(_ http.ResponseWriter, r *http.Request, body []byte, forward http.Handler, _ time.Duration) {
	alone(r, body, forward)
	panic(http.ErrAbortHandler)
}

// twice has the other side do it twice, one after the other.
func twice(w http.ResponseWriter, r *http.Request, body []byte, forward http.Handler, _ time.Duration) {
	alone(r, body, forward)
	forward.ServeHTTP(w, r)
}

// again has the other side do it once more a while after it was answered.
func again(w http.ResponseWriter, r *http.Request, body []byte, forward http.Handler, left time.Duration) {
	later := r.Clone(context.WithoutCancel(r.Context()))
	forward.ServeHTTP(w, r)
	go func() {
		if pause(later.Context(), min(left, time.Second)) {
			alone(later, body, forward)
		}
	}()
}

// held takes a request and never answers: the connection looks alive until the trouble is over.
func held(_ http.ResponseWriter, r *http.Request, _ []byte, _ http.Handler, left time.Duration) {
	pause(r.Context(), left)
	panic(http.ErrAbortHandler)
}

// alone forwards a request on its own account and drops the answer.
func alone(r *http.Request, body []byte, forward http.Handler) {
	defer func() {
		if err := recover(); err != nil && err != http.ErrAbortHandler { //nolint:errorlint // a panic is no wrapped error
			panic(err)
		}
	}()
	const within = 30 * time.Second
	ctx, stop := context.WithTimeout(context.WithoutCancel(r.Context()), within)
	defer stop()
	own := r.Clone(ctx)
	own.Body = io.NopCloser(bytes.NewReader(body))
	if strings.HasSuffix(own.URL.Path, "/sync") {
		return // one poll for two would steal from the other
	}
	forward.ServeHTTP(httptest.NewRecorder(), own)
}

func asError(err error, target any) bool { return errors.As(err, target) }
