package desk

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk/figures"
)

// stats sums up what happened on a site: today, or in the last days.
func (d *Desk) stats(ctx context.Context, c call) (markup.Text, error) {
	if word, rest, _ := strings.Cut(c.argument, " "); strings.EqualFold(word, "chain") {
		return d.chainStats(ctx, c, strings.TrimSpace(rest))
	}
	days, ok := period(c.argument)
	if !ok {
		return markup.Text{}, wrong(badPeriod, markup.Values{"word": excerpt(c.argument, maxWord)})
	}
	f, err := figures.Of(ctx, d.store, c.Site, d.dialog.Now(), days)
	if err != nil {
		return markup.Text{}, err
	}
	return d.figures(c.Site, f), nil
}

// busiestHours is how many hours of the day are named.
const busiestHours = 3

// figures says what happened, as a person would tell it.
func (d *Desk) figures(site *config.Site, f figures.Figures) markup.Text {
	head := statsToday
	values := markup.Values{
		"site": site.Name, "open": strconv.Itoa(f.Open), "waiting": strconv.Itoa(f.Waiting),
		"new": strconv.Itoa(f.Total.New), "closed": strconv.Itoa(f.Total.Closed), "visitors": strconv.Itoa(f.Visitors),
		"asked": strconv.Itoa(f.Total.Asked), "replied": strconv.Itoa(f.Total.Replied),
	}
	if days := len(f.ByDay); days > 1 {
		head, values["days"] = statsDays, strconv.Itoa(days)
	}
	if f.Total.Bot > 0 {
		values["bot"] = strconv.Itoa(f.Total.Bot)
	}
	if w := f.FirstAnswer; w.Counted > 0 {
		values["median"], values["p90"], values["longest"] = span(site, w.Median), span(site, w.P90), span(site, w.Longest)
		values["counted"] = strconv.Itoa(w.Counted)
	}
	if share, ok := f.BotShare(); ok && site.Bot.Enabled {
		values["share"], values["bybot"] = percent(site, share), strconv.Itoa(f.ByBot)
	}
	if mean, ok := f.AverageRating(); ok {
		values["mean"], values["of"], values["ratings"] = decimal(site, mean), strconv.Itoa(figures.Scale), strconv.Itoa(f.RatingsGiven())
		values["each"] = ratings(f)
	}
	values["hours"] = hoursOf(f.Busiest(busiestHours))
	lines := []markup.Text{d.say(site, head, values)}
	for _, k := range []key{statsVisitors, statsMessages, statsAnswers, statsBot, statsRatings, statsHours, statsStands} {
		lines = append(lines, d.say(site, k, values))
	}
	for _, w := range f.Operators {
		lines = append(lines, d.say(site, statsOperator, markup.Values{
			"user": string(w.Operator), "messages": strconv.Itoa(w.Messages), "dialogs": strconv.Itoa(w.Dialogs),
		}))
	}
	for _, p := range f.Proactive {
		lines = append(lines, d.say(site, statsFirst, markup.Values{
			"name": p.Name, "opened": strconv.Itoa(p.Opened), "replied": strconv.Itoa(p.Replied), "dismissed": strconv.Itoa(p.Dismissed),
		}))
	}
	return markup.Lines(lines...)
}

// period reads what a command wants counted, in days of which the last one is today.
func period(word string) (days int, ok bool) {
	switch word = strings.ToLower(word); word {
	case "", "today":
		return 1, true
	case "week":
		return 7, true
	case "month":
		return 30, true
	default:
		n, err := strconv.Atoi(strings.TrimSuffix(word, "d"))
		return n, err == nil && n >= 1 && n <= figures.MostDays
	}
}

// percent writes a share, with which a number and its sign stay on one line.
func percent(site *config.Site, share float64) string {
	const all = 100
	n := strconv.Itoa(int(math.Round(all * share)))
	if site.Language == config.Russian {
		return n + "\u00A0%"
	}
	return n + "%"
}

// decimal writes a number with one digit behind the point, or the comma.
func decimal(site *config.Site, n float64) string {
	text := strconv.FormatFloat(n, 'f', 1, 64)
	if site.Language == config.Russian {
		return strings.Replace(text, ".", ",", 1)
	}
	return text
}

// maxRatings is how many different ratings are listed.
const maxRatings = 10

// ratings lists how often each was given: "5/5 × 12, 4/5 × 3".
func ratings(f figures.Figures) string {
	var each []string
	for _, r := range f.Ratings[:min(len(f.Ratings), maxRatings)] {
		each = append(each, fmt.Sprintf("%d/%d\u00A0×\u00A0%d", r.Score, r.Of, r.Count))
	}
	return strings.Join(each, ", ")
}

// hoursOf lists hours of the day: "9–10, 14–16". Those that follow each other are one.
func hoursOf(hours []int) string {
	const day = 24
	var spans []string
	for i := 0; i < len(hours); {
		last := i
		for last+1 < len(hours) && hours[last+1] == hours[last]+1 {
			last++
		}
		spans = append(spans, fmt.Sprintf("%d:00–%d:00", hours[i], (hours[last]+1)%day))
		i = last + 1
	}
	return strings.Join(spans, ", ")
}
