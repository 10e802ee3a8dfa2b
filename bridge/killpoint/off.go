//go:build !killpoints

package killpoint

import (
	"context"
	"time"
)

// Reach does nothing in this build.
func Reach(Point) {}

// Lower returns the usual limit in this build.
func Lower(_ Limit, usual int) int { return usual }

// Now is the machine's clock in this build.
func Now() time.Time { return time.Now() }

// MaxPages is "" in this build: no limit.
func MaxPages() string { return "" }

// Profile does nothing in this build.
func Profile(context.Context) (end func() error, err error) {
	return func() error { return nil }, nil
}
