package hours_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the same zones on every machine

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"github.com/anteroom-chat/anteroom/bridge/hours"
)

func node(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, text string,
) *yaml.Node {
	t.Helper()
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(text), &root); err != nil {
		t.Fatalf("%s\nis not YAML: %v", text, err)
	}
	return root.Content[0]
}

// in reads opening hours and sets them into a zone.
func in(t *testing.T, zone, text string) *hours.Schedule {
	t.Helper()
	rules, faults := hours.Parse(node(t, text))
	if len(faults) > 0 {
		t.Fatalf("%s\nis refused: %+v", text, faults)
	}
	return rules.In(load(zone))
}

func load(zone string) *time.Location {
	location, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	return location
}

// at reads RFC 3339; seconds and zone may be left out, the zone of the schedule holds then.
func at(t *testing.T, zone, text string) time.Time {
	t.Helper()
	if moment, err := time.Parse(time.RFC3339, text); err == nil {
		return moment
	}
	moment, err := time.ParseInLocation("2006-01-02T15:04", text, load(zone))
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

const shop = `
mon-fri: 09:00-18:00
sat: [10:00-12:00, "12:00-14:00", 15:00-16:00]
holidays:
  - 2026-12-25                # closed
  - { date: 2026-12-31, hours: 09:00-12:00 }
  - { from: 2027-01-01, to: 2027-01-08 }
  - 05-09                     # every year
  - { from: 12-24, to: 12-26, hours: 10:00-11:00 }
  - { date: 2029-05-09, hours: 20:00-21:00 }
  - { date: 02-29, hours: 12:00-13:00 }
`

func TestOpen(t *testing.T) {
	const night = "fri: 22:00-06:00\nsun: 00:00-24:00\nholidays: [2026-10-10]"
	for _, c := range []struct {
		about, hours, at string
		want             bool
	}{
		{"a second before the beginning", shop, "2026-11-02T08:59:59+01:00", false},
		{"the beginning belongs to it", shop, "2026-11-02T09:00", true},
		{"the last moment", shop, "2026-11-02T17:59:59+01:00", true},
		{"the end does not", shop, "2026-11-02T18:00", false},
		{"another zone's clock", shop, "2026-11-02T08:30:00Z", true},
		{"where two spans touch", shop, "2026-11-07T12:00", true},
		{"a break", shop, "2026-11-07T14:30", false},
		{"a day that is not named", shop, "2026-11-08T12:00", false},
		{"a dated holiday goes before a yearly one", shop, "2026-12-25T10:30", false},
		{"a yearly one with hours", shop, "2026-12-24T10:30", true},
		{"and not its weekday's hours", shop, "2026-12-24T12:00", false},
		{"the same the year after", shop, "2027-12-25T10:30", true},
		{"an evening off", shop, "2026-12-31T12:00", false},
		{"the first of several days", shop, "2027-01-01T10:00", false},
		{"the last of several days", shop, "2027-01-08T17:00", false},
		{"the day after", shop, "2027-01-11T10:00", true},
		{"every year", shop, "2028-05-09T10:00", false},
		{"but this", shop, "2029-05-09T20:30", true},
		{"a leap day", shop, "2028-02-29T12:30", true},
		{"and only its hours", shop, "2028-02-29T14:00", false},
		{"the day before a missing leap day", shop, "2027-02-28T12:30", false},
		{"the day after a missing leap day", shop, "2027-03-01T14:00", true},
		{"a night", night, "2026-11-06T23:00", true},
		{"its morning", night, "2026-11-07T05:59", true},
		{"its end", night, "2026-11-07T06:00", false},
		{"the morning of a holiday after a night", night, "2026-10-10T03:00", true},
		{"the evening before the night", night, "2026-11-06T03:00", false},
		{"midnight at the beginning", night, "2026-11-08T00:00", true},
		{"midnight at the end", night, "2026-11-09T00:00", false},
		{"nothing said", "", "2026-11-08T12:00", true},
		{"only holidays said, another day", "holidays: [05-09]", "2026-05-10T03:00", true},
		{"only holidays said, the holiday", "holidays: [05-09]", "2026-05-09T03:00", false},
		{"a day long ago", shop, "0001-01-01T00:00:00Z", false},
		{"a day far ahead", shop, "9999-12-31T10:00", true},
	} {
		s := in(t, "Europe/Berlin", "{}")
		if c.hours != "" {
			s = in(t, "Europe/Berlin", c.hours)
		}
		if got := s.Open(at(t, "Europe/Berlin", c.at)); got != c.want {
			t.Errorf("%s: %s is open: %t", c.about, c.at, got)
		}
	}
}

// TestClockChanges asks for the next opening and closing around changes of the clock.
func TestClockChanges(t *testing.T) {
	const never = "never"
	for _, c := range []struct{ about, zone, hours, at, opens, closes string }{
		{
			"a working day after the clock went forward", "Europe/Berlin", "sun: 09:00-18:00",
			"2026-03-29T00:00:00+01:00", "2026-03-29T09:00:00+02:00", "2026-03-29T18:00:00+02:00",
		},
		{
			"a night that is an hour shorter", "Europe/Berlin", "sat: 22:00-06:00",
			"2026-03-28T12:00:00+01:00", "2026-03-28T22:00:00+01:00", "2026-03-29T06:00:00+02:00",
		},
		{
			"a beginning that the clock skips", "Europe/Berlin", "sun: 02:30-05:00",
			"2026-03-29T00:00:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T05:00:00+02:00",
		},
		{
			"an end that the clock skips", "Europe/Berlin", "sun: 01:00-02:30",
			"2026-03-29T00:00:00+01:00", "2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00",
		},
		{
			"a span that the clock skips does not take place", "Europe/Berlin", "sun: 02:00-03:00",
			"2026-03-29T00:00:00+01:00", "2026-04-05T02:00:00+02:00", "2026-04-05T03:00:00+02:00",
		},
		{
			"a beginning that comes twice is the first", "Europe/Berlin", "sun: 02:30-05:00",
			"2026-10-25T00:00:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-25T05:00:00+01:00",
		},
		{
			"an end that comes twice is the first", "Europe/Berlin", "sun: 01:00-02:30",
			"2026-10-25T00:00:00+02:00", "2026-10-25T01:00:00+02:00", "2026-10-25T02:30:00+02:00",
		},
		{
			"and does not open again", "Europe/Berlin", "sun: 01:00-02:30",
			"2026-10-25T02:30:00+02:00", "2026-11-01T01:00:00+01:00", "2026-11-01T02:30:00+01:00",
		},
		{
			"a night that is an hour longer", "America/New_York", "sat: 22:00-06:00",
			"2026-10-31T12:00:00-04:00", "2026-10-31T22:00:00-04:00", "2026-11-01T06:00:00-05:00",
		},
		{
			"New York's missing hour", "America/New_York", "sun: [02:15-02:45, 07:00-08:00]",
			"2026-03-08T00:00:00-05:00", "2026-03-08T07:00:00-04:00", "2026-03-08T08:00:00-04:00",
		},
		{
			"a day without midnight begins at one", "America/Santiago", "sun: 00:00-12:00",
			"2026-09-05T12:00:00-04:00", "2026-09-06T01:00:00-03:00", "2026-09-06T12:00:00-03:00",
		},
		{
			"a day whose last hour comes twice has both", "America/Santiago", "sat: 00:00-24:00",
			"2026-04-03T12:00:00-03:00", "2026-04-04T00:00:00-03:00", "2026-04-05T00:00:00-04:00",
		},
		{
			"in the second of these hours it is still open", "America/Santiago", "sat: 00:00-24:00",
			"2026-04-04T23:30:00-04:00", "2026-04-11T00:00:00-04:00", "2026-04-05T00:00:00-04:00",
		},
		{
			"days that touch over a missing midnight are one", "Asia/Beirut", "sat-sun: 00:00-24:00",
			"2026-03-28T00:00:00+02:00", "2026-04-04T00:00:00+03:00", "2026-03-30T00:00:00+03:00",
		},
		{
			"Beirut's second hour before midnight", "Asia/Beirut", "sun: 00:00-12:00",
			"2026-10-24T23:30:00+02:00", "2026-10-25T00:00:00+02:00", "2026-10-25T12:00:00+02:00",
		},
		{
			"half an hour", "Australia/Lord_Howe", "sun: 02:10-04:00",
			"2026-10-04T00:00:00+10:30", "2026-10-04T02:30:00+11:00", "2026-10-04T04:00:00+11:00",
		},
		{
			"a clock put back from one past midnight", "America/St_Johns", "sun: 00:00-12:00",
			"2006-10-28T12:00:00-02:30", "2006-10-29T00:00:00-02:30", "2006-10-29T12:00:00-03:30",
		},
		{
			"a day that Samoa left out", "Pacific/Apia", "fri: 09:00-18:00",
			"2011-12-29T12:00:00-10:00", "2012-01-06T09:00:00+14:00", "2012-01-06T18:00:00+14:00",
		},
		{
			"always open does not open or close", "Europe/Berlin", "mon-sun: 00:00-24:00",
			"2026-03-29T00:00:00+01:00", never, never,
		},
		{
			"over the years to a leap day, past 2100", "Europe/Berlin", "mon-sun: closed\nholidays: [{date: 02-29, hours: 9:00-10:00}]",
			"2096-03-01T00:00:00+01:00", "2104-02-29T09:00:00+01:00", "2104-02-29T10:00:00+01:00",
		},
		{
			"nothing after the last day", "Europe/Berlin", "mon: closed\nholidays: [{date: 2026-05-05, hours: 9:00-10:00}]",
			"2026-05-05T09:00:00+02:00", never, "2026-05-05T10:00:00+02:00",
		},
	} {
		s := in(t, c.zone, c.hours)
		moment := at(t, c.zone, c.at)
		for _, q := range []struct {
			what, want string
			next       func(time.Time) (time.Time, bool)
		}{{"opening", c.opens, s.NextOpening}, {"closing", c.closes, s.NextClosing}} {
			got := never
			if next, ok := q.next(moment); ok {
				got = next.Format(time.RFC3339)
			}
			if got != q.want {
				t.Errorf("%s: the next %s is %s, want %s", c.about, q.what, got, q.want)
			}
		}
	}
}

func TestNilIsAlwaysOpen(t *testing.T) {
	for _, text := range []string{"{}", "null", "~"} {
		rules, faults := hours.Parse(node(t, text))
		s := rules.In(time.UTC)
		if rules != nil || s != nil || len(faults) > 0 || !s.Open(time.Now()) {
			t.Errorf("%s is not always open: %v %v", text, rules, faults)
		}
		if _, ok := s.NextOpening(time.Now()); ok {
			t.Errorf("%s opens", text)
		}
		if _, ok := s.NextClosing(time.Now()); ok {
			t.Errorf("%s closes", text)
		}
	}
	rules, _ := hours.Parse(node(t, "mon: 9:00-10:00"))
	if !rules.In(nil).Open(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)) {
		t.Error("no zone is not UTC")
	}
}

