package chain

import (
	"slices"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/fold"
)

// said is the button that a visitor's words mean: the one that says just that, or
// else the only one that says it but for commas and the like, or begins with the yes
// or the no that is all that the visitor says.
func (all buttons) said(t *Turn, words string) *button {
	if b := all.named(t, words); b != nil {
		return b
	}
	said := bare(words)
	if said == "" {
		return nil
	}
	if b := all.only(t, func(text string) bool { return bare(text) == said }); b != nil {
		return b
	}
	return all.only(t, func(text string) bool { return agrees(text, words) })
}

// named is the first button of just these words.
func (all buttons) named(t *Turn, words string) *button {
	words = fold.Fold(words)
	for _, b := range all {
		if words != "" && !b.isLink() && b.says(t, func(text string) bool { return fold.Fold(text) == words }) {
			return b
		}
	}
	return nil
}

// only is the button whose words fit, if those of no other do.
func (all buttons) only(t *Turn, fits func(text string) bool) (found *button) {
	for _, b := range all {
		if b.isLink() || !b.says(t, fits) {
			continue
		}
		if found != nil {
			return nil
		}
		found = b
	}
	return found
}

// says reports whether the button's words fit, in the visitor's language or in
// another: it may have changed since the button was shown.
func (b *button) says(t *Turn, fits func(text string) bool) bool {
	for _, language := range append([]string{t.In.Facts.Language}, b.Text.Languages()...) {
		// An error was told when the button was shown.
		if text, _ := b.Text.Render(t.Env, language); fits(cut(text, maxButton)) {
			return true
		}
	}
	return false
}

// bare is a folded text without what people leave out when they type: the marks
// between and behind words. Other marks may tell one word from another, as in C#.
func bare(text string) string {
	isStop := func(r rune) bool { return strings.ContainsRune(" .,;:!?…¡¿\"«»“”„()", r) }
	return strings.Join(strings.FieldsFunc(fold.Fold(text), isStop), " ")
}

// agrees reports whether a text begins with the yes or the no that is all that a
// visitor says, in English or Russian.
func agrees(text, said string) bool {
	said = bare(said)
	first, _, _ := strings.Cut(bare(text), " ")
	for _, same := range [][]string{{"yes", "да", "yeah", "yep", "ага"}, {"no", "нет", "nope", "неа"}} {
		if slices.Contains(same, said) {
			return slices.Contains(same, first)
		}
	}
	return false
}
