package storm_test

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/admin"
	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// restoreDatabase brings the bridge's database back from a copy some seconds old.
func restoreDatabase(ctx context.Context, s *storm, dice *rand.Rand) {
	cfg, err := config.Load(s.ConfigPath())
	if err != nil {
		s.Fatal(err)
	}
	saved := filepath.Join(s.TempDir(), "copy")
	began := time.Now()
	if _, err := admin.Backup(context.WithoutCancel(ctx), cfg, saved); err != nil {
		return // the disk is full, or the database locked: no copy, no restore
	}
	pause(ctx, span(dice))
	s.KillBridge(s.T)
	for _, old := range []string{s.Database(), s.Database() + "-wal", s.Database() + "-shm", filepath.Join(s.data, "files")} {
		if err := os.RemoveAll(old); err != nil {
			s.Fatal(err)
		}
	}
	if err := os.CopyFS(s.data, os.DirFS(saved)); err != nil {
		s.Fatal(err)
	}
	s.StartBridge(s.T, "")
	s.failed("database-restored", began)
}

// restoreHomeserver brings the homeserver back from a copy. The bridge raises its number
// at every start and every hour, so a copy from before the last time is noticed
// (invariant 3); here it is started after the copy was made, and again in the end.
func restoreHomeserver(ctx context.Context, s *storm, dice *rand.Rand) {
	s.outward.be("", nil, 0, 0)
	s.KillBridge(s.T)
	if err := s.Homeserver.Stop(); err != nil {
		s.Errorf("stop the homeserver: %v", err)
	}
	began := time.Now()
	dir, saved := s.Homeserver.Dir(), filepath.Join(s.TempDir(), "copy")
	if err := os.CopyFS(saved, os.DirFS(dir)); err != nil {
		s.Fatal(err)
	}
	before := s.announced()
	s.revive()
	s.StartBridge(s.T, "")
	// A database that was restored before is read back first, for which a mark is waited for.
	bridgetest.AwaitFor(s.T, 2*patience, "the bridge has told its number", func() bool { now := s.announced(); return now != "" && now != before })
	pause(ctx, span(dice))
	s.KillBridge(s.T)
	s.killHomeserver()
	if err := os.RemoveAll(dir); err != nil {
		s.Fatal(err)
	}
	if err := os.CopyFS(dir, os.DirFS(saved)); err != nil {
		s.Fatal(err)
	}
	s.revive()
	s.StartBridge(s.T, "")
	for _, o := range s.operators {
		o.anew.Store(true)
	}
	s.failed("homeserver-restored", began)
}

// announced is the number that the bridge has told the homeserver last.
func (s *storm) announced() (number string) {
	db, err := sql.Open("sqlite3", "file:"+s.Database()+"?mode=ro&_busy_timeout=1000")
	if err != nil {
		return ""
	}
	defer func() { _ = db.Close() }() // it was only read
	_ = db.QueryRowContext(s.Context(), `SELECT value FROM meta WHERE key = 'boot.announced'`).Scan(&number)
	return number
}
