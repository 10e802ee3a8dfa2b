// Package fulltext ranks short texts by the words of a question, whatever their
// forms: English and Russian ones are brought to their stems, a slip of the
// keyboard is forgiven where no such word is known, and so is the wrong keyboard
// layout. Words of other languages count as they are written.
//
// The rank is BM25F (Robertson and Zaragoza, "The Probabilistic Relevance
// Framework", 2009): how rare a word is, times how often it stands in each field
// of a text for the field's length. Nothing in it is made for certain texts.
package fulltext

import (
	"cmp"
	"math"
	"slices"
)

// Document is a text with its fields, in the order of their weight.
type Document struct {
	// Title is what the text is about in a few words.
	Title string
	// Also are other wordings of the title.
	Also []string
	// Above are the titles of what the text is part of.
	Above string
	Text  string
}

// What words count for, by where they stand. A title is chosen with care, so its
// words count more; and hardly less when it is long.
const (
	weightTitle, normTitle = 2.5, 0.3
	weightAlso             = 2.2
	weightAbove, normAbove = 0.6, 0.3
	weightText, normText   = 1.0, 0.7

	// saturation is BM25's k1: how soon more of the same word adds nothing.
	saturation = 1.2
	// coverage is the part of the rank that depends on how many of the
	// question's words a text has at all.
	coverage = 0.5
)

// Hit is a document that was found, by its number from 0. Scores compare hits of
// one search alone.
type Hit struct {
	Document int
	Score    float64
}

// Index finds documents. It never changes, and can be used by many at once.
type Index struct {
	size     int
	terms    map[string]int
	postings [][]posting
	idf      []float64
	// families are the terms of four letters or more by the first of them.
	families map[string][]int
	slips    slips
	stems    []string
}

type posting struct {
	document int
	weight   float64
}

// New makes an index, in a time that is linear in the length of all texts.
func New(documents []Document) *Index {
	x := &Index{size: len(documents), terms: map[string]int{}, families: map[string][]int{}, slips: newSlips()}
	counted := make([]counts, len(documents))
	stem := newStemmer()
	for i, d := range documents {
		counted[i] = x.count(stem, d)
	}
	mean := meanLengths(counted)
	for i, c := range counted {
		for id, weight := range c.weigh(mean) {
			x.postings[id] = append(x.postings[id], posting{i, weight})
		}
	}
	x.idf = make([]float64, len(x.postings))
	for id, in := range x.postings {
		x.idf[id] = math.Log(1 + (float64(len(documents)-len(in))+0.5)/(float64(len(in))+0.5))
	}
	return x
}

// counts are how often each term stands in the fields of a document.
type counts struct {
	title, above, text field
	also               []field
}

type field struct {
	times  map[int]int
	length int
}

func (x *Index) count(stem *stemmer, d Document) counts {
	c := counts{title: x.countField(stem, d.Title), above: x.countField(stem, d.Above), text: x.countField(stem, d.Text)}
	for _, wording := range d.Also {
		c.also = append(c.also, x.countField(stem, wording))
	}
	return c
}

func (x *Index) countField(stem *stemmer, text string) field {
	f := field{times: map[int]int{}}
	for word := range words(text) {
		s := stem.of(word)
		f.times[x.term(s)]++
		f.length++
		x.slips.add(word, s)
	}
	return f
}

// term is the number of a stem, a new one if it is new.
func (x *Index) term(stem string) int {
	id, known := x.terms[stem]
	if !known {
		id = len(x.stems)
		x.terms[stem] = id
		x.stems = append(x.stems, stem)
		x.postings = append(x.postings, nil)
		if start := prefix(stem, familyStart); start != "" {
			x.families[start] = append(x.families[start], id)
		}
	}
	return id
}

type lengths struct{ title, above, text float64 }

func meanLengths(all []counts) (mean lengths) {
	for _, c := range all {
		mean.title += float64(c.title.length)
		mean.above += float64(c.above.length)
		mean.text += float64(c.text.length)
	}
	n := float64(max(1, len(all)))
	return lengths{mean.title / n, mean.above / n, mean.text / n}
}

// weigh adds up what each term counts for in a document. Of the title and its
// other wordings the one with most of a term counts, not their sum.
func (c counts) weigh(mean lengths) map[int]float64 {
	weights := map[int]float64{}
	c.title.weigh(weights, weightTitle, normTitle, mean.title)
	for _, wording := range c.also {
		here := map[int]float64{}
		wording.weigh(here, weightAlso, normTitle, mean.title)
		for id, weight := range here {
			weights[id] = max(weights[id], weight)
		}
	}
	c.above.weigh(weights, weightAbove, normAbove, mean.above)
	c.text.weigh(weights, weightText, normText, mean.text)
	return weights
}

func (f field) weigh(into map[int]float64, weight, norm, mean float64) {
	length := 1 - norm + norm*float64(f.length)/max(mean, 1)
	for id, times := range f.times {
		into[id] += weight * float64(times) / length
	}
}

// MaxWords is how many different words of a question count.
const MaxWords = 40

