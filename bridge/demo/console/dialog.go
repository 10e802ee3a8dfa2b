package console

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// ghost is a visitor's user: the bridge's prefix and its random name.
var ghost = regexp.MustCompile(`^@anteroom_[a-z2-7]{16}:`)

// remembered is how many messages of a dialog can still be named when they
// are edited, removed or reacted to.
const remembered = 500

const (
	// nameEvery is how long a dialog's number stands for its name.
	nameEvery = time.Minute
	// foldLines and foldRunes are how much of an operator's own text is shown.
	foldLines = 12
	foldRunes = 1000
)

// dialog is a room with a visitor in it.
type dialog struct {
	number int
	room   id.RoomID
	name   string
	// named is when a line last began with the name.
	named time.Time
	// typing is true when it was shown that the visitor types, until they have written.
	typing bool
	// lastHeard is the visitor's latest message.
	lastHeard id.EventID
	lastText  string
	// lastAt is when it was sent, in Unix milliseconds.
	lastAt int64

	said  map[id.EventID]saying
	order []id.EventID // oldest first; bounds said
}

// saying is a message as it was last read.
type saying struct {
	sender id.UserID
	text   string
}

func (d *dialog) remember(event id.EventID, sender id.UserID, text string) {
	if _, known := d.said[event]; !known {
		d.order = append(d.order, event)
		if len(d.order) > remembered {
			delete(d.said, d.order[0])
			d.order = d.order[1:]
		}
	}
	d.said[event] = saying{sender, text}
}

// label is a dialog's number and short name.
func (d *dialog) label() string { return fmt.Sprintf("[%d] %s", d.number, short(d.name, 24)) }

// head is what a line of the dialog begins with: the label, or the number
// alone where the name has just been said.
func (d *dialog) head(now time.Time) string {
	if now.Sub(d.named) < nameEvery {
		return fmt.Sprintf("[%d]", d.number)
	}
	d.named = now
	return d.label()
}

func (d *dialog) line() string {
	if d.lastText == "" {
		return d.name
	}
	return d.name + ": " + short(d.lastText, 60)
}

// short cuts a text to so many characters, on one line.
func short(text string, limit int) string {
	runes := []rune(strings.Join(strings.Fields(clean(text)), " "))
	if len(runes) <= limit {
		return string(runes)
	}
	return strings.TrimSpace(string(runes[:limit-1])) + "…"
}

// fold cuts what an operator has written, who knows it: a screen of it is enough.
func fold(text string) string {
	end, lines, runes := len(text), 1, 0
	for i, r := range text {
		if r == '\n' {
			lines++
		}
		if lines > foldLines || runes == foldRunes {
			end = i
			break
		}
		runes++
	}
	if end == len(text) {
		return text
	}
	return fmt.Sprintf("%s … (%d more characters)", text[:end], utf8.RuneCountInString(text[end:]))
}

// clean takes out what could steer the terminal: visitors write these texts.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return -1
		}
		return r
	}, text)
}

// describe says what a message holds, on as few lines as it needs.
func describe(content *event.MessageEventContent) string {
	name := content.FileName
	if name == "" {
		name = content.Body
	}
	file := func(kind string) string {
		size := ""
		if info := content.Info; info != nil && info.Size > 0 {
			size = ", " + bytes(info.Size)
		}
		caption := ""
		if content.FileName != "" && content.FileName != content.Body {
			caption = ": " + clean(content.Body)
		}
		return fmt.Sprintf("sent %s %s%s%s", kind, short(name, 60), size, caption)
	}
	switch content.MsgType {
	case event.MsgImage:
		return file("the picture")
	case event.MsgVideo:
		return file("the video")
	case event.MsgAudio:
		return file("the sound")
	case event.MsgFile:
		return file("the file")
	case event.MsgLocation:
		return "sent a place: " + clean(content.Body)
	case event.MsgEmote:
		return "* " + clean(content.Body)
	default:
		return strings.ReplaceAll(clean(content.Body), "\n", "\n        ")
	}
}

func bytes(n int) string {
	const unit = 1024
	switch {
	case n < unit:
		return fmt.Sprintf("%d B", n)
	case n < unit*unit:
		return fmt.Sprintf("%d KiB", n/unit)
	default:
		return fmt.Sprintf("%.1f MiB", float64(n)/unit/unit)
	}
}
