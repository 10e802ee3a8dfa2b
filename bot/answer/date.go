package answer

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot/months"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// The forms of Event.Reply.
const (
	dateForm     = "2006-01-02"
	timeForm     = "15:04"
	dateTimeForm = "2006-01-02T15:04"
)

// What is said to be in another year is a slip of the finger.
const (
	firstYear = 1800
	lastYear  = 2999
)

func readDate(q Question, e talk.Event, at Situation) (Answer, *Fault) {
	var days []time.Time
	if e.Reply != "" {
		if day, ok := isoDate(e.Reply); ok {
			days = []time.Time{day}
		}
	} else {
		said, fault := short(e.Text)
		if fault != nil {
			return Answer{}, fault
		}
		days = at.dates(lexemes(said))
	}
	if len(days) == 0 {
		return Answer{}, fail(NotADate)
	}
	day, fault := choose(q, at.Now, days, func(day time.Time) float64 { return float64(day.Unix()) })
	if fault != nil {
		return Answer{}, fault
	}
	return Answer{Value: day.Format(dateForm), Text: at.date(day)}, nil
}

// isoDate is a day as the midnight of UTC that it begins with, as all days here are.
func isoDate(s string) (time.Time, bool) {
	day, err := time.Parse(dateForm, s)
	return day, err == nil && day.Year() >= firstYear && day.Year() <= lastYear
}

