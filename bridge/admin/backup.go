package admin

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"go.mau.fi/util/dbutil"
	_ "go.mau.fi/util/dbutil/litestream" // the SQLite drivers

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// The names inside a backup's folder.
const (
	backupDatabase = "anteroom.db"
	backupFiles    = "files"
)

// Copied is what a backup holds.
type Copied struct {
	DatabaseBytes int64
	Tables, Rows  int64
	Files         int64
	FileBytes     int64
	// Unnoted is why the doctor will not know of the backup, which is whole all the same.
	Unnoted error
}

func (c Copied) String() string {
	return fmt.Sprintf("database: %s in %d rows of %d tables, verified; waiting files: %d (%s)",
		config.Size(c.DatabaseBytes).Rounded(), c.Rows, c.Tables, c.Files, config.Size(c.FileBytes).Rounded())
}

// Backup copies the database and the files that wait to be sent into the
// folder, which must be empty or not exist. The bridge may run meanwhile: the
// copy is what the database held at one moment. A backup that fails is removed.
//
// Not copied: the cache state.db, which the bridge makes again, and the config.
func Backup(ctx context.Context, cfg *config.Config, folder string) (done Copied, err error) {
	if cfg.Database.Type != config.SQLite {
		return done, fmt.Errorf("database.type is %s: take its backup with that database's own tool", cfg.Database.Type)
	}
	if _, err := os.Stat(cfg.Database.URI); err != nil {
		return done, fmt.Errorf("there is nothing to back up yet: %w", err)
	}
	made, err := emptyFolder(folder)
	if err != nil {
		return done, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, removeBackup(folder, made))
		}
	}()
	// A file leaves the data folder when the homeserver has it. Copying before
	// and after the database means that whatever the database says is waiting
	// has been copied; a file too many does no harm.
	waiting, files := dialog.UploadsDir(cfg.Gateway.DataDir), dialog.UploadsDir(filepath.Join(folder, backupFiles))
	if err = copyFolder(ctx, waiting, files); err != nil {
		return done, fmt.Errorf("copy the waiting files: %w", err)
	}
	database := filepath.Join(folder, backupDatabase)
	if err = copyDatabase(ctx, cfg.Database.URI, database); err != nil {
		return done, fmt.Errorf("copy the database: %w", err)
	}
	if err = store.MarkCopy(ctx, database); err != nil {
		return done, err
	}
	if err = copyFolder(ctx, waiting, files); err != nil {
		return done, fmt.Errorf("copy the waiting files: %w", err)
	}
	if err = verify(ctx, database, &done); err != nil {
		return done, fmt.Errorf("verify the copy: %w", err)
	}
	if err = measure(files, &done); err != nil {
		return done, fmt.Errorf("verify the copied files: %w", err)
	}
	if err = errors.Join(syncFolder(folder), syncFolder(filepath.Dir(filepath.Clean(folder)))); err != nil {
		return done, err
	}
	done.Unnoted = note(cfg, folder)
	return done, nil
}

// noted is what is kept beside the database of its last backup, for the doctor.
type noted struct {
	At     time.Time `json:"at"`
	Folder string    `json:"folder"`
}

func backupNote(cfg *config.Config) string {
	return filepath.Join(filepath.Dir(cfg.Database.URI), "last-backup.json")
}

// note keeps when the backup was taken. It stands beside the database, which only the
// bridge writes, and is that database's owner's also if root takes the backup: else the
// service's user could neither read it nor replace it.
func note(cfg *config.Config, folder string) error {
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	data, err := json.Marshal(noted{At: time.Now().UTC().Truncate(time.Second), Folder: absolute})
	if err != nil {
		return err
	}
	path := backupNote(cfg)
	var owner fs.FileInfo // nobody but root can give a file away
	if os.Geteuid() == 0 {
		if owner, err = os.Stat(cfg.Database.URI); err != nil {
			return err
		}
	}
	return replaceFile(path, append(data, '\n'), secretMode, owner)
}

