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
	if read, is := p.sign(r); is {
		return read()
	}
	if !word(p.before) {
		if took, what := p.address(); what != no {
			return took, what == yes
		}
	}
	p.put(r)
	return p.take(1)
}

// sign is how a character is read that may mean something.
func (p *plain) sign(r rune) (read func() (int, bool), is bool) {
	switch r {
	case '\n':
		return func() (int, bool) { p.endLine(); return 1, true }, true
	case ' ', '\t':
		return func() (int, bool) { p.space = true; return p.take(1) }, true
	case '\\':
		return p.escape, true
	case '`':
		return func() (int, bool) { return p.take(1) }, true
	case '*', '_', '~':
		return p.emphasis, true
	case '[', '!':
		return p.bracket, !p.inner
	case '【':
		return p.asianMark, true
	case '<':
		return p.tag, true
	default:
		return nil, false
	}
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
func (p *plain) emphasis() (int, bool) {
	sign, n := p.in[0], 1
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
	if literal(sign, n, p.before, after) {
		for range n {
			p.put(sign)
		}
	}
	return p.take(n)
}

// literal reports whether signs stand for themselves between two characters.
func literal(sign rune, n int, before, after rune) bool {
	blank := func(r rune) bool { return r == 0 || unicode.IsSpace(r) }
	within := word(before) && word(after)
	switch {
	case blank(before) && blank(after):
		return true
	case sign == '*':
		return n == 1 && within
	case sign == '_':
		return within
	default:
		return n == 1
	}
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
