//go:build killpoints

package killpoint

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

var reached atomic.Int64 //nolint:gochecknoglobals // counts for the whole process, like the environment that it serves

// Reach ends the process when the environment asks for it.
func Reach(p Point) {
	at, times, _ := strings.Cut(os.Getenv(Env), ":")
	if Point(at) != p {
		return
	}
	n, err := strconv.ParseInt(times, 10, 64)
	if err != nil {
		n = 1
	}
	if reached.Add(1) == n {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // nothing after this point may run
	}
}

// Lower returns what the environment says, or the usual limit.
func Lower(l Limit, usual int) int {
	if n, err := strconv.Atoi(os.Getenv(string(l))); err == nil {
		return n
	}
	return usual
}

// Now is the machine's clock, and as many milliseconds as the file says that Clock names:
// tests have it jump.
func Now() time.Time {
	path := os.Getenv(Clock)
	if path == "" {
		return time.Now()
	}
	text, _ := os.ReadFile(path) //nolint:errcheck // without a file the clock is right
	ahead, _ := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return time.Now().Add(time.Duration(ahead) * time.Millisecond)
}

// MaxPages is what the file says that Pages names, or "".
func MaxPages() string {
	path := os.Getenv(Pages)
	if path == "" {
		return ""
	}
	text, _ := os.ReadFile(path) //nolint:errcheck // without a file there is no limit
	return strings.TrimSpace(string(text))
}
