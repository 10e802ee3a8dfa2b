//go:build !killpoints

package killpoint

// Reach does nothing in this build.
func Reach(Point) {}

// Lower returns the usual limit in this build.
func Lower(_ Limit, usual int) int { return usual }
