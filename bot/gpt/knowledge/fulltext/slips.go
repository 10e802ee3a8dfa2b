package fulltext

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// slips finds the known words that a mistyped one was meant to be. A word is
// looked for among those that begin or end with the same two letters: slips at
// both ends of a word are rare.
type slips struct {
	stems  map[string]string
	begins map[string][]string
	ends   map[string][]string
}

func newSlips() slips {
	return slips{stems: map[string]string{}, begins: map[string][]string{}, ends: map[string][]string{}}
}

// The shortest words in which one slip and two are forgiven, in letters, and how
// many words a mistyped one may stand for.
const (
	oneSlip  = 4
	twoSlips = 8
	maxNear  = 6
	edge     = 2
)

// add makes a word known.
func (s *slips) add(word, stem string) {
	if _, known := s.stems[word]; known || utf8.RuneCountInString(word) < oneSlip-1 || IsStop(word) {
		return
	}
	s.stems[word] = stem
	r := []rune(word)
	begin, end := string(r[:edge]), string(r[len(r)-edge:])
	s.begins[begin] = append(s.begins[begin], word)
	s.ends[end] = append(s.ends[end], word)
}

// knows reports whether a word of three letters or more is known that is no stop word.
func (s *slips) knows(word string) bool {
	_, known := s.stems[word]
	return known
}

// split parts a word that is not known into two that are, if it can be.
func (s *slips) split(word string) []string {
	for i := range word {
		if s.knows(word[:i]) && s.knows(word[i:]) {
			return []string{word[:i], word[i:]}
		}
	}
	return nil
}

// near returns the stems of the known words that are nearest to an unknown one.
func (s *slips) near(word string) (stems []string) {
	r := []rune(word)
	if len(r) < oneSlip || len(r) > maxWord || strings.ContainsAny(word, "0123456789") {
		return nil
	}
	most := 1
	if len(r) >= twoSlips {
		most = 2
	}
	for _, candidates := range [][]string{s.begins[string(r[:edge])], s.ends[string(r[len(r)-edge:])]} {
		for _, known := range candidates {
			d := distance(r, []rune(known), most)
			if d > most {
				continue
			}
			if d < most {
				stems, most = stems[:0], d
			}
			if stem := s.stems[known]; len(stems) < maxNear && !slices.Contains(stems, stem) {
				stems = append(stems, stem)
			}
		}
	}
	return stems
}

// distance is how many letters have to be put in, taken out, changed, or swapped
// with their neighbour, to make a of b (optimal string alignment); more than most
// if it is more than that.
func distance(a, b []rune, most int) int {
	if d := len(a) - len(b); d > most || -d > most {
		return most + 1
	}
	var rows [3][maxWord + 2]int
	before, row, next := rows[0][:len(b)+1], rows[1][:len(b)+1], rows[2][:len(b)+1]
	for j := range row {
		row[j] = j
	}
	for i := range a {
		next[0] = i + 1
		least := next[0]
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next[j+1] = min(row[j+1]+1, next[j]+1, row[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
			least = min(least, next[j+1])
		}
		if least > most {
			return most + 1
		}
		before, row, next = row, next, before
	}
	return row[len(b)]
}

// Keys of the two layouts, in the same order.
const (
	latinKeys    = "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
	cyrillicKeys = "ейцукенгшщзхъфывапролджэячсмитьбю" // ё is folded to е
)

// otherLayout is the word that the same keys give in the other layout, English or
// Russian; "" if they give none.
func otherLayout(word string) string {
	from, to := []rune(latinKeys), []rune(cyrillicKeys)
	if first, _ := utf8.DecodeRuneInString(word); first >= utf8.RuneSelf {
		from, to = to, from
	}
	var b strings.Builder
	for _, r := range word {
		at := slices.Index(from, r)
		if at < 0 || !inWord(to[at]) {
			return ""
		}
		b.WriteRune(to[at])
	}
	return b.String()
}
