// Package safe turns what a language model writes into text that a visitor may
// see, while it is being written.
//
// The text is made plain first (lists and links, no Markdown, no HTML, see plain),
// and then held back until it is known to be harmless:
//
//   - No Run of words of a secret text, such as the instruction, is told, nor the
//     beginning of one: what could become a run is held back until it does not. Case,
//     signs, spaces, characters that show nothing, letters that look alike and the
//     direction of reading make no difference; runs that a public text has too are no
//     secret. Words that are a text in base64 or hexadecimal are refused, and so are
//     words of more than 4 KiB. What a model can change in other ways is not found: a
//     translation, a paraphrase, words in another order or with others between them,
//     another cipher, letters as emoji. So an instruction should hold nothing that must
//     not be known.
//   - No link leads elsewhere than to the allowed domains and what is below them, at
//     their ports, or to pages that the knowledge names and what is below those, and with
//     no query that the knowledge does not have. A link is whatever anybody takes for one:
//     addresses with a scheme, hosts that end in a domain of the internet, addresses of
//     IPv4, addresses of mail. Other schemes than http and https are refused, and so are
//     addresses with a user and those of IPv6.
//   - If only what is cited counts, a line is shown once it has the mark of a known
//     passage, such as [1], or a line behind it has; what no mark follows is dropped.
//
// Whatever the pieces in which the text comes: what was shown is the beginning of
// what is shown in the end, and one text gives one outcome.
package safe

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Rules are what answers have to keep to. They are safe for use by many at once.
type Rules struct {
	runs  *runs
	links links
}

// NewRules makes rules: secret texts are not to be told, except for what public texts
// have as well; answers may link to the domains, and to what the public texts link to. A
// domain is a host, with its port if that is not the usual one: shop.example:8443.
func NewRules(secret, public, domains []string) *Rules {
	r := &Rules{
		runs: newRuns(secret, public),
		links: links{
			domains: map[string]bool{}, doors: map[string]bool{}, hosts: map[string]bool{},
			queries: map[string]bool{}, mails: map[string]bool{},
		},
	}
	for _, d := range domains {
		host, port, _ := strings.Cut(d, ":")
		if name := ascii(host); name != "" {
			r.links.domains[name], r.links.doors[withPort(name, port)] = true, true
		}
	}
	for _, text := range public {
		r.links.learn(text)
	}
	return r
}

// Tells reports whether a text has a run of a secret one.
func (r *Rules) Tells(text string) bool { return r.runs.tells(text) || coded(text) }

// Visible is a text without characters that show nothing or change how others are
// shown, and without white space at its ends.
func Visible(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unseen(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "")))
}

// Mails are the addresses of mail in a text.
func Mails(text string) []string { return mailForm.FindAllString(normal(text), -1) }

// Reason is why a text may not be shown.
type Reason string

// The reasons.
const (
	Leak Reason = "leak" // it tells a secret text
	Link Reason = "link" // it links elsewhere
)

// Forbidden says that a text may not be shown. What was shown of it was harmless.
type Forbidden struct {
	Reason Reason
	// What is the link; empty for a leak.
	What string
}

func (f *Forbidden) Error() string {
	if f.Reason == Leak {
		return "the text tells the instruction"
	}
	return "the text links to " + f.What
}

// Options are of one answer.
type Options struct {
	// Mails are addresses that the answer may have beside those of the rules, such as
	// the visitor's own.
	Mails []string
	// OnlyCited shows nothing but what rests on a passage.
	OnlyCited bool
}

// Text is an answer while it is written. It is not safe for use by many at once.
type Text struct {
	rules *Rules
	mails map[string]bool
	plain *plain

	// text is all of the answer in plain words. Up to shown it was shown, up to read it
	// was looked through, up to scanned for the end of a word; field is where the word
	// begins that is being written.
	text    strings.Builder
	shown   int
	read    int
	scanned int
	field   int
	// linkable is whether that word has more than letters without spaces between them.
	linkable bool

	// at is where in the secret runs the text stands, starts where its last parts
	// begin, with the letters that each has; held is where a run may have begun, or -1.
	at     int32
	starts []start
	held   int

	// passages is how many there are; cited are those that were, in order.
	passages  int
	onlyCited bool
	cited     []cited
	open      bool // the line has a mark
	counted   int  // up to here the text rests on passages
	behind    string

	err error
}

type start struct {
	offset, letters int
}

type cited struct {
	number, offset int
}

// New begins an answer.
func (r *Rules) New(o Options) *Text {
	t := &Text{rules: r, mails: map[string]bool{}, onlyCited: o.OnlyCited, held: -1}
	for _, mail := range o.Mails {
		t.mails[normal(mail)] = true
	}
	t.plain = newPlain(t.add, t.cite)
	return t
}

// Know says that passages up to a number can be cited from now on.
func (t *Text) Know(passages int) { t.passages = max(t.passages, passages) }

