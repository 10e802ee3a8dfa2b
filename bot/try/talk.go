// Package try is a conversation with a set of chains outside of any bridge: in a
// script, which is a text file with what a visitor does and what the bot did to
// it, or with a person at a terminal.
//
// It is the world around the bot: it has the time, what is known of the visitor,
// and operators who come and go. Every turn is also a restart, for the bot's state
// goes through JSON between any two.
package try

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/anteroom-chat/anteroom/bot"
	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/fold"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// Talk is a conversation.
type Talk struct {
	set   *chain.Set
	now   time.Time
	facts talk.Facts
	// state is the bot's, as JSON.
	state []byte
	told  Told

	status status
	// silent is how long the bot is silent, while it is; zero for until the dialog is closed.
	silent time.Time
	// opens is when the site opens, if it is closed; zero for never.
	opens time.Time
	// offers are the bot's messages that can be answered by a press, the newest last.
	offers []talk.Offer
	// requests are the ids of those that wait for their outcome, the oldest first.
	requests []string
	// replies are the same for assistants.
	replies []string
	// pages are the page triggers whose conditions come true later.
	pages []later
	// paused are the pauses that were shown.
	paused map[string]bool

	inputs int
	last   talk.Input
}

// Told is given what the bot did, one thing after another: an action, or else a
// line about time that passes.
type Told func(action talk.Action, line string)

// status is how a dialog stands.
type status int

const (
	unknown status = iota // the visitor has not written yet
	open
	closed
)

// later is a page trigger and when it is due.
type later struct {
	at  time.Time
	key string
}

// Start is when conversations begin, if nothing else is said: a Tuesday morning.
func Start() time.Time { return time.Date(2026, time.December, 1, 9, 0, 0, 0, time.UTC) }

// New begins a conversation: a visitor from nowhere in particular is on the site
// for the first time, which is open and has one operator.
func New(set *chain.Set, told Told) *Talk {
	return &Talk{
		set: set, now: Start(), told: told, paused: map[string]bool{},
		facts: talk.Facts{Language: "en", Device: talk.Desktop, Visits: 1, Open: true, Operators: 1, Zone: "UTC"},
	}
}

