package store

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

func sizeOf(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// awaitSize waits until a file has so many bytes.
func awaitSize(t *testing.T, path string, size int64) {
	t.Helper()
	for start := time.Now(); sizeOf(t, path) < size; {
		if time.Since(start) > 10*time.Second {
			t.Fatalf("it has %d bytes, and not %d", sizeOf(t, path), size)
		}
		<-time.After(10 * time.Millisecond)
	}
}

// What was written goes into the database itself without a commit that waits for that, and
// the log does not grow without an end while commits follow each other without a pause.
func TestTheLogIsMovedBesideTheWriter(t *testing.T) {
	s := openCrowded(t, 1)
	const value = 16 << 10
	write := func(n int) {
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				for k := range n / 8 {
					err := s.Write(t.Context(), func(ctx context.Context) error {
						return s.SetMeta(ctx, fmt.Sprintf("%d-%d", i, k%writesBetween), strings.Repeat(string(rune('a'+k%26)), value))
					})
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
	}
	write(2 * writesBetween)
	awaitSize(t, s.path, writesBetween*value/2)
	const page = 4 << 10
	write(3 * logPages * page / value)
	if log := sizeOf(t, s.path+"-wal"); log > 3*logPages*page/2 {
		t.Errorf("the log has %d bytes", log)
	}
	if at, err := scanOne[int](s.db.QueryRow(t.Context(), "PRAGMA wal_autocheckpoint")); err != nil || at != logPages {
		t.Errorf("commits move the log at %d pages, %v", at, err)
	}
}

// A log that cannot grow, for a disk that is full, can begin anew once it is moved.
func TestTheLogIsMovedWhereThereIsNoRoom(t *testing.T) {
	s := openCrowded(t, 1)
	const value = 1 << 20
	if err := s.SetMeta(t.Context(), "large", strings.Repeat("x", value)); err != nil {
		t.Fatal(err)
	}
	if size := sizeOf(t, s.path); size >= value {
		t.Fatalf("it was moved before: the database has %d bytes", size)
	}
	if err := s.exec(t.Context(), "PRAGMA max_page_count = 1"); err != nil { // no more than there are
		t.Fatal(err)
	}
	if err := s.SetMeta(t.Context(), "larger", strings.Repeat("x", value)); !isStorage(err) {
		t.Errorf("on a full disk SetMeta returns %v", err)
	}
	awaitSize(t, s.path, value)
}

// What was removed leaves the log also while that is being moved.
func TestScrubWaitsForAMoveUnderWay(t *testing.T) {
	s := openCrowded(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	var moves sync.WaitGroup
	moves.Go(func() {
		for ctx.Err() == nil {
			s.writer.moves.move(ctx)
		}
	})
	for n := range 50 {
		if err := s.SetMeta(t.Context(), "removed", strings.Repeat(string(rune('a'+n%26)), 1<<20)); err != nil {
			t.Fatal(err)
		}
		if empty, err := s.Scrub(t.Context()); err != nil || !empty {
			t.Fatalf("the log is empty (%v) after %d, %v", empty, n, err)
		}
	}
	cancel()
	moves.Wait()
}
