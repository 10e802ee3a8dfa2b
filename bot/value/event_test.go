package value_test

import (
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// TestEventsThatGiveNothing: a page may leave out any value, or give one of another type.
func TestEventsThatGiveNothing(t *testing.T) {
	names := value.NewNames(nil, nil)
	for text, want := range map[string]string{
		`upper(event.x)`:                 "",
		`upper(event.s)`:                 "A",
		`event.x > 5`:                    "false",
		`5 > event.x`:                    "true",
		`event.n > 5`:                    "true",
		`event.x + 1`:                    "1",
		`event.x == 0`:                   "true",
		`event.x + name`:                 "Ann",
		`event.x contains "a"`:           "false",
		`event.x ?? "none"`:              "none",
		`event.x`:                        "",
		`now.Hour() * 60 + now.Minute()`: "545",
		`upper(event.n)`:                 `error a value in "upper(event.n)" is missing, or of another type than is needed there`,
		`event.s > 5`:                    `error a value in "event.s > 5" is missing, or of another type than is needed there`,
		`event.x.y`:                      `error a value in "event.x.y" is missing, or of another type than is needed there`,
	} {
		x, err := names.Compile(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		e := names.Env(value.Now{At: time.Date(2026, 12, 1, 9, 5, 0, 0, time.UTC), Event: map[string]any{"n": 7.0, "s": "a"}, Facts: talk.Facts{Name: "Ann"}})
		v, err := x.Eval(e)
		got := value.Plain(v)
		if err != nil {
			got = "error " + err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

// TestExpressionsSeeNoMore: neither all names at once nor the machine.
func TestExpressionsSeeNoMore(t *testing.T) {
	names := value.NewNames(nil, nil)
	for _, text := range []string{`$env`, `len($env)`, `$env["name"]`, `now.Local().Hour()`, `now.Local`, `first([now]).Local()`, `now.Zone()`} {
		if _, err := names.Compile(text); err == nil || !strings.HasPrefix(err.Error(), "there is no") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
