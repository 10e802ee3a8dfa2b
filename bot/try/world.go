package try

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// Do does what a line says: "> text" of a visitor, "@ 2h" of time, "! close" of an
// operator, "language: ru" of what is known, or one of the words of verbs. The
// error is a clause.
func (t *Talk) Do(line string) error {
	switch mark, rest, _ := strings.Cut(line, " "); mark {
	case ">":
		return t.says(strings.TrimSpace(rest))
	case "@":
		return t.time(strings.TrimSpace(rest))
	case "!":
		return t.operator(strings.TrimSpace(rest))
	}
	if fact, value, isFact := strings.Cut(line, ":"); isFact && factForm.MatchString(fact) {
		return t.fact(fact, strings.TrimSpace(value))
	} else if isFact && settingForm.MatchString(fact) {
		return nil // known before the chains are read, see Play
	}
	verb, rest, _ := strings.Cut(line, " ")
	do, known := verbs()[verb]
	if !known {
		return fmt.Errorf("%q means nothing here%s", line, source.Suggest(verb, slices.Collect(maps.Keys(verbs()))))
	}
	return do(t, strings.TrimSpace(rest))
}

// verbs are what the visitor's browser, servers and the machine do.
func verbs() map[string]func(*Talk, string) error {
	return map[string]func(*Talk, string) error{
		"open":     func(t *Talk, _ string) error { return t.happens(talk.Event{Kind: talk.Opened}) },
		"visit":    func(t *Talk, _ string) error { t.facts.Visits++; return nil },
		"page":     (*Talk).page,
		"event":    (*Talk).event,
		"response": (*Talk).response,
		"reply":    (*Talk).reply,
		"late":     (*Talk).late,
		"failed":   (*Talk).failed,
		"again":    func(t *Talk, _ string) error { return t.again() },
	}
}

var (
	formForm     = regexp.MustCompile(`^\{([^}]*)\}\s*(.*)$`)
	pressForm    = regexp.MustCompile(`^\[(.*)\](?: (\d+))?$`)
	fileForm     = regexp.MustCompile(`^<file (\S+)(?: (\S+/\S+))?(?: (\d+))?>\s*(.*)$`)
	locationForm = regexp.MustCompile(`^<location (-?[\d.]+) (-?[\d.]+)>$`)
	factForm     = regexp.MustCompile(`^(?:variable )?[\pL_][\pL\pN_.]*$`)
	settingForm  = regexp.MustCompile(`^(?:assistant [\pL\pN_-]+|fallback [\pL\pN_-]+(?: [a-z]+)?)$`)
)

