package hours

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// The limits of opening hours.
const (
	// MaxSpans is how many spans a day may have.
	MaxSpans = 12
	// MaxHolidays is how many entries the list of holidays may have.
	MaxHolidays = 1000
	// MaxHolidayDays is how many days one entry of that list may last.
	MaxHolidayDays = 366
)

// Fault is one thing that is wrong in the opening hours.
type Fault struct {
	// Key is where it stands, seen from the opening hours: "mon-fri",
	// "holidays[2].hours", or empty for the opening hours themselves.
	Key string
	// Line and Column are the place in the file, counted from 1.
	Line, Column int
	// Text says what is wrong and what to do. It follows the key and a colon and
	// ends with a full stop: "sites.shop.opening_hours.mon-fri: …".
	Text string
}

// Parse reads opening hours from the value of their key and returns everything
// that is wrong in them, in the order of its lines; with any fault the rules
// are nil. An empty value is nil rules, always open. If it names holidays and no
// weekday, all other days are open around the clock.
//
//	mon-fri: 09:00-18:00     # or [09:00-13:00, 14:00-18:00]
//	sat, sun: 22:00-06:00    # a night ends on the next day
//	holidays:
//	  - 2026-12-25           # closed
//	  - {date: 2026-12-31, hours: 09:00-12:00}
//	  - {from: 2027-01-01, to: 2027-01-08}
//	  - 05-09                # 9 May of every year; the month comes first
//
// A day that is not named is closed; "closed" says so in words. Of a dated and a
// yearly holiday on one day, the dated one holds.
func Parse(node *yaml.Node) (*Rules, []Fault) {
	p := &parser{
		rules:       &Rules{yearly: map[monthDay][]span{}},
		yearlyLines: map[monthDay]int{},
	}
	node = resolve(node)
	if isNull(node) || node.Kind == yaml.MappingNode && len(node.Content) == 0 {
		return nil, nil
	}
	if node.Kind != yaml.MappingNode {
		p.fault(node, "", "write a section with days and their hours, like mon-fri: 09:00-18:00.")
		return nil, p.faults
	}
	p.section(node)
	if len(p.faults) == 0 && p.rules.neverOpen() {
		p.fault(node, "", "no day is open; leave the opening hours out if the site has none.")
	}
	if len(p.faults) > 0 {
		slices.SortStableFunc(p.faults, func(a, b Fault) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		return nil, p.faults
	}
	slices.SortFunc(p.rules.dated, func(a, b period) int { return cmp.Compare(a.first, b.first) })
	return p.rules, nil
}

// parser is opening hours while they are read.
type parser struct {
	rules  *Rules
	faults []Fault
	// days says under which key each weekday was given; empty for those that were not.
	days [7]string
	// datedLines are the lines of rules.dated, yearlyLines those of rules.yearly.
	datedLines  []int
	yearlyLines map[monthDay]int
}

func (p *parser) fault(node *yaml.Node, key, format string, args ...any) {
	p.faults = append(p.faults, Fault{Key: key, Line: node.Line, Column: node.Column, Text: fmt.Sprintf(format, args...)})
}

func (p *parser) section(node *yaml.Node) {
	const holidays = "holidays"
	holidaysLine := 0
	for key, value := range p.pairs(node, "") {
		switch {
		case key.Value != holidays:
			p.weekdays(key, value)
		case holidaysLine > 0:
			p.fault(key, holidays, "this list is given twice, first in line %d; keep one.", holidaysLine)
		default:
			holidaysLine = key.Line
			p.holidays(value, holidays)
		}
	}
	if p.days == [7]string{} {
		for day := range p.rules.week {
			p.rules.week[day] = []span{{0, dayMinutes}}
		}
	}
}

// pairs yields the keys and values of a mapping whose keys are plain words.
func (p *parser) pairs(node *yaml.Node, path string) func(func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i]
			if key.Kind != yaml.ScalarNode {
				p.fault(key, path, "a key of it is not a plain word.")
				continue
			}
			if !yield(key, resolve(node.Content[i+1])) {
				return
			}
		}
	}
}

func (p *parser) weekdays(key, value *yaml.Node) {
	days, ok := parseDays(key.Value)
	if !ok {
		p.fault(key, key.Value, "this is no day; write mon, mon-fri or \"sat, sun\", or holidays for the days that differ.")
		return
	}
	spans := p.hours(value, key.Value)
	for _, day := range days {
		if before := p.days[day]; before != "" {
			p.fault(key, key.Value, "%s has its hours from %q already; name each day once.", day, before)
			return
		}
		p.days[day] = key.Value
		p.rules.week[day] = spans
	}
}

