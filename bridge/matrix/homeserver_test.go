package matrix

import (
	"fmt"
	"testing"
	"time"

	"maunium.net/go/mautrix"
)

// A homeserver's wish to be left alone is bounded: a number that is none parks nothing
// for years, and does not turn into a time that is past.
func TestRetryAfterIsBounded(t *testing.T) {
	for told, want := range map[any]time.Duration{
		float64(1500): 1500 * time.Millisecond, float64(9000000000000): 15 * time.Minute, 1e300: 15 * time.Minute, float64(-5): 0, -1e300: 0, "soon": 0, nil: 0,
	} {
		err := fmt.Errorf("send: %w", mautrix.HTTPError{RespError: &mautrix.RespError{ErrCode: "M_LIMIT_EXCEEDED", ExtraData: map[string]any{"retry_after_ms": told}}})
		if got := retryAfter(err); got != want {
			t.Errorf("told %v: %s, want %s", told, got, want)
		}
	}
}
