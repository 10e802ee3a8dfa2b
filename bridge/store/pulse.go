package store

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mattn/go-sqlite3"
)

// pulse is how the writer fares, for whoever asks whether the bridge works. Nobody who
// asks waits for the writer.
type pulse struct {
	start time.Time
	// since is when the transaction under way began, in nanoseconds from start; 0 without one.
	since atomic.Int64
	// failures is how many transactions failed by the disk or the file.
	failures atomic.Int64

	mu sync.Mutex
	// asked are the failures up to the last question whether it can write, and wrong whether
	// there were any between that and the one before.
	asked int64
	wrong bool
}

func newPulse() *pulse { return &pulse{start: time.Now()} }

func (p *pulse) begin() { p.since.Store(max(1, int64(time.Since(p.start)))) }

// end notes how a transaction ended. One without an error proves nothing: it may have found
// nothing to write.
func (p *pulse) end(err error) {
	p.since.Store(0)
	if isStorage(err) {
		p.failures.Add(1)
	}
}

// look reports whether something failed since the last look, and whether something had then, too.
func (p *pulse) look() (now, before bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	failures := p.failures.Load()
	now, before = failures != p.asked, p.wrong
	p.asked, p.wrong = failures, now
	return now, before
}

// probed notes that a look found that nothing can be written, by a failure of its own.
func (p *pulse) probed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked, p.wrong = p.failures.Load(), true
}

// isStorage reports whether an error is the disk's or the file's, and not a write's own.
func isStorage(err error) bool {
	e, ok := errors.AsType[sqlite3.Error](err)
	if !ok {
		return false
	}
	switch e.Code {
	case sqlite3.ErrFull, sqlite3.ErrIoErr, sqlite3.ErrReadonly, sqlite3.ErrCorrupt, sqlite3.ErrNotADB, sqlite3.ErrCantOpen, sqlite3.ErrBusy, sqlite3.ErrLocked:
		return true
	default:
		return false
	}
}

// Busy returns for how long the transaction under way has been so; 0 without one.
func (s *Store) Busy() time.Duration {
	since := s.writer.pulse.since.Load()
	if since == 0 {
		return 0
	}
	return max(0, time.Since(s.writer.pulse.start)-time.Duration(since))
}

// LeastFree is what the database's disk must have left, in bytes, for visitors to be taken: less
// than one full write-ahead log of a usual day.
const LeastFree = 16 << 20

const metaProbe = "probe"

// errFailing says that what others wrote failed while the probe did not.
var errFailing = errors.New("writes to the database fail")

// Writable returns nil if the writer answers before ctx ends, and what was to be written was.
// When something failed by the disk or the file it writes, to see whether that has passed, and
// writes nothing else. What goes on failing from one question to the next has not passed, though
// that little can be written.
func (s *Store) Writable(ctx context.Context) error {
	now, before := s.writer.pulse.look()
	if !now && !before {
		return s.Write(ctx, func(context.Context) error { return nil })
	}
	if err := s.SetMeta(ctx, metaProbe, strconv.FormatInt(time.Now().UnixMilli(), 10)); err != nil {
		s.writer.pulse.probed()
		return err
	}
	if now && before {
		return errFailing
	}
	return nil
}

// isFull reports whether a write may have found no room: of a quota's end, and where the
// disk tells of it late, SQLite knows only that it could not write.
func isFull(err error) bool {
	e, ok := errors.AsType[sqlite3.Error](err)
	return ok && (e.Code == sqlite3.ErrFull || e.Code == sqlite3.ErrIoErr)
}
