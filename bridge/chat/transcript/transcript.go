// Package transcript writes a dialog as its visitor reads it: as a page that needs
// nothing beside itself, and as plain text. Whatever visitors and operators wrote is
// shown and never obeyed: no byte of it can become markup, a script, somebody else's
// line, or turn the direction of what stands beside it.
//
// It is written message by message, so a dialog of any length takes little memory.
package transcript

import (
	"fmt"
	"iter"
	"math"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

// Message is a message as it stands now.
type Message struct {
	// Entry is the message as it was sent.
	Entry chat.Entry
	// Said are its words after the last edit: the message's own or the edit's.
	Said chat.Content
	// Edited is true if they are an edit's.
	Edited bool
	// Quoted is the message that it answers, as that stands now; nil for none.
	Quoted *Message
	// Reactions are the emoji on it, in the order in which they came.
	Reactions []string
}

// Messages gives messages in the order of their numbers, until an error.
type Messages = iter.Seq2[Message, error]

// About says of what conversation a transcript is, and for whom.
type About struct {
	// Site is what the site is called.
	Site string
	// Language is "en", "ru" or "ar"; another one is read as English.
	Language string
	// Zone is the visitor's time zone; nil is UTC.
	Zone *time.Location
	// At is when it is written.
	At time.Time
	// Color and Ink are the site's colour and what is read on it, "#rrggbb"; empty for
	// the usual ones.
	Color, Ink string
	// Subject is the heading; empty for "Conversation with …".
	Subject string
	// Before are lines of ours above the messages, After below them.
	Before, After []Line
	// Mail leaves out what mail programs do not take: the page's own policy, and links
	// in what visitors wrote, so that nobody has others click by way of somebody's mail server.
	Mail bool
}

// Line is a line of ours; with a URL it is a link, with Button a large one.
type Line struct {
	Text   string
	URL    string
	Button bool
	// Small is for what most need not read.
	Small bool
}

// Heading is what a transcript is called.
func (a About) Heading() string {
	if a.Subject != "" {
		return a.Subject
	}
	return fmt.Sprintf(wordsOf(a.Language).heading, plain.Line(a.Site, maxName))
}

// maxName is the most characters that are shown of a name.
const maxName = 200

func (a About) zone() *time.Location {
	if a.Zone == nil {
		return time.UTC
	}
	return a.Zone
}

// saved says when it was written, and in which zone its times are.
func (a About) saved() string {
	w := wordsOf(a.Language)
	at := a.At.In(a.zone())
	return fmt.Sprintf(w.saved, w.date(at), clock(at), zoneName(at))
}

// zoneName is "Europe/Berlin, UTC+1".
func zoneName(at time.Time) string {
	_, seconds := at.Zone()
	offset := "UTC"
	if seconds != 0 {
		hours, minutes := seconds/3600, abs(seconds)%3600/60
		offset = fmt.Sprintf("UTC%+d", hours)
		if hours == 0 && seconds < 0 {
			offset = "UTC-0"
		}
		if minutes != 0 {
			offset += fmt.Sprintf(":%02d", minutes)
		}
	}
	if name := at.Location().String(); name != "UTC" && name != "Local" {
		return name + ", " + offset
	}
	return offset
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

func clock(at time.Time) string { return at.Format("15:04") }

// name is who wrote a message, by the name that visitors read.
func (w *words) name(e chat.Entry) string {
	switch e.Author.Party {
	case chat.Visitor:
		return w.you
	case chat.Bot:
		return w.bot
	case chat.Operator:
		if name := plain.Line(e.Author.Name, maxName); !plain.Blank(name) {
			return name
		}
		return w.support
	default:
		return w.support
	}
}

// attached is what a file is called.
func (w *words) attached(f *chat.File) string {
	name := plain.Line(f.Name, maxName)
	if plain.Blank(name) {
		name = w.file
	}
	if f.Kind == chat.Voice {
		name = w.voice
	}
	return name
}

// details are how large a file is and how long it lasts; empty if nobody knows.
func (w *words) details(f *chat.File) string {
	var all []string
	if f.Duration > 0 {
		s := f.Duration / time.Second.Milliseconds()
		all = append(all, fmt.Sprintf("%d:%02d", s/60, s%60))
	}
	if f.Size > 0 {
		all = append(all, w.size(f.Size))
	}
	return strings.Join(all, ", ")
}

func (w *words) size(bytes int64) string {
	step := min(len(w.bytes)-1, int(math.Log2(float64(bytes))/10))
	value := float64(bytes) / math.Pow(1024, float64(step))
	digits := 0
	if step > 0 && value < 10 {
		digits = 1
	}
	number := strings.TrimSuffix(fmt.Sprintf("%.*f", digits, value), ".0")
	if w.comma {
		number = strings.ReplaceAll(number, ".", ",")
	}
	return number + " " + w.bytes[step]
}

// spot is a place on the map, in degrees.
func spot(l chat.Location) string { return fmt.Sprintf("%.5f, %.5f", l.Latitude, l.Longitude) }

// choices are the words of the buttons that a message offers, and of its cards.
func choices(o *chat.Offer) (buttons []string, cards []card) {
	if o == nil {
		return nil, nil
	}
	for _, c := range o.Cards {
		shown := card{Title: plain.Line(c.Title, maxName), Text: plain.Clean(c.Text)}
		for _, b := range c.Buttons {
			shown.Buttons = append(shown.Buttons, plain.Line(b.Text, maxName))
		}
		cards = append(cards, shown)
	}
	for _, b := range o.Buttons {
		buttons = append(buttons, plain.Line(b.Text, maxName))
	}
	return buttons, cards
}

type card struct {
	Title, Text string
	Buttons     []string
}

// counted are reactions with how many there are of each, in the order in which they came.
func counted(reactions []string) (all []string) {
	n := map[string]int{}
	for _, key := range reactions {
		key = plain.Line(key, maxName)
		if n[key]++; n[key] == 1 {
			all = append(all, key)
		}
	}
	for i, key := range all {
		if n[key] > 1 {
			all[i] = fmt.Sprintf("%s %d", key, n[key])
		}
	}
	return all
}

// maxQuote is the most characters of a quotation.
const maxQuote = 120

// quotation is who wrote what a message answers, and how that begins.
func (w *words) quotation(m *Message) (name, text string) {
	name = w.name(m.Entry)
	c := m.Entry.Content
	switch {
	case m.Entry.Redacted:
		return name, w.removed
	case plain.Line(m.Said.Text, maxQuote) != "":
		text = m.Said.Text
	case c.File != nil:
		return name, w.attached(c.File)
	case c.Location != nil:
		return name, w.place
	default:
		buttons, cards := choices(c.Offer)
		var names []string
		for _, card := range cards {
			names = append(names, card.Title)
		}
		text = strings.Join(append(names, buttons...), ", ")
	}
	cut := plain.Line(text, maxQuote)
	if len(plain.Line(text, maxQuote+1)) > len(cut) {
		cut += "…"
	}
	return name, cut
}
