package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/mattn/go-sqlite3"
	"go.mau.fi/util/dbutil"
)

// Readers beside the one writer; WAL lets them run while it commits.
const sqliteConnections = 8

// sqliteOptions are those of both our files. synchronous: a commit in the log is on the
// disk when it returns. immediate: a transaction that will
// write must not start as a reader, or it fails with SQLITE_BUSY instead of
// waiting its turn. secure_delete: what is removed is overwritten with zeros,
// since an erased visitor's words must not stay in the file's free places. (What
// SQLite moved from one page to another stays behind in the first: see Compact.)
// stmt_cache_size: statements that a connection keeps prepared, more than a message
// takes on its way; to prepare each anew is more work than to run it. cache_size: KiB of
// pages that a connection keeps; the usual 2,000 are fewer than one part of an inbox of
// 100,000 contacts reads, which then drives out its own pages.
const sqliteOptions = "_foreign_keys=on&_journal_mode=wal&_synchronous=full&_busy_timeout=5000&_txlock=immediate&_secure_delete=on&_stmt_cache_size=128&_cache_size=-4000"

// Scrub empties the write-ahead log into the database, so that nothing of what
// was removed before stays in it. It reports false when somebody reads an
// older state of the database, which Scrub waits for, but not long.
func (s *Store) Scrub(ctx context.Context) (bool, error) { return s.writer.moves.empty(ctx) }

// Compact writes the database anew, without what was removed before. SQLite's
// secure_delete overwrites a row where it is; of rows that moved, because a page
// was full, copies stay in the page before, until that is written over. Writes
// wait meanwhile: on a usual disk about a second for each 100 MB.
func (s *Store) Compact(ctx context.Context, now time.Time) error {
	return s.writer.alone(ctx, func(ctx context.Context) error {
		if _, err := s.db.Exec(ctx, `VACUUM`); err != nil {
			s.notCompacted.Store(milliseconds(now))
			return err
		}
		s.notCompacted.Store(0)
		// In here, where nothing is removed in between.
		_, err := s.db.Exec(ctx, `INSERT INTO meta (key, value) VALUES ($1, $2), ($3, '')
			ON CONFLICT (key) DO UPDATE SET value = excluded.value`, metaCompacted, strconv.FormatInt(milliseconds(now), 10), metaToCompact)
		return err
	})
}

const (
	// metaCompacted is when the database was last compacted, in Unix milliseconds.
	metaCompacted = "compacted"
	// metaToCompact is set while something was removed that CompactDue has to see to:
	// to compactOnceADay or, which is the greater, compactSoon.
	metaToCompact   = "to_compact"
	compactOnceADay = "1"
	compactSoon     = "2"
)

const (
	// compactEvery is the least time between two runs of CompactDue that compact what
	// nobody waits for.
	compactEvery = 24 * time.Hour
	// compactAgain is the time after a run that failed: without the room for a second file
	// each fills the disk while everybody waits.
	compactAgain = time.Hour
)

// CompactLater notes that something was removed, for CompactDue. Somebody waits for it
// that what was asked for goes.
func (s *Store) CompactLater(ctx context.Context, asked bool) error {
	when := compactOnceADay
	if asked {
		when = compactSoon
	}
	return s.exec(ctx, `INSERT INTO meta (key, value) VALUES ($1, $2)
		ON CONFLICT (key) DO UPDATE SET value = max(meta.value, excluded.value)`, metaToCompact, when)
}

// CompactDue compacts the database if something was removed, and the last time is a day
// ago, unless somebody waits for it: a large one holds everybody up. It reports whether it did.
func (s *Store) CompactDue(ctx context.Context, now time.Time) (bool, error) {
	due, err := s.Meta(ctx, metaToCompact)
	if err != nil || due == "" || within(s.notCompacted.Load(), now, compactAgain) {
		return false, err
	}
	last, err := s.Meta(ctx, metaCompacted)
	if err != nil {
		return false, err
	}
	at, err := strconv.ParseInt(last, 10, 64) // "" is never
	if err == nil && due != compactSoon && within(at, now, compactEvery) {
		return false, nil
	}
	err = s.Compact(ctx, now)
	return err == nil, err
}

// within reports whether a moment, in Unix milliseconds, is less than span before now. A
// time to come is that of a clock that was wrong.
func within(at int64, now time.Time, span time.Duration) bool {
	since := now.Sub(time.UnixMilli(at))
	return since >= 0 && since < span
}

// emptyLog does Scrub's work in either of our files.
func emptyLog(ctx context.Context, db *dbutil.Database) (bool, error) {
	var busy, pages, moved int
	err := db.QueryRow(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &moved)
	return err == nil && busy == 0, err
}

func connect(o Options) (*dbutil.Database, error) {
	switch o.Type {
	case "sqlite3":
		if err := os.MkdirAll(filepath.Dir(o.URI), 0o700); err != nil {
			return nil, fmt.Errorf("make the database's folder: %w", err)
		}
		uri := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: o.URI}).EscapedPath(), RawQuery: sqliteOptions}).String()
		db, err := openGuarded(uri)
		if err != nil {
			return nil, fmt.Errorf("open the database %s: %w", o.URI, err)
		}
		return db, nil
	case "postgres":
		return nil, errors.New("database.type postgres is not supported yet: use sqlite3")
	default:
		return nil, fmt.Errorf("database.type %q is not known: use sqlite3", o.Type)
	}
}

// noRows gives the driver's "no rows" the store's own name.
func noRows(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// isConstraint reports whether a statement failed for what it said and the
// transaction around it is still good. After anything else (disk full, I/O
// error) SQLite may have rolled back the whole transaction by itself.
func isConstraint(err error) bool {
	e, ok := errors.AsType[sqlite3.Error](err)
	return ok && e.Code == sqlite3.ErrConstraint
}

const lockSuffix = ".lock"

// processLock keeps a second process from opening the same SQLite file. The
// kernel frees it when the process ends, however it ends.
type processLock struct{ file *os.File }

func lockProcess(o Options) (*processLock, error) {
	if o.Type != "sqlite3" {
		return nil, nil
	}
	if err := os.MkdirAll(filepath.Dir(o.URI), 0o700); err != nil {
		return nil, fmt.Errorf("make the database's folder: %w", err)
	}
	path := o.URI + lockSuffix
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 -- the admin's own path
	if err != nil {
		return nil, fmt.Errorf("open the lock file: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("another anteroom process runs on %s (lock %s): stop it first", o.URI, path)
	}
	return &processLock{file: file}, nil
}

func (l *processLock) release() {
	if l != nil {
		_ = l.file.Close()
	}
}
