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
	// failing is true while the last transaction failed by the disk or the file.
	failing atomic.Bool
}

func newPulse() *pulse { return &pulse{start: time.Now()} }

func (p *pulse) begin() { p.since.Store(max(1, int64(time.Since(p.start)))) }

func (p *pulse) end(err error) {
	p.since.Store(0)
	if err == nil {
		p.failing.Store(false)
	} else if isStorage(err) {
		p.failing.Store(true)
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

const metaProbe = "probe"

// Writable returns nil if the writer answers before ctx ends, and what was last written
// could be. While that could not it writes, to see whether that has passed; else it
// writes nothing.
func (s *Store) Writable(ctx context.Context) error {
	if s.writer.pulse.failing.Load() {
		return s.SetMeta(ctx, metaProbe, strconv.FormatInt(time.Now().UnixMilli(), 10))
	}
	return s.Write(ctx, func(context.Context) error { return nil })
}
