package transcript

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/microcosm-cc/bluemonday"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

//go:embed page.html
var pageSource string

//go:embed page.css
var pageStyle string

// The colours of a site that names none.
const (
	usualColor = "#3b5bdb"
	usualInk   = "#ffffff"
)

// HTML writes a transcript as one page, UTF-8, that loads nothing and runs nothing.
func HTML(w io.Writer, a About, messages Messages) error {
	pages, err := template.New("page").Parse(pageSource)
	if err != nil {
		return fmt.Errorf("read the page of transcripts: %w", err)
	}
	words := wordsOf(a.Language)
	if err := pages.ExecuteTemplate(w, "head", headOf(a, words)); err != nil {
		return fmt.Errorf("write a transcript: %w", err)
	}
	policy := policyOf()
	var day string
	none := true
	var before *Message
	for m, err := range messages {
		if err != nil {
			return err
		}
		at := m.Entry.At.In(a.zone())
		shown := words.shown(m, at, a, policy)
		if today := words.date(at); today != day {
			day, shown.Day = today, today
		} else {
			shown.Grouped = before != nil && goesOn(*before, m)
		}
		if err := pages.ExecuteTemplate(w, "message", shown); err != nil {
			return fmt.Errorf("write a transcript: %w", err)
		}
		none, before = false, &m
	}
	foot := struct {
		Empty string
		After []Line
	}{After: a.After}
	if none && !a.Mail {
		foot.Empty = words.empty
	}
	if err := pages.ExecuteTemplate(w, "foot", foot); err != nil {
		return fmt.Errorf("write a transcript: %w", err)
	}
	return nil
}

// together is how close messages of one author stand together.
const together = 5 * time.Minute

func goesOn(before, m Message) bool {
	one, two := before.Entry.Author, m.Entry.Author
	return one.Party == two.Party && one.ID == two.ID && one.Name == two.Name && m.Entry.At.Sub(before.Entry.At) < together
}

// head is what the page has above its messages.
type head struct {
	Lang, Dir, Heading, Site, Saved string
	Style                           template.CSS
	// Policy is empty in a mail.
	Policy string
	Before []Line
}

func headOf(a About, w *words) head {
	language := a.Language
	if !Knows(language) {
		language = "en"
	}
	color, ink := usualColor, usualInk
	if hexColor.MatchString(a.Color) && hexColor.MatchString(a.Ink) {
		color, ink = a.Color, a.Ink
	}
	style := strings.NewReplacer("var(--color)", color, "var(--ink)", ink).Replace(pageStyle)
	h := head{Lang: language, Dir: w.dir, Heading: a.Heading(), Site: plain.Line(a.Site, maxName), Style: template.CSS(style), Before: a.Before} // #nosec G203 -- ours, and two colours of that form
	if !a.Mail {
		h.Saved = a.saved()
		sum := sha256.Sum256([]byte(style))
		h.Policy = "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
	}
	return h
}

var hexColor = regexp.MustCompile(`^#[0-9a-fA-F]{3,8}$`)

// shown is a message as the page shows it.
type shown struct {
	Day, Name, Clock, ISO  string
	Own, Grouped           bool
	Removed                string
	Quote, QuoteName       string
	Text                   template.HTML
	File, Details          string
	Icon                   string
	Place, PlaceURL        string
	Choices, ChoicesBefore string
	Cards                  []card
	Marks                  []string
	Sources                []chat.Source
	Reactions              []string
}

