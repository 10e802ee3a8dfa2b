package config

import (
	"testing"
	"time"
)

func TestSpansOfTime(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "90s": 90 * time.Second, "5m": 5 * time.Minute, "2h": 2 * time.Hour, "30d": 30 * 24 * time.Hour, "0d": 0, "36500d": 36500 * 24 * time.Hour,
	} {
		var got Duration
		if err := got.UnmarshalText([]byte(text)); err != nil || time.Duration(got) != want {
			t.Errorf("%q is %s, error %v", text, time.Duration(got), err)
		}
	}
	for _, text := range []string{"", "d", "1.5d", "-1d", "30", "30 d", "1d2h", "4294967295d", "99999999999d", "-5m"} {
		var got Duration
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken for %s", text, time.Duration(got))
		}
	}
}
