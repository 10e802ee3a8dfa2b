package try

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot"
	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// lines say what the bot did, as they stand in a script: its words after "< ",
// everything else after two spaces. Counts are not shown.
func lines(action talk.Action) []string {
	switch a := action.(type) {
	case nil:
		return nil
	case talk.Say:
		return said(a)
	case talk.Hand:
		return []string{handed(a)}
	case talk.Request:
		return requested(a)
	case talk.Count:
		return nil
	default:
		return []string{"  * " + did(action)}
	}
}

// did says in a few words what a simple action does.
func did(action talk.Action) string {
	switch a := action.(type) {
	case talk.Set:
		return strings.TrimSpace("set " + a.Name + " = " + oneLine(a.Value))
	case talk.Tag:
		if a.Off {
			return "untag " + a.Tag
		}
		return "tag " + a.Tag
	case talk.Generate:
		return "ask assistant " + a.Assistant
	case talk.Close:
		return "close"
	case talk.Note:
		return "note: " + oneLine(a.Text)
	case talk.Alert:
		return "alert" + by(a.Notify) + ": " + oneLine(a.Text)
	case talk.Emit:
		data, _ := json.Marshal(a.Data) // plain data, see talk.Emit
		return "webhook " + a.Name + " " + string(data)
	case talk.Rate:
		return fmt.Sprintf("rating %d of %d", a.Score, a.Of)
	case talk.Unmatched:
		return "no chain is meant"
	case talk.Fault:
		where := ""
		if a.Chain != "" {
			where = " at " + a.Chain + "#" + a.Step
		}
		return "fault " + a.Code + where + ": " + oneLine(a.Text)
	default:
		return fmt.Sprintf("%T%+v", action, action)
	}
}

func handed(a talk.Hand) string {
	words := []string{"  * open"}
	if a.Stop {
		words[0] = "  * handoff"
	}
	if a.Assign != "" {
		words = append(words, "to", a.Assign)
	}
	if a.Pause > 0 {
		words = append(words, "for", span(a.Pause))
	}
	line := strings.Join(words, " ") + by(a.Notify)
	if a.Reason != "" {
		line += ": " + oneLine(a.Reason)
	}
	return line
}

func by(via []talk.Channel) string {
	if len(via) == 0 {
		return ""
	}
	words := make([]string, len(via))
	for i, v := range via {
		words[i] = string(v)
	}
	return " by " + strings.Join(words, ", ")
}

func requested(a talk.Request) []string {
	all := []string{"  * request " + a.Method + " " + spliced(a.URL)}
	for _, name := range sortedKeys(a.Headers) {
		all = append(all, "      "+name+": "+spliced(a.Headers[name]))
	}
	if len(a.Body) > 0 {
		all = append(all, "      "+spliced(a.Body))
	}
	return all
}

// spliced is the text with the names of secrets in their places.
func spliced(s talk.Spliced) string {
	var b strings.Builder
	for _, p := range s {
		b.WriteString(oneLine(p.Text))
		if p.Secret != "" {
			b.WriteString("{{ secret." + p.Secret + " }}")
		}
	}
	return b.String()
}

func said(a talk.Say) []string {
	first, rest, _ := strings.Cut(a.Text, "\n")
	all := []string{strings.TrimRight("< "+first, " ")}
	if rest != "" {
		for more := range strings.SplitSeq(rest, "\n") {
			all = append(all, strings.TrimRight("  | "+more, " "))
		}
	}
	if a.Byline != nil {
		all = append(all, byline(a.Byline))
	}
	if a.Media != nil {
		all = append(all, "  "+media(*a.Media))
	}
	if a.Offer != nil {
		all = append(all, offered(a.Offer)...)
	}
	return all
}

func media(m talk.Media) string {
	kind, where := "file", m.Path
	if m.Image {
		kind = "image"
	}
	if where == "" {
		where = m.URL
	}
	return "(" + kind + " " + where + ")"
}

func offered(o *talk.Offer) (all []string) {
	if len(o.Buttons) > 0 {
		line := "  " + row(o.Buttons)
		if o.Quick {
			line += "  quick"
		}
		all = append(all, line)
	}
	for _, c := range o.Cards {
		title := "  # " + c.Title
		if c.Text != "" {
			title += " | " + oneLine(c.Text)
		}
		if c.Media != nil {
			title += " " + media(*c.Media)
		}
		all = append(all, title)
		if len(c.Buttons) > 0 {
			all = append(all, "    "+row(c.Buttons))
		}
	}
	if o.Ask != nil {
		all = append(all, "  ? "+form(o.Ask))
	}
	return all
}

func row(buttons []talk.Button) string {
	words := make([]string, len(buttons))
	for i, b := range buttons {
		words[i] = "[" + b.Text + "]"
		if b.URL != "" {
			words[i] = "(" + b.Text + " → " + b.URL + ")"
		}
	}
	return strings.Join(words, " ")
}

// form is what the widget's form knows of a question.
func form(q *talk.Ask) string {
	words := string(q.Type)
	if q.Many {
		words += ", several"
	}
	for _, bound := range []struct{ name, value string }{{"from", q.Min}, {"to", q.Max}} {
		if bound.value != "" {
			words += ", " + bound.name + " " + bound.value
		}
	}
	if q.Placeholder != "" {
		words += ", " + `"` + q.Placeholder + `"`
	}
	if len(q.Choices) > 0 {
		words += ": " + strings.Join(q.Choices, " / ")
	}
	return words
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", " ⏎ ") }

// showPauses shows the pauses that have begun.
func (t *Talk) showPauses(s bot.State) {
	paused := map[string]bool{}
	for _, r := range s.Runs {
		if r.Wait == nil || r.Wait.For != chain.ForTime || r.Held {
			continue
		}
		key := r.ID + r.Wait.Until.UTC().String()
		if paused[key] = true; !t.paused[key] {
			t.told(nil, "  … pause "+t.until(r.Wait.Until))
		}
	}
	t.paused = paused
}

// until is how long it is to a moment, or when it is if it is not near.
func (t *Talk) until(at time.Time) string {
	if left := at.Sub(t.now); left < time.Hour {
		return span(left)
	}
	return "until " + at.In(t.zone()).Format("2006-01-02 15:04")
}

// span is a time span as chains write it.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	text := ""
	if d >= day {
		text = fmt.Sprintf("%dd", d/day)
		d %= day
	}
	if d > 0 || text == "" {
		text += d.String()
	}
	for _, zero := range []string{"m0s", "h0m"} {
		if cut, ok := strings.CutSuffix(text, zero); ok {
			text = cut + zero[:1]
		}
	}
	return text
}