// TestForms reads hours and days in all the ways in which people write them.
func TestForms(t *testing.T) {
	for text, want := range map[string]string{
		"mon: 9:00-18:00":                      "mon 09:00-18:00",
		"Monday: 09:00 – 18:00":                "mon 09:00-18:00",
		"mon, wed-thu: 09:00-10:00":            "mon 09:00-10:00, wed 09:00-10:00, thu 09:00-10:00",
		"sat-mon: 09:00-10:00":                 "sun 09:00-10:00, mon 09:00-10:00, sat 09:00-10:00",
		"tues: 14:00-18:00, 09:00-13:00":       "tue 09:00-13:00, tue 14:00-18:00",
		"mon: [09:00-13:00, 13:00-18:00]":      "mon 09:00-18:00",
		"mon: 18:00-00:00":                     "mon 18:00-24:00",
		"mon: closed\ntue: 23:59-24:00":        "tue 23:59-24:00",
		"mon: &usual 09:00-10:00\ntue: *usual": "mon 09:00-10:00, tue 09:00-10:00",
		"mon: 9:00-10:00\nholidays:":           "mon 09:00-10:00",
	} {
		s := in(t, "UTC", text)
		var got []string
		sunday := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
		for moment := sunday.Add(-time.Second); ; {
			opens, ok := s.NextOpening(moment)
			if !ok || !opens.Before(sunday.AddDate(0, 0, 7)) {
				break
			}
			closes, _ := s.NextClosing(opens)
			moment = closes
			end := closes.Format("15:04")
			if end == "00:00" {
				end = "24:00"
			}
			got = append(got, strings.ToLower(opens.Format("Mon"))+opens.Format(" 15:04-")+end)
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s\nis %v, want %s", text, got, want)
		}
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"always", ":1:1: write a section with days and their hours, like mon-fri: 09:00-18:00."},
		{`""`, ":1:1: write a section with days and their hours, like mon-fri: 09:00-18:00."},
		{"[mon]", ":1:1: write a section with days and their hours, like mon-fri: 09:00-18:00."},
		{"mon: 9-18", `mon:1:6: "9-18" is no span of time; write it like 09:00-18:00.`},
		{"mon: 9am-6pm", `mon:1:6: "9am-6pm" is no span of time; write it like 09:00-18:00.`},
		{"mon: [09:00-10:00, [1]]", `mon:1:6: "" is no span of time; write it like 09:00-18:00.`},
		{"mon: 09:00-25:00", `mon:1:6: "09:00-25:00" has a time that no clock shows; a day goes from 00:00 to 24:00.`},
		{"mon: 09:00-24:01", `mon:1:6: "09:00-24:01" has a time that no clock shows; a day goes from 00:00 to 24:00.`},
		{"mon: 09:60-10:00", `mon:1:6: "09:60-10:00" has a time that no clock shows; a day goes from 00:00 to 24:00.`},
		{"mon: 24:00-06:00", `mon:1:6: "24:00-06:00" begins when its day is over; write 00:00 and name the next day.`},
		{"mon: 09:00-09:00", `mon:1:6: "09:00-09:00" begins and ends at the same time; write 00:00-24:00 for a whole day.`},
		{"mon: 12:00-18:00, 09:00-13:00", "mon:1:6: 09:00-13:00 and 12:00-18:00 overlap."},
		{"mon: 22:00-06:00, 23:00-23:30", "mon:1:6: 22:00-06:00 and 23:00-23:30 overlap."},
		{"mon:\ntue: 9:00-10:00", "mon:1:5: write its hours, like 09:00-18:00, or closed."},
		{"mon: []", "mon:1:6: write its hours, like 09:00-18:00, or closed."},
		{"mon: {a: b}", "mon:1:6: write its hours, like 09:00-18:00, or closed."},
		{"mon: " + strings.Repeat("9:00-10:00,", 12) + "9:00-10:00", "mon:1:6: it has 13 spans; a day may have 12."},
		{"montag: 9:00-10:00", `montag:1:1: this is no day; write mon, mon-fri or "sat, sun", or holidays for the days that differ.`},
		{"mo: 9:00-10:00", `mo:1:1: this is no day; write mon, mon-fri or "sat, sun", or holidays for the days that differ.`},
		{"mon-: 9:00-10:00", `mon-:1:1: this is no day; write mon, mon-fri or "sat, sun", or holidays for the days that differ.`},
		{"? [a]\n: 9:00-10:00", ":1:3: a key of it is not a plain word."},
		{"mon-fri: 9:00-10:00\nfri: 9:00-12:00", `fri:2:1: Friday has its hours from "mon-fri" already; name each day once.`},
		{"mon-sun: closed", ":1:1: no day is open; leave the opening hours out if the site has none."},
		{"holidays: []\nholidays: []", "holidays:2:1: this list is given twice, first in line 1; keep one."},
		{"holidays: 05-09", "holidays:1:11: write a list: each holiday in a line of its own after a dash."},
		{"holidays: [" + strings.Repeat("05-09,", 1001) + "]", "holidays:1:11: the list has 1001 entries; it may have 1000."},
		{"holidays: [[05-09]]", "holidays[0]:1:12: write a date like 2026-12-25, or a section with a date and hours."},
		{"holidays: [christmas]", `holidays[0]:1:12: "christmas" is no date; write it like 2026-12-25, or like 12-25 for every year.`},
		{"holidays: [2026-12-25T10:00:00Z]", `holidays[0]:1:12: "2026-12-25T10:00:00Z" is no date; write it like 2026-12-25, or like 12-25 for every year.`},
		{"holidays: [2026-02-29]", `holidays[0]:1:12: "2026-02-29" is no day of the calendar.`},
		{"holidays: [25-12]", `holidays[0]:1:12: "25-12" is no day of the year; the month comes first, as in 12-25.`},
		{"holidays: [{date: 02-30}]", `holidays[0].date:1:19: "02-30" is no day of the year; the month comes first, as in 12-25.`},
		{"holidays: [{}]", "holidays[0]:1:12: name its date, or its first and last day with from and to."},
		{"holidays: [{from: 05-09}]", "holidays[0]:1:12: name its date, or its first and last day with from and to."},
		{"holidays: [{date: 05-09, to: 05-10}]", "holidays[0]:1:12: name its date, or its first and last day with from and to."},
		{"holidays: [{from: 2026-05-09, to: 05-10}]", "holidays[0]:1:12: its first and its last day must both have a year, or both none."},
		{"holidays: [{from: 2026-05-09, to: 2026-05-08}]", "holidays[0]:1:12: it ends on 2026-05-08, before it begins on 2026-05-09."},
		{"holidays: [{from: 2026-05-09, to: 2062-05-10}]", "holidays[0]:1:12: it lasts 13151 days; it may last 366."},
		{"holidays: [{dat: 05-09}]", "holidays[0].dat:1:13: a holiday knows date, or from and to, and hours."},
		{"holidays: [{date: 05-09, date: 05-10}]", "holidays[0].date:1:26: this is given twice; keep one."},
		{"holidays: [{date: 05-09, hours: closed, hours: closed}]", "holidays[0].hours:1:41: this is given twice; keep one."},
		{"holidays: [{date: 05-09, hours: 9}]", `holidays[0].hours:1:33: "9" is no span of time; write it like 09:00-18:00.`},
		{"holidays:\n- {from: 2026-05-01, to: 2026-05-09}\n- 2026-05-09", "holidays[1]:3:3: 2026-05-09 is in the holiday of line 2 already."},
		{"holidays:\n- {from: 12-24, to: 01-02}\n- 01-01", "holidays[1]:3:3: 01-01 is in the holiday of line 2 already."},
		{
			"mon: 9\nholidays: [x]\ntoday: 1",
			`mon:1:6: "9" is no span of time; write it like 09:00-18:00.` + "\n" +
				`holidays[0]:2:12: "x" is no date; write it like 2026-12-25, or like 12-25 for every year.` + "\n" +
				`today:3:1: this is no day; write mon, mon-fri or "sat, sun", or holidays for the days that differ.`,
		},
	} {
		rules, faults := hours.Parse(node(t, c.text))
		lines := make([]string, len(faults))
		for i, f := range faults {
			lines[i] = fmt.Sprintf("%s:%d:%d: %s", f.Key, f.Line, f.Column, f.Text)
		}
		if got := strings.Join(lines, "\n"); got != c.want || rules != nil {
			t.Errorf("%.60s\ngot:\n%s\nwant:\n%s", c.text, got, c.want)
		}
	}
}

