package store_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/store"
)

// What programs asked for is forgotten in parts: whoever writes meanwhile waits for one.
func TestRequestsAreForgottenInParts(t *testing.T) {
	s, err := store.Open(t.Context(), store.Options{Type: "sqlite3", URI: filepath.Join(t.TempDir(), "anteroom.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	v, now := fill(t, s, "ann", "!ann:localhost", 0), time.Now()
	for i, age := range []time.Duration{3 * time.Hour, 3 * time.Hour, 3 * time.Hour, time.Hour} {
		if err := s.KeepAPIRequest(t.Context(), store.APIRequest{Site: "shop", Visitor: v, Token: "crm", Key: fmt.Sprint(i), At: now.Add(-age)}); err != nil {
			t.Fatal(err)
		}
	}
	for step, want := range []struct {
		some bool
		left int
	}{{true, 2}, {true, 1}, {false, 1}} {
		some, err := s.ForgetAPIRequests(t.Context(), now.Add(-2*time.Hour), 2)
		left := 0
		for i := range 4 {
			if _, err := s.APIRequest(t.Context(), "shop", "crm", fmt.Sprint(i)); err == nil {
				left++
			} else if !errors.Is(err, store.ErrNotFound) {
				t.Fatal(err)
			}
		}
		if err != nil || some != want.some || left != want.left {
			t.Errorf("step %d: there was some: %t, left are %d (%v); want %t, %d", step, some, left, err, want.some, want.left)
		}
	}
}
