package desk

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// mostDays is the longest span that is counted.
const mostDays = 92

// stats counts what happened on a site: today, or in the last days.
func (d *Desk) stats(ctx context.Context, c call) (markup.Text, error) {
	if word, rest, _ := strings.Cut(c.argument, " "); strings.EqualFold(word, "chain") {
		return d.chainStats(ctx, c, strings.TrimSpace(rest))
	}
	since, days, ok := period(c.Site, c.argument, d.dialog.Now())
	if !ok {
		return markup.Text{}, wrong(badPeriod, markup.Values{"word": excerpt(c.argument, maxWord)})
	}
	counts, err := d.store.Counts(ctx, c.Site.ID, since)
	if err != nil {
		return markup.Text{}, err
	}
	said := tally{operators: map[id.UserID]*work{}}
	if err := d.store.SaidSince(ctx, c.Site.ID, since, said.add); err != nil {
		return markup.Text{}, err
	}
	head := statsToday
	values := markup.Values{
		"site": c.Site.Name, "open": strconv.Itoa(counts.Open), "waiting": strconv.Itoa(counts.Waiting),
		"new": strconv.Itoa(counts.New), "closed": strconv.Itoa(counts.Closed),
		"visitors": strconv.Itoa(said.visitors), "asked": strconv.Itoa(said.asked), "replied": strconv.Itoa(said.replied),
	}
	if days > 0 {
		head, values["days"] = statsDays, strconv.Itoa(days)
	}
	lines := []markup.Text{d.say(c.Site, head, values), d.say(c.Site, statsVisitors, values), d.say(c.Site, statsMessages, values)}
	if median, longest, ok := said.waits(); ok {
		values["median"], values["longest"] = span(c.Site, median), span(c.Site, longest)
		lines = append(lines, d.say(c.Site, statsAnswers, values))
	}
	lines = append(lines, d.say(c.Site, statsStands, values))
	for _, w := range said.busiest() {
		lines = append(lines, d.say(c.Site, statsOperator, markup.Values{
			"user": string(w.operator), "messages": strconv.Itoa(w.messages), "dialogs": strconv.Itoa(len(w.dialogs)),
		}))
	}
	return markup.Lines(lines...), nil
}

// period reads what a command wants counted. days is 0 for today, from midnight
// on in the site's zone.
func period(site *config.Site, word string, now time.Time) (since time.Time, days int, ok bool) {
	switch word = strings.ToLower(word); word {
	case "", "today":
		local := now.In(site.Location())
		return time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, local.Location()), 0, true
	case "week":
		days = 7
	case "month":
		days = 30
	default:
		n, err := strconv.Atoi(strings.TrimSuffix(word, "d"))
		if err != nil || n < 1 || n > mostDays {
			return since, 0, false
		}
		days = n
	}
	return now.AddDate(0, 0, -days), days, true
}

// tally counts messages.
type tally struct {
	visitors, asked, replied int
	answered                 []time.Duration
	operators                map[id.UserID]*work
	// dialog is the one that is being counted, waiting since when its visitor waits.
	dialog  chat.VisitorID
	wrote   bool
	waiting time.Time
}

// work is what one operator did.
type work struct {
	operator id.UserID
	messages int
	dialogs  map[chat.VisitorID]bool
}

func (t *tally) add(said store.Said) {
	if said.Visitor != t.dialog {
		t.dialog, t.wrote, t.waiting = said.Visitor, false, time.Time{}
	}
	switch said.Party {
	case chat.Visitor:
		t.asked++
		if !t.wrote {
			t.wrote = true
			t.visitors++
		}
		if t.waiting.IsZero() {
			t.waiting = said.At
		}
	case chat.Operator:
		t.replied++
		if !t.waiting.IsZero() {
			t.answered = append(t.answered, said.At.Sub(t.waiting))
			t.waiting = time.Time{}
		}
		w := t.operators[said.Operator]
		if w == nil {
			w = &work{operator: said.Operator, dialogs: map[chat.VisitorID]bool{}}
			t.operators[said.Operator] = w
		}
		w.messages++
		w.dialogs[said.Visitor] = true
	case chat.Bot:
	}
}

// waits are the median and the longest time from a visitor's message to its answer.
func (t *tally) waits() (median, longest time.Duration, ok bool) {
	if len(t.answered) == 0 {
		return 0, 0, false
	}
	slices.Sort(t.answered)
	return t.answered[(len(t.answered)-1)/2], t.answered[len(t.answered)-1], true
}

// maxBusiest is how many operators are listed.
const maxBusiest = 20

func (t *tally) busiest() []*work {
	var all []*work
	for _, w := range t.operators {
		all = append(all, w)
	}
	slices.SortFunc(all, func(a, b *work) int {
		return cmp.Or(cmp.Compare(b.messages, a.messages), cmp.Compare(a.operator, b.operator))
	})
	return all[:min(len(all), maxBusiest)]
}
