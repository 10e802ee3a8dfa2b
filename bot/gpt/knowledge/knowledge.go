// Package knowledge holds what a site's owner wrote down for the assistant, and
// finds in it what answers a question.
//
// # How it is written
//
// A folder of files, in folders of its own if that is handy. Markdown (.md) is cut
// into passages at its headings; a section of more than MaxPassage characters is
// cut further, between paragraphs. A head may say more of the file:
//
//	---
//	url: https://shop.example/help/delivery
//	language: en
//	title: Delivery
//	---
//
// The url is the page that says the same: it is linked under answers, with the
// anchor of the heading, which is made of the heading as GitHub makes it, or is
// written behind it as {#anchor}. Comments <!-- --> are left out.
//
// Question files (.yaml) hold a list, by itself or beside the keys of a head:
//
//	url: https://shop.example/faq
//	questions:
//	  - q: Can I pay in instalments?          # or question:
//	    a: From 150 on, in three parts.       # or answer:, as Markdown
//	    also: [split the payment, pay later]  # other wordings
//	    url: https://shop.example/payment     # another page than the file's
//
// The language of a file is that of its head, else that of the outermost folder
// when it is named like one (en, ru, pt-BR). Files without any are for everybody.
//
// # How it is searched
//
// By words, with their forms in English and Russian (package fulltext), and by
// meaning too once the base has vectors of an embeddings model (Base.Embed). Both
// ranks are fused by reciprocal rank. Without the model, or while its endpoint
// fails, words do alone.
//
// A Base never changes and can be used by many at once: to follow the files, load
// the folder again and use the new base.
package knowledge

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"github.com/anteroom-chat/anteroom/bot/gpt/knowledge/fulltext"
	"github.com/anteroom-chat/anteroom/bot/gpt/tokens"
)

// Passage is a piece of knowledge about one thing.
type Passage struct {
	// ID tells the passage apart from all others of the base, and stays as long as
	// its file and heading do: "delivery#courier", the second part "delivery#courier~2".
	ID string
	// Title is the heading or question; Above are the titles that it stands below,
	// joined by " › ", or "".
	Title, Above string
	// Also are other wordings of the title.
	Also []string
	// URL is the page that says the same, or "".
	URL string
	// Text is Markdown of at most MaxPassage characters, without the heading.
	Text string
	// File is the path in the folder, Line where the text begins.
	File string
	Line int
	// Language is a BCP 47 tag, or "" if the passage is for everybody.
	Language string
}

// Base is the knowledge of one folder, or what of it is for one language.
type Base struct {
	*shelf
	view
	// Of the embeddings, if there are any.
	embedder Embedder
	vectors  [][]float32
}

// shelf is what all views of a base have in common.
type shelf struct {
	passages []Passage
	index    *fulltext.Index
	domains  []string
	views    map[language.Base]view
}

// view are the passages for a language.
type view struct {
	mine   []bool // by the number of a passage; nil for all of them
	tokens int
}

func newBase(passages []Passage, hosts []string) *Base {
	documents := make([]fulltext.Document, len(passages))
	for i, p := range passages {
		documents[i] = fulltext.Document{Title: p.Title, Also: p.Also, Above: p.Above, Text: spoken(p.Text)}
	}
	s := &shelf{passages: passages, index: fulltext.New(documents), domains: hosts, views: map[language.Base]view{}}
	return &Base{shelf: s, view: s.look()}
}

// look counts the passages and finds the views.
func (s *shelf) look() (all view) {
	counts, of := make([]int, len(s.passages)), make([]language.Base, len(s.passages))
	for i, p := range s.passages {
		counts[i] = tokens.Estimate(p.Above) + tokens.Estimate(p.Title) + tokens.Estimate(p.Text)
		all.tokens += counts[i]
		if base, known := base(p.Language); known {
			of[i] = base
			s.views[base] = view{}
		}
	}
	for base := range s.views {
		v := view{mine: make([]bool, len(s.passages))}
		for i := range s.passages {
			if of[i] == base || of[i] == (language.Base{}) {
				v.mine[i] = true
				v.tokens += counts[i]
			}
		}
		s.views[base] = v
	}
	return all
}

// address is what is written in a text but not read aloud.
var address = regexp.MustCompile(`\]\([^()\s]*\)|https?://\S+`)

func spoken(text string) string {
	if !strings.Contains(text, "://") && !strings.Contains(text, "](") {
		return text
	}
	return address.ReplaceAllString(text, " ")
}

// For is the base for visitors of a language, a BCP 47 tag: the passages in it and
// those for everybody. It is the base itself if there are none in it.
func (b *Base) For(tag string) *Base {
	want, known := base(tag)
	v, some := b.views[want]
	if !known || !some {
		return b
	}
	of := *b
	of.view = v
	return &of
}

func base(tag string) (language.Base, bool) {
	if tag == "" {
		return language.Base{}, false
	}
	parsed, err := language.Parse(tag)
	if err != nil {
		return language.Base{}, false
	}
	of, sure := parsed.Base()
	return of, sure >= language.High
}

// has reports whether a passage is in the view.
func (b *Base) has(i int) bool { return b.mine == nil || b.mine[i] }

// All are the passages, in the order of files and lines.
func (b *Base) All() []Passage {
	var all []Passage
	for i, p := range b.passages {
		if b.has(i) {
			all = append(all, p)
		}
	}
	return all
}

// Public are the passages of all languages, for those are what Search falls back on.
func (b *Base) Public() []Passage { return slices.Clone(b.passages) }

// Tokens is about how many tokens all passages take with their titles; see package tokens.
func (b *Base) Tokens() int { return b.tokens }

// Domains are the hosts, as by Host, of all web addresses in the folder: of pages
// and of links in texts. Answers may link to them.
func (b *Base) Domains() []string { return slices.Clone(b.domains) }
