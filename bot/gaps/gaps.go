// Package gaps finds out what visitors wanted and no chain was meant by, so that
// an owner sees which chain to write next.
package gaps

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/anteroom-chat/anteroom/bot/fold"
)

// Times is how many messages were like this one.
type Times struct {
	Text  string
	Count int
}

// Gaps are what comes up more than once.
type Gaps struct {
	// Messages is how many there were at all.
	Messages int
	// Whole are messages that were the same but for case, accents and marks around
	// them, as they were written last; Words are words, each counted once a message.
	Whole, Words []Times

	whole, words map[string]*Times
}

// Add counts a message.
func (g *Gaps) Add(text string) {
	if g.whole == nil {
		g.whole, g.words = map[string]*Times{}, map[string]*Times{}
	}
	g.Messages++
	folded := fold.Fold(text)
	count(g.whole, strings.TrimFunc(folded, isMark), text)
	words := strings.FieldsFunc(folded, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '-'
	})
	slices.Sort(words)
	for _, word := range slices.Compact(words) {
		if word = strings.Trim(word, "-"); len([]rune(word)) > 2 && !slices.Contains(common(), word) {
			count(g.words, word, word)
		}
	}
}

func isMark(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) }

func count(all map[string]*Times, key, text string) {
	switch {
	case key == "":
	case all[key] == nil:
		all[key] = &Times{text, 1}
	default:
		all[key].Text = text
		all[key].Count++
	}
}

// Sum fills in what comes up most, at most that many of each.
func (g *Gaps) Sum(most int) {
	g.Whole, g.Words = often(g.whole, most), often(g.words, most)
}

func often(all map[string]*Times, most int) (list []Times) {
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if all[key].Count > 1 {
			list = append(list, *all[key])
		}
	}
	slices.SortStableFunc(list, func(a, b Times) int { return cmp.Compare(b.Count, a.Count) })
	return list[:min(most, len(list))]
}

// common are words that tell nothing of what somebody wants.
func common() []string {
	return []string{
		"and", "are", "but", "can", "could", "did", "does", "for", "from", "get", "has", "have", "hello", "hey", "how", "its", "just", "like", "not",
		"please", "some", "thank", "thanks", "that", "the", "them", "there", "they", "this", "was", "what", "when", "where", "which", "will", "with",
		"would", "you", "your",
		"без", "был", "было", "быть", "вам", "вас", "все", "где", "для", "добрый", "день", "если", "есть", "еще", "здравствуйте", "или", "как", "какая", "какой",
		"когда", "кто", "меня", "мне", "можно", "мой", "моя", "нас", "нет", "них", "она", "они", "оно", "подскажите", "пожалуйста", "после", "привет", "при",
		"про", "сколько", "спасибо", "там", "так", "уже", "хочу", "что", "чтобы", "это", "этот",
	}
}
