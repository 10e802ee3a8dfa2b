package safe

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

const (
	// maxWords is how long the words of a link may be, in characters.
	maxWords = 400
	// maxMark is how long a mark may be.
	maxMark = 60
)

var (
	markForm  = regexp.MustCompile(`^\s*\^?\d{1,3}(?:\s*[,;–-]\s*\^?\d{1,3})*\s*$`)
	asianForm = regexp.MustCompile(`^(\d{1,3})(?:[†:].*)?$`)
)

// bracket reads [words](address), ![words](address) and marks such as [1], [1, 2],
// [^3]; other brackets stay as they are.
func (p *plain) bracket() (int, bool) {
	from := 0
	if p.in[0] == '!' {
		if len(p.in) == 1 {
			return 0, false
		}
		if p.in[1] != '[' {
			p.put('!')
			return p.take(1)
		}
		from = 1
	}
	end, what := closingOf(p.in[from:], '[', ']', maxWords, p.done)
	if what == unclear {
		return 0, false
	}
	end += from
	if what == no {
		p.put(p.in[0])
		return p.take(1)
	}
	if end+1 == len(p.in) && !p.done {
		return 0, false
	}
	words := string(p.in[from+1 : end])
	length, href := 0, ""
	if end+1 < len(p.in) && p.in[end+1] == '(' {
		last, found := closingOf(p.in[end+1:], '(', ')', maxAddress, p.done)
		if found == unclear {
			return 0, false
		}
		if found == yes {
			length, href = last+1, target(string(p.in[end+2:end+1+last]))
		}
	}
	switch {
	case markForm.MatchString(words):
		p.cite(words)
	case length > 0:
		p.link(words, href)
	default:
		p.put(p.in[0])
		return p.take(1)
	}
	return p.take(end + 1 + length)
}

// closingOf returns where the bracket at the beginning is closed, in the same line
// and within some characters.
func closingOf(in []rune, open, shut rune, most int, done bool) (int, answer) {
	depth := 0
	for i, r := range in {
		switch {
		case r == '\n' || i > most:
			return 0, no
		case r == open:
			depth++
		case r == shut:
			if depth--; depth == 0 {
				return i, yes
			}
		}
	}
	if done {
		return 0, no
	}
	return 0, unclear
}

// target is the address of a link, without its title.
func target(within string) string {
	within = strings.TrimSpace(within)
	if inner, ok := strings.CutPrefix(within, "<"); ok {
		within, _, _ = strings.Cut(inner, ">")
		return strings.Join(strings.Fields(within), "%20")
	}
	if fields := strings.Fields(within); len(fields) > 0 {
		return fields[0]
	}
	return ""
}

// link writes a link's words, and where it leads if they do not say so.
func (p *plain) link(words, href string) {
	var shown strings.Builder
	nested := newPlain(func(s string) { shown.WriteString(s) }, p.mark)
	nested.inner, nested.lineStart = true, false
	nested.write(words)
	nested.close()
	text := strings.TrimSpace(shown.String())
	bare := func(s string) string {
		for _, scheme := range []string{"https://", "http://", "mailto:", "tel:"} {
			s = strings.TrimPrefix(s, scheme)
		}
		return strings.TrimSuffix(s, "/")
	}
	switch {
	case href == "" || bare(text) == bare(href) && strings.HasPrefix(text, "http"):
		p.puts(text)
	case text == "" || bare(text) == bare(href):
		p.puts(strings.TrimPrefix(strings.TrimPrefix(href, "mailto:"), "tel:"))
	default:
		p.puts(text + " (" + href + ")")
	}
}

// cite reports the passages of a mark. A range names all of its passages.
func (p *plain) cite(words string) {
	p.breakLine() // the mark belongs to its own line
	last, ranged := 0, false
	for _, part := range splitMark(words) {
		if part == "-" || part == "–" {
			ranged = true
			continue
		}
		n, err := strconv.Atoi(part)
		if err != nil {
			continue
		}
		if ranged && n > last && n-last < 20 {
			for between := last + 1; between < n; between++ {
				p.mark(between)
			}
		}
		p.mark(n)
		last, ranged = n, false
	}
	p.marked = true
}

// splitMark parts a mark into its numbers and dashes.
func splitMark(words string) []string {
	words = strings.NewReplacer("–", " – ", "-", " - ", ",", " ", ";", " ", "^", "").Replace(words)
	return strings.FieldsFunc(words, unicode.IsSpace)
}

// separator reads the comma between two marks, which goes with them.
func (p *plain) separator() (int, answer) {
	at := 1
	for at < len(p.in) && p.in[at] == ' ' {
		at++
	}
	if at == len(p.in) {
		if p.done {
			return 0, no
		}
		return 0, unclear
	}
	shut := ']'
	switch p.in[at] {
	case '[':
	case '【':
		shut = '】'
	default:
		return 0, no
	}
	end := slices.Index(p.in[at:], shut)
	switch {
	case end > 0 && end < maxMark && markForm.MatchString(string(p.in[at+1:at+end])):
		took, _ := p.take(at)
		return took, yes
	case end < 0 && !p.done && len(p.in)-at < maxMark:
		return 0, unclear
	default:
		return 0, no
	}
}

// asianMark reads marks as ChatGPT writes them: 【1†source】.
func (p *plain) asianMark() (int, bool) {
	end, what := closingOf(p.in, '【', '】', maxMark, p.done)
	if what == unclear {
		return 0, false
	}
	if what == yes {
		if m := asianForm.FindStringSubmatch(string(p.in[1:end])); m != nil {
			p.cite(m[1])
			return p.take(end + 1)
		}
	}
	p.put('【')
	return p.take(1)
}
