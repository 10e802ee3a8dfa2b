package figures

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/anteroom-chat/anteroom/bridge/store"
)

func zone(t rapid.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// Days begin with their first moment, also where clocks are changed, and at midnight of all hours.
func TestDaysBeginWithTheirFirstMoment(t *testing.T) {
	for _, c := range []struct {
		zone string
		now  string
		days int
		want string
	}{
		{"Europe/Berlin", "2026-11-26T23:30:00Z", 1, "2026-11-26T23:00:00Z"},   // the 27th there
		{"Europe/Berlin", "2026-03-29T12:00:00Z", 1, "2026-03-28T23:00:00Z"},   // 23 hours
		{"Europe/Berlin", "2026-10-25T12:00:00Z", 2, "2026-10-23T22:00:00Z"},   // 25 hours
		{"Asia/Kathmandu", "2026-11-26T12:00:00Z", 1, "2026-11-25T18:15:00Z"},  // UTC+5:45
		{"Asia/Beirut", "2026-03-29T12:00:00Z", 1, "2026-03-28T22:00:00Z"},     // there is no 0:00 on that day
		{"Atlantic/Azores", "2026-10-25T12:00:00Z", 1, "2026-10-25T00:00:00Z"}, // there are two
		{"UTC", "2026-03-01T12:00:00Z", 92, "2025-11-30T00:00:00Z"},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		f := span(now, zone(t, c.zone), c.days)
		if got := f.Since.UTC().Format(time.RFC3339); got != c.want || len(f.ByDay) != c.days {
			t.Errorf("%d days before %s in %s begin at %s, want %s: %v", c.days, c.now, c.zone, got, c.want, f.ByDay)
		}
	}
}

// Whatever happens since the first day began is counted on one day and in one hour, in
// any zone, on any day of the year.
func TestWhatHappensIsCountedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		where := zone(t, rapid.SampledFrom([]string{
			"UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Asia/Beirut", "Africa/Cairo", "Atlantic/Azores", "Australia/Lord_Howe", "Pacific/Apia", "America/Santiago",
		}).Draw(t, "zone"))
		now := time.Unix(rapid.Int64Range(1735689600, 1893456000).Draw(t, "now"), 0)
		f := span(now, where, rapid.IntRange(1, MostDays).Draw(t, "days"))
		var quarters []store.Quarter
		for at := f.Since; at.Before(now); at = at.Add(time.Duration(rapid.IntRange(1, 100).Draw(t, "pause")) * 15 * time.Minute) {
			quarters = append(quarters, store.Quarter{Start: at, Asked: 3, Replied: 2, Bot: 1, Met: 1, Closed: 1})
		}
		f.add(quarters, where)
		days, hour, n := 0, 0, len(quarters)
		for _, d := range f.ByDay {
			days += d.Asked
		}
		for _, asked := range f.ByHour {
			hour += asked
		}
		if days != 3*n || hour != 3*n || f.Total != (Day{Asked: 3 * n, Replied: 2 * n, Bot: n, New: n, Closed: n}) {
			t.Fatalf("of %d quarters %d are counted by day, %d by hour, %+v in all", n, days, hour, f.Total)
		}
	})
}

func TestHoursAreThoseOfTheSite(t *testing.T) {
	where := zone(t, "Europe/Berlin")
	now := time.Date(2026, 10, 25, 12, 0, 0, 0, time.UTC)
	f := span(now, where, 2)
	at := func(day, hour, minute int) store.Quarter {
		return store.Quarter{Start: time.Date(2026, 10, day, hour, minute, 0, 0, time.UTC), Asked: 1}
	}
	// On the 25th the hour from 2:00 comes twice: at 0:00 and at 1:00 UTC.
	f.add([]store.Quarter{at(24, 21, 45), at(24, 22, 0), at(25, 0, 30), at(25, 1, 30), at(25, 2, 0)}, where)
	if f.ByHour[23] != 1 || f.ByHour[0] != 1 || f.ByHour[2] != 2 || f.ByHour[3] != 1 || f.ByDay[0].Asked != 1 || f.ByDay[1].Asked != 4 {
		t.Errorf("%v %v", f.ByHour, f.ByDay)
	}
	if got := f.Busiest(2); !slices.Equal(got, []int{0, 2}) {
		t.Errorf("the busiest hours are %v", got)
	}
	if got := (Figures{}).Busiest(2); len(got) > 0 {
		t.Errorf("without a message they are %v", got)
	}
}

func TestWaitsAreSummedUp(t *testing.T) {
	minutes := func(all ...int) (waits []time.Duration) {
		for _, m := range all {
			waits = append(waits, time.Duration(m)*time.Minute)
		}
		return waits
	}
	for text, got := range map[string]Waits{
		"0s 0s 0s 0":                waitsOf(nil),
		"4m0s 4m0s 4m0s 1":          waitsOf(minutes(4)),
		"4m0s 10m0s 10m0s 3":        waitsOf(minutes(10, 1, 4)),
		"1m0s 4m0s 4m0s 2":          waitsOf(minutes(4, 1)),
		"5m0s 9m0s 10m0s 10":        waitsOf(minutes(10, 9, 8, 7, 6, 5, 4, 3, 2, 1)),
		"6m0s 10m0s 11m0s 11":       waitsOf(minutes(11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)),
		"50m0s 1h30m0s 1h40m0s 100": waitsOf(minutes(upTo(100)...)),
	} {
		if is := fmt.Sprint(got.Median, " ", got.P90, " ", got.Longest, " ", got.Counted); is != text {
			t.Errorf("got %s, want %s", is, text)
		}
	}
}

func upTo(n int) (all []int) {
	for i := range n {
		all = append(all, i+1)
	}
	return all
}

func TestShares(t *testing.T) {
	if _, ok := (Figures{}).BotShare(); ok {
		t.Error("nobody wrote, and the bot has a share")
	}
	if share, ok := (Figures{Visitors: 8, ByBot: 6}).BotShare(); !ok || share != 0.75 {
		t.Errorf("the bot's share is %v", share)
	}
	if _, ok := (Figures{}).AverageRating(); ok {
		t.Error("there is no rating, and it has a mean")
	}
	rated := Figures{Ratings: []store.RatingCount{{Rating: store.Rating{Score: 10, Of: 10}, Count: 1}, {Rating: store.Rating{Score: 4, Of: 5}, Count: 2}, {Rating: store.Rating{Score: 1, Of: 5}, Count: 1}}}
	if mean, ok := rated.AverageRating(); !ok || mean != 3.5 || rated.RatingsGiven() != 4 {
		t.Errorf("the mean of %d is %v", rated.RatingsGiven(), mean)
	}
}
