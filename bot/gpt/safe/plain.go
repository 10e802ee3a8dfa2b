package safe

import (
	"slices"
	"strings"
	"unicode"
)

// plain turns Markdown, and the HTML that models mix into it, into plain text with
// lists and links, while it comes in. What it has put out it never takes back: of
// what could still become something else it waits for the rest. So the pieces in
// which the text comes make no difference to the result.
//
//   - Emphasis, headings, quotes, code marks and rules lose their signs, lists are
//     "- " and "1. " lines, and so are tables, see row;
//   - [words](address) and <a href="address">words</a> become "words (address)", and
//     so do pictures;
//   - other tags are taken away; thoughts within <think>…</think> as well;
//   - marks such as [1] are taken away and reported;
//   - characters that show nothing or turn the direction of writing are dropped.
type plain struct {
	// text gets what is put out, mark the number of a passage that is cited there.
	text func(string)
	mark func(number int)

	in   []rune
	done bool

	lineStart bool
	fenced    bool
	thinking  bool
	inner     bool // within a link's words, where there are no further links
	before    rune // what stands before in[0] in the same line, or 0
	href      string

	// What is put out before the next character.
	newlines int
	space    bool
	indent   string
	wrote    bool
	fresh    bool // nothing is in the line yet
	marked   bool // a mark was dropped since the last character
}

func newPlain(text func(string), mark func(int)) *plain {
	return &plain{text: text, mark: mark, lineStart: true}
}

// maxPiece is how many characters are looked at together: each row of a table costs the
// rest of them.
const maxPiece = 1024

// write takes more of the text.
func (p *plain) write(raw string) {
	for piece := range slices.Chunk([]rune(strings.ReplaceAll(strings.ToValidUTF8(raw, ""), "\r", "")), maxPiece) {
		p.in = append(p.in, piece...)
		p.run()
	}
}

// close says that there is no more.
func (p *plain) close() {
	p.done = true
	p.run()
	p.closeLink()
}

func (p *plain) run() {
	for len(p.in) > 0 {
		took, ok := p.step()
		if !ok && !p.done {
			return
		}
		if !ok { // nothing more will come: it is what it looks like
			p.put(p.in[0])
			took = 1
		}
		p.in = p.in[took:]
	}
	p.in = slices.Clip(p.in)
}

// step handles what stands at the beginning, and returns how many characters that
// was; false if it has to see more.
func (p *plain) step() (took int, ok bool) {
	if p.thinking {
		return p.skipThought()
	}
	if p.lineStart {
		return p.beginLine()
	}
	if p.fenced && p.in[0] != '\n' {
		p.put(p.in[0])
		return 1, true
	}
	return p.inline()
}

// take is a step that leaves the last character that it took as the one before.
func (p *plain) take(n int) (int, bool) {
	p.before = p.in[n-1]
	return n, true
}

const (
	thinkOpen  = "<think>"
	thinkClose = "</think>"
)

// skipThought drops what reasoning models think aloud.
func (p *plain) skipThought() (int, bool) {
	if p.in[0] != '<' {
		return 1, true
	}
	switch match(p.in, thinkClose, p.done) {
	case yes:
		p.thinking, p.lineStart = false, true
		return len(thinkClose), true
	case unclear:
		return 0, false
	default:
		return 1, true
	}
}

// answer is what is known of a question about text that is not all there.
type answer int

const (
	no answer = iota
	yes
	unclear
)

// match reports whether the text begins with the word, in any case of its letters.
func match(in []rune, word string, done bool) answer {
	for i, r := range []rune(word) {
		if i == len(in) {
			if done {
				return no
			}
			return unclear
		}
		if unicode.ToLower(in[i]) != r {
			return no
		}
	}
	return yes
}

// put puts out one character, after what was waiting for it.
func (p *plain) put(r rune) {
	if unseen(r) {
		return
	}
	p.breakLine()
	if p.space && p.wrote && !p.fresh && (!p.marked || !closing(r)) {
		p.text(" ")
	}
	p.space, p.marked, p.fresh = false, false, false
	p.wrote = true
	p.text(string(r))
}

// breakLine puts out the ends of lines before what comes now.
func (p *plain) breakLine() {
	if p.newlines == 0 {
		return
	}
	if p.wrote {
		p.text(strings.Repeat("\n", min(p.newlines, 2)))
		p.text(p.indent)
	}
	p.newlines, p.space, p.indent, p.fresh = 0, false, "", true
}

// puts puts out a text as it stands.
func (p *plain) puts(s string) {
	for _, r := range s {
		switch r {
		case ' ':
			p.space = true
		case '\n':
			p.endLine()
		default:
			p.put(r)
		}
	}
}

// endLine ends the line, if it was not ended twice.
func (p *plain) endLine() {
	p.closeLink()
	p.newlines, p.space, p.lineStart, p.before = p.newlines+1, false, true, 0
}

// closeLink writes where the words before lead, once they are complete.
func (p *plain) closeLink() {
	if p.href == "" {
		return
	}
	href := p.href
	p.href = ""
	p.puts(" (" + href + ")")
}

// closing reports what follows a word without a space.
func closing(r rune) bool { return strings.ContainsRune(".,:;!?…)]}»”’", r) }

// unseen reports characters that no answer needs: they show nothing, or change how
// others are shown. Those that join letters or choose an emoji's form stay.
func unseen(r rune) bool {
	switch r {
	case '\u200c', '\u200d':
		return false
	case '\ufffd', '\u034f', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u2800', '\u3164', '\uffa0':
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp) || r >= 0xE0100 && r <= 0xE01EF
}
