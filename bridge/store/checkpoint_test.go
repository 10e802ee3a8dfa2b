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
	for start := time.Now(); sizeOf(t, s.path) < writesBetween*value/2; {
		if time.Since(start) > 10*time.Second {
			t.Fatalf("the database has %d bytes after writes of %d", sizeOf(t, s.path), 2*writesBetween*value)
		}
		<-time.After(10 * time.Millisecond)
	}
	const page = 4 << 10
	write(3 * logPages * page / value)
	if log := sizeOf(t, s.path+"-wal"); log > 3*logPages*page/2 {
		t.Errorf("the log has %d bytes", log)
	}
}
