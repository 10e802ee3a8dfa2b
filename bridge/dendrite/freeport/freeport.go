// Package freeport finds TCP ports of 127.0.0.1 for servers that must be told
// theirs before they start, as those of tests and demos are.
//
// Asking the kernel for any free port and giving it back is a race: it may
// hand out the same one again, to a second question or to an outgoing
// connection. So these ports lie below the range of outgoing connections, and
// each is locked by a file until the process that took it ends.
package freeport

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

// The ports that are handed out: above the well-known ones, below 32768, where
// Linux begins with outgoing connections (macOS and Windows: 49152).
const (
	lowest = 20000
	count  = 10000
)

// ErrNone says that every port is taken.
var ErrNone = errors.New("no port is free")

// held are the locks; they are never given back, and the kernel frees them
// however the process ends.
type held struct {
	mu    sync.Mutex
	files []*os.File
}

var locks held //nolint:gochecknoglobals // a lock belongs to the process

// Take returns a port that nobody listens on and that no other caller gets, in
// this process or another, until this process ends.
func Take(ctx context.Context) (int, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("anteroom-ports-%d", os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	start := rand.IntN(count) // #nosec G404 -- only so that processes begin at different places
	for i := range count {
		port := lowest + (start+i)%count
		locked, err := lock(filepath.Join(dir, strconv.Itoa(port)))
		if err != nil {
			return 0, fmt.Errorf("find a free port: %w", err)
		}
		if locked && isFree(ctx, port) {
			return port, nil
		}
	}
	return 0, fmt.Errorf("find a free port: %w", ErrNone)
}

func lock(path string) (bool, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 -- a name of ours
	if err != nil {
		return false, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return false, nil
		}
		return false, fmt.Errorf("lock %s: %w", path, err)
	}
	locks.mu.Lock()
	defer locks.mu.Unlock()
	locks.files = append(locks.files, file)
	return true, nil
}

func isFree(ctx context.Context, port int) bool {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	return l.Close() == nil
}