// says is what a visitor sends: words; [Team], a press; [Team] 2, a press of the
// second button with these words; {2026-12-24}, the value of a
// form, with words behind it; <file a.jpg image/jpeg 1200>; <location 55.75 37.61>.
// Words that look like one of these have a backslash before them.
func (t *Talk) says(text string) error {
	if m := pressForm.FindStringSubmatch(text); m != nil {
		which, _ := strconv.Atoi(m[2]) // digits, or nothing
		return t.press(m[1], max(which, 1))
	}
	e := talk.Event{Kind: talk.Said}
	if m := formForm.FindStringSubmatch(text); m != nil {
		if e.Reply, e.Text = m[1], m[2]; e.Text == "" {
			e.Text = e.Reply
		}
		e.ReplyTo = t.asked()
	} else if m := fileForm.FindStringSubmatch(text); m != nil {
		size, _ := strconv.ParseInt(m[3], 10, 64) // digits, or nothing
		e.File, e.Text = &talk.File{Name: m[1], Type: m[2], Size: size}, m[4]
	} else if m := locationForm.FindStringSubmatch(text); m != nil {
		north, err := strconv.ParseFloat(m[1], 64)
		east, otherErr := strconv.ParseFloat(m[2], 64)
		if err = errors.Join(err, otherErr); err != nil {
			return fmt.Errorf("%q is no location", text)
		}
		e.Location = &talk.Location{Latitude: north, Longitude: east}
	} else {
		e.Text = strings.ReplaceAll(strings.TrimPrefix(text, `\`), `\n`, "\n")
	}
	return t.visitor(e)
}

// asked is the step of the newest question, whose form is on the screen.
func (t *Talk) asked() string {
	for _, offer := range slices.Backward(t.offers) {
		if offer.Ask != nil {
			return offer.Step
		}
	}
	return ""
}

// press presses the button with some words of the newest message that has it.
func (t *Talk) press(words string, which int) error {
	for _, offer := range slices.Backward(t.offers) {
		passed := 1
		for place := 0; ; place++ {
			b, ok := offer.Button(place)
			if !ok {
				break
			}
			if b.Text != words {
				continue
			}
			if passed < which {
				passed++
				continue
			}
			if b.URL != "" {
				return fmt.Errorf("the button %q is a link, which the bot does not hear of", words)
			}
			press := &talk.Press{Step: offer.Step, Button: place, Text: b.Text}
			return t.visitor(talk.Event{Kind: talk.Pressed, Text: b.Text, Press: press})
		}
	}
	return fmt.Errorf("there is no button %q", words)
}

// time lets time pass: a span, until a moment, or nothing for until something is due.
func (t *Talk) time(text string) error {
	if text == "" {
		next, err := t.next()
		if err != nil || next.IsZero() {
			return errors.Join(err, errors.New("nothing is due"))
		}
		return t.pass(next)
	}
	if span, err := source.ParseDuration(text); err == nil {
		return t.pass(t.now.Add(span))
	}
	at, err := t.readMoment(text)
	switch {
	case err != nil:
		return err
	case at.Before(t.now):
		return fmt.Errorf("it is later than %s already", text)
	}
	return t.pass(at)
}

// readMoment reads a date, a time of day, or both.
func (t *Talk) readMoment(text string) (time.Time, error) {
	for _, form := range []string{"2006-01-02 15:04", "2006-01-02"} {
		if at, err := time.ParseInLocation(form, text, t.zone()); err == nil {
			return at, nil
		}
	}
	if of, err := time.Parse("15:04", text); err == nil {
		now := t.now.In(t.zone())
		return time.Date(now.Year(), now.Month(), now.Day(), of.Hour(), of.Minute(), 0, 0, t.zone()), nil
	}
	return time.Time{}, fmt.Errorf("%q is neither a time span like 2h nor a moment like 2026-12-01 09:00", text)
}

// operator is what operators do.
func (t *Talk) operator(text string) error {
	command, rest, _ := strings.Cut(text, " ")
	rest = strings.TrimSpace(rest)
	switch command {
	case "operator:":
		t.status = open
		t.silence(0)
		return t.happens(talk.Event{Kind: talk.Answered, Text: rest})
	case "bot":
		return t.bot(rest)
	case "run":
		if t.set.Chain(rest) == nil {
			return fmt.Errorf("there is no chain %q", rest)
		}
		return t.happens(talk.Event{Kind: talk.Started, Name: rest})
	case "tag":
		t.setTag(rest, false)
		return t.happens(talk.Event{Kind: talk.Tagged, Name: rest})
	case "untag":
		t.setTag(rest, true)
		return nil
	case "set":
		name, value, _ := strings.Cut(rest, "=")
		t.setVariable(strings.TrimSpace(name), strings.TrimSpace(value))
		return t.happens(talk.Event{Kind: talk.Changed, Name: strings.TrimSpace(name)})
	case "close":
		return t.closes()
	case "reopen":
		t.status = open
		return t.happens(talk.Event{Kind: talk.DialogReopened})
	default:
		return fmt.Errorf("operators cannot do %q: write operator: TEXT, bot on|off|continue, run CHAIN, tag TAG, untag TAG, set NAME=VALUE, close or reopen", text)
	}
}

func (t *Talk) bot(order string) error {
	switch order {
	case "off":
		t.silence(0)
		return t.hush()
	case "on":
		return t.speak()
	case "continue":
		t.facts.Silent, t.silent = false, time.Time{}
		return t.happens(talk.Event{Kind: talk.Continued})
	default:
		return fmt.Errorf("the bot is on, off or told to continue, not %q", order)
	}
}

// page is another page of the site: the triggers that wait for it come true, some
// of them after a while.
func (t *Talk) page(address string) error {
	t.facts.Page, t.pages = talk.Page{URL: address}, nil
	for _, g := range t.set.PageTriggers() {
		if matchesPage(g, address, t.facts.Device) {
			t.pages = append(t.pages, later{t.now.Add(g.After), g.Key})
		}
	}
	slices.SortStableFunc(t.pages, func(a, b later) int { return a.at.Compare(b.at) })
	return t.pass(t.now)
}

// matchesPage reports whether a trigger is for a page, as the widget tells it.
func matchesPage(g chain.PageTrigger, address string, device talk.Device) bool {
	if g.Device != "" && (g.Device == "mobile") != (device != talk.Desktop) {
		return false
	}
	if strings.HasPrefix(g.URL, "/") {
		_, address, _ = strings.Cut(strings.TrimPrefix(strings.TrimPrefix(address, "https://"), "http://"), "/")
		address, _, _ = strings.Cut("/"+address, "#")
		address, _, _ = strings.Cut(address, "?")
	}
	pattern := strings.ReplaceAll(regexp.QuoteMeta(g.URL), `\*`, `.*`)
	return regexp.MustCompile(`^` + pattern + `$`).MatchString(address)
}

func (t *Talk) event(text string) error {
	name, data, _ := strings.Cut(text, " ")
	e := talk.Event{Kind: talk.Happened, Name: name}
	if data != "" {
		if err := json.Unmarshal([]byte(data), &e.Data); err != nil {
			return fmt.Errorf("what stands behind the event's name is not JSON: %w", err)
		}
	}
	return t.happens(e)
}

// response is the outcome of the request that waits longest: a status and a body,
// or why there is none.
func (t *Talk) response(text string) error {
	if len(t.requests) == 0 {
		return errors.New("no request waits")
	}
	id := t.requests[0]
	t.requests = t.requests[1:]
	first, body, _ := strings.Cut(text, " ")
	r := talk.Response{Body: body}
	status, err := strconv.Atoi(first)
	if r.Status = status; err != nil {
		r = talk.Response{Fault: text}
	}
	return t.happens(talk.Event{Kind: talk.Responded, Request: id, Response: &r})
}

// fact changes what is known of the visitor or of the site.
func (t *Talk) fact(name, value string) error {
	if variable, ok := strings.CutPrefix(name, "variable "); ok {
		t.setVariable(variable, value)
		return nil
	}
	if strings.HasPrefix(name, "site.") || name == "secrets" {
		return nil // known before the chains are read, see Play
	}
	words := map[string]*string{
		"language": &t.facts.Language, "city": &t.facts.City, "country": &t.facts.Country, "country_code": &t.facts.CountryCode, "browser": &t.facts.Browser,
		"name": &t.facts.Name, "email": &t.facts.Email, "phone": &t.facts.Phone, "zone": &t.facts.Zone,
		"device": (*string)(&t.facts.Device), "title": &t.facts.Page.Title, "referrer": &t.facts.Page.Referrer,
	}
	if to, ok := words[name]; ok {
		*to = value
		return nil
	}
	return t.otherFact(name, value)
}

func (t *Talk) otherFact(name, value string) (err error) {
	switch name {
	case "visits":
		t.facts.Visits, err = strconv.Atoi(value)
	case "operators":
		t.facts.Operators, err = strconv.Atoi(value)
	case "assistant":
		t.facts.Assistant = value == "on"
	case "tags":
		t.facts.Tags = strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
	case "now":
		t.now, err = t.readMoment(value)
	case "hours":
		status, until, _ := strings.Cut(value, " until ")
		t.facts.Open, t.opens = status == "open", time.Time{}
		if until != "" {
			t.opens, err = t.readMoment(until)
		}
	default:
		return fmt.Errorf("nobody knows what %q is", name)
	}
	return err
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
