package store

import (
	"context"
	"errors"
	"strconv"
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
	// failing is how many transactions failed by the disk or the file since something was
	// known to have been written; 0 while nothing is the matter.
	failing atomic.Int64
}

func newPulse() *pulse { return &pulse{start: time.Now()} }

func (p *pulse) begin() { p.since.Store(max(1, int64(time.Since(p.start)))) }

// end notes how a transaction ended. One without an error proves nothing: it may have found
// nothing to write.
func (p *pulse) end(err error) {
	p.since.Store(0)
	if isStorage(err) {
		p.failing.Add(1)
	}
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

// Writable returns nil if the writer answers before ctx ends, and nothing that was to be
// written failed by the disk or the file. After such a failure it writes, to see whether that
// has passed; else it writes nothing.
func (s *Store) Writable(ctx context.Context) error {
	failing := &s.writer.pulse.failing
	before := failing.Load()
	if before == 0 {
		return s.Write(ctx, func(context.Context) error { return nil })
	}
	if err := s.SetMeta(ctx, metaProbe, strconv.FormatInt(time.Now().UnixMilli(), 10)); err != nil {
		return err
	}
	if !failing.CompareAndSwap(before, 0) {
		return errFailing
	}
	return nil
}