// zone is the visitor's time zone.
func (t *Talk) zone() *time.Location {
	zone, err := time.LoadLocation(t.facts.Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// State is the bot's.
func (t *Talk) State() (s bot.State, err error) {
	if len(t.state) > 0 {
		err = json.Unmarshal(t.state, &s)
	}
	return s, err
}

// happens is an event: one turn of the bot, and what follows from it at once.
func (t *Talk) happens(e talk.Event) error {
	t.inputs++
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(strconv.Itoa(t.inputs))) // never fails, see hash.Hash
	t.last = talk.Input{ID: strconv.Itoa(t.inputs), Seed: sum.Sum64(), Event: e}
	return t.hear()
}

// hear gives the latest input to the bot, with what is known now.
func (t *Talk) hear() error {
	t.last.At, t.last.Facts = t.now, t.known()
	state, err := t.State()
	if err != nil {
		return fmt.Errorf("read the bot's state: %w", err)
	}
	state, actions := bot.Turn(t.set, state, t.last)
	if t.state, err = json.Marshal(state); err != nil {
		return fmt.Errorf("write the bot's state: %w", err)
	}
	wasClosed := t.status == closed
	for _, a := range actions {
		t.told(a, "")
		t.carryOut(a)
	}
	t.showPauses(state)
	if t.status == closed && !wasClosed {
		return t.closes()
	}
	return nil
}

// known are the facts at this moment. The bot may not change what it is given.
func (t *Talk) known() talk.Facts {
	f := t.facts
	f.Tags, f.Variables = slices.Clone(f.Tags), maps.Clone(f.Variables)
	f.OpensAt = time.Time{}
	if !f.Open {
		f.OpensAt = t.opens
	}
	return f
}

// carryOut does to the world what the bot wants done.
func (t *Talk) carryOut(action talk.Action) {
	switch a := action.(type) {
	case talk.Say:
		if a.Offer != nil {
			t.offers = append(t.offers, *a.Offer)
		}
	case talk.Set:
		t.setVariable(a.Name, a.Value)
	case talk.Tag:
		t.setTag(a.Tag, a.Off)
	case talk.Request:
		t.requests = append(t.requests, a.ID)
	case talk.Generate:
		t.replies = append(t.replies, a.ID)
	case talk.Hand:
		t.status = open
		if a.Stop {
			t.silence(a.Pause)
		}
	case talk.Close:
		t.status = closed
	}
}

func (t *Talk) setVariable(name, value string) {
	switch name {
	case "name":
		t.facts.Name = value
		return
	case "email":
		t.facts.Email = value
	case "phone":
		t.facts.Phone = value
	}
	if t.facts.Variables == nil {
		t.facts.Variables = map[string]string{}
	}
	if t.facts.Variables[name] = value; value == "" {
		delete(t.facts.Variables, name)
	}
}

func (t *Talk) setTag(tag string, off bool) {
	same := func(other string) bool { return fold.Fold(other) == fold.Fold(tag) }
	t.facts.Tags = slices.DeleteFunc(t.facts.Tags, same)
	if !off {
		t.facts.Tags = append(t.facts.Tags, tag)
	}
}

// silence is the bot's from now on; a span of 0 ends when the dialog is closed.
func (t *Talk) silence(span time.Duration) {
	t.facts.Silent, t.silent = true, time.Time{}
	if span > 0 {
		t.silent = t.now.Add(span)
	}
}

// speak ends the bot's silence: what was due meanwhile happens now.
func (t *Talk) speak() error {
	t.facts.Silent, t.silent = false, time.Time{}
	return t.happens(talk.Event{Kind: talk.Tick})
}

// closes tells the bot that the dialog was closed.
func (t *Talk) closes() error {
	t.status, t.facts.Silent, t.silent = closed, false, time.Time{}
	if err := t.happens(talk.Event{Kind: talk.DialogClosed}); err != nil {
		return err
	}
	return t.happens(talk.Event{Kind: talk.Tick})
}

// visitor is something that the visitor did, which opens the dialog.
func (t *Talk) visitor(e talk.Event) error {
	became := talk.Kind("")
	switch t.status {
	case unknown:
		became = talk.DialogOpened
	case closed:
		became = talk.DialogReopened
	case open:
	}
	t.status = open
	if err := t.happens(e); err != nil || became == "" {
		return err
	}
	return t.happens(talk.Event{Kind: became})
}

// again is the latest input a second time.
func (t *Talk) again() error {
	if t.inputs == 0 {
		return errors.New("nothing has happened that could happen again")
	}
	return t.hear()
}

// next is when time alone brings something; zero for never.
func (t *Talk) next() (time.Time, error) {
	state, err := t.State()
	if err != nil {
		return time.Time{}, err
	}
	moments := []time.Time{state.Due(), t.silent}
	for _, p := range t.pages {
		moments = append(moments, p.at)
	}
	if !t.facts.Open {
		moments = append(moments, t.opens)
	}
	moments = slices.DeleteFunc(moments, time.Time.IsZero)
	if len(moments) == 0 {
		return time.Time{}, nil
	}
	return slices.MinFunc(moments, time.Time.Compare), nil
}

// mostMoments is how often something may be due in one passing of time.
const mostMoments = 10_000

// pass lets time pass until a moment. Each moment at which something is due is
// shown before what happens then.
func (t *Talk) pass(until time.Time) error {
	began := t.now
	for range mostMoments {
		next, err := t.next()
		if err != nil {
			return err
		}
		if next.IsZero() || next.After(until) {
			t.now = latest(t.now, until)
			return nil
		}
		t.now = latest(t.now, next)
		if err := t.moment(began); err != nil {
			return err
		}
	}
	return fmt.Errorf("something was due more than %d times until %s", mostMoments, until.Format(time.RFC3339))
}

// moment does what is due now.
func (t *Talk) moment(began time.Time) error {
	told := t.told
	defer func() { t.told = told }()
	shown := false
	t.told = func(action talk.Action, line string) {
		if _, isCount := action.(talk.Count); isCount {
			return
		}
		if !shown && t.now.After(began) {
			told(nil, "  @ "+t.clock(began))
		}
		shown = true
		told(action, line)
	}
	if !t.facts.Open && !t.opens.IsZero() && !t.now.Before(t.opens) {
		t.facts.Open, t.opens = true, time.Time{}
	}
	for i, p := range t.pages {
		if !t.now.Before(p.at) {
			t.pages = slices.Delete(t.pages, i, i+1)
			return t.happens(talk.Event{Kind: talk.Visited, Trigger: p.key})
		}
	}
	if t.facts.Silent && !t.silent.IsZero() && !t.now.Before(t.silent) {
		return t.speak()
	}
	return t.happens(talk.Event{Kind: talk.Tick})
}

// clock is the time now, with as much of it as tells it from when something began.
func (t *Talk) clock(began time.Time) string {
	now, before := t.now.In(t.zone()), began.In(t.zone())
	form := "15:04"
	if now.Second() != 0 {
		form = "15:04:05"
	}
	if now.YearDay() != before.YearDay() || now.Year() != before.Year() {
		form = "2006-01-02 " + form
	}
	return now.Format(form)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