// parseDays reads "mon", "mon-fri" and "mon, wed-thu"; false for anything else.
func parseDays(text string) ([]time.Weekday, bool) {
	var days []time.Weekday
	for part := range strings.SplitSeq(text, ",") {
		from, to, isRange := strings.Cut(part, "-")
		first, ok := parseDay(from)
		last := first
		if ok && isRange {
			last, ok = parseDay(to)
		}
		if !ok {
			return nil, false
		}
		for day := first; ; day = (day + 1) % 7 {
			days = append(days, day)
			if day == last {
				break
			}
		}
	}
	return days, true
}

// parseDay reads an English name of a day, or at least its first three letters.
func parseDay(text string) (time.Weekday, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	for day := time.Sunday; day <= time.Saturday; day++ {
		if len(text) >= 3 && strings.HasPrefix(strings.ToLower(day.String()), text) {
			return day, true
		}
	}
	return 0, false
}

// closed is the word for a day without hours.
const closed = "closed"

// hours reads the spans of a day: one, several with commas between, or a list.
// They come back in order; nil for closed and for what is wrong.
func (p *parser) hours(node *yaml.Node, key string) []span {
	if node.Kind == yaml.ScalarNode && strings.EqualFold(node.Value, closed) {
		return nil
	}
	texts := spanTexts(node)
	if len(texts) == 0 || isNull(node) {
		p.fault(node, key, "write its hours, like 09:00-18:00, or closed.")
		return nil
	}
	if len(texts) > MaxSpans {
		p.fault(node, key, "it has %d spans; a day may have %d.", len(texts), MaxSpans)
		return nil
	}
	spans := make([]span, 0, len(texts))
	for _, text := range texts {
		s, problem := parseSpan(strings.TrimSpace(text))
		if problem != "" {
			p.fault(node, key, "%s", problem)
			return nil
		}
		spans = append(spans, s)
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.begin, b.begin) })
	for i := 1; i < len(spans); i++ {
		if spans[i].begin < spans[i-1].end {
			p.fault(node, key, "%s and %s overlap.", spans[i-1], spans[i])
			return nil
		}
	}
	return spans
}

// spanTexts parts the spans of a scalar or a list; none for anything else.
func spanTexts(node *yaml.Node) []string {
	switch node.Kind {
	case yaml.ScalarNode:
		return strings.Split(node.Value, ",")
	case yaml.SequenceNode:
		texts := make([]string, len(node.Content))
		for i, item := range node.Content {
			// What is no scalar has an empty value, which is no span.
			texts[i] = resolve(item).Value
		}
		return texts
	default:
		return nil
	}
}

// People paste dashes of other lengths.
var spanForm = regexp.MustCompile(`^(\d{1,2}):(\d{2})\s*[-–—]\s*(\d{1,2}):(\d{2})$`)

// parseSpan returns the span, or what is wrong with it.
func parseSpan(text string) (s span, problem string) {
	m := spanForm.FindStringSubmatch(text)
	if m == nil {
		return s, fmt.Sprintf("%q is no span of time; write it like 09:00-18:00.", text)
	}
	begin, end := minutes(m[1], m[2]), minutes(m[3], m[4])
	switch {
	case begin < 0 || end < 0:
		return s, fmt.Sprintf("%q has a time that no clock shows; a day goes from 00:00 to 24:00.", text)
	case begin == dayMinutes:
		return s, fmt.Sprintf("%q begins when its day is over; write 00:00 and name the next day.", text)
	case begin == end:
		return s, fmt.Sprintf("%q begins and ends at the same time; write 00:00-24:00 for a whole day.", text)
	case end < begin:
		end += dayMinutes
	}
	return span{begin, end}, ""
}

// minutes after midnight; negative for what is later than 24:00 or has 60 minutes and more.
func minutes(hour, minute string) int {
	// Both are one or two digits.
	h, _ := strconv.Atoi(hour)
	m, _ := strconv.Atoi(minute)
	if m >= 60 || h*60+m > dayMinutes {
		return -1
	}
	return h*60 + m
}

func (s span) String() string {
	end := s.end
	if end > dayMinutes {
		end -= dayMinutes
	}
	return fmt.Sprintf("%02d:%02d-%02d:%02d", s.begin/60, s.begin%60, end/60, end%60)
}

func resolve(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.Tag == "!!null" }
