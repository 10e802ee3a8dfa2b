package desk

import (
	"slices"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk/figures"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// The figures read well in both languages, with all that there may be and with nothing.
func TestTheFiguresReadWell(t *testing.T) {
	full := figures.Figures{
		ByDay: make([]figures.Day, 7), Total: figures.Day{Asked: 420, Replied: 310, Bot: 95, New: 61, Closed: 57}, Visitors: 74, ByBot: 19,
		FirstAnswer: figures.Waits{Median: 95 * time.Second, P90: 14*time.Minute + 5*time.Second, Longest: 26 * time.Hour, Counted: 52},
		Ratings:     []store.RatingCount{{Rating: store.Rating{Score: 5, Of: 5}, Count: 12}, {Rating: store.Rating{Score: 4, Of: 5}, Count: 3}, {Rating: store.Rating{Score: 1, Of: 5}, Count: 1}},
		Operators:   []store.Work{{Operator: "@anna:example.org", Messages: 210, Dialogs: 40}, {Operator: "@boris:example.org", Messages: 100, Dialogs: 15}},
		Open:        8, Waiting: 2,
	}
	full.ByHour[9], full.ByHour[10], full.ByHour[23], full.ByHour[15] = 50, 61, 40, 39
	for _, language := range []config.Language{config.English, config.Russian} {
		d, site := testDesk(language)
		golden(t, "stats_none_"+string(language), d.figures(site, figures.Figures{ByDay: make([]figures.Day, 1)}))
		site.Bot.Enabled = true
		golden(t, "stats_full_"+string(language), d.figures(site, full))
	}
}

func TestPeriods(t *testing.T) {
	for word, want := range map[string]int{"": 1, "TODAY": 1, "week": 7, "month": 30, "3": 3, "92d": 92} {
		if days, ok := period(word); !ok || days != want {
			t.Errorf("%q is %d days", word, days)
		}
	}
	for _, word := range []string{"0", "-1", "93", "d", "yesterday", "1w", "99999999999999999999"} {
		if _, ok := period(word); ok {
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
