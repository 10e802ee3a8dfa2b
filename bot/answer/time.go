package answer

import (
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot/talk"
)

func readTime(q Question, e talk.Event, at Situation) (Answer, *Fault) {
	var minutes []int
	if e.Reply != "" {
		if of, err := time.Parse(timeForm, e.Reply); err == nil {
			minutes = []int{of.Hour()*60 + of.Minute()}
		}
	} else {
		said, fault := short(e.Text)
		if fault != nil {
			return Answer{}, fault
		}
		minutes = times(lexemes(said))
	}
	if len(minutes) == 0 {
		return Answer{}, fail(NotATime)
	}
	of, fault := choose(q, at.Now, minutes, func(of int) float64 { return float64(of) })
	if fault != nil {
		return Answer{}, fault
	}
	clock := time.Date(2000, 1, 1, 0, of, 0, 0, time.UTC)
	return Answer{Value: clock.Format(timeForm), Text: at.clock(clock)}, nil
}

// clock writes a time of day for people.
func (at Situation) clock(of time.Time) string {
	if at.base() == "en" && at.isMonthFirst() {
		return of.Format("3:04 PM")
	}
	return of.Format(timeForm)
}

// part is a part of the day that goes with an hour.
type part int

const (
	noPart part = iota
	morning
	afternoon
	evening
	night
)

func partOf(word string) part {
	switch {
	case isOneOf(word, "am|morning|утра"):
		return morning
	case isOneOf(word, "pm|afternoon|дня"):
		return afternoon
	case isOneOf(word, "evening|вечера"):
		return evening
	case isOneOf(word, "night|ночи"):
		return night
	default:
		return noPart
	}
}

// times are the minutes of the day that words can mean, the likeliest first.
func times(words []string) []int {
	var numbers []string
	var when part
	hasHour := false
	for _, word := range words {
		p := partOf(word)
		switch {
		case isOneOf(word, "noon|midday|полдень"):
			numbers, when = append(numbers, "12"), afternoon
		case isOneOf(word, "midnight|полночь"):
			numbers, when = append(numbers, "12"), night
		case p != noPart && when == noPart:
			when = p
		case isOneOf(word, "час"):
			hasHour = true
		case isOneOf(word, "at|in|the|o|clock|h|hrs|hours|в|во|к|ч|часа|часов|мин|минут|минуты"):
		case word[0] >= '0' && word[0] <= '9':
			numbers = append(numbers, clockNumbers(word)...)
		default:
			return nil
		}
	}
	if len(numbers) == 0 && hasHour { // в час дня
		numbers = []string{"1"}
	}
	if len(numbers) == 0 || len(numbers) > 3 {
		return nil
	}
	return minutesOf(numbers, when)
}

// clockNumbers parts 15:04, 15.04, 15-04 and 1504.
func clockNumbers(cluster string) []string {
	if len(cluster) == 4 && !strings.ContainsAny(cluster, ":./-") {
		return []string{cluster[:2], cluster[2:]}
	}
	return strings.FieldsFunc(cluster, func(r rune) bool { return r == ':' || r == '.' || r == '-' })
}

// minutesOf reads an hour and perhaps minutes and seconds, which do not count.
func minutesOf(numbers []string, when part) []int {
	hour, minute := shortNumber(numbers[0]), 0
	for _, number := range numbers[1:] {
		if n := shortNumber(number); n < 0 || n > 59 || len(number) != 2 {
			return nil
		}
	}
	if len(numbers) > 1 {
		minute = shortNumber(numbers[1])
	}
	if hour < 0 || hour > 23 {
		return nil
	}
	var hours []int
	switch {
	case when != noPart:
		hours = inPart(hour, when)
	case hour > 0 && hour < 12 && numbers[0][0] != '0':
		hours = []int{hour, hour + 12} // 3 is perhaps 15, if only that is allowed
	default:
		hours = []int{hour}
	}
	minutes := make([]int, len(hours))
	for i, hour := range hours {
		minutes[i] = hour*60 + minute
	}
	return minutes
}