// zones have changes of an hour, of half an hour, at midnight, next to midnight, of a whole day, and none.
func zones() []string {
	return []string{
		"UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "Asia/Beirut", "Australia/Lord_Howe",
		"America/St_Johns", "Pacific/Apia", "Africa/Casablanca", "Europe/Dublin", "Antarctica/Troll", "Asia/Kathmandu",
	}
}

// daySpans are the spans of a day as a test writes them, in minutes.
type daySpans [][2]int

func (d daySpans) String() string {
	if len(d) == 0 {
		return "closed"
	}
	texts := make([]string, len(d))
	for i, s := range d {
		end := s[1]
		if end > 24*60 {
			end -= 24 * 60
		}
		texts[i] = fmt.Sprintf("%02d:%02d-%02d:%02d", s[0]/60, s[0]%60, end/60, end%60)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

func drawSpans(t *rapid.T, label string) daySpans {
	points := rapid.SliceOfNDistinct(rapid.IntRange(0, 96), 0, 6, rapid.ID[int]).Draw(t, label)
	slices.Sort(points)
	var spans daySpans
	for i := 0; i+1 < len(points); i += 2 {
		spans = append(spans, [2]int{points[i] * 15, points[i+1] * 15})
	}
	if len(points)%2 == 1 && points[len(points)-1] < 96 {
		first := points[0]
		begin := points[len(points)-1]
		if first > 0 {
			spans = append(spans, [2]int{begin * 15, 24*60 + rapid.IntRange(0, min(first, begin-1)).Draw(t, label+" next morning")*15})
		}
	}
	return spans
}

// model is opening hours, and a time at which, often, the clock is about to change.
type model struct {
	zone     *time.Location
	week     [7]daySpans
	special  map[string]daySpans
	schedule *hours.Schedule
	around   time.Time
}

func draw(t *rapid.T) model {
	m := model{zone: load(rapid.SampledFrom(zones()).Draw(t, "zone")), special: map[string]daySpans{}}
	m.around = time.Date(rapid.IntRange(2005, 2030).Draw(t, "year"), 1, 1, 0, 0, rapid.IntRange(0, 364*86400).Draw(t, "second"), 0, time.UTC)
	if _, change := m.around.In(m.zone).ZoneBounds(); !change.IsZero() && rapid.Bool().Draw(t, "at a change of the clock") {
		m.around = change.Add(time.Duration(rapid.IntRange(-36*60, 36*60).Draw(t, "minutes from the change")) * time.Minute)
	}
	var text strings.Builder
	some := false
	for day := range 7 {
		m.week[day] = drawSpans(t, time.Weekday(day).String())
		some = some || len(m.week[day]) > 0
		fmt.Fprintf(&text, "%s: %s\n", time.Weekday(day).String()[:3], m.week[day])
	}
	if !some {
		t.Skip("no day is open")
	}
	text.WriteString("holidays:\n")
	for _, days := range rapid.SliceOfNDistinct(rapid.IntRange(-3, 3), 0, 3, rapid.ID[int]).Draw(t, "holidays") {
		date := m.around.AddDate(0, 0, days).Format(time.DateOnly)
		m.special[date] = drawSpans(t, date)
		fmt.Fprintf(&text, "- {date: %s, hours: %s}\n", date, m.special[date])
	}
	rules, faults := hours.Parse(node(t, text.String()))
	if len(faults) > 0 {
		t.Fatalf("%s\nis refused: %+v", text.String(), faults)
	}
	m.schedule = rules.In(m.zone)
	return m
}

// open answers as Open should, by watching the zone's clock minute by minute.
func (m model) open(at time.Time) bool {
	const days = 3
	var begun, ended int
	shown := func(moment time.Time) time.Time {
		l := moment.In(m.zone)
		return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), 0, 0, time.UTC)
	}
	start := shown(at).Truncate(24 * time.Hour)
	latest := time.Time{}
	for moment := at.Truncate(time.Minute).Add(-(days + 1) * 24 * time.Hour); !moment.After(at); moment = moment.Add(time.Minute) {
		if clock := shown(moment); clock.After(latest) {
			latest = clock
		}
	}
	for d := -days; d <= days; d++ {
		day := start.AddDate(0, 0, d)
		spans, ok := m.special[day.Format(time.DateOnly)]
		if !ok {
			spans = m.week[day.Weekday()]
		}
		for _, s := range spans {
			if !day.Add(time.Duration(s[0]) * time.Minute).After(latest) {
				begun++
			}
			if !day.Add(time.Duration(s[1]) * time.Minute).After(latest) {
				ended++
			}
		}
	}
	return begun > ended
}