// emptyFolder makes the folder, or accepts one that is empty, and reports whether it made it.
func emptyFolder(path string) (made bool, err error) {
	entries, err := os.ReadDir(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(path, 0o700); err != nil {
			return false, fmt.Errorf("make the backup's folder: %w", err)
		}
		return true, nil
	case err != nil:
		return false, fmt.Errorf("%s cannot be the backup's folder: %w", path, err)
	case len(entries) > 0:
		return false, fmt.Errorf("%s is not empty: name a new folder for each backup", path)
	}
	return false, nil
}

func removeBackup(folder string, made bool) error {
	err := errors.Join(
		os.RemoveAll(filepath.Join(folder, backupDatabase)),
		os.RemoveAll(filepath.Join(folder, backupDatabase+"-journal")),
		os.RemoveAll(filepath.Join(folder, backupFiles)))
	if made {
		err = errors.Join(err, os.Remove(folder))
	}
	return err
}

// copyDatabase writes a compact copy through a second connection. VACUUM INTO
// reads in one transaction and blocks no writer in WAL mode.
func copyDatabase(ctx context.Context, from, to string) (err error) {
	// mode=rw: never make an empty database where there is none.
	db, err := dbutil.NewFromConfig("anteroom-backup", dbutil.Config{
		PoolConfig: dbutil.PoolConfig{
			Type:         "sqlite3-fk-wal-fullsync",
			URI:          sqliteURI(from) + "?mode=rw&_txlock=immediate",
			MaxOpenConns: 1,
			MaxIdleConns: 1,
		},
	}, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	// The file is made first, so that nobody else can read it for a moment.
	file, err := os.OpenFile(to, os.O_RDWR|os.O_CREATE|os.O_EXCL, secretMode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err = db.Exec(ctx, "VACUUM INTO $1", to); err != nil {
		return err
	}
	return file.Sync()
}

// sqliteURI writes a path as SQLite's URI filenames want it.
func sqliteURI(path string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath()
}

// verify reads every page of the copy and counts its rows.
func verify(ctx context.Context, path string, done *Copied) (err error) {
	db, err := sql.Open("sqlite3", sqliteURI(path)+"?mode=ro&immutable=1")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var verdict string
	if err = db.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("SQLite's integrity check says: %s", verdict)
	}
	tables, err := tableNames(ctx, db)
	if err != nil {
		return err
	}
	for _, table := range tables {
		var rows int64
		query := `SELECT count(*) FROM "` + table + `"` // #nosec G202 -- the name is from the schema itself
		if err = db.QueryRowContext(ctx, query).Scan(&rows); err != nil {
			return err
		}
		done.Rows += rows
	}
	done.Tables = int64(len(tables))
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	done.DatabaseBytes = info.Size()
	return nil
}

func tableNames(ctx context.Context, db *sql.DB) (tables []string, err error) {
	rows, err := db.QueryContext(ctx, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			return nil, err
		}
		tables = append(tables, table)
	}
	return tables, rows.Err()
}

// copyFolder copies all regular files that the target does not have with the
// same size. Files that vanish meanwhile are passed over; a folder that does
// not exist is an empty one.
func copyFolder(ctx context.Context, from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, relative)
		switch {
		case entry.IsDir():
			return os.MkdirAll(target, 0o700)
		case entry.Type().IsRegular():
			return copyFile(path, target)
		default:
			return nil
		}
	})
}

func copyFile(from, to string) (err error) {
	source, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	info, err := source.Stat()
	if err != nil {
		return err
	}
	if there, err := os.Stat(to); err == nil && there.Size() == info.Size() {
		return nil
	}
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, secretMode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	if _, err = io.Copy(target, source); err != nil {
		return err
	}
	return target.Sync()
}

func measure(folder string, done *Copied) error {
	return filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		done.Files++
		done.FileBytes += info.Size()
		return nil
	})
}
