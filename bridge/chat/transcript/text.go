package transcript

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

// indent stands before all lines of a message but its first, so that no message can
// hold the line of another.
const indent = "    "

// Text writes a transcript as plain text, UTF-8, with LF.
func Text(w io.Writer, a About, messages Messages) error {
	out := &printer{w: w}
	words := wordsOf(a.Language)
	out.print(a.Heading(), "\n", strings.Repeat("=", min(len([]rune(a.Heading())), 60)), "\n")
	if !a.Mail {
		out.print(a.saved(), "\n")
	}
	for _, line := range a.Before {
		out.print("\n", inText(line), "\n")
	}
	var day string
	none := true
	for m, err := range messages {
		if err != nil {
			return err
		}
		none = false
		at := m.Entry.At.In(a.zone())
		if today := words.date(at); today != day {
			day = today
			out.print("\n--- ", day, " ---\n")
		}
		out.print(words.lines(m, at))
	}
	if none && !a.Mail {
		out.print("\n", words.empty, "\n")
	}
	for _, line := range a.After {
		out.print("\n", inText(line), "\n")
	}
	return out.err
}

func inText(l Line) string {
	if l.URL == "" {
		return l.Text
	}
	return l.Text + "\n" + l.URL
}

// lines are those of one message.
func (w *words) lines(m Message, at time.Time) string {
	name := isolate(w.name(m.Entry))
	if m.Entry.Redacted {
		return fmt.Sprintf("[%s] %s: (%s)\n", clock(at), name, w.removed)
	}
	var all []string
	if m.Quoted != nil {
		who, what := w.quotation(m.Quoted)
		all = append(all, "> "+fmt.Sprintf(w.answers, isolate(who), isolate(what)))
	}
	text := plain.Clean(m.Said.Text)
	if m.Entry.Content.Emote {
		text = "* " + name + " " + text
	}
	if text != "" {
		all = append(all, text)
	}
	all = append(all, w.beside(m)...)
	var marks []string
	if m.Edited {
		marks = append(marks, w.edited)
	}
	if m.Entry.Content.AI != nil {
		marks = append(marks, w.ai)
		if m.Entry.Content.AI.Interrupted {
			marks = append(marks, w.interrupted)
		}
	}
	head := fmt.Sprintf("[%s] %s", clock(at), name)
	if len(marks) > 0 {
		head += " (" + strings.Join(marks, ", ") + ")"
	}
	body := strings.ReplaceAll(strings.Join(all, "\n"), "\n", "\n"+indent)
	return head + ": " + body + "\n"
}

// beside are the lines of what a message has beside its words.
func (w *words) beside(m Message) (all []string) {
	c := m.Entry.Content
	if c.File != nil {
		all = append(all, "["+isolate(w.attached(c.File))+joined(", ", w.details(c.File))+"]")
	}
	if c.Location != nil {
		all = append(all, "["+w.place+": "+spot(*c.Location)+"]")
	}
	buttons, cards := choices(c.Offer)
	for _, card := range cards {
		all = append(all, strings.TrimSpace("* "+isolate(card.Title)+joined("\n", card.Text)))
		if len(card.Buttons) > 0 {
			all = append(all, "  "+w.choices+isolated(card.Buttons))
		}
	}
	if len(buttons) > 0 {
		all = append(all, w.choices+isolated(buttons))
	}
	if c.AI != nil {
		for _, source := range c.AI.Sources {
			all = append(all, isolate(plain.Line(source.Title, maxName))+joined(" ", web(source.URL)))
		}
	}
	if reactions := counted(m.Reactions); len(reactions) > 0 {
		all = append(all, strings.Join(reactions, "  "))
	}
	return all
}

func joined(by, text string) string {
	if text == "" {
		return ""
	}
	return by + text
}

// isolate keeps the direction of somebody's words from what stands beside them
// (Unicode's annex 9, section 2.4).
func isolate(s string) string { return "\u2068" + s + "\u2069" }

func isolated(all []string) string {
	shown := make([]string, len(all))
	for i, s := range all {
		shown[i] = isolate(s)
	}
	return strings.Join(shown, " · ")
}

// printer goes on after an error, and keeps the first.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) print(parts ...string) {
	for _, part := range parts {
		if p.err == nil {
			_, p.err = io.WriteString(p.w, part)
		}
	}
}
