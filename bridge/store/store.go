// Package store keeps what must not be lost, in SQL: the journal of every
// dialog, the inbox of Matrix events, the outbox towards Matrix, visitors,
// files and rooms.
//
// It knows no rules of conversation; those are in package dialog. All writes
// go through Write, which groups the commits of concurrent callers: one fsync
// serves many. Functions that change something say so in their comment and may
// be called alone or inside Write.
//
// Queries are written for SQLite and PostgreSQL alike. What differs between the
// two stands in dialect.go and in the "-- only:" lines of migrations.
package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"
	"golang.org/x/sync/semaphore"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrNotFound says that no row has the asked name.
var ErrNotFound = errors.New("not found")

// Store is the database. It is safe for concurrent use.
type Store struct {
	db      *dbutil.Database
	writer  writer
	pages   *semaphore.Weighted // pagesAtOnce
	metrics *metrics
	// path is that of SQLite's file.
	path string
	lock *processLock
	// notCompacted is when Compact failed, in Unix milliseconds; 0 if it did not.
	notCompacted atomic.Int64

	closing sync.Once
}

// Options say where the database is.
type Options struct {
	// Type is "sqlite3" or "postgres".
	Type string
	// URI is a file's path for SQLite, a connection string for PostgreSQL.
	URI string
	Log zerolog.Logger
}

// Open locks the database against a second process, brings its tables up to
// date.
func Open(ctx context.Context, o Options) (*Store, error) {
	lock, err := lockProcess(o)
	if err != nil {
		return nil, err
	}
	s, err := open(ctx, o)
	if err != nil {
		lock.release()
		return nil, err
	}
	s.lock = lock
	return s, nil
}

// withoutArguments keeps what a slow query was given out of the log: dbutil
// writes it at the level trace.
func withoutArguments(log zerolog.Logger) zerolog.Logger {
	return log.Level(max(log.GetLevel(), zerolog.DebugLevel))
}

func open(ctx context.Context, o Options) (*Store, error) {
	db, err := connect(o)
	if err != nil {
		return nil, err
	}
	db.Owner = "anteroom"
	db.Log = dbutil.ZeroLogger(withoutArguments(o.Log))
	db.UpgradeTable = dbutil.BuildUpgradeTable().WithFSPath(migrations, "migrations").Finish()
	if err := db.Upgrade(ctx); err != nil {
		if errors.Is(err, dbutil.ErrUnsupportedDatabaseVersion) {
			err = tooNew(ctx, db)
		} else {
			err = fmt.Errorf("bring the database's tables up to date: %w", err)
		}
		_ = db.Close()
		return nil, err
	}
	figures := newMetrics()
	s := &Store{db: db, writer: newWriter(db, figures), pages: semaphore.NewWeighted(pagesAtOnce), metrics: figures, path: o.URI} //nolint:contextcheck // the writer outlives the start
	return s, nil
}

// ErrNewer says that a newer program wrote the database.
var ErrNewer = errors.New("the database belongs to a newer version of Anteroom")

func tooNew(ctx context.Context, db *dbutil.Database) error {
	var version int
	if err := db.QueryRow(ctx, "SELECT version FROM "+db.VersionTable).Scan(&version); err != nil {
		return ErrNewer
	}
	return fmt.Errorf("%w: its tables are version %d and this program knows %d: run the version of Anteroom that last used it or a newer one, or restore the backup from before the upgrade",
		ErrNewer, version, len(db.UpgradeTable))
}

// Close waits for the writes under way and frees the database. A second call
// does nothing.
func (s *Store) Close() (err error) {
	s.closing.Do(func() {
		s.writer.stop()
		err = s.db.Close()
		s.lock.release()
	})
	return err
}

const metaBoot = "boot"

// RaiseBoot raises the boot number, above another one as well, and returns it. The
// bot keeps the same number in its account data; a difference betrays a backup that
// was restored on either side.
func (s *Store) RaiseBoot(ctx context.Context, above int64) (boot int64, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		last, err := s.Meta(ctx, metaBoot)
		if err != nil {
			return err
		}
		n, _ := strconv.ParseInt(last, 10, 64) // "" is the first
		boot = max(n, above) + 1
		return s.SetMeta(ctx, metaBoot, strconv.FormatInt(boot, 10))
	})
	return boot, err
}

// Meta returns a value of the bridge as a whole, or "".
func (s *Store) Meta(ctx context.Context, key string) (string, error) {
	value, err := scanOne[string](s.db.QueryRow(ctx, `SELECT value FROM meta WHERE key = $1`, key))
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return value, err
}

// SetMeta writes a value of the bridge as a whole.
func (s *Store) SetMeta(ctx context.Context, key, value string) error {
	return s.exec(ctx, `INSERT INTO meta (key, value) VALUES ($1, $2)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
}

// exec runs one changing statement, in the transaction of ctx or grouped with others.
func (s *Store) exec(ctx context.Context, query string, args ...any) error {
	return s.Write(ctx, func(ctx context.Context) error {
		_, err := s.db.Exec(ctx, query, args...)
		return err
	})
}

// execChanged is exec, and reports whether any row was changed.
func (s *Store) execChanged(ctx context.Context, query string, args ...any) (changed bool, err error) {
	err = s.Write(ctx, func(ctx context.Context) error {
		result, err := s.db.Exec(ctx, query, args...)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		changed = n > 0
		return err
	})
	return changed, err
}

func scanOne[T any](row dbutil.Scannable) (value T, err error) {
	err = noRows(row.Scan(&value))
	return value, err
}

func milliseconds(t time.Time) int64 { return t.UnixMilli() }
