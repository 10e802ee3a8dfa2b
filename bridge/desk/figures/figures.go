// Package figures sums up what happened on a site in the last days, for "!stats", the
// REST API and the panel alike.
//
// It adds up what package store counted as it happened, so that a site of any size is
// summed up without reading what was said. Days and hours are those of the site's time
// zone, also where its clocks are changed.
package figures

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// MostDays is the longest span.
const MostDays = 92

// maxOperators is how many operators are listed.
const maxOperators = 20

// hours in a day, as clocks show them.
const hours = 24

// Figures are what happened on a site from the beginning of a day on.
type Figures struct {
	// Since is the midnight, in the site's time zone, with which the first of the days
	// began; the last of them is the one of Until.
	Since, Until time.Time
	// ByDay has each day of the span, the first one first.
	ByDay []Day
	// ByHour are the messages of visitors by the hour of the day in which they came.
	ByHour [hours]int
	// Total are the sums of ByDay; its Date is empty.
	Total Day
	// Visitors is in how many dialogs the visitor wrote, ByBot in how many of these the
	// bot said something and no operator did.
	Visitors, ByBot int
	FirstAnswer     Waits
	// Ratings are those that were given, the best first.
	Ratings []store.RatingCount
	// Operators are those who said something to visitors, the busiest first; 20 at most.
	Operators []store.Work
	// Proactive are what became of proactive messages, those opened most first.
	Proactive []store.Proactive
	// Open is how many dialogs are open now, Waiting in how many of them the visitor
	// waits for an answer.
	Open, Waiting int
}

// Day is what happened on a day.
type Day struct {
	// Date is written as time.DateOnly.
	Date string
	// Asked, Replied and Bot are messages of visitors, of operators, and of the bot to
	// visitors who had written.
	Asked, Replied, Bot int
	// New are visitors who did something for the first time, Closed is how often a
	// dialog was closed.
	New, Closed int
}

// Waits are how long visitors waited: from the message with which a dialog was opened in
// the span, by its visitor or by the bot for it, to the first message of an operator
// after that. What the bot says in between counts for nothing, nor do dialogs that no
// operator has answered, and those that operators opened.
type Waits struct {
	// Median and P90 are waits that so many did not exceed: half, and nine of ten.
	Median, P90, Longest time.Duration
	// Counted is how many waits these are of; with none the others are 0.
	Counted int
}

// Of sums up a site's last days: the one of now, and those before it. days is from 1 to MostDays.
func Of(ctx context.Context, s *store.Store, site *config.Site, now time.Time, days int) (f Figures, err error) {
	f = span(now, site.Location(), days)
	quarters, err := s.Quarters(ctx, site.ID, f.Since)
	if err != nil {
		return f, err
	}
	f.add(quarters, site.Location())
	speakers, err := s.SpeakersSince(ctx, site.ID, f.Since)
	if err != nil {
		return f, err
	}
	f.Visitors, f.ByBot = speakers.Visitors, speakers.ByBot
	waits, err := s.FirstAnswers(ctx, site.ID, f.Since)
	if err != nil {
		return f, err
	}
	f.FirstAnswer = waitsOf(waits)
	if f.Ratings, err = s.Ratings(ctx, site.ID, f.Since); err != nil {
		return f, err
	}
	if f.Operators, err = s.WorkSince(ctx, site.ID, f.Since, maxOperators); err != nil {
		return f, err
	}
	if f.Proactive, err = s.ProactiveSince(ctx, site.ID, f.Since); err != nil {
		return f, err
	}
	f.Open, f.Waiting, err = s.OpenNow(ctx, site.ID)
	return f, err
}

// span has the days of a span, in which nothing happened yet.
func span(now time.Time, zone *time.Location, days int) Figures {
	f := Figures{Until: now}
	year, month, day := now.In(zone).Date()
	for i := range days {
		begin := midnight(year, month, day-days+1+i, zone)
		if i == 0 {
			f.Since = begin
		}
		f.ByDay = append(f.ByDay, Day{Date: begin.Format(time.DateOnly)})
	}
	return f
}

// midnight is the first moment of a day. Where clocks are changed at midnight, there may
// be no 0:00 on that day, or two.
func midnight(year int, month time.Month, day int, zone *time.Location) time.Time {
	const most = 3 * time.Hour // by which no clock is changed
	noon := time.Date(year, month, day, hours/2, 0, 0, 0, zone)
	begin := time.Date(year, month, day, 0, 0, 0, 0, zone).Add(-most)
	for begin.YearDay() != noon.YearDay() {
		begin = begin.Add(15 * time.Minute)
	}
	return begin
}

// add counts the quarters of an hour where they belong.
func (f *Figures) add(quarters []store.Quarter, zone *time.Location) {
	for _, q := range quarters {
		at := q.Start.In(zone)
		i, found := slices.BinarySearchFunc(f.ByDay, at.Format(time.DateOnly), func(d Day, date string) int { return cmp.Compare(d.Date, date) })
		if !found {
			continue // a clock that went backwards
		}
		for _, d := range []*Day{&f.ByDay[i], &f.Total} {
			d.Asked, d.Replied, d.Bot = d.Asked+q.Asked, d.Replied+q.Replied, d.Bot+q.Bot
			d.New, d.Closed = d.New+q.Met, d.Closed+q.Closed
		}
		f.ByHour[at.Hour()] += q.Asked
	}
}

// waitsOf sums up waits by the nearest rank. It sorts them.
func waitsOf(all []time.Duration) Waits {
	n := len(all)
	if n == 0 {
		return Waits{}
	}
	slices.Sort(all)
	const median, p90 = 50, 90
	return Waits{Median: all[rank(n, median)], P90: all[rank(n, p90)], Longest: all[n-1], Counted: n}
}

// rank is where the value stands that so many of a hundred do not exceed.
func rank(n, percent int) int { return (n*percent+99)/100 - 1 }

// BotShare is the part of the dialogs in which visitors wrote that the bot alone
// answered, from 0 to 1. It reports false when no visitor wrote.
func (f Figures) BotShare() (float64, bool) {
	if f.Visitors == 0 {
		return 0, false
	}
	return float64(f.ByBot) / float64(f.Visitors), true
}

// Scale is what AverageRating is out of.
const Scale = 5

// AverageRating is the mean of the ratings, each brought to a scale of five. It reports
// false when there is none.
func (f Figures) AverageRating() (float64, bool) {
	sum, count := 0.0, 0
	for _, r := range f.Ratings {
		if r.Of > 0 {
			sum += Scale * float64(r.Score) / float64(r.Of) * float64(r.Count)
			count += r.Count
		}
	}
	if count == 0 {
		return 0, false
	}
	return sum / float64(count), true
}

// RatingsGiven is how many ratings there are.
func (f Figures) RatingsGiven() (count int) {
	for _, r := range f.Ratings {
		count += r.Count
	}
	return count
}

// Busiest are the hours of the day in which most messages of visitors came, in the order
// of the day; at most that many, and none in which none came.
func (f Figures) Busiest(most int) (busiest []int) {
	for hour, asked := range f.ByHour {
		if asked > 0 {
			busiest = append(busiest, hour)
		}
	}
	slices.SortStableFunc(busiest, func(a, b int) int { return cmp.Compare(f.ByHour[b], f.ByHour[a]) })
	busiest = busiest[:min(len(busiest), most)]
	slices.Sort(busiest)
	return busiest
}
