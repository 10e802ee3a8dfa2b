package storm_test

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// dataSize is that of the file system for the bridge's data, where it can have one.
const dataSize = "size=160m"

// mount gives the bridge's data a small file system of its own, if we may: one that can
// be filled. Else the database alone is full at times, and the log says so. Among other tests
// none is mounted: it would stay behind if these are ended.
func (s *storm) mount(folder string) {
	s.data = folder
	if err := os.MkdirAll(folder, 0o700); err != nil {
		s.Fatal(err)
	}
	if os.Getenv(minutes) == "" {
		return
	}
	if err := syscall.Mount("storm", folder, "tmpfs", 0, dataSize); err != nil {
		s.Logf("the database will be full, and no disk: a small file system cannot be mounted (%v)", err)
		return
	}
	s.small = true
	s.Cleanup(func() { _ = syscall.Unmount(folder, syscall.MNT_DETACH) })
}

// fill fills the disk for a while.
func fill(ctx context.Context, s *storm, dice *rand.Rand) {
	ballast := filepath.Join(s.data, "ballast")
	f, err := os.Create(ballast)
	if s.idle = err != nil; s.idle {
		return // full already
	}
	const block = 64 << 10
	for zero := make([]byte, block); err == nil; {
		_, err = f.Write(zero)
	}
	for small := []byte{0}; err == nil; {
		_, err = f.Write(small)
	}
	_ = f.Close() // what matters is that it is there
	pause(ctx, span(dice))
	if err := os.Remove(ballast); err != nil {
		s.Errorf("empty the disk: %v", err)
	}
}

// fillDatabase has SQLite take no more pages for a while (PRAGMA max_page_count), which it
// says as if the disk were full. It lowers no limit below what there is.
func fillDatabase(ctx context.Context, s *storm, dice *rand.Rand) {
	const fewest, most = "1", "4294967294"
	s.put(s.pages(), fewest)
	pause(ctx, span(dice))
	s.put(s.pages(), most)
}

// lock has another process hold the database's lock, as a backup by hand does.
func lock(ctx context.Context, s *storm, dice *rand.Rand) {
	db, err := sql.Open("sqlite3", "file:"+s.Database()+"?_txlock=immediate&_busy_timeout=2000")
	if err != nil {
		s.Errorf("lock the database: %v", err)
		return
	}
	defer func() { _ = db.Close() }()
	tx, err := db.BeginTx(context.WithoutCancel(ctx), nil)
	if s.idle = err != nil; s.idle {
		return // the bridge was faster all the time
	}
	// Longer than the bridge waits for the lock at one go.
	const factor = 3
	pause(ctx, factor*span(dice))
	_ = tx.Rollback() // nothing was written
}

// jump sets the bridge's clock: mostly some seconds or minutes, sometimes a day, to
// either side.
func jump(_ context.Context, s *storm, dice *rand.Rand) {
	most := 10 * time.Minute
	const oneIn = 10
	if dice.IntN(oneIn) == 0 {
		most = 26 * time.Hour
	}
	s.setClock(time.Duration(dice.Int64N(int64(2*most))) - most)
}

func (s *storm) setClock(ahead time.Duration) {
	s.put(s.clock(), strconv.FormatInt(ahead.Milliseconds(), 10))
}

// put writes what the bridge reads at any moment.
func (s *storm) put(path, text string) {
	next := path + ".next"
	err := os.WriteFile(next, []byte(text), 0o600)
	if err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		s.Errorf("tell the bridge: %v", err)
	}
}