func (w *words) shown(m Message, at time.Time, a About, policy *bluemonday.Policy) shown {
	c := m.Entry.Content
	own := m.Entry.Author.Party == chat.Visitor
	s := shown{Name: w.name(m.Entry), Clock: clock(at), ISO: at.Format(time.RFC3339), Own: own}
	if m.Entry.Redacted {
		s.Removed = w.removed
		return s
	}
	if m.Quoted != nil {
		s.QuoteName, s.Quote = w.quotation(m.Quoted)
	}
	s.Text = w.text(m, policy, !own || !a.Mail)
	if c.File != nil {
		s.File, s.Details, s.Icon = w.attached(c.File), w.details(c.File), icons[c.File.Kind]
	}
	if c.Location != nil {
		s.Place = w.place + ": " + spot(*c.Location)
		s.PlaceURL = fmt.Sprintf("https://www.openstreetmap.org/?mlat=%[1]f&mlon=%[2]f#map=16/%[1]f/%[2]f", c.Location.Latitude, c.Location.Longitude)
	}
	var buttons []string
	buttons, s.Cards = choices(c.Offer)
	s.ChoicesBefore, s.Choices = w.choices, strings.Join(buttons, " · ")
	if m.Edited {
		s.Marks = append(s.Marks, w.edited)
	}
	if c.AI != nil {
		s.Marks = append(s.Marks, w.ai)
		if c.AI.Interrupted {
			s.Marks = append(s.Marks, w.interrupted)
		}
		for _, source := range c.AI.Sources {
			s.Sources = append(s.Sources, chat.Source{Title: plain.Line(source.Title, maxName), URL: web(source.URL)})
		}
	}
	s.Reactions = counted(m.Reactions)
	return s
}

var icons = map[chat.FileKind]string{ //nolint:gochecknoglobals // a constant that the language cannot write
	chat.Image: "🖼", chat.Video: "🎞", chat.Audio: "🎵", chat.Voice: "🎤", chat.Sticker: "🖼", chat.Attachment: "📄",
}

// text is what a message says, as markup. What was formatted has been sanitised when
// it came; here only what a page may hold comes through, whoever wrote it.
func (w *words) text(m Message, policy *bluemonday.Policy, links bool) template.HTML {
	var out bytes.Buffer
	if m.Entry.Content.Emote {
		out.WriteString("* " + template.HTMLEscapeString(w.name(m.Entry)) + " ")
	}
	if m.Said.HTML != "" {
		out.WriteString(plain.Clean(policy.Sanitize(m.Said.HTML)))
	} else {
		for _, p := range pieces(plain.Clean(m.Said.Text), links) {
			text := template.HTMLEscapeString(p.text)
			if p.url != "" {
				text = `<a rel="noopener noreferrer nofollow" href="` + template.HTMLEscapeString(p.url) + `">` + text + `</a>`
			}
			out.WriteString(strings.ReplaceAll(text, "\n", "<br>\n"))
		}
	}
	return template.HTML(out.String()) // #nosec G203 -- each part is escaped or sanitised
}

// policyOf is made for each page: it is cheap, and a shared one would be a global that
// anyone could widen.
func policyOf() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "b", "strong", "i", "em", "u", "s", "del", "strike", "code", "pre",
		"blockquote", "ul", "ol", "li", "hr", "table", "thead", "tbody", "tr", "th", "td", "sub", "sup")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("data-spoiler").Matching(regexp.MustCompile(`^$`)).OnElements("span")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto")
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	return p
}

// web is the address if it leads into the web, else empty.
func web(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return u.String()
}

// piece is a piece of plain text, or of it a link.
type piece struct{ text, url string }

var candidate = regexp.MustCompile(`(?i)\bhttps?://[^\s<>"]+`)

// pieces finds web addresses in plain text; nothing else becomes a link.
func pieces(text string, links bool) (all []piece) {
	from := 0
	if links {
		for _, at := range candidate.FindAllStringIndex(text, -1) {
			address := strings.TrimRight(text[at[0]:at[1]], ".,:;!?'»”…)]")
			if strings.Contains(address, "(") && strings.HasPrefix(text[at[0]+len(address):], ")") {
				address += ")"
			}
			there := web(address)
			if there == "" {
				continue
			}
			all = append(all, piece{text: text[from:at[0]]}, piece{address, there})
			from = at[0] + len(address)
		}
	}
	return append(all, piece{text: text[from:]})
}
