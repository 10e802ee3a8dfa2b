package safe

import (
	"strings"
	"unicode"
)

// inline reads what stands within a line.
func (p *plain) inline() (int, bool) {
	r := p.in[0]
	if p.marked && (r == ',' || r == ';') {
		if took, what := p.separator(); what != no {
			return took, what == yes
		}
	}
	switch {
	case r == '\n':
		p.endLine()
		return 1, true
	case r == ' ' || r == '\t':
		p.space = true
		return p.take(1)
	case r == '\\':
		return p.escape()
	case r == '`':
		return p.take(1)
	case r == '*' || r == '_' || r == '~':
		return p.emphasis(r)
	case (r == '[' || r == '!') && !p.inner:
		return p.bracket()
	case r == '【':
		return p.asianMark()
	case r == '<':
		return p.tag()
	case !word(p.before):
		if took, what := p.address(); what != no {
			return took, what == yes
		}
	}
	p.put(r)
	return p.take(1)
}

func word(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// escape reads a backslash, which takes the meaning of the sign behind it.
func (p *plain) escape() (int, bool) {
	if len(p.in) == 1 {
		return 0, false
	}
	if next := p.in[1]; next < unicode.MaxASCII && (unicode.IsPunct(next) || unicode.IsSymbol(next)) {
		p.put(next)
		return p.take(2)
	}
	p.put('\\')
	return p.take(1)
}

// emphasis drops signs around words, and keeps those of a sum or within a name.
func (p *plain) emphasis(sign rune) (int, bool) {
	n := 1
	for n < len(p.in) && p.in[n] == sign && n < maxHead {
		n++
	}
	if n == len(p.in) && !p.done {
		return 0, false
	}
	var after rune
	if n < len(p.in) {
		after = p.in[n]
	}
	blank := func(r rune) bool { return r == 0 || unicode.IsSpace(r) }
	keep := blank(p.before) && blank(after)
	switch sign {
	case '*':
		keep = keep || n == 1 && word(p.before) && word(after)
	case '_':
		keep = keep || word(p.before) && word(after)
	case '~':
		keep = keep || n == 1
	}
	if keep {
		for range n {
			p.put(sign)
		}
	}
	return p.take(n)
}

// maxAddress is more characters than a link of an answer has.
const maxAddress = 2000

// address reads a web address to its end: within it no sign has a meaning.
func (p *plain) address() (int, answer) {
	begins := no
	for _, start := range []string{"https://", "http://", "www."} {
		begins = max(begins, match(p.in, start, p.done))
		if begins == yes {
			break
		}
	}
	if begins != yes {
		return 0, begins
	}
	end := 0
	for end < len(p.in) && end < maxAddress && !p.endsAddress(end) {
		end++
	}
	if end == len(p.in) && !p.done && end < maxAddress {
		return 0, unclear
	}
	p.puts(strings.TrimRight(string(p.in[:end]), "_~"))
	took, _ := p.take(end)
	return took, yes
}

// endsAddress reports whether an address ends before a character: at a space, at
// what is in no address, and at the signs of emphasis around it.
func (p *plain) endsAddress(at int) bool {
	r := p.in[at]
	if r == '*' {
		return at+1 < len(p.in) && !word(p.in[at+1])
	}
	return unicode.IsSpace(r) || strings.ContainsRune("<>\"`|[]", r)
}
