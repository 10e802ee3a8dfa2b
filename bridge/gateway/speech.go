package gateway

import (
	"cmp"
	"fmt"
	"maps"
	"strings"

	"github.com/anteroom-chat/anteroom/bridge/asset"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/widget"
)

// launcherWords are what the launcher says in a language; what a site's file does not say
// is said in its fall-back.
func launcherWords(w *config.Widget, l config.Language) widget.LauncherWords {
	words := widget.Launcher()[string(l)]
	if f := w.Sentences[l]; f != nil {
		own, _ := f.Launcher()
		below := widget.Launcher()[f.Fallback()]
		words = widget.LauncherWords{
			Dir: own.Dir, Open: cmp.Or(own.Open, below.Open), Close: cmp.Or(own.Close, below.Close),
			Unread: cmp.Or(own.Unread, below.Unread), Sorry: cmp.Or(own.Sorry, below.Sorry),
		}
	}
	words.Unread = comma(l) + " " + words.Unread
	return words
}

// comma is the comma of a language: languages that are written in Arabic letters, and
// Dhivehi, have one of their own; Hebrew, which runs from right to left too, has the usual one.
func comma(l config.Language) string {
	tag := strings.ToLower(string(l))
	base, _, _ := strings.Cut(tag, "-")
	switch base {
	case "ar", "ckb", "dv", "fa", "ks", "ps", "sd", "ug", "ur":
		return "،"
	}
	if strings.Contains(tag, "-arab") {
		return "،"
	}
	return ","
}

// nearWords are what is said beside the launcher in a language of a file, each sentence
// that it lacks in its fall-back; nil where nothing is said beside what the widget has.
func nearWords(w *config.Widget, l config.Language) *widget.NearWords {
	f := w.Sentences[l]
	if f == nil {
		return nil
	}
	_, own := f.Launcher()
	below := widget.Near()[f.Fallback()]
	if own == (widget.NearWords{}) && string(l) == f.Fallback() {
		return nil
	}
	return &widget.NearWords{
		Hide: cmp.Or(own.Hide, below.Hide), Bot: cmp.Or(own.Bot, below.Bot), Operator: cmp.Or(own.Operator, below.Operator),
		One: cmp.Or(own.One, below.One), Some: cmp.Or(own.Some, below.Some),
	}
}

// speak writes the chunks of the languages that the site has files of.
func (l *loaders) speak(w *config.Widget, files *siteFiles) error {
	files.chunks, files.languages = map[string]*asset.File{}, map[config.Language]string{}
	kind, _ := asset.TypeOf(".js")
	for spoken, f := range w.Sentences {
		base, built := l.built.assets[string(w.Below(spoken))]
		if f == nil || !built {
			continue
		}
		chunks, err := f.Chunks(base)
		if err != nil {
			return fmt.Errorf("the language %s: %w", spoken, err)
		}
		for _, chunk := range chunks {
			files.chunks[chunk.Name] = asset.New(kind, chunk.Script)
		}
		files.languages[spoken] = chunks[0].Name
	}
	return nil
}

// chunks are the scripts of all sites' languages of files, by their names.
func (l *loaders) chunks() map[string]*asset.File {
	l.mu.RLock()
	defer l.mu.RUnlock()
	all := map[string]*asset.File{}
	for _, files := range l.bySite {
		maps.Copy(all, files.chunks)
	}
	return all
}