// Write takes more of what the model writes and returns what may be shown now,
// behind all that was shown before. After an error, a *Forbidden, nothing more is shown.
func (t *Text) Write(raw string) (show string, err error) {
	if t.err != nil {
		return "", t.err
	}
	t.plain.write(raw)
	t.look(false)
	return t.release(false), t.err
}

// Close says that the model has written all, and returns the rest that may be shown.
func (t *Text) Close() (show string, err error) {
	if t.err != nil {
		return "", t.err
	}
	t.plain.close()
	t.look(true)
	return t.release(true), t.err
}

// Add shows something behind the text, once it is closed.
func (t *Text) Add(behind string) (show string) {
	t.behind += behind
	return behind
}

// Shown is all that was returned to be shown.
func (t *Text) Shown() string { return t.text.String()[:t.shown] + t.behind }

// Cited are the numbers of the passages on which what was shown rests, in the order
// in which they were named.
func (t *Text) Cited() []int {
	var numbers []int
	seen := map[int]bool{}
	for _, c := range t.cited {
		if c.offset <= t.shown && !seen[c.number] && t.shown > 0 {
			seen[c.number] = true
			numbers = append(numbers, c.number)
		}
	}
	return numbers
}

// add takes plain text.
func (t *Text) add(s string) {
	if strings.Contains(s, "\n") {
		t.open = false
	}
	t.text.WriteString(s)
	if t.open {
		t.counted = t.text.Len()
	}
}

// cite takes a mark.
func (t *Text) cite(number int) {
	if number < 1 || number > t.passages {
		return
	}
	t.cited = append(t.cited, cited{number, t.text.Len()})
	t.open, t.counted = true, t.text.Len()
}

// look reads on, word by word.
func (t *Text) look(whole bool) {
	text := t.text.String()
	for t.err == nil && t.read < len(text) {
		r, size := utf8.DecodeRuneInString(text[t.read:])
		if unicode.IsSpace(r) {
			t.endField()
			t.read += size
			t.field, t.linkable = t.read, false
			continue
		}
		end := t.read + size
		if !unspaced(r) {
			t.linkable = true
			if end = t.partEnd(text); end == len(text) && !whole {
				return
			}
		}
		t.feed(t.read, end)
		t.read = end
	}
	if whole {
		t.endField()
	}
}

// maxWord is more bytes than a word of an answer has.
const maxWord = 4096

// partEnd is where the part ends that begins at read; the text's end if that is not known.
func (t *Text) partEnd(text string) int {
	t.scanned = max(t.scanned, t.read)
	end := len(text)
	if length := strings.IndexFunc(text[t.scanned:], func(r rune) bool { return unicode.IsSpace(r) || unspaced(r) }); length >= 0 {
		end = t.scanned + length
	}
	t.scanned = end
	if end-t.read > maxWord {
		t.err = &Forbidden{Reason: Leak} // whatever it is, it is not for people
	}
	return end
}

// feed reads a part for secret runs.
func (t *Text) feed(begin, end int) {
	read := letters(t.text.String()[begin:end])
	t.starts = append(t.starts, start{begin, len(read)})
	for _, letter := range read {
		t.at = t.rules.runs.next(t.at, letter)
		if t.rules.runs.told(t.at) {
			t.err = &Forbidden{Reason: Leak}
			return
		}
	}
	t.forget()
}

// minHeld is how many letters within a word make the beginning of a run: by chance
// most words end in one or two.
const minHeld = 6

// forget drops the starts of parts that no begun run reaches back to.
func (t *Text) forget() {
	keep := len(t.starts)
	for at := t.at; at != 0; at = t.rules.runs.nodes[at].fail {
		depth, from := int(t.rules.runs.nodes[at].depth), len(t.starts)
		rest := depth
		for rest > 0 {
			from--
			rest -= t.starts[from].letters
		}
		keep = min(keep, from)
		if rest == 0 || depth >= minHeld {
			t.held = t.starts[from].offset
			t.starts = t.starts[keep:]
			return
		}
	}
	t.held = -1
	t.starts = t.starts[keep:]
}

// endField looks at a word that is complete.
func (t *Text) endField() {
	field := t.text.String()[t.field:t.read]
	switch bad := t.rules.links.forbidden(field, t.mails); {
	case t.err != nil || field == "":
	case coded(field):
		t.err = &Forbidden{Reason: Leak}
	case bad != "":
		t.err = &Forbidden{Reason: Link, What: bad}
	}
}

// release returns what may be shown now.
func (t *Text) release(whole bool) string {
	if t.err != nil {
		return ""
	}
	text, end := t.text.String(), t.read
	if !whole {
		if t.held >= 0 {
			end = t.held
		}
		if t.linkable {
			end = min(end, t.field)
		}
	}
	if t.onlyCited {
		end = min(end, t.counted)
	}
	end = t.shown + len(strings.TrimRightFunc(text[t.shown:max(end, t.shown)], unicode.IsSpace))
	show := text[t.shown:end]
	t.shown = end
	return show
}