func TestOpenAgreesWithSomeoneWhoWatchesTheClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := draw(t)
		if got, want := m.schedule.Open(m.around), m.open(m.around); got != want {
			t.Fatalf("%s is open: %t, want %t", m.around.In(m.zone), got, want)
		}
	})
}

// TestNextIsWhereItChanges finds that a site is open at the next opening and
// not just before, the same for closings, and that nothing changes in between.
func TestNextIsWhereItChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := draw(t)
		opens, willOpen := m.schedule.NextOpening(m.around)
		closes, willClose := m.schedule.NextClosing(m.around)
		if willOpen && (!opens.After(m.around) || !m.schedule.Open(opens) || m.schedule.Open(opens.Add(-1))) {
			t.Fatalf("after %s it does not open at %s", m.around, opens)
		}
		if willClose && (!closes.After(m.around) || m.schedule.Open(closes) || !m.schedule.Open(closes.Add(-1))) {
			t.Fatalf("after %s it does not close at %s", m.around, closes)
		}
		open := m.schedule.Open(m.around)
		first, ok := opens, willOpen
		if open {
			first, ok = closes, willClose
		}
		if willOpen && willClose && open != closes.Before(opens) {
			t.Fatalf("open: %t, but it opens at %s and closes at %s", open, opens, closes)
		}
		until := m.around.AddDate(0, 0, 8)
		if ok && first.Before(until) {
			until = first
		}
		for moment := m.around; moment.Before(until); moment = moment.Add(5 * time.Minute) {
			if m.schedule.Open(moment) != open {
				t.Fatalf("it changes at %s, before %s", moment, until)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(shop)
	f.Add("mon: &a [*a]")
	f.Add("holidays: [{from: 12-24, to: 01-02, hours: 22:00-06:00}]")
	f.Fuzz(func(t *testing.T, text string) {
		var root yaml.Node
		if yaml.Unmarshal([]byte(text), &root) != nil || len(root.Content) == 0 {
			return
		}
		rules, faults := hours.Parse(root.Content[0])
		if rules != nil && len(faults) > 0 {
			t.Fatal("rules with faults")
		}
		s := rules.In(load("America/Santiago"))
		now := time.Date(2026, 9, 5, 12, 0, 0, 0, time.UTC)
		if next, ok := s.NextOpening(now); ok && !s.Open(next) {
			t.Fatalf("closed at its opening %s", next)
		}
	})
}

func BenchmarkNextClosing(b *testing.B) {
	for name, text := range map[string]string{"shop": shop, "always": "mon-sun: 00:00-24:00"} {
		b.Run(name, func(b *testing.B) {
			rules, _ := hours.Parse(node(b, text))
			s := rules.In(load("Europe/Berlin"))
			now := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
			for b.Loop() {
				s.NextClosing(now)
			}
		})
	}
}
