// Package hours knows when the people of a site are there: the spans of each
// weekday, the holidays, and the changes of the clock. Parse reads them from
// the config; In sets them into a time zone. Nothing here looks at the clock:
// every question brings its time along.
//
// A span belongs to the day on which it begins. So a night from Friday 22:00 to
// 06:00 ends on Saturday morning, even if Saturday is a holiday.
//
// A span lasts from the first moment at which the zone's clock shows its
// beginning, or more, to the first moment at which it shows its end, or more.
// When the clock is put forward, what begins in the missing hour begins right
// after it, and a span that lies in that hour does not take place. When the
// clock is put back, the earlier of two equal times counts; a day lasts until
// the clock has left it for good.
package hours

import (
	"iter"
	"slices"
	"sort"
	"time"
)

// Rules are the opening hours as the config says them, without a time zone.
// They do not change after Parse. Nil means always open.
type Rules struct {
	week [7][]span // by time.Weekday
	// dated do not overlap and stand in the order of their days.
	dated []period
	// yearly holds a list for each day that differs every year; an empty one is closed.
	yearly map[monthDay][]span
}

// span is a part of a day in minutes after its midnight. The end may lie on the
// next day, at most 24 hours after the beginning.
type span struct{ begin, end int }

const (
	dayMinutes = 24 * 60
	daySeconds = 24 * 60 * 60
)

// date is a day of the calendar, counted from 1970-01-01.
type date int64

func dateOf(year int, month time.Month, day int) date {
	return date(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / daySeconds)
}

func (d date) utc() time.Time { return time.Unix(int64(d)*daySeconds, 0).UTC() }

// monthDay is a day of any year: its month times 100 and its day.
type monthDay int

func (d date) monthDay() monthDay {
	t := d.utc()
	return monthDay(int(t.Month())*100 + t.Day())
}

// period is a holiday from its first to its last day; without spans it is closed.
type period struct {
	first, last date
	spans       []span
}

// on returns the spans that begin on the day. A dated holiday goes before a
// yearly one, and both before the weekday.
func (r *Rules) on(d date) []span {
	i := sort.Search(len(r.dated), func(i int) bool { return r.dated[i].last >= d })
	if i < len(r.dated) && r.dated[i].first <= d {
		return r.dated[i].spans
	}
	if len(r.yearly) > 0 {
		if spans, ok := r.yearly[d.monthDay()]; ok {
			return spans
		}
	}
	return r.week[d.utc().Weekday()]
}

// In sets the rules into a time zone; nil rules give a nil schedule, which is
// always open. A nil zone is UTC.
func (r *Rules) In(zone *time.Location) *Schedule {
	if r == nil {
		return nil
	}
	if zone == nil {
		zone = time.UTC
	}
	return &Schedule{rules: r, zone: zone}
}

// Schedule is opening hours in a time zone. It does not change and may be used
// by many goroutines. A nil schedule is always open.
type Schedule struct {
	rules *Rules
	zone  *time.Location
}

// horizon is how far NextOpening and NextClosing look, in days: over the eight
// years that 29 February may be away.
const horizon = 8*366 + 2

// margin is how many days from the one that the clock shows a span may begin and
// still matter now. A span reaches into the next day; the others are for clocks
// that were put back over a midnight and for zones that crossed the date line.
const margin = 2

// Open reports whether the site is open at the time. The moment at which it
// opens belongs to the open time, the moment at which it closes does not.
func (s *Schedule) Open(at time.Time) bool {
	if s == nil {
		return true
	}
	for open := range s.openings(at, margin) {
		if open.contains(at) {
			return true
		}
	}
	return false
}

// NextOpening returns the first moment after the time at which the site, closed
// until then, opens; in the schedule's zone. It is false if there is none within
// eight years, as for a site that is always open. While the site is open it
// returns the opening after the coming closing.
func (s *Schedule) NextOpening(at time.Time) (time.Time, bool) {
	if s == nil {
		return time.Time{}, false
	}
	for open := range s.openings(at, horizon) {
		if open.begin.After(at) {
			return open.begin, true
		}
	}
	return time.Time{}, false
}

// NextClosing returns the first moment after the time at which the site, open
// until then, closes; in the schedule's zone. It is false if there is none
// within eight years. While the site is closed it returns the closing after the
// coming opening.
func (s *Schedule) NextClosing(at time.Time) (time.Time, bool) {
	if s == nil {
		return time.Time{}, false
	}
	for open := range s.openings(at, horizon) {
		if open.end.After(at) {
			return open.end, !open.unfinished
		}
	}
	return time.Time{}, false
}

// opening is a time from begin, which belongs to it, to end, which does not.
type opening struct {
	begin, end time.Time
	// unfinished means that more days were not looked at, which may lengthen it.
	unfinished bool
}

func (o opening) contains(at time.Time) bool { return !at.Before(o.begin) && at.Before(o.end) }

// openings yields, in order, the open times of the days from margin before the
// time's own to that many days after it. Those that touch or overlap are one.
// The begin of one that was open before the first of these days is too late,
// but still before the time.
func (s *Schedule) openings(at time.Time, days int) iter.Seq[opening] {
	return func(yield func(opening) bool) {
		var current opening
		today := s.today(at)
		last := today + date(days)
		for d := today - margin; d <= last; d++ {
			for _, sp := range s.rules.on(d) {
				next := opening{begin: s.reach(d, sp.begin), end: s.reach(d, sp.end)}
				switch {
				case !next.begin.Before(next.end): // swallowed by a change of the clock
				case current.end.IsZero():
					current = next
				case next.begin.After(current.end):
					if !yield(current) {
						return
					}
					current = next
				case next.end.After(current.end):
					current.end = next.end
				}
			}
		}
		if !current.end.IsZero() {
			current.unfinished = !current.end.Before(s.reach(last+1, 0))
			yield(current)
		}
	}
}

// today is the day that the zone's clock shows at the time.
func (s *Schedule) today(at time.Time) date {
	year, month, day := at.In(s.zone).Date()
	return dateOf(year, month, day)
}

// widestOffset is more than any clock is ahead of UTC (RFC 9636 section 3.2).
const widestOffset = 26 * 60 * 60

// reach returns the first moment at which the zone's clock shows that many
// minutes after the day's midnight, or more. time.Date is of no use here: of a
// time that the clock skips or repeats it does not say which moment it takes.
func (s *Schedule) reach(d date, minutes int) time.Time {
	clock := int64(d)*daySeconds + int64(minutes)*60
	t := time.Unix(clock-widestOffset, 0).In(s.zone)
	for {
		// Between two changes the clock runs evenly from t on.
		_, offset := t.Zone()
		moment := max(clock-int64(offset), t.Unix())
		_, change := t.ZoneBounds()
		if change.IsZero() || moment < change.Unix() {
			return time.Unix(moment, 0).In(s.zone)
		}
		t = change
	}
}

// neverOpen reports whether no day has a span.
func (r *Rules) neverOpen() bool {
	some := func(spans []span) bool { return len(spans) > 0 }
	if slices.ContainsFunc(r.week[:], some) || slices.ContainsFunc(r.dated, func(p period) bool { return some(p.spans) }) {
		return false
	}
	for _, spans := range r.yearly {
		if some(spans) {
			return false
		}
	}
	return true
}
