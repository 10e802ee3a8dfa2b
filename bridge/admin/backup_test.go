package admin

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"go.mau.fi/util/dbutil"

	"github.com/anteroom-chat/anteroom/bridge/config"
)

// living makes a database as the bridge opens it, with a table of numbers.
func living(t *testing.T) (*config.Config, *dbutil.Database) {
	t.Helper()
	cfg := config.Default()
	folder := filepath.Join(t.TempDir(), "data with spaces, ? and %20")
	cfg.Database.URI = filepath.Join(folder, "anteroom.db")
	cfg.Gateway.DataDir = filepath.Join(folder, "files")
	if err := os.MkdirAll(filepath.Join(cfg.Gateway.DataDir, "uploads"), 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := dbutil.NewWithDialect(sqliteURI(cfg.Database.URI)+"?_txlock=immediate", "sqlite3-fk-wal-fullsync")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.Exec(t.Context(), "CREATE TABLE pair (a INTEGER, b INTEGER); CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	return cfg, db
}

// TestBackupWhileWriting takes a copy in the middle of many transactions, each
// of which writes two rows: the copy must hold both or none.
func TestBackupWhileWriting(t *testing.T) {
	cfg, db := living(t)
	if err := os.WriteFile(filepath.Join(cfg.Gateway.DataDir, "uploads", "file"), []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var writer sync.WaitGroup
	started := make(chan struct{})
	writer.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			err := db.DoTxn(context.WithoutCancel(ctx), nil, func(ctx context.Context) error {
				for range 2 {
					if _, err := db.Exec(ctx, "INSERT INTO pair VALUES ($1, $2)", i, strings.Repeat("x", 100)); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
				return
			}
			if i == 20 {
				close(started)
			}
		}
	})
	<-started
	folder := filepath.Join(t.TempDir(), "new", "backup")
	copied, err := Backup(t.Context(), cfg, folder)
	stop()
	writer.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if copied.Rows < 40 || copied.Rows%2 != 1 || copied.Tables != 2 || copied.Files != 1 || copied.FileBytes != 5 {
		t.Errorf("copied %+v", copied)
	}
	data, err := os.ReadFile(filepath.Join(folder, "files", "uploads", "file"))
	if err != nil || string(data) != "hello" {
		t.Errorf("%q, %v", data, err)
	}
	info, err := os.Stat(filepath.Join(folder, "anteroom.db"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	halves(t, filepath.Join(folder, "anteroom.db"))
}

// halves looks for transactions of which only one row was copied.
func halves(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite3", sqliteURI(path)+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var count int
	err = db.QueryRowContext(t.Context(), "SELECT count(*) FROM (SELECT a FROM pair GROUP BY a HAVING count(*) <> 2)").Scan(&count)
	if err != nil || count != 0 {
		t.Errorf("%d halves, %v", count, err)
	}
}

// A backup that root took once does not keep the service's user from noting the next ones:
// the note is the database's owner's, whoever's it was before.
func TestBackupNoteIsTheDatabasesOwners(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	cfg, _ := living(t)
	const service, other = 12345, 23456
	if err := os.Chown(cfg.Database.URI, service, service); err != nil {
		t.Fatal(err)
	}
	takeOne := func() {
		t.Helper()
		copied, err := Backup(t.Context(), cfg, filepath.Join(t.TempDir(), "backup"))
		if err != nil || copied.Unnoted != nil {
			t.Fatalf("%v, not noted: %v", err, copied.Unnoted)
		}
		info, err := os.Stat(backupNote(cfg))
		if err != nil {
			t.Fatal(err)
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); !ok || stat.Uid != service || stat.Gid != service || info.Mode().Perm() != secretMode {
			t.Errorf("the note is %+v", info.Sys())
		}
	}
	takeOne()
	if err := os.Chown(backupNote(cfg), other, other); err != nil {
		t.Fatal(err)
	}
	takeOne()
}

// TestVerifyFindsWhatSQLiteOpens takes a database that opens and answers, but
// whose index does not fit its table.
func TestVerifyFindsWhatSQLiteOpens(t *testing.T) {
	cfg, db := living(t)
	for _, statement := range []string{
		"INSERT INTO pair VALUES (1, 2)",
		"CREATE INDEX pair_a ON pair (a)",
		"PRAGMA writable_schema = 1",
		"UPDATE sqlite_master SET sql = 'CREATE INDEX pair_a ON pair (b)' WHERE name = 'pair_a'",
	} {
		if _, err := db.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	err := verify(t.Context(), cfg.Database.URI, new(Copied))
	if err == nil || !strings.Contains(err.Error(), "missing from index") {
		t.Errorf("got %v", err)
	}
}

func TestBackupRefusesAFullFolder(t *testing.T) {
	cfg, _ := living(t)
	folder := t.TempDir()
	keep := filepath.Join(folder, "anteroom.db")
	if err := os.WriteFile(keep, []byte("older backup"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Backup(t.Context(), cfg, folder)
	if err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("got %v", err)
	}
	if data, err := os.ReadFile(keep); err != nil || string(data) != "older backup" {
		t.Errorf("the older backup is gone: %q, %v", data, err)
	}
	if _, err = Backup(t.Context(), cfg, keep); err == nil {
		t.Error("a file was taken for a folder")
	}
}

func TestBackupOfNothing(t *testing.T) {
	cfg, _ := living(t)
	cfg.Database.URI += ".none"
	folder := filepath.Join(t.TempDir(), "backup")
	_, err := Backup(t.Context(), cfg, folder)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(cfg.Database.URI); err == nil {
		t.Error("an empty database was made")
	}
}

// TestFailedBackupIsRemoved spoils pages in the middle of the database.
func TestFailedBackupIsRemoved(t *testing.T) {
	cfg, db := living(t)
	for i := range 500 {
		if _, err := db.Exec(t.Context(), "INSERT INTO pair VALUES ($1, $2)", i, fmt.Sprint(i, strings.Repeat("x", 200))); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(cfg.Database.URI, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt([]byte(strings.Repeat("\xff", 8192)), 3*4096); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "backup")
	if _, err := Backup(t.Context(), cfg, folder); err == nil {
		t.Fatal("a spoiled database was copied")
	}
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
}