func today(now time.Time) time.Time {
	year, month, day := now.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// date writes a day for people.
func (at Situation) date(day time.Time) string {
	month, known := months.InDate(at.base(), day.Month())
	switch {
	case at.base() == "en" && at.isMonthFirst():
		return day.Format("January 2, 2006")
	case known:
		return strconv.Itoa(day.Day()) + " " + month + " " + strconv.Itoa(day.Year())
	default:
		return day.Format(dateForm)
	}
}

// lexeme is a cluster of numbers, a word, or a sign that means something.
var (
	lexeme = regexp.MustCompile(`\d+(?:[./:-]\d+)*|[\p{L}\p{M}]+|[^\d\p{L}\p{M}\s.,;()!'"-]`)
	dotted = regexp.MustCompile(`\b([ap])\. ?m\b`) // p.m.
)

// mostLexemes is more than any date with a time has.
const mostLexemes = 16

// lexemes parts what was said; nil if it is too much for a date.
func lexemes(said string) []string {
	all := lexeme.FindAllString(dotted.ReplaceAllString(figures(said), "${1}m"), mostLexemes+1)
	if len(all) > mostLexemes {
		return nil
	}
	return all
}

// dates are the days that words can mean, the likeliest first; none if they mean
// something else.
func (at Situation) dates(all []string) []time.Time {
	var words []string
	for _, word := range all {
		if !isOneOf(word, "on|the|of|this|в|во|на|г|год|года|числа|st|nd|rd|th|го|е|ое|ого|эту|этот|это|эта") {
			words = append(words, word)
		}
	}
	if days := at.relative(words); days != nil {
		return days
	}
	if len(words) > 1 { // Friday, 24 December
		for i, word := range words {
			if _, ok := weekday(word); ok {
				words = slices.Delete(words, i, i+1)
				break
			}
		}
	}
	if len(words) == 1 {
		return at.numeric(words[0])
	}
	return at.named(words)
}

// relative are days counted from today.
func (at Situation) relative(words []string) []time.Time {
	now := today(at.Now)
	away := func(days int) []time.Time { return []time.Time{now.AddDate(0, 0, days)} }
	switch strings.Join(words, " ") {
	case "day before yesterday", "позавчера":
		return away(-2)
	case "yesterday", "вчера":
		return away(-1)
	case "today", "сегодня":
		return away(0)
	case "tomorrow", "завтра":
		return away(1)
	case "day after tomorrow", "послезавтра":
		return away(2)
	}
	if len(words) > 1 && isOneOf(words[0], "in|через") {
		return ahead(now, words[1:])
	}
	isNext := len(words) == 2 && isOneOf(words[0], "next|следующий|следующую|следующее|следующая|след")
	if isNext {
		words = words[1:]
	}
	if len(words) != 1 {
		return nil
	}
	day, ok := weekday(words[0])
	if !ok {
		return nil
	}
	// The first after today, or, with "next", the one of the next week, from Monday.
	days := (int(day)-int(now.Weekday())+6)%7 + 1
	if isNext {
		sinceMonday := func(d time.Weekday) int { return (int(d) + 6) % 7 }
		days = 7 - sinceMonday(now.Weekday()) + sinceMonday(day)
	}
	return away(days)
}

// ahead reads what follows "in": "3 days", "a week".
func ahead(now time.Time, words []string) []time.Time {
	count := 1
	if len(words) == 2 {
		n, err := strconv.Atoi(words[0])
		switch {
		case isOneOf(words[0], "a|an|one|один|одну"):
		case err != nil || n > 1000:
			return nil
		default:
			count = n
		}
		words = words[1:]
	}
	if len(words) != 1 {
		return nil
	}
	switch word := words[0]; {
	case isOneOf(word, "day|days|день|дня|дней"):
		return []time.Time{shift(now, count, "d")}
	case isOneOf(word, "week|weeks|неделю|недели|недель"):
		return []time.Time{shift(now, count, "w")}
	case isOneOf(word, "month|months|месяц|месяца|месяцев"):
		return []time.Time{shift(now, count, "m")}
	default:
		return nil
	}
}

// numeric reads 24.12.2026, 24.12.26, 24.12, 12/24 and 2026-12-24.
func (at Situation) numeric(cluster string) []time.Time {
	mark := strings.IndexAny(cluster, "./-")
	if mark < 0 || strings.Contains(cluster, ":") {
		return nil
	}
	parts := strings.Split(cluster, cluster[mark:mark+1])
	if len(parts) == 3 && len(parts[0]) == 4 {
		return at.inYear(parts[0], parts[1], parts[2])
	}
	if len(parts) != 2 && len(parts) != 3 {
		return nil
	}
	year := ""
	if len(parts) == 3 {
		if year = parts[2]; year == "" {
			return nil
		}
	}
	day, month := parts[0], parts[1]
	if at.isMonthFirst() {
		day, month = month, day
	}
	if days := at.inYear(year, month, day); days != nil {
		return days
	}
	return at.inYear(year, day, month) // there is no 24th month
}

// named reads a day with the name of a month, and perhaps a year.
func (at Situation) named(words []string) []time.Time {
	var month time.Month
	var numbers []string
	for _, word := range words {
		if m, ok := monthOf(word); ok && month == 0 {
			month = m
		} else {
			numbers = append(numbers, word)
		}
	}
	if month == 0 || len(numbers) < 1 || len(numbers) > 2 {
		return nil
	}
	day, year := numbers[0], ""
	if len(numbers) == 2 {
		if year = numbers[1]; len(day) == 4 { // 2026 December 24
			day, year = year, day
		}
	}
	return at.inYear(year, strconv.Itoa(int(month)), day)
}

// inYear are the days with that date: in the year if it has four digits, in
// either century if it has two, and without one the next and the last.
func (at Situation) inYear(year, month, day string) []time.Time {
	m, d := shortNumber(month), shortNumber(day)
	if m < 1 || m > 12 || d < 1 || d > 31 {
		return nil
	}
	now := at.Now.Year()
	switch len(year) {
	case 0:
		return at.nextAndLast(m, d)
	case 2:
		y := shortNumber(year)
		if y < 0 {
			return nil
		}
		// Years of birth are far behind, appointments near: 80 years back, 20 ahead.
		y += now - now%100
		switch {
		case y > now+20:
			y -= 100
		case y <= now-80:
			y += 100
		}
		return existing(m, d, y, y-100, y+100)
	case 4:
		y, err := strconv.Atoi(year)
		if err != nil {
			return nil
		}
		return existing(m, d, y)
	default:
		return nil
	}
}

// nextAndLast are the next day with that date, today counts, and the last before.
func (at Situation) nextAndLast(m, d int) []time.Time {
	const leap = 8 // the most years from one 29 February to another
	now := today(at.Now)
	var ahead, back []int
	for i := range leap + 1 {
		ahead = append(ahead, now.Year()+i)
		back = append(back, now.Year()-i)
	}
	next := slices.DeleteFunc(existing(m, d, ahead...), now.After)
	last := slices.DeleteFunc(existing(m, d, back...), func(day time.Time) bool { return !day.Before(now) })
	return slices.Concat(next[:min(1, len(next))], last[:min(1, len(last))])
}

// existing are those days that there are: not 31 April, and no other year's 29 February.
func existing(m, d int, years ...int) []time.Time {
	var days []time.Time
	for _, y := range years {
		day := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
		if day.Day() == d && y >= firstYear && y <= lastYear {
			days = append(days, day)
		}
	}
	return days
}

// shortNumber is a number of one or two digits, else -1.
func shortNumber(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || len(s) > 2 || s[0] == '-' || s[0] == '+' {
		return -1
	}
	return n
}

// isMonthFirst says whether 1/2 is in January: where English is written as in the
// United States (Unicode CLDR, dateFormats), and where years come first.
func (at Situation) isMonthFirst() bool {
	switch at.base() {
	case "zh", "ja", "ko", "hu", "mn":
		return true
	case "en":
	default:
		return false
	}
	region := at.region()
	if _, _, named := at.tag().Raw(); named.String() == "ZZ" && at.Country != "" {
		region = at.Country
	}
	return isOneOf(region, "US|PH|AS|FM|GU|MH|MP|PR|PW|UM|VI")
}