// inPart is an hour of a part of the day; none if it is in another one.
func inPart(hour int, when part) []int {
	const noon = 12
	switch {
	case when == morning && hour > noon, when != morning && hour == 0:
		return nil
	case hour > noon:
		return []int{hour}
	case hour == noon && when != afternoon:
		return []int{0}
	case when == morning, hour == noon, when == night && hour < 6:
		return []int{hour}
	default:
		return []int{hour + noon}
	}
}

func readDateTime(q Question, e talk.Event, at Situation) (Answer, *Fault) {
	var moments []time.Time
	if e.Reply != "" {
		if moment, ok := at.moment(e.Reply); ok {
			moments = []time.Time{moment}
		}
	} else {
		said, fault := short(e.Text)
		if fault != nil {
			return Answer{}, fault
		}
		moments = at.moments(said)
	}
	if len(moments) == 0 {
		return Answer{}, fail(NotADateTime)
	}
	moment, fault := choose(q, at.Now, moments, func(moment time.Time) float64 { return float64(moment.Unix()) })
	if fault != nil {
		return Answer{}, fault
	}
	return Answer{
		Value: moment.Format(time.RFC3339),
		Text:  at.date(moment) + ", " + at.clock(moment),
	}, nil
}

// moment reads what machines write: a form's reply, or the canonical form.
func (at Situation) moment(s string) (time.Time, bool) {
	for _, form := range []string{dateTimeForm, dateTimeForm + ":05"} {
		if written, err := time.Parse(form, s); err == nil {
			return inYears(at.local(written, written.Hour()*60+written.Minute()))
		}
	}
	moment, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, false
	}
	// Old offsets have seconds, which RFC 3339 cannot say: what is written so here
	// is meant so here.
	local := at.local(moment, moment.Hour()*60+moment.Minute())
	if local.Format(time.RFC3339) == s {
		return inYears(local)
	}
	return inYears(minute(moment.In(at.Now.Location())))
}

// moments are what was said, the likeliest first: a day and a time in either order.
func (at Situation) moments(said string) []time.Time {
	if moment, ok := at.moment(strings.ToUpper(folded(said))); ok {
		return []time.Time{moment}
	}
	words := lexemes(said)
	for _, isDayFirst := range []bool{true, false} {
		for cut := 1; cut < len(words); cut++ {
			ofDay, ofTime := words[:cut], words[cut:]
			if !isDayFirst {
				ofTime, ofDay = ofDay, ofTime
			}
			if all := at.together(at.dates(ofDay), times(ofTime)); len(all) > 0 {
				return all
			}
		}
	}
	return nil
}

func (at Situation) together(days []time.Time, minutes []int) []time.Time {
	var all []time.Time
	for _, day := range days {
		for _, of := range minutes {
			all = append(all, at.local(day, of))
		}
	}
	return all
}

// local is a minute of a day in the visitor's zone. One that is left out when
// clocks go forward is moved by as much; of two when they go back, it is the first.
func (at Situation) local(day time.Time, of int) time.Time {
	moment := time.Date(day.Year(), day.Month(), day.Day(), of/60, of%60, 0, 0, at.Now.Location())
	for _, back := range []time.Duration{time.Hour, time.Hour / 2} { // half an hour on Lord Howe Island
		if first := moment.Add(-back); first.Format(dateTimeForm) == moment.Format(dateTimeForm) {
			return first
		}
	}
	return moment
}

// minute is the beginning of a moment's minute.
func minute(at time.Time) time.Time {
	return at.Add(-time.Duration(at.Second())*time.Second - time.Duration(at.Nanosecond()))
}

func inYears(at time.Time) (time.Time, bool) {
	return at, at.Year() >= firstYear && at.Year() <= lastYear
}