// Search returns at most n of the documents that have words of the question, the
// best first; keep says which may be found, and is nil for all of them. Words such
// as "how" find nothing by themselves, unless the question has no others.
func (x *Index) Search(question string, n int, keep func(document int) bool) []Hit {
	telling, stops := x.question(question)
	scores, had := make([]float64, x.size), make([]float64, x.size)
	total := 0.0
	best := make([]float64, x.size) // of one word, zero between words
	for i, word := range slices.Concat(telling, stops) {
		var touched []int
		most := 0.0
		for _, form := range word.forms {
			most = max(most, x.idf[form.term])
			for _, p := range x.postings[form.term] {
				if i >= len(telling) && scores[p.document] == 0 {
					continue
				}
				if best[p.document] == 0 {
					touched = append(touched, p.document)
				}
				best[p.document] = max(best[p.document], form.weight*x.idf[form.term]*p.weight*(saturation+1)/(p.weight+saturation))
			}
		}
		total += word.weight * most
		for _, d := range touched {
			scores[d] += word.weight * best[d]
			had[d] += word.weight * most
			best[d] = 0
		}
	}
	var hits []Hit
	for d, score := range scores {
		if score > 0 && (keep == nil || keep(d)) {
			hits = append(hits, Hit{d, score * (1 - coverage + coverage*had[d]/total)})
		}
	}
	slices.SortStableFunc(hits, func(a, b Hit) int { return cmp.Compare(b.Score, a.Score) })
	return hits[:min(max(n, 0), len(hits))]
}

// asked is a word of a question, with the terms that it may stand for.
type asked struct {
	weight float64
	forms  []form
}

type form struct {
	term   int
	weight float64
}

// weightStop is what words such as "how" and "for" count for beside others.
const weightStop = 0.1

// question finds the terms of a question: of the words that tell what it is about,
// and of the others. Words that no document has in any form are left out. If there
// are none but others, as in "where are you?", these have to tell it.
func (x *Index) question(question string) (telling, stops []asked) {
	stem := newStemmer()
	seen := map[string]bool{}
	tells, before := false, ""
	for word := range words(question) {
		if len(seen) >= MaxWords {
			break
		}
		first, joined := before == "", before+word
		before = word
		if s := stem.of(joined); !first && x.slips.knows(joined) && !seen[s] { // "log in" for "login"
			seen[s], tells = true, true
			telling = append(telling, asked{1, []form{{x.terms[s], 1}}})
		}
		s := stem.of(word)
		if seen[s] {
			continue
		}
		seen[s] = true
		forms := x.forms(stem, word, s)
		switch stop := IsStop(word); {
		case stop && len(forms) > 0:
			stops = append(stops, asked{weightStop, forms})
		case !stop:
			tells = true
			if len(forms) > 0 {
				telling = append(telling, asked{1, forms})
			}
		}
	}
	if !tells {
		return stops, nil
	}
	return telling, stops
}

// What a word counts for if a document has another one that probably means the same.
const (
	weightFamily = 0.55
	weightSlip   = 0.75
	weightPart   = 0.75
	familyStart  = 4
	familyEnd    = 3
)

// forms are the terms that a word may stand for: its stem; stems that begin alike,
// since a stemmer leaves "deliver" and "delivery" apart; and, if the stem is not
// known, words that differ by a slip.
func (x *Index) forms(stem *stemmer, word, s string) (forms []form) {
	id, known := x.terms[s]
	if known {
		forms = append(forms, form{id, 1})
	}
	if IsStop(word) {
		return forms
	}
	for _, other := range x.families[prefix(s, familyStart)] {
		if x.stems[other] != s && alike(s, x.stems[other]) {
			forms = append(forms, form{other, weightFamily})
		}
	}
	if known {
		return forms
	}
	for _, part := range x.slips.split(word) { // "limescale" for "lime scale"
		forms = append(forms, form{x.terms[stem.of(part)], weightPart})
	}
	near := x.slips.near(word)
	if len(near) == 0 && len(forms) == 0 {
		if other := otherLayout(word); other != "" {
			if id, known := x.terms[stem.of(other)]; known {
				return []form{{id, 1}}
			}
			near = x.slips.near(other)
		}
	}
	for _, s := range near {
		forms = append(forms, form{x.terms[s], weightSlip})
	}
	return forms
}

// alike reports whether two stems begin alike and differ by an ending.
func alike(a, b string) bool {
	x, y := []rune(a), []rune(b)
	same := 0
	for same < min(len(x), len(y)) && x[same] == y[same] {
		same++
	}
	return same >= familyStart && max(len(x), len(y))-same <= familyEnd && 5*same >= 3*max(len(x), len(y))
}

// prefix is the first n letters, or "" if there are fewer.
func prefix(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	if n == 0 {
		return s
	}
	return ""
}

// Terms returns the different stems of a text without stop words, in order.
func Terms(text string) (terms []string) {
	stem := newStemmer()
	for word := range words(text) {
		if s := stem.of(word); !IsStop(word) && !slices.Contains(terms, s) {
			terms = append(terms, s)
		}
	}
	return terms
}

// Share reports whether two texts have a stem in common that is none of a stop word.
func Share(a, b string) bool {
	of := Terms(b)
	return slices.ContainsFunc(Terms(a), func(s string) bool { return slices.Contains(of, s) })
}
