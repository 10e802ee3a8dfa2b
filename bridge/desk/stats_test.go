package desk

import (
	"slices"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// A wait begins with a visitor's first unanswered message and ends with an
// operator's; what the bot says ends none.
func TestWaitsAreMeasured(t *testing.T) {
	start := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	count := tally{operators: map[id.UserID]*work{}}
	for _, said := range []struct {
		dialog chat.VisitorID
		party  chat.Party
		who    id.UserID
		minute int
	}{
		{"a", chat.Operator, "@ann:x", 0}, // nobody waited
		{"a", chat.Visitor, "", 1},
		{"a", chat.Bot, "", 2},
		{"a", chat.Visitor, "", 3},
		{"a", chat.Operator, "@ann:x", 5}, // after 4
		{"a", chat.Operator, "@ann:x", 6},
		{"a", chat.Visitor, "", 10}, // not answered
		{"b", chat.Operator, "@bob:x", 11},
		{"b", chat.Visitor, "", 12},
		{"b", chat.Operator, "@bob:x", 22}, // after 10
		{"b", chat.Visitor, "", 23},
		{"b", chat.Operator, "@ann:x", 24}, // after 1
	} {
		count.add(store.Said{Visitor: said.dialog, Party: said.party, Operator: said.who, At: start.Add(time.Duration(said.minute) * time.Minute)})
	}
	if count.visitors != 2 || count.asked != 5 || count.replied != 6 {
		t.Errorf("%d visitors asked %d and were told %d", count.visitors, count.asked, count.replied)
	}
	if median, longest, ok := count.waits(); !ok || median != 4*time.Minute || longest != 10*time.Minute {
		t.Errorf("they waited %s, at most %s", median, longest)
	}
	busiest := count.busiest()
	if len(busiest) != 2 || busiest[0].operator != "@ann:x" || busiest[0].messages != 4 || len(busiest[0].dialogs) != 2 || busiest[1].messages != 2 {
		t.Errorf("the busiest are %+v", busiest)
	}
	if _, _, ok := (&tally{}).waits(); ok {
		t.Error("nobody waited, and it was measured")
	}
}

func TestPeriods(t *testing.T) {
	_, site := testDesk(config.English)
	now := time.Date(2026, 11, 26, 23, 30, 0, 0, time.UTC) // in Berlin it is the 27th
	for word, want := range map[string]time.Time{
		"": time.Date(2026, 11, 26, 23, 0, 0, 0, time.UTC), "TODAY": time.Date(2026, 11, 26, 23, 0, 0, 0, time.UTC),
		"week": now.AddDate(0, 0, -7), "month": now.AddDate(0, 0, -30), "3": now.AddDate(0, 0, -3), "3d": now.AddDate(0, 0, -3),
	} {
		if since, _, ok := period(site, word, now); !ok || !since.Equal(want) {
			t.Errorf("%q begins at %s", word, since)
		}
	}
	for _, word := range []string{"0", "-1", "93", "d", "yesterday", "1w", "99999999999999999999"} {
		if _, _, ok := period(site, word, now); ok {
			t.Errorf("%q is a period", word)
		}
	}
}

func TestSpans(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30m": 30 * time.Minute, "1h30m": 90 * time.Minute, "2d": 48 * time.Hour, "0.5d": 12 * time.Hour,
		"": 0, "5": 0, "59s": 0, "366d": 0, "-2h": 0, "99999999d": 0, "d": 0, "1e9h": 0, "два": 0, "1h2d": 0,
	} {
		got, err := parseSpan(text)
		if err != nil {
			got = 0
		}
		if got != want {
			t.Errorf("%q is %s (%v)", text, got, err)
		}
	}
	for length, want := range map[time.Duration][]string{
		0: {"0 s", "0 с"}, 900 * time.Millisecond: {"0 s", "0 с"}, 45 * time.Second: {"45 s", "45 с"},
		time.Hour: {"1 h", "1 ч"}, 61 * time.Minute: {"1 h 1 min", "1 ч 1 мин"}, time.Hour + time.Second: {"1 h", "1 ч"},
		49*time.Hour + 3*time.Minute: {"2 d 1 h", "2 дн. 1 ч"},
	} {
		var got []string
		for _, language := range []config.Language{config.English, config.Russian} {
			_, site := testDesk(language)
			got = append(got, breakable(span(site, length)))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s is written %q", length, got)
		}
	}
}

// breakable has plain spaces where the text must not break.
func breakable(s string) string {
	runes := []rune(s)
	for i, r := range runes {
		if r == '\u00A0' {
			runes[i] = ' '
		}
	}
	return string(runes)
}
