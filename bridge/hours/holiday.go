package hours

import (
	"fmt"
	"regexp"
	"time"

	"gopkg.in/yaml.v3"
)

// holidays reads the list of days that differ.
func (p *parser) holidays(node *yaml.Node, key string) {
	switch {
	case isNull(node):
		return
	case node.Kind != yaml.SequenceNode:
		p.fault(node, key, "write a list: each holiday in a line of its own after a dash.")
		return
	case len(node.Content) > MaxHolidays:
		p.fault(node, key, "the list has %d entries; it may have %d.", len(node.Content), MaxHolidays)
		return
	}
	for i, item := range node.Content {
		p.entry(resolve(item), fmt.Sprintf("%s[%d]", key, i))
	}
}

// dayOf is a day as a holiday names it, in one year or in all.
type dayOf struct {
	// date has the year leapYear if the day is yearly.
	date   date
	yearly bool
	// node is where it stands; nil if it does not.
	node *yaml.Node
}

// entry reads "2026-12-25", "12-25", {date, hours} or {from, to, hours}.
func (p *parser) entry(node *yaml.Node, key string) {
	if node.Kind == yaml.ScalarNode {
		if day, ok := p.day(node, key); ok {
			p.add(node, key, day, day, nil)
		}
		return
	}
	if node.Kind != yaml.MappingNode {
		p.fault(node, key, "write a date like 2026-12-25, or a section with a date and hours.")
		return
	}
	before := len(p.faults)
	var h holiday
	for name, value := range p.pairs(node, key) {
		p.field(&h, name, value, key+"."+name.Value)
	}
	if len(p.faults) > before {
		return
	}
	switch {
	case h.date.node != nil && h.from.node == nil && h.to.node == nil:
		p.add(node, key, h.date, h.date, h.spans)
	case h.date.node == nil && h.from.node != nil && h.to.node != nil:
		p.add(node, key, h.from, h.to, h.spans)
	default:
		p.fault(node, key, "name its date, or its first and last day with from and to.")
	}
}

// holiday is an entry with a section of its own, as it is written.
type holiday struct {
	date, from, to dayOf
	spans          []span
	hours          *yaml.Node
}

func (p *parser) field(h *holiday, name, value *yaml.Node, path string) {
	day := map[string]*dayOf{"date": &h.date, "from": &h.from, "to": &h.to}[name.Value]
	switch {
	case name.Value == "hours" && h.hours == nil:
		h.hours = value
		h.spans = p.hours(value, path)
	case day != nil && day.node == nil:
		*day, _ = p.day(value, path)
	case day != nil || name.Value == "hours":
		p.fault(name, path, "this is given twice; keep one.")
	default:
		p.fault(name, path, "a holiday knows date, or from and to, and hours.")
	}
}

var (
	datedForm  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	yearlyForm = regexp.MustCompile(`^\d{2}-\d{2}$`)
)

// leapYear stands for all years and has every day of them.
const leapYear = 2000

// day reads a date; false if it is none, which has been noted.
func (p *parser) day(node *yaml.Node, key string) (dayOf, bool) {
	day := dayOf{node: node, yearly: yearlyForm.MatchString(node.Value)}
	text, problem := node.Value, "%q is no day of the calendar."
	switch {
	case day.yearly:
		text = fmt.Sprintf("%d-%s", leapYear, text)
		problem = "%q is no day of the year; the month comes first, as in 12-25."
	case !datedForm.MatchString(text):
		problem = "%q is no date; write it like 2026-12-25, or like 12-25 for every year."
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		p.fault(node, key, problem, node.Value)
		return day, false
	}
	day.date = dateOf(t.Date())
	return day, true
}

// add enters the holiday from its first to its last day.
func (p *parser) add(node *yaml.Node, key string, first, last dayOf, spans []span) {
	if first.yearly != last.yearly {
		p.fault(node, key, "its first and its last day must both have a year, or both none.")
		return
	}
	days := int(last.date-first.date) + 1
	if days < 1 && first.yearly { // over the turn of the year
		days += int(dateOf(leapYear+1, time.January, 1) - dateOf(leapYear, time.January, 1))
	}
	switch {
	case days < 1:
		p.fault(node, key, "it ends on %s, before it begins on %s.", last.node.Value, first.node.Value)
	case days > MaxHolidayDays:
		p.fault(node, key, "it lasts %d days; it may last %d.", days, MaxHolidayDays)
	case first.yearly:
		p.addYearly(node, key, first.date, days, spans)
	default:
		p.addDated(node, key, period{first.date, last.date, spans})
	}
}

func (p *parser) addDated(node *yaml.Node, key string, days period) {
	for i, other := range p.rules.dated {
		if days.first <= other.last && other.first <= days.last {
			common := max(days.first, other.first).utc().Format(time.DateOnly)
			p.fault(node, key, "%s is in the holiday of line %d already.", common, p.datedLines[i])
			return
		}
	}
	p.rules.dated = append(p.rules.dated, days)
	p.datedLines = append(p.datedLines, node.Line)
}

func (p *parser) addYearly(node *yaml.Node, key string, first date, days int, spans []span) {
	for i := range days {
		d := first + date(i)
		// A period over the turn of the year goes on in leapYear's own beginning.
		if end := dateOf(leapYear+1, time.January, 1); d >= end {
			d -= end - dateOf(leapYear, time.January, 1)
		}
		day := d.monthDay()
		if line, twice := p.yearlyLines[day]; twice {
			p.fault(node, key, "%s is in the holiday of line %d already.", d.utc().Format("01-02"), line)
			return
		}
		p.rules.yearly[day] = spans
		p.yearlyLines[day] = node.Line
	}
}
